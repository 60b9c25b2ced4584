import type { Actor, NewOrderAsk } from './desk.ts';
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
 * Purchases that a person pays for on a page, of one dialect. Nothing is charged or ordered before; paid, every item
 * becomes an order in one go, or none does, for the price that was shown.
 */
export interface Checkouts {
  /** Answers with the secret of the page's address, which is shown this once. */
  open(
    actor: Actor,
    ask: { returnUrl: string | null; currency: string; items: readonly NewCheckoutItem[] },
  ): Promise<CheckoutView & { secret: string }>;
  /** By the secret of the page's address; null where it is unknown. One whose time is over shows as `expired`. */
  bySecret(secret: string): Promise<CheckoutView | null>;
  /**
   * Answers with a checkout that is paid, or that has failed: what cannot be ordered any more leaves nothing charged.
   * @throws DeskError `wrong-state` unless open, `insufficient-balance`, `not-allowed` where the account is locked
   */
  payFromBalance(checkoutId: number): Promise<CheckoutView>;
  cancel(checkoutId: number): Promise<CheckoutView>;
  /** @throws DeskError `not-found`, `wrong-state` unless open */
  setReturnUrl(actor: Actor, checkoutId: number, url: string): Promise<Checkout>;
  /**
   * What clients say of their queue. `confirmed` is for what was paid; `removed` takes what is not paid out of the
   * purchase, and cancels it with its last item.
   * @throws DeskError `not-found`, `wrong-state`
   */
  setQueue(actor: Actor, itemIds: readonly number[], queue: 'confirmed' | 'removed'): Promise<CheckoutItem[]>;
  /** Notes that the client was told of the items now. */
  notePolled(actor: Actor, itemIds: readonly number[]): Promise<void>;
}

/** What the operator does for purchases of every dialect. */
export interface OperatorCheckouts {
  /**
   * The operator's word that money came in another way: it is put on the balance and taken from there. `reference`
   * names it: the same for the same checkout changes nothing. Money for what cannot be ordered any more stays on the
   * balance, and the checkout has failed.
   * @throws DeskError `not-found`, `invalid-value` for another sum, `wrong-state` where it is paid or cancelled, `already-exists` for a reference of
   * another checkout
   */
  payOutside(checkoutId: number, payment: { reference: string; cents: number; by: string }): Promise<CheckoutView>;
  /** To be run every hour: marks what nobody paid in time. Answers how many. */
  expireCheckouts(): Promise<number>;
}

/** How a dialect orders an item that is paid. */
export type AskForItem = (item: CheckoutItem) => Promise<NewOrderAsk>;
