import { invalidParameter } from './errors.ts';
import type { World } from './world.ts';

/** An issuing CA as products and orders name it. */
export interface CaCert {
  /** The beginning of the certificate's SHA-1 thumbprint. */
  id: string;
  name: string;
}

/** The CAs that issue here. */
export async function issuingCas(world: World): Promise<CaCert[]> {
  const { store, pki } = world.context;
  const keys = await store.find('caKeys', { name: 'intermediate', retiredAt: null });
  return keys.map(({ certificate }) => {
    const { sha1, commonName } = pki.readCertificate(certificate);
    return { id: sha1.slice(0, 16), name: commonName ?? '' };
  });
}

/**
 * `ca_cert_id` as it is kept: not looked at unless the account may choose its issuing CA, as clients send other things
 * in it.
 * @throws VendorError `invalid_value:certificate.ca_cert_id`
 */
export async function readCaCert(
  world: World,
  id: string | undefined,
  mayChoose: boolean,
): Promise<string | undefined> {
  if (id === undefined || !mayChoose) return undefined;
  const known = await issuingCas(world);
  if (known.some((ca) => ca.id === id.toUpperCase())) return id.toUpperCase();
  throw invalidParameter('certificate.ca_cert_id', `It must be one of ${known.map((ca) => ca.id).join(', ')}`);
}
