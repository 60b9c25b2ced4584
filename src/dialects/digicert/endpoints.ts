import type { Endpoint } from './endpoint.ts';

/** Everything that is served, in the order of the vendor's documentation. */
export const ENDPOINTS: readonly Endpoint[] = [
  // Products, orders in, requests.
  // Orders afterwards, certificates.
  // Validation, domains, organizations, account.
];
