import { DeskError } from '../core/errors.ts';
import type { Clock } from '../core/time.ts';
import { appendToChain, CHAIN_START, readHead } from './audit-chain.ts';
import type { Outcome, Waiting } from './group.ts';
import { IdsExhausted, type IdSource } from './ids.ts';
import { buildBatches, type Batch, type Write } from './postgres-batch.ts';
import { connectPostgres, mayRetry, type PostgresAnswer, type PostgresConnection } from './postgres-connection.ts';
import { createPostgresUnit, type GroupTransaction } from './postgres-unit.ts';
import { readTogether } from './read-together.ts';
import { createReader } from './reader.ts';
import { encodeRecord } from './rows.ts';
import { TABLES } from './tables.ts';
import type { AuditAsk } from './unit-rules.ts';
import { readPostgresError } from './violations.ts';

const HEAD = 'select events, hash from chain_head where id = 1 for update';
const PUT_HEAD = 'update chain_head set events = $1, hash = $2 where id = 1';
/** How often work is run again after a deadlock or a serialisation failure. */
const TRIES = 10;

/** A unit that was run, and whose writes wait for the commit. */
interface Run {
  readonly waiting: Waiting;
  readonly value?: unknown;
  readonly failure?: { readonly error: unknown };
  readonly writes: readonly Write[];
  readonly audits: readonly AuditAsk[];
  readonly sent: boolean;
}

function resultOf(runs: readonly Run[], commits: number): GroupResult {
  const outcomes: Outcome[] = [];
  const again: Waiting[] = [];
  for (const { waiting, value, failure } of runs) {
    if (failure === undefined) outcomes.push({ waiting, value });
    else if (failure.error instanceof IdsExhausted) again.push(waiting);
    else outcomes.push({ waiting, error: readError(failure.error) });
  }
  return { outcomes, again, commits };
}

/** A whole group came to nothing: its units are to be run again one by one. */
class GroupUndone extends Error {}

export interface GroupResult {
  outcomes: Outcome[];
  /** Units that must be run again with more ids at hand. */
  again: Waiting[];
  commits: number;
}

/** One connection that runs groups of units. */
export interface Lane {
  /** Runs the group as one transaction, or where that fails its units one by one. Never throws. */
  run(group: readonly Waiting[]): Promise<GroupResult>;
  close(): Promise<void>;
}

export function createLane(url: string, ids: IdSource, clock: Clock): Lane {
  let connection: PostgresConnection | null = null;

  async function connected(): Promise<PostgresConnection> {
    if (connection?.usable === true) return connection;
    connection = null;
    connection = await connectPostgres(url);
    // Groups touch few rows by their keys: plans by index hold however large the tables are.
    await connection.query('set enable_seqscan = off');
    await connection.query('set enable_hashjoin = off');
    await connection.query('set enable_mergejoin = off');
    return connection;
  }

  async function attempt(group: readonly Waiting[]): Promise<GroupResult> {
    const lane = await connected();
    const begin = quiet(lane.query('begin'));
    const flush = async (writes: readonly Write[]): Promise<void> => send(lane, buildBatches(writes));
    const reader = readTogether(
      createReader('postgres', async (text, parameters) => (await lane.query(text, parameters)).rows),
    );
    try {
      // Side by side: their reads share round trips. They see of each other what other transactions would see.
      const runs = await Promise.all(group.map((waiting) => runUnit(waiting, { reader, flush })));
      // What a unit sends before its end may be there to hold a row, and nobody waits for a row within one transaction.
      if (group.length > 1 && runs.some((run) => run.sent)) throw new GroupUndone();
      const failed = runs.find((run) => run.failure !== undefined && run.sent);
      if (failed?.failure !== undefined) {
        if (group.length > 1 || mayRetry(failed.failure.error)) {
          throw new GroupUndone('', { cause: failed.failure.error });
        }
        await lane.query('rollback');
        return resultOf(runs, 0);
      }
      const good = runs.filter((run) => run.failure === undefined);
      await begin;
      await commit(
        lane,
        good.flatMap((run) => run.writes),
        good.flatMap((run) => run.audits),
      );
      return resultOf(runs, 1);
    } catch (error) {
      await quiet(lane.query('rollback'));
      throw error;
    }
  }

  async function runUnit(waiting: Waiting, transaction: GroupTransaction): Promise<Run> {
    const current = createPostgresUnit(transaction, ids, clock);
    try {
      const value = await waiting.work(current.unit);
      current.end();
      const { writes, audits, sent } = current;
      return { waiting, value, writes, audits, sent };
    } catch (error) {
      endQuietly(current);
      return { waiting, failure: { error }, writes: [], audits: [], sent: current.sent };
    }
  }

  async function runOne(waiting: Waiting): Promise<GroupResult> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt([waiting]);
      } catch (thrown) {
        const error = thrown instanceof GroupUndone ? thrown.cause : thrown;
        if (mayRetry(error) && tries < TRIES) continue;
        return { outcomes: [{ waiting, error: readError(error) }], again: [], commits: 0 };
      }
    }
  }

  return {
    async run(group) {
      if (group.length > 1) {
        try {
          return await attempt(group);
        } catch (error) {
          if (error instanceof CommitUnknown) {
            return { outcomes: group.map((waiting) => ({ waiting, error: readError(error) })), again: [], commits: 0 };
          }
        }
      }
      const outcomes: Outcome[] = [];
      const again: Waiting[] = [];
      let commits = 0;
      for (const waiting of group) {
        const one = await runOne(waiting);
        outcomes.push(...one.outcomes);
        again.push(...one.again);
        commits += one.commits;
      }
      return { outcomes, again, commits };
    },
    async close() {
      await connection?.close();
    },
  };
}

/** The connection was lost while a commit was under way: whether it holds is not known, so it is not repeated. */
class CommitUnknown extends Error {}

async function send(lane: PostgresConnection, batches: readonly Batch[]): Promise<void> {
  const answers = await allSettled(batches.map((batch) => lane.query(batch.text, batch.parameters)));
  checkChanges(batches, answers);
}

/** Sends what is left, the audit events after it, and commits: two round trips. */
async function commit(lane: PostgresConnection, writes: readonly Write[], audits: readonly AuditAsk[]): Promise<void> {
  const batches = buildBatches(writes);
  const sent = batches.map((batch) => lane.query(batch.text, batch.parameters));
  if (audits.length > 0) sent.push(lane.query(HEAD));
  const answers = await allSettled(sent);
  checkChanges(batches, answers);
  const last: Promise<PostgresAnswer>[] = [];
  if (audits.length > 0) {
    const appended = appendToChain(readHead(answers.at(-1)?.rows[0]), audits);
    const rows = appended.events.map((event): Write => {
      return { type: 'insert', kind: 'auditEvents', id: event.id, values: encodeRecord(TABLES.auditEvents, event) };
    });
    for (const batch of buildBatches(rows)) last.push(lane.query(batch.text, batch.parameters));
    last.push(lane.query(PUT_HEAD, [appended.head.events, Buffer.from(appended.head.hash)]));
  }
  last.push(lane.query('commit'));
  const ends = await Promise.allSettled(last);
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure !== undefined) {
    if (lane.usable) throw failure.reason;
    throw new CommitUnknown('', { cause: failure.reason });
  }
  const end = ends.at(-1) as PromiseFulfilledResult<PostgresAnswer>;
  if (end.value.command !== 'COMMIT') throw new GroupUndone();
}

/** Waits for all answers, so that none is left on the way, and throws the first error. */
async function allSettled(sent: readonly Promise<PostgresAnswer>[]): Promise<PostgresAnswer[]> {
  const settled = await Promise.allSettled(sent);
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

function checkChanges(batches: readonly Batch[], answers: readonly PostgresAnswer[]): void {
  batches.forEach(({ mustChange }, i) => {
    if (mustChange.length === 0) return;
    const changed = new Set(answers[i]?.rows.map((row) => row[0]));
    const missed = mustChange.find(({ id }) => !changed.has(id));
    if (missed !== undefined) throw missed.miss();
  });
}

/** What the caller is told: errors of the heart as they are, of uniqueness as such, of the connection as internal. */
function readError(error: unknown): unknown {
  if (error instanceof CommitUnknown) {
    const message = 'The connection to PostgreSQL was lost during a commit; look whether the change was made';
    return new DeskError('internal', message, { cause: error.cause });
  }
  return readPostgresError(error);
}

function endQuietly(current: { end(): void }): void {
  try {
    current.end();
  } catch {
    // The work has thrown already; that is what the caller is told.
  }
}

/** A promise whose failure shows elsewhere. */
function quiet<T>(promise: Promise<T>): Promise<T | undefined> {
  return promise.catch(() => undefined);
}

export const FIRST_HEAD = [0, Buffer.from(CHAIN_START)] as const;
