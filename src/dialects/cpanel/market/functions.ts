import type { UapiModule } from '../call.ts';
import { createShoppingCart, setUrlAfterCheckout } from './carts.ts';
import { getCertificateStatusDetails, getSslCertificateIfAvailable } from './certificate-status.ts';
import { getDcvConstraints } from './challenges.ts';
import { getLoginUrl, validateLoginToken } from './login-url.ts';
import {
  createShoppingCartNonSsl,
  getBuildCartUrl,
  getCompletionUrl,
  getLicenseInfo,
  getProductInfo,
} from './domain-cart.ts';
import { getAllProducts } from './product-view.ts';
import { getProvidersList } from './provider.ts';
import {
  cancelPendingSslCertificate,
  getPendingSslCertificates,
  processSslPendingQueue,
  setStatusOfPendingQueueItems,
} from './queue.ts';
import { requestSslCertificates } from './request-certificates.ts';

/** Functions of the module Market. */
export const market: UapiModule = {
  get_providers_list: getProvidersList,
  get_all_products: getAllProducts,
  get_login_url: getLoginUrl,
  validate_login_token: validateLoginToken,
  request_ssl_certificates: requestSslCertificates,
  create_shopping_cart: createShoppingCart,
  set_url_after_checkout: setUrlAfterCheckout,
  get_pending_ssl_certificates: getPendingSslCertificates,
  get_ssl_certificate_if_available: getSslCertificateIfAvailable,
  get_certificate_status_details: getCertificateStatusDetails,
  cancel_pending_ssl_certificate: cancelPendingSslCertificate,
  process_ssl_pending_queue: processSslPendingQueue,
  set_status_of_pending_queue_items: setStatusOfPendingQueueItems,
  get_provider_specific_dcv_constraints: getDcvConstraints,
  create_shopping_cart_non_ssl: createShoppingCartNonSsl,
  get_build_cart_url: getBuildCartUrl,
  get_completion_url: getCompletionUrl,
  get_license_info: getLicenseInfo,
  get_product_info: getProductInfo,
};
