import type { KeptFile, SubscriberKey } from '../../../core/records.ts';
import { SECOND } from '../../../core/time.ts';
import { type KeyNumbers, keyMarks } from './key-numbers.ts';

/**
 * Ids as the vendor forms them. Their last 32 digits are the beginning of the hash by which the record is found:
 * SHA-256 of the public key for keys, of the DER for requests and certificates.
 */

const HASH_DIGITS = 32;

/** `<5 digits>_<5 digits>_<32 digits>` */
export function keyIdOf(key: Pick<SubscriberKey, 'spkiHash'>, numbers: KeyNumbers): string {
  return `${keyMarks(numbers)}_${key.spkiHash.slice(0, HASH_DIGITS)}`;
}

type Named = Pick<KeptFile, 'commonName' | 'names' | 'fingerprint' | 'notAfter' | 'type'>;

/** `<name with _ for .>_<5 digits>_<5 digits>_[<end, seconds>_]<32 digits>` */
export function fileIdOf(file: Named, numbers: KeyNumbers): string {
  const name = (file.commonName ?? file.names[0] ?? 'unnamed').replaceAll(/[^A-Za-z0-9-]/g, '_').slice(0, 255);
  const end = file.type === 'certificate' ? `${Math.floor((file.notAfter ?? 0) / SECOND)}_` : '';
  return `${name}_${keyMarks(numbers)}_${end}${file.fingerprint.slice(0, HASH_DIGITS).toLowerCase()}`;
}

const ID = /^(?:[A-Za-z0-9_-]{1,255}_)?[0-9a-f]{5}_[0-9a-f]{5}_(?:[0-9]{1,15}_)?([0-9a-f]{32})$/;

/** The digits of the hash that an id ends with; null where it is no id. */
export function hashInId(id: string): string | null {
  return ID.exec(id)?.[1] ?? null;
}
