import { DeskError } from '../core/errors.ts';
import type { Instant } from '../core/time.ts';
import { ArmourError, removeArmour } from './armour.ts';
import { readAuthorityKeyId, readDistributionPoint } from './certificate-extensions.ts';
import {
  checkStructure,
  constructedContextTag,
  type DerElement,
  DerError,
  inside,
  readWhole,
  TAG,
  whole,
} from './der-reader.ts';
import { readSmallInteger, readTime, readUnsigned } from './der-values.ts';
import { nameText, readName } from './distinguished-name.ts';
import { type Extension, findExtension, readExtensions, readWrappedExtensions } from './extensions.ts';
import { EXTENSION } from './oids.ts';
import type { SignatureAlgorithm } from './signature-algorithms.ts';
import { checkInnerAlgorithm, readSerial, readSigned } from './signed.ts';

const MAX_OCTETS = 64 * 1024 * 1024;
const KIND = { what: 'CRL', labels: ['X509 CRL'], maxLength: 2 * MAX_OCTETS };
const STRUCTURE = { depth: 24, elements: 10_000_000 };

export interface RevokedEntry {
  /** Upper-case hex. */
  serial: string;
  revokedAt: Instant;
  /** Number of RFC 5280 §5.3.1; null where none is given. */
  reason: number | null;
}

/** A certificate revocation list, v2. */
export interface ParsedCrl {
  der: Uint8Array;
  tbs: Uint8Array;
  signature: Uint8Array;
  signatureAlgorithm: SignatureAlgorithm;
  /** RFC 4514 style text. */
  issuerName: string;
  thisUpdate: Instant;
  nextUpdate: Instant | null;
  /** Null where the extension is absent. */
  number: bigint | null;
  /** Lower-case hex. */
  authorityKeyId: string | null;
  /** URIs of the issuing distribution point: which shard this is. */
  distributionPoints: string[];
  extensions: Extension[];
  entries: RevokedEntry[];
}

/**
 * Reads a CRL (RFC 5280 §5): PEM `X509 CRL`, bare base64, or DER of up to 64 MiB. Its signature and dates are not judged.
 * @throws DeskError `invalid-value` that says what is wrong
 */
export function readCrl(input: string | Uint8Array): ParsedCrl {
  try {
    return parseCrl(typeof input === 'string' ? removeArmour(input, KIND) : input);
  } catch (error) {
    if (error instanceof ArmourError || error instanceof DerError) {
      throw new DeskError('invalid-value', `The CRL cannot be read: ${error.message}.`);
    }
    throw error;
  }
}

function parseCrl(der: Uint8Array): ParsedCrl {
  if (der.length > MAX_OCTETS) throw new DerError(`it has more than ${MAX_OCTETS} bytes`);
  checkStructure(der, STRUCTURE);
  const signed = readSigned(der, 'the CRL');
  const fields = inside(signed.tbs);
  if (readSmallInteger(fields.next(TAG.integer, 'the version')) !== 1) throw new DerError('it is not a v2 CRL');
  checkInnerAlgorithm(signed, fields);
  const issuerName = nameText(readName(fields.next(TAG.sequence, 'the issuer')));
  const thisUpdate = readTime(fields.any());
  const nextUpdate = fields.tag === TAG.utcTime || fields.tag === TAG.generalizedTime ? readTime(fields.any()) : null;
  const entries = readEntries(fields.optional(TAG.sequence));
  const extensions = readWrappedExtensions(fields.optional(constructedContextTag(0)));
  fields.done('the signed part');
  return {
    der,
    tbs: whole(signed.tbs),
    signature: signed.signature,
    signatureAlgorithm: signed.algorithm,
    issuerName,
    thisUpdate,
    nextUpdate,
    number: readCrlNumber(extensions),
    authorityKeyId: readAuthorityKeyId(extensions),
    distributionPoints: readIssuingDistributionPoint(extensions),
    extensions,
    entries,
  };
}

function readEntries(list: DerElement | null): RevokedEntry[] {
  const entries: RevokedEntry[] = [];
  if (!list) return entries;
  const items = inside(list);
  // RFC 5280 §5.1.2.6: absent, never empty.
  if (!items.more) throw new DerError('the list of revoked certificates is empty', list.start);
  while (items.more) {
    const fields = inside(items.next(TAG.sequence, 'a revoked certificate'));
    const serial = readSerial(fields.next(TAG.integer, 'the serial number'));
    const revokedAt = readTime(fields.any());
    const extensions = fields.optional(TAG.sequence);
    fields.done('a revoked certificate');
    entries.push({ serial, revokedAt, reason: extensions ? readReason(readExtensions(extensions)) : null });
  }
  return entries;
}

function readReason(extensions: readonly Extension[]): number | null {
  const extension = findExtension(extensions, EXTENSION.reasonCode);
  return extension ? readSmallInteger(readWhole(extension.value, TAG.enumerated, 'the reason')) : null;
}

function readCrlNumber(extensions: readonly Extension[]): bigint | null {
  const extension = findExtension(extensions, EXTENSION.crlNumber);
  if (!extension) return null;
  const octets = readUnsigned(readWhole(extension.value, TAG.integer, 'the CRL number'));
  if (octets.length > 20) throw new DerError('the CRL number has more than 20 octets');
  return BigInt(`0x0${Buffer.from(octets).toString('hex')}`);
}

function readIssuingDistributionPoint(extensions: readonly Extension[]): string[] {
  const extension = findExtension(extensions, EXTENSION.issuingDistributionPoint);
  return extension ? readDistributionPoint(readWhole(extension.value, TAG.sequence, 'the distribution point')) : [];
}
