import type { Instant } from '../time.ts';
import type { CertificateState } from '../states.ts';
import type { RevocationReason } from './order.ts';

/** A serial handed out, on record before anything is signed with it. */
export interface Issuance {
  id: number;
  requestId: number;
  issuer: string;
  /** Upper-case hex. Unique. */
  serial: string | null;
  /** To-be-signed DER of an issuer that signs here. */
  tbs: Uint8Array | null;
  notBefore: Instant | null;
  notAfter: Instant | null;
  /** What an outside issuer needs to continue. */
  progress: Record<string, unknown> | null;
  preparedAt: Instant;
  state: 'prepared' | 'signed' | 'abandoned';
}

export interface Certificate {
  /** That of the request it comes of: known, and told to clients, before there is a certificate. */
  id: number;
  accountId: number;
  orderId: number | null;
  requestId: number;
  product: string;
  /** Name of the issuer, or `import:` with account and the issuer's distinguished name. */
  issuer: string;
  state: CertificateState;
  commonName: string;
  names: string[];
  organization: string | null;
  department: string | null;
  street: string | null;
  postalCode: string | null;
  locality: string | null;
  province: string | null;
  country: string | null;
  registrationNumber: string | null;
  /** Upper-case hex. */
  serial: string;
  notBefore: Instant;
  notAfter: Instant;
  /** End of the order's term where it goes beyond this certificate. */
  subscriptionEndsAt: Instant | null;
  keyAlgorithm: 'RSA' | 'ECDSA';
  keyBits: number;
  /** SHA-256 over the SubjectPublicKeyInfo, lower-case hex. */
  spkiHash: string;
  /** SHA-256 over the DER certificate, upper-case hex. */
  fingerprint: string;
  /** SHA-1 of the DER certificate, upper-case hex: by which some clients name it. */
  sha1: string;
  der: Uint8Array;
  /** CRL shard that lists it when revoked. */
  crlShard: number | null;
  revokedAt: Instant | null;
  revocationReason: RevocationReason | null;
  archivedAt: Instant | null;
  createdAt: Instant;
}

/** A key that is not certified any more: reported as compromised, here or by an operator. */
export interface BlockedKey {
  id: number;
  /** SHA-256 over the SubjectPublicKeyInfo, lower-case hex. */
  spkiHash: string;
  /** Who reported it. */
  reportedBy: string;
  createdAt: Instant;
}

/** A key of the embedded CA with its certificate. The key is encrypted. */
export interface CaKey {
  id: number;
  /** `root` or `intermediate`. */
  name: string;
  certificate: Uint8Array;
  encryptedKey: Uint8Array;
  createdAt: Instant;
  retiredAt: Instant | null;
}

/** The newest list of revoked certificates of one shard. */
export interface Crl {
  id: number;
  issuer: string;
  shard: number;
  number: number;
  thisUpdate: Instant;
  nextUpdate: Instant;
  der: Uint8Array;
}
