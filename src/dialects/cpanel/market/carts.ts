import { type Answer, type Call, CallFailure } from '../call.ts';
import { returnAddress } from './addresses.ts';
import { checkAccessToken } from './grants.ts';
import { checkProvider } from './provider.ts';
import { openOrder } from './request-certificates.ts';

/** `Market::create_shopping_cart`: each `item` is a certificate as `request_ssl_certificates` takes it. */
export async function createShoppingCart(call: Call): Promise<Answer> {
  await checkAccessToken(call);
  checkProvider(call);
  const returnUrl = call.parameters.required('url_after_checkout');
  const { orderId, checkoutUrl, items } = await openOrder(call, 'item', returnUrl);
  const order_items = items.map(({ orderItemId, keyId }) => ({ order_item_id: String(orderItemId), key_id: keyId }));
  return { data: { order_id: String(orderId), checkout_url: checkoutUrl, order_items } };
}

/** `Market::set_url_after_checkout` */
export async function setUrlAfterCheckout(call: Call): Promise<Answer> {
  const { actor, world, parameters } = call;
  await checkAccessToken(call);
  checkProvider(call);
  const given = parameters.required('order_id');
  const address = returnAddress('url_after_checkout', parameters.required('url_after_checkout'), { query: false });
  const id = /^[1-9][0-9]{0,15}$/.test(given) ? Number(given) : 0;
  const [order] = await world.store.find('checkouts', { id, accountId: actor.accountId, dialect: 'cpanel' });
  if (order === undefined) {
    const data = { error_type: 'OrderNotFound' };
    throw new CallFailure(`The order ID “${given.slice(0, 40)}” does not exist.`, data);
  }
  await world.checkouts.setReturnUrl(actor, id, address);
  return { data: { error_type: null } };
}
