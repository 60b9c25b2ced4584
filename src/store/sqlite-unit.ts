import type { Kind } from '../core/records.ts';
import type { Unit } from '../core/store.ts';
import type { Clock } from '../core/time.ts';
import type { IdSource } from './ids.ts';
import { LIST_KINDS } from './list-kinds.ts';
import { LIST_LIMITS } from './list-run.ts';
import { createReader } from './reader.ts';
import { encodeRecord, encodeValue, type Value } from './rows.ts';
import { fieldOf, TABLES } from './tables.ts';
import type { SqliteConnection } from './sqlite-database.ts';
import * as statements from './statements.ts';
import {
  checkCents,
  conflict,
  insufficientBalance,
  newJob,
  noReservation,
  unitEnded,
  type AuditAsk,
} from './unit-rules.ts';
import { readSqliteError } from './violations.ts';

/** A unit over the writing connection, inside its savepoint. */
export interface SqliteUnit {
  readonly unit: Unit;
  /** What to append to the audit chain if the unit stands. */
  readonly audits: readonly AuditAsk[];
  /** Records whose lists must be brought up to date if the unit stands. */
  readonly listed: readonly (readonly [Kind, number])[];
  /** Whether it has changed anything so far. */
  wrote(): boolean;
  /**
   * Ends the unit: any further use of it throws.
   * @throws what made a write fail, also where the work has swallowed it.
   */
  end(): void;
}

const LISTED: ReadonlySet<Kind> = new Set(LIST_KINDS);

export function createSqliteUnit(writer: SqliteConnection, ids: IdSource, clock: Clock): SqliteUnit {
  const audits: AuditAsk[] = [];
  const listed: [Kind, number][] = [];
  const note = (kind: Kind, id: number): void => {
    if (LISTED.has(kind)) listed.push([kind, id]);
  };
  let failure: { readonly error: unknown } | undefined;
  let ended = false;
  let wrote = false;
  const open = (): void => {
    if (ended) throw unitEnded();
  };
  /** A failed write fails the unit, as on PostgreSQL, where it may show only at the end. */
  const failed = (error: unknown): unknown => {
    failure ??= { error };
    return error;
  };
  const write = (text: string, parameters: readonly Value[]): number => {
    open();
    wrote = true;
    try {
      return writer.run(text, parameters);
    } catch (error) {
      throw failed(readSqliteError(error));
    }
  };
  const newId = (kind: Kind): number => {
    open();
    try {
      return ids.take(kind);
    } catch (error) {
      throw failed(error);
    }
  };
  const reader = createReaderOnce(writer);
  const unit: Unit = {
    get: (kind, id) => (open(), reader.get(kind, id)),
    find: (kind, where, options) => (open(), reader.find(kind, where, options)),
    list: (kind, query) => (open(), reader.list(kind, query)),
    reusableValidations: (accountId, domains, since) => (open(), reader.reusableValidations(accountId, domains, since)),
    newId,
    insert(kind, record) {
      write(statements.insertStatement(kind), encodeRecord(TABLES[kind], record));
      note(kind, record.id);
    },
    async update(kind, id, changes, expected = {}) {
      const table = TABLES[kind];
      const parameters: Value[] = [];
      const changed = Object.keys(changes);
      const guarded = Object.keys(expected);
      for (const name of changed) parameters.push(encodeValue(fieldOf(table, name), changes[name as never]));
      parameters.push(id);
      for (const name of guarded) parameters.push(encodeValue(fieldOf(table, name), expected[name as never]));
      if (changed.length === 0) throw new TypeError('An update must change something');
      const count = write(statements.updateStatement(kind, changed, guarded), parameters);
      if (count === 0) throw failed(conflict(kind, id));
      note(kind, id);
    },
    async delete(kind, id) {
      write(statements.deleteStatement(kind), [id]);
      note(kind, id);
    },
    async reserve(accountId, cents) {
      checkCents(cents);
      if (write(statements.RESERVE, [cents, accountId, cents]) === 0) throw failed(insufficientBalance());
    },
    async settle(accountId, cents, how) {
      checkCents(cents);
      const text = how === 'capture' ? statements.CAPTURE : statements.RELEASE;
      if (write(text, [cents, accountId, cents]) === 0) throw failed(noReservation(accountId, cents));
    },
    putCaaAnswer(answer) {
      const record = { ...answer, id: newId('caaAnswers') };
      write(statements.PUT_CAA_ANSWER, encodeRecord(TABLES.caaAnswers, record));
    },
    audit(event) {
      open();
      audits.push(event);
    },
    async enqueue(job) {
      write(statements.ENQUEUE, encodeRecord(TABLES.jobs, newJob(newId('jobs'), job, clock.now())));
    },
    async done(key) {
      write('delete from jobs where key = ?', [key]);
    },
  };
  return {
    unit,
    audits,
    listed,
    wrote: () => wrote,
    end() {
      ended = true;
      if (failure !== undefined) throw failure.error;
    },
  };
}

const readers = new WeakMap<SqliteConnection, ReturnType<typeof createReader>>();

function createReaderOnce(writer: SqliteConnection): ReturnType<typeof createReader> {
  let reader = readers.get(writer);
  if (reader === undefined) {
    reader = createReader('sqlite', writer.all, { limits: LIST_LIMITS, plain: true });
    readers.set(writer, reader);
  }
  return reader;
}
