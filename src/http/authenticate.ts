import { createHash, timingSafeEqual } from 'node:crypto';
import type { Actor } from '../core/desk.ts';
import type { Credential } from '../core/records.ts';
import { scopeOf } from '../core/scope.ts';
import type { Store } from '../core/store.ts';
import type { Clock, Instant } from '../core/time.ts';

export interface AuthenticatorOptions {
  store: Store;
  clock: Clock;
  /** Only credentials of this dialect count. */
  dialect: string;
  /** Keys of a locked account count as well: those of the operator. */
  evenLocked?: boolean;
  /** Milliseconds for which an answer is kept: how long a revoked key may still work. */
  cacheFor?: number;
  /** Answers kept at most. */
  cacheSize?: number;
}

/** Longest secret that is looked at, characters. */
const LONGEST_SECRET = 1_024;

/** SHA-256 of a secret, as credentials keep it. The secrets hold 256 random bits, so no slow hash is needed. */
export function hashSecret(secret: string): Uint8Array {
  return createHash('sha256').update(secret, 'utf8').digest();
}

/**
 * Finds the actor behind a secret; null where it is unknown, revoked, of another dialect, or its account is locked.
 * Looked up by its hash, compared in constant time.
 */
export function createAuthenticator(options: AuthenticatorOptions): (secret: string) => Promise<Actor | null> {
  const { clock, cacheFor = 1_000, cacheSize = 10_000 } = options;
  const cache = new Map<string, { actor: Promise<Actor | null>; until: number }>();

  return async (secret) => {
    if (secret === '' || secret.length > LONGEST_SECRET) return null;
    const hash = hashSecret(secret);
    const key = Buffer.from(hash).toString('base64');
    const now = clock.now();
    const known = cache.get(key);
    if (known !== undefined && now < known.until) return known.actor;
    const actor = lookUp(options, hash);
    cache.delete(key);
    if (cache.size >= cacheSize) cache.delete(cache.keys().next().value as string);
    cache.set(key, { actor, until: now + cacheFor });
    // A database that does not answer now may do so in a moment.
    actor.catch(() => cache.delete(key));
    return actor;
  };
}

async function lookUp(
  { store, clock, dialect, evenLocked = false }: AuthenticatorOptions,
  hash: Uint8Array,
): Promise<Actor | null> {
  const credential = await credentialBy(store, dialect, hash, clock.now());
  return credential === null ? null : actorOf(store, credential, evenLocked);
}

/** The credential of a dialect with this hash of its secret; null where there is none, it has ended or was revoked. */
export async function credentialBy(
  store: Pick<Store, 'find'>,
  dialect: string,
  hash: Uint8Array,
  now: Instant,
): Promise<Credential | null> {
  const found = await store.find('credentials', { secretHash: hash, dialect, revokedAt: null });
  const credential = found.find(({ secretHash }) => timingSafeEqual(secretHash, hash)) ?? null;
  return credential === null || hasEnded(credential, now) ? null : credential;
}

/** Whether a credential is worth nothing any more because its time is over. */
export function hasEnded({ expiresAt }: Pick<Credential, 'expiresAt'>, now: Instant): boolean {
  return expiresAt !== null && expiresAt <= now;
}

/** Who acts with a credential; null where its account is locked or its user is not active. */
export async function actorOf(
  store: Pick<Store, 'get' | 'find'>,
  credential: Credential,
  evenLocked = false,
): Promise<Actor | null> {
  const account = await store.get('accounts', credential.accountId);
  if (account === null || (account.state !== 'active' && !evenLocked)) return null;
  const { id: accountId, handle, currency } = account;
  const { userId, userName, role } = credential;
  const user = userId === null ? null : await store.get('users', userId);
  if (userId !== null && user?.state !== 'active') return null;
  const scope = user === null || user === undefined ? undefined : await scopeOf(store, user);
  const actor = { accountId, handle, currency, userName, role, userId, userRole: user?.role ?? null };
  return scope === undefined ? actor : { ...actor, scope };
}
