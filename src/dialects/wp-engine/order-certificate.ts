import type { Actor } from '../../core/desk.ts';
import { DeskError } from '../../core/errors.ts';
import { baseOf, isWildcard } from '../../core/names.ts';
import { bareDetails } from '../../core/order-details.ts';
import type { Hostname, Person, SubscriberKey, Website } from '../../core/records.ts';
import { CHALLENGE_LIFETIME } from '../../core/retry.ts';
import { MINUTE } from '../../core/time.ts';
import { believedNames, chooserOf } from './challenges.ts';
import { isOpen, isOwn, stateOf } from './domain-state.ts';
import type { CertificateOrder } from './schemas.ts';
import { endOrder } from './stop-renewals.ts';
import { DIALECT, PRODUCT, type World } from './world.ts';

/**
 * Orders a certificate for a domain, with a key that is made here and kept. It is put in place when it is issued and
 * renews itself, under the same key. Where one is being ordered already that is what is asked for, and nothing new is
 * begun; an earlier order renews itself no longer.
 * @throws DeskError `issuer-unavailable` where keys must not be made here or nobody may sign for them, and as
 * `Desk.placeOrder`
 */
export async function orderCertificate(
  world: World,
  actor: Actor,
  install: Website,
  domain: Hostname,
  holder: CertificateOrder | null,
): Promise<void> {
  const held = await hold(world, actor, domain);
  if (held === null) return;
  let extra = withoutHold;
  try {
    const before = await stateOf(world, held);
    if (isOwn(before) && isOpen(before.request)) return;
    const orderId = await orderNow(world, actor, install, held, holder).catch((error) => refuse(world, error));
    extra = (kept) => ({ ...withoutHold(kept), orderId });
    if (before.order !== null && isOwn(before)) await endOrder(world, actor, before.order, false);
  } finally {
    await world.hosting.changeHostname(actor, domain.id, { extra });
  }
}

/** How long a call may take to place an order before another one may try, should it have died. */
const LONGEST_HOLD = 2 * MINUTE;

/** Takes the domain for one call, whichever process it runs in; null where another one is ordering for it just now. */
async function hold({ hosting, random, clock }: World, actor: Actor, domain: Hostname): Promise<Hostname | null> {
  const ordering = { by: Buffer.from(random.bytes(12)).toString('hex'), until: clock.now() + LONGEST_HOLD };
  const held = await hosting.changeHostname(actor, domain.id, {
    extra: (kept) => {
      const other = kept['ordering'] as typeof ordering | undefined;
      return other !== undefined && other.until > clock.now() ? kept : { ...kept, ordering };
    },
  });
  return (held.extra['ordering'] as typeof ordering).by === ordering.by ? held : null;
}

function withoutHold({ ordering: _, ...kept }: Hostname['extra']): Hostname['extra'] {
  return kept;
}

/** @returns the id of the order */
async function orderNow(
  world: World,
  actor: Actor,
  install: Website,
  domain: Hostname,
  body: CertificateOrder | null,
): Promise<number | null> {
  const siblings = await world.store.find('hostnames', { websiteId: install.id });
  const wanted = wantedNames(domain, siblings);
  const believed = await believedNames(world, actor.accountId, wanted);
  const names = wanted.filter((name) => name === domain.name || mayStand(domain, name, believed));
  const holder = await holderOf(world, actor, body);
  const ask = { dialect: DIALECT, label: domain.name, type: 'RSA-2048' } as const;
  const { request } = await world.subscriberKeys.makeFor(actor, ask, (key) =>
    place(world, actor, domain, { names, believed, key, holder }),
  );
  return request.orderId;
}

/** The domain, and of `www.` and the name without it, or the name below `*.`, what the install serves as well. */
function wantedNames({ name }: Hostname, siblings: readonly Hostname[]): string[] {
  const pair = isWildcard(name) ? baseOf(name) : name.startsWith('www.') ? name.slice(4) : `www.${name}`;
  return siblings.some((one) => one.name === pair) ? [name, pair] : [name];
}

/** The record that proves a wildcard proves what lies below as well; elsewhere nothing is waited for on behalf of a pair. */
function mayStand({ name }: Hostname, pair: string, believed: ReadonlySet<string>): boolean {
  return isWildcard(name) || (believed.has(pair) && believed.has(name));
}

/** Who has come this far may order: what is not allowed is the key, and it is the operator who can mend that. */
function refuse({ log }: World, error: unknown): never {
  if (!(error instanceof DeskError) || error.kind !== 'not-allowed') throw error;
  log.error({ err: error }, 'A certificate order needs a key that must not be made here');
  throw new DeskError('issuer-unavailable', error.message, { cause: error });
}

interface Holder {
  contact: Person | null;
  /** Where the holder is, as it was told. */
  extra: Record<string, string>;
}

/** Where no body was sent: who signed in. */
async function holderOf({ store }: World, actor: Actor, body: CertificateOrder | null): Promise<Holder> {
  if (body === null) {
    const user = actor.userId === null ? null : await store.get('users', actor.userId);
    if (user === null) return { contact: null, extra: {} };
    const { firstName, lastName, email, phone } = user;
    return { contact: { firstName, lastName, email, phone: phone ?? '' }, extra: {} };
  }
  const { given_name: firstName, family_name: lastName, email_address: email, phone = '' } = body;
  const { region_code: region, state, city } = body;
  const place = { region, ...(state === undefined ? {} : { state }), ...(city === undefined ? {} : { city }) };
  return { contact: { firstName, lastName, email, phone }, extra: place };
}

interface Ordering {
  names: readonly string[];
  believed: ReadonlySet<string>;
  key: SubscriberKey;
  holder: Holder;
}

async function place(world: World, actor: Actor, domain: Hostname, { names, believed, key, holder }: Ordering) {
  const { desk, subscriberKeys, pki, catalogue, clock } = world;
  const commonName = names[0] as string;
  const der = await subscriberKeys.makeCsr(actor, key.id, { commonName, names, subject: {} });
  const { contact, extra } = holder;
  // What its owner was told to publish counts for 30 days (BR 3.2.2.4.7).
  const young = domain.createdAt + CHALLENGE_LIFETIME > clock.now();
  return desk.placeOrder(actor, {
    dialect: DIALECT,
    product: PRODUCT,
    periodMonths: catalogue.get(PRODUCT)?.periods[0] ?? 12,
    csr: await pki.readCsr(Buffer.from(der).toString('base64')),
    commonName,
    otherNames: names.slice(1),
    subject: {},
    contact,
    language: null,
    chooseValidation: chooserOf(world, believed, young ? domain.verificationToken : null),
    validateNow: false,
    installOn: { websiteIds: [], hostnameIds: [domain.id, ...(await pairIds(world, domain, names))] },
    details: bareDetails({
      autoRenew: true,
      autoReissue: true,
      renewalNotices: false,
      emails: contact === null ? [] : [contact.email],
    }),
    extra: { ...extra, domain: domain.uid },
  });
}

/** The other names of the certificate on the same website, so that they are served with it as well. */
async function pairIds({ store }: World, { websiteId, id }: Hostname, names: readonly string[]): Promise<number[]> {
  const all = await store.find('hostnames', { websiteId, name: names });
  return all.filter((one) => one.id !== id && one.certificatePem === null).map((one) => one.id);
}
