import type { Instant } from '../time.ts';
import type { ValidationState } from '../states.ts';

export type Method = 'dns' | 'http' | 'email';

/**
 * What must be published for a domain validation. Any one of a validation's challenges is enough. From `until` on it
 * is not looked for any more: its random value is 30 days old then (BR 3.2.2.4.7, .18).
 */
export type Challenge =
  | { method: 'dns'; record: 'TXT' | 'CNAME'; name: string; value: string; until?: Instant }
  /** `answeredHere`: the desk serves the file itself while the validation is open. */
  | { method: 'http'; host: string; path: string; content: string; until?: Instant; answeredHere?: true }
  | { method: 'email'; address: string };

/** Proof that the account controls a domain: asked for by one request, reusable by later ones. */
export interface Validation {
  id: number;
  accountId: number;
  requestId: number | null;
  /** The kept domain that it was asked for, outside any request. */
  domainId: number | null;
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

/** The secret link in a mail, by which a person says yes on a page. Only the hash is kept. */
export interface Confirmation {
  id: number;
  accountId: number;
  purpose: 'domain' | 'agreement';
  /** Null where a kept domain is asked for, outside any request. */
  requestId: number | null;
  validationId: number | null;
  address: string;
  secretHash: Uint8Array;
  createdAt: Instant;
  expiresAt: Instant;
  confirmedAt: Instant | null;
}
