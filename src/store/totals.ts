import { type RawBuilder, sql } from 'kysely';
import type { Kind } from '../core/records.ts';
import { DAY } from '../core/time.ts';
import {
  all,
  type AnyFilter,
  type Condition,
  either,
  filterCondition,
  isNegative,
  isNullTest,
} from './list-conditions.ts';
import type { Engine } from './sql.ts';
import { TABLES } from './tables.ts';

/** What the tables of totals know, by kind (migration 004): whole values, whether there is one, days. */
interface Dimensions {
  readonly values: readonly string[];
  readonly nullable?: readonly string[];
  readonly present?: readonly string[];
  readonly days: readonly string[];
}

const DIMENSIONS: { readonly [K in Kind]?: Dimensions } = {
  certificates: {
    values: ['accountId', 'state', 'product', 'keyAlgorithm', 'keyBits'],
    nullable: ['country'],
    present: ['organization'],
    days: ['notBefore', 'notAfter', 'subscriptionEndsAt'],
  },
  requests: { values: ['accountId', 'kind', 'product'], days: ['createdAt'] },
  charges: { values: ['accountId'], days: ['createdAt'] },
  notifications: { values: ['accountId'], days: ['firedAt'] },
};

const ORDERS: Dimensions = { values: ['accountId', 'state', 'product'], days: ['createdAt'] };

/** Orders and the states of requests are counted on SQLite alone (migration 004). */
function dimensionsOf(engine: Engine, kind: Kind): Dimensions | undefined {
  if (kind === 'orders') return engine === 'sqlite' ? ORDERS : undefined;
  const dimensions = DIMENSIONS[kind];
  if (engine === 'postgres' || kind !== 'requests' || dimensions === undefined) return dimensions;
  return { ...dimensions, values: [...dimensions.values, 'state'] };
}

/** Day of a null in the tables of totals. */
const NO_DAY = -1_000_000;
/** Edges of days beyond which counting them one by one is no gain. */
const MOST_EDGES = 6;

/** A count that comes out of the totals, but for some days that a moment of a filter cuts in two. */
export interface TotalsPlan {
  /** Conditions on the table of totals, for whole days. */
  readonly whole: Condition;
  /** Days that must be counted record by record; each excludes those before it. */
  readonly edges: readonly { readonly column: string; readonly condition: Condition }[];
}

interface Edge {
  field: string;
  day: number;
}

/** How to count the records that meet all filters and one of each group. Null where the totals do not know enough. */
export function planTotals(
  engine: Engine,
  kind: Kind,
  filters: readonly AnyFilter[],
  groups: readonly (readonly AnyFilter[])[],
): TotalsPlan | null {
  const dimensions = dimensionsOf(engine, kind);
  if (dimensions === undefined) return null;
  const edges: Edge[] = [];
  const translate = (filter: AnyFilter): Condition | null => translateFilter(engine, kind, dimensions, filter, edges);
  const whole: Condition[] = [];
  for (const filter of filters) {
    const condition = translate(filter);
    if (condition === null) return null;
    whole.push(condition);
  }
  for (const group of groups) {
    const conditions = group.map(translate);
    if (conditions.includes(null)) return null;
    whole.push(either(conditions as Condition[]));
  }
  const distinct = edges.filter((edge, i) => edges.findIndex((other) => sameEdge(edge, other)) === i);
  if (distinct.length > MOST_EDGES) return null;
  return {
    whole: all([...whole, ...distinct.map(({ field, day }) => sql<boolean>`${dayColumn(kind, field)} <> ${day}`)]),
    edges: distinct.map((edge, i) => edgeCount(kind, edge, distinct.slice(0, i))),
  };
}

const sameEdge = (one: Edge, other: Edge): boolean => one.field === other.field && one.day === other.day;

function columnOf(kind: Kind, field: string): string {
  return TABLES[kind].byName.get(field)?.column ?? field;
}

function dayColumn(kind: Kind, field: string): RawBuilder<unknown> {
  return sql.ref(`${columnOf(kind, field)}_day`);
}

/** The filter on the table of totals; null where it cannot be told there. Adds the days that it cuts in two. */
function translateFilter(
  engine: Engine,
  kind: Kind,
  dimensions: Dimensions,
  filter: AnyFilter,
  edges: Edge[],
): Condition | null {
  const name: string = filter.field;
  const column = sql.ref(columnOf(kind, name));
  if (filter.op === 'among' || filter.op === 'not-among') return null;
  if (dimensions.values.includes(name)) return filterCondition(engine, TABLES[kind], filter, null, column);
  if (dimensions.nullable?.includes(name) === true) {
    return filterCondition(
      engine,
      TABLES[kind],
      filter,
      null,
      sql`case when ${column} = '' then null else substr(${column}, 2) end`,
    );
  }
  const isNull = filter.op === 'null' || filter.op === 'eq';
  if (dimensions.present?.includes(name) === true) {
    if (!isNullTest(filter)) return null;
    return sql`${sql.ref(`has_${columnOf(kind, name)}`)} = ${isNull ? 0 : 1}`;
  }
  if (!dimensions.days.includes(name)) return null;
  const day = dayColumn(kind, name);
  if (isNullTest(filter)) return isNull ? sql`${day} = ${NO_DAY}` : sql`${day} <> ${NO_DAY}`;
  return translateMoment(filter, day, edges);
}

/** On days that the moment does not cut, a comparison holds for the whole day or not at all. */
function translateMoment(filter: AnyFilter, day: RawBuilder<unknown>, edges: Edge[]): Condition | null {
  const values = Array.isArray(filter.value) ? (filter.value as unknown[]) : [filter.value];
  if (filter.op === 'like' || filter.op === 'not-like' || !values.every(Number.isSafeInteger)) return null;
  const cut = values.map((value) => Math.trunc((value as number) / DAY));
  edges.push(...cut.map((at) => ({ field: filter.field, day: at })));
  const [at = 0] = cut;
  switch (filter.op) {
    case 'gt':
    case 'gte':
      return sql`(${day} > ${at} and ${day} <> ${NO_DAY})`;
    case 'lt':
    case 'lte':
      return sql`(${day} < ${at} and ${day} <> ${NO_DAY})`;
    default:
      return isNegative(filter) ? sql`1 = 1` : sql`1 = 0`;
  }
}

/** The records of one day, without those of the days before it in the list. The range serves the index. */
function edgeCount(kind: Kind, edge: Edge, before: readonly Edge[]): { column: string; condition: Condition } {
  const column = columnOf(kind, edge.field);
  const ref = sql.ref(column);
  const inRange = sql<boolean>`${ref} > ${(edge.day - 1) * DAY} and ${ref} < ${(edge.day + 1) * DAY}`;
  const others = before.map(({ field, day }) => {
    const other = sql.ref(columnOf(kind, field));
    return sql<boolean>`(${other} is null or ${other} / ${sql.lit(DAY)} <> ${day})`;
  });
  return { column, condition: all([inRange, sql`${ref} / ${sql.lit(DAY)} = ${edge.day}`, ...others]) };
}
