import {
  constructedContextTag,
  content,
  contextTag,
  type DerCursor,
  type DerElement,
  DerError,
  inside,
  readWhole,
  TAG,
} from './der-reader.ts';
import { readBoolean, readNamedBits, readOid, readSmallInteger, readString } from './der-values.ts';
import {
  type AlternativeNames,
  type Extension,
  findExtension,
  readAlternativeNames,
  readMustStaple,
} from './extensions.ts';
import { ACCESS, EXTENSION } from './oids.ts';

/** The extensions of a certificate that matter here, decoded (RFC 5280 §4.2.1); empty or null where absent. */
export interface CertificateExtensions {
  alternativeNames: AlternativeNames;
  /** Lower-case hex. */
  authorityKeyId: string | null;
  subjectKeyId: string | null;
  /** `digitalSignature`, `keyEncipherment` …, in the order of RFC 5280 §4.2.1.3. */
  keyUsage: string[];
  /** Dotted OIDs. */
  extendedKeyUsage: string[];
  policies: string[];
  /** URIs. */
  crlDistributionPoints: string[];
  caIssuers: string[];
  ocsp: string[];
  basicConstraints: { ca: boolean; pathLength: number | null } | null;
  mustStaple: boolean;
}

const OCSP = '1.3.6.1.5.5.7.48.1';
const URI = contextTag(6);

const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

/** @throws DerError where one of them is malformed. */
export function readCertificateExtensions(extensions: readonly Extension[]): CertificateExtensions {
  const access = readAccess(sequenceOf(extensions, EXTENSION.authorityInformationAccess));
  return {
    alternativeNames: readAlternativeNames(extensions),
    authorityKeyId: readAuthorityKeyId(extensions),
    subjectKeyId: readSubjectKeyId(extensions),
    keyUsage: readKeyUsage(extensions),
    extendedKeyUsage: items(sequenceOf(extensions, EXTENSION.extendedKeyUsage)).map(readPurpose),
    policies: items(sequenceOf(extensions, EXTENSION.certificatePolicies)).map(readPolicy),
    crlDistributionPoints: items(sequenceOf(extensions, EXTENSION.crlDistributionPoints)).flatMap(
      readDistributionPoint,
    ),
    caIssuers: access.filter(({ method }) => method === ACCESS.caIssuers).map(({ uri }) => uri),
    ocsp: access.filter(({ method }) => method === OCSP).map(({ uri }) => uri),
    basicConstraints: readBasicConstraints(extensions),
    mustStaple: readMustStaple(extensions),
  };
}

/** A cursor over the SEQUENCE that an extension holds; null where it is absent. */
function sequenceOf(extensions: readonly Extension[], oid: string): DerCursor | null {
  const extension = findExtension(extensions, oid);
  return extension ? inside(readWhole(extension.value, TAG.sequence, `the extension ${oid}`)) : null;
}

function items(cursor: DerCursor | null): DerElement[] {
  const elements: DerElement[] = [];
  while (cursor?.more) elements.push(cursor.any());
  return elements;
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}

/** keyIdentifier of the authorityKeyIdentifier (RFC 5280 §4.2.1.1), lower-case hex. @throws DerError */
export function readAuthorityKeyId(extensions: readonly Extension[]): string | null {
  const identifier = sequenceOf(extensions, EXTENSION.authorityKeyIdentifier)?.optional(contextTag(0));
  return identifier ? hex(content(identifier)) : null;
}

function readSubjectKeyId(extensions: readonly Extension[]): string | null {
  const extension = findExtension(extensions, EXTENSION.subjectKeyIdentifier);
  return extension ? hex(content(readWhole(extension.value, TAG.octetString, 'the subject key identifier'))) : null;
}

function readKeyUsage(extensions: readonly Extension[]): string[] {
  const extension = findExtension(extensions, EXTENSION.keyUsage);
  if (!extension) return [];
  return readNamedBits(readWhole(extension.value, TAG.bitString, 'the key usage')).map((bit) => {
    const usage = KEY_USAGES[bit];
    if (!usage) throw new DerError('the key usage names an unknown bit');
    return usage;
  });
}

function readPurpose(element: DerElement): string {
  if (element.tag !== TAG.oid) throw new DerError('an extended key usage is not an object identifier', element.start);
  return readOid(element);
}

function readPolicy(element: DerElement): string {
  if (element.tag !== TAG.sequence) throw new DerError('a policy is malformed', element.start);
  return readOid(inside(element).next(TAG.oid, 'the identifier of a policy'));
}

/** URIs in the fullName of a DistributionPoint (RFC 5280 §4.2.1.13). @throws DerError */
export function readDistributionPoint(element: DerElement): string[] {
  const name = inside(element).optional(constructedContextTag(0));
  const fullName = name ? inside(name).optional(constructedContextTag(0)) : null;
  return fullName
    ? items(inside(fullName))
        .filter(({ tag }) => tag === URI)
        .map(readUri)
    : [];
}

function readAccess(cursor: DerCursor | null): { method: string; uri: string }[] {
  return items(cursor).flatMap((element) => {
    const fields = inside(element);
    const method = readOid(fields.next(TAG.oid, 'an access method'));
    const location = fields.any();
    return location.tag === URI ? [{ method, uri: readUri(location) }] : [];
  });
}

function readUri(element: DerElement): string {
  return readString({ ...element, tag: TAG.ia5String });
}

function readBasicConstraints(extensions: readonly Extension[]): CertificateExtensions['basicConstraints'] {
  const fields = sequenceOf(extensions, EXTENSION.basicConstraints);
  if (!fields) return null;
  const ca = fields.optional(TAG.boolean);
  const pathLength = fields.optional(TAG.integer);
  fields.done('the basic constraints');
  return { ca: ca ? readBoolean(ca) : false, pathLength: pathLength ? readSmallInteger(pathLength) : null };
}
