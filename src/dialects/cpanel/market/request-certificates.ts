import type { NewCheckoutItem } from '../../../core/checkouts.ts';
import { type Answer, type Call, CallFailure } from '../call.ts';
import { missing } from '../parameters.ts';
import { keyIdOf } from '../ssl/ids.ts';
import { keyNumbers } from '../ssl/key-numbers.ts';
import { defaultKeyType } from '../ssl/keys.ts';
import { returnAddress } from './addresses.ts';
import { type CertificateWish, readCertificate } from './certificate-ask.ts';
import { checkAccessToken } from './grants.ts';
import { subjectOf } from './identity.ts';
import { itemExtra } from './item-extra.ts';
import { hostsOfNames, placesOf } from './places.ts';
import { checkProvider } from './provider.ts';

/** Where a purchase is paid. */
export const CHECKOUT_PATH = '/market/checkout';

/** Certificates of one order. */
const MOST_CERTIFICATES = 100;

/** What an order brought: ids in the order of the certificates asked for. */
export interface OpenedOrder {
  orderId: number;
  checkoutUrl: string;
  items: { orderItemId: number; keyId: string }[];
}

/** `Market::request_ssl_certificates` */
export async function requestSslCertificates(call: Call): Promise<Answer> {
  const { parameters } = call;
  await checkAccessToken(call);
  checkProvider(call);
  const returnUrl = parameters.optional('url_after_checkout') ?? null;
  const { orderId, checkoutUrl, items } = await openOrder(call, 'certificate', returnUrl);
  const certificates = items.map(({ orderItemId, keyId }) => ({ order_item_id: orderItemId, key_id: keyId }));
  return { data: { order_id: orderId, checkout_url: checkoutUrl, certificates } };
}

/**
 * Checks every certificate that the repeatable parameter `name` asks for, makes keys and CSRs for them, and opens a
 * purchase of all. Nothing is charged, and nothing is left where one of them is refused.
 * @throws CallFailure, DeskError
 */
export async function openOrder(call: Call, name: string, returnUrl: string | null): Promise<OpenedOrder> {
  const { actor, parameters, world, origin } = call;
  const texts = parameters.all(name).filter((text) => text !== '');
  if (texts.length === 0) throw missing(name);
  if (texts.length > MOST_CERTIFICATES)
    throw new CallFailure(`One order holds at most ${MOST_CERTIFICATES} certificates.`);
  const address = returnUrl === null ? null : returnAddress('url_after_checkout', returnUrl, { query: false });
  const identity = parameters.json('identity_verification');
  const wishes = texts.map((text) => readCertificate(call, text, identity));
  const hosts = await hostsOfNames(call, [...new Set(wishes.flatMap(({ names }) => names.map((one) => one.name)))]);
  const places = wishes.map(({ vhostNames, names }) =>
    placesOf(
      hosts,
      vhostNames,
      names.map((one) => one.name),
    ),
  );
  const items: { item: NewCheckoutItem; keyId: string }[] = [];
  for (const [index, wish] of wishes.entries()) {
    items.push(await withKey(call, wish, itemExtra(wish, places[index] ?? { websiteIds: [], hostnameIds: [] })));
  }
  const opened = await world.checkouts.open(actor, {
    returnUrl: address,
    currency: actor.currency,
    items: items.map(({ item }) => item),
  });
  return {
    orderId: opened.checkout.id,
    checkoutUrl: `${origin}${CHECKOUT_PATH}/${opened.secret}`,
    items: opened.items.map(({ id }, index) => ({ orderItemId: id, keyId: items[index]?.keyId as string })),
  };
}

/** A key of its own for each certificate, and a CSR, both kept for the account. */
async function withKey(
  call: Call,
  { sold: { product }, names, periodMonths, amount, identity }: CertificateWish,
  extra: Record<string, unknown>,
): Promise<{ item: NewCheckoutItem; keyId: string }> {
  const { actor, world } = call;
  const all = names.map(({ name }) => name);
  const [commonName] = all as [string];
  const label = `${commonName} ${new Date(world.clock.now()).toISOString().slice(0, 19)}Z`;
  const key = await world.subscriberKeys.make(actor, { dialect: 'cpanel', label, type: await defaultKeyType(call) });
  const subject = subjectOf(product.level, identity);
  const csr = await world.subscriberKeys.makeCsr(actor, key.id, { commonName, names: all, subject });
  const { spkiHash } = key;
  const times = { notBefore: null, notAfter: null };
  await world.keptFiles.keep(actor, {
    dialect: 'cpanel',
    type: 'csr',
    label,
    commonName,
    names: all,
    der: csr,
    chainPem: null,
    spkiHash,
    ...times,
  });
  const item = { product: product.id, periodMonths, commonName, names: all, amount, keyId: key.id, csr, extra };
  return { item, keyId: keyIdOf(key, keyNumbers(key.spki)) };
}
