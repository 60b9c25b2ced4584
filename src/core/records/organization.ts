import type { Instant } from '../time.ts';
import type { Subject } from './order.ts';
import type { Method } from './validation.ts';

export type OrganizationState = 'waiting' | 'valid';

/** A person who vouches for an organization, or whom its certificates are discussed with. */
export interface Contact {
  /** What for, such as `organization`, `technical` or `ev-approver`. */
  kind: string;
  userId?: number;
  firstName?: string;
  lastName?: string;
  jobTitle?: string;
  phone?: string;
  phoneExtension?: string;
  email?: string;
  /** Set by the operator's vetting alone: this user may agree to EV certificates in the organization's name. */
  verified?: boolean;
}

/** Who an OV or EV certificate speaks of. */
export interface Organization {
  id: number;
  accountId: number;
  containerId: number | null;
  /** Folder name of the dialect that keeps it and is told of it; null where it came with an order. */
  dialect: string | null;
  name: string;
  /** Name and address of those that are kept once per account; null for the others. */
  identityKey: string | null;
  subject: Subject;
  /** What no certificate shows. */
  details: { assumedName?: string; street2?: string; phone?: string };
  contacts: Contact[];
  /** Inactive ones are not given to new orders. */
  active: boolean;
  /** Levels for which vetting was asked and has not been finished. */
  submitted: ('OV' | 'EV')[];
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

/** A domain that an account keeps, to be proved before anything is ordered for it. Its validations name it. */
export interface Domain {
  id: number;
  accountId: number;
  containerId: number | null;
  organizationId: number | null;
  /** Folder name of the dialect that keeps it and is told of it. */
  dialect: string;
  name: string;
  method: Method;
  active: boolean;
  /** Free of meaning to the heart, for the dialect. */
  extra: Record<string, unknown>;
  createdAt: Instant;
}
