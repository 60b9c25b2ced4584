import type { Certificate } from '../../core/records.ts';
import { toPem } from '../../pki/pem.ts';
import type { World } from './world.ts';

/** DER as PEM with the line ends of this vendor, CR LF; clients split a chain at them. */
export function crlfPem(label: string, der: Uint8Array): string {
  return toPem(label, der).replaceAll('\n', '\r\n');
}

/**
 * Text of a CSR as our reader takes it: without a header it may be in the alphabet of base64url, with or without
 * padding, as ACME hands it on.
 */
export function csrText(text: string): string {
  if (text.includes('-----BEGIN')) return text;
  const base64 = text.replaceAll(/\s+/g, '').replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
  return base64.padEnd(Math.ceil(base64.length / 4) * 4, '=');
}

/** DER of a certificate with those above it: leaf first, root last. */
export async function chainOf(
  world: World,
  { issuer, der }: Pick<Certificate, 'issuer' | 'der'>,
): Promise<Uint8Array[]> {
  const above = await world.context.issuers.get(issuer)?.chain(der);
  return [der, ...(above ?? [])];
}

export interface ChainEntry {
  subject_common_name: string;
  pem: string;
}

/** `certificate_chain`: leaf, intermediate, root. */
export async function renderChain(
  world: World,
  certificate: Pick<Certificate, 'issuer' | 'der'>,
): Promise<ChainEntry[]> {
  const chain = await chainOf(world, certificate);
  return chain.map((der) => ({
    subject_common_name: world.context.pki.readCertificate(der).commonName ?? '',
    pem: crlfPem('CERTIFICATE', der),
  }));
}
