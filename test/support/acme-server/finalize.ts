import { members } from './accounts.ts';
import { newKey, readRequest } from './authority.ts';
import { readKey } from './jws.ts';
import { addUse } from './limits.ts';
import { answerOrder, domainsOf, refresh } from './orders.ts';
import { look } from './progress.ts';
import { ProblemError } from './problems.ts';
import type { Answer, Delivery } from './script.ts';
import { type Certificate, namesKey, type Order, type World } from './state.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;

/** RFC 8555 §7.4: the CSR comes, the certificate is made, the order is processing or valid. */
export async function finalize(world: World, order: Order, payload: unknown): Promise<Answer> {
  for (const authorization of order.authorizations) await look(world, authorization);
  refresh(world, order);
  checkReady(order);
  const { csr } = members(payload);
  if (typeof csr !== 'string' || !/^[A-Za-z0-9_-]+$/.test(csr))
    throw new ProblemError('malformed', 'csr is not base64url');
  const { names, spki } = await readRequest(Buffer.from(csr, 'base64url'));
  const wanted = namesKey(order.identifiers.map(({ value }) => value));
  if (namesKey(names) !== wanted)
    throw new ProblemError('badCSR', `The CSR is for ${namesKey(names)}, not for ${wanted}`);
  const accountKey = readKey(order.account.jwk).export({ format: 'der', type: 'spki' });
  if (accountKey.equals(spki)) throw new ProblemError('badCSR', 'The key is that of the account');
  // Between the two awaits somebody else may have finalized it: there is one certificate for an order.
  checkReady(order);

  order.status = 'processing';
  order.looksLeft = world.script.processingLooks;
  order.error = world.script.issuanceProblem(names);
  if (order.error === null) issue(world, order, names, spki);
  const { finalizeAtOnce, processingLooks } = world.script;
  if (finalizeAtOnce && processingLooks === 0) order.status = order.error === null ? 'valid' : 'invalid';
  return answerOrder(world, order);
}

function checkReady({ status }: Order): void {
  if (status !== 'ready') throw new ProblemError('orderNotReady', `The order is ${status}, not ready`);
}

function issue(world: World, order: Order, names: string[], spki: Uint8Array): void {
  const days = world.meta.profiles?.[order.profile ?? '']?.days ?? 90;
  const delivery = world.script.deliveries.shift() ?? 'right';
  const notBefore = delivery === 'expired' ? world.now() - (days + 1) * DAY : world.now() - HOUR;
  const notAfter = notBefore + days * DAY - 1_000;
  if (order.replaces === null) {
    addUse(world, 'duplicateCertificates', namesKey(names));
    for (const domain of domainsOf(order.identifiers)) addUse(world, 'certificatesPerDomain', domain);
  }
  const made = world.authority.issue({
    names: delivered(names, delivery),
    spki: delivery === 'other-key' ? newKey().spki : spki,
    notBefore,
    notAfter,
  });
  const id = world.certificates.length + 1;
  const certificate: Certificate = {
    ...made,
    id,
    url: `${world.origin}/certificate/${id}`,
    account: order.account,
    order,
    names,
    spki,
    chains: chainsFor(world, made.pem, delivery),
    notBefore,
    notAfter,
    revoked: null,
    replacedBy: null,
  };
  world.certificates.push(certificate);
  order.certificate = certificate;
}

function delivered(names: readonly string[], delivery: Delivery): readonly string[] {
  if (delivery === 'more-names') return [...names, 'other.invalid'];
  if (delivery === 'fewer-names') return names.length > 1 ? names.slice(0, -1) : ['other.invalid'];
  return names;
}

function chainsFor({ authority, script }: World, leaf: string, delivery: Delivery): string[] {
  if (delivery === 'no-chain') return [leaf];
  if (delivery === 'other-chain') return [leaf + authority.stranger];
  if (delivery === 'no-certificate')
    return ['-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n'];
  return authority.intermediates.slice(0, 1 + script.alternateChains).map((intermediate) => leaf + intermediate);
}
