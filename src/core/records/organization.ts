import type { Instant } from '../time.ts';
import type { Subject } from './order.ts';

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
