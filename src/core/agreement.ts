import type { Actor } from './desk.ts';
import { may } from './permissions.ts';
import type { Product } from './products.ts';
import type { Approval, CheckKind, CheckState, Contact, Order, Organization } from './records.ts';
import type { Reader } from './store.ts';

/** The contact kind of those who agree to EV certificates in an organization's name. */
const APPROVER = 'ev-approver';

/**
 * Whether the actor agrees in the organization's name by the call itself: a user who may approve, and of whom the
 * operator found, as it vetted the organization, that they may (EVG 3.2.2.8).
 */
export function mayAgree(actor: Actor, organization: Organization | null): boolean {
  if (organization === null || organization.state !== 'valid' || organization.level !== 'EV') return false;
  // What runs by itself has a user's id and no role of a user: it agrees to nothing.
  if (actor.userId === null || actor.userRole === null || !may(actor, 'approve')) return false;
  return organization.contacts.some(
    ({ kind, userId, verified }) => kind === APPROVER && verified === true && userId === actor.userId,
  );
}

/**
 * What a new request waits for beside domain validation. The agreement is there already where who asks may give it and
 * nobody else has to say yes first, or where it was given for the order: it holds for every certificate of it.
 */
export async function firstChecks(
  reader: Pick<Reader, 'find'>,
  actor: Actor,
  {
    product,
    order,
    organization,
    approval,
  }: {
    product: Product;
    /** Null where a new one is opened. */
    order: Order | null;
    organization: Organization | null;
    approval: Approval | null;
  },
): Promise<Partial<Record<CheckKind, CheckState>>> {
  const checks = Object.fromEntries(product.checks.map((check) => [check, 'waiting' as const]));
  if (!product.checks.includes('agreement')) return checks;
  const earlier = order === null ? [] : await reader.find('requests', { orderId: order.id });
  const known = earlier.some((one) => one.checks.agreement === 'passed');
  const given = approval?.state !== 'waiting' && mayAgree(actor, organization);
  return known || given ? { ...checks, agreement: 'passed' } : checks;
}

/** Those whom the operator has found to be allowed to agree, as it vetted the organization for EV. */
export function verifiedContacts(contacts: readonly Contact[]): Contact[] {
  return contacts.map((one) => (one.kind === APPROVER && one.userId !== undefined ? { ...one, verified: true } : one));
}

/** Contacts as an account gives them: nobody is verified by that, and who was verified stays so. */
export function givenContacts(contacts: readonly Contact[], before: readonly Contact[] = []): Contact[] {
  return contacts.map(({ verified: _, ...one }) => {
    const same = before.some(({ kind, userId, verified }) => {
      return verified === true && kind === one.kind && userId === one.userId;
    });
    return same ? { ...one, verified: true } : one;
  });
}
