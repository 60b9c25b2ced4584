import { createPublicKey, sign, type KeyObject } from 'node:crypto';
import { DeskError } from '../core/errors.ts';

/** How a CA of ours signs. Each name fixes digest and padding. */
export type SignatureAlgorithm = 'ecdsa-sha256' | 'rsa-sha256';

/** A key that signs certificates and CRLs, wherever it lives: this process, a worker thread, an HSM, a KMS. */
export interface Signer {
  readonly algorithm: SignatureAlgorithm;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /**
   * The signature over the octets: ECDSA-Sig-Value in DER, or PKCS #1 v1.5.
   * @throws DeskError `issuer-unavailable` where a later try may succeed.
   */
  sign(tbs: Uint8Array): Promise<Uint8Array>;
}

/** Signs at once in this thread; SHA-256 either way. */
export function signNow(key: KeyObject, tbs: Uint8Array): Uint8Array {
  return sign('sha256', tbs, key);
}

/** What a private key signs with, and its public half. @throws DeskError `invalid-value` for another kind of key. */
export function describeKey(key: KeyObject): Pick<Signer, 'algorithm' | 'publicKey'> {
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' });
  if (key.asymmetricKeyType === 'rsa') return { algorithm: 'rsa-sha256', publicKey };
  if (key.asymmetricKeyType === 'ec') return { algorithm: 'ecdsa-sha256', publicKey };
  throw new DeskError('invalid-value', `A key of type ${key.asymmetricKeyType} cannot sign certificates here`);
}
