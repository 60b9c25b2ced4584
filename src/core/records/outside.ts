import type { Instant } from '../time.ts';

/** What the desk answers to whoever validates a name that points at its responders: an outside CA, or itself. */
export interface ChallengeAnswer {
  id: number;
  kind: 'http' | 'dns' | 'tls-alpn';
  /** The host that is asked for, or the owner name of the TXT record; lower case, no final dot. */
  name: string;
  /** Path of the request for `http`; empty otherwise. */
  path: string;
  /** Body, TXT value, or for `tls-alpn` the base64url SHA-256 of the key authorization (RFC 8737 §3). */
  value: string;
  createdAt: Instant;
  /** From then on it is not answered, and removed. */
  expiresAt: Instant;
}

/** The desk's account at an ACME CA. Its key is encrypted. */
export interface AcmeAccount {
  id: number;
  /** Name of the issuer in the configuration. */
  issuer: string;
  directoryUrl: string;
  /** Null until the CA has answered. */
  accountUrl: string | null;
  /** JWK of the private key, sealed. */
  encryptedKey: Uint8Array;
  /** The next key during a key change, sealed: whichever of the two the CA knows is found out after a crash. */
  encryptedNextKey: Uint8Array | null;
  createdAt: Instant;
  retiredAt: Instant | null;
}

/** Chain that an outside issuer delivered with a certificate. */
export interface OutsideChain {
  id: number;
  issuer: string;
  /** SHA-256 of the leaf's DER, upper-case hex. */
  fingerprint: string;
  /** Certificates above the leaf, issuing one first, PEM. */
  pem: string;
  createdAt: Instant;
}

/** When a certificate should be replaced, as its issuer says (RFC 9773). Of the certificate's id. */
export interface RenewalHint {
  id: number;
  accountId: number;
  issuer: string;
  /** The moment drawn from the issuer's window, from which on it is replaced. */
  renewFrom: Instant;
  /** The window as the issuer said it last; null before it has said anything. */
  windowStart: Instant | null;
  windowEnd: Instant | null;
  explanationUrl: string | null;
  checkedAt: Instant;
  checkAgainAt: Instant;
}

/** One use of something that an outside issuer counts; kept as long as it counts. */
export interface IssuerUse {
  id: number;
  /** Name of the issuer, or the origin of the CA where it counts over all its accounts; `desk` for its own limits. */
  issuer: string;
  /** Which limit, and whose: `certificatesPerDomain example.com`. */
  bucket: string;
  /** Rising within its bucket, so that two processes never take the same place. */
  number: number;
  /** Later than now where a place was kept for later. */
  at: Instant;
  expiresAt: Instant;
}
