import { notFound } from '../../core/errors.ts';
import type { Actor } from '../../core/desk.ts';
import type { Notification } from '../../core/records.ts';
import type { Filter } from '../../core/store.ts';
import * as answers from './answers.ts';
import { accept, idOf, mayChange, ownCustomer, read, type Call } from './endpoint.ts';
import { choiceField, dateField, numberField, textField, type ListField } from './list-fields.ts';
import { LIST_PARAMETERS } from './list-query.ts';
import { listAnswer } from './lists.ts';
import { pick, readFields } from './query.ts';
import { emptyBody } from './schemas.ts';
import { renderNotification } from './webhook.ts';
import { DIALECT, type World } from './world.ts';

const OURS: Filter<Notification> = { field: 'dialect', op: 'eq', value: DIALECT };

const FIELDS: Readonly<Record<string, ListField<Notification>>> = {
  id: numberField('id'),
  fireDate: dateField('firedAt'),
  readDate: dateField('readAt'),
  acknowledgeDate: dateField('acknowledgedAt'),
  deliveryDate: dateField('deliveredAt'),
  message: textField('message'),
  process: numberField('requestId'),
  certificateId: numberField('certificateId'),
  notificationType: choiceField('kind', [
    ['SSLCertificateNotification', 'certificate-issued'],
    ['SSLCertificateNotification', 'request-failed'],
    ['SSLCertificateNotification', 'request-cancelled'],
    ['SSLCertificateNotification', 'request-needs-attention'],
    ['SSLCertificateNotification', 'certificate-revoked'],
    ['SSLCertificateExpiryReportNotification', 'certificate-expiring'],
  ]),
};

const BASE = '/v2/customers/:customer/notifications';

export const listNotifications = read({
  path: BASE,
  summary: 'List notifications',
  query: LIST_PARAMETERS,
  answers: { 200: answers.page(answers.notification) },
  async handle(world, call) {
    const { actor, query } = ofOwnCustomer(call);
    const listing = {
      kind: 'notifications' as const,
      fields: FIELDS,
      fixed: [OURS],
      render: (records: readonly Notification[]) => renderAll(world, actor.handle, records),
    };
    return listAnswer(world, actor.accountId, listing, query);
  },
});

/** The oldest that is not acknowledged, the same one until it is. */
export const pollNotifications = read({
  path: `${BASE}/poll`,
  summary: 'Get the oldest notification that is not acknowledged',
  answers: { 200: answers.poll },
  async handle(world, call) {
    const { actor } = ofOwnCustomer(call);
    const { records, total } = await world.context.store.list('notifications', {
      accountId: actor.accountId,
      filters: [OURS, { field: 'acknowledgedAt', op: 'null' }],
      order: [{ field: 'id', descending: false }],
      limit: 1,
      offset: 0,
      count: true,
    });
    const [notification] = await renderAll(world, actor.handle, records);
    return {
      status: 200,
      json: { count: total ?? records.length, ...(notification === undefined ? {} : { notification }) },
    };
  },
});

export const getNotification = read({
  path: `${BASE}/:notificationId`,
  summary: 'Get a notification; the first time marks it as read',
  query: { fields: 'Members wanted, as a comma list or repeated' },
  answers: { 200: answers.notification },
  async handle(world, call) {
    const { actor, query } = ofOwnCustomer(call);
    const notification = await ownNotification(world, actor, idOf(call, 'notificationId', 'Notification'));
    const [entity = {}] = await renderAll(world, actor.handle, [await markRead(world, notification)]);
    return { status: 200, json: pick(entity, readFields(query), 'id') };
  },
});

export const acknowledgeNotification = accept({
  method: 'POST',
  path: `${BASE}/:notificationId/ack`,
  summary: 'Acknowledge a notification',
  body: emptyBody,
  answers: { 200: null },
  async handle(world, call) {
    const { actor } = ofOwnCustomer(call);
    mayChange(actor);
    const { id, acknowledgedAt } = await ownNotification(world, actor, idOf(call, 'notificationId', 'Notification'));
    const now = world.context.clock.now();
    if (acknowledgedAt === null) {
      await world.context.store.transact((unit) => unit.update('notifications', id, { acknowledgedAt: now }));
    }
    return { status: 200 };
  },
});

function ofOwnCustomer<C extends Call>(call: C): C {
  ownCustomer(call.actor, call.params['customer'] ?? '');
  return call;
}

async function ownNotification(world: World, actor: Actor, id: number): Promise<Notification> {
  const notification = await world.context.store.get('notifications', id);
  if (notification === null || notification.accountId !== actor.accountId || notification.dialect !== DIALECT) {
    throw notFound(`Notification ${id}`);
  }
  return notification;
}

async function markRead(world: World, notification: Notification): Promise<Notification> {
  if (notification.readAt !== null) return notification;
  const readAt = world.context.clock.now();
  await world.context.store.transact((unit) => unit.update('notifications', notification.id, { readAt }));
  return { ...notification, readAt };
}

async function renderAll(world: World, handle: string, notifications: readonly Notification[]): Promise<object[]> {
  const requests = await byId(
    world,
    'requests',
    notifications.map((one) => one.requestId),
  );
  const certificates = await byId(
    world,
    'certificates',
    notifications.map((one) => one.certificateId),
  );
  return notifications.map((notification) =>
    renderNotification(notification, {
      handle,
      catalogue: world.context.catalogue,
      request: requests.get(notification.requestId ?? 0) ?? null,
      certificate: certificates.get(notification.certificateId ?? 0) ?? null,
    }),
  );
}

async function byId<K extends 'requests' | 'certificates'>(world: World, kind: K, ids: readonly (number | null)[]) {
  const wanted = [...new Set(ids.filter((id) => id !== null))];
  const records = wanted.length === 0 ? [] : await world.context.store.find(kind, { id: wanted } as never);
  return new Map(records.map((record) => [record.id, record]));
}
