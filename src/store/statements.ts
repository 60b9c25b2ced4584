import { sql, type RawBuilder } from 'kysely';
import type { Kind } from '../core/records.ts';
import type { Value } from './rows.ts';
import type { ColumnType } from './schema-types.ts';
import { fieldOf, TABLES } from './tables.ts';
import { BUILDERS, type Engine } from './sql.ts';

/** Lease owner of a job whose enqueuer does the work itself. */
export const HELD = 'held';

/** Stands where a parameter goes; statements are compiled once per shape and run with other values. */
const SLOT = '?' as never;

const cache = new Map<string, string>();

function once(key: string, build: () => string): string {
  let text = cache.get(key);
  if (text === undefined) {
    text = build();
    cache.set(key, text);
  }
  return text;
}

/** SQL that compares so that null equals null. */
export function same(engine: Engine, column: RawBuilder<unknown>, value: RawBuilder<unknown>): RawBuilder<boolean> {
  return engine === 'sqlite' ? sql`${column} is ${value}` : sql`${column} is not distinct from ${value}`;
}

/** Parameters: the record's values in column order. */
export function insertStatement(kind: Kind): string {
  return once(`insert ${kind}`, () => {
    const { name, fields } = TABLES[kind];
    const values = Object.fromEntries(fields.map((field) => [field.column, SLOT]));
    return BUILDERS.sqlite.insertInto(name).values(values).compile().sql;
  });
}

/** Parameters: the changed values, the id, the expected values. */
export function updateStatement(kind: Kind, changed: readonly string[], expected: readonly string[]): string {
  return once(`update ${kind} ${changed.join()} ${expected.join()}`, () => {
    const table = TABLES[kind];
    const set = Object.fromEntries(changed.map((name) => [fieldOf(table, name).column, SLOT]));
    let query = BUILDERS.sqlite.updateTable(table.name).set(set).where('id', '=', SLOT);
    for (const name of expected) {
      query = query.where(same('sqlite', sql.ref(fieldOf(table, name).column), sql`${SLOT}`));
    }
    return query.compile().sql;
  });
}

/** Parameter: the id. */
export function deleteStatement(kind: Kind): string {
  return once(
    `delete ${kind}`,
    () => BUILDERS.sqlite.deleteFrom(TABLES[kind].name).where('id', '=', SLOT).compile().sql,
  );
}

/** Parameters: cents, account, cents. Never below zero: what is available is `balance - reserved`. */
export const RESERVE = 'update accounts set reserved = reserved + ? where id = ? and balance - reserved >= ?';
/** Parameters: cents, account, cents. */
export const RELEASE = 'update accounts set reserved = reserved - ? where id = ? and reserved >= ?';
/** Parameters: cents, account, cents; the cents leave the balance and the reservation. */
export const CAPTURE =
  'update accounts set balance = balance - ?1, reserved = reserved - ?1 where id = ?2 and reserved >= ?3 and balance >= ?3';

/**
 * What happens to an open job of the same key. One that a runner is working on keeps its lease and is marked to run
 * again, so that no wake is lost; any other takes the new time and lease.
 */
export function onSameJob(least: 'min' | 'least'): string {
  const running = `jobs.lease_owner is not null and jobs.lease_owner <> '${HELD}'`;
  const wake = 'coalesce(excluded.lease_until, excluded.run_at)';
  return `on conflict (key) do update set kind = excluded.kind, payload = excluded.payload,
    again_at = case when ${running} then ${least}(coalesce(jobs.again_at, ${wake}), ${wake}) end,
    run_at = case when ${running} then jobs.run_at else excluded.run_at end,
    lease_owner = case when ${running} then jobs.lease_owner else excluded.lease_owner end,
    lease_until = case when ${running} then jobs.lease_until else excluded.lease_until end,
    attempts = case when ${running} then jobs.attempts else 0 end,
    last_error = case when ${running} then jobs.last_error end`;
}

export const ON_SAME_CAA_NAME =
  'on conflict (name) do update set status = excluded.status, checked_at = excluded.checked_at, valid_until = excluded.valid_until';

/** SQLite: parameters are a job's values in column order. */
export const ENQUEUE = `${insertStatement('jobs')} ${onSameJob('min')}`;
/** SQLite: parameters are a CAA answer's values in column order. */
export const PUT_CAA_ANSWER = `${insertStatement('caaAnswers')} ${ON_SAME_CAA_NAME}`;

/** What PostgreSQL takes for a list of values of a column. */
export const ARRAYS: Readonly<Record<ColumnType, string>> = {
  int: 'bigint[]',
  bool: 'bigint[]',
  text: 'text[]',
  json: 'text[]',
  blob: 'bytea[]',
};

/** Statements that insert rows into any table: one for all of them on PostgreSQL, one each on SQLite. */
export function loadStatement(
  engine: Engine,
  table: string,
  columns: readonly { readonly name: string; readonly type: ColumnType }[],
  rows: readonly (readonly unknown[])[],
): (readonly [text: string, parameters: readonly Value[]])[] {
  const names = columns.map((column) => column.name).join(', ');
  if (engine === 'sqlite') {
    const text = `insert into ${table} (${names}) values (${columns.map(() => '?').join(', ')})`;
    return rows.map((row) => [text, row as Value[]]);
  }
  const arrays = columns.map(({ type }, i) => `$${i + 1}::${ARRAYS[type]}`).join(', ');
  const values = columns.map((_, i) => rows.map((row) => row[i]));
  return [[`insert into ${table} (${names}) select * from unnest(${arrays})`, values as never]];
}
