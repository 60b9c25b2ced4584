import { type RawBuilder, sql } from 'kysely';
import { DeskError, invalidValue } from '../core/errors.ts';
import type { Kind } from '../core/records.ts';
import type { Among, Filter, Operator } from '../core/store.ts';
import type { Value } from './rows.ts';
import type { Engine } from './sql.ts';
import { type Field, fieldOf, searchableFields, type Table, TABLES } from './tables.ts';

export type Condition = RawBuilder<boolean>;
export type AnyFilter = Filter<never>;

const NEGATIVE: ReadonlySet<Operator> = new Set(['ne', 'not-in', 'not-like', 'not-among']);

/**
 * A filter as SQL. `ne`, `not-in`, `not-like` and `not-among` are the exact opposites of the others, so they match
 * null. `column` stands for another source of the field's value.
 * @throws DeskError `invalid-value` for a value that does not fit its field.
 */
export function filterCondition(
  engine: Engine,
  table: Table,
  filter: AnyFilter,
  accountId: number | null,
  column?: RawBuilder<unknown>,
): Condition {
  const field = fieldOf(table, filter.field);
  const { op } = filter;
  if (op === 'among' || op === 'not-among') return amongCondition(engine, field, filter, accountId);
  if (field.type === 'json') return entryCondition(engine, field, filter);
  const source = column ?? sql.ref(field.column);
  if (isNullTest(filter)) return op === 'null' || op === 'eq' ? sql`${source} is null` : sql`${source} is not null`;
  const positive = compare(engine, field, source, op, filter.value);
  if (!isNegative(filter)) return positive;
  return field.nullable ? sql`(${source} is null or not (${positive}))` : sql`not (${positive})`;
}

/** The column by which a table's records belong to an account. */
export function scopeOf(table: Table): RawBuilder<unknown> {
  if (table.kind === 'accounts') return sql.ref('id');
  if (table.scoped) return sql.ref('account_id');
  throw new DeskError('internal', `${table.kind} do not belong to accounts`);
}

/** A subquery that does not look at the outer record, so that the planner may run it once, or drive by it. */
function amongCondition(engine: Engine, field: Field, filter: AnyFilter, accountId: number | null): Condition {
  const { kind, field: wanted, filters } = filter.value as Among<Kind>;
  const other = TABLES[kind];
  const selected = fieldOf(other, wanted);
  const conditions = filters.map((one) => filterCondition(engine, other, one as AnyFilter, accountId));
  if (accountId !== null) conditions.unshift(sql`${scopeOf(other)} = ${accountId}`);
  // A null among the values would make `not in` unknown for every record.
  if (selected.nullable) conditions.push(sql`${sql.ref(selected.column)} is not null`);
  const values = sql`select ${sql.ref(selected.column)} from ${sql.table(other.name)} where ${all(conditions)}`;
  const column = sql.ref(field.column);
  if (filter.op === 'among') return sql`${column} in (${values})`;
  return field.nullable ? sql`(${column} is null or ${column} not in (${values}))` : sql`${column} not in (${values})`;
}

/** Whether the filter asks for null or for anything else. */
export function isNullTest({ op, value }: AnyFilter): boolean {
  return op === 'null' || op === 'not-null' || ((op === 'eq' || op === 'ne') && value === null);
}

/** Whether the filter is the opposite of another one. */
export function isNegative({ op }: AnyFilter): boolean {
  return NEGATIVE.has(op);
}

/** A condition on a list field: at least one entry matches, or none does for the opposites. */
function entryCondition(engine: Engine, field: Field, filter: AnyFilter): Condition {
  const column = sql.ref(field.column);
  if (filter.op === 'null') return sql`${column} = '[]'`;
  if (filter.op === 'not-null') return sql`${column} <> '[]'`;
  const entry: Field = { ...field, type: 'text', nullable: false };
  const matches = compare(engine, entry, sql.ref('entry.value'), filter.op, filter.value);
  const entries =
    engine === 'sqlite'
      ? sql`json_each(${column}) as entry`
      : sql`jsonb_array_elements_text(${column}::jsonb) as entry(value)`;
  const some = sql<boolean>`exists (select 1 from ${entries} where ${matches})`;
  return isNegative(filter) ? sql`not ${some}` : some;
}

const COMPARISONS: Readonly<Record<string, string>> = { eq: '=', ne: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' };

function compare(engine: Engine, field: Field, column: RawBuilder<unknown>, op: Operator, value: unknown): Condition {
  if (op === 'in' || op === 'not-in') {
    const values = (value as readonly unknown[]).map((entry) => parameter(field, entry));
    return values.length === 0 ? sql`1 = 0` : sql`${column} in (${sql.join(values)})`;
  }
  if (op === 'like' || op === 'not-like') {
    return likeCondition(engine, field, column, String(value).replace(/[\\_]/g, '\\$&'));
  }
  return sql`${column} ${sql.raw(COMPARISONS[op] as string)} ${parameter(field, value)}`;
}

/** A value as a parameter; a state as text, since a partial index is used only where its condition is seen. */
function parameter(field: Field, value: unknown): RawBuilder<unknown> {
  const fit = fitting(field, value);
  return field.name === 'state' && /^[a-z-]{1,20}$/.test(String(fit)) ? sql.lit(fit) : sql`${fit}`;
}

function fitting(field: Field, value: unknown): Value {
  if (field.type === 'int') {
    if (!Number.isSafeInteger(value)) throw invalidValue(field.name, 'must be a whole number', String(value));
    return value as number;
  }
  if (field.type === 'bool') return value === true ? 1 : 0;
  if (field.type === 'blob') return value as Uint8Array;
  return plainText(String(value));
}

/** Text without NUL, which PostgreSQL takes in no parameter and no record holds: such a text matches nothing. */
function plainText(text: string): string {
  return text.replaceAll('\0', '\u{fffd}');
}

/** Upper and lower case are the same for A to Z, on both databases. */
function likeCondition(engine: Engine, field: Field, column: RawBuilder<unknown>, pattern: string): Condition {
  const text = field.type === 'int' || field.type === 'bool' ? sql`cast(${column} as text)` : column;
  const operator = sql.raw(engine === 'sqlite' ? 'like' : 'ilike');
  return sql`${text} ${operator} ${plainText(pattern)} escape '\\'`;
}

/** The text is part of one of the searchable columns, or it is the id. */
export function searchCondition(engine: Engine, table: Table, search: string): Condition {
  const id = idIn(search);
  const text = textCondition(engine, table, search);
  return id === null ? text : either([text, sql`${sql.ref('id')} = ${id}`]);
}

/** The id that a search names, if it does. */
export function idIn(search: string): number | null {
  return /^[1-9]\d{0,14}$/.test(search) ? Number(search) : null;
}

/** The text is part of one of the searchable columns. */
export function textCondition(engine: Engine, table: Table, search: string): Condition {
  const pattern = `%${search.replace(/[\\_%]/g, '\\$&')}%`;
  const conditions: Condition[] = [];
  for (const field of searchableFields(table)) {
    const column = sql.ref(field.column);
    if (field.type === 'text') conditions.push(likeCondition(engine, field, column, pattern));
    // No name holds these, so what is left can only match within one entry of the list.
    else if (!/[",[\]\\\s]/.test(search)) {
      conditions.push(likeCondition(engine, { ...field, type: 'text' }, column, pattern));
    }
  }
  // Null in one column must not make the whole unknown.
  return sql`coalesce(${either(conditions)}, ${sql.lit(engine === 'sqlite' ? 0 : false)})`;
}

export function all(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? sql`1 = 1` : sql`${sql.join(conditions, sql` and `)}`;
}

export function either(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? sql`1 = 0` : sql`(${sql.join(conditions, sql` or `)})`;
}

/** Null counts as smallest on both databases; said of every column, since the indexes of PostgreSQL say so too. */
export function orderBy(field: Field, descending: boolean): RawBuilder<unknown> {
  const column = sql.ref(field.column);
  return descending ? sql`${column} desc nulls last` : sql`${column} asc nulls first`;
}
