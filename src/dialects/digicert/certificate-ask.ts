import type { ParsedCsr } from '../../core/ports.ts';
import type { AccountSettings } from '../../core/records.ts';
import { readCaCert } from './ca-certs.ts';
import type { CertificateExtra } from './carried.ts';
import { VendorError } from './errors.ts';
import { SIGNATURE_HASHES, type CertificateBody } from './order-body.ts';
import { csrText } from './pem.ts';
import type { World } from './world.ts';

/** What `certificate` of an order, a reissue or a duplicate asks for. */
export interface AskedCertificate {
  csr: ParsedCsr;
  /** As it stands in certificates: A-labels. */
  commonName: string;
  otherNames: string[];
  /** All but `certValidity`, which the order's term decides. */
  extra: CertificateExtra;
}

/**
 * Reads `certificate`. Of the CSR only the key counts; names are what the body says, and none is added.
 * @throws DeskError `invalid-csr`, `invalid-value`; VendorError `invalid_signature_hash`, `invalid_value:…`
 */
export async function readCertificate(
  world: World,
  body: CertificateBody,
  settings: Pick<AccountSettings, 'issuerChoice'>,
): Promise<AskedCertificate> {
  const { names: policy, pki } = world.context;
  const commonName = policy.normalise(body.common_name, 'certificate.common_name');
  const others = (body.dns_names ?? []).map((name, index) => policy.normalise(name, `certificate.dns_names[${index}]`));
  const signatureHash = readSignatureHash(body.signature_hash);
  const caCertId = await readCaCert(world, body.ca_cert_id, settings.issuerChoice);
  return {
    csr: await pki.readCsr(csrText(body.csr)),
    commonName,
    otherNames: [...new Set(others)].filter((name) => name !== commonName),
    extra: {
      serverPlatform: body.server_platform?.id ?? -1,
      signatureHash,
      organizationUnits: body.organization_units ?? [],
      ...(body.profile_option === undefined ? {} : { profileOption: body.profile_option }),
      ...(caCertId === undefined ? {} : { caCertId }),
    },
  };
}

function readSignatureHash(text = 'sha256'): string {
  const known = SIGNATURE_HASHES.find((hash) => hash === text.toLowerCase().replace('-', ''));
  if (known !== undefined) return known;
  const message = `certificate.signature_hash must be one of ${SIGNATURE_HASHES.join(', ')}.`;
  throw new VendorError(400, 'invalid_signature_hash', message);
}
