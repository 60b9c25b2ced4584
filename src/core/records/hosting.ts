import type { Instant } from '../time.ts';

/** A key pair made, or brought in, for a subscriber of a hosting platform. */
export interface SubscriberKey {
  id: number;
  accountId: number;
  /** Folder name of the dialect that it was made over. */
  dialect: string;
  /** What people call it. */
  label: string;
  keyAlgorithm: 'RSA' | 'ECDSA';
  keyBits: number;
  /** SubjectPublicKeyInfo, DER. */
  spki: Uint8Array;
  /** SHA-256 of `spki`, lower-case hex. */
  spkiHash: string;
  /** PKCS #8 DER, sealed; its context names account and `spkiHash`. */
  encryptedKey: Uint8Array;
  createdAt: Instant;
}

/** A CSR or a certificate that an account keeps beside its orders: made here, uploaded, or delivered by an order. */
export interface KeptFile {
  id: number;
  accountId: number;
  dialect: string;
  type: 'csr' | 'certificate';
  label: string;
  commonName: string | null;
  names: string[];
  der: Uint8Array;
  /** Issuing certificate first, PEM; null where it is not known, and for CSRs. */
  chainPem: string | null;
  /** SHA-256 over the SubjectPublicKeyInfo, lower-case hex: finds its key. */
  spkiHash: string;
  /** SHA-256 of `der`, upper-case hex. One account keeps a file once in a dialect. */
  fingerprint: string;
  notBefore: Instant | null;
  notAfter: Instant | null;
  createdAt: Instant;
}

/** Websites that belong together, such as the environments of one. */
export interface WebsiteGroup {
  id: number;
  accountId: number;
  dialect: string;
  /** As the dialect's clients name it; unique within the dialect. */
  uid: string;
  name: string;
  extra: Record<string, unknown>;
  createdAt: Instant;
}

/** Names served together with one certificate: a virtual host, an install. */
export interface Website {
  id: number;
  accountId: number;
  dialect: string;
  groupId: number | null;
  /** As the dialect's clients name it; unique within the dialect. */
  uid: string;
  /** Unique within the dialect. */
  name: string;
  /** What is installed: leaf first, PEM; null where nothing is. */
  certificatePem: string | null;
  /** Its key; null where nothing is installed. */
  keyId: number | null;
  /** The desk's own certificate that is installed; null for one from elsewhere. */
  certificateId: number | null;
  installedAt: Instant | null;
  /** Free of meaning to the heart, for the dialect. */
  extra: Record<string, unknown>;
  createdAt: Instant;
}

/** A name that a website serves. Two accounts may claim one: `hosting/trust.ts` says which of them is believed. */
export interface Hostname {
  id: number;
  accountId: number;
  dialect: string;
  websiteId: number;
  /** As the dialect's clients name it; unique within the dialect. */
  uid: string;
  /** A-label, lower case; `*.` may stand in front. */
  name: string;
  isPrimary: boolean;
  /** The hostname to which it redirects. */
  redirectsTo: number | null;
  /** Random value to be published in a TXT record; null once proved or where no proof is asked. */
  verificationToken: string | null;
  verifiedAt: Instant | null;
  /** What is installed for this name, as `Website` has it; null where it is served with its website's. */
  certificatePem: string | null;
  keyId: number | null;
  certificateId: number | null;
  installedAt: Instant | null;
  extra: Record<string, unknown>;
  /** When it was claimed, or another account proved it, whichever is later. */
  createdAt: Instant;
}
