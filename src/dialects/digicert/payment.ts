import { invalidParameter } from './errors.ts';
import type { OrderBody } from './order-body.ts';

/**
 * How an order is paid: from the account's balance, as no payment provider is connected. What a caller says of a card
 * is not read, kept or echoed.
 * @throws VendorError `invalid_value:payment_method`, `invalid_value:credit_card`
 */
export function readPaymentMethod(body: Pick<OrderBody, 'payment_method' | 'credit_card'>): 'balance' {
  const { payment_method: method = 'balance', credit_card: card } = body;
  if (method !== 'balance') {
    const reason = 'This server takes no cards or transfers, as no payment provider is connected; use balance';
    throw invalidParameter('payment_method', reason);
  }
  if (card !== undefined && !isEmpty(card)) {
    throw invalidParameter('credit_card', 'This server takes no cards, as no payment provider is connected');
  }
  return method;
}

function isEmpty(value: unknown): boolean {
  return value === false || value === 0 || (typeof value === 'object' && Object.keys(value as object).length === 0);
}
