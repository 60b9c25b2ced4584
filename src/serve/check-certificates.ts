import { X509Certificate } from 'node:crypto';
import type { CaKey, Certificate, Issuance } from '../core/records.ts';
import type { Store } from '../core/store.ts';
import { readChain } from '../issuers/acme/chains.ts';

/** Name of the issuer whose certificates can be checked here. */
const EMBEDDED = 'embedded';

/**
 * Holds every stored certificate of the embedded CA against the CA and the record of its issuance: signature, serial,
 * names, dates, and that the serial was on record before; one of a CA outside against the chain that came with it.
 * Imported ones are left out. Calls `advance` for each.
 */
export async function checkCertificates(
  store: Store,
  advance: () => void,
): Promise<{ checked: number; faults: string[] }> {
  const cas = (await store.find('caKeys', { name: 'intermediate' })).map(({ certificate }: CaKey) =>
    issuingOf(certificate),
  );
  const ofOwn = async (certificate: Certificate): Promise<string | null> => {
    const [issuance] = await store.find('issuances', { serial: certificate.serial });
    return faultOf(certificate, cas) ?? faultOfIssuance(certificate, issuance);
  };
  const ofOutside = async (certificate: Certificate): Promise<string | null | undefined> => {
    const [issuing] = await readChain(store, certificate.der);
    return issuing === undefined ? undefined : faultOf(certificate, [issuingOf(issuing)]);
  };
  const faults: string[] = [];
  let checked = 0;
  for await (const certificate of store.walk('certificates')) {
    advance();
    const fault = certificate.issuer === EMBEDDED ? await ofOwn(certificate) : await ofOutside(certificate);
    if (fault === undefined) continue;
    checked += 1;
    if (fault !== null) faults.push(`certificate ${certificate.id} (${certificate.serial}): ${fault}`);
  }
  return { checked, faults };
}

type IssuingCa = { certificate: X509Certificate; key: X509Certificate['publicKey'] };

function issuingOf(certificate: Uint8Array): IssuingCa {
  const read = new X509Certificate(certificate);
  return { certificate: read, key: read.publicKey };
}

function faultOf(record: Certificate, cas: readonly IssuingCa[]): string | null {
  let read: X509Certificate;
  try {
    read = new X509Certificate(record.der);
  } catch {
    return 'the stored bytes are no certificate';
  }
  if (!cas.some((ca) => read.checkIssued(ca.certificate) && read.verify(ca.key))) return 'not signed by this CA';
  if (read.serialNumber.padStart(record.serial.length, '0') !== record.serial) return 'its serial is another';
  if (read.fingerprint256.replaceAll(':', '') !== record.fingerprint) return 'its fingerprint is another';
  if (Date.parse(read.validFrom) !== record.notBefore) return 'its start is another';
  if (Date.parse(read.validTo) !== record.notAfter) return 'its end is another';
  const names = new Set(read.subjectAltName?.split(', ').map((name) => name.replace(/^DNS:/, '')));
  if (record.names.length !== names.size || !record.names.every((name) => names.has(name)))
    return 'its names are others';
  return null;
}

function faultOfIssuance(record: Certificate, issuance: Issuance | undefined): string | null {
  if (issuance === undefined) return 'its serial was never put on record';
  return issuance.requestId === record.requestId ? null : 'its serial is on record for another request';
}
