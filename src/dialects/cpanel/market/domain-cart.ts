import { isWildcard } from '../../../core/names.ts';
import { type Answer, type Call, CallFailure } from '../call.ts';
import { createParameters } from '../parameters.ts';
import { hostOf, virtualHosts } from '../websites.ts';
import type { World } from '../world.ts';
import { returnAddress } from './addresses.ts';
import { checkAccessToken } from './grants.ts';
import { type Sold, soldProducts, units } from './products.ts';
import { totalOf } from './quote.ts';
import { type OpenedOrder, openOrder } from './request-certificates.ts';
import { isSigned, signedQuery } from './signed-links.ts';

/** Certificates bought by a product's name and a domain, without a list of names: that of the domain's website. */

/** Where a cart is made from a link. */
export const CART_PATH = '/market/cart';
const PURPOSE = 'cart';

/** What is sold in this way: the first DV product. */
const PRODUCT_NAME = 'cpanel-ssl';

/** @throws CallFailure */
function namedProduct(call: Pick<Call, 'actor' | 'world'>, name: string): Sold {
  const sold = soldProducts(call).find(({ product }) => product.level === 'DV');
  if (name === PRODUCT_NAME && sold !== undefined) return sold;
  throw new CallFailure(`The product “${name.slice(0, 40)}” does not exist.`);
}

/** `Market::create_shopping_cart_non_ssl` */
export async function createShoppingCartNonSsl(call: Call): Promise<Answer> {
  const { parameters } = call;
  await checkAccessToken(call);
  const sold = namedProduct(call, parameters.required('product_name'));
  const returnUrl = parameters.required('url_after_checkout');
  const { orderId, checkoutUrl, items } = await openForDomain(call, sold, parameters.optional('domain'), returnUrl);
  const order_items_ref = items.map((item) => ({ order_item_id: String(item.orderItemId), key_id: item.keyId }));
  return { data: { order_id: String(orderId), checkout_url: checkoutUrl, order_items_ref } };
}

/** `Market::get_build_cart_url`: a page that makes the cart once the user has signed in there. */
export async function getBuildCartUrl({ actor, world, parameters, origin, ...call }: Call): Promise<Answer> {
  namedProduct({ actor, world }, parameters.required('product_name'));
  const domain = parameters.optional('domain');
  if (domain !== undefined) await hostOf({ actor, world, parameters, origin, ...call }, domain);
  const members = { user: actor.handle, ...(domain === undefined ? {} : { domain }) };
  return { data: { url: `${origin}${CART_PATH}?${signedQuery(world, PURPOSE, members)}` } };
}

/** What a link to a cart says; null where it was not made here, or is too old. */
export function readCartLink(
  world: World,
  query: URLSearchParams,
): { user: string; domain: string | undefined } | null {
  if (!isSigned(world, PURPOSE, query)) return null;
  return { user: query.get('user') ?? '', domain: query.get('domain') ?? undefined };
}

/** The purchase of a link to a cart. @throws CallFailure, DeskError */
export function openCart(call: Call, domain: string | undefined): Promise<OpenedOrder> {
  return openForDomain(call, namedProduct(call, PRODUCT_NAME), domain, null);
}

/** `Market::get_completion_url`: where a purchase ends that has no address to return to. */
export async function getCompletionUrl(call: Call): Promise<Answer> {
  namedProduct(call, call.parameters.required('product_name'));
  return { data: { completion_url: `${call.origin}/login` } };
}

/** `Market::get_license_info`: certificates need no license. */
export async function getLicenseInfo(): Promise<Answer> {
  return { data: null };
}

/** `Market::get_product_info` */
export async function getProductInfo(call: Call): Promise<Answer> {
  const { id } = namedProduct(call, call.parameters.required('product_name'));
  const url = `${call.origin}/login`;
  return { data: { product_id: id, redirect_path: CART_PATH, redirect_url_failure: url, redirect_url_success: url } };
}

/** One certificate for all names of the website that serves the domain, of the first website where none is named. */
async function openForDomain(
  call: Call,
  sold: Sold,
  domain: string | undefined,
  returnUrl: string | null,
): Promise<OpenedOrder> {
  const [first] = await virtualHosts(call);
  const host = domain === undefined ? first : (await hostOf(call, domain)).host;
  if (host === undefined) throw new CallFailure('The account has no web virtual host.');
  if (returnUrl !== null) returnAddress('url_after_checkout', returnUrl, { query: false });
  const names = host.hostnames.map(({ name }) => ({ name, dcv: isWildcard(name) ? 'dns' : 'http' }) as const);
  const plain = names.filter(({ name }) => !isWildcard(name));
  if (plain.length === 0) throw new CallFailure(`The web virtual host “${host.website.name}” has no domains.`);
  const certificate = {
    product_id: sold.id,
    price: units(totalOf(call, sold, plain, 12)),
    subject_names: plain.map(({ name, dcv }) => ({ type: 'dNSName', name, dcv_method: dcv })),
    validity_period: [1, 'year'],
    vhost_names: [host.website.name],
  };
  const parameters = createParameters([['certificate', JSON.stringify(certificate)]]);
  return openOrder({ ...call, parameters }, 'certificate', returnUrl);
}
