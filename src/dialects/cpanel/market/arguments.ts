/** What the functions of the module Market take, for the description. `*` marks what must be there. */

const PROVIDER = { 'provider*': "The shop's name, or one of its aliases." };
const TOKEN = { 'access_token*': 'From validate_login_token.' };
const ITEM = { 'order_item_id*': 'Of an entry of the pending queue.' };
const CERTIFICATE =
  'JSON text with product_id, price, subject_names and validity_period, also vhost_names and identity_verification. ' +
  'May repeat.';
const IDENTITY =
  'JSON text: the organization of OV and EV certificates, as x_identity_verification of the product asks.';
const RETURN = 'Where the browser goes after the checkout; without a query string.';
const PRODUCT = { 'product_name*': 'cpanel-ssl' };
const DOMAIN = { domain: 'A domain of the website; the first website where it is missing.' };

export const MARKET_ARGUMENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  get_providers_list: {},
  get_all_products: {},
  get_login_url: { ...PROVIDER, 'url_after_login*': 'Where the browser goes with the login code.' },
  validate_login_token: {
    ...PROVIDER,
    'login_token*': 'The code that the browser came back with.',
    'url_after_login*': 'As it was given to get_login_url.',
  },
  request_ssl_certificates: {
    ...PROVIDER,
    ...TOKEN,
    'certificate*': CERTIFICATE,
    identity_verification: IDENTITY,
    url_after_checkout: RETURN,
  },
  create_shopping_cart: {
    ...PROVIDER,
    ...TOKEN,
    'item*': CERTIFICATE,
    identity_verification: IDENTITY,
    'url_after_checkout*': RETURN,
  },
  create_shopping_cart_non_ssl: { ...TOKEN, ...PRODUCT, 'url_after_checkout*': RETURN, ...DOMAIN },
  set_url_after_checkout: { ...PROVIDER, ...TOKEN, 'order_id*': 'Of an open order.', 'url_after_checkout*': RETURN },
  get_pending_ssl_certificates: PROVIDER,
  get_ssl_certificate_if_available: { ...PROVIDER, ...ITEM },
  get_certificate_status_details: { ...PROVIDER, ...ITEM },
  cancel_pending_ssl_certificate: { ...PROVIDER, ...ITEM },
  process_ssl_pending_queue: {},
  set_status_of_pending_queue_items: {
    ...PROVIDER,
    'order_item_id*': 'Of entries of the pending queue. May repeat.',
    'status*': 'confirmed',
  },
  get_provider_specific_dcv_constraints: PROVIDER,
  get_build_cart_url: { ...PRODUCT, ...DOMAIN },
  get_completion_url: PRODUCT,
  get_license_info: { domain: 'Not looked at: certificates need no license.' },
  get_product_info: PRODUCT,
};
