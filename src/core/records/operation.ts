import type { Instant } from '../time.ts';

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
