import type { Instant } from '../time.ts';

export type NotificationKind =
  | 'certificate-issued'
  | 'request-failed'
  | 'request-cancelled'
  | 'request-rejected'
  | 'request-needs-attention'
  | 'certificate-revoked'
  | 'certificate-expiring'
  | 'domain-validated'
  | 'organization-validated'
  /** The proof of a kept domain, or the vetting of an organization, ends in so many days, or is over. */
  | 'domain-ending'
  | 'domain-ended'
  | 'organization-ending'
  | 'organization-ended';

/** Something the account is told of: by polling, and by webhook where it has one. */
export interface Notification {
  id: number;
  accountId: number;
  dialect: string;
  kind: NotificationKind;
  requestId: number | null;
  certificateId: number | null;
  /** The kept domain, or the organization, that it tells of. */
  domainId: number | null;
  organizationId: number | null;
  /** Until the end that it tells of; negative after it. */
  days: number | null;
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

/** Where an account's notifications are pushed. The signing key is encrypted. */
export interface Webhook {
  id: number;
  accountId: number;
  dialect: string;
  url: string;
  encryptedKey: Uint8Array;
  /** `user:password` for Basic authentication, encrypted. */
  encryptedBasic: Uint8Array | null;
  state: 'active' | 'inactive' | 'stalled';
  /** Free of meaning to the heart, for the dialect: which events, in which form. */
  settings: Record<string, unknown>;
  /** Deliveries that failed in a row; at the end of the retry schedule the webhook is stalled. */
  failures: number;
  /** Not tried before this moment; null where nothing failed. */
  nextAttemptAt: Instant | null;
  createdAt: Instant;
}
