import { explicit, integer, oid, sequence, set } from './der-writer.ts';
import { CMS } from './oids.ts';

/**
 * Certificates as a SignedData that signs nothing (RFC 5652 §5.1, "degenerate"), DER; its PEM label is `PKCS7`.
 * The certificates keep their order, as readers that show a chain expect it.
 */
export function certificatesAsPkcs7(certificates: readonly Uint8Array[]): Uint8Array {
  const signedData = sequence([integer(1), set([]), sequence([oid(CMS.data)]), explicit(0, certificates), set([])]);
  return sequence([oid(CMS.signedData), explicit(0, [signedData])]);
}
