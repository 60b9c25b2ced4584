import type { Instant } from '../time.ts';
import type { ChargeState } from '../states.ts';

export interface Billable {
  product: string;
  action: 'request' | 'renew' | 'extra-domain' | 'extra-wildcard';
  quantity: number;
  /** Cents for one. */
  amount: number;
}

export interface Charge {
  id: number;
  accountId: number;
  orderId: number;
  requestId: number;
  state: ChargeState;
  /** Cents. */
  amount: number;
  currency: string;
  billables: Billable[];
  createdAt: Instant;
  /** When it was captured or released. */
  settledAt: Instant | null;
}
