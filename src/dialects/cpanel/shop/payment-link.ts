import { createHmac } from 'node:crypto';
import type { ShopSettings } from '../../../core/checkouts.ts';
import type { Checkout } from '../../../core/records.ts';

/**
 * Where the operator takes payments, with the order, the amount, its currency and the page to return to in its query,
 * and `signature`: HMAC-SHA-256 in hex over the query of these four in this order. Null where there is only the
 * balance.
 */
export function paymentLink({ payment }: ShopSettings, checkout: Checkout, returnTo: string): string | null {
  if (payment === null) return null;
  const { id, total, currency } = checkout;
  const signed = new URLSearchParams({
    order: String(id),
    amount: (total / 100).toFixed(2),
    currency,
    return: returnTo,
  });
  const signature = createHmac('sha256', payment.secret).update(signed.toString()).digest('hex');
  const url = new URL(payment.url);
  for (const [name, value] of [...signed, ['signature', signature] as const]) url.searchParams.set(name, value);
  return url.href;
}
