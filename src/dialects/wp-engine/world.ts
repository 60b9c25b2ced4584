import type { DialectContext } from '../dialect.ts';

export const DIALECT = 'wp-engine';

/** Before every path. */
export const BASE = '/v1';

/** What a certificate order buys. */
export const PRODUCT = 'dv-hosted-domain';

/** Before a name whose owner is asked to prove it by a TXT record. */
export const PROOF_LABEL = '_wpe_verification';

/** What every endpoint works with. */
export interface World extends DialectContext {
  /** Takes one status check of an install's allowance; the seconds to wait, or 0. */
  takeStatusCheck(installId: number): number;
}
