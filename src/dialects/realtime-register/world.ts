import type { DialectContext } from '../dialect.ts';
import { authKeys, DEFAULT_DCV_SUFFIX, type AuthKeys } from './challenges.ts';
import { productCodes, type ProductCodes } from './products.ts';

export const DIALECT = 'realtime-register';

/** What may be set for this dialect. */
export interface RealtimeRegisterOptions {
  /** Domain below which the CNAME of a DNS validation points, and second line of its file. No dots around it. */
  dcvSuffix?: string;
}

/** What every endpoint works with. */
export interface World {
  context: DialectContext;
  products: ProductCodes;
  authKeys: AuthKeys;
  dcvSuffix: string;
}

export function createWorld(context: DialectContext, options: RealtimeRegisterOptions): World {
  return {
    context,
    products: productCodes(context.catalogue),
    authKeys: authKeys(context.deriveKey('realtime-register/auth-key')),
    dcvSuffix: options.dcvSuffix ?? DEFAULT_DCV_SUFFIX,
  };
}
