import type { CheckoutView, Checkouts, NewCheckoutItem, OperatorCheckouts } from '../checkouts.ts';
import type { Actor } from '../desk.ts';
import { DeskError, invalidValue } from '../errors.ts';
import type { Engine } from '../parts.ts';
import { demand } from '../permissions.ts';
import type { Checkout, CheckoutItem } from '../records.ts';
import { note } from '../registry/note.ts';
import type { Unit } from '../store.ts';
import type { Instant } from '../time.ts';
import { checkoutBy, type CheckoutParts, endOf, hashOf, ownCheckout, ownItems, viewOf } from './own.ts';
import { pay } from './pay.ts';

/** Certificates of one purchase. */
const MOST_ITEMS = 100;
const BATCH = 500;

/** Purchases as one dialect, named like its folder, is given them. */
export function createCheckouts(parts: CheckoutParts): Checkouts {
  const { dialect } = parts;
  const { store, clock } = parts.engine;
  return {
    open: async (actor, ask) => openCheckout(parts, demand(actor, 'order'), ask),
    async bySecret(secret) {
      const [checkout] = await store.find('checkouts', { secretHash: hashOf(secret), dialect }, { limit: 1 });
      return checkout === undefined ? null : viewOf(store, checkout, clock.now());
    },
    payFromBalance: (checkoutId) => pay(parts, checkoutId, null),
    cancel: (checkoutId) => cancel(parts, checkoutId),
    async setReturnUrl(actor, checkoutId, url) {
      demand(actor, 'order');
      return store.transact(async (unit) => {
        const checkout = await ownCheckout(unit, dialect, actor, checkoutId);
        const { state } = (await viewOf(unit, checkout, clock.now())).checkout;
        if (state !== 'open') throw new DeskError('wrong-state', `Checkout ${checkoutId} is ${state}`);
        await unit.update('checkouts', checkoutId, { returnUrl: url }, { state: 'open' });
        return { ...checkout, returnUrl: url };
      });
    },
    setQueue: async (actor, itemIds, queue) => setQueue(parts, demand(actor, 'order'), itemIds, queue),
    async notePolled(actor, itemIds) {
      const at = clock.now();
      await store.transact(async (unit) => {
        for (const { id, firstPollAt } of await ownItems(unit, dialect, actor, itemIds)) {
          await unit.update('checkoutItems', id, { firstPollAt: firstPollAt ?? at, lastPollAt: at });
        }
      });
    },
  };
}

/** Purchases of every dialect in the hands of the operator. */
export function createOperatorCheckouts(parts: Pick<CheckoutParts, 'engine' | 'askOf'>): OperatorCheckouts {
  const { engine } = parts;
  return {
    async payOutside(checkoutId, payment) {
      const { reference } = payment;
      if (!/^[\x21-\x7e](?:[\x20-\x7e]{0,98}[\x21-\x7e])?$/.test(reference)) {
        throw invalidValue('reference', 'A reference is 1 to 100 signs of ASCII', reference);
      }
      const { dialect } = await checkoutBy(engine.store, checkoutId);
      return pay({ ...parts, dialect, openFor: 0 }, checkoutId, payment);
    },
    expireCheckouts: () => expireCheckouts(engine),
  };
}

type OpenAsk = Parameters<Checkouts['open']>[1];

/** @throws DeskError `invalid-value` where there is nothing to buy, or more than one purchase holds */
async function openCheckout(
  { engine: { store, clock, random }, dialect, openFor }: CheckoutParts,
  actor: Actor,
  { returnUrl, currency, items }: OpenAsk,
): Promise<CheckoutView & { secret: string }> {
  if (items.length === 0 || items.length > MOST_ITEMS) {
    throw invalidValue('items', `One purchase holds 1 to ${MOST_ITEMS} certificates`, String(items.length));
  }
  const total = items.reduce((sum, { amount }) => sum + amount, 0);
  const secret = Buffer.from(random.bytes(32)).toString('base64url');
  const { accountId, userName } = actor;
  const createdAt = clock.now();
  return store.transact(async (unit) => {
    const checkout: Checkout = {
      id: unit.newId('checkouts'),
      accountId,
      dialect,
      userName,
      secretHash: hashOf(secret),
      state: 'open',
      currency,
      total,
      returnUrl,
      detail: null,
      reference: null,
      createdAt,
      expiresAt: endOf(createdAt, openFor),
      endedAt: null,
    };
    unit.insert('checkouts', checkout);
    const added = items.map((item) => addItem(unit, checkout, item));
    const details = { total, currency, names: added.map(({ names }) => names) };
    note(unit, actor, 'checkout.opened', `checkout:${checkout.id}`, details, createdAt);
    return { checkout, items: added, secret };
  });
}

function addItem(unit: Unit, { id: checkoutId, accountId, dialect, createdAt }: Checkout, item: NewCheckoutItem) {
  const added: CheckoutItem = {
    ...item,
    id: unit.newId('checkoutItems'),
    accountId,
    checkoutId,
    dialect,
    requestId: null,
    orderId: null,
    queue: 'unconfirmed',
    firstPollAt: null,
    lastPollAt: null,
    createdAt,
  };
  unit.insert('checkoutItems', added);
  return added;
}

/** @throws DeskError `wrong-state` unless open */
async function cancel({ engine: { store, clock } }: CheckoutParts, checkoutId: number): Promise<CheckoutView> {
  return store.transact(async (unit) => {
    const at = clock.now();
    const { checkout, items } = await viewOf(unit, await checkoutBy(unit, checkoutId), at);
    if (checkout.state !== 'open') throw new DeskError('wrong-state', `Checkout ${checkoutId} is ${checkout.state}`);
    const ended = { state: 'cancelled', endedAt: at } as const;
    await unit.update('checkouts', checkoutId, ended, { state: 'open' });
    const { accountId, userName } = checkout;
    const target = `checkout:${checkoutId}`;
    unit.audit({ at, actor: userName, accountId, action: 'checkout.cancelled', target, details: {} });
    return { checkout: { ...checkout, ...ended }, items };
  });
}

async function setQueue(
  { engine: { store, clock }, dialect }: CheckoutParts,
  actor: Actor,
  itemIds: readonly number[],
  queue: 'confirmed' | 'removed',
): Promise<CheckoutItem[]> {
  return store.transact(async (unit) => {
    const items = await ownItems(unit, dialect, actor, itemIds);
    for (const item of items) {
      if (queue === 'confirmed') await refuseUnpaid(unit, item);
      if (item.queue === queue) continue;
      await unit.update('checkoutItems', item.id, { queue }, { queue: item.queue });
      if (queue === 'removed') await takeOut(unit, item, clock.now());
      note(unit, actor, `checkout-item.${queue}`, `checkout-item:${item.id}`, {}, clock.now());
    }
    return items.map((item) => ({ ...item, queue }));
  });
}

/** What is not bought yet is not paid for; a purchase with nothing left in it is cancelled. */
async function takeOut(unit: Unit, { checkoutId, amount }: CheckoutItem, endedAt: Instant): Promise<void> {
  const { state, total } = await checkoutBy(unit, checkoutId);
  if (state !== 'open') return;
  const all = await unit.find('checkoutItems', { checkoutId });
  const left = all.filter(({ queue }) => queue !== 'removed');
  const ended = left.length === 0 ? ({ state: 'cancelled', endedAt } as const) : {};
  await unit.update('checkouts', checkoutId, { total: total - amount, ...ended }, { state, total });
}

async function refuseUnpaid(unit: Unit, { id, checkoutId, queue }: CheckoutItem): Promise<void> {
  const { state } = await checkoutBy(unit, checkoutId);
  if (queue === 'removed') throw new DeskError('wrong-state', `Checkout item ${id} was removed`);
  if (state !== 'paid') throw new DeskError('wrong-state', `Checkout item ${id} is not paid for`);
}

async function expireCheckouts({ store, clock }: Engine): Promise<number> {
  const now = clock.now();
  const { records } = await store.list('checkouts', {
    accountId: null,
    filters: [
      { field: 'state', op: 'eq', value: 'open' },
      { field: 'expiresAt', op: 'lte', value: now },
    ],
    order: [{ field: 'expiresAt', descending: false }],
    limit: BATCH,
    offset: 0,
    count: false,
  });
  let marked = 0;
  for (const { id } of records) {
    try {
      await store.transact((unit) =>
        unit.update('checkouts', id, { state: 'expired', endedAt: now }, { state: 'open' }),
      );
      marked += 1;
    } catch (error) {
      // Somebody paid or cancelled it at this moment.
      if (!(error instanceof DeskError && error.kind === 'conflict')) throw error;
    }
  }
  return marked;
}
