import { createPublicKey, sign, type KeyObject } from 'node:crypto';
import { DeskError } from '../core/errors.ts';
import type { SignatureHash } from '../core/records.ts';

/** How a CA of ours signs. Each name fixes digest and padding. */
export type SignatureAlgorithm = 'ecdsa-sha256' | 'rsa-sha256' | 'rsa-sha384' | 'rsa-sha512';

/** Hashes that a key may sign over; the first is used where nothing else is asked (BR 7.1.3.2: P-256 has one). */
export function hashesOf(algorithm: SignatureAlgorithm): readonly SignatureHash[] {
  return algorithm.startsWith('rsa') ? ['sha256', 'sha384', 'sha512'] : ['sha256'];
}

/** How a key that signs with `usual` signs over another hash. @throws DeskError `invalid-value` where it cannot */
export function algorithmOver(usual: SignatureAlgorithm, hash: SignatureHash | null): SignatureAlgorithm {
  if (hash === null || usual.endsWith(hash)) return usual;
  if (!hashesOf(usual).includes(hash)) {
    throw new DeskError('invalid-value', `The key of the CA does not sign over ${hash}`, { field: 'signatureHash' });
  }
  return `rsa-${hash}`;
}

/** A key that signs certificates and CRLs, wherever it lives: this process, a worker thread, an HSM, a KMS. */
export interface Signer {
  readonly algorithm: SignatureAlgorithm;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /**
   * The signature over the octets: ECDSA-Sig-Value in DER, or PKCS #1 v1.5. The hash is SHA-256 where it is not told.
   * @throws DeskError `issuer-unavailable` where a later try may succeed.
   */
  sign(tbs: Uint8Array, hash?: SignatureHash): Promise<Uint8Array>;
}

/** Signs at once in this thread. */
export function signNow(key: KeyObject, tbs: Uint8Array, hash: SignatureHash = 'sha256'): Uint8Array {
  return sign(hash, tbs, key);
}

/** What a private key signs with, and its public half. @throws DeskError `invalid-value` for another kind of key. */
export function describeKey(key: KeyObject): Pick<Signer, 'algorithm' | 'publicKey'> {
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' });
  if (key.asymmetricKeyType === 'rsa') return { algorithm: 'rsa-sha256', publicKey };
  if (key.asymmetricKeyType === 'ec') return { algorithm: 'ecdsa-sha256', publicKey };
  throw new DeskError('invalid-value', `A key of type ${key.asymmetricKeyType} cannot sign certificates here`);
}
