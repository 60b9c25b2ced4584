import pg from 'pg';
import { DeskError } from '../core/errors.ts';
import type { Unit } from '../core/store.ts';
import type { Clock } from '../core/time.ts';
import { readHead } from './audit-chain.ts';
import { createFoundCounts } from './found-counts.ts';
import { LIST_LIMITS } from './list-run.ts';
import { tell, type Waiting } from './group.ts';
import { createIdSource } from './ids.ts';
import { createJobLeases, nextJobStatements, type Execute } from './job-table.ts';
import { migrate, runStepsAsync } from './migrate.ts';
import type { ChanceryStore, IsolatedQuery } from './open.ts';
import { connectionOptions, createReadPool, readAnswer } from './postgres-connection.ts';
import { createLane, FIRST_HEAD, type Lane } from './postgres-lane.ts';
import { readTogether } from './read-together.ts';
import { createReader } from './reader.ts';
import { indexSome } from './search-index.ts';
import { createSearchKeeper } from './search-keeper.ts';
import { FIRST_ID } from './tables.ts';

/** Units in one commit. */
const LARGEST_GROUP = 128;
/** Milliseconds after which what was written is taken into the search index. */
const INDEX_PAUSE = 1_000;
const INDEX_STEPS = 20;
/** Any number that no other program on the database locks: `chancery` in letters of a telephone. */
const MIGRATION_LOCK = 24_262_379;

const RESERVE_IDS = `insert into id_blocks (kind, next)
  select kind, ${FIRST_ID} + size from unnest($1::text[], $2::bigint[]) as wanted(kind, size) order by kind
  on conflict (kind) do update set next = id_blocks.next + excluded.next - ${FIRST_ID} returning kind, next`;

/**
 * A store in a PostgreSQL database, which other processes may use at the same time. Units that wait at the same time
 * share a transaction on one of a few connections ("lanes").
 */
export async function openPostgresStore(
  url: string,
  clock: Clock,
  connections: { lanes: number; readers: number },
): Promise<ChanceryStore> {
  await migratePostgres(url, clock);
  const pool = createReadPool(url, connections.readers);
  const reader = readTogether(
    createReader('postgres', pool.query, { limits: LIST_LIMITS, counts: createFoundCounts() }),
  );
  const ids = createIdSource();
  const queue: Waiting[] = [];
  const idle: Lane[] = Array.from({ length: connections.lanes }, () => createLane(url, ids, clock));
  const all = [...idle];
  const busy = new Set<Promise<void>>();
  let refilling: Promise<void> | null = null;
  let scheduled = false;
  const stats = { units: 0, commits: 0 };
  let closed = false;

  async function refill(): Promise<void> {
    const wanted = ids.wanted();
    if (wanted.length === 0) return;
    const rows = await pool.once(RESERVE_IDS, [wanted.map(({ kind }) => kind), wanted.map(({ size }) => size)]);
    const ends = new Map(rows.map(([kind, next]) => [kind, next as number]));
    for (const { kind, size } of wanted) {
      const to = ends.get(kind) as number;
      ids.add({ kind, from: to - size, to });
    }
  }

  async function work(lane: Lane): Promise<void> {
    while (queue.length > 0) {
      const group = queue.splice(0, LARGEST_GROUP);
      try {
        refilling ??= refill().finally(() => (refilling = null));
        await refilling;
        const { outcomes, again, commits } = await lane.run(group);
        stats.units += outcomes.length;
        stats.commits += commits;
        keeper.afterCommit(group.length);
        queue.unshift(...again);
        tell(outcomes);
      } catch (error) {
        tell(group.map((waiting) => ({ waiting, error })));
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    idle.push(lane);
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      const lane = queue.length > 0 ? idle.pop() : undefined;
      if (lane === undefined) return;
      const working = work(lane);
      busy.add(working);
      void working.finally(() => busy.delete(working));
    });
  }

  function transact<T>(unitWork: (unit: Unit) => Promise<T>): Promise<T> {
    if (closed) return Promise.reject(new DeskError('internal', 'The store is closed'));
    return new Promise<T>((resolve, reject) => {
      queue.push({ work: unitWork, resolve: resolve as never, reject });
      schedule();
    });
  }

  const keeper = createSearchKeeper(
    () => isolated(url, 'write', (query) => indexMuch(query)),
    () => queue.length > 0,
    INDEX_PAUSE,
  );
  const execute: Execute = async (statements) => {
    const answers = [];
    for (const { text, parameters } of statements) answers.push([...(await pool.query(text, parameters))]);
    return answers;
  };
  const [nextFree, nextLeased] = nextJobStatements('postgres');
  await refill();

  return {
    engine: 'postgres',
    ...reader,
    ...createJobLeases('postgres', execute),
    transact,
    async nextJobAt(kinds) {
      const found = await Promise.all([nextFree, nextLeased].map((text) => pool.query(text, [kinds as never])));
      const moments = found.map((rows) => rows[0]?.[0] as number | null).filter((at) => at !== null);
      return moments.length === 0 ? null : Math.min(...moments);
    },
    async chainHead() {
      return readHead((await pool.once('select events, hash from chain_head where id = 1'))[0]);
    },
    isolated: (mode, work) => isolated(url, mode === 'lists' ? 'read' : mode, work),
    async indexTexts() {
      while (await isolated(url, 'write', indexMuch));
    },
    stats: () => ({ ...stats }),
    async integrity() {
      const rows = await pool.once(`select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
        where not i.indisvalid and c.relnamespace = current_schema()::regnamespace`);
      return rows.map(([name]) => `The index ${String(name)} is not valid; run: reindex index ${String(name)}`);
    },
    async close() {
      if (closed) return;
      keeper.stop();
      closed = true;
      while (scheduled || busy.size > 0) await (busy.size > 0 ? Promise.all(busy) : new Promise(setImmediate));
      for (const lane of all) await lane.close();
      await pool.close();
    },
  };
}

async function indexMuch(query: IsolatedQuery): Promise<boolean> {
  for (let steps = 0; steps < INDEX_STEPS; steps += 1) {
    if (!(await indexSome('postgres', query))) return false;
  }
  return true;
}

async function isolated<T>(
  url: string,
  mode: 'read' | 'write',
  work: (query: IsolatedQuery) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(connectionOptions(url));
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(mode === 'read' ? 'begin isolation level repeatable read read only' : 'begin');
    const value = await work(
      async (text, parameters = []) =>
        readAnswer(await client.query({ text, values: parameters as unknown[], rowMode: 'array' })).rows,
    );
    await client.query('commit');
    return value;
  } finally {
    // Closing undoes what was not committed.
    await client.end();
  }
}

async function migratePostgres(url: string, clock: Clock): Promise<void> {
  const client = new pg.Client(connectionOptions(url));
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (cause) {
    const { host, pathname } = new URL(url);
    throw new DeskError('internal', `PostgreSQL at ${host}${pathname} cannot be reached: ${String(cause)}`, { cause });
  }
  try {
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    const query = async (text: string) => readAnswer(await client.query({ text, rowMode: 'array' })).rows;
    await runStepsAsync(migrate('postgres', clock.now()), query);
    await client.query('insert into chain_head (id, events, hash) values (1, $1, $2) on conflict do nothing', [
      ...FIRST_HEAD,
    ]);
    await client.query('commit');
  } finally {
    await client.end();
  }
}
