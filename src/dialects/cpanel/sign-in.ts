import type { FastifyRequest } from 'fastify';
import type { Actor } from '../../core/desk.ts';
import { DeskError } from '../../core/errors.ts';
import { isToken } from './secrets.ts';
import { findSession, fits } from './sessions.ts';
import { DIALECT, type World } from './world.ts';

/** Who calls: a user, or the operator, who may speak for every user. */
export type Caller = { kind: 'user'; actor: Actor } | { kind: 'operator'; actor: Actor };

/** Nobody is let in: `denied` with a wrong key (403), `none` without any, `token` with a wrong security token (401). */
export class Refused extends Error {
  readonly why: 'denied' | 'none' | 'token';

  constructor(why: Refused['why']) {
    super(`Access denied: ${why}`);
    this.why = why;
  }
}

/**
 * Who calls, by one of four ways: `Authorization: cpanel USER:TOKEN`, `Basic` with user and password,
 * `whm USER:KEY` with a key of the operator's, or a session with its security token in the address (`digits`).
 * @throws Refused, DeskError `too-many-requests`
 */
export async function signIn(world: World, request: FastifyRequest, digits: string | null): Promise<Caller> {
  const { authorization } = request.headers;
  const caller = authorization === undefined ? null : await byHeader(world, authorization);
  if (caller !== null) return counted(world, caller);
  if (authorization !== undefined) return refuse(world, request, 'denied');
  const session = await findSession(world, request);
  if (session === null) return refuse(world, request, 'none');
  if (digits === null || !fits(session, digits)) return refuse(world, request, 'token');
  return counted(world, { kind: 'user', actor: session.actor });
}

async function byHeader(world: World, header: string): Promise<Caller | null> {
  const [, scheme = '', rest = ''] = /^([a-z]{1,10}) +(.{1,2000})$/is.exec(header) ?? [];
  const pair = scheme.toLowerCase() === 'basic' ? Buffer.from(rest, 'base64').toString('utf8') : rest.trim();
  const colon = pair.indexOf(':');
  if (colon < 1) return null;
  const [user, secret] = [pair.slice(0, colon), pair.slice(colon + 1)];
  switch (scheme.toLowerCase()) {
    case 'cpanel':
      return isToken(secret) ? userWith(world, user, secret) : null;
    case 'basic':
      return isToken(secret) ? null : userWith(world, user, secret);
    case 'whm':
      return operatorWith(world, secret);
    default:
      return null;
  }
}

/** The key says who it is; the user name must be that of its account. */
async function userWith(world: World, user: string, secret: string): Promise<Caller | null> {
  const actor = await world.authenticate(secret);
  return actor === null || actor.handle !== user ? null : { kind: 'user', actor };
}

async function operatorWith(world: World, secret: string): Promise<Caller | null> {
  const actor = await world.authenticateOperator(secret);
  return actor === null ? null : { kind: 'operator', actor };
}

/**
 * Who the call is for. An operator acts for the user named, with the powers of the own key; null where there is no
 * such account, or it is locked.
 * @throws Refused where a user names another
 */
export async function actFor(world: World, { kind, actor }: Caller, user: string | undefined): Promise<Actor | null> {
  if (kind === 'user') {
    if (user !== undefined && user !== actor.handle) throw new Refused('denied');
    return actor;
  }
  const [account] = await world.store.find('accounts', { handle: user ?? '' }, { limit: 1 });
  if (account === undefined || account.state !== 'active') return null;
  const { id: accountId, handle, currency } = account;
  return { ...actor, accountId, handle, currency, userName: `operator:${actor.userName}` };
}

function counted(world: World, caller: Caller): Caller {
  takeCall(world, caller);
  return caller;
}

/** Takes one call of the caller's allowance. @throws DeskError `too-many-requests` */
export function takeCall(world: Pick<World, 'takeCall'>, { kind, actor }: Caller): void {
  take(world, `${kind}:${actor.handle}/${actor.userName}`);
}

/** Wrong keys are counted by address, so that guessing is slow. */
function refuse(world: World, request: FastifyRequest, why: Refused['why']): never {
  take(world, `address:${request.ip}`);
  throw new Refused(why);
}

function take(world: Pick<World, 'takeCall'>, key: string): void {
  const wait = world.takeCall(`${DIALECT}:${key}`);
  if (wait > 0) throw new DeskError('too-many-requests', 'Too many requests', { retryAfter: wait });
}
