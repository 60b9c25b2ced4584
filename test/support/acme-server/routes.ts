import type { Jwk } from './jws.ts';
import { changeKey, newAccount, updateAccount } from './accounts.ts';
import { answerChallenge, lookAtAuthorization } from './authorizations.ts';
import { download, revoke } from './certificates.ts';
import { finalize } from './finalize.ts';
import { lookAtOrder, newOrder } from './orders.ts';
import { ProblemError } from './problems.ts';
import { renewalInfo } from './renewal.ts';
import type { SignedRequest } from './requests.ts';
import type { Answer, Endpoint } from './script.ts';
import type { Account, World } from './state.ts';

export interface Target {
  endpoint: Endpoint;
  /** What follows the endpoint in the path. */
  parts: string[];
  /** Which of `kid` and `jwk` a POST needs; null where there is no POST. */
  by: 'kid' | 'jwk' | 'either' | null;
  /** Only to be looked at: the payload must be empty (RFC 8555 §6.3). */
  looked: boolean;
}

const TARGETS: readonly (Omit<Target, 'parts'> & { path: RegExp })[] = [
  { endpoint: 'directory', path: /^\/directory$/, by: null, looked: false },
  { endpoint: 'new-nonce', path: /^\/new-nonce$/, by: null, looked: false },
  { endpoint: 'renewal-info', path: /^\/renewal-info\/([^/]+)$/, by: null, looked: false },
  { endpoint: 'new-account', path: /^\/new-account$/, by: 'jwk', looked: false },
  { endpoint: 'account', path: /^\/account\/(\d+)$/, by: 'kid', looked: false },
  { endpoint: 'account-orders', path: /^\/account\/(\d+)\/orders$/, by: 'kid', looked: true },
  { endpoint: 'key-change', path: /^\/key-change$/, by: 'kid', looked: false },
  { endpoint: 'new-order', path: /^\/new-order$/, by: 'kid', looked: false },
  { endpoint: 'order', path: /^\/order\/(\d+)$/, by: 'kid', looked: true },
  { endpoint: 'authorization', path: /^\/authorization\/(\d+)$/, by: 'kid', looked: false },
  { endpoint: 'challenge', path: /^\/challenge\/(\d+)\/([a-z0-9-]+)$/, by: 'kid', looked: false },
  { endpoint: 'finalize', path: /^\/finalize\/(\d+)$/, by: 'kid', looked: false },
  { endpoint: 'certificate', path: /^\/certificate\/(\d+)(?:\/(\d+))?$/, by: 'kid', looked: true },
  { endpoint: 'revoke-cert', path: /^\/revoke-cert$/, by: 'either', looked: false },
];

export function findTarget(path: string): Target | null {
  for (const { path: pattern, ...target } of TARGETS) {
    const match = pattern.exec(path);
    if (match !== null) return { ...target, parts: match.slice(1) };
  }
  return null;
}

export function directory(world: World): Answer {
  const { origin, meta } = world;
  const { profiles, ...rest } = meta;
  const described = Object.entries(profiles ?? {}).map(([name, { description }]) => [name, description]);
  const body = {
    newNonce: `${origin}/new-nonce`,
    newAccount: `${origin}/new-account`,
    newOrder: `${origin}/new-order`,
    revokeCert: `${origin}/revoke-cert`,
    keyChange: `${origin}/key-change`,
    renewalInfo: `${origin}/renewal-info`,
    meta: { ...rest, ...(profiles === undefined ? {} : { profiles: Object.fromEntries(described) }) },
    // As CAs do, so that nobody relies on knowing all members.
    'q7Xr-not-a-resource': 'https://example.org/adding-random-entries-to-the-directory',
  };
  return { status: 200, headers: {}, body };
}

/** What is asked for without a signature. */
export function answerPlain(world: World, { endpoint, parts }: Target, method: string): Answer {
  if (endpoint === 'directory') return directory(world);
  if (endpoint === 'renewal-info') return renewalInfo(world, parts[0] ?? '');
  // RFC 8555 §7.2
  return { status: method === 'HEAD' ? 200 : 204, headers: {}, body: '' };
}

export async function answerSigned(world: World, target: Target, signed: SignedRequest): Promise<Answer> {
  const { payload, account } = signed;
  if (target.looked && payload !== null) throw new ProblemError('malformed', 'POST-as-GET has an empty payload');
  if (target.endpoint === 'new-account') return newAccount(world, signed.jwk as Jwk, payload);
  if (target.endpoint === 'revoke-cert')
    return revoke(world, account === null ? { jwk: signed.jwk as Jwk } : { account }, payload);
  return answerOwn(world, target, account as Account, payload);
}

/** Objects of an account, for that account alone. */
async function answerOwn(
  world: World,
  { endpoint, parts }: Target,
  account: Account,
  payload: unknown,
): Promise<Answer> {
  const at = Number(parts[0]) - 1;
  switch (endpoint) {
    case 'key-change':
      return changeKey(world, account, payload);
    case 'new-order':
      return newOrder(world, account, payload);
    case 'account':
      return updateAccount(world, own(account, ofAccount(world.accounts[at])), payload);
    case 'account-orders': {
      own(account, ofAccount(world.accounts[at]));
      const orders = world.orders.filter((order) => order.account === account).map(({ url }) => url);
      return { status: 200, headers: {}, body: { orders } };
    }
    case 'order':
      return lookAtOrder(world, ownObject(account, world.orders[at]));
    case 'finalize':
      return finalize(world, ownObject(account, world.orders[at]), payload);
    case 'authorization':
      return lookAtAuthorization(world, ownObject(account, world.authorizations[at]), payload);
    case 'challenge': {
      const authorization = ownObject(account, world.authorizations[at]);
      const challenge = authorization.challenges.find(({ type }) => type === parts[1]);
      if (challenge === undefined) throw missing();
      return answerChallenge(world, authorization, challenge, payload);
    }
    case 'certificate':
      return download(ownObject(account, world.certificates[at]), Number(parts[1] ?? 0));
    default:
      throw new Error(`${endpoint} has no handler`);
  }
}

const missing = (): ProblemError => new ProblemError('malformed', 'There is nothing here', { status: 404 });

function ofAccount(account: Account | undefined): Account {
  if (account === undefined) throw missing();
  return account;
}

function own(account: Account, asked: Account): Account {
  if (asked !== account) throw new ProblemError('unauthorized', 'That is of another account');
  return asked;
}

function ownObject<T extends { account: Account }>(account: Account, object: T | undefined): T {
  if (object === undefined) throw missing();
  own(account, object.account);
  return object;
}
