import type { KeptFile, SubscriberKey } from '../../../core/records.ts';
import { keyBySpki } from '../../../core/subscriber-keys.ts';
import { readCertificateDetails } from '../../../pki/certificate-reader.ts';
import { toPem } from '../../../pki/pem.ts';
import type { Call } from '../call.ts';
import { DIALECT, type World } from '../world.ts';
import { fileIdOf } from './ids.ts';
import { keyNumbers } from './key-numbers.ts';

/** Requests and certificates as they are kept. */

/** Records that one call lists at most. */
export const MOST_LISTED = 10_000;

/** The public key in a kept request or certificate, DER. */
export function spkiOf(world: World, { type, der }: KeptFile): Uint8Array {
  return type === 'csr' ? world.pki.readKeptCsr(der).spki : readCertificateDetails(der).parsed.spki;
}

export function idOf(world: World, file: KeptFile): string {
  return fileIdOf(file, keyNumbers(spkiOf(world, file)));
}

export function pemOfFile({ type, der }: KeptFile): string {
  return toPem(type === 'csr' ? 'CERTIFICATE REQUEST' : 'CERTIFICATE', der);
}

export function filesOf(
  { actor, world }: Call,
  where: Partial<Pick<KeptFile, 'type' | 'spkiHash'>>,
): Promise<KeptFile[]> {
  const { accountId } = actor;
  return world.store.find('keptFiles', { accountId, dialect: DIALECT, ...where }, { limit: MOST_LISTED });
}

/** The account's key of a kept file; null where it is not kept. */
export function keyOfFile(
  { actor, world }: Pick<Call, 'actor' | 'world'>,
  spkiHash: string,
): Promise<SubscriberKey | null> {
  return keyBySpki(world.store, { accountId: actor.accountId, dialect: DIALECT }, spkiHash);
}

type Owner = Pick<Call, 'actor' | 'world'>;

/**
 * Keeps a certificate; answers with the one on record where the account has it already. `chainPem`: what comes above
 * it, null where that is not known.
 */
export function keepCertificate(
  { actor, world }: Owner,
  ask: { der: Uint8Array; chainPem: string | null; label: string },
): Promise<KeptFile & { isNew: boolean }> {
  const { parsed } = readCertificateDetails(ask.der);
  const { commonName, dnsNames, spkiHash, notBefore, notAfter } = parsed;
  const names = dnsNames.length > 0 || commonName === null ? dnsNames : [commonName.toLowerCase()];
  const { der, chainPem, label } = ask;
  const file = { dialect: DIALECT, type: 'certificate', label, commonName, names } as const;
  return world.keptFiles.keep(actor, { ...file, der: Uint8Array.from(der), chainPem, spkiHash, notBefore, notAfter });
}
