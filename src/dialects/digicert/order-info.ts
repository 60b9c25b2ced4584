import type { Actor } from '../../core/desk.ts';
import type { Order } from '../../core/records.ts';
import { seesOrder } from '../../core/scope.ts';
import { isFinal } from '../../core/states.ts';
import * as answers from './order-answers.ts';
import { read } from './endpoint.ts';
import { unknownObject } from './errors.ts';
import { readFlag } from './list-query.ts';
import { hexOf } from './order-fields.ts';
import { readLabels } from './order-list.ts';
import {
  certificatesBySerial,
  certificatesByThumbprint,
  primaryOf,
  readNotes,
  readOrder,
  type OrderRecords,
} from './order-records.ts';
import { renderOrder } from './order-view.ts';
import type { World } from './world.ts';

export const getOrder = read({
  path: '/order/certificate/:orderId',
  summary: 'Get an order by its id, or by serial number or thumbprint of its primary certificate',
  query: { include_caa_status: 'Whether to tell of CAA while the order is pending' },
  answers: { 200: answers.orderInfo },
  async handle(world, call) {
    const order = await findOrder(world, call.actor, call.params['orderId'] ?? '');
    const records = await readOrder(world, order);
    const info = await renderOrder(world, records, await readLabels(world, call.actor));
    const notes = (await readNotes(world, records)).map(({ id, message }) => ({ id, text: message }));
    const caa = readFlag(call.query, 'include_caa_status') ? await caaMember(world, records) : {};
    return { status: 200, json: { ...info, ...(notes.length === 0 ? {} : { notes }), ...caa } };
  },
});

/**
 * An order by id; by serial number or SHA-1 thumbprint, case and colons ignored, of the certificate that it stands for.
 * @throws VendorError `not_found|order`
 */
export async function findOrder(world: World, actor: Actor, text: string): Promise<Order> {
  const hex = hexOf(text);
  if (/^[0-9]{1,15}$/.test(text)) {
    const order = await world.context.store.get('orders', Number(text));
    if (order !== null && order.accountId === actor.accountId && seesOrder(actor, order)) return order;
  }
  if (!/^[0-9A-F]{1,64}$/.test(hex)) throw unknownObject('order');
  const { accountId } = actor;
  const isThumbprint = hex.length === 40;
  const byThumbprint = isThumbprint ? await certificatesByThumbprint(world, accountId, hex) : [];
  const found = byThumbprint.length > 0 ? byThumbprint : await certificatesBySerial(world, accountId, [hex]);
  for (const { orderId, id } of found) {
    if (orderId === null) continue;
    const order = await world.context.store.get('orders', orderId);
    if (order === null || !seesOrder(actor, order)) continue;
    const records = await readOrder(world, order);
    if (primaryOf(records).certificate?.id === id) return order;
  }
  throw unknownObject('order');
}

/** While the order waits, what is known of CAA for each of its names. */
async function caaMember(world: World, records: OrderRecords) {
  const open = records.requests.findLast(({ kind, state }) => kind !== 'revoke' && !isFinal('request', state));
  if (open === undefined) return {};
  const found = await world.context.store.find('caaAnswers', { name: open.names });
  const answered = new Map(found.map(({ name, status }) => [name, CAA_TEXTS[status]]));
  const texts = open.names.map((name) => [name, answered.get(name) ?? 'CAA check is not called yet']);
  return { caa_status_message: Object.fromEntries(texts) as Record<string, string> };
}

const CAA_TEXTS = {
  allowed: 'CAA check passed',
  empty: 'CAA check passed, no CAA records were found',
  denied: 'CAA check failed, the CAA records do not allow issuance',
  timeout: 'CAA check failed, the name servers did not answer in time',
  'critical-unknown-tag': 'CAA check failed, a critical property is not known',
  malformed: 'CAA check failed, a CAA record is malformed',
  error: 'CAA check failed, the name servers answered with an error',
} as const;
