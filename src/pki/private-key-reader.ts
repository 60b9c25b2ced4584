import { createECDH } from 'node:crypto';
import { constructedContextTag, content, type DerCursor, DerError, inside, readWhole, TAG } from './der-reader.ts';
import { readOctetBits, readOid, readSmallInteger, readUnsigned } from './der-values.ts';
import { bitString, explicit, integer, nullValue, octetString, oid, sequence } from './der-writer.ts';
import { ALGORITHM } from './oids.ts';

/**
 * Private keys as DER: PKCS #8 (RFC 5958), PKCS #1 (RFC 8017 §A.1.2) or SEC 1 (RFC 5915). What comes out is written
 * anew in one canonical form, so that nothing that was not looked at is kept.
 */

export interface KeyForms {
  /** PKCS #8, version 0, without attributes. */
  pkcs8: Uint8Array;
  /** SubjectPublicKeyInfo with standard algorithm identifier and uncompressed point. */
  spki: Uint8Array;
}

interface Curve {
  oid: string;
  /** OpenSSL's name. */
  name: string;
  /** Octets of a coordinate and of a private key. */
  size: number;
}

const CURVES: readonly Curve[] = [
  { oid: '1.2.840.10045.3.1.7', name: 'prime256v1', size: 32 },
  { oid: '1.3.132.0.34', name: 'secp384r1', size: 48 },
  { oid: '1.3.132.0.35', name: 'secp521r1', size: 66 },
];

const NOT_SUPPORTED = 'the key is neither RSA nor on P-256, P-384 or P-521';

/** Octets of an RSA modulus that is looked at: 8192 bits. */
const LARGEST_MODULUS = 1024;

const RSA_IDENTIFIER = sequence([oid(ALGORITHM.rsaEncryption), nullValue()]);

/** @throws DerError that says what is wrong, without a byte of the key in it */
export function readPrivateKey(der: Uint8Array): KeyForms {
  const fields = inside(readWhole(der, TAG.sequence, 'the private key'));
  // EncryptedPrivateKeyInfo (RFC 5958 §3) begins with an algorithm, all others with a version.
  if (fields.tag === TAG.sequence) throw new DerError('it is encrypted');
  const version = readSmallInteger(fields.next(TAG.integer, 'the version'));
  if (fields.tag === TAG.sequence) return readPkcs8(fields, version);
  if (fields.tag === TAG.integer) return readRsa(fields, version);
  return readEc(fields, version, null);
}

/** RFC 5958 §2; attributes and a public key beside the private one are passed over. */
function readPkcs8(fields: DerCursor, version: number): KeyForms {
  if (version > 1) throw new DerError('the version of the private key is unknown');
  const algorithm = inside(fields.next(TAG.sequence, 'the algorithm'));
  const type = readOid(algorithm.next(TAG.oid, 'the algorithm'));
  if (type !== ALGORITHM.rsaEncryption && type !== ALGORITHM.ecPublicKey) throw new DerError(NOT_SUPPORTED);
  const key = content(fields.next(TAG.octetString, 'the key'));
  const inner = inside(readWhole(key, TAG.sequence, 'the key'));
  const innerVersion = readSmallInteger(inner.next(TAG.integer, 'the version'));
  if (type === ALGORITHM.rsaEncryption) return readRsa(inner, innerVersion);
  return readEc(inner, innerVersion, curveOf(algorithm));
}

/** RFC 8017 §A.1.2: eight numbers after the version, none longer than the modulus. */
function readRsa(fields: DerCursor, version: number): KeyForms {
  if (version !== 0) throw new DerError('RSA keys of more than two primes are not supported');
  const numbers: Uint8Array[] = [];
  for (let count = 0; count < 8; count++) {
    const number = readUnsigned(fields.next(TAG.integer, 'a number of the RSA key'));
    const longest = numbers[0]?.length ?? LARGEST_MODULUS;
    if (number.length > longest) throw new DerError('a number of the RSA key is too large');
    if (number.length === 0) throw new DerError('a number of the RSA key is zero');
    numbers.push(number);
  }
  fields.done('the RSA key');
  const [modulus, exponent] = numbers as [Uint8Array, Uint8Array];
  const key = sequence([integer(0), ...numbers.map((number) => integer(number))]);
  return {
    pkcs8: sequence([integer(0), RSA_IDENTIFIER, octetString(key)]),
    spki: sequence([RSA_IDENTIFIER, bitString(sequence([integer(modulus), integer(exponent)]))]),
  };
}

/** RFC 5915 §3. The public half is computed; one that stands there must be the same. */
function readEc(fields: DerCursor, version: number, outer: Curve | null): KeyForms {
  if (version !== 1) throw new DerError('the version of the EC key is unknown');
  const secret = content(fields.next(TAG.octetString, 'the EC key'));
  const parameters = fields.optional(constructedContextTag(0));
  const named = parameters === null ? null : curveOf(inside(parameters));
  const published = fields.optional(constructedContextTag(1));
  fields.done('the EC key');
  const curve = outer ?? named;
  if (curve === null) throw new DerError('the curve of the EC key is missing');
  if (named !== null && named !== curve) throw new DerError('the EC key names two curves');
  const scalar = sized(secret, curve.size);
  const ecdh = createECDH(curve.name);
  try {
    ecdh.setPrivateKey(scalar);
  } catch {
    throw new DerError('the EC key is not a number of its curve');
  }
  const point = ecdh.getPublicKey();
  if (published !== null) checkPoint(readOctetBits(inside(published).next(TAG.bitString, 'the public key')), ecdh);
  const algorithm = sequence([oid(ALGORITHM.ecPublicKey), oid(curve.oid)]);
  const key = sequence([integer(1), octetString(scalar), explicit(1, [bitString(point)])]);
  return {
    pkcs8: sequence([integer(0), algorithm, octetString(key)]),
    spki: sequence([algorithm, bitString(point)]),
  };
}

function checkPoint(published: Uint8Array, ecdh: ReturnType<typeof createECDH>): void {
  const same = (['uncompressed', 'compressed'] as const).some((form) =>
    ecdh.getPublicKey(null, form).equals(published),
  );
  if (!same) throw new DerError('private and public key do not belong together');
}

/** Big-endian in exactly so many octets; some tools write fewer. */
function sized(octets: Uint8Array, size: number): Buffer {
  if (octets.length > size) throw new DerError('the EC key is longer than its curve');
  return Buffer.concat([Buffer.alloc(size - octets.length), octets]);
}

function curveOf(fields: DerCursor): Curve {
  const named = readOid(fields.next(TAG.oid, 'the name of the curve'));
  const curve = CURVES.find((one) => one.oid === named);
  if (curve === undefined) throw new DerError(NOT_SUPPORTED);
  return curve;
}
