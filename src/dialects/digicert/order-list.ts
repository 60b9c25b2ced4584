import type { Actor } from '../../core/desk.ts';
import type { Order } from '../../core/records.ts';
import { orderScope, seesContainer } from '../../core/scope.ts';
import type { Filter, ListQuery } from '../../core/store.ts';
import { DAY } from '../../core/time.ts';
import * as answers from './order-answers.ts';
import { csvLine } from './csv.ts';
import { idOf, read, type Answer, type Call } from './endpoint.ts';
import { unknownObject } from './errors.ts';
import { LIST_PARAMETERS, pageOf, readListQuery, readNumber } from './list-query.ts';
import { orderQuery } from './order-fields.ts';
import { readOrders } from './order-records.ts';
import { renderListed, type FieldLabels } from './order-view.ts';
import type { World } from './world.ts';

export const CSV = 'text/csv';
/** Orders of a report that are held in memory at a time. */
const BATCH = 500;

/** The account's custom fields, which orders show with their labels. */
export async function readLabels(world: World, { accountId }: Pick<Actor, 'accountId'>): Promise<FieldLabels> {
  const fields = await world.context.store.find('customFields', { accountId });
  return new Map(fields.map((field) => [field.id, field]));
}

export const listOrders = read({
  path: '/order/certificate',
  summary: 'List orders; all of the account, also those that came through another API',
  query: LIST_PARAMETERS,
  answers: { 200: [answers.orderList, CSV] },
  handle: listAnswer,
});

async function listAnswer(world: World, call: Call): Promise<Answer> {
  const ask = readListQuery(call.query);
  const query = await orderQuery(world, call.actor, ask);
  if (wantsCsv(call)) return csvAnswer(world, call, query);
  const { records, total = 0 } = await world.context.store.list('orders', query);
  const labels = await readLabels(world, call.actor);
  const orders = (await readOrders(world, records)).map((one) => renderListed(world, one, labels));
  return { status: 200, json: { orders, page: pageOf(ask, total) } };
}

export function wantsCsv({ accept }: Call): boolean {
  return accept.split(',').some((type) => type.split(';', 1)[0]?.trim().toLowerCase() === CSV);
}

function csvAnswer(world: World, { actor }: Call, query: ListQuery<Order>): Answer {
  return { status: 200, content: { type: CSV, body: csvOf(world, actor, query), fileName: 'orders.csv' } };
}

const COLUMNS = [
  'Order ID',
  'Order Status',
  'Certificate ID',
  'Common Name',
  'DNS Names',
  'Product',
  'Serial Number',
  'Valid From',
  'Valid Till',
  'Days Remaining',
  'Date Created',
  'Order Valid Till',
  'Organization ID',
  'Organization',
  'Container',
  'Price',
  'Alternative Order ID',
];

/** Orders in batches, so that a report of any length needs little memory. */
async function* csvOf(world: World, actor: Actor, query: ListQuery<Order>): AsyncGenerator<string> {
  yield csvLine(COLUMNS);
  const labels = await readLabels(world, actor);
  let left = query.limit;
  let { offset } = query;
  while (left > 0) {
    const limit = Math.min(BATCH, left);
    const { records } = await world.context.store.list('orders', { ...query, offset, limit, count: false });
    const read = await readOrders(world, records);
    yield read.map((one) => csvRow(renderListed(world, one, labels))).join('');
    if (records.length < limit) return;
    left -= limit;
    offset += limit;
  }
}

function csvRow(order: ReturnType<typeof renderListed>): string {
  const { certificate, organization, container, product } = order;
  return csvLine([
    order.id,
    order.status,
    certificate.id,
    certificate.common_name,
    certificate.dns_names?.join(' '),
    product.name,
    certificate.serial_number,
    certificate.valid_from,
    certificate.valid_till,
    certificate.days_remaining,
    order.date_created,
    order.order_valid_till,
    organization?.id,
    organization?.name,
    container?.name,
    order.price,
    order.alternative_order_id,
  ]);
}

const LONGEST_REPORT = 100_000;
const USUAL_REPORT = 50_000;

export const reportOrders = read({
  path: '/report/order',
  summary: 'Report of orders as CSV',
  query: {
    ...LIST_PARAMETERS,
    limit: `How many orders, at most ${LONGEST_REPORT}, by default ${USUAL_REPORT}`,
  },
  answers: { 200: CSV },
  async handle(world, call) {
    const ask = readListQuery({ ...call.query, limit: undefined });
    const limit = readNumber(call.query, 'limit', LONGEST_REPORT, USUAL_REPORT) || USUAL_REPORT;
    const query = await orderQuery(world, call.actor, { ...ask, limit });
    return csvAnswer(world, call, query);
  },
});

/** Days until, or since, the end of certificates that a report counts. */
const EXPIRING = [90, 60, 30, -7] as const;

export const countExpiring = read({
  path: '/report/order/:containerId/expiring',
  summary: 'How many orders of a container have a certificate that ends within so many days',
  answers: { 200: answers.expiringOrders },
  async handle(world, call) {
    const { accountId } = call.actor;
    const containerId = idOf(call, 'containerId', 'container');
    const container = await world.context.store.get('containers', containerId);
    if (container === null || container.accountId !== accountId || !seesContainer(call.actor, { containerId })) {
      throw unknownObject('container');
    }
    const expiring = await Promise.all(EXPIRING.map((days) => countOf(world, call.actor, containerId, days)));
    return { status: 200, json: { expiring_orders: expiring } };
  },
});

async function countOf(world: World, actor: Actor, containerId: number, days: number) {
  const now = world.context.clock.now();
  const [from = now, to = now] = [now, now + days * DAY].sort((one, other) => one - other);
  const filters: Filter<Order>[] = [
    ...orderScope(actor),
    { field: 'containerId', op: 'eq', value: containerId },
    { field: 'certificateEndsAt', op: 'gte', value: from },
    { field: 'certificateEndsAt', op: 'lt', value: to },
  ];
  const { accountId } = actor;
  const query = { accountId, filters, order: [], limit: 0, offset: 0, count: true };
  const { total = 0 } = await world.context.store.list('orders', query);
  return { days_expiring: days, order_count: total };
}

export const listSubaccountOrders = read({
  path: '/account/subaccount/order',
  summary: 'List orders of subaccounts, of which there are none here',
  query: LIST_PARAMETERS,
  answers: { 200: answers.noOrders },
  async handle(_world, call) {
    return { status: 200, json: { orders: [], page: pageOf(readListQuery(call.query), 0) } };
  },
});
