import type { Instant } from '../time.ts';
import type { OrderState, RequestState } from '../states.ts';

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
