import { type CertificateDetails, readCertificateDetails } from '../../../pki/certificate-reader.ts';
import { isSignedBy } from '../../../pki/signature-algorithms.ts';
import { toPem } from '../../../pki/pem.ts';
import { CallFailure } from '../call.ts';
import { isSelfSigned } from './records.ts';

/** Certificates in one text. */

const MOST = 20;
const BLOCK = /-----BEGIN (?:X509 )?CERTIFICATE-----[^-]*-----END (?:X509 )?CERTIFICATE-----/g;

/**
 * The certificates of a PEM text in their order, or one in bare base64.
 * @throws CallFailure for none or too many, DeskError `invalid-value` for one that cannot be read
 */
export function readCertificates(text: string, argument: string): CertificateDetails[] {
  const blocks = text.match(BLOCK) ?? [text];
  if (blocks.length > MOST) throw new CallFailure(`The “${argument}” argument holds more than ${MOST} certificates.`);
  return blocks.map((block) => readCertificateDetails(block));
}

/**
 * What stands above the leaf, in order from its issuer on; certificates of other chains are left out.
 * @throws CallFailure where none of them has issued it
 */
export function chainAbove(leaf: CertificateDetails, others: readonly CertificateDetails[]): CertificateDetails[] {
  const chain: CertificateDetails[] = [];
  let below = leaf;
  for (let at = 0; at < others.length; at++) {
    if (isSelfSigned(below)) break;
    const above = others.find((one) => isSignedBy(below, one.parsed.spki));
    if (above === undefined) break;
    chain.push(above);
    below = above;
  }
  if (others.length > 0 && chain.length === 0 && !isSelfSigned(leaf)) {
    throw new CallFailure('The certificate authority bundle does not match the certificate.');
  }
  return chain;
}

/** As servers send it: without a root. Null for nothing. */
export function bundleOf(chain: readonly CertificateDetails[]): string | null {
  const sent = chain.filter((one) => !isSelfSigned(one));
  const pem = sent.map(({ parsed }) => toPem('CERTIFICATE', parsed.der)).join('');
  return pem === '' ? null : pem;
}
