import type { NewOrderAsk, ValidationChoice } from '../../../core/desk.ts';
import { DeskError } from '../../../core/errors.ts';
import { bareDetails } from '../../../core/order-details.ts';
import type { Product } from '../../../core/products.ts';
import type { CertificateRequest, Hostname, SubscriberKey, Website } from '../../../core/records.ts';
import { DAY, type Instant, MINUTE } from '../../../core/time.ts';
import type { CertificateDetails } from '../../../pki/certificate-reader.ts';
import { toPem } from '../../../pki/pem.ts';
import { type AccountSettings, type Problem, writeAccount } from '../account-settings.ts';
import type { Call } from '../call.ts';
import { fileChallenge } from '../challenges.ts';
import { type VirtualHost, virtualHosts } from '../websites.ts';
import { DIALECT, type World } from '../world.ts';
import { contested, doubtedOf } from './autossl-proofs.ts';
import { defaultKeyType } from './keys.ts';
import { isCovered } from './matching.ts';
import { readCertificates } from './pem-blocks.ts';
import { domainsOf, isSelfSigned } from './records.ts';

/** Certificates that the platform orders by itself for names that it serves, with its free product. */

/** A certificate that goes on by itself is asked for this long before its end; then somebody else has not done it. */
const LATE = 10 * DAY;

/** In `extra` of their requests: for which website. */
interface Automatic {
  autossl?: { websiteId: number };
}

export function automaticOf(request: Pick<CertificateRequest, 'extra'>): { websiteId: number } | null {
  return (request.extra as Automatic).autossl ?? null;
}

/** The product of the catalogue with which it is done; null where none is free in the account's currency. */
export function freeProduct({ actor, world }: Pick<Call, 'actor' | 'world'>): Product | null {
  const isFree = ({ level, names, pricesByCurrency }: Product): boolean => {
    const price = pricesByCurrency[actor.currency];
    return level === 'DV' && names === 'multi' && price !== undefined && price.base === 0 && price.extraName === 0;
  };
  return world.catalogue.soldBy(DIALECT).find(isFree) ?? null;
}

/** One that has not ended by then has died. */
const LONGEST_CHECK = 10 * MINUTE;

/** Whether a check of all websites runs now. */
export function isChecking({ checkingSince }: AccountSettings, now: Instant): boolean {
  return checkingSince !== null && now - checkingSince < LONGEST_CHECK;
}

/**
 * Looks at every website and orders for those that need a certificate. What stands in the way is kept for
 * SSL::get_autossl_problems, in place of what the check before had found. Where one runs already, that one is it.
 */
export async function checkAll(call: Call): Promise<void> {
  const { world, actor } = call;
  const now = world.clock.now();
  let runs = false;
  const settings = await writeAccount(world, actor, (before) => {
    runs = isChecking(before, now);
    return runs ? before : { ...before, checkingSince: now };
  });
  if (runs) return;
  try {
    const problems = await checkHosts(call, settings);
    await writeAccount(world, actor, (before) => ({ ...before, problems: problems.slice(0, MOST_PROBLEMS) }));
  } finally {
    await writeAccount(world, actor, (before) => ({ ...before, checkingSince: null }));
  }
}

async function checkHosts(call: Call, { excludedDomains }: AccountSettings): Promise<Problem[]> {
  const product = freeProduct(call);
  const open = await openRequests(call);
  const needy: Needy[] = [];
  for (const host of await virtualHosts(call)) {
    if (open.some((request) => automaticOf(request)?.websiteId === host.website.id)) continue;
    const wanted = host.hostnames.filter(({ name }) => !name.startsWith('*.') && !excludedDomains.includes(name));
    if (wanted.length > 0 && (await needsOne(call, host.website, wanted))) needy.push({ host, wanted });
  }
  const names = needy.flatMap(({ wanted }) => wanted);
  if (product === null) return tell(call, names, 'The system has no AutoSSL provider.');
  const doubted = await doubtedOf(call, names);
  const run: Run = { product, doubted: new Set(doubted.map(({ id }) => id)), capped: null };
  const problems: Problem[] = [];
  for (const one of needy) problems.push(...(await checkHost(call, one, run)));
  return problems;
}

/** A website that needs a certificate, for these of its names. */
interface Needy {
  host: VirtualHost;
  wanted: readonly Hostname[];
}

interface Run {
  product: Product;
  /** Ids of hostnames that the desk may not answer for. */
  doubted: ReadonlySet<number>;
  /** Says that the account has ordered as much today as it may; null while it may go on. */
  capped: string | null;
}

function tell({ world }: Call, names: readonly Hostname[], problem: string): Problem[] {
  return names.map(({ name }) => ({ domain: name, problem, at: world.clock.now() }));
}

const MOST_PROBLEMS = 1_000;

/** Requests of automatic certificates that are under way. */
export async function openRequests({ actor, world }: Pick<Call, 'actor' | 'world'>): Promise<CertificateRequest[]> {
  const { accountId } = actor;
  const open = await world.store.find('requests', {
    accountId,
    dialect: DIALECT,
    state: ['needs-approval', 'waiting', 'issuing'],
  });
  return open.filter((request) => automaticOf(request) !== null);
}

async function checkHost(call: Call, { host, wanted }: Needy, run: Run): Promise<Problem[]> {
  const { product, doubted } = run;
  const trusted = wanted.filter(({ id }) => !doubted.has(id));
  const at = call.world.clock.now();
  const problems = wanted
    .filter(({ id }) => doubted.has(id))
    .map((one): Problem => ({ domain: one.name, problem: contested(call, one), at, hostnameId: one.id }));
  const covered = trusted.slice(0, product.maxNames);
  problems.push(...tell(call, trusted.slice(product.maxNames), tooMany(host, product)));
  if (covered.length === 0) return problems;
  // Nothing is tried that would make a key only to be refused.
  if (run.capped !== null) return [...problems, ...tell(call, covered, run.capped)];
  try {
    await order(call, host.website, covered, product);
  } catch (error) {
    if (!(error instanceof DeskError) || error.kind === 'internal') throw error;
    if (isCap(error)) run.capped = error.message;
    problems.push(...tell(call, covered, error.message));
  }
  return problems;
}

/** The refusal of further free orders; too many keys at one moment are no field's fault. */
function isCap({ kind, field }: DeskError): boolean {
  return kind === 'too-many-requests' && field === 'product';
}

function tooMany({ hostnames, website }: VirtualHost, { maxNames }: Product): string {
  return (
    `“${website.name}” contains ${hostnames.length} domains, which exceeds the maximum number (${maxNames}) of domains ` +
    'allowed for the AutoSSL provider. To allow AutoSSL to secure each domain, divide them among separate websites.'
  );
}

/** What somebody has installed is left alone until it ends; what was ordered here must cover every name. */
async function needsOne(call: Call, website: Website, wanted: readonly Hostname[]): Promise<boolean> {
  if (website.certificatePem === null) return true;
  const [leaf] = readCertificates(website.certificatePem, 'cert') as [CertificateDetails];
  const now = call.world.clock.now();
  if (isSelfSigned(leaf) || leaf.parsed.notAfter <= now) return true;
  if (!(await isAutomatic(call, website))) return false;
  const domains = domainsOf(leaf);
  return leaf.parsed.notAfter - now < LATE || wanted.some(({ name }) => !isCovered(name, domains));
}

/** Whether what is installed was ordered by itself. A certificate has the id of its request. */
export async function isAutomatic({ world }: Pick<Call, 'world'>, { certificateId }: Website): Promise<boolean> {
  if (certificateId === null) return false;
  const request = await world.store.get('requests', certificateId);
  return request !== null && automaticOf(request) !== null;
}

async function order(call: Call, website: Website, hostnames: readonly Hostname[], product: Product): Promise<void> {
  const { world, actor } = call;
  const label = `${website.name} ${new Date(world.clock.now()).toISOString()}`;
  const newKey = { dialect: DIALECT, label, type: await defaultKeyType(call) };
  await world.subscriberKeys.makeFor(actor, newKey, (key) => place(call, website, hostnames, product, key));
}

async function place(
  { world, actor }: Call,
  website: Website,
  hostnames: readonly Hostname[],
  product: Product,
  key: SubscriberKey,
): Promise<void> {
  const [commonName, ...otherNames] = hostnames.map(({ name }) => name) as [string, ...string[]];
  const names = [commonName, ...otherNames];
  const der = await world.subscriberKeys.makeCsr(actor, key.id, { commonName, names, subject: {} });
  const ask: NewOrderAsk = {
    dialect: DIALECT,
    product: product.id,
    periodMonths: product.periods[0] as number,
    csr: await world.pki.readCsr(toPem('CERTIFICATE REQUEST', der)),
    commonName,
    otherNames,
    subject: {},
    contact: null,
    language: null,
    chooseValidation: (domain) => byOwnFile(world, domain),
    validateNow: false,
    installOn: { websiteIds: [website.id], hostnameIds: [] },
    details: bareDetails({ autoRenew: true, autoReissue: true, renewalNotices: false }),
    extra: { autossl: { websiteId: website.id } } satisfies Automatic,
  };
  await world.desk.placeOrder(actor, ask);
}

/** By a file that the platform serves itself. */
export function byOwnFile({ random, clock }: Pick<World, 'random' | 'clock'>, domain: string): ValidationChoice {
  return { method: 'http', challenges: [fileChallenge(domain, random, clock.now())], selfPublished: true };
}
