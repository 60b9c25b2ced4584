import { statSync } from 'node:fs';
import type { Kind } from '../core/records.ts';
import { DeskError } from '../core/errors.ts';
import type { Unit } from '../core/store.ts';
import type { Clock } from '../core/time.ts';
import { appendToChain, headParameters, readHead, type ChainHead } from './audit-chain.ts';
import { createFoundCounts } from './found-counts.ts';
import { LIST_LIMITS } from './list-run.ts';
import { tell, type Outcome, type Waiting } from './group.ts';
import { createIdSource, IdsExhausted, type Block } from './ids.ts';
import { createJobLeases, nextJobStatements, type Execute } from './job-table.ts';
import { migrate, runSteps } from './migrate.ts';
import type { ChanceryStore, IsolatedQuery } from './open.ts';
import { createReader } from './reader.ts';
import { encodeRecord, type Row, type Value } from './rows.ts';
import { FIRST_ID, TABLES } from './tables.ts';
import { createAside } from './sqlite-aside.ts';
import { createCheckpointer } from './sqlite-checkpoint.ts';
import { indexSome } from './search-index.ts';
import { createSearchKeeper } from './search-keeper.ts';
import { openSqlite, type SqliteConnection } from './sqlite-database.ts';
import { createSqliteUnit } from './sqlite-unit.ts';
import { insertStatement } from './statements.ts';
import type { AuditAsk } from './unit-rules.ts';

/** Units in one commit. More gain nothing and make the first wait. */
const LARGEST_GROUP = 128;
/** Milliseconds after which what was written is taken into the search index. */
const INDEX_PAUSE = 100;
/** Bytes of a database from which long reads are done aside. */
const LARGE_FILE = 32 * 2 ** 20;

const HEAD = 'select events, hash from chain_head where id = 1';
const PUT_HEAD = `insert into chain_head (id, events, hash) values (1, ?, ?)
  on conflict (id) do update set events = excluded.events, hash = excluded.hash`;
const RESERVE_IDS = `insert into id_blocks (kind, next) values (?1, ${FIRST_ID} + ?2)
  on conflict (kind) do update set next = id_blocks.next + ?2 returning next`;

/**
 * A store in one SQLite file. Units run one after the other on the writing connection; those that wait at the same
 * time share a commit. Reads outside units see what is committed.
 */
export async function openSqliteStore(file: string, clock: Clock): Promise<ChanceryStore> {
  const writer = openSqlite(file, 'write');
  try {
    migrateSqlite(writer, clock);
  } catch (error) {
    writer.close();
    throw error;
  }
  const checkpointer = createCheckpointer(file, writer);
  const reading = openSqlite(file, 'read');
  let grouping = false;
  // Each commit empties the cache of every other connection, so the writing one is read from wherever it stands
  // outside a group: that is 6 % less work for each order.
  const query = (text: string, parameters: readonly Value[]): Row[] =>
    (grouping ? reading : writer).all(text, parameters);
  const aside = createAside(file);
  const reader = createReader('sqlite', query, {
    limits: LIST_LIMITS,
    counts: createFoundCounts(),
    slow: (text, parameters) => (isLarge(file) ? aside.query(text, parameters) : query(text, parameters)),
  });
  const ids = createIdSource();
  const queue: Waiting[] = [];
  let draining: Promise<void> | null = null;
  const stats = { units: 0, commits: 0 };
  let closed = false;

  function reserveIds(): void {
    const wanted = ids.wanted();
    if (wanted.length === 0) return;
    // By itself, before the group: ids that were handed out must stay reserved where the group is undone.
    writer.run('begin immediate', []);
    const blocks = wanted.map(({ kind, size }) => reserve(writer, kind, size));
    writer.run('commit', []);
    for (const block of blocks) ids.add(block);
  }

  /** Null where it needs more ids than there are; `'undo'` where it must be undone and has no savepoint. */
  async function runUnit(waiting: Waiting, audits: AuditAsk[], apart: boolean): Promise<Outcome | null | 'undo'> {
    if (apart) writer.run('savepoint unit', []);
    const current = createSqliteUnit(writer, ids, clock);
    try {
      const value = await waiting.work(current.unit);
      current.end();
      if (apart) writer.run('release unit', []);
      audits.push(...current.audits);
      return { waiting, value };
    } catch (error) {
      endQuietly(current);
      if (!writer.database.isTransaction) throw error;
      if (apart) {
        writer.run('rollback to unit', []);
        writer.run('release unit', []);
      } else if (current.wrote()) return 'undo';
      return error instanceof IdsExhausted ? null : { waiting, error };
    }
  }

  /**
   * One transaction. Without a savepoint for each unit it costs an eighth less; where a unit must be undone, all is,
   * and the group runs again with them.
   */
  async function runGroup(group: readonly Waiting[], apart: boolean): Promise<void> {
    const outcomes: Outcome[] = [];
    const again: Waiting[] = [];
    try {
      reserveIds();
      writer.run('begin immediate', []);
      const audits: AuditAsk[] = [];
      for (const waiting of group) {
        const outcome = await runUnit(waiting, audits, apart);
        if (outcome === 'undo') {
          writer.run('rollback', []);
          return await runGroup(group, true);
        }
        if (outcome === null) again.push(waiting);
        else outcomes.push(outcome);
      }
      if (audits.length > 0) appendAudits(writer, audits);
      writer.run('commit', []);
      stats.commits += 1;
      stats.units += outcomes.length;
    } catch (error) {
      if (writer.database.isTransaction) writer.run('rollback', []);
      tell(group.map((waiting) => ({ waiting, error })));
      return;
    }
    queue.unshift(...again);
    tell(outcomes);
    checkpointer.afterCommit();
    keeper.afterCommit(group.length);
  }

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      grouping = true;
      await runGroup(queue.splice(0, LARGEST_GROUP), false);
      grouping = false;
      // Answers go out, and what arrives meanwhile shares the next commit.
      await new Promise((resolve) => setImmediate(resolve));
    }
    draining = null;
  }

  function transact<T>(work: (unit: Unit) => Promise<T>): Promise<T> {
    if (closed) return Promise.reject(new DeskError('internal', 'The store is closed'));
    return new Promise<T>((resolve, reject) => {
      queue.push({ work, resolve: resolve as never, reject });
      draining ??= new Promise((resume) => setImmediate(resume)).then(drain);
    });
  }

  const execute: Execute = (statements) =>
    transact(async () => statements.map(({ text, parameters }) => writer.all(text, parameters)));

  const writing: IsolatedQuery = async (text, parameters = []) => writer.all(text, parameters);
  const keeper = createSearchKeeper(
    () => transact(() => indexSome('sqlite', writing)),
    () => queue.length > 0,
    INDEX_PAUSE,
  );
  const leases = createJobLeases('sqlite', execute);
  const [nextFree, nextLeased] = nextJobStatements('sqlite');

  return {
    engine: 'sqlite',
    ...reader,
    ...leases,
    transact,
    async nextJobAt(kinds) {
      const wanted = JSON.stringify(kinds);
      const found = [nextFree, nextLeased].map((text) => query(text, [wanted])[0]?.[0] as number | null);
      const moments = found.filter((at) => at !== null);
      return moments.length === 0 ? null : Math.min(...moments);
    },
    async chainHead() {
      return head(reading);
    },
    isolated: (mode, work) => isolated(file, mode, work),
    stats: () => ({ ...stats }),
    async integrity() {
      const rows: Row[] = reading.all('pragma integrity_check(20)', []);
      return rows.map(([text]) => String(text)).filter((text) => text !== 'ok');
    },
    async close() {
      if (closed) return;
      keeper.stop();
      closed = true;
      while (draining !== null) await draining;
      await aside.close();
      await checkpointer.close();
      reading.close();
      writer.close();
    },
  };
}

async function isolated<T>(
  file: string,
  mode: 'read' | 'write',
  work: (query: IsolatedQuery) => Promise<T>,
): Promise<T> {
  const connection = openSqlite(file, mode);
  try {
    connection.run(mode === 'read' ? 'begin' : 'begin immediate', []);
    const value = await work(async (text, parameters = []) => connection.all(text, parameters));
    connection.run('commit', []);
    return value;
  } finally {
    // Closing undoes what was not committed.
    connection.close();
  }
}

/** Whether a look at all records takes long enough for a thread of its own. */
function isLarge(file: string): boolean {
  return statSync(file).size > LARGE_FILE;
}

function endQuietly(current: { end(): void }): void {
  try {
    current.end();
  } catch {
    // The work has thrown already; that is what the caller is told.
  }
}

function head(connection: SqliteConnection): ChainHead {
  return readHead(connection.all(HEAD, [])[0]);
}

function appendAudits(writer: SqliteConnection, asks: Parameters<typeof appendToChain>[1]): void {
  const appended = appendToChain(head(writer), asks);
  for (const event of appended.events) {
    writer.run(insertStatement('auditEvents'), encodeRecord(TABLES.auditEvents, event));
  }
  writer.run(PUT_HEAD, headParameters(appended.head));
}

function reserve(writer: SqliteConnection, kind: Kind, size: number): Block {
  const to = writer.all(RESERVE_IDS, [kind, size])[0]?.[0] as number;
  return { kind, from: to - size, to };
}

function migrateSqlite(writer: SqliteConnection, clock: Clock): void {
  writer.run('begin immediate', []);
  try {
    runSteps(migrate('sqlite', clock.now()), (text) => writer.all(text, []));
    writer.run('commit', []);
  } catch (error) {
    if (writer.database.isTransaction) writer.run('rollback', []);
    throw error;
  }
}
