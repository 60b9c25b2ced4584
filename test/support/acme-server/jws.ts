import {
  createHash,
  createPublicKey,
  type KeyObject,
  timingSafeEqual,
  createHmac,
  verify,
  type webcrypto,
} from 'node:crypto';
import { ProblemError } from './problems.ts';

/** JWS as RFC 8555 §6.2 wants them, read without the library that the client signs with. */

export type Jwk = webcrypto.JsonWebKey;

export interface ReadJws {
  header: Record<string, unknown>;
  /** The octets. */
  payload: Buffer;
  signed: string;
  signature: Buffer;
}

const ALGORITHMS = ['ES256', 'ES384', 'ES512', 'RS256', 'EdDSA'];

const malformed = (detail: string): ProblemError => new ProblemError('malformed', detail);

/** A flattened JWS with a protected header alone. @throws ProblemError */
export function readJws(value: unknown): ReadJws {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('The JWS is no object');
  const members = Object.keys(value).toSorted().join(' ');
  if (members !== 'payload protected signature') throw malformed(`A flattened JWS is wanted, this has: ${members}`);
  const { protected: head, payload, signature } = value as Record<string, string>;
  const octets = [head, payload, signature].map((part) => fromBase64url(part)) as [Buffer, Buffer, Buffer];
  let header: unknown;
  try {
    header = JSON.parse(octets[0].toString('utf8'));
  } catch {
    throw malformed('The protected header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw malformed('The protected header is no object');
  const known = header as Record<string, unknown>;
  if ('crit' in known || 'b64' in known) throw malformed('crit and b64 are not understood');
  return { header: known, payload: octets[1], signed: `${head}.${payload}`, signature: octets[2] };
}

function fromBase64url(text: unknown): Buffer {
  // RFC 7515 §2: no padding, no white space.
  if (typeof text !== 'string' || !/^[A-Za-z0-9_-]*$/.test(text)) throw malformed('A part of the JWS is not base64url');
  return Buffer.from(text, 'base64url');
}

/** Checks `alg` against the key, and the signature. @throws ProblemError badSignatureAlgorithm, malformed */
export function checkSignature(jws: ReadJws, jwk: Jwk): void {
  const algorithm = jws.header.alg;
  if (typeof algorithm !== 'string' || !ALGORITHMS.includes(algorithm)) {
    throw new ProblemError('badSignatureAlgorithm', `alg ${JSON.stringify(algorithm)} is not accepted`, {
      members: { algorithms: ALGORITHMS },
    });
  }
  const key = readKey(jwk);
  if (!fits(algorithm, key)) throw malformed(`alg ${algorithm} does not fit the key`);
  const digest = { ES256: 'sha256', ES384: 'sha384', ES512: 'sha512', RS256: 'sha256' }[algorithm] ?? null;
  const good = verify(digest, Buffer.from(jws.signed), { key, dsaEncoding: 'ieee-p1363' }, jws.signature);
  if (!good) throw malformed('The signature of the JWS does not match');
}

/** @throws ProblemError badPublicKey */
export function readKey(jwk: unknown): KeyObject {
  let key: KeyObject;
  try {
    if (typeof jwk !== 'object' || jwk === null || 'd' in jwk || 'k' in jwk) throw new Error('not a public key');
    key = createPublicKey({ key: jwk as Jwk, format: 'jwk' });
  } catch {
    throw new ProblemError('badPublicKey', 'The JWK is no public key');
  }
  const { asymmetricKeyType, asymmetricKeyDetails } = key;
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) < 2_048)
    throw new ProblemError('badPublicKey', 'The RSA key is too short');
  return key;
}

function fits(algorithm: string, key: KeyObject): boolean {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (algorithm === 'RS256') return key.asymmetricKeyType === 'rsa';
  if (algorithm === 'EdDSA') return key.asymmetricKeyType === 'ed25519';
  return curve === { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' }[algorithm];
}

const THUMBPRINT_MEMBERS: Readonly<Record<string, readonly ('crv' | 'e' | 'kty' | 'n' | 'x' | 'y')[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  RSA: ['e', 'kty', 'n'],
  OKP: ['crv', 'kty', 'x'],
};

/** RFC 7638, SHA-256, base64url. */
export function thumbprint(jwk: Jwk): string {
  const members = THUMBPRINT_MEMBERS[jwk.kty ?? ''] ?? [];
  const text = JSON.stringify(Object.fromEntries(members.map((name) => [name, jwk[name]])));
  return createHash('sha256').update(text).digest('base64url');
}

/**
 * External account binding (RFC 8555 §7.3.4): an HS256 JWS over the account's key, without nonce.
 * @param keys MAC keys in base64url by their id
 * @returns the key id
 */
export function checkBinding(value: unknown, url: string, jwk: Jwk, keys: Readonly<Record<string, string>>): string {
  const jws = readJws(value);
  const { alg, kid } = jws.header;
  if (alg !== 'HS256' && alg !== 'HS384' && alg !== 'HS512') throw malformed('The binding is not signed with a MAC');
  if (jws.header.url !== url) throw malformed('The binding is for another URL');
  if ('nonce' in jws.header) throw malformed('A binding has no nonce');
  const key = typeof kid === 'string' ? keys[kid] : undefined;
  if (key === undefined) throw new ProblemError('unauthorized', 'The key id of the binding is unknown');
  const mac = createHmac(`sha${alg.slice(2)}`, Buffer.from(key, 'base64url'))
    .update(jws.signed)
    .digest();
  if (mac.length !== jws.signature.length || !timingSafeEqual(mac, jws.signature))
    throw new ProblemError('unauthorized', 'The MAC of the binding does not match');
  if (thumbprint(JSON.parse(jws.payload.toString('utf8')) as Jwk) !== thumbprint(jwk))
    throw malformed('The binding is for another key');
  return kid as string;
}
