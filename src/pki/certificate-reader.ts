import { hash } from 'node:crypto';
import { DeskError } from '../core/errors.ts';
import type { ParsedCertificate } from '../core/ports.ts';
import type { Instant } from '../core/time.ts';
import { ArmourError, removeArmour } from './armour.ts';
import { type CertificateExtensions, readCertificateExtensions } from './certificate-extensions.ts';
import {
  checkStructure,
  constructedContextTag,
  contextTag,
  type DerCursor,
  type DerElement,
  DerError,
  inside,
  TAG,
  whole,
} from './der-reader.ts';
import { readSmallInteger, readTime } from './der-values.ts';
import { type DistinguishedName, firstValue, nameText, readName, subjectOf } from './distinguished-name.ts';
import { type Extension, readAlternativeNames, readWrappedExtensions } from './extensions.ts';
import { readPublicKey } from './keys.ts';
import type { SignatureAlgorithm } from './signature-algorithms.ts';
import { checkInnerAlgorithm, readSerial, readSigned } from './signed.ts';

const KIND = { what: 'certificate', labels: ['CERTIFICATE', 'X509 CERTIFICATE'], maxLength: 192 * 1024 };
const MAX_OCTETS = 128 * 1024;
const STRUCTURE = { depth: 24, elements: 16_384 };

/** Everything a certificate says, for checks and tests. Views point into `parsed.der`. */
export interface CertificateDetails {
  parsed: ParsedCertificate;
  /** What was signed, and the signature over it. */
  tbs: Uint8Array;
  signature: Uint8Array;
  signatureAlgorithm: SignatureAlgorithm;
  issuer: DistinguishedName;
  subject: DistinguishedName;
  extensions: Extension[];
  known: CertificateExtensions;
}

/**
 * Reads one X.509 v3 certificate (RFC 5280 §4): PEM, bare base64, or DER. Neither its signature nor its dates nor the
 * strength of its key are judged.
 * @throws DeskError `invalid-value` that says what is wrong
 */
export function readCertificate(input: string | Uint8Array): ParsedCertificate {
  return guard(() => parseCertificate(derOf(input)).parsed);
}

/** As `readCertificate`, with the extensions that are known here decoded. @throws DeskError `invalid-value` */
export function readCertificateDetails(input: string | Uint8Array): CertificateDetails {
  return guard(() => {
    const certificate = parseCertificate(derOf(input));
    return { ...certificate, known: readCertificateExtensions(certificate.extensions) };
  });
}

function guard<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ArmourError || error instanceof DerError) {
      throw new DeskError('invalid-value', `The certificate cannot be read: ${error.message}.`);
    }
    throw error;
  }
}

function derOf(input: string | Uint8Array): Uint8Array {
  return typeof input === 'string' ? removeArmour(input, KIND) : input;
}

function parseCertificate(der: Uint8Array): Omit<CertificateDetails, 'known'> {
  if (der.length > MAX_OCTETS) throw new DerError(`it has more than ${MAX_OCTETS} bytes`);
  checkStructure(der, STRUCTURE);
  const outer = readSigned(der, 'the certificate');
  const fields = inside(outer.tbs);
  readVersion(fields);
  const serial = readSerial(fields.next(TAG.integer, 'the serial number'));
  checkInnerAlgorithm(outer, fields);
  const issuer = readName(fields.next(TAG.sequence, 'the issuer'));
  const { notBefore, notAfter } = readValidity(fields.next(TAG.sequence, 'the validity'));
  const subject = readName(fields.next(TAG.sequence, 'the subject'));
  const key = readPublicKey(whole(fields.next(TAG.sequence, 'the public key')));
  // issuerUniqueID and subjectUniqueID, of no use since X.509 v3.
  fields.optional(contextTag(1));
  fields.optional(contextTag(2));
  const extensions = readWrappedExtensions(fields.optional(constructedContextTag(3)));
  fields.done('the signed part');
  const parsed: ParsedCertificate = {
    der,
    serial,
    notBefore,
    notAfter,
    issuerName: nameText(issuer),
    commonName: firstValue(subject, 'CN'),
    subject: subjectOf(subject),
    dnsNames: readAlternativeNames(extensions).dnsNames,
    spki: key.spki,
    spkiHash: hash('sha256', key.spki),
    keyAlgorithm: key.algorithm,
    keyBits: key.bits,
    ...fingerprintsOf(der),
  };
  const { algorithm: signatureAlgorithm, signature } = outer;
  return { parsed, tbs: whole(outer.tbs), signature, signatureAlgorithm, issuer, subject, extensions };
}

/** SHA-256 and SHA-1 of a certificate's DER, upper-case hex. */
export function fingerprintsOf(der: Uint8Array): Pick<ParsedCertificate, 'fingerprint' | 'sha1'> {
  return { fingerprint: hash('sha256', der).toUpperCase(), sha1: hash('sha1', der).toUpperCase() };
}

function readVersion(fields: DerCursor): void {
  const wrapped = fields.optional(constructedContextTag(0));
  if (!wrapped) throw new DerError('it is not an X.509 v3 certificate');
  const version = inside(wrapped);
  if (readSmallInteger(version.next(TAG.integer, 'the version')) !== 2)
    throw new DerError('it is not an X.509 v3 certificate');
  version.done('the version');
}

function readValidity(element: DerElement): { notBefore: Instant; notAfter: Instant } {
  const times = inside(element);
  const notBefore = readTime(times.any());
  const notAfter = readTime(times.any());
  times.done('the validity');
  if (notAfter < notBefore) throw new DerError('it ends before it begins', element.start);
  return { notBefore, notAfter };
}
