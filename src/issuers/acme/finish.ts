import type { IssueAsk, IssueResult } from '../../core/ports.ts';
import { MINUTE } from '../../core/time.ts';
import { readCertificate } from '../../pki/certificate-reader.ts';
import { keepChain } from './chains.ts';
import type { OpenAccount } from './client.ts';
import { type Delivered, endsAt, OTHER_KEY, readDelivered, wrongWith } from './delivered.ts';
import { AcmeError, describeProblem } from './problems.ts';
import type { Progress } from './progress.ts';
import { orderUrl, startOver } from './prove.ts';
import { nextLook } from './retry-after.ts';
import { accountOf, goOn, hostOf, type StepWorld } from './step.ts';

const LONGEST_PAUSE = 15 * MINUTE;
/** Deliveries of something wrong, before it is believed that nothing better comes. */
const WRONG_DELIVERIES = 5;

/**
 * Finalizes the order and fetches its certificate (RFC 8555 §7.4). The order is looked at first each time, so that
 * what was finalized before a crash is not asked for again. Never answers `unavailable`.
 */
export async function finish(world: StepWorld, ask: IssueAsk, progress: Progress): Promise<IssueResult> {
  const { client, clock, random } = world;
  const account = await accountOf(world);
  let { object: order, retryAt } = await client.order(account, orderUrl(progress));
  if (order.status === 'ready') ({ object: order, retryAt } = await client.finalize(account, order, ask.csr));
  if (order.status === 'pending') return goOn({ ...progress, stage: 'prove' }, clock.now());
  if (order.status === 'invalid') {
    const why = order.error === null ? 'no reason is told' : describeProblem(order.error);
    return { kind: 'refused', message: `The CA did not sign: ${why}` };
  }
  if (order.status === 'valid' && order.certificate !== null) {
    return fetchCertificate(world, ask, progress, account, order.certificate);
  }
  const looks = progress.looks + 1;
  return goOn({ ...progress, looks }, nextLook(clock.now(), looks, retryAt, random, LONGEST_PAUSE));
}

async function fetchCertificate(
  world: StepWorld,
  ask: IssueAsk,
  progress: Progress,
  account: OpenAccount,
  url: string,
): Promise<IssueResult> {
  const { clock, store, settings, log } = world;
  const delivered = await preferredChain(world, account, url);
  const wrong = delivered === null ? 'it cannot be read' : wrongWith(delivered, ask, clock.now());
  if (delivered !== null && wrong === null) {
    if (await isOfAnother(world, ask, delivered.leaf)) return startOver(world, ask, progress);
    await keepChain(store, clock, settings.name, delivered);
    return { kind: 'issued', certificate: delivered.leaf };
  }
  // Some CAs give one order to two asks for the same names; the other one has finished it with its own key.
  if (wrong === OTHER_KEY && progress.restarts === 0) return startOver(world, ask, progress);
  if (progress.troubles < WRONG_DELIVERIES) throw new AcmeError(`The certificate is not what was ordered: ${wrong}`);
  const details = { issuer: settings.name, request: ask.requestId, order: progress.order };
  log.warn(details, `${hostOf(world)} delivers a certificate that is not what was ordered: ${wrong}`);
  return { kind: 'refused', message: `The CA delivered a certificate that is not what was ordered: ${wrong}` };
}

/** As with another key, where two asks have the same key as well. */
async function isOfAnother(
  { store, settings }: StepWorld,
  { requestId }: IssueAsk,
  leaf: Uint8Array,
): Promise<boolean> {
  const { serial } = readCertificate(leaf);
  const [kept] = await store.find('certificates', { serial, issuer: settings.name });
  return kept !== undefined && kept.requestId !== requestId;
}

/** The chain that ends at the preferred issuer (RFC 8555 §7.4.2); the CA's first where none does. */
async function preferredChain(world: StepWorld, account: OpenAccount, url: string): Promise<Delivered | null> {
  const { client, settings } = world;
  const { pem, alternates } = await client.certificate(account, url);
  const first = readDelivered(pem);
  if (settings.preferredChain === null || first === null || endsAt(first, settings.preferredChain)) return first;
  for (const alternate of alternates) {
    const other = await fetchAlternate(world, account, alternate);
    if (other !== null && endsAt(other, settings.preferredChain)) return other;
  }
  return first;
}

/** Only a wish: where it cannot be had, the CA's first chain serves. */
async function fetchAlternate({ client }: StepWorld, account: OpenAccount, url: string): Promise<Delivered | null> {
  try {
    return readDelivered((await client.certificate(account, url)).pem);
  } catch (error) {
    if (error instanceof AcmeError) return null;
    throw error;
  }
}
