import { type CertificateDetails, readCertificateDetails } from '../../../pki/certificate-reader.ts';
import { isSignedBy } from '../../../pki/signature-algorithms.ts';
import type { World } from '../world.ts';
import { isSelfSigned } from './records.ts';

/** What an issuer of the desk knows above a certificate that it has signed; empty where none has. */
export async function knownChain(world: World, leaf: CertificateDetails): Promise<CertificateDetails[]> {
  if (isSelfSigned(leaf)) return [];
  for (const issuer of world.issuers.values()) {
    const chain = (await issuer.chain(leaf.parsed.der)).map((der) => readCertificateDetails(der));
    const [above] = chain;
    if (above !== undefined && isSignedBy(leaf, above.parsed.spki)) return chain;
  }
  return [];
}
