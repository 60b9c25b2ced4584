import { invalidValue } from './errors.ts';
import type { Issuer } from './ports.ts';
import type { Product } from './products.ts';
import type { CertificateWishes } from './records.ts';

/** Whether an issuer fulfils all that is wished for. */
export function fulfils({ offers }: Pick<Issuer, 'offers'>, wishes: CertificateWishes | null): boolean {
  if (wishes === null) return true;
  const { extras, signatureHash } = wishes;
  const hashed = signatureHash === null || offers?.signatureHashes.includes(signatureHash) === true;
  return hashed && extras.every((extra) => offers?.extras.includes(extra) === true);
}

/**
 * Refuses what no issuer of the product would fulfil, before anything is placed.
 * @throws DeskError `invalid-value` on `wishes.signatureHash` or `wishes.extras`
 */
export function refuseWishes(
  issuers: ReadonlyMap<string, Issuer>,
  product: Product,
  wishes: CertificateWishes | null,
  key: 'RSA' | 'ECDSA',
): void {
  if (wishes === null) return;
  if (key !== 'RSA' && wishes.extras.includes('data-encipherment')) {
    throw invalidValue('wishes.extras', 'Only an RSA key enciphers data (BR 7.1.2.7.11)', 'data-encipherment');
  }
  const configured = product.issuers.flatMap((name) => issuers.get(name) ?? []);
  if (configured.some((issuer) => fulfils(issuer, wishes))) return;
  const { signatureHash } = wishes;
  if (signatureHash !== null && !configured.some((one) => fulfils(one, { extras: [], signatureHash }))) {
    throw invalidValue('wishes.signatureHash', 'The issuer does not sign over this hash', signatureHash);
  }
  throw invalidValue('wishes.extras', 'The issuer does not put this into certificates', wishes.extras.join(', '));
}
