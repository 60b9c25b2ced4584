import { hash } from 'node:crypto';
import { DeskError } from '../core/errors.ts';
import type { ParsedCsr } from '../core/ports.ts';
import { canonicalAddress } from './addresses.ts';
import { ArmourError, removeArmour } from './armour.ts';
import { checkStructure, constructedContextTag, type DerElement, DerError, inside, TAG, whole } from './der-reader.ts';
import { readOid, readSmallInteger } from './der-values.ts';
import { type DistinguishedName, firstValue, readName, subjectOf } from './distinguished-name.ts';
import { type Extension, readAlternativeNames, readExtensions, readMustStaple, textsOf } from './extensions.ts';
import { type KeyRules, keyWeakness, type PublicKey, readPublicKey } from './keys.ts';
import { REQUEST_ATTRIBUTE } from './oids.ts';
import { type SignatureAlgorithm, verifySignature } from './signature-algorithms.ts';
import { readSigned } from './signed.ts';

const KIND = {
  what: 'certificate request',
  labels: ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'],
  maxLength: 128 * 1024,
};
/** An RSA-8192 request with 250 names of 253 characters takes 66 kB. */
const MAX_OCTETS = 80 * 1024;
const STRUCTURE = { depth: 16, elements: 8192 };
const MAX_ATTRIBUTES = 32;

/** RFC 2985 §5.4.2, and what Microsoft's older tools write in its place. */
const EXTENSION_REQUESTS: readonly string[] = [REQUEST_ATTRIBUTE.extensionRequest, '1.3.6.1.4.1.311.2.1.14'];

/**
 * Reads a PKCS #10 request (RFC 2986): PEM with label `CERTIFICATE REQUEST` or `NEW CERTIFICATE REQUEST`, any or no line
 * breaks, text around it, or bare base64 DER. Checks its structure, its key (BR 6.1.1.3, 6.1.5, 6.1.6) and its
 * signature. Signatures over SHA-1 are accepted: here the signature only proves that the asker holds the key, over
 * bytes that he chose himself, so a collision gains nothing. MD5 is not.
 * @throws DeskError `invalid-csr` that says what is wrong
 */
export function readCsr(text: string, rules: KeyRules = {}): ParsedCsr {
  try {
    return readCsrDer(removeArmour(text, KIND), rules);
  } catch (error) {
    if (error instanceof ArmourError) throw new DeskError('invalid-csr', `The CSR cannot be read: ${error.message}.`);
    if (error instanceof DerError) throw new DeskError('invalid-csr', `The CSR is malformed: ${error.message}.`);
    throw error;
  }
}

/** Key and wishes of a request that `readCsr` accepted once. @throws DeskError `internal` where the record was damaged */
export function readKeptCsr(der: Uint8Array): Pick<ParsedCsr, 'spki' | 'mustStaple'> {
  try {
    const { spki, extensions } = parseRequest(der);
    return { spki, mustStaple: readMustStaple(extensions) };
  } catch (cause) {
    throw new DeskError('internal', 'A kept CSR cannot be read; the database is damaged', { cause });
  }
}

/**
 * Every name that a kept request asks for, lower case: its common name and its alternative names, addresses in their
 * canonical text; null where it cannot be read. An empty text stands for alternative names that are neither dNSName nor
 * iPAddress, and for an address that is a common name or dNSName alone. Nothing is verified again.
 */
export function readCsrNames(der: Uint8Array): string[] | null {
  try {
    const { subject, extensions } = parseRequest(der);
    const names = textsOf(readAlternativeNames(extensions));
    const commonName = firstValue(subject, 'CN')?.toLowerCase();
    if (commonName === undefined) return names;
    const address = canonicalAddress(commonName);
    if (address === null) return [commonName, ...names];
    return names.includes(address) ? names : ['', ...names];
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
}

function readCsrDer(der: Uint8Array, rules: KeyRules): ParsedCsr {
  const request = parseRequest(der);
  const key = readPublicKey(request.spki);
  const spkiHash = hash('sha256', request.spki);
  const weakness = keyWeakness(key, spkiHash, rules);
  if (weakness) throw new DeskError('invalid-csr', `The key of the CSR cannot be used: ${weakness}.`);
  checkPossession(request, key);
  const { dnsNames } = readAlternativeNames(request.extensions);
  return {
    der,
    spki: request.spki,
    spkiHash,
    keyAlgorithm: key.algorithm,
    keyBits: key.bits,
    commonName: firstValue(request.subject, 'CN'),
    subject: subjectOf(request.subject),
    emailAddress: firstValue(request.subject, 'emailAddress'),
    attributes: request.subject.flat(),
    dnsNames,
    mustStaple: readMustStaple(request.extensions),
    md5: hash('md5', der),
    sha256: hash('sha256', der),
  };
}

interface Request {
  signed: Uint8Array;
  subject: DistinguishedName;
  spki: Uint8Array;
  extensions: Extension[];
  algorithm: SignatureAlgorithm;
  signature: Uint8Array;
}

/** RFC 2986 §4 */
function parseRequest(der: Uint8Array): Request {
  if (der.length > MAX_OCTETS) throw new DerError(`it has more than ${MAX_OCTETS} bytes`);
  checkStructure(der, STRUCTURE);
  const { tbs, algorithm, signature } = readSigned(der, 'the request');
  const fields = inside(tbs);
  if (readSmallInteger(fields.next(TAG.integer, 'the version')) !== 0) throw new DerError('the version is not 1');
  const subject = readName(fields.next(TAG.sequence, 'the subject'));
  const spki = whole(fields.next(TAG.sequence, 'the public key'));
  // Required by the RFC, yet left out by some clients; OpenSSL reads them too.
  const attributes = fields.optional(constructedContextTag(0));
  fields.done('the request information');
  checkCommonNames(subject);
  const extensions = attributes ? readRequestedExtensions(attributes) : [];
  return { signed: whole(tbs), subject, spki, extensions, algorithm, signature };
}

/** With two of them, programs disagree about which one counts. */
function checkCommonNames(subject: DistinguishedName): void {
  if (subject.flat().filter(({ type }) => type === 'CN').length > 1) {
    throw new DerError('the subject has more than one common name');
  }
}

function readRequestedExtensions(element: DerElement): Extension[] {
  const attributes = inside(element);
  let extensions: Extension[] | null = null;
  for (let count = 0; attributes.more; count++) {
    if (count === MAX_ATTRIBUTES) throw new DerError(`there are more than ${MAX_ATTRIBUTES} attributes`);
    const fields = inside(attributes.next(TAG.sequence, 'an attribute'));
    const oid = readOid(fields.next(TAG.oid, 'the type of an attribute'));
    const values = inside(fields.next(TAG.set, 'the values of an attribute'));
    fields.done('an attribute');
    if (!EXTENSION_REQUESTS.includes(oid)) continue;
    if (extensions) throw new DerError('there is more than one extension request');
    extensions = readExtensions(values.next(TAG.sequence, 'the extension request'));
    values.done('the extension request');
  }
  return extensions ?? [];
}

function checkPossession({ algorithm, signed, signature }: Request, key: PublicKey): void {
  if (algorithm.key !== key.algorithm) throw new DerError(`an ${key.algorithm} key cannot sign with ${algorithm.name}`);
  let matches: boolean;
  try {
    matches = verifySignature(algorithm, key.spki, signed, signature);
  } catch {
    // OpenSSL checks at import that a point lies on its curve (BR 6.1.6).
    const ecdsa = key.algorithm === 'ECDSA';
    throw new DerError(ecdsa ? 'the public key is not a point on its curve' : 'the public key is malformed');
  }
  if (!matches) throw new DeskError('invalid-csr', 'The signature of the CSR does not match its key.');
}
