import { DeskError } from '../../../core/errors.ts';
import { orderedNames } from '../../../core/names.ts';
import { priceOfTerm } from '../../../core/prices.ts';
import { type Call, CallFailure } from '../call.ts';
import type { Sold } from './products.ts';
import type { SubjectName } from './subject-names.ts';

/**
 * What names cost for a term, cents: each its price, a wildcard its own, the parent of a wildcard nothing.
 * @throws CallFailure for names that the product may not hold
 */
export function totalOf(
  { world }: Pick<Call, 'world'>,
  sold: Sold,
  names: readonly SubjectName[],
  months: number,
): number {
  const { product, currency } = sold;
  const [first, ...others] = names.map(({ name }) => name) as [string, ...string[]];
  try {
    const ordered = orderedNames(product, first, others, world.names);
    return priceOfTerm(product, ordered, months, currency, 'request').total;
  } catch (error) {
    if (!(error instanceof DeskError)) throw error;
    throw new CallFailure(`The product ID “${sold.id}” does not allow this: ${error.message}`);
  }
}
