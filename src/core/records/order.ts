import type { Instant } from '../time.ts';
import type { OrderState, RequestState } from '../states.ts';
import type { Contact } from './organization.ts';

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
  /** The division it lies in; null is none. */
  containerId: number | null;
  /** Who ordered. */
  userId: number | null;
  /** When the certificate ends that the order stands for: its newest that is no duplicate. */
  certificateEndsAt: Instant | null;
  createdAt: Instant;
}

/** What an order carries in dialects that know more of it: one per order there, of the same id. */
export interface OrderDetails {
  id: number;
  accountId: number;
  /** The customer's own name for the order. */
  alternativeId: string | null;
  /** The same with the account, where it must be unique; null elsewhere. */
  alternativeKey: string | null;
  autoRenew: boolean;
  autoReissue: boolean;
  renewalNotices: boolean;
  guestAccess: boolean;
  customFields: { fieldId: number; value: string }[];
  contacts: Contact[];
  /** Further addresses that are told of the order. */
  emails: string[];
  /** Free of meaning to the heart, for the dialect. */
  extra: Record<string, unknown>;
}

/** One of `OrderDetails.customFields`, by which orders are found. */
export interface FieldValue {
  id: number;
  accountId: number;
  orderId: number;
  fieldId: number;
  value: string;
}

/** A person's yes or no to a request; of the same id. */
export interface Approval {
  id: number;
  accountId: number;
  /** Who ordered, and the division of the order: whoever sees the order sees its requests. */
  ownerId: number | null;
  containerId: number | null;
  state: 'waiting' | 'approved' | 'rejected';
  /** Who asked, and who answered: users of the account; null where they have none. */
  requesterId: number | null;
  requesterName: string;
  comments: string | null;
  processorId: number | null;
  processorName: string | null;
  processorComment: string | null;
  processedAt: Instant | null;
  createdAt: Instant;
}

/** A signed link that shows one order. Only the hash of its secret is kept. */
export interface GuestLink {
  id: number;
  accountId: number;
  orderId: number;
  secretHash: Uint8Array;
  createdAt: Instant;
  expiresAt: Instant;
  disabledAt: Instant | null;
}

/** How long a certificate is to live: days from its issuance, or a last moment. */
export type Validity = { days: number } | { until: Instant };

/** What a certificate may hold beyond its names, where the issuer offers it. */
export type Extra = 'client-auth' | 'must-staple' | 'data-encipherment' | 'delegated-credentials';

export type SignatureHash = 'sha256' | 'sha384' | 'sha512';

/** How a certificate is wanted beyond names and key. */
export interface CertificateWishes {
  extras: Extra[];
  /** Null where it is the issuer's to choose. */
  signatureHash: SignatureHash | null;
}

/** BR 4.9.1.1; null where none is given. RFC 5280 names. */
export type RevocationReason =
  | 'keyCompromise'
  | 'affiliationChanged'
  | 'superseded'
  | 'cessationOfOperation'
  | 'privilegeWithdrawn';

/** Websites and single hostnames of the account, of the request's dialect. What is gone by then is passed over. */
export interface InstallOn {
  websiteIds: number[];
  hostnameIds: number[];
}

export type RequestKind = 'new' | 'renew' | 'reissue' | 'duplicate' | 'revoke' | 'import';

/** Vetting by people, beside domain validation. */
export type CheckKind = 'organization' | 'callback' | 'agreement';
export type CheckState = 'waiting' | 'attention' | 'passed';

/** What came of asking issuers that could not. */
export interface TriedIssuers {
  /** Those asked in this round. */
  names: string[];
  /** Whether one of them may be able to later: it was only away. */
  mayRecover: boolean;
  /** From when on one of this round may be able to; null where none may. */
  recoversAt: Instant | null;
  /** What the last one said. */
  message: string;
  /** Rounds in which everybody was asked in vain. */
  rounds: number;
  /** When the next round begins; null while one is under way. */
  restUntil: Instant | null;
}

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
  /** Null where the longest that the order and the rules allow is meant. */
  validity: Validity | null;
  /** Null where nothing is wished for. */
  wishes: CertificateWishes | null;
  csr: Uint8Array | null;
  /** SHA-256 of the CSR's SubjectPublicKeyInfo. */
  spkiHash: string | null;
  /** Unique among open requests: the same ask twice is refused in dialects that want so; null in others. */
  twinKey: string | null;
  checks: Partial<Record<CheckKind, CheckState>>;
  /** Free of meaning to the heart: what the dialect keeps about the request, its original members among it. */
  extra: Record<string, unknown>;
  /** Counts changes; a change names the version that it saw. */
  version: number;
  createdAt: Instant;
  updatedAt: Instant;
  /** When the first step ran. */
  startedAt: Instant | null;
  /** Null where every issuer that was asked could do it. */
  triedIssuers: TriedIssuers | null;
  /** Where the certificate is put in place when it is issued; null where that is nobody's business here. */
  installOn: InstallOn | null;
}
