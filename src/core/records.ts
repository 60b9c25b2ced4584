import type { Instant } from './time.ts';
import type { CertificateState, ChargeState, OrderState, RequestState, ValidationState } from './states.ts';

/**
 * What the desk keeps, one interface per table. Moments are milliseconds since 1970 (`Instant`), money is integer
 * minor units (cents), binary is DER. `null` means not known or not given.
 */

/** A customer of the desk. */
export interface Account {
  id: number;
  /** Short name, unique, as the customer writes it in calls. */
  handle: string;
  name: string;
  currency: string;
  /** What is left to spend, in cents, before reservations. */
  balance: number;
  /** Part of the balance that is set aside for requests under way, in cents. */
  reserved: number;
  state: 'active' | 'locked';
  createdAt: Instant;
}

export type Role = 'admin' | 'orders' | 'view';

/** A key or password with which an account calls one dialect. Only a hash of the secret is kept. */
export interface Credential {
  id: number;
  accountId: number;
  /** Folder name of the dialect, or `admin`. */
  dialect: string;
  /** Who acts with it, as the audit trail shows. */
  userName: string;
  role: Role;
  /** SHA-256 of the 256-bit secret. */
  secretHash: Uint8Array;
  createdAt: Instant;
  revokedAt: Instant | null;
}

export interface Subject {
  organization?: string;
  department?: string;
  country?: string;
  state?: string;
  locality?: string;
  street?: string;
  postalCode?: string;
  /** Number in the register of companies. */
  registrationNumber?: string;
  /** EVG 7.1.4.2.3: `Private Organization`, `Government Entity`, `Business Entity` or `Non-Commercial Entity`. */
  businessCategory?: string;
  /** Where it is registered (EVG 7.1.4.2.4). Country as two letters. */
  jurisdictionCountry?: string;
  jurisdictionState?: string;
  jurisdictionLocality?: string;
}

export interface Person {
  firstName: string;
  lastName: string;
  jobTitle?: string;
  email: string;
  phone: string;
}

/** A product bought for a set of names and a term. It outlives its certificates. */
export interface Order {
  id: number;
  accountId: number;
  product: string;
  dialect: string;
  state: OrderState;
  periodMonths: number;
  commonName: string;
  /** Set when the first certificate is issued. */
  startsAt: Instant | null;
  endsAt: Instant | null;
  /** Names paid for beyond those that the product includes; they may be used again at each reissue. */
  extraDomains: number;
  extraWildcards: number;
  /** The order that this one renews. */
  renewsOrderId: number | null;
  organizationId: number | null;
  createdAt: Instant;
}

/** BR 4.9.1.1; null where none is given. RFC 5280 names. */
export type RevocationReason =
  | 'keyCompromise'
  | 'affiliationChanged'
  | 'superseded'
  | 'cessationOfOperation'
  | 'privilegeWithdrawn';

export type RequestKind = 'new' | 'renew' | 'reissue' | 'duplicate' | 'revoke' | 'import';

/** Vetting by people, beside domain validation. */
export type CheckKind = 'organization' | 'callback' | 'agreement';
export type CheckState = 'waiting' | 'attention' | 'passed';

/** One ask on an order that ends in a certificate, or in one revoked. */
export interface CertificateRequest {
  id: number;
  accountId: number;
  /** Null only for imports and for revocations of imported certificates. */
  orderId: number | null;
  kind: RequestKind;
  state: RequestState;
  /** For people: what it waits for, or why it failed. */
  detail: string | null;
  dialect: string;
  /** `account handle/user name` of whoever asked. */
  requestedBy: string;
  product: string;
  commonName: string;
  /** Names of the certificate, A-labels, common name first. */
  names: string[];
  subject: Subject;
  contact: Person | null;
  language: string | null;
  /** Certificate that a reissue replaces, a renewal follows, or a revocation ends. */
  certificateId: number | null;
  /** Only of a revocation, and only where one is given. */
  revocationReason: RevocationReason | null;
  csr: Uint8Array | null;
  /** SHA-256 of the CSR's SubjectPublicKeyInfo. */
  spkiHash: string | null;
  checks: Partial<Record<CheckKind, CheckState>>;
  /** Free of meaning to the heart: what the dialect keeps about the request, its original members among it. */
  extra: Record<string, unknown>;
  /** Counts changes; a change names the version that it saw. */
  version: number;
  createdAt: Instant;
  updatedAt: Instant;
  /** When the first step ran. */
  startedAt: Instant | null;
}

export type Method = 'dns' | 'http' | 'email';

/** What must be published for a domain validation. Any one of a validation's challenges is enough. */
export type Challenge =
  | { method: 'dns'; record: 'TXT' | 'CNAME'; name: string; value: string }
  | { method: 'http'; host: string; path: string; content: string }
  | { method: 'email'; address: string };

/** Proof that the account controls a domain: asked for by one request, reusable by later ones. */
export interface Validation {
  id: number;
  accountId: number;
  requestId: number | null;
  /** The authorization domain name, without `*.`. */
  domain: string;
  method: Method;
  /** Whether names below the domain are proved as well (BR 3.2.2.4.4 and .7: yes; .18: this name alone). */
  coversSubdomains: boolean;
  state: ValidationState;
  challenges: Challenge[];
  /** For people: why the last attempt did not succeed. */
  detail: string | null;
  attempts: number;
  nextAttemptAt: Instant | null;
  validatedAt: Instant | null;
  /** The earlier validation whose proof counts here. */
  reusedFrom: number | null;
  createdAt: Instant;
}

/** One look at a domain: what was asked, of whom, what came back. */
export interface Attempt {
  id: number;
  accountId: number;
  requestId: number | null;
  validationId: number | null;
  kind: 'domain' | 'caa';
  name: string;
  outcome: string;
  message: string;
  evidence: Record<string, unknown>;
  at: Instant;
}

export type CaaStatus = 'allowed' | 'empty' | 'denied' | 'timeout' | 'critical-unknown-tag' | 'malformed' | 'error';

/** The newest CAA answer for a name (`*.` kept), usable until `validUntil` (BR 3.2.2.8: TTL or 8 hours, whichever is greater). */
export interface CaaAnswer {
  id: number;
  name: string;
  status: CaaStatus;
  checkedAt: Instant;
  validUntil: Instant;
}

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
  der: Uint8Array;
  /** CRL shard that lists it when revoked. */
  crlShard: number | null;
  revokedAt: Instant | null;
  revocationReason: RevocationReason | null;
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

export type OrganizationState = 'waiting' | 'valid';

/** Who an OV or EV certificate speaks of. */
export interface Organization {
  id: number;
  accountId: number;
  name: string;
  subject: Subject;
  state: OrganizationState;
  /** `OV` or `EV`: how deep it was vetted. */
  level: 'OV' | 'EV' | null;
  /** Who collected the evidence, and the second person who agreed (EVG 3.2.2.13). */
  collectedBy: string | null;
  confirmedBy: string | null;
  evidence: string | null;
  validatedAt: Instant | null;
  createdAt: Instant;
}

export interface Billable {
  product: string;
  action: 'request' | 'renew' | 'extra-domain' | 'extra-wildcard';
  quantity: number;
  /** Cents for one. */
  amount: number;
}

export interface Charge {
  id: number;
  accountId: number;
  orderId: number;
  requestId: number;
  state: ChargeState;
  /** Cents. */
  amount: number;
  currency: string;
  billables: Billable[];
  createdAt: Instant;
  /** When it was captured or released. */
  settledAt: Instant | null;
}

export type NotificationKind =
  | 'certificate-issued'
  | 'request-failed'
  | 'request-cancelled'
  | 'request-needs-attention'
  | 'certificate-revoked'
  | 'certificate-expiring';

/** Something the account is told of: by polling, and by webhook where it has one. */
export interface Notification {
  id: number;
  accountId: number;
  dialect: string;
  kind: NotificationKind;
  requestId: number | null;
  certificateId: number | null;
  message: string;
  firedAt: Instant;
  readAt: Instant | null;
  acknowledgedAt: Instant | null;
  deliveredAt: Instant | null;
}

/** A remark of a person on a request. */
export interface Note {
  id: number;
  accountId: number;
  requestId: number;
  direction: 'incoming' | 'outgoing';
  message: string;
  createdAt: Instant;
}

/** The secret link in a mail, by which a person says yes on a page. Only the hash is kept. */
export interface Confirmation {
  id: number;
  accountId: number;
  purpose: 'domain' | 'agreement';
  requestId: number;
  validationId: number | null;
  address: string;
  secretHash: Uint8Array;
  createdAt: Instant;
  expiresAt: Instant;
  confirmedAt: Instant | null;
}

/** Where an account's notifications are pushed. The signing key is encrypted. */
export interface Webhook {
  id: number;
  accountId: number;
  dialect: string;
  url: string;
  encryptedKey: Uint8Array;
  /** `user:password` for Basic authentication, encrypted. */
  encryptedBasic: Uint8Array | null;
  state: 'active' | 'stalled';
  /** Deliveries that failed in a row; at the end of the retry schedule the webhook is stalled. */
  failures: number;
  /** Not tried before this moment; null where nothing failed. */
  nextAttemptAt: Instant | null;
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

/** An append-only, hash-chained record of who did what. `id` has no gaps. */
export interface AuditEvent {
  id: number;
  at: Instant;
  /** `handle/user`, `system`, or `operator:NAME`. */
  actor: string;
  accountId: number | null;
  action: string;
  /** What it was done to: `request:17`. */
  target: string;
  details: Record<string, unknown>;
  /** SHA-256 over the previous hash and this event's canonical form. */
  hash: Uint8Array;
}

/** Work that must happen, now or later, also after a crash. */
export interface Job {
  id: number;
  kind: string;
  /** At most one open job per key. */
  key: string;
  payload: Record<string, unknown>;
  runAt: Instant;
  attempts: number;
  leaseOwner: string | null;
  leaseUntil: Instant | null;
  lastError: string | null;
  createdAt: Instant;
}

/** A single value of the installation, such as its id. */
export interface Setting {
  id: number;
  name: string;
  value: string;
}

export interface Records {
  accounts: Account;
  credentials: Credential;
  orders: Order;
  requests: CertificateRequest;
  validations: Validation;
  attempts: Attempt;
  caaAnswers: CaaAnswer;
  issuances: Issuance;
  certificates: Certificate;
  blockedKeys: BlockedKey;
  organizations: Organization;
  charges: Charge;
  notifications: Notification;
  notes: Note;
  confirmations: Confirmation;
  webhooks: Webhook;
  caKeys: CaKey;
  crls: Crl;
  auditEvents: AuditEvent;
  jobs: Job;
  settings: Setting;
}

export type Kind = keyof Records;
