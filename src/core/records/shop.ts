import type { Instant } from '../time.ts';

/**
 * What a browser or a program was given after it said who it is: a login code to exchange, a token to buy with, a
 * session. Only the hash of its secret is kept.
 */
export interface Grant {
  id: number;
  accountId: number;
  dialect: string;
  kind: 'code' | 'token' | 'session';
  userName: string;
  secretHash: Uint8Array;
  /** What it is bound to: the address to return to, the security token of a session. */
  bound: string | null;
  createdAt: Instant;
  expiresAt: Instant;
  /** When a code was exchanged, or a session or token ended. */
  endedAt: Instant | null;
}

/** A purchase that a person pays for, or calls off, on a page. Nothing is charged or ordered before. */
export interface Checkout {
  id: number;
  accountId: number;
  dialect: string;
  /** Who ordered, as the audit trail shows. */
  userName: string;
  /** Of the secret in the page's address. */
  secretHash: Uint8Array;
  state: 'open' | 'paid' | 'cancelled' | 'failed' | 'expired';
  currency: string;
  /** Cents. */
  total: number;
  /** Where the browser goes afterwards; without a query. */
  returnUrl: string | null;
  /** For people: why it failed; null otherwise. */
  detail: string | null;
  /** Names the money that came another way than from the balance; unique. */
  reference: string | null;
  createdAt: Instant;
  expiresAt: Instant;
  endedAt: Instant | null;
}

/** One certificate in a checkout, and what became of it. */
export interface CheckoutItem {
  id: number;
  accountId: number;
  checkoutId: number;
  dialect: string;
  product: string;
  periodMonths: number;
  commonName: string;
  names: string[];
  /** Cents, as quoted when it was put in. */
  amount: number;
  keyId: number | null;
  csr: Uint8Array | null;
  /** The request that it became; null until paid. */
  requestId: number | null;
  orderId: number | null;
  /** Whether its client still waits for it, as the client's own queue shows it. */
  queue: 'unconfirmed' | 'confirmed' | 'removed';
  /** When its client was first and last told how it stands. */
  firstPollAt: Instant | null;
  lastPollAt: Instant | null;
  /** What the dialect needs to order it and to show it. */
  extra: Record<string, unknown>;
  createdAt: Instant;
}
