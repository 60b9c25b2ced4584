import { z } from 'zod';
import type { Actor } from '../../core/desk.ts';
import { DeskError } from '../../core/errors.ts';
import { covers, isOpen } from '../../core/facts.ts';
import { may } from '../../core/permissions.ts';
import type { Approval, CertificateRequest, User } from '../../core/records.ts';
import { approvalScope, seesOrderOf } from '../../core/scope.ts';
import { csvLine } from './csv.ts';
import { accept, idOf, read, type Answer, type Call } from './endpoint.ts';
import { invalidParameter, unknownObject, VendorError } from './errors.ts';
import { lines, text, word } from './fields.ts';
import { choiceField, dateField, numberField, toListQuery, type ListFields } from './list-fields.ts';
import { LIST_PARAMETERS, pageOf, readListQuery, readOne, type ListAsk } from './list-query.ts';
import { orderInfo, page } from './order-answers.ts';
import { CSV, readLabels, wantsCsv } from './order-list.ts';
import { readOrder, readOrders, type OrderRecords } from './order-records.ts';
import { renderOrder } from './order-view.ts';
import { renderPerson } from './people-view.ts';
import { TYPE } from './products.ts';
import { approvalStatus, requestType } from './request-view.ts';
import { formatDate, formatTimestamp } from './times.ts';
import type { World } from './world.ts';

/** Requests that people had or have to decide on. Those of an account without this step are not kept as such. */

const id = z.int();
const person = z.strictObject({ id, first_name: z.string(), last_name: z.string(), email: z.string() });

const brief = {
  id,
  date: z.string(),
  type: z.enum(['new_request', 'reissue', 'duplicate', 'revoke']),
  status: z.enum(['pending', 'approved', 'rejected']),
  requester: person.optional(),
  processor: person.optional(),
};

const listed = z.strictObject({
  ...brief,
  order: z
    .strictObject({
      id,
      certificate: z.strictObject({ common_name: z.string() }),
      organization: z.strictObject({ id, name: z.string() }).optional(),
      container: z.strictObject({ id, name: z.string() }).optional(),
      product: z.strictObject({ name_id: z.string(), name: z.string(), type: z.string() }),
    })
    .optional(),
});

const requestList = z.strictObject({ requests: z.array(listed), page });

const requestInfo = z.strictObject({
  ...brief,
  date_processed: z.string().optional(),
  comments: z.string().optional(),
  processor_comment: z.string().optional(),
  order: orderInfo
    .extend({
      unsubmitted_domains: z.array(z.string()).optional(),
      renewal_of_order_valid_till: z.string().optional(),
    })
    .optional(),
});

const FIELDS: ListFields<Approval> = {
  id: numberField('id'),
  date: dateField('createdAt'),
  date_processed: dateField('processedAt'),
  requester_id: numberField('requesterId'),
  processor_id: numberField('processorId'),
  status: choiceField('state', [
    ['pending', 'waiting'],
    ['submitted', 'waiting'],
    ['approved', 'approved'],
    ['rejected', 'rejected'],
  ]),
};

export const listRequests = read({
  path: '/request',
  summary: 'List requests that need approval, or have got it',
  query: { status: 'As filters[status]', ...LIST_PARAMETERS },
  answers: { 200: [requestList, CSV] },
  async handle(world, call): Promise<Answer> {
    const ask = readAsk(call);
    const query = await toListQuery(call.actor.accountId, FIELDS, ask, approvalScope(call.actor));
    const { records, total = 0 } = await world.context.store.list('approvals', query);
    const requests = await renderList(world, call.actor, records);
    if (!wantsCsv(call)) return { status: 200, json: { requests, page: pageOf(ask, total) } };
    return { status: 200, content: { type: CSV, body: csvOf(requests), fileName: 'requests.csv' } };
  },
});

function readAsk(call: Call): ListAsk {
  const ask = readListQuery(call.query);
  const status = readOne(call.query, 'status');
  if (status === undefined) return ask;
  const condition = { parameter: 'status', property: 'status', op: 'eq' as const, values: [status] };
  return { ...ask, conditions: [...ask.conditions, condition] };
}

async function renderList(
  world: World,
  { accountId }: Actor,
  approvals: readonly Approval[],
): Promise<z.infer<typeof listed>[]> {
  const { store } = world.context;
  const requests = await store.find('requests', { accountId, id: approvals.map((one) => one.id) });
  const users = await usersOf(world, accountId, approvals);
  const orders = await store.find('orders', { accountId, id: requests.flatMap(({ orderId }) => orderId ?? []) });
  const records = new Map((await readOrders(world, orders)).map((one) => [one.order.id, one]));
  return approvals.flatMap((approval) => {
    const request = requests.find((one) => one.id === approval.id);
    if (request === undefined) return [];
    const order = records.get(request.orderId ?? 0);
    return [
      {
        ...renderBrief(request, approval, users),
        ...(order === undefined ? {} : { order: renderOrderBrief(world, request, order) }),
      },
    ];
  });
}

async function usersOf(world: World, accountId: number, approvals: readonly Approval[]): Promise<Map<number, User>> {
  const ids = approvals.flatMap(({ requesterId, processorId }) => [requesterId ?? [], processorId ?? []].flat());
  const users = await world.context.store.find('users', { accountId, id: [...new Set(ids)] });
  return new Map(users.map((user) => [user.id, user]));
}

function renderBrief(request: CertificateRequest, approval: Approval, users: ReadonlyMap<number, User>) {
  const requester = users.get(approval.requesterId ?? 0);
  const processor = users.get(approval.processorId ?? 0);
  return {
    id: request.id,
    date: formatTimestamp(request.createdAt),
    type: requestType(request),
    status: approvalStatus(request, approval),
    ...(requester === undefined ? {} : { requester: renderPerson(requester) }),
    ...(processor === undefined ? {} : { processor: renderPerson(processor) }),
  };
}

function renderOrderBrief(world: World, request: CertificateRequest, { order, organization, container }: OrderRecords) {
  const { nameId, name } = world.products.of(order.product);
  return {
    id: order.id,
    certificate: { common_name: request.commonName },
    ...(organization === null ? {} : { organization: { id: organization.id, name: organization.name } }),
    ...(container === null ? {} : { container: { id: container.id, name: container.name } }),
    product: { name_id: nameId, name, type: TYPE },
  };
}

const COLUMNS = ['Request ID', 'Date', 'Type', 'Status', 'Requester', 'Order ID', 'Common Name', 'Product'];

function csvOf(requests: readonly z.infer<typeof listed>[]): string {
  const rows = requests.map((one) => {
    const { id: number, date, type, status, requester, order } = one;
    return [
      number,
      date,
      type,
      status,
      requester?.email,
      order?.id,
      order?.certificate.common_name,
      order?.product.name,
    ];
  });
  return [COLUMNS, ...rows].map(csvLine).join('');
}

export const getRequest = read({
  path: '/request/:requestId',
  summary: 'A request with its order',
  answers: { 200: requestInfo },
  async handle(world, call): Promise<Answer> {
    const { request, approval } = await ownRequest(world, call);
    const users = await usersOf(world, request.accountId, [approval]);
    const { comments, processorComment, processedAt } = approval;
    return {
      status: 200,
      json: {
        ...renderBrief(request, approval, users),
        ...(processedAt === null ? {} : { date_processed: formatTimestamp(processedAt) }),
        ...(comments === null ? {} : { comments }),
        ...(processorComment === null ? {} : { processor_comment: processorComment }),
        ...(await orderMember(world, call.actor, request)),
      },
    };
  },
});

/** @throws VendorError `not_found|request` */
async function ownRequest(world: World, call: Call): Promise<{ request: CertificateRequest; approval: Approval }> {
  const { store } = world.context;
  const requestId = idOf(call, 'requestId', 'request');
  const [request, approval] = [await store.get('requests', requestId), await store.get('approvals', requestId)];
  const own = request !== null && request.accountId === call.actor.accountId;
  if (!own || approval === null || !(await seesOrderOf(store, call.actor, request))) {
    throw unknownObject('request');
  }
  return { request, approval };
}

async function orderMember(world: World, actor: Actor, request: CertificateRequest) {
  const { store } = world.context;
  const order = request.orderId === null ? null : await store.get('orders', request.orderId);
  if (order === null) return {};
  const records = await readOrder(world, order);
  const validations = (await store.find('validations', { requestId: request.id })).filter(isOpen);
  const unproved = request.names.filter((name) => validations.some((one) => covers(one, name)));
  const renewed = order.renewsOrderId === null ? null : await store.get('orders', order.renewsOrderId);
  const renewedTill = renewed?.endsAt ?? null;
  return {
    order: {
      ...(await renderOrder(world, records, await readLabels(world, actor))),
      ...(unproved.length === 0 ? {} : { unsubmitted_domains: unproved }),
      ...(renewedTill === null ? {} : { renewal_of_order_valid_till: formatDate(renewedTill) }),
    },
  };
}

const STATUSES = ['submitted', 'pending', 'approved', 'rejected'] as const;

export const changeRequestStatus = accept({
  method: 'PUT',
  path: '/request/:requestId/status',
  summary: 'Approve or reject a request',
  body: z.object({
    status: text(20).toLowerCase().pipe(word(STATUSES)),
    processor_comment: lines(2_000).optional(),
  }),
  answers: { 204: null },
  async handle(world, call): Promise<Answer> {
    const { desk } = world.context;
    const { request, approval } = await ownRequest(world, call);
    const { status, processor_comment: comment = null } = call.body;
    if (!may(call.actor, 'approve')) throw invalidApprover('The user of this key may not approve requests.');
    // Clients approve what they have asked for without looking whether it was approved by itself.
    if (status === 'approved' && approval.state === 'approved') return { status: 204 };
    if (status === 'approved') await asApprover(desk.approve(call.actor, request.id, comment));
    else if (status === 'rejected') await asApprover(desk.reject(call.actor, request.id, comment));
    // Both say of a request that waits what it is already.
    else if (request.state !== 'needs-approval') throw invalidParameter('status', 'The request was decided before');
    return { status: 204 };
  },
});

async function asApprover(decision: Promise<unknown>): Promise<void> {
  try {
    await decision;
  } catch (error) {
    if (error instanceof DeskError && error.kind === 'not-allowed') throw invalidApprover(`${error.message}.`);
    throw error;
  }
}

function invalidApprover(message: string): VendorError {
  return new VendorError(403, 'access_denied|invalid_approver', message);
}
