import type { FastifyReply, FastifyRequest } from 'fastify';
import { againOnConflict } from '../../core/again.ts';
import type { Actor } from '../../core/desk.ts';
import type { Credential, Grant } from '../../core/records.ts';
import { MINUTE } from '../../core/time.ts';
import { actorOf, hashSecret } from '../../http/authenticate.ts';
import { sameText, securityToken } from './secrets.ts';
import { DIALECT, type World } from './world.ts';

const COOKIE = 'cpsession';
/** Milliseconds after the last call. */
const IDLE = 15 * MINUTE;
/** However busy it is. */
const LONGEST = 24 * 60 * MINUTE;
/** The end is moved at most this often, so that reading does not become writing. */
const STEP = MINUTE;

export interface Session {
  actor: Actor;
  grant: Grant;
  /** With the slash: `/cpsess0123456789`. */
  securityToken: string;
}

/** Opens a session of a password's owner and gives the browser its cookie. Always a new one: what was sent is not kept. */
export async function openSession(
  world: World,
  credential: Credential,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<string> {
  const { store, clock, random } = world;
  const secret = Buffer.from(random.bytes(32)).toString('base64url');
  const at = clock.now();
  const { accountId, userName } = credential;
  await store.transact(async (unit) => {
    unit.insert('grants', {
      id: unit.newId('grants'),
      accountId,
      dialect: DIALECT,
      kind: 'session',
      userName,
      secretHash: hashSecret(secret),
      bound: `credential:${credential.id}`,
      createdAt: at,
      expiresAt: at + IDLE,
      endedAt: null,
    });
    const target = `credential:${credential.id}`;
    unit.audit({ at, actor: userName, accountId, action: 'session.opened', target, details: { address: request.ip } });
  });
  reply.header('set-cookie', cookie(world, request, secret, LONGEST / 1_000));
  return tokenOf(world, secret);
}

/**
 * The session of a request's cookie; null where there is none, it is over, or its password was revoked. Moves its end.
 */
export async function findSession(world: World, request: FastifyRequest): Promise<Session | null> {
  const { store, clock } = world;
  const secret = readCookie(request, COOKIE);
  if (secret === null || secret.length > 100) return null;
  const [grant] = await store.find('grants', { secretHash: hashSecret(secret), dialect: DIALECT, kind: 'session' });
  const now = clock.now();
  if (grant === undefined || grant.endedAt !== null || grant.expiresAt <= now) return null;
  const credential = await store.get('credentials', Number(grant.bound?.split(':')[1]));
  if (credential === null || credential.revokedAt !== null) return null;
  if (credential.expiresAt !== null && credential.expiresAt <= now) return null;
  const actor = await actorOf(store, credential);
  if (actor === null) return null;
  const expiresAt = Math.min(now + IDLE, grant.createdAt + LONGEST);
  if (expiresAt - grant.expiresAt >= STEP) {
    await againOnConflict(() => store.transact((unit) => unit.update('grants', grant.id, { expiresAt })));
  }
  return { actor, grant, securityToken: tokenOf(world, secret) };
}

/** Whether the security token of an address, ten digits, is that of the session. */
export function fits(session: Session, digits: string): boolean {
  return sameText(session.securityToken, `/cpsess${digits}`);
}

export async function endSession(world: World, session: Session, request: FastifyRequest, reply: FastifyReply) {
  const { id } = session.grant;
  await world.store.transact((unit) => unit.update('grants', id, { endedAt: world.clock.now() }));
  reply.header('set-cookie', cookie(world, request, '', 0));
}

function tokenOf(world: World, secret: string): string {
  return `/cpsess${securityToken(world.deriveKey('cpanel security token'), secret)}`;
}

function cookie(world: World, request: FastifyRequest, value: string, seconds: number): string {
  return cookieText(world, request, `${COOKIE}=${value}; Path=/; Max-Age=${seconds}`);
}

/** `Set-Cookie` of a cookie that no script reads and no other site's form sends; over TLS alone where there is some. */
export function cookieText(world: World, request: FastifyRequest, cookie: string): string {
  const secure = request.protocol === 'https' || world.publicUrl().startsWith('https:') ? '; Secure' : '';
  return `${cookie}; HttpOnly; SameSite=Lax${secure}`;
}

/** The cookie of the session, as it was sent; empty where there is none. */
export function sessionCookie(request: FastifyRequest): string {
  return readCookie(request, COOKIE) ?? '';
}

/** The first cookie of a name; null where there is none. */
export function readCookie(request: FastifyRequest, name: string): string | null {
  const parts = (request.headers.cookie ?? '').split(';').map((part) => part.trim());
  const found = parts.find((part) => part.startsWith(`${name}=`));
  return found === undefined ? null : found.slice(name.length + 1);
}
