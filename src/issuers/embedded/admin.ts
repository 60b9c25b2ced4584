import { X509Certificate } from 'node:crypto';
import { DeskError } from '../../core/errors.ts';
import type { CaKey } from '../../core/records.ts';
import type { Store } from '../../core/store.ts';
import type { Instant } from '../../core/time.ts';
import { toPem } from '../../pki/pem.ts';
import { readKeys } from './ca.ts';

/** What the command line tells of the CA. Nothing here needs a private key. */
export interface CaSummary {
  name: string;
  subject: string;
  /** Upper-case hex. */
  serial: string;
  /** SHA-256 over the DER, upper-case hex. */
  fingerprint: string;
  /** `P-256`, `RSA-2048` … */
  keyType: string;
  notBefore: Instant;
  notAfter: Instant;
}

/** Root first. @throws DeskError `not-found` where there is no CA yet */
export async function showCa(store: Pick<Store, 'find'>): Promise<CaSummary[]> {
  const { root, intermediate } = await neededKeys(store);
  return [root, intermediate].map(summaryOf);
}

/** PEM of one certificate, or of both with the intermediate first (`chain`). @throws DeskError `not-found` */
export async function exportCa(store: Pick<Store, 'find'>, what: 'root' | 'intermediate' | 'chain'): Promise<string> {
  const { root, intermediate } = await neededKeys(store);
  const chosen = { root: [root], intermediate: [intermediate], chain: [intermediate, root] }[what];
  return chosen.map(({ certificate }) => toPem('CERTIFICATE', certificate)).join('');
}

/** The CA keys in use. @throws DeskError `not-found` where there is no CA yet */
export async function neededKeys(store: Pick<Store, 'find'>): Promise<{ root: CaKey; intermediate: CaKey }> {
  const keys = await readKeys(store);
  if (keys === null)
    throw new DeskError('not-found', 'There is no CA yet; start the server once, or run `chancery init`');
  return keys;
}

function summaryOf({ name, certificate }: CaKey): CaSummary {
  const read = new X509Certificate(certificate);
  return {
    name,
    subject: read.subject.split('\n').join(', '),
    serial: read.serialNumber,
    fingerprint: read.fingerprint256.replaceAll(':', ''),
    keyType: keyTypeOf(read),
    notBefore: Date.parse(read.validFrom),
    notAfter: Date.parse(read.validTo),
  };
}

function keyTypeOf({ publicKey }: X509Certificate): string {
  const details = publicKey.asymmetricKeyDetails;
  if (publicKey.asymmetricKeyType === 'rsa') return `RSA-${details?.modulusLength}`;
  return details?.namedCurve === 'prime256v1' ? 'P-256' : String(details?.namedCurve);
}
