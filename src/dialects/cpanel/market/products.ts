import { createHash } from 'node:crypto';
import type { Price, Product } from '../../../core/products.ts';
import { type Call, CallFailure } from '../call.ts';
import { DIALECT, type World } from '../world.ts';

/** A product as it is sold here: by the name, in the account's currency. */
export interface Sold {
  id: number;
  product: Product;
  price: Price;
  currency: string;
}

/** Ids that clients may have written into them for products of the same kind. */
const KNOWN_IDS: Readonly<Record<string, number>> = { 'dv-by-name': 159, 'ov-by-name': 213, 'ev-by-name': 209 };

/**
 * What the account can buy: multi-domain products of the catalogue that include no name and have no base price, so that
 * prices per name tell all. Their ids stay the same as long as the product's own id does.
 */
export function soldProducts({ actor, world }: Pick<Call, 'actor' | 'world'>): Sold[] {
  const { currency } = actor;
  return world.catalogue.soldBy(DIALECT).flatMap((product) => {
    const price = product.pricesByCurrency[currency];
    if (price === undefined || product.names !== 'multi' || product.includedNames > 0) return [];
    return price.base === 0 && price.extraName > 0 ? [{ id: numberOf(product), product, price, currency }] : [];
  });
}

/** @throws CallFailure where the provider has no such product */
export function productOf(call: Pick<Call, 'actor' | 'world'>, id: unknown): Sold {
  const text = typeof id === 'number' || typeof id === 'string' ? String(id) : '';
  const found = soldProducts(call).find((sold) => String(sold.id) === text);
  if (found !== undefined) return found;
  const shown = text === '' ? JSON.stringify(id)?.slice(0, 40) : text.slice(0, 40);
  throw new CallFailure(`The product ID “${shown}” is not valid for the provider “${call.world.shop.provider}”.`);
}

export function numberOf({ id }: Pick<Product, 'id'>): number {
  const known = Object.hasOwn(KNOWN_IDS, id) ? KNOWN_IDS[id] : undefined;
  return known ?? 1_000_000 + (createHash('sha256').update(id).digest().readUInt32BE() % 1_000_000_000);
}

/** The number of a product by its own id, for what was bought before. */
export function productNumber({ catalogue }: World, id: string): number {
  return numberOf(catalogue.get(id) ?? { id });
}

/** Cents as the API shows money: a number in units of the currency. */
export function units(cents: number): number {
  return cents / 100;
}
