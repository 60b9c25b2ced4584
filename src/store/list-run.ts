import { type RawBuilder, sql } from 'kysely';
import type { Kind, Records } from '../core/records.ts';
import type { ListQuery } from '../core/store.ts';
import { all, type AnyFilter, type Condition, orderBy } from './list-conditions.ts';
import type { FoundCounts } from './found-counts.ts';
import type { Row, Value } from './rows.ts';
import { BUILDERS, type Engine } from './sql.ts';
import { fieldOf, type Table } from './tables.ts';

export type Query = (text: string, parameters: readonly Value[]) => readonly Row[] | Promise<readonly Row[]>;

/** What counts as few: so many records may be looked at one by one for a page, which takes some 10 ms. */
export interface ListLimits {
  /** Records on the way of an order or a filter. */
  readonly lookups: number;
  /** Records that the search index names. */
  readonly candidates: number;
}

/** How lists are to be answered. */
export interface ListOptions {
  readonly limits: ListLimits;
  /** What ids are listed from, where it is not what records are read from. */
  readonly query?: Query;
  /** Without the indexes, totals and search index of lists. */
  readonly plain?: boolean;
  readonly slow?: Query;
  readonly counts?: FoundCounts;
}

export const LIST_LIMITS: ListLimits = { lookups: 10_000, candidates: 4_000 };

/** A list that is being answered. */
export interface Search {
  readonly engine: Engine;
  readonly query: Query;
  /** For what may look at very many records. */
  readonly slow: Query;
  readonly counts: FoundCounts | null;
  readonly table: Table;
  readonly asked: ListQuery<Records[Kind]>;
  readonly filters: readonly AnyFilter[];
  readonly account: Condition | null;
  /** All but the account's. */
  readonly conditions: readonly Condition[];
  readonly limits: ListLimits;
}

/** Instead of an index on SQLite: by the ids that a condition gives. */
export const BY_ROWID = 'not indexed';

/** Runs a statement of the list. */
export async function run(
  { engine, query }: Pick<Search, 'engine' | 'query'>,
  statement: RawBuilder<unknown>,
): Promise<readonly Row[]> {
  const { sql: text, parameters } = statement.compile(BUILDERS[engine]);
  return query(text, parameters as Value[]);
}

/** The table; on SQLite with the index to go by, where one is given. */
export function source({ engine, table }: Search, index: string | null): RawBuilder<unknown> {
  if (engine === 'postgres' || index === null) return sql.table(table.name);
  return sql`${sql.table(table.name)} ${sql.raw(index === BY_ROWID ? index : `indexed by ${index}`)}`;
}

function matching({ account, conditions }: Search, more: readonly Condition[] = []): Condition {
  return all([...(account === null ? [] : [account]), ...conditions, ...more]);
}

/** Ids of the page that was asked for, in order; equal ones by id, in the direction of the last order. */
export async function pageOf(search: Search, index: string | null): Promise<number[]> {
  const { asked, table } = search;
  if (asked.limit === 0) return [];
  const order = asked.order.map(({ field, descending }) => orderBy(fieldOf(table, field), descending));
  if (!asked.order.some(({ field }) => field === 'id')) {
    order.push(sql.raw(asked.order.at(-1)?.descending === true ? 'id desc' : 'id asc'));
  }
  const rows = await run(
    search,
    sql`select id from ${source(search, index)} where ${matching(search)}
      order by ${sql.join(order)} limit ${asked.limit} offset ${asked.offset}`,
  );
  return rows.map((row) => row[0] as number);
}

/** How many records match, and meet further conditions. */
export async function countRows(search: Search, more: readonly Condition[], index: string | null): Promise<number> {
  const rows = await run(search, countStatement(search, more, index));
  return Number(rows[0]?.[0]);
}

export function countStatement(search: Search, more: readonly Condition[], index: string | null): RawBuilder<unknown> {
  return sql`select count(*) from ${source(search, index)} where ${matching(search, more)}`;
}
