import { DeskError } from '../core/errors.ts';
import { DerError, inside, readWhole, TAG } from './der-reader.ts';
import { readOctetBits } from './der-values.ts';

/** Pieces of a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). */

const RSA_IDENTIFIER = Buffer.from('300d06092a864886f70d0101010500', 'hex');

/** Whether the SPKI (DER) holds an RSA key. */
export function isRsaKey(spki: Uint8Array): boolean {
  const length = spki[1] ?? 0;
  const header = length < 0x80 ? 2 : 2 + (length & 0x7f);
  for (let index = 0; index < RSA_IDENTIFIER.length; index++) {
    if (spki[header + index] !== RSA_IDENTIFIER[index]) return false;
  }
  return true;
}

/** The key itself: content of the BIT STRING. @throws DeskError `invalid-value` */
export function publicKeyBits(spki: Uint8Array): Uint8Array {
  try {
    const cursor = inside(readWhole(spki, TAG.sequence, 'the public key'));
    cursor.next(TAG.sequence, 'the algorithm');
    return readOctetBits(cursor.next(TAG.bitString, 'the key'));
  } catch (cause) {
    if (cause instanceof DerError)
      throw new DeskError('invalid-value', `Not a public key: ${cause.message}`, { cause });
    throw cause;
  }
}
