import { isWildcard } from '../../core/names.ts';
import { VendorError } from './errors.ts';
import type { OrderBody } from './order-body.ts';
import type { VendorProduct } from './products.ts';
import type { World } from './world.ts';

/** The name under which the product is chosen by `product.type_hint`. */
export const HINTED = 'ssl';

interface Choice {
  single: string;
  wildcard: string | null;
  multi: string;
  /** Wildcards among others. */
  mixed: string | null;
}

const CHOICES: Readonly<Record<string, Choice>> = {
  dv: {
    single: 'ssl_dv_geotrust',
    wildcard: 'wildcard_dv_geotrust',
    multi: 'ssl_dv_geotrust_flex',
    mixed: 'ssl_dv_geotrust_flex',
  },
  ov: { single: 'ssl_plus', wildcard: 'ssl_wildcard', multi: 'ssl_multi_domain', mixed: 'ssl_basic' },
  ev: { single: 'ssl_ev_plus', wildcard: null, multi: 'ssl_ev_multi_domain', mixed: null },
  private: {
    single: 'private_ssl_plus',
    wildcard: 'private_ssl_wildcard',
    multi: 'private_ssl_multi_domain',
    mixed: 'private_ssl_flex',
  },
};

/**
 * The product that a hint and the names make out.
 * @throws VendorError `ambiguous_product`, `not_found|product`
 */
export function hintedProduct(world: World, body: Pick<OrderBody, 'product' | 'certificate'>): VendorProduct {
  const hint = body.product?.type_hint?.toLowerCase() ?? '';
  const choice = Object.hasOwn(CHOICES, hint) ? CHOICES[hint] : undefined;
  const name = choice?.[shapeOf(body.certificate)] ?? null;
  if (name === null) {
    const message = `product.type_hint must be one of ${Object.keys(CHOICES).join(', ')} and fit the names.`;
    throw new VendorError(400, 'ambiguous_product', message);
  }
  return world.products.find(name);
}

function shapeOf({ common_name: commonName, dns_names: others = [] }: OrderBody['certificate']): keyof Choice {
  const free = isWildcard(commonName) ? commonName.slice(2) : twinOf(commonName);
  const names = [commonName, ...others.filter((name) => name !== commonName && name !== free)];
  if (names.length === 1) return isWildcard(commonName) ? 'wildcard' : 'single';
  return names.some(isWildcard) ? 'mixed' : 'multi';
}

/** With `www.`, or without it where it was there. */
function twinOf(name: string): string {
  return name.startsWith('www.') ? name.slice(4) : `www.${name}`;
}
