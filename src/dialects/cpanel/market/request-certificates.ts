import type { NewCheckoutItem } from '../../../core/checkouts.ts';
import type { SubscriberKey } from '../../../core/records.ts';
import { type Answer, type Call, CallFailure } from '../call.ts';
import { missing } from '../parameters.ts';
import { keyIdOf } from '../ssl/ids.ts';
import { keyNumbers } from '../ssl/key-numbers.ts';
import { defaultKeyType } from '../ssl/keys.ts';
import { DIALECT } from '../world.ts';
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
  const asked = wishes.map((wish, index) => ({
    wish,
    extra: itemExtra(wish, places[index] ?? { websiteIds: [], hostnameIds: [] }),
  }));
  return withItems(call, asked, async (items) => {
    const opened = await world.checkouts.open(actor, {
      returnUrl: address,
      currency: actor.currency,
      items: items.map(({ item }) => item),
    });
    for (const item of items) await keepCsr(call, item);
    return {
      orderId: opened.checkout.id,
      checkoutUrl: `${origin}${CHECKOUT_PATH}/${opened.secret}`,
      items: opened.items.map(({ id }, index) => {
        const { key } = items[index] as KeyedItem;
        return { orderItemId: id, keyId: keyIdOf(key, keyNumbers(key.spki)) };
      }),
    };
  });
}

interface AskedItem {
  wish: CertificateWish;
  extra: Record<string, unknown>;
}

interface KeyedItem {
  item: NewCheckoutItem & { csr: Uint8Array };
  key: SubscriberKey;
}

/** Makes a key and a CSR of its own for each certificate, in turn; those before go as well where one fails. */
async function withItems<T>(
  call: Call,
  [next, ...rest]: readonly AskedItem[],
  use: (items: readonly KeyedItem[]) => Promise<T>,
): Promise<T> {
  if (next === undefined) return use([]);
  return withItem(call, next, (one) => withItems(call, rest, (others) => use([one, ...others])));
}

async function withItem<T>(call: Call, asked: AskedItem, use: (item: KeyedItem) => Promise<T>): Promise<T> {
  const { actor, world } = call;
  const { wish, extra } = asked;
  const { product } = wish.sold;
  const { periodMonths, amount, identity } = wish;
  const names = wish.names.map(({ name }) => name);
  const [commonName] = names as [string];
  const label = `${commonName} ${new Date(world.clock.now()).toISOString().slice(0, 19)}Z`;
  const newKey = { dialect: DIALECT, label, type: await defaultKeyType(call) };
  return world.subscriberKeys.makeFor(actor, newKey, async (key) => {
    const subject = subjectOf(product.level, identity);
    const csr = await world.subscriberKeys.makeCsr(actor, key.id, { commonName, names, subject });
    return use({
      item: { product: product.id, periodMonths, commonName, names, amount, keyId: key.id, csr, extra },
      key,
    });
  });
}

async function keepCsr({ actor, world }: Call, { item, key }: KeyedItem): Promise<void> {
  const { commonName, names, csr: der } = item;
  const { label, spkiHash } = key;
  await world.keptFiles.keep(actor, {
    dialect: DIALECT,
    type: 'csr',
    label,
    commonName,
    names,
    der,
    chainPem: null,
    spkiHash,
    notBefore: null,
    notAfter: null,
  });
}
