import type { CertificateRequest, Order } from '../../core/records.ts';
import { isFinal } from '../../core/states.ts';
import type { Instant } from '../../core/time.ts';

/** What an order can be. `waiting_pickup`, `needs_csr` and `denied`, which clients know too, do not come about here. */
export const ORDER_STATUSES = [
  'needs_approval',
  'pending',
  'processing',
  'issued',
  'reissue_pending',
  'expired',
  'revoked',
  'rejected',
  'canceled',
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** What the vendor calls an order with these requests. An order is expired when its term is over, not its certificate. */
export function orderStatus(order: Order, requests: readonly CertificateRequest[], now: Instant): OrderStatus {
  switch (order.state) {
    case 'pending':
      return pendingStatus(requests);
    case 'rejected':
      return 'rejected';
    case 'cancelled':
    case 'failed':
      return 'canceled';
    case 'ended':
      return 'revoked';
    case 'active':
      if (requests.some(isOpenReissue)) return 'reissue_pending';
      return order.endsAt !== null && order.endsAt <= now ? 'expired' : 'issued';
  }
}

function pendingStatus(requests: readonly CertificateRequest[]): OrderStatus {
  const first = requests.find(({ kind }) => kind === 'new' || kind === 'renew');
  if (first?.state === 'needs-approval') return 'needs_approval';
  return first?.state === 'issuing' ? 'processing' : 'pending';
}

export function isOpenReissue({ kind, state }: CertificateRequest): boolean {
  return kind === 'reissue' && !isFinal('request', state);
}

/** What a list of reissues or duplicates calls one of them, which may have been revoked since. */
export function requestStatus({ state }: CertificateRequest): 'issued' | 'pending' | 'rejected' {
  if (state === 'completed') return 'issued';
  return isFinal('request', state) ? 'rejected' : 'pending';
}
