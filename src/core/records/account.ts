import type { Instant } from '../time.ts';

/** How an account works; `DEFAULT_SETTINGS` in `core/settings.ts`. */
export interface AccountSettings {
  /**
   * Whether requests of dialects that know approval need a person's yes: no step at all, approved as they come (and
   * kept as approved), or waiting for somebody.
   */
  approval: 'none' | 'automatic' | 'required';
  /** Nobody approves their own request. */
  twoPeople: boolean;
  /** An alternative order id names one order. */
  uniqueAlternativeIds: boolean;
  /** Whether orders may be shown by a signed link, and whether new ones are. */
  guestAccess: boolean;
  guestAccessByDefault: boolean;
  /** Whether terms may be longer than a certificate. */
  multiYear: boolean;
  /** Whether an order may name its issuing CA, or stay out of certificate transparency. */
  issuerChoice: boolean;
  withoutTransparency: boolean;
  /** Revoking the only certificate of an order ends the order. */
  revokingEndsOrder: boolean;
  /** Whether a name is proved at its registrable domain or as it stands. */
  domainScope: 'base' | 'name';
}

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
  settings: AccountSettings;
  createdAt: Instant;
}

/** What somebody may do: `core/permissions.ts` says which role may what. */
export type Role =
  | 'admin'
  | 'manager'
  | 'finance'
  | 'standard'
  | 'limited'
  | 'orders'
  | 'orders-domains'
  | 'view'
  | 'users';

/** A person of an account, or a program that is counted like one. */
export interface User {
  id: number;
  accountId: number;
  kind: 'person' | 'program';
  /** Unique within the account. */
  userName: string;
  firstName: string;
  lastName: string;
  email: string;
  jobTitle: string | null;
  phone: string | null;
  role: Role;
  containerId: number | null;
  state: 'active' | 'inactive';
  createdAt: Instant;
  lastSeenAt: Instant | null;
}

/** A key or password with which an account calls one dialect. Only a hash of the secret is kept. */
export interface Credential {
  id: number;
  accountId: number;
  /** Folder name of the dialect, or `admin`. */
  dialect: string;
  /** Who acts with it, as the audit trail shows. */
  userName: string;
  /** Whose key it is, where the account has users. */
  userId: number | null;
  /** What the key may do; together with its user's role, the narrower one counts. */
  role: Role;
  /** What people call it. */
  label: string | null;
  /** SHA-256 of the 256-bit secret. */
  secretHash: Uint8Array;
  createdAt: Instant;
  /** From then on it is worth nothing; null where it does not end by itself. */
  expiresAt: Instant | null;
  revokedAt: Instant | null;
}

/** A division of an account. The root has no parent. */
export interface Container {
  id: number;
  accountId: number;
  parentId: number | null;
  name: string;
  description: string | null;
  state: 'active' | 'inactive';
  createdAt: Instant;
}

/** A field that an account asks for on its orders. */
export interface CustomField {
  id: number;
  accountId: number;
  label: string;
  required: boolean;
  state: 'active' | 'inactive' | 'deleted';
  dataType: 'any' | 'text' | 'int' | 'email' | 'email-list';
  createdAt: Instant;
}
