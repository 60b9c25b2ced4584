import { createHash } from 'node:crypto';
import type { AskForItem, CheckoutView } from '../checkouts.ts';
import type { Actor } from '../desk.ts';
import { notFound } from '../errors.ts';
import type { Engine } from '../parts.ts';
import type { Checkout, CheckoutItem } from '../records.ts';
import type { Reader } from '../store.ts';
import { type Instant, SECOND } from '../time.ts';

/** What purchases of one dialect, named like its folder, are kept with. */
export interface CheckoutParts {
  engine: Engine;
  dialect: string;
  /** Seconds for which one can be paid. */
  openFor: number;
  /** How the dialect of this name orders an item; undefined where it sells nothing on pages. */
  askOf(dialect: string): AskForItem | undefined;
}

/** Of the secret in a page's address. */
export function hashOf(secret: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(secret, 'utf8').digest());
}

export function endOf(now: Instant, openFor: number): Instant {
  return now + openFor * SECOND;
}

/** With its items, as it shows now: what nobody paid in time is over although it is not marked yet. */
export async function viewOf(reader: Reader, checkout: Checkout, now: Instant): Promise<CheckoutView> {
  const isOver = checkout.state === 'open' && checkout.expiresAt <= now;
  const items = await reader.find('checkoutItems', { checkoutId: checkout.id });
  return { checkout: isOver ? { ...checkout, state: 'expired' } : checkout, items };
}

/** @throws DeskError `not-found` */
export async function checkoutBy(reader: Reader, id: number): Promise<Checkout> {
  const checkout = await reader.get('checkouts', id);
  if (checkout === null) throw notFound(`Checkout ${id}`);
  return checkout;
}

/** A checkout of the actor's account in this dialect. @throws DeskError `not-found` */
export async function ownCheckout(reader: Reader, dialect: string, actor: Actor, id: number): Promise<Checkout> {
  const checkout = await reader.get('checkouts', id);
  if (checkout === null || checkout.accountId !== actor.accountId || checkout.dialect !== dialect) {
    throw notFound(`Checkout ${id}`);
  }
  return checkout;
}

/** Items of the actor's account in this dialect, in the order asked for. @throws DeskError `not-found` for the first that is not there */
export async function ownItems(
  reader: Reader,
  dialect: string,
  actor: Actor,
  ids: readonly number[],
): Promise<CheckoutItem[]> {
  const found = await reader.find('checkoutItems', { id: ids, accountId: actor.accountId, dialect });
  return ids.map((id) => {
    const item = found.find((one) => one.id === id);
    if (item === undefined) throw notFound(`Checkout item ${id}`);
    return item;
  });
}
