import type { ParsedCsr } from '../../core/ports.ts';
import type { Product } from '../../core/products.ts';
import type { AccountSettings, CertificateWishes } from '../../core/records.ts';
import { readCaCert } from './ca-certs.ts';
import type { CertificateExtra } from './carried.ts';
import type { CertificateBody } from './order-body.ts';
import { csrText } from './pem.ts';
import { readWishes } from './profile.ts';
import type { World } from './world.ts';

/** What `certificate` of an order, a reissue or a duplicate asks for. */
export interface AskedCertificate {
  csr: ParsedCsr;
  /** As it stands in certificates: A-labels. */
  commonName: string;
  otherNames: string[];
  wishes: CertificateWishes | null;
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
  product: Product | null,
): Promise<AskedCertificate> {
  const { names: policy, pki } = world.context;
  const internal = product?.privateNames === true;
  const commonName = policy.normalise(body.common_name, 'certificate.common_name', internal);
  const others = (body.dns_names ?? []).map((name, index) =>
    policy.normalise(name, `certificate.dns_names[${index}]`, internal),
  );
  const wishes = readWishes(world, body, product);
  const caCertId = await readCaCert(world, body.ca_cert_id, settings.issuerChoice);
  return {
    csr: await pki.readCsr(csrText(body.csr)),
    commonName,
    otherNames: [...new Set(others)].filter((name) => name !== commonName),
    wishes,
    extra: {
      serverPlatform: body.server_platform?.id ?? -1,
      signatureHash: wishes?.signatureHash ?? 'sha256',
      organizationUnits: body.organization_units ?? [],
      ...(body.profile_option === undefined ? {} : { profileOption: body.profile_option }),
      ...(caCertId === undefined ? {} : { caCertId }),
    },
  };
}
