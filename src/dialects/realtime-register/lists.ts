import type { Kind, Records } from '../../core/records.ts';
import type { Filter, ListQuery } from '../../core/store.ts';
import { invalidValue } from '../../core/errors.ts';
import type { Answer, Query } from './endpoint.ts';
import { fieldOf, isNegative, matches, type ListField } from './list-fields.ts';
import { readListQuery, type Condition, type ListAsk } from './list-query.ts';
import { pick } from './query.ts';
import type { World } from './world.ts';

/** A list of records of one table. */
export interface Listing<K extends Kind> {
  kind: K;
  fields: Readonly<Record<string, ListField<Records[K]>>>;
  /** Conditions that always hold beside the account. */
  fixed?: readonly Filter<Records[K]>[];
  /** Records as the vendor shows them. `wanted` tells which members will be shown, null for all. */
  render(records: readonly Records[K][], wanted: ReadonlySet<string> | null): Promise<object[]>;
}

const ID: ReadonlySet<string> = new Set(['id']);
const EXPORT_BATCH = 1_000;

/** One page of an account's records, or all of them in a stream. @throws DeskError `invalid-value`, `unknown-property` */
export async function listAnswer<K extends Kind>(
  world: World,
  accountId: number,
  listing: Listing<K>,
  query: Query,
): Promise<Answer> {
  const ask = readListQuery(query);
  const search = await toListQuery(accountId, listing, ask);
  if (ask.export) return { status: 200, stream: exportAll(world, listing, ask, search) };
  const result = await world.context.store.list(listing.kind, search);
  const entities = (await listing.render(result.records, ask.fields)).map((entity) => pick(entity, ask.fields, 'id'));
  const { limit, offset } = ask;
  return {
    status: 200,
    json: { entities, pagination: { ...(result.total === undefined ? {} : { total: result.total }), offset, limit } },
  };
}

async function toListQuery<K extends Kind>(
  accountId: number,
  listing: Listing<K>,
  ask: ListAsk,
): Promise<ListQuery<Records[K]>> {
  const filters: Filter<Records[K]>[] = [...(listing.fixed ?? [])];
  const anyOf: Filter<Records[K]>[][] = [];
  for (const condition of ask.conditions) {
    const groups = await fieldOf(listing.fields, condition.field, condition.parameter).filter(condition);
    for (const group of groups) {
      const [only] = group;
      if (only === undefined) filters.push({ field: 'id' as keyof Records[K] & string, op: 'in', value: [] });
      else if (group.length === 1) filters.push(only);
      else anyOf.push(group);
    }
  }
  return {
    accountId,
    filters,
    anyOf,
    ...(ask.search === undefined ? {} : { search: ask.search }),
    order: orderOf(listing, ask),
    limit: ask.limit,
    offset: ask.offset,
    count: ask.total,
  };
}

function orderOf<K extends Kind>(listing: Listing<K>, ask: ListAsk) {
  const order = ask.order.map(({ field, descending }) => {
    const column = fieldOf(listing.fields, field, field).sort;
    if (column === null) throw invalidValue('order', 'This field cannot be sorted by', field);
    return { field: column, descending };
  });
  const id = 'id' as keyof Records[K] & string;
  return order.some(({ field }) => field === id) ? order : [...order, { field: id, descending: false }];
}

/** Every match, read in batches: by id where no other order is asked for, so that a million records stay cheap. */
async function* exportAll<K extends Kind>(
  world: World,
  listing: Listing<K>,
  ask: ListAsk,
  search: ListQuery<Records[K]>,
): AsyncGenerator<string> {
  const wanted = ask.fields ?? ID;
  const byId = ask.order.length === 0;
  let filters = search.filters;
  let sent = 0;
  yield '{"entities":[';
  for (;;) {
    const query = { ...search, filters, limit: EXPORT_BATCH, offset: byId ? 0 : sent, count: false };
    const { records } = await world.context.store.list(listing.kind, query);
    const entities = await listing.render(records, wanted);
    const text = entities.map((entity) => JSON.stringify(pick(entity, wanted, 'id'))).join(',');
    if (text !== '') yield sent === 0 ? text : `,${text}`;
    sent += records.length;
    const last = records.at(-1);
    if (last === undefined || records.length < EXPORT_BATCH) break;
    filters = byId
      ? [...search.filters, { field: 'id' as keyof Records[K] & string, op: 'gt', value: last.id }]
      : filters;
  }
  yield `],"pagination":{${ask.total ? `"total":${sent},` : ''}"offset":0,"limit":${sent}}}`;
}

type Entity = Readonly<Record<string, unknown>>;

/** One page of things that are held in memory, with the same parameters. `names`: the fields that may be filtered and sorted by. */
export function memoryListAnswer(
  entities: readonly Entity[],
  names: readonly string[],
  identifier: string,
  query: Query,
): Answer {
  const ask = readListQuery(query);
  const fields = Object.fromEntries(names.map((name) => [name, { sort: null, filter: () => [] }]));
  for (const { field, parameter } of ask.conditions) fieldOf(fields, field, parameter);
  for (const { field } of ask.order) fieldOf(fields, field, field);
  const found = entities.filter((entity) => ask.conditions.every((condition) => entityMatches(entity, condition)));
  const searched = found.filter(
    (entity) => ask.search === undefined || mentions(entity, names, ask.search.toLowerCase()),
  );
  const sorted = searched.toSorted((left, right) =>
    compareBy(ask.order.length > 0 ? ask.order : [{ field: identifier, descending: false }], left, right),
  );
  const page = ask.export ? sorted : sorted.slice(ask.offset, ask.offset + ask.limit);
  const wanted = ask.export ? (ask.fields ?? new Set([identifier])) : ask.fields;
  const pagination = ask.export ? { offset: 0, limit: sorted.length } : { offset: ask.offset, limit: ask.limit };
  return {
    status: 200,
    json: {
      entities: page.map((entity) => pick(entity, wanted, identifier)),
      pagination: { ...(ask.total ? { total: sorted.length } : {}), ...pagination },
    },
  };
}

/** A negative matcher must hold for all values of a list, the others for one. */
function entityMatches(entity: Entity, condition: Condition): boolean {
  const value = entity[condition.field];
  if (!Array.isArray(value)) return matches((value ?? null) as string | number | null, condition);
  if (condition.matcher === 'null' || condition.matcher === 'not_null')
    return (value.length === 0) === (condition.matcher === 'null');
  return isNegative(condition.matcher)
    ? value.every((item) => matches(item, condition))
    : value.some((item) => matches(item, condition));
}

function mentions(entity: Entity, names: readonly string[], search: string): boolean {
  return names.some((name) => String(entity[name]).toLowerCase().includes(search));
}

function compareBy(order: ListAsk['order'], left: Entity, right: Entity): number {
  for (const { field, descending } of order) {
    const [a, b] = [left[field], right[field]] as [string | number, string | number];
    if (a !== b) return (a < b ? -1 : 1) * (descending ? -1 : 1);
  }
  return 0;
}
