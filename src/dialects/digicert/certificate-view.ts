import type { Certificate, CertificateRequest } from '../../core/records.ts';
import type { Instant } from '../../core/time.ts';
import { certificateExtra, type ValidityMembers } from './carried.ts';
import { crlfPem } from './pem.ts';
import { serverPlatform } from './server-platforms.ts';
import { daysUntil, formatDate, formatTimestamp } from './times.ts';
import type { World } from './world.ts';

/** A certificate that was made, or the request that is to make it: of the same id. */
export interface Made {
  request: CertificateRequest;
  certificate: Certificate | null;
}

/** Members that only an issued certificate has. */
export function issuedMembers(certificate: Certificate | null, now: Instant) {
  if (certificate === null) return {};
  return {
    thumbprint: certificate.sha1,
    serial_number: certificate.serial,
    valid_from: formatDate(certificate.notBefore),
    valid_till: formatDate(certificate.notAfter),
    days_remaining: Math.max(0, daysUntil(certificate.notAfter, now)),
  };
}

/** The names that a certificate has, or is to have. Left out where there are none. */
export function nameMembers({ request, certificate }: Made) {
  const names = certificate?.names ?? request.names;
  return {
    common_name: certificate?.commonName ?? request.commonName,
    ...(names.length === 0 ? {} : { dns_names: names }),
  };
}

/** How an issued certificate stands. */
export function certificateStatus(certificate: Certificate, now: Instant): 'issued' | 'revoked' | 'expired' {
  if (certificate.state === 'revoked') return 'revoked';
  return certificate.state === 'expired' || certificate.notAfter <= now ? 'expired' : 'issued';
}

/** How long a certificate was asked to live, in the unit that was used; a year where nothing was told. */
export function certValidity(request: CertificateRequest): ValidityMembers {
  return certificateExtra(request).certValidity ?? { years: 1 };
}

/** `certificate` of an order, but for `status`. */
export async function certificateMembers(world: World, made: Made, organizationId: number | null) {
  const { request, certificate } = made;
  const extra = certificateExtra(request);
  const issuing = certificate === null ? null : await issuingCertificate(world, certificate);
  const issuedAt = certificate === null ? {} : { date_issued: formatTimestamp(certificate.createdAt) };
  return {
    id: request.id,
    ...issuedMembers(certificate, world.context.clock.now()),
    ...nameMembers(made),
    date_created: formatTimestamp(request.createdAt),
    ...issuedAt,
    ...csrMember(request),
    ...(organizationId === null ? {} : { organization: { id: organizationId } }),
    cert_validity: certValidity(request),
    organization_units: extra.organizationUnits,
    server_platform: serverPlatform(extra.serverPlatform),
    signature_hash: extra.signatureHash,
    ...(extra.profileOption === undefined ? {} : { profile_option: extra.profileOption }),
    ...(certificate === null ? {} : { key_size: certificate.keyBits }),
    ...(issuing === null ? {} : { ca_cert: issuing }),
  };
}

export function csrMember({ csr }: CertificateRequest) {
  return csr === null ? {} : { csr: crlfPem('CERTIFICATE REQUEST', csr) };
}

/** `ca_cert`: the certificate above, named by the beginning of its thumbprint. */
export async function issuingCertificate(
  world: World,
  { issuer, der }: Pick<Certificate, 'issuer' | 'der'>,
): Promise<{ id: string; name: string } | null> {
  const [above] = (await world.context.issuers.get(issuer)?.chain(der)) ?? [];
  if (above === undefined) return null;
  const { sha1, commonName } = world.context.pki.readCertificate(above);
  return { id: sha1.slice(0, 16), name: commonName ?? '' };
}
