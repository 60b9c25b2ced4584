import type { Level } from '../core/products.ts';
import type { Extra, Subject } from '../core/records.ts';
import type { Instant } from '../core/time.ts';
import { bitString, concat, explicit, integer, nullValue, oid, sequence, time } from './der-writer.ts';
import { leafSubject, LONGEST_COMMON_NAME } from './subject-writer.ts';
import {
  authorityKeyIdentifier,
  caConstraints,
  caIssuers,
  certificatePolicy,
  crlDistributionPoint,
  delegationUsage,
  keyIdentifier,
  keyUsage,
  mustStaple,
  notACa,
  tlsPurposes,
  subjectAltName,
  subjectKeyIdentifier,
} from './extension-writer.ts';
import { ALGORITHM } from './oids.ts';
import type { SignatureAlgorithm } from './signer.ts';
import { isRsaKey, publicKeyBits } from './public-key.ts';

/** AlgorithmIdentifier, byte for byte as BR 7.1.3.2 gives it. */
export const SIGNATURE_ALGORITHM: Readonly<Record<SignatureAlgorithm, Uint8Array>> = {
  'ecdsa-sha256': sequence([oid(ALGORITHM.ecdsaWithSha256)]),
  'rsa-sha256': sequence([oid(ALGORITHM.sha256WithRsa), nullValue()]),
  'rsa-sha384': sequence([oid(ALGORITHM.sha384WithRsa), nullValue()]),
  'rsa-sha512': sequence([oid(ALGORITHM.sha512WithRsa), nullValue()]),
};

/** What all leaves of one issuing CA share. */
export interface IssuingCa {
  algorithm: SignatureAlgorithm;
  /** The CA's distinguished name, DER, byte for byte its certificate's subject. */
  name: Uint8Array;
  /** The CA's subject key identifier. */
  keyId: Uint8Array;
  /** Where the CA's certificate is served. */
  caIssuersUrl: string;
}

export interface LeafContent {
  level: Level;
  commonName: string;
  /** DNS names as A-labels, or addresses as text; all go into the SAN. */
  names: readonly string[];
  subject: Subject;
  /** SubjectPublicKeyInfo, DER. */
  spki: Uint8Array;
  mustStaple: boolean;
  /** Beyond those that every leaf has; must-staple goes by `mustStaple`. */
  extras?: readonly Extra[];
  /** Where it is to be signed otherwise than the CA usually does. */
  algorithm?: SignatureAlgorithm;
  serial: Uint8Array;
  notBefore: Instant;
  /** Last second at which it is valid. */
  notAfter: Instant;
  /** Address of the CRL that would list it. Null only for certificates outside the CA's records. */
  crlUrl: string | null;
}

const VERSION_3 = explicit(0, [integer(2)]);

/**
 * Makes the function that writes the to-be-signed part of leaves (BR 7.1.2.7). What does not change from leaf to
 * leaf is encoded once.
 */
export function createLeafBuilder(ca: IssuingCa): (leaf: LeafContent) => Uint8Array {
  const usualHead = headOf(ca, ca.algorithm);
  const constantExtensions = new Map<string, Uint8Array>();

  const extensionsOf = (leaf: LeafContent): Uint8Array => {
    const rsa = isRsaKey(leaf.spki);
    const key = `${leaf.level} ${rsa} ${leaf.mustStaple} ${leaf.crlUrl} ${leaf.extras?.join() ?? ''}`;
    let encoded = constantExtensions.get(key);
    if (encoded === undefined) {
      encoded = encodeConstantExtensions(ca, leaf, rsa);
      constantExtensions.set(key, encoded);
    }
    return encoded;
  };

  return (leaf) => {
    const commonName = leaf.commonName.length <= LONGEST_COMMON_NAME ? leaf.commonName : null;
    const emptySubject = leaf.level === 'DV' && commonName === null;
    return sequence([
      VERSION_3,
      integer(leaf.serial),
      leaf.algorithm === undefined ? usualHead : headOf(ca, leaf.algorithm),
      sequence([time(leaf.notBefore), time(leaf.notAfter)]),
      leafSubject(leaf.level, leaf.subject, commonName),
      leaf.spki,
      explicit(3, [sequence([extensionsOf(leaf), subjectAltName(leaf.names, emptySubject)])]),
    ]);
  };
}

function headOf(ca: IssuingCa, algorithm: SignatureAlgorithm): Uint8Array {
  return concat([SIGNATURE_ALGORITHM[algorithm], ca.name]);
}

function encodeConstantExtensions(ca: IssuingCa, leaf: LeafContent, rsa: boolean): Uint8Array {
  const has = (extra: Extra): boolean => leaf.extras?.includes(extra) === true;
  return concat([
    // BR 7.1.2.7.11: to encipher something only makes sense for RSA.
    keyUsage([
      'digitalSignature',
      ...(rsa ? (['keyEncipherment'] as const) : []),
      ...(rsa && has('data-encipherment') ? (['dataEncipherment'] as const) : []),
    ]),
    tlsPurposes(has('client-auth')),
    notACa(),
    authorityKeyIdentifier(ca.keyId),
    caIssuers(ca.caIssuersUrl),
    certificatePolicy(leaf.level),
    ...(leaf.crlUrl === null ? [] : [crlDistributionPoint(leaf.crlUrl)]),
    ...(leaf.mustStaple ? [mustStaple()] : []),
    ...(has('delegated-credentials') ? [delegationUsage()] : []),
  ]);
}

export interface CaContent {
  /** Distinguished name, DER. */
  name: Uint8Array;
  spki: Uint8Array;
  serial: Uint8Array;
  notBefore: Instant;
  notAfter: Instant;
}

/** To-be-signed part of a root (BR 7.1.2.1). It is signed with its own key. */
export function rootTbs(root: CaContent, algorithm: SignatureAlgorithm): Uint8Array {
  const keyId = keyIdentifier(publicKeyBits(root.spki));
  return caTbs(root, algorithm, root.name, [
    caConstraints(null),
    keyUsage(['keyCertSign', 'cRLSign']),
    subjectKeyIdentifier(keyId),
    authorityKeyIdentifier(keyId),
  ]);
}

export interface RootReference {
  name: Uint8Array;
  algorithm: SignatureAlgorithm;
  spki: Uint8Array;
  certificateUrl: string;
  crlUrl: string;
}

/** To-be-signed part of an intermediate that may only issue leaves for TLS servers and clients (BR 7.1.2.6, 7.1.2.10.6). */
export function intermediateTbs(intermediate: CaContent, root: RootReference): Uint8Array {
  return caTbs(intermediate, root.algorithm, root.name, [
    caConstraints(0),
    keyUsage(['keyCertSign', 'cRLSign']),
    tlsPurposes(true),
    certificatePolicy('any'),
    subjectKeyIdentifier(keyIdentifier(publicKeyBits(intermediate.spki))),
    authorityKeyIdentifier(keyIdentifier(publicKeyBits(root.spki))),
    caIssuers(root.certificateUrl),
    crlDistributionPoint(root.crlUrl),
  ]);
}

function caTbs(
  ca: CaContent,
  algorithm: SignatureAlgorithm,
  issuerName: Uint8Array,
  extensions: readonly Uint8Array[],
): Uint8Array {
  return sequence([
    VERSION_3,
    integer(ca.serial),
    SIGNATURE_ALGORITHM[algorithm],
    issuerName,
    sequence([time(ca.notBefore), time(ca.notAfter)]),
    ca.name,
    ca.spki,
    explicit(3, [sequence(extensions)]),
  ]);
}

/** A certificate or CRL, DER: the to-be-signed part with the signature over it (RFC 5280 §4.1, §5.1). */
export function signed(tbs: Uint8Array, algorithm: SignatureAlgorithm, signature: Uint8Array): Uint8Array {
  return sequence([tbs, SIGNATURE_ALGORITHM[algorithm], bitString(signature)]);
}

/**
 * A serial from 16 random octets: 126 bits of chance (BR 7.1 asks for 64), positive, below 2^159, and always
 * 16 octets long, so that its hex is the same everywhere.
 */
export function serialFrom(random: Uint8Array): Uint8Array {
  const serial = Uint8Array.from(random);
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40;
  return serial;
}

/** Octets of chance in a serial that begins with its moment: 80 bits, where BR 7.1 asks for 64. */
export const SERIAL_CHANCE = 10;

/**
 * A serial of 16 octets, as above, that begins with the moment in milliseconds and ends with `SERIAL_CHANCE` random
 * octets. A database keeps serials in order; new ones then come next to one another in it, which is a tenth of the
 * pages that an order writes.
 */
export function serialAt(moment: number, random: Uint8Array): Uint8Array {
  const serial = Buffer.alloc(16);
  serial.writeUIntBE(moment % 2 ** 46, 0, 6);
  serial.set(random, 6);
  serial[0] = (serial[0] as number) | 0x40;
  return serial;
}
