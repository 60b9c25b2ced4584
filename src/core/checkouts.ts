import type { Actor } from './desk.ts';
import type { Checkout, CheckoutItem } from './records.ts';

/** What the operator says of the shop. */
export interface ShopSettings {
  /** As clients name it, and as people read it. */
  provider: string;
  displayName: string;
  /** Further names that clients may use for it. */
  aliases: readonly string[];
  /** Where people pay elsewhere, and the secret that signs what they are sent there with; null for the balance alone. */
  payment: { url: string; secret: string } | null;
  /** How long a page to pay on stays open, seconds. */
  openFor: number;
}

export type NewCheckoutItem = Pick<
  CheckoutItem,
  'product' | 'periodMonths' | 'commonName' | 'names' | 'amount' | 'keyId' | 'csr' | 'extra'
>;

export interface CheckoutView {
  checkout: Checkout;
  items: CheckoutItem[];
}

/**
 * Purchases that a person pays for on a page. Nothing is charged or ordered before; paid from the balance, every item
 * becomes an order in one go, or none does.
 */
export interface Checkouts {
  /** Answers with the secret of the page's address, which is shown this once. */
  open(
    actor: Actor,
    ask: { returnUrl: string | null; currency: string; items: readonly NewCheckoutItem[] },
  ): Promise<CheckoutView & { secret: string }>;
  /** By the secret of the page's address; null where it is unknown. One whose time is over shows as `expired`. */
  bySecret(secret: string): Promise<CheckoutView | null>;
  /** @throws DeskError `wrong-state` unless open, `insufficient-balance` */
  payFromBalance(checkoutId: number): Promise<CheckoutView>;
  /** The operator's word that money came in another way: it is put on the balance and taken from there. `reference` names it, once. */
  payOutside(checkoutId: number, reference: string, by: string): Promise<CheckoutView>;
  cancel(checkoutId: number): Promise<CheckoutView>;
  /** @throws DeskError `wrong-state` unless open */
  setReturnUrl(actor: Actor, checkoutId: number, url: string): Promise<Checkout>;
  setQueue(actor: Actor, itemIds: readonly number[], queue: 'confirmed' | 'removed'): Promise<CheckoutItem[]>;
}
