import type { Instant } from '../../core/time.ts';
import { canonicalAddress } from '../../pki/addresses.ts';
import { AcmeError, type Problem, readProblem } from './problems.ts';
import { isRecord, momentOf, textOf } from './read.ts';
import type { UrlRule } from './urls.ts';

/** The objects of RFC 8555 §7.1, read within limits. Every URL has passed the rule. */

/** An address has the type `ip`, and its canonical text (RFC 8738 §3); nothing else has it. */
export interface Identifier {
  type: 'dns' | 'ip';
  value: string;
}

export type OrderStatus = 'pending' | 'ready' | 'processing' | 'valid' | 'invalid';

export interface AcmeOrder {
  url: string;
  status: OrderStatus;
  identifiers: Identifier[];
  authorizations: string[];
  finalize: string;
  certificate: string | null;
  error: Problem | null;
  expires: Instant | null;
}

export interface AcmeAuthorization {
  url: string;
  status: 'pending' | 'valid' | 'invalid' | 'deactivated' | 'expired' | 'revoked';
  identifier: Identifier;
  wildcard: boolean;
  challenges: AcmeChallenge[];
  expires: Instant | null;
}

export interface AcmeChallenge {
  type: string;
  url: string;
  status: 'pending' | 'processing' | 'valid' | 'invalid';
  token: string | null;
  error: Problem | null;
}

/** The account as the CA has it. */
export interface AcmeAccountView {
  url: string;
  status: string;
  contacts: string[];
}

const ORDER_STATUSES: readonly OrderStatus[] = ['pending', 'ready', 'processing', 'valid', 'invalid'];
const AUTHORIZATION_STATUSES = ['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked'] as const;
const CHALLENGE_STATUSES = ['pending', 'processing', 'valid', 'invalid'] as const;
const MAX_AUTHORIZATIONS = 300;
const MAX_CHALLENGES = 20;

/** @throws AcmeError */
export function readOrder(value: unknown, url: string, rule: UrlRule): AcmeOrder {
  const order = object(value, 'order');
  const { certificate } = order;
  const authorizations = list(order['authorizations'], MAX_AUTHORIZATIONS, 'authorizations of the order');
  return {
    url,
    status: oneOf(order['status'], ORDER_STATUSES, 'order'),
    identifiers: list(order['identifiers'], MAX_AUTHORIZATIONS, 'identifiers of the order').map(readIdentifier),
    authorizations: authorizations.map((one) => rule.check(one, 'authorization')),
    finalize: rule.check(order['finalize'], 'finalize'),
    certificate: certificate === undefined || certificate === null ? null : rule.check(certificate, 'certificate'),
    error: isRecord(order['error']) ? readProblem(order['error'], 0) : null,
    expires: momentOf(order['expires']),
  };
}

/** @throws AcmeError */
export function readAuthorization(value: unknown, url: string, rule: UrlRule): AcmeAuthorization {
  const authorization = object(value, 'authorization');
  return {
    url,
    status: oneOf(authorization['status'], AUTHORIZATION_STATUSES, 'authorization'),
    identifier: readIdentifier(authorization['identifier']),
    wildcard: authorization['wildcard'] === true,
    challenges: list(authorization['challenges'], MAX_CHALLENGES, 'challenges').map((one) => readChallenge(one, rule)),
    expires: momentOf(authorization['expires']),
  };
}

function readChallenge(value: unknown, rule: UrlRule): AcmeChallenge {
  const challenge = object(value, 'challenge');
  const token = textOf(challenge['token']);
  return {
    type: textOf(challenge['type']) ?? '',
    url: rule.check(challenge['url'], 'challenge'),
    status: oneOf(challenge['status'], CHALLENGE_STATUSES, 'challenge'),
    // RFC 8555 §8.3: base64url alone; it becomes part of a path.
    token: token !== null && /^[A-Za-z0-9_-]{1,256}$/.test(token) ? token : null,
    error: isRecord(challenge['error']) ? readProblem(challenge['error'], 0) : null,
  };
}

/** @throws AcmeError */
export function readAccount(value: unknown, url: string): AcmeAccountView {
  const account = object(value, 'account');
  const contacts = Array.isArray(account['contact']) ? account['contact'] : [];
  return {
    url,
    status: textOf(account['status']) ?? 'valid',
    contacts: contacts.filter((one) => typeof one === 'string').slice(0, 20),
  };
}

function readIdentifier(value: unknown): Identifier {
  const { type, value: name } = object(value, 'identifier');
  if ((type !== 'dns' && type !== 'ip') || typeof name !== 'string' || name.length > 255) {
    throw new AcmeError('The CA answered with an identifier that is none');
  }
  const address = canonicalAddress(name);
  if ((address !== null) !== (type === 'ip')) throw new AcmeError('The CA answered with an identifier of another type');
  return { type, value: address ?? name.toLowerCase() };
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (isRecord(value)) return value;
  throw new AcmeError(`The CA answered with an ${what} that is no JSON object`);
}

function list(value: unknown, most: number, what: string): unknown[] {
  if (Array.isArray(value) && value.length <= most) return value;
  throw new AcmeError(`The CA answered without, or with too many ${what}`);
}

function oneOf<S extends string>(value: unknown, known: readonly S[], what: string): S {
  if (known.includes(value as S)) return value as S;
  throw new AcmeError(`The CA answered with an unknown status of the ${what}`);
}
