import { ECDH } from 'node:crypto';
import { publicKeyBits } from '../../../pki/public-key.ts';
import { readPublicKey } from '../../../pki/keys.ts';

/** What the API shows of a public key; numbers in lower-case hex. */
export interface KeyNumbers {
  key_algorithm: 'rsaEncryption' | 'id-ecPublicKey';
  modulus: string | null;
  /** Bits. */
  modulus_length: number | null;
  ecdsa_curve_name: string | null;
  /** The point in its compressed form. */
  ecdsa_public: string | null;
}

const CURVES = { 256: 'prime256v1', 384: 'secp384r1', 521: 'secp521r1' } as const;

/** Of a SubjectPublicKeyInfo (DER) that was read before. */
export function keyNumbers(spki: Uint8Array): KeyNumbers {
  const key = readPublicKey(spki);
  if (key.algorithm === 'RSA') {
    const modulus = Buffer.from(key.modulus).toString('hex');
    const length = key.bits;
    return {
      key_algorithm: 'rsaEncryption',
      modulus,
      modulus_length: length,
      ecdsa_curve_name: null,
      ecdsa_public: null,
    };
  }
  const curve = CURVES[key.bits];
  const point = ECDH.convertKey(publicKeyBits(spki), curve, undefined, 'hex', 'compressed') as string;
  return {
    key_algorithm: 'id-ecPublicKey',
    modulus: null,
    modulus_length: null,
    ecdsa_curve_name: curve,
    ecdsa_public: point,
  };
}

/** First and last five digits of the modulus, or of the point: what ids show of a key. */
export function keyMarks(numbers: KeyNumbers): string {
  const digits = numbers.modulus ?? (numbers.ecdsa_public as string);
  return `${digits.slice(0, 5)}_${digits.slice(-5)}`;
}
