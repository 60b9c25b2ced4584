import { isIP } from 'node:net';
import { members } from './accounts.ts';
import { checkUse, takeUse } from './limits.ts';
import { type Identifier, ProblemError, problemDocument } from './problems.ts';
import { randomToken } from './random.ts';
import { type Answer, type ChallengeType, retryAfterText } from './script.ts';
import { type Account, type Authorization, namesKey, type Order, type World } from './state.ts';
import { look } from './progress.ts';
import { findById } from './renewal.ts';

const HOUR = 3_600_000;
const ORDER_LIFE = 7 * 24 * HOUR;
const AUTHORIZATION_LIFE = 30 * 24 * HOUR;

/** RFC 8555 §7.4, RFC 8738, RFC 9773 §5, draft-ietf-acme-profiles */
export function newOrder(world: World, account: Account, payload: unknown): Answer {
  const ask = members(payload);
  const identifiers = readIdentifiers(ask.identifiers);
  checkNames(world, identifiers);
  if (ask.notBefore !== undefined || ask.notAfter !== undefined)
    throw new ProblemError('malformed', 'notBefore and notAfter are not supported');
  const profile = readProfile(world, ask.profile);
  const replaced = ask.replaces === undefined ? null : readReplaced(world, account, identifiers, ask.replaces);
  if (replaced === null) takeUse(world, 'newOrders', String(account.id));
  for (const { value } of identifiers) checkUse(world, 'failedValidations', `${account.id} ${value}`);
  if (replaced === null) {
    checkUse(world, 'duplicateCertificates', namesKey(identifiers.map(({ value }) => value)));
    for (const domain of domainsOf(identifiers)) checkUse(world, 'certificatesPerDomain', domain);
  }

  const id = world.orders.length + 1;
  const order: Order = {
    url: `${world.origin}/order/${id}`,
    account,
    identifiers,
    profile,
    replaces: replaced === null ? null : (ask.replaces as string),
    status: 'pending',
    expires: world.now() + ORDER_LIFE,
    error: null,
    authorizations: identifiers.map((identifier) => authorizationFor(world, account, identifier)),
    certificate: null,
    looksLeft: 0,
  };
  if (replaced !== null) replaced.replacedBy = order;
  world.orders.push(order);
  refresh(world, order);
  return { status: 201, headers: { location: order.url }, body: orderBody(order) };
}

/** Whole seconds stay whole, so that a client's strict reader of RFC 3339 is content. */
const when = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

function orderBody(order: Order): Record<string, unknown> {
  return {
    status: order.status,
    expires: when(order.expires),
    identifiers: order.identifiers,
    ...(order.profile === null ? {} : { profile: order.profile }),
    ...(order.replaces === null ? {} : { replaces: order.replaces }),
    ...(order.error === null ? {} : { error: problemDocument(order.error) }),
    authorizations: order.authorizations.map(({ url }) => url),
    finalize: `${order.url.replace('/order/', '/finalize/')}`,
    ...(order.status === 'valid' ? { certificate: order.certificate?.url } : {}),
  };
}

/** Where its authorizations have brought the order (RFC 8555 §7.1.6). */
export function refresh(world: World, order: Order): void {
  if (order.status !== 'pending' && order.status !== 'ready') return;
  if (order.expires <= world.now()) order.status = 'invalid';
  else if (order.authorizations.some(({ status }) => status !== 'valid' && status !== 'pending')) {
    order.status = 'invalid';
    const failed = order.authorizations.flatMap(({ challenges }) => challenges).find(({ error }) => error !== null);
    order.error = failed?.error ?? null;
  } else if (order.authorizations.every(({ status }) => status === 'valid')) order.status = 'ready';
}

export async function lookAtOrder(world: World, order: Order): Promise<Answer> {
  for (const authorization of order.authorizations) await look(world, authorization);
  refresh(world, order);
  if (order.status === 'processing') {
    if (order.looksLeft > 0) order.looksLeft -= 1;
    else order.status = order.error === null ? 'valid' : 'invalid';
  }
  return answerOrder(world, order);
}

export function answerOrder(world: World, order: Order): Answer {
  const open = order.status === 'pending' || order.status === 'processing';
  return { status: 200, headers: { location: order.url, ...later(world, open) }, body: orderBody(order) };
}

/** `Retry-After` where the object is not done and the script wants it. */
export function later(world: World, open: boolean): Record<string, string> {
  const { retryAfter } = world.script;
  return open && retryAfter !== null ? { 'retry-after': retryAfterText(retryAfter, world.now()) } : {};
}

export function domainsOf(identifiers: readonly Identifier[]): string[] {
  const domains = identifiers.map(({ type, value }) => (type === 'ip' ? value : value.split('.').slice(-2).join('.')));
  return [...new Set(domains)];
}

function readIdentifiers(value: unknown): Identifier[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > 100)
    throw new ProblemError('malformed', 'identifiers must be a list of 1 to 100');
  const seen = new Set<string>();
  const identifiers: Identifier[] = [];
  for (const entry of value as unknown[]) {
    const { type, value: name } = members(entry);
    if (type !== 'dns' && type !== 'ip')
      throw new ProblemError('unsupportedIdentifier', `Identifiers of type ${String(type)} are not supported`);
    if (typeof name !== 'string') throw new ProblemError('malformed', 'The value of an identifier is no text');
    if (type === 'ip' && isIP(name) === 0) throw new ProblemError('malformed', `${name} is no IP address`);
    if (type === 'dns' && (isIP(name) !== 0 || !/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(name)))
      throw new ProblemError('malformed', `${name} is no domain name in lower case`);
    if (seen.has(name)) throw new ProblemError('malformed', `${name} stands there twice`);
    seen.add(name);
    identifiers.push({ type, value: name });
  }
  return identifiers;
}

/** One name refused: its problem. Several: compound, with one subproblem each (RFC 8555 §6.7.1). */
function checkNames(world: World, identifiers: readonly Identifier[]): void {
  const refused = identifiers.flatMap((identifier) => {
    const problem = world.script.rejectName(identifier);
    return problem === null ? [] : [{ ...problem, identifier }];
  });
  const [first, ...more] = refused;
  if (first === undefined) return;
  const subproblems = refused.map(({ type, detail, identifier }) => ({ type, detail, identifier }));
  if (more.length === 0) throw new ProblemError(first.type, first.detail, { subproblems });
  throw new ProblemError('compound', `${refused.length} names are refused`, { subproblems });
}

function readProfile(world: World, value: unknown): string | null {
  if (value === undefined) return null;
  if (typeof value === 'string' && world.meta.profiles?.[value] !== undefined) return value;
  throw new ProblemError('invalidProfile', `There is no profile ${JSON.stringify(value)}`);
}

function readReplaced(world: World, account: Account, identifiers: readonly Identifier[], value: unknown) {
  const certificate = typeof value === 'string' ? findById(world, value) : undefined;
  if (certificate === undefined) throw new ProblemError('malformed', 'replaces names no certificate of ours');
  if (certificate.account !== account) throw new ProblemError('unauthorized', 'That certificate is of another account');
  if (!identifiers.some((identifier) => certificate.names.includes(identifier.value)))
    throw new ProblemError('malformed', 'The order shares no name with the certificate that it replaces');
  if (certificate.replacedBy !== null && certificate.replacedBy.status !== 'invalid')
    throw new ProblemError('alreadyReplaced', `It is replaced by ${certificate.replacedBy.url}`);
  return certificate;
}

function authorizationFor(world: World, account: Account, asked: Identifier): Authorization {
  const wildcard = asked.value.startsWith('*.');
  const identifier = { ...asked, value: asked.value.replace(/^\*\./, '') };
  const kept = world.authorizations.find(
    (candidate) =>
      candidate.account === account &&
      candidate.identifier.value === identifier.value &&
      candidate.wildcard === wildcard &&
      candidate.status === 'valid' &&
      candidate.expires > world.now(),
  );
  if (world.script.reuseAuthorizations && kept !== undefined) return kept;
  const id = world.authorizations.length + 1;
  const offered = world.script.challengeTypes(asked);
  const possible = (type: ChallengeType) =>
    wildcard ? type === 'dns-01' : identifier.type === 'dns' || type !== 'dns-01';
  const authorization: Authorization = {
    url: `${world.origin}/authorization/${id}`,
    account,
    identifier,
    wildcard,
    status: 'pending',
    expires: world.now() + AUTHORIZATION_LIFE,
    challenges: offered.filter(possible).map((type) => ({
      url: `${world.origin}/challenge/${id}/${type}`,
      type,
      token: randomToken(world.random, 24),
      status: 'pending',
      validated: null,
      error: null,
    })),
    looksLeft: 0,
    running: null,
  };
  world.authorizations.push(authorization);
  return authorization;
}
