import { DeskError } from '../../../core/errors.ts';
import type { CheckoutItem } from '../../../core/records.ts';
import { isFinal } from '../../../core/states.ts';
import { toPem } from '../../../pki/pem.ts';
import { type Answer, type Call, CallFailure } from '../call.ts';
import { missing } from '../parameters.ts';
import { DIALECT } from '../world.ts';
import { type ItemFacts, loadItems, statusOf } from './item-status.ts';
import { pendingView } from './pending-view.ts';
import { checkProvider } from './provider.ts';

/** Items of the pending queue at most; the newest first where there are more. */
const MOST_PENDING = 1_000;

/** `Market::get_pending_ssl_certificates` */
export async function getPendingSslCertificates(call: Call): Promise<Answer> {
  checkProvider(call);
  const facts = await loadItems(call.world, await pendingItems(call));
  return { data: facts.map((one) => pendingView(call.world, call.origin, one)) };
}

/** Those that the client has not been told the end of, as they were ordered. */
async function pendingItems({ actor, world }: Call): Promise<CheckoutItem[]> {
  const queue = ['unconfirmed', 'confirmed'] as const;
  const order = { field: 'id', descending: true } as const;
  const where = { accountId: actor.accountId, dialect: DIALECT, queue };
  return (await world.store.find('checkoutItems', where, { order, limit: MOST_PENDING })).toReversed();
}

/** The items of the call's `order_item_id`s. @throws CallFailure as the API tells of ids that are not in the queue */
async function askedItems({ actor, world, parameters }: Call): Promise<CheckoutItem[]> {
  const texts = [...new Set(parameters.all('order_item_id').filter((text) => text !== ''))];
  if (texts.length === 0) throw missing('order_item_id');
  if (texts.length > MOST_PENDING) throw new CallFailure(`One call names at most ${MOST_PENDING} order items.`);
  const ids = texts.map((text) => (/^[1-9][0-9]{0,15}$/.test(text) ? Number(text) : 0));
  const where = { id: ids, accountId: actor.accountId, dialect: DIALECT };
  const found = (await world.store.find('checkoutItems', where)).filter(({ queue }) => queue !== 'removed');
  const items = ids.map((id) => found.find((item) => item.id === id));
  const strange = texts.filter((_, index) => items[index] === undefined);
  if (strange.length > 0) throw unknownItems(strange);
  return items as CheckoutItem[];
}

function unknownItems(ids: readonly string[]): CallFailure {
  const errors = ids.map(
    (id) => `The order item ID “${id.slice(0, 40)}” does not match any entries in the pending queue.`,
  );
  const order_item_ids = ids.map((id) => (/^[0-9]{1,15}$/.test(id) ? Number(id) : id.slice(0, 40)));
  return new CallFailure(errors, { error_type: 'EntryDoesNotExist', order_item_ids });
}

/** `Market::set_status_of_pending_queue_items`: `confirmed` is for what was paid. */
export async function setStatusOfPendingQueueItems(call: Call): Promise<Answer> {
  const { actor, world, parameters } = call;
  checkProvider(call);
  const status = parameters.required('status');
  if (status !== 'confirmed')
    throw new CallFailure(`The status “${status.slice(0, 40)}” is not valid, only “confirmed”.`);
  const items = await askedItems(call);
  const facts = await loadItems(world, items);
  const unpaid = facts.filter(({ checkoutState }) => checkoutState !== 'paid').map(({ item }) => item.id);
  if (unpaid.length > 0) {
    const errors = unpaid.map((id) => `The order of the order item ID “${id}” is not paid for.`);
    throw new CallFailure(errors, { error_type: 'OrderNotPaid', order_item_ids: unpaid });
  }
  await world.checkouts.setQueue(
    actor,
    items.map(({ id }) => id),
    'confirmed',
  );
  return { data: null };
}

/** `Market::cancel_pending_ssl_certificate`: out of the queue, and called off where it still can be. */
export async function cancelPendingSslCertificate(call: Call): Promise<Answer> {
  const { actor, world } = call;
  checkProvider(call);
  const items = await askedItems(call);
  const facts = await loadItems(world, items);
  for (const { request } of facts) {
    if (request === null || isFinal('request', request.state)) continue;
    await callOff(call, request.id);
  }
  const removed = await world.checkouts.setQueue(
    actor,
    items.map(({ id }) => id),
    'removed',
  );
  const after = await loadItems(world, removed);
  return { data: after.map((one) => pendingView(world, call.origin, one)), metadata: { transformed: 1 } };
}

/** A request that is being signed at this moment ends by itself. */
async function callOff({ actor, world }: Call, requestId: number): Promise<void> {
  try {
    await world.desk.cancel(actor, requestId);
  } catch (error) {
    if (!(error instanceof DeskError) || (error.kind !== 'wrong-state' && error.kind !== 'conflict')) throw error;
  }
}

/** `Market::process_ssl_pending_queue`: looks at every confirmed item now, and takes out those that have come to an end. */
export async function processSslPendingQueue(call: Call): Promise<Answer> {
  const { actor, world, origin } = call;
  const before = await loadItems(world, (await pendingItems(call)).filter(isDue));
  for (const facts of before) await lookNow(call, facts);
  const after = await loadItems(
    world,
    before.map(({ item }) => item),
  );
  const ids = after.map(({ item }) => item.id);
  await world.checkouts.notePolled(actor, ids);
  const ended = after.filter((facts) => hasEnded(facts)).map(({ item }) => item.id);
  await world.checkouts.setQueue(actor, ended, 'removed');
  const items = await world.store.find('checkoutItems', { id: ids });
  const polled = after.map((facts) => ({ ...facts, item: items.find(({ id }) => id === facts.item.id) ?? facts.item }));
  return { data: polled.map((facts) => processedView(call, origin, facts)) };
}

function isDue({ queue }: CheckoutItem): boolean {
  return queue === 'confirmed';
}

function hasEnded(facts: ItemFacts): boolean {
  const { code } = statusOf(facts);
  return code === null || code === 'OrderCanceled' || code === 'OrderItemCanceled';
}

/** Looks for what is to be published; what does not work now does not keep others waiting. */
async function lookNow({ actor, world }: Call, { request }: ItemFacts): Promise<void> {
  if (request?.state !== 'waiting') return;
  try {
    await world.desk.checkNow(actor, request.id, new Map());
  } catch (error) {
    if (!(error instanceof DeskError)) throw error;
    world.log.info({ err: error, request: request.id }, 'A pending order was not looked at');
  }
}

function processedView({ world }: Call, origin: string, facts: ItemFacts): Record<string, unknown> {
  const { certificate, item } = facts;
  const { code, message } = statusOf(facts);
  return {
    ...pendingView(world, origin, facts),
    certificate_pem: certificate === null ? null : toPem('CERTIFICATE', certificate.der),
    deleted: item.queue === 'removed' ? 1 : 0,
    installed: certificate !== null && (facts.request?.installOn?.websiteIds.length ?? 0) > 0 ? 1 : 0,
    last_status_code: code,
    last_status_message: message,
  };
}

/** One item that may be asked for although it has left the queue. @throws CallFailure */
export async function askedItem({ actor, world, parameters }: Call): Promise<ItemFacts> {
  const text = parameters.required('order_item_id');
  const id = /^[1-9][0-9]{0,15}$/.test(text) ? Number(text) : 0;
  const [item] = await world.store.find('checkoutItems', { id, accountId: actor.accountId, dialect: DIALECT });
  if (item === undefined) throw unknownItems([text]);
  const [facts] = await loadItems(world, [item]);
  return facts as ItemFacts;
}
