import { X509Certificate } from 'node:crypto';
import type { IssueAsk } from '../../core/ports.ts';
import { type Instant, MINUTE } from '../../core/time.ts';
import { canonicalAddress } from '../../pki/addresses.ts';
import { type CertificateDetails, readCertificateDetails } from '../../pki/certificate-reader.ts';
import { textsOf } from '../../pki/extensions.ts';
import { sameNames } from './identifiers.ts';

/** A chain as a CA delivers it. */
export interface Delivered {
  leaf: Uint8Array;
  /** Above the leaf, issuing one first. DER. */
  above: Uint8Array[];
}

const MAX_CERTIFICATES = 10;
const BLOCK = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]{1,200000})-----END CERTIFICATE-----/g;

/**
 * Certificates of an `application/pem-certificate-chain` (RFC 8555 §9.1), leaf first.
 * @returns null where there is none, or too many, or anything that is no certificate between them
 */
export function readDelivered(pem: string): Delivered | null {
  const blocks = [...pem.matchAll(BLOCK)].map((match) => Buffer.from(match[1] ?? '', 'base64'));
  const rest = pem.replaceAll(BLOCK, '').trim();
  const [leaf, ...above] = blocks;
  if (leaf === undefined || blocks.length > MAX_CERTIFICATES || rest !== '') return null;
  return { leaf, above };
}

/** Allowed difference between the CA's clock and ours. */
const CLOCKS_DIFFER = 5 * MINUTE;

/** The order has been finished for somebody else. */
export const OTHER_KEY = 'it is for another key';

/**
 * What is wrong with a certificate that was delivered for the ask; null where nothing is. Its key must be the CSR's,
 * its names exactly those asked for, it must be valid now, and be signed by the chain that came with it.
 */
export function wrongWith(
  { leaf, above }: Delivered,
  ask: Pick<IssueAsk, 'spki' | 'names'>,
  now: Instant,
): string | null {
  let details: CertificateDetails;
  try {
    details = readCertificateDetails(leaf);
  } catch (error) {
    return (error as Error).message;
  }
  const { parsed, known } = details;
  if (Buffer.compare(parsed.spki, ask.spki) !== 0) return OTHER_KEY;
  const names = textsOf(known.alternativeNames);
  if (!sameNames(names, ask.names)) return 'it is for other names than ordered';
  const commonName = parsed.commonName?.toLowerCase();
  if (commonName !== undefined && !names.includes(canonicalAddress(commonName) ?? commonName)) {
    return 'its common name is not among its names';
  }
  if (known.basicConstraints?.ca === true) return 'it is a CA certificate';
  if (parsed.notBefore > now + CLOCKS_DIFFER || parsed.notAfter <= now) return 'it is not valid now';
  return wrongWithChain([leaf, ...above]);
}

/** RFC 8555 §9.1: each certificate certifies the one before it. */
function wrongWithChain(chain: readonly Uint8Array[]): string | null {
  if (chain.length < 2) return 'it came without the certificate of its issuer';
  let certificates: X509Certificate[];
  try {
    certificates = chain.map((der) => new X509Certificate(der));
  } catch {
    return 'its chain cannot be read';
  }
  for (const [index, issuer] of certificates.slice(1).entries()) {
    const subject = certificates[index] as X509Certificate;
    if (!issuer.ca || !subject.checkIssued(issuer) || !subject.verify(issuer.publicKey)) {
      return 'its chain does not certify it';
    }
  }
  return null;
}

/** Whether the topmost certificate of the chain was issued by a CA with this common name, or is it. */
export function endsAt({ leaf, above }: Delivered, commonName: string): boolean {
  try {
    const { issuer } = readCertificateDetails(above.at(-1) ?? leaf);
    return issuer.flat().some(({ type, value }) => type === 'CN' && value === commonName);
  } catch {
    return false;
  }
}
