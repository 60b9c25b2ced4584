import type { DialectContext } from '../dialect.ts';
import { productCodes, type ProductCodes } from './products.ts';

export const DIALECT = 'digicert';

/** Before every path. */
export const BASE = '/services/v2';

/** What every endpoint works with. */
export interface World {
  context: DialectContext;
  products: ProductCodes;
}

export function createWorld(context: DialectContext): World {
  return { context, products: productCodes(context.catalogue) };
}
