import { DerError, inside, readWhole, TAG, whole } from './der-reader.ts';
import { readOctetBits, readUnsigned } from './der-values.ts';
import { rsaWeakness } from './rsa-weakness.ts';

export interface RsaKey {
  algorithm: 'RSA';
  bits: number;
  spki: Uint8Array;
  /** Magnitude, most significant octet first, no leading zero. */
  modulus: Uint8Array;
  exponent: Uint8Array;
}

export interface EcKey {
  algorithm: 'ECDSA';
  bits: 256 | 384 | 521;
  spki: Uint8Array;
}

export type PublicKey = RsaKey | EcKey;

/** Keys reported as compromised (BR 6.1.1.3, 4.9.1.1). A `Set` of hashes fits. */
export interface BlockedKeys {
  /** `spkiHash` is the SHA-256 of the SubjectPublicKeyInfo, lower-case hex. */
  has(spkiHash: string): boolean;
}

/** RSA keys made by the broken generator of Debian in 2006 to 2008; see `debian-weak-keys.ts`. */
export interface WeakKeys {
  /** `modulus` as in `RsaKey`. */
  has(modulus: Uint8Array): boolean;
}

export interface KeyRules {
  blockedKeys?: BlockedKeys;
  weakKeys?: WeakKeys;
}

const RSA_ALGORITHM = Buffer.from('300d06092a864886f70d0101010500', 'hex');

/** Everything of an EC SubjectPublicKeyInfo before the coordinates: byte-exact by BR 7.1.3.1.2, point uncompressed. */
const CURVES: readonly { bits: 256 | 384 | 521; prefix: Buffer; length: number }[] = [
  { bits: 256, prefix: Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex'), length: 91 },
  { bits: 384, prefix: Buffer.from('3076301006072a8648ce3d020106052b8104002203620004', 'hex'), length: 120 },
  { bits: 521, prefix: Buffer.from('30819b301006072a8648ce3d020106052b8104002303818600' + '04', 'hex'), length: 158 },
];

/** Beyond this no key is looked at, so that nobody buys our time with a giant modulus. */
const MAX_RSA_BITS = 16384;

/**
 * Reads a SubjectPublicKeyInfo (DER): RSA up to 16384 bits, or P-256, P-384 and P-521 with an uncompressed point.
 * Whether the point lies on its curve is checked by `crypto.createPublicKey`, whether the key is good enough for a
 * certificate by `keyWeakness`.
 * @throws DerError for other algorithms, curves and encodings.
 */
export function readPublicKey(spki: Uint8Array): PublicKey {
  const curve = CURVES.find(({ prefix, length }) => spki.length === length && startsWith(spki, prefix));
  if (curve) return { algorithm: 'ECDSA', bits: curve.bits, spki };

  const fields = inside(readWhole(spki, TAG.sequence, 'the public key'));
  const algorithm = whole(fields.next(TAG.sequence, 'the algorithm of the public key'));
  const keyBits = fields.next(TAG.bitString, 'the public key');
  fields.done('the public key');
  if (algorithm.length !== RSA_ALGORITHM.length || !startsWith(algorithm, RSA_ALGORITHM)) {
    throw new DerError(
      'the key is neither RSA nor an uncompressed point on P-256, P-384 or P-521 in its standard encoding',
    );
  }
  return readRsaKey(spki, readOctetBits(keyBits));
}

/** RFC 8017 §A.1.1 */
function readRsaKey(spki: Uint8Array, key: Uint8Array): RsaKey {
  const fields = inside(readWhole(key, TAG.sequence, 'the RSA key'));
  const modulus = readUnsigned(fields.next(TAG.integer, 'the RSA modulus'));
  const exponent = readUnsigned(fields.next(TAG.integer, 'the RSA exponent'));
  fields.done('the RSA key');
  const bits = bitLength(modulus);
  if (bits > MAX_RSA_BITS) throw new DerError(`the RSA key has more than ${MAX_RSA_BITS} bits`);
  if (bits < 16 || exponent.length === 0) throw new DerError('the RSA key is malformed');
  return { algorithm: 'RSA', bits, spki, modulus, exponent };
}

/**
 * Why this key must not be certified (BR 6.1.1.3, 6.1.5, 6.1.6), as a sentence for the customer; null for a good key.
 * @param spkiHash SHA-256 of `key.spki`, lower-case hex
 */
export function keyWeakness(key: PublicKey, spkiHash: string, rules: KeyRules = {}): string | null {
  if (rules.blockedKeys?.has(spkiHash)) return COMPROMISED;
  if (key.algorithm === 'ECDSA') return null;
  const weakness = rsaSizeWeakness(key) ?? rsaWeakness(key.modulus);
  if (weakness) return weakness;
  return rules.weakKeys?.has(key.modulus)
    ? 'the key was made by a broken version of OpenSSL on Debian (CVE-2008-0166); make a new key'
    : null;
}

export const COMPROMISED = 'the key was reported as compromised; make a new key';

function rsaSizeWeakness({ bits, exponent }: RsaKey): string | null {
  if (bits < 2048) return `the RSA key has ${bits} bits; at least 2048 are needed`;
  if (bits > 8192) return `the RSA key has ${bits} bits; at most 8192 are supported`;
  if (bits % 8 !== 0) return `the RSA key has ${bits} bits, which is not a multiple of 8`;
  // BR 6.1.6: odd, from 2^16 + 1. The upper end is what OpenSSL verifies with large moduli.
  if (((exponent.at(-1) as number) & 1) === 0) return 'the RSA exponent is even';
  if (bitLength(exponent) < 17) return 'the RSA exponent is below 65537';
  if (bitLength(exponent) > 64) return 'the RSA exponent has more than 64 bits';
  return null;
}

function bitLength(magnitude: Uint8Array): number {
  const first = magnitude[0];
  return first === undefined ? 0 : magnitude.length * 8 - Math.clz32(first) + 24;
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i++) if (bytes[i] !== prefix[i]) return false;
  return true;
}
