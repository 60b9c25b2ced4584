import { baseOf, isWildcard } from './names.ts';
import type { Product } from './products.ts';
import type {
  Approval,
  CaaAnswer,
  Certificate,
  CertificateRequest,
  Charge,
  Issuance,
  Order,
  Organization,
  Validation,
} from './records.ts';
import type { Instant } from './time.ts';

/** All that is known about one request, as the next step is decided from. Never changed in place. */
export interface Facts {
  readonly request: CertificateRequest;
  readonly order: Order | null;
  readonly product: Product | null;
  readonly validations: readonly Validation[];
  /** Newest answer per name of the request. */
  readonly caa: readonly CaaAnswer[];
  readonly organization: Organization | null;
  readonly charge: Charge | null;
  /** The one that is not abandoned. */
  readonly issuance: Issuance | null;
  /** What the request has brought. */
  readonly certificate: Certificate | null;
  /** What a reissue or renewal replaces, or a revocation ends. */
  readonly target: Certificate | null;
  /** Further certificates that a revocation of the whole order ends. */
  readonly others: readonly Certificate[];
  /** Whether the order ends with the revocation. */
  readonly endsOrder: boolean;
  /** A person's answer, or that one is waited for; null in dialects that know no approval. */
  readonly approval: Approval | null;
  /** Bytes of the public key, from the CSR; null for revocations. */
  readonly spki: Uint8Array | null;
  readonly mustStaple: boolean;
  /** Whether the key is kept here for the subscriber and the own CA must not sign for it (BR 6.1.1.3). */
  readonly keyKeptHere: boolean;
}

/** What was on record before a new request: the order and the certificate that it works on. */
export type Known = Pick<Facts, 'order' | 'target' | 'others'>;

/** Whether a validation proves a name of a certificate (BR 3.2.2.4.7 and .4: names below too; .18: that name alone, no wildcard). */
export function covers(validation: Validation, name: string): boolean {
  const base = baseOf(name);
  if (isWildcard(name) && !validation.coversSubdomains) return false;
  if (validation.domain === base) return true;
  return validation.coversSubdomains && base.endsWith(`.${validation.domain}`);
}

/** A proof that still counts (BR 4.2.1). */
export function isFresh(validation: Validation, since: Instant): boolean {
  return validation.state === 'valid' && validation.validatedAt !== null && validation.validatedAt >= since;
}

export function isOpen(validation: Validation): boolean {
  return validation.state === 'waiting' || validation.state === 'attention';
}

/** Names that no fresh proof covers. */
export function unprovedNames(facts: Facts, since: Instant): string[] {
  const proofs = facts.validations.filter((validation) => isFresh(validation, since));
  return facts.request.names.filter((name) => !proofs.some((proof) => covers(proof, name)));
}

export function caaAllows(answer: CaaAnswer | undefined, now: Instant): boolean {
  return answer !== undefined && (answer.status === 'allowed' || answer.status === 'empty') && answer.validUntil > now;
}
