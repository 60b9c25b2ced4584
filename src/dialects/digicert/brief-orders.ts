import { invalidParameter, missingParameter, VendorError } from './errors.ts';
import type { Order } from '../../core/records.ts';
import { orderScope } from '../../core/scope.ts';
import { among, type Filter } from '../../core/store.ts';
import { HOUR, MINUTE, SECOND, type Instant } from '../../core/time.ts';
import * as answers from './order-answers.ts';
import { read, type Query } from './endpoint.ts';
import { LIST_PARAMETERS, pageOf, readListQuery, readNumber, readOne, type Condition } from './list-query.ts';
import { orderQuery } from './order-fields.ts';
import { primaryOf, readOrders } from './order-records.ts';
import { orderStatus } from './order-status.ts';
import { spanOf, type Span } from './times.ts';
import type { World } from './world.ts';

/** Orders as id, certificate and status. */
async function renderBrief(world: World, orders: readonly Order[]) {
  const now = world.context.clock.now();
  return (await readOrders(world, orders)).map((records) => ({
    order_id: records.order.id,
    certificate_id: primaryOf(records).request.id,
    status: orderStatus(records.order, records.requests, now),
  }));
}

export const listByAlternativeId = read({
  path: '/order/alternate/:alternativeOrderId',
  summary: 'List orders with an alternative order id',
  query: { offset: LIST_PARAMETERS['offset'] ?? '', limit: LIST_PARAMETERS['limit'] ?? '' },
  answers: { 200: answers.alternativeList },
  async handle(world, call) {
    const { limit, offset } = readListQuery({ limit: call.query['limit'], offset: call.query['offset'] });
    const value = call.params['alternativeOrderId'] ?? '';
    const condition = {
      parameter: 'alternative_order_id',
      property: 'alternative_order_id',
      op: 'eq',
      values: [value],
    };
    const query = await orderQuery(world, call.actor, {
      conditions: [condition as Condition],
      sort: [],
      limit,
      offset,
    });
    const { records: orders, total = 0 } = await world.context.store.list('orders', query);
    return { status: 200, json: { orders: await renderBrief(world, orders), page: pageOf({ limit, offset }, total) } };
  },
});

const LONGEST_WINDOW = 10_080 * MINUTE;
const BATCH = 1_000;

export const listStatusChanges = read({
  path: '/order/certificate/status-changes',
  summary: 'List orders whose status changed last within a span of at most seven days',
  query: {
    minutes: 'Changes of the last minutes',
    seconds: 'Changes of the last seconds',
    'filters[status_last_updated]': 'Changes between two dates or times, `a...b`; times are UTC-6 (MDT)',
  },
  answers: { 200: answers.statusChanges },
  async handle(world, call) {
    const now = world.context.clock.now();
    const window = readWindow(call.query, now);
    const orders: Awaited<ReturnType<typeof renderBrief>> = [];
    for (let afterId = 0; ; ) {
      const { records } = await world.context.store.list('orders', {
        accountId: call.actor.accountId,
        filters: [...orderScope(call.actor), { field: 'id', op: 'gt', value: afterId }, unchangedAfter(window.to)],
        anyOf: [[changedWithin(window), endedWithin(window, now)]],
        order: [{ field: 'id', descending: false }],
        limit: BATCH,
        offset: 0,
        count: false,
      });
      orders.push(...(await renderBrief(world, records)));
      const last = records.at(-1);
      if (last === undefined || records.length < BATCH) break;
      afterId = last.id;
    }
    return { status: 200, json: orders.length === 0 ? {} : { orders } };
  },
});

function changedWithin({ from, to }: Span): Filter<Order> {
  return among('id', {
    kind: 'requests',
    field: 'orderId',
    filters: [
      { field: 'updatedAt', op: 'gte', value: from },
      { field: 'updatedAt', op: 'lte', value: to },
    ],
  });
}

function unchangedAfter(to: Instant): Filter<Order> {
  const filters = [{ field: 'updatedAt', op: 'gt', value: to }] as const;
  return among('id', { kind: 'requests', field: 'orderId', filters }, true);
}

/** The end of a term is a change that no request tells of. */
function endedWithin({ from, to }: Span, now: Instant): Filter<Order> {
  return among('id', {
    kind: 'orders',
    field: 'id',
    filters: [
      { field: 'state', op: 'eq', value: 'active' },
      { field: 'endsAt', op: 'gte', value: from },
      { field: 'endsAt', op: 'lte', value: Math.min(to, now) },
    ],
  });
}

const PARAMETER = 'filters[status_last_updated]';

/** @throws VendorError `time_frame_too_long`, `missing_value:…`, `invalid_value:…` */
function readWindow(query: Query, now: Instant): Span {
  const window = spanAsked(query, now);
  if (window.to - window.from > LONGEST_WINDOW) {
    throw new VendorError(400, 'time_frame_too_long', 'The time frame may span at most 10080 minutes.');
  }
  return window;
}

function spanAsked(query: Query, now: Instant): Span {
  const minutes = readNumber(query, 'minutes', Number.MAX_SAFE_INTEGER, 0);
  const seconds = readNumber(query, 'seconds', Number.MAX_SAFE_INTEGER, 0);
  if (minutes > 0 || seconds > 0) return { from: now - minutes * MINUTE - seconds * SECOND, to: now };
  const text = readOne(query, PARAMETER);
  if (text === undefined) throw missingParameter('filters');
  const [from, to, more] = text.split('...').map(mountainSpan);
  if (from === undefined || from === null || to === null || more !== undefined) throw invalidParameter(PARAMETER);
  return { from: from.from, to: (to ?? from).to };
}

/** The vendor's times are of Utah's summer, UTC-6. */
function mountainSpan(text: string): Span | null {
  const span = spanOf(text.trim());
  return span === null ? null : { from: span.from + 6 * HOUR, to: span.to + 6 * HOUR };
}
