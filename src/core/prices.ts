import { DeskError, invalidValue } from './errors.ts';
import type { Quote } from './desk.ts';
import type { OrderedNames } from './names.ts';
import type { Product } from './products.ts';
import type { Billable } from './records.ts';
import { addMonths, type Instant } from './time.ts';

/**
 * The price of a term: the product and each extra name, for every started year.
 * @throws DeskError `invalid-value` on `period`, `product-not-available` where it has no price in the currency.
 */
export function priceOfTerm(
  product: Product,
  names: OrderedNames,
  periodMonths: number,
  currency: string,
  action: 'request' | 'renew',
): Quote {
  if (!product.periods.includes(periodMonths)) {
    throw invalidValue('period', `This product is sold for ${product.periods.join(', ')} months`, String(periodMonths));
  }
  const years = Math.ceil(periodMonths / 12);
  const price = priceIn(product, currency);
  const base: Billable = { product: product.id, action, quantity: 1, amount: price.base * years };
  return quoteOf([base, ...extraNames(product, names, years, currency)], currency);
}

/** What names beyond those already paid for cost until the order's end; a reissue with the same number is free. */
export function priceOfReissue(
  product: Product,
  before: OrderedNames,
  after: OrderedNames,
  now: Instant,
  endsAt: Instant,
  currency: string,
): Quote {
  const added: OrderedNames = {
    names: after.names,
    extraDomains: Math.max(0, after.extraDomains - before.extraDomains),
    extraWildcards: Math.max(0, after.extraWildcards - before.extraWildcards),
  };
  return quoteOf(extraNames(product, added, startedYears(now, endsAt), currency), currency);
}

function extraNames(product: Product, names: OrderedNames, years: number, currency: string): Billable[] {
  const price = priceIn(product, currency);
  const lines: Billable[] = [
    { product: product.id, action: 'extra-domain', quantity: names.extraDomains, amount: price.extraName * years },
    {
      product: product.id,
      action: 'extra-wildcard',
      quantity: names.extraWildcards,
      amount: price.extraWildcard * years,
    },
  ];
  return lines.filter((line) => line.quantity > 0);
}

function startedYears(now: Instant, endsAt: Instant): number {
  let years = 1;
  while (addMonths(now, years * 12) < endsAt) years += 1;
  return years;
}

function quoteOf(billables: Billable[], currency: string): Quote {
  const total = billables.reduce((sum, line) => sum + line.quantity * line.amount, 0);
  return { total, currency, billables };
}

function priceIn(product: Product, currency: string) {
  const price = product.pricesByCurrency[currency];
  if (price === undefined) {
    throw new DeskError('product-not-available', `This product has no price in ${currency}`);
  }
  return price;
}
