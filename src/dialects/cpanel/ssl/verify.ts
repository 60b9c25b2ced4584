import type { Instant } from '../../../core/time.ts';
import type { CertificateDetails } from '../../../pki/certificate-reader.ts';
import { isSelfSigned } from './records.ts';

/** OpenSSL's name for what speaks against a certificate that is installed; empty where nothing does. */
export function verifyError(details: CertificateDetails, hasChain: boolean, now: Instant): string {
  const { notBefore, notAfter } = details.parsed;
  if (now < notBefore) return 'CERT_NOT_YET_VALID';
  if (now > notAfter) return 'CERT_HAS_EXPIRED';
  if (isSelfSigned(details)) return 'DEPTH_ZERO_SELF_SIGNED_CERT';
  return hasChain ? '' : 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY';
}
