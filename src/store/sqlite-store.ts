import { statSync } from 'node:fs';
import type { Kind } from '../core/records.ts';
import { DeskError } from '../core/errors.ts';
import type { Unit } from '../core/store.ts';
import type { Clock } from '../core/time.ts';
import { appendToChain, headParameters, readHead, type ChainHead } from './audit-chain.ts';
import { createFoundCounts } from './found-counts.ts';
import { isListed } from './list-kinds.ts';
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
import type { ListEntries } from './sqlite-lists-copy.ts';
import { createSqliteLists } from './sqlite-lists.ts';
import { openSqlite, type SqliteConnection } from './sqlite-database.ts';
import { createSqliteUnit } from './sqlite-unit.ts';
import { insertStatement } from './statements.ts';
import type { AuditAsk } from './unit-rules.ts';

/** Units in one commit. More gain nothing and make the first wait. */
const LARGEST_GROUP = 128;
/** Turns of the event loop before a commit, as long as each brings more units to share it. */
const GATHERING_TURNS = 2;
/** Bytes of a database from which long reads are done aside. */
const LARGE_FILE = 32 * 2 ** 20;

const HEAD = 'select events, hash from chain_head where id = 1';
const PUT_HEAD = `insert into chain_head (id, events, hash) values (1, ?, ?)
  on conflict (id) do update set events = excluded.events, hash = excluded.hash`;
const RESERVE_IDS = `insert into id_blocks (kind, next) values (?1, ${FIRST_ID} + ?2)
  on conflict (kind) do update set next = id_blocks.next + ?2 returning next`;

const NEWEST_CHANGE = 'select max(seq) from list_changes';

/** What the units of a group ask for beside their own writes. */
interface Written {
  audits: AuditAsk[];
  listed: (readonly [Kind, number])[];
}

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
  const slow = (text: string, parameters: readonly Value[]) =>
    isLarge(file) ? aside.query(text, parameters) : query(text, parameters);
  const reader = createReader('sqlite', query, { limits: LIST_LIMITS, plain: true, slow });
  const lists = createSqliteLists(file, () => (query(NEWEST_CHANGE, [])[0]?.[0] as number | null) ?? 0);
  const listing = createReader('sqlite', query, {
    limits: LIST_LIMITS,
    counts: createFoundCounts(),
    query: lists.query,
    slow: lists.slow,
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
  async function runUnit(waiting: Waiting, written: Written, apart: boolean): Promise<Outcome | null | 'undo'> {
    if (apart) writer.run('savepoint unit', []);
    const current = createSqliteUnit(writer, ids, clock);
    try {
      const value = await waiting.work(current.unit);
      current.end();
      if (apart) writer.run('release unit', []);
      written.audits.push(...current.audits);
      written.listed.push(...current.listed);
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
      const written: Written = { audits: [], listed: [] };
      for (const waiting of group) {
        const outcome = await runUnit(waiting, written, apart);
        if (outcome === 'undo') {
          writer.run('rollback', []);
          return await runGroup(group, true);
        }
        if (outcome === null) again.push(waiting);
        else outcomes.push(outcome);
      }
      if (written.audits.length > 0) appendAudits(writer, written.audits);
      if (written.listed.length > 0) noteChanges(writer, written.listed, lists.taken());
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
    lists.afterCommit();
  }

  /** Before the thread waits for the disk, it takes in what has arrived already. Nothing is waited for. */
  async function gather(): Promise<void> {
    let seen = 1;
    for (let turn = 0; turn < GATHERING_TURNS && queue.length > seen && queue.length < LARGEST_GROUP; turn += 1) {
      seen = queue.length;
      await nextTurn();
    }
  }

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      await gather();
      grouping = true;
      await runGroup(queue.splice(0, LARGEST_GROUP), false);
      grouping = false;
      // Answers go out, and what arrives meanwhile shares the next commit.
      await nextTurn();
    }
    draining = null;
  }

  function transact<T>(work: (unit: Unit) => Promise<T>): Promise<T> {
    if (closed) return Promise.reject(new DeskError('internal', 'The store is closed'));
    return new Promise<T>((resolve, reject) => {
      queue.push({ work, resolve: resolve as never, reject });
      draining ??= nextTurn().then(drain);
    });
  }

  const execute: Execute = (statements) =>
    transact(async () => statements.map(({ text, parameters }) => writer.all(text, parameters)));

  const leases = createJobLeases('sqlite', execute);
  const [nextFree, nextLeased] = nextJobStatements('sqlite');

  return {
    engine: 'sqlite',
    ...reader,
    ...leases,
    async list(kind, asked) {
      if (!isListed(kind, asked)) return reader.list(kind, asked);
      await lists.ready();
      return listing.list(kind, asked);
    },
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
    async isolated(mode, work) {
      if (mode !== 'lists') return isolated(openSqlite(file, mode), mode, work);
      await lists.ready();
      return isolated(openSqlite(lists.file, 'read', file), 'read', work);
    },
    indexTexts: lists.indexTexts,
    stats: () => ({ ...stats }),
    async integrity() {
      const rows: Row[] = reading.all('pragma integrity_check(20)', []);
      return [...rows.map(([text]) => String(text)).filter((text) => text !== 'ok'), ...lists.integrity()];
    },
    async close() {
      if (closed) return;
      closed = true;
      while (draining !== null) await draining;
      await aside.close();
      await lists.close();
      await checkpointer.close();
      reading.close();
      writer.close();
    },
  };
}

async function isolated<T>(
  connection: SqliteConnection,
  mode: 'read' | 'write',
  work: (query: IsolatedQuery) => Promise<T>,
): Promise<T> {
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

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
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

/** Tells the lists what to take in; what they have taken in is forgotten, but for the last, which keeps the count. */
function noteChanges(writer: SqliteConnection, listed: readonly (readonly [Kind, number])[], taken: number): void {
  const entries: ListEntries = {};
  for (const [kind, id] of listed) (entries[kind] ??= []).push(id);
  writer.run('insert into list_changes (entries) values (?)', [JSON.stringify(entries)]);
  writer.run('delete from list_changes where seq < ?', [taken]);
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
