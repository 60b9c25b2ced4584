import { sql, type RawBuilder } from 'kysely';
import { DeskError, invalidValue } from '../core/errors.ts';
import type { Kind, Records } from '../core/records.ts';
import type { Among, Filter, ListQuery } from '../core/store.ts';
import type { Value } from './rows.ts';
import { fieldOf, searchableFields, TABLES, type Field, type Table } from './tables.ts';
import { BUILDERS, type Engine } from './sql.ts';

type Condition = RawBuilder<boolean>;

export interface Statement {
  readonly sql: string;
  readonly parameters: readonly Value[];
}

/** A list as two statements: the ids of the page, in order, and the number of all matches. */
export interface BuiltList {
  readonly page: Statement;
  readonly count: Statement;
}

/**
 * Builds a list. `ne`, `not-in` and `not-like` are the exact opposites of `eq`, `in` and `like`, so they match null.
 * Equal values are told apart by id, in the direction of the last order.
 * @throws DeskError `invalid-value` for a value that does not fit its field.
 */
export function buildList<K extends Kind>(engine: Engine, kind: K, query: ListQuery<Records[K]>): BuiltList {
  const table = TABLES[kind];
  const conditions: Condition[] = [];
  if (query.accountId !== null) conditions.push(sql`${sql.ref(scopeColumn(table))} = ${query.accountId}`);
  const { accountId } = query;
  for (const filter of query.filters) conditions.push(filterCondition(engine, table, filter, accountId));
  for (const group of query.anyOf ?? []) {
    conditions.push(either(group.map((filter) => filterCondition(engine, table, filter, accountId))));
  }
  if (query.search !== undefined && query.search !== '') conditions.push(searchCondition(engine, table, query.search));
  const matches = BUILDERS[engine].selectFrom(table.name).where(sql<boolean>`${all(conditions)}`);
  let page = matches.select('id');
  for (const { field, descending } of query.order) page = page.orderBy(orderBy(fieldOf(table, field), descending));
  if (!query.order.some(({ field }) => field === 'id')) {
    page = page.orderBy('id', query.order.at(-1)?.descending === true ? 'desc' : 'asc');
  }
  return {
    page: compile(page.limit(sql<number>`${query.limit}`).offset(sql<number>`${query.offset}`)),
    count: compile(matches.select(sql`count(*)`.as('total'))),
  };
}

/** Null counts as smallest on both databases. */
export function orderBy(field: Field, descending: boolean) {
  const column = sql.ref(field.column);
  if (!field.nullable) return descending ? sql`${column} desc` : sql`${column} asc`;
  return descending ? sql`${column} desc nulls last` : sql`${column} asc nulls first`;
}

function compile(query: { compile(): { sql: string; parameters: readonly unknown[] } }): Statement {
  const { sql: text, parameters } = query.compile();
  return { sql: text, parameters: parameters as Value[] };
}

/** The column by which a table's records belong to an account. */
function scopeColumn(table: Table): string {
  if (table.kind === 'accounts') return 'id';
  if (table.scoped) return 'account_id';
  throw new DeskError('internal', `${table.kind} do not belong to accounts`);
}

function all(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? sql`1 = 1` : sql`${sql.join(conditions, sql` and `)}`;
}

function either(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? sql`1 = 0` : sql`(${sql.join(conditions, sql` or `)})`;
}

function filterCondition(engine: Engine, table: Table, filter: Filter<never>, accountId: number | null): Condition {
  const field = fieldOf(table, filter.field);
  if (filter.op === 'among' || filter.op === 'not-among') return amongCondition(engine, field, filter, accountId);
  if (field.type === 'json') return entryCondition(engine, field, filter);
  const column = sql.ref(field.column);
  const { op } = filter;
  if (op === 'null' || (op === 'eq' && filter.value === null)) return sql`${column} is null`;
  if (op === 'not-null' || (op === 'ne' && filter.value === null)) return sql`${column} is not null`;
  const positive = compare(engine, field, column, op, filter.value);
  if (!NEGATIONS.has(op)) return positive;
  return field.nullable ? sql`(${column} is null or not (${positive}))` : sql`not (${positive})`;
}

/** A subquery that does not look at the outer record, so that the planner may run it once, or drive by it. */
function amongCondition(engine: Engine, field: Field, filter: Filter<never>, accountId: number | null): Condition {
  const { kind, field: wanted, filters } = filter.value as Among<Kind>;
  const other = TABLES[kind];
  const selected = fieldOf(other, wanted);
  const conditions: Condition[] = filters.map((one) => filterCondition(engine, other, one as Filter<never>, accountId));
  if (accountId !== null) conditions.unshift(sql`${sql.ref(scopeColumn(other))} = ${accountId}`);
  // A null among the values would make `not in` unknown for every record.
  if (selected.nullable) conditions.push(sql`${sql.ref(selected.column)} is not null`);
  const values = sql`select ${sql.ref(selected.column)} from ${sql.table(other.name)} where ${all(conditions)}`;
  const column = sql.ref(field.column);
  if (filter.op === 'among') return sql`${column} in (${values})`;
  return field.nullable ? sql`(${column} is null or ${column} not in (${values}))` : sql`${column} not in (${values})`;
}

const NEGATIONS: ReadonlySet<string> = new Set(['ne', 'not-in', 'not-like']);

/** A condition on a list field: at least one entry matches, or none does for the opposites. */
function entryCondition(engine: Engine, field: Field, filter: Filter<never>): Condition {
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
  return NEGATIONS.has(filter.op) ? sql`not ${some}` : some;
}

const COMPARISONS: Readonly<Record<string, string>> = { eq: '=', ne: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' };

function compare(engine: Engine, field: Field, column: RawBuilder<unknown>, op: string, value: unknown): Condition {
  if (op === 'in' || op === 'not-in') {
    const values = (value as readonly unknown[]).map((entry) => fitting(field, entry));
    return values.length === 0 ? sql`1 = 0` : sql`${column} in (${sql.join(values)})`;
  }
  if (op === 'like' || op === 'not-like') {
    const pattern = String(value).replace(/[\\_]/g, '\\$&');
    return likeCondition(engine, field, column, pattern);
  }
  return sql`${column} ${sql.raw(COMPARISONS[op] as string)} ${fitting(field, value)}`;
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
export function likeCondition(engine: Engine, field: Field, column: RawBuilder<unknown>, pattern: string): Condition {
  const text = field.type === 'int' || field.type === 'bool' ? sql`cast(${column} as text)` : column;
  const operator = sql.raw(engine === 'sqlite' ? 'like' : 'ilike');
  return sql`${text} ${operator} ${plainText(pattern)} escape '\\'`;
}

/** The text is part of one of the searchable columns, or it is the id. */
function searchCondition(engine: Engine, table: Table, search: string): Condition {
  const pattern = `%${search.replace(/[\\_%]/g, '\\$&')}%`;
  const conditions: Condition[] = [];
  for (const field of searchableFields(table)) {
    const column = sql.ref(field.column);
    if (field.type === 'text') conditions.push(likeCondition(engine, field, column, pattern));
    // No name holds these, so what is left can only match within one entry of the list.
    else if (!/[",[\]\\\s]/.test(search))
      conditions.push(likeCondition(engine, { ...field, type: 'text' }, column, pattern));
  }
  if (/^[1-9]\d{0,14}$/.test(search)) conditions.push(sql`id = ${Number(search)}`);
  return either(conditions);
}
