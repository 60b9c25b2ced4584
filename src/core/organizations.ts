import { givenContacts, verifiedContacts } from './agreement.ts';
import type { NewOrganizationAsk } from './desk.ts';
import { DeskError, invalidValue, notFound } from './errors.ts';
import type { Engine } from './parts.ts';
import { wakeRequest } from './engine.ts';
import { identityOf, sameIdentity } from './identity.ts';
import type { Product } from './products.ts';
import type { Organization, Subject } from './records.ts';
import type { Unit } from './store.ts';
import { tellAccount } from './tell-account.ts';
import type { Instant } from './time.ts';

/**
 * The organization that a certificate will name: one that the account has already, else a new one to be vetted.
 * Null where the product names none.
 * @throws DeskError `invalid-value` where the product needs one and the subject has none.
 */
export async function findOrganization(
  unit: Unit,
  accountId: number,
  product: Product,
  subject: Subject,
  now: Instant,
  dialect: string | null,
  brought: NewOrganizationAsk = { evenIfKnown: false, details: {}, contacts: [], containerId: null },
): Promise<Organization | null> {
  if (!product.checks.includes('organization')) return null;
  const name = subject.organization;
  if (name === undefined) throw invalidValue('organization', 'This product needs an organization');
  const known = await unit.find('organizations', { accountId, name, active: true });
  const same = known.filter((one) => sameIdentity(one.subject, subject));
  const best = same.find((one) => one.state === 'valid') ?? same[0];
  if (best !== undefined && !brought.evenIfKnown) return best;
  const organization: Organization = {
    id: unit.newId('organizations'),
    accountId,
    containerId: brought.containerId,
    dialect,
    name,
    identityKey: null,
    subject: identityOf(subject),
    details: brought.details,
    contacts: givenContacts(brought.contacts),
    active: true,
    submitted: [],
    state: 'waiting',
    level: null,
    collectedBy: null,
    confirmedBy: null,
    evidence: null,
    validatedAt: null,
    createdAt: now,
  };
  unit.insert('organizations', organization);
  return organization;
}

export interface Vetting {
  level: 'OV' | 'EV';
  /** Where the evidence lies and what it says. */
  evidence: string;
  /** Who collected it. */
  by: string;
}

/**
 * An operator found the organization to be what it says (BR 3.2.2.1). OV is valid at once; EV waits for a second
 * person (EVG 3.2.2.13).
 * @throws DeskError `not-found`
 */
export async function vetOrganization(engine: Engine, organizationId: number, vetting: Vetting): Promise<void> {
  const now = engine.clock.now();
  await engine.store.transact(async (unit) => {
    const organization = await unit.get('organizations', organizationId);
    if (organization === null) throw notFound(`Organization ${organizationId}`);
    const valid = vetting.level === 'OV';
    const { level, evidence, by } = vetting;
    await unit.update('organizations', organizationId, {
      level,
      evidence,
      collectedBy: by,
      confirmedBy: null,
      state: valid ? 'valid' : 'waiting',
      validatedAt: valid ? now : null,
      // Whoever is named after this was looked at by nobody.
      contacts: level === 'EV' ? verifiedContacts(organization.contacts) : organization.contacts,
      ...(valid ? { submitted: organization.submitted.filter((one) => one !== level) } : {}),
    });
    tell(unit, organization, 'organization.vetted', `operator:${by}`, { level, evidence }, now);
    if (valid) await goOn(engine, unit, organization, now);
  });
  engine.wake();
}

/**
 * The second person agrees with an EV vetting.
 * @throws DeskError `not-found`, `wrong-state` where nothing waits for a second person, `not-allowed` where it is
 * the person who collected the evidence.
 */
export async function confirmVetting(engine: Engine, organizationId: number, by: string): Promise<void> {
  const now = engine.clock.now();
  await engine.store.transact(async (unit) => {
    const organization = await unit.get('organizations', organizationId);
    if (organization === null) throw notFound(`Organization ${organizationId}`);
    if (organization.level !== 'EV' || organization.state !== 'waiting') {
      throw new DeskError('wrong-state', `Organization ${organizationId} waits for no second person`);
    }
    if (organization.collectedBy === by) {
      throw new DeskError('not-allowed', 'Somebody else than who collected the evidence must confirm (EVG 3.2.2.13)');
    }
    // What is vetted for EV is vetted for OV as well.
    await unit.update('organizations', organizationId, {
      confirmedBy: by,
      state: 'valid',
      validatedAt: now,
      submitted: [],
    });
    tell(unit, organization, 'organization.confirmed', `operator:${by}`, {}, now);
    await goOn(engine, unit, organization, now);
  });
  engine.wake();
}

function tell(
  unit: Unit,
  organization: Organization,
  action: string,
  actor: string,
  details: Record<string, unknown>,
  at: Instant,
): void {
  const target = `organization:${organization.id}`;
  unit.audit({ at, actor, accountId: organization.accountId, action, target, details });
}

/** The account is told, and what waited for the vetting goes on. */
async function goOn(engine: Engine, unit: Unit, organization: Organization, now: Instant): Promise<void> {
  const { id: organizationId, accountId, dialect, name } = organization;
  if (dialect !== null) {
    const message = `The organization ${name} was validated`;
    tellAccount(unit, { accountId, dialect, kind: 'organization-validated', message, organizationId }, now);
  }
  const orders = await unit.find('orders', { organizationId, state: ['pending', 'active'] });
  for (const order of orders) {
    const requests = await unit.find('requests', { orderId: order.id, state: 'waiting' });
    for (const request of requests) await wakeRequest(engine, unit, request.id);
  }
}
