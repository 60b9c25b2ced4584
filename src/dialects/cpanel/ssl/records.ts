import type { KeptFile, SubscriberKey } from '../../../core/records.ts';
import { SECOND } from '../../../core/time.ts';
import { type CertificateDetails, readCertificateDetails } from '../../../pki/certificate-reader.ts';
import { POLICY } from '../../../pki/oids.ts';
import { isSignedBy } from '../../../pki/signature-algorithms.ts';
import { fileIdOf, keyIdOf } from './ids.ts';
import { type KeyNumbers, keyNumbers } from './key-numbers.ts';
import { dotted, nameLines } from './names-of.ts';

/** Records as the API shows them. Times are whole seconds since 1970. */

export function seconds(at: number): number {
  return Math.floor(at / SECOND);
}

export interface KeyRecord extends KeyNumbers {
  created: number;
  friendly_name: string;
  id: string;
}

export function keyRecord(key: SubscriberKey): KeyRecord {
  const numbers = keyNumbers(key.spki);
  return { created: seconds(key.createdAt), friendly_name: key.label, id: keyIdOf(key, numbers), ...numbers };
}

/** A request; `numbers` of its key. */
export function csrRecord(file: KeptFile, numbers: KeyNumbers) {
  const { modulus_length: _, ...shown } = numbers;
  return {
    commonName: file.commonName,
    created: seconds(file.createdAt),
    domains: file.names,
    friendly_name: file.label,
    id: fileIdOf(file, numbers),
    ...shown,
  };
}

const ALWAYS = ['commonName', 'organizationName'];

/** What a certificate itself says. */
export function certificateMembers(details: CertificateDetails) {
  const { parsed, issuer, subject, signatureAlgorithm } = details;
  return {
    ...keyNumbers(parsed.spki),
    domains: domainsOf(details),
    is_self_signed: isSelfSigned(details) ? 1 : 0,
    ...dotted('issuer', issuer, ALWAYS),
    issuer_text: nameLines(issuer),
    not_after: seconds(parsed.notAfter),
    not_before: seconds(parsed.notBefore),
    serial: parsed.serial.toLowerCase(),
    signature_algorithm: signatureAlgorithm.name,
    ...dotted('subject', subject, ['commonName']),
    subject_text: nameLines(subject),
    validation_type: validationType(details),
  };
}

export function certificateRecord(file: KeptFile, details: CertificateDetails = readCertificateDetails(file.der)) {
  return {
    created: seconds(file.createdAt),
    friendly_name: file.label,
    id: fileIdOf(file, keyNumbers(details.parsed.spki)),
    ...certificateMembers(details),
  };
}

/** Names of the SAN; the common name where there are none. */
export function domainsOf({ parsed: { dnsNames, commonName } }: CertificateDetails): string[] {
  if (dnsNames.length > 0) return dnsNames;
  return commonName === null ? [] : [commonName.toLowerCase()];
}

export function isSelfSigned({
  parsed,
  tbs,
  signature,
  signatureAlgorithm,
  issuer,
  subject,
}: CertificateDetails): boolean {
  if (JSON.stringify(issuer) !== JSON.stringify(subject)) return false;
  return isSignedBy({ tbs, signature, signatureAlgorithm }, parsed.spki);
}

const TYPES = [
  [POLICY.EV, 'ev'],
  [POLICY.OV, 'ov'],
  [POLICY.DV, 'dv'],
] as const;

/** By the reserved policies (BR 7.1.6.1); null where there is none. */
function validationType({ known }: CertificateDetails): 'dv' | 'ov' | 'ev' | null {
  return TYPES.find(([policy]) => known.policies.includes(policy))?.[1] ?? null;
}
