import {
  base64url,
  calculateJwkThumbprint,
  exportJWK,
  type FlattenedJWS,
  FlattenedSign,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose';
import { DeskError } from '../../core/errors.ts';
import { isRecord } from './read.ts';
import type { AccountKeyType } from './settings.ts';

/** Members of a protected header beside `alg` (RFC 8555 §6.2). */
export interface JwsHeader {
  url: string;
  nonce?: string;
  /** Either the account's URL, or the key itself: never both. */
  kid?: string;
  jwk?: JWK;
}

/** A key of an account, open for work. The private part stays inside. */
export interface AccountKey {
  /** The only algorithm with which this key ever signs. */
  readonly algorithm: string;
  /** The members that RFC 7638 §3.2 names, no others. */
  readonly publicJwk: JWK;
  /** SHA-256, base64url (RFC 7638). */
  readonly thumbprint: string;
  /** A flattened JWS over the bytes. */
  sign(header: JwsHeader, payload: Uint8Array): Promise<FlattenedJWS>;
}

const ALGORITHMS: Readonly<Record<AccountKeyType, { algorithm: string; bits?: number }>> = {
  'P-256': { algorithm: 'ES256' },
  'P-384': { algorithm: 'ES384' },
  'RSA-2048': { algorithm: 'RS256', bits: 2048 },
  'RSA-4096': { algorithm: 'RS256', bits: 4096 },
};

/** A new key as it is sealed: its private JWK with `alg`, as JSON. */
export async function makeAccountKey(type: AccountKeyType): Promise<Uint8Array> {
  const { algorithm, bits } = ALGORITHMS[type];
  const options = { extractable: true, ...(bits === undefined ? {} : { modulusLength: bits }) };
  const { privateKey } = await generateKeyPair(algorithm, options);
  return Buffer.from(JSON.stringify({ ...(await exportJWK(privateKey)), alg: algorithm }), 'utf8');
}

/**
 * Opens what `makeAccountKey` made.
 * @throws DeskError `internal` where it is no such key; the message tells nothing of it
 */
export async function openAccountKey(json: Uint8Array): Promise<AccountKey> {
  const jwk = parse(json);
  const algorithm = algorithmOf(jwk);
  if (algorithm === null || jwk.alg !== algorithm) throw damaged();
  const publicJwk = publicMembers(jwk);
  let key: Awaited<ReturnType<typeof importJWK>>;
  try {
    key = await importJWK(jwk, algorithm);
  } catch {
    // The cause may quote the key.
    throw damaged();
  }
  return {
    algorithm,
    publicJwk,
    thumbprint: await calculateJwkThumbprint(publicJwk, 'sha256'),
    sign: (header, payload) => new FlattenedSign(payload).setProtectedHeader({ alg: algorithm, ...header }).sign(key),
  };
}

function parse(json: Uint8Array): JWK {
  try {
    const value: unknown = JSON.parse(Buffer.from(json).toString('utf8'));
    if (isRecord(value)) return value as JWK;
  } catch {
    // Falls through: the parser's message may quote the key.
  }
  throw damaged();
}

/** By the key alone, so that no stored text can choose another one. */
function algorithmOf(jwk: JWK): string | null {
  if (jwk.kty === 'RSA') return 'RS256';
  if (jwk.kty !== 'EC') return null;
  return { 'P-256': 'ES256', 'P-384': 'ES384' }[String(jwk['crv'])] ?? null;
}

function publicMembers(jwk: JWK): JWK {
  const { kty, crv, x, y, n, e } = jwk as Record<string, string>;
  return (kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y }) as JWK;
}

function damaged(): DeskError {
  return new DeskError('internal', 'The stored key of an ACME account is damaged; restore it from a backup');
}

/** RFC 8555 §7.3.4: the account's key, signed with the MAC key that the CA gave out by other means. */
export function bindExternally(
  binding: { keyId: string; key: string },
  accountKey: AccountKey,
  url: string,
): Promise<FlattenedJWS> {
  return new FlattenedSign(jsonBytes(accountKey.publicJwk))
    .setProtectedHeader({ alg: 'HS256', kid: binding.keyId, url })
    .sign(base64url.decode(binding.key.replace(/=+$/, '')));
}

export function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value), 'utf8');
}
