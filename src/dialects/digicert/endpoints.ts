import type { Endpoint } from './endpoint.ts';
import { placeOrder } from './place-order.ts';
import { getProduct, listProductLimits, listProducts } from './products-endpoints.ts';
import { changeRequestStatus, getRequest, listRequests } from './requests.ts';

/** Everything that is served, in the order of the vendor's documentation. */
export const ENDPOINTS: readonly Endpoint[] = [
  // Products, orders in, requests.
  listProducts,
  listProductLimits,
  getProduct,
  placeOrder,
  listRequests,
  getRequest,
  changeRequestStatus,
  // Orders afterwards, certificates.
  // Validation, domains, organizations, account.
];
