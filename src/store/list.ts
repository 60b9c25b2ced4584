import { type RawBuilder, sql } from 'kysely';
import type { Kind, Records } from '../core/records.ts';
import type { ListQuery } from '../core/store.ts';
import {
  all,
  type AnyFilter,
  type Condition,
  either,
  filterCondition,
  idIn,
  orderBy,
  scopeOf,
  searchCondition,
  textCondition,
} from './list-conditions.ts';
import { findsFew, indexBy, leads } from './list-indexes.ts';
import { among, candidates, indexedCount, isExact, isIndexed, pending } from './search-index.ts';
import type { Row, Value } from './rows.ts';
import { BUILDERS, type Engine } from './sql.ts';
import { fieldOf, type Table, TABLES } from './tables.ts';
import { planTotals } from './totals.ts';

type Query = (text: string, parameters: readonly Value[]) => readonly Row[] | Promise<readonly Row[]>;

/** Ids of a page in order, and the exact number of all matches where it was asked for. */
export interface ListedIds {
  ids: number[];
  total?: number;
}

/** What counts as few: so many records may be looked at one by one for a page, which takes some 10 ms. */
export interface ListLimits {
  /** Records on the way of an order or a filter. */
  readonly lookups: number;
  /** Records that the search index names. */
  readonly candidates: number;
}

export const LIST_LIMITS: ListLimits = { lookups: 10_000, candidates: 4_000 };

/** Instead of an index: by the ids that a condition gives. */
const BY_ROWID = 'not indexed';

interface Search<K extends Kind> {
  readonly engine: Engine;
  readonly query: Query;
  readonly table: Table;
  readonly asked: ListQuery<Records[K]>;
  readonly filters: readonly AnyFilter[];
  readonly account: Condition | null;
  readonly conditions: readonly Condition[];
  readonly limits: ListLimits;
}

/**
 * Lists records. Equal values are told apart by id, in the direction of the last order.
 * Numbers come from the tables of totals where these know enough. SQLite is told which index to go by, because it
 * knows nothing of how often a value occurs: the one of the order where matches are dense, the one of the filter that
 * finds fewest where they are rare. PostgreSQL keeps statistics and decides itself.
 * @throws DeskError `invalid-value` for a value that does not fit its field.
 */
export async function listIds<K extends Kind>(
  engine: Engine,
  query: Query,
  kind: K,
  asked: ListQuery<Records[K]>,
  limits: ListLimits = LIST_LIMITS,
): Promise<ListedIds> {
  const table = TABLES[kind];
  const filters = asked.filters as readonly AnyFilter[];
  const groups = (asked.anyOf ?? []) as readonly (readonly AnyFilter[])[];
  const conditions = filters.map((filter) => filterCondition(engine, table, filter, asked.accountId));
  for (const group of groups)
    conditions.push(either(group.map((filter) => filterCondition(engine, table, filter, asked.accountId))));
  const text = asked.search ?? '';
  if (text !== '') conditions.push(searchCondition(engine, table, text));
  const account = asked.accountId === null ? null : sql<boolean>`${scopeOf(table)} = ${asked.accountId}`;
  const search: Search<K> = { engine, query, table, asked, filters, account, conditions, limits };
  if (text !== '' && isIndexed(kind, text)) return searchIds(search, text);

  const known = text !== '' ? null : await countByTotals(search, groups);
  const total = known?.matches ?? null;
  const nothing = total !== null && total <= asked.offset;
  const driver = nothing ? null : await chooseIndex(search, known);
  const ids = asked.limit === 0 || nothing ? [] : await pageOf(search, driver);
  if (!asked.count) return { ids };
  return { ids, total: total ?? (await countRows(search, [], driver ?? onlyIndex(search))) };
}

/** Few records can hold the text: these are looked at. Many do: then a page is near wherever one looks. */
async function searchIds<K extends Kind>(search: Search<K>, text: string): Promise<ListedIds> {
  const { engine, table, asked, conditions, limits } = search;
  const found = await run(search, candidates(engine, table.kind, text, asked.accountId, limits.candidates + 1));
  if (found.length <= limits.candidates) {
    const ids = found.map((row) => row[0] as number);
    const named = idIn(text);
    const led = {
      ...search,
      conditions: [...conditions, among(engine, table.kind, named === null ? ids : [...ids, named])],
    };
    const index = engine === 'sqlite' ? BY_ROWID : null;
    const page = asked.limit === 0 ? [] : await pageOf(led, index);
    return asked.count ? { ids: page, total: await countRows(led, [], index) } : { ids: page };
  }
  const index = await chooseIndex(search, null);
  const ids = asked.limit === 0 ? [] : await pageOf(search, index);
  if (!asked.count) return { ids };
  if (conditions.length > 1 || !isExact(text)) return { ids, total: await countRows(search, [], index) };
  return { ids, total: await countFound(search, text) };
}

/** A search alone, counted by its index; what is pending and what has the text as its id are looked at. */
async function countFound<K extends Kind>(search: Search<K>, text: string): Promise<number> {
  const { engine, table, asked } = search;
  const [row] = await run(search, indexedCount(engine, table.kind, text, asked.accountId));
  const isPending = sql<boolean>`id in (${pending(table.kind)})`;
  const late = await countRows(search, [isPending], engine === 'sqlite' ? BY_ROWID : null);
  const named = idIn(text);
  if (named === null) return Number(row?.[0]) + late;
  const others = [
    sql<boolean>`id = ${named}`,
    sql<boolean>`not ${isPending}`,
    sql<boolean>`not ${textCondition(engine, table, text)}`,
  ];
  return Number(row?.[0]) + late + (await countRows(search, others, null));
}

async function run<K extends Kind>(
  { engine, query }: Search<K>,
  statement: RawBuilder<unknown>,
): Promise<readonly Row[]> {
  const { sql: text, parameters } = statement.compile(BUILDERS[engine]);
  return query(text, parameters as Value[]);
}

function source<K extends Kind>({ engine, table }: Search<K>, index: string | null): RawBuilder<unknown> {
  if (engine === 'postgres' || index === null) return sql.table(table.name);
  return sql`${sql.table(table.name)} ${sql.raw(index === BY_ROWID ? index : `indexed by ${index}`)}`;
}

function matching<K extends Kind>({ account, conditions }: Search<K>, more: readonly Condition[] = []): Condition {
  return all([...(account === null ? [] : [account]), ...conditions, ...more]);
}

async function pageOf<K extends Kind>(search: Search<K>, index: string | null): Promise<number[]> {
  const { asked, table } = search;
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

async function countRows<K extends Kind>(
  search: Search<K>,
  more: readonly Condition[],
  index: string | null,
): Promise<number> {
  const rows = await run(search, sql`select count(*) from ${source(search, index)} where ${matching(search, more)}`);
  return Number(rows[0]?.[0]);
}

interface Known {
  /** Records of the account. */
  records: number;
  matches: number;
}

async function countByTotals<K extends Kind>(
  search: Search<K>,
  groups: readonly (readonly AnyFilter[])[],
): Promise<Known | null> {
  const { engine, table, filters, account, asked } = search;
  if (!asked.count && filters.length + groups.length === 0) return null;
  const plan = planTotals(engine, table.kind, filters, groups);
  if (plan === null) return null;
  const [row] = await run(
    search,
    sql`select coalesce(sum(n), 0), coalesce(sum(case when ${plan.whole} then n else 0 end), 0)
      from ${sql.table(`${table.name}_totals`)} where ${account ?? sql`1 = 1`}`,
  );
  let matches = Number(row?.[1]);
  for (const { column, condition } of plan.edges) {
    const index = account === null ? null : `${table.name}_by_${column}`;
    matches += await countRows(search, [condition], index);
  }
  return { records: Number(row?.[0]), matches };
}

/** Where one filter is all there is, its index answers without a look at the records. */
function onlyIndex<K extends Kind>({ account, filters, conditions, table }: Search<K>): string | null {
  const [only] = filters;
  if (account === null || only === undefined || conditions.length !== 1) return null;
  return findsFew(table.kind, only) ? null : indexBy(table.kind, only.field);
}

/** The index to go by for a page; null leaves it to the database. */
async function chooseIndex<K extends Kind>(search: Search<K>, known: Known | null): Promise<string | null> {
  const { engine, asked, table, filters, account, conditions, limits } = search;
  if (engine === 'postgres' || account === null || indexBy(table.kind, 'id') === null) return null;
  if (filters.some((filter) => findsFew(table.kind, filter))) return null;
  if (filters.some(({ op }) => op === 'among')) return null;
  const byOrder = indexBy(table.kind, asked.order[0]?.field ?? 'id');
  if (conditions.length === 0) return byOrder;
  const wanted = asked.offset + Math.max(asked.limit, 1);
  if (known !== null && (wanted * known.records) / Math.max(known.matches, 1) <= limits.lookups) return byOrder;
  const fewest = await fewestMatches(search);
  return fewest ?? byOrder;
}

/** The index of the filter that finds fewest; null where each finds many. */
async function fewestMatches<K extends Kind>(search: Search<K>): Promise<string | null> {
  const { engine, table, filters, account, asked, limits } = search;
  let best: { index: string; count: number } | null = null;
  for (const filter of filters) {
    const index = indexBy(table.kind, filter.field);
    if (index === null || !leads(filter)) continue;
    const condition = filterCondition(engine, table, filter, asked.accountId);
    const [row] = await run(
      search,
      sql`select count(*) from (select 1 from ${source(search, index)}
        where ${account} and ${condition} limit ${sql.lit(limits.lookups)})`,
    );
    const count = Number(row?.[0]);
    if (best === null || count < best.count) best = { index, count };
  }
  return best !== null && best.count < limits.lookups ? best.index : null;
}
