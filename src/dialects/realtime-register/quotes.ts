import type { Quote } from '../../core/desk.ts';
import type { Billable } from '../../core/records.ts';
import type { Answer } from './endpoint.ts';
import type { World } from './world.ts';

export const ACTION_OF: Readonly<Record<Billable['action'], string>> = {
  request: 'REQUEST',
  renew: 'RENEW',
  'extra-domain': 'EXTRA_DOMAIN',
  'extra-wildcard': 'EXTRA_WILDCARD',
};

/** A line of a bill. Money is set aside until the certificate is issued, and given back where it is not. */
export function renderBillable(world: World, billable: Billable) {
  const { product, action, quantity, amount } = billable;
  return {
    product: world.products.codeOf(product),
    action: ACTION_OF[action],
    quantity,
    amount,
    refundable: true,
    total: quantity * amount,
  };
}

/** The answer to a call with `quote=true`. Nothing to pay leaves out currency and lines. */
export function quoteAnswer(world: World, command: string, quote: Quote): Answer {
  const { total, currency } = quote;
  const billables = quote.billables.map((billable) => renderBillable(world, billable));
  return { status: 200, json: { command, quote: total === 0 ? { total } : { total, currency, billables } } };
}
