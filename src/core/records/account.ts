import type { Instant } from '../time.ts';

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
