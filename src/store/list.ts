import { sql } from 'kysely';
import type { Kind, Records } from '../core/records.ts';
import type { ListQuery } from '../core/store.ts';
import { type AnyFilter, either, filterCondition, scopeOf, searchCondition } from './list-conditions.ts';
import { coveringIndex, findsFew, indexBy, indexForOrder, leads } from './list-indexes.ts';
import {
  BY_ROWID,
  countRows,
  LIST_LIMITS,
  type ListOptions,
  pageOf,
  type Query,
  run,
  type Search,
  source,
} from './list-run.ts';
import { countFound, leadByText, textToLeadBy } from './list-search.ts';
import { isExact, isIndexed } from './search-index.ts';
import type { Engine } from './sql.ts';
import { TABLES } from './tables.ts';
import { planTotals } from './totals.ts';

/** Ids of a page in order, and the exact number of all matches where it was asked for. */
export interface ListedIds {
  ids: number[];
  total?: number;
}

/**
 * Lists records. Equal values are told apart by id, in the direction of the last order.
 * Numbers come from the tables of totals where these know enough. What a text leads to is looked at by itself.
 * Otherwise SQLite is told which index to go by, because it knows nothing of how often a value occurs: the one of the
 * order where matches are dense, the one of the filter that finds fewest where they are rare. PostgreSQL keeps
 * statistics and decides itself. A `plain` list is left to the database altogether.
 * @throws DeskError `invalid-value` for a value that does not fit its field.
 */
export async function listIds<K extends Kind>(
  engine: Engine,
  query: Query,
  kind: K,
  asked: ListQuery<Records[K]>,
  options: ListOptions = { limits: LIST_LIMITS },
): Promise<ListedIds> {
  const table = TABLES[kind];
  const filters = asked.filters as readonly AnyFilter[];
  const groups = (asked.anyOf ?? []) as readonly (readonly AnyFilter[])[];
  const condition = (filter: AnyFilter) => filterCondition(engine, table, filter, asked.accountId);
  const conditions = [...filters.map(condition), ...groups.map((group) => either(group.map(condition)))];
  const text = asked.search ?? '';
  if (text !== '') conditions.push(searchCondition(engine, table, text));
  const account = asked.accountId === null ? null : sql<boolean>`${scopeOf(table)} = ${asked.accountId}`;
  const general = asked as unknown as Search['asked'];
  const { limits, slow = query, counts = null } = options;
  const search: Search = { engine, query, slow, counts, table, asked: general, filters, account, conditions, limits };

  if (options.plain === true) {
    const ids = await pageOf(search, null);
    return asked.count ? { ids, total: await countRows({ ...search, query: slow }, [], null) } : { ids };
  }
  const leading = filters.some((filter) => findsFew(kind, filter)) ? null : textToLeadBy(kind, text, filters);
  const led = leading === null ? null : await leadByText(search, leading, text);
  if (led !== null) {
    const index = engine === 'sqlite' ? BY_ROWID : null;
    const ids = await pageOf(led, index);
    return asked.count ? { ids, total: await countRows(led, [], index) } : { ids };
  }
  const known = text === '' ? await countByTotals(search, groups) : null;
  const total = known?.matches ?? null;
  if (total !== null && total <= asked.offset) return asked.count ? { ids: [], total } : { ids: [] };
  const index = await chooseIndex(search, known);
  const ids = await pageOf(search, index);
  if (!asked.count) return { ids };
  return { ids, total: total ?? (await countMatches(search, text, index)) };
}

function countMatches(search: Search, text: string, index: string | null): Promise<number> {
  const { table, filters, conditions, account } = search;
  if (text !== '' && conditions.length === 1 && isExact(text) && isIndexed(table.kind, text)) {
    return countFound(search, text);
  }
  const covering = account !== null && filters.length === conditions.length ? coveringIndex(table.kind, filters) : null;
  // Without an index that answers alone, or an end that is known to be near, it may be long.
  return countRows(covering === null ? { ...search, query: search.slow } : search, [], covering ?? index);
}

interface Known {
  /** Records of the account. */
  records: number;
  matches: number;
}

async function countByTotals(search: Search, groups: readonly (readonly AnyFilter[])[]): Promise<Known | null> {
  const { engine, table, filters, account, asked } = search;
  // Without a count they only serve the choice of an index.
  if (!asked.count && (filters.length + groups.length === 0 || engine === 'postgres' || account === null)) return null;
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

/** The index to go by for a page; null leaves it to the database. */
async function chooseIndex(search: Search, known: Known | null): Promise<string | null> {
  const { engine, asked, table, filters, account, conditions, limits } = search;
  if (engine === 'postgres' || account === null || indexBy(table.kind, 'id') === null) return null;
  if (filters.some((filter) => findsFew(table.kind, filter) || filter.op === 'among')) return null;
  const order = asked.order[0]?.field ?? 'id';
  const byOrder = indexForOrder(table.kind, filters, order);
  if (conditions.length === 0) return byOrder;
  const wanted = asked.offset + Math.max(asked.limit, 1);
  if (known !== null && (wanted * known.records) / Math.max(known.matches, 1) <= limits.lookups) return byOrder;
  return (await fewestMatches(search)) ?? byOrder;
}

/** The index of the filter that finds fewest; null where each finds many. */
async function fewestMatches(search: Search): Promise<string | null> {
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
