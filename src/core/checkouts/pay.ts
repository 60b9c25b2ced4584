import type { CheckoutView } from '../checkouts.ts';
import type { Actor, Quote } from '../desk.ts';
import { DeskError, invalidValue } from '../errors.ts';
import type { Facts } from '../facts.ts';
import { planOrder } from '../orders.ts';
import { type Placement, placeTogether } from '../place-request.ts';
import type { Account, Checkout, CheckoutItem } from '../records.ts';
import { note } from '../registry/note.ts';
import type { Unit } from '../store.ts';
import { checkoutBy, type CheckoutParts, viewOf } from './own.ts';

/** Money that came another way than from the balance, as the operator's word has it. */
export interface Payment {
  reference: string;
  /** What came, in cents. */
  cents: number;
  by: string;
}

/** What may be otherwise in a moment, and leaves the checkout as it is. */
const PASSING: readonly DeskError['kind'][] = ['insufficient-balance', 'conflict', 'too-many-requests', 'internal'];

/** Two hundred million, as an operator may put on an account. */
const LARGEST_BALANCE = 20_000_000_000;

/**
 * Pays for a checkout and orders all of its items in one transaction: money is set aside once, and after a crash
 * either everything is on record, or nothing.
 * @throws DeskError as `Checkouts.payFromBalance` and `OperatorCheckouts.payOutside`
 */
export async function pay(parts: CheckoutParts, checkoutId: number, payment: Payment | null): Promise<CheckoutView> {
  const { store, clock } = parts.engine;
  const view = await viewOf(store, await checkoutBy(store, checkoutId), clock.now());
  const { checkout } = view;
  if (payment !== null && isPaidBy(checkout, payment)) return view;
  refuseUnlessOpen(checkout, payment);
  refuseOtherAmount(checkout, payment);
  const account = await store.get('accounts', checkout.accountId);
  if (account === null || (account.state !== 'active' && payment === null)) {
    throw new DeskError('not-allowed', 'The account is locked');
  }
  try {
    await order(parts, view, account, payment);
  } catch (error) {
    if (!(error instanceof DeskError) || PASSING.includes(error.kind) || (await hasMoved(parts, checkout))) throw error;
    await fail(parts, checkout, account, payment, error.message);
  }
  return viewOf(store, await checkoutBy(store, checkoutId), clock.now());
}

function isPaidBy({ state, reference }: Checkout, payment: Payment): boolean {
  return (state === 'paid' || state === 'failed') && reference === payment.reference;
}

/** Money from elsewhere may come late, and counts all the same. */
function refuseUnlessOpen({ id, state }: Checkout, payment: Payment | null): void {
  if (state === 'open' || (state === 'expired' && payment !== null)) return;
  throw new DeskError('wrong-state', `Checkout ${id} is ${state} and cannot be paid`);
}

/** What was taken out of the purchase while somebody paid elsewhere is the operator's to settle. */
function refuseOtherAmount({ id, total, currency }: Checkout, payment: Payment | null): void {
  if (payment === null || payment.cents === total) return;
  const message = `Checkout ${id} costs ${total} cents (${currency}), not ${payment.cents}; credit the account instead`;
  throw invalidValue('cents', message, String(payment.cents));
}

/** Somebody else paid or cancelled it meanwhile: then it has not failed. */
async function hasMoved({ engine }: CheckoutParts, { id }: Checkout): Promise<boolean> {
  const { state } = await checkoutBy(engine.store, id);
  return state !== 'open' && state !== 'expired';
}

async function order(
  parts: CheckoutParts,
  { checkout, items }: CheckoutView,
  account: Account,
  payment: Payment | null,
): Promise<void> {
  const actor = actorOf(account, checkout);
  const placements: Placement[] = [];
  const bought = items.filter(({ queue }) => queue !== 'removed');
  for (const item of bought) placements.push(await placementOf(parts, actor, checkout, item));
  const now = parts.engine.clock.now();
  await placeTogether(parts.engine, actor, placements, {
    beforehand: async (unit) => {
      await end(unit, checkout, { state: 'paid', reference: payment?.reference ?? null, endedAt: now });
      if (payment !== null) await credit(unit, checkout, payment, now);
    },
    afterwards: async (unit, placed) => {
      for (const [index, item] of bought.entries()) await link(unit, item, placed[index] as Facts);
      const details = { total: checkout.total, reference: payment?.reference ?? null };
      note(unit, actor, 'checkout.paid', `checkout:${checkout.id}`, details, now);
    },
  });
}

function actorOf({ id: accountId, handle }: Account, { userName, currency }: Checkout): Actor {
  return { accountId, handle, userName, currency, userId: null, userRole: null, role: 'orders' };
}

/** As it was asked for, at the price that was shown. */
async function placementOf(
  parts: CheckoutParts,
  actor: Actor,
  { dialect }: Checkout,
  item: CheckoutItem,
): Promise<Placement> {
  const ask = parts.askOf(dialect);
  if (ask === undefined) throw new DeskError('product-not-available', `${dialect} is not served any more`);
  const placement = planOrder(parts.engine, actor, await ask(item));
  return placement.quote.total === item.amount ? placement : { ...placement, quote: shownPrice(item, actor.currency) };
}

function shownPrice({ product, amount }: CheckoutItem, currency: string): Quote {
  return { total: amount, currency, billables: [{ product, action: 'request', quantity: 1, amount }] };
}

/** Whoever comes second finds it ended. @throws DeskError `conflict` */
async function end(unit: Unit, { id, state, total }: Checkout, changes: Partial<Checkout>): Promise<void> {
  const known = state === 'expired' ? (await checkoutBy(unit, id)).state : state;
  // An open one may be marked as expired at this moment; whatever else it is now, somebody was faster.
  if (known !== 'open' && known !== 'expired') throw new DeskError('conflict', `Checkout ${id} is ${known} by now`);
  await unit.update('checkouts', id, changes, { state: known, total });
}

async function link(unit: Unit, item: CheckoutItem, { request }: Facts): Promise<void> {
  await unit.update('checkoutItems', item.id, { requestId: request.id, orderId: request.orderId }, { requestId: null });
}

/** @throws DeskError `already-exists` where the reference was used before */
async function credit(unit: Unit, checkout: Checkout, { reference, by }: Payment, at: number): Promise<void> {
  const [known] = await unit.find('checkouts', { reference });
  if (known !== undefined && known.id !== checkout.id) {
    const message = `The reference ${reference} was used for checkout ${known.id}`;
    throw new DeskError('already-exists', message, { field: 'reference', value: reference });
  }
  const account = await unit.get('accounts', checkout.accountId);
  const before = account?.balance ?? 0;
  const balance = before + checkout.total;
  if (balance > LARGEST_BALANCE) throw invalidValue('balance', `The balance would be ${balance}`);
  await unit.update('accounts', checkout.accountId, { balance }, { balance: before });
  const details = { cents: checkout.total, balance, reference, checkout: checkout.id };
  const target = `account:${checkout.accountId}`;
  unit.audit({
    at,
    actor: `operator:${by}`,
    accountId: checkout.accountId,
    action: 'account.credited',
    target,
    details,
  });
}

/** What was bought cannot be ordered any more. Money that came for it stays on the balance. */
async function fail(
  { engine }: CheckoutParts,
  checkout: Checkout,
  account: Account,
  payment: Payment | null,
  detail: string,
): Promise<void> {
  const at = engine.clock.now();
  await engine.store.transact(async (unit) => {
    await end(unit, checkout, { state: 'failed', detail, reference: payment?.reference ?? null, endedAt: at });
    if (payment !== null) await credit(unit, checkout, payment, at);
    note(unit, actorOf(account, checkout), 'checkout.failed', `checkout:${checkout.id}`, { detail }, at);
  });
}
