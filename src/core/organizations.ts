import type { NewOrganizationAsk } from './desk.ts';
import { DeskError, invalidValue, notFound } from './errors.ts';
import type { Engine } from './engine.ts';
import { wakeRequest } from './engine.ts';
import type { Product } from './products.ts';
import type { Organization, Subject } from './records.ts';
import type { Unit } from './store.ts';
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
  brought: NewOrganizationAsk = { evenIfKnown: false, details: {}, contacts: [], containerId: null },
): Promise<Organization | null> {
  if (!product.checks.includes('organization')) return null;
  const name = subject.organization;
  if (name === undefined) throw invalidValue('organization', 'This product needs an organization');
  const known = await unit.find('organizations', { accountId, name, active: true });
  const same = known.filter((one) => sameOrganization(one.subject, subject));
  const best = same.find((one) => one.state === 'valid') ?? same[0];
  if (best !== undefined && !brought.evenIfKnown) return best;
  const organization: Organization = {
    id: unit.newId('organizations'),
    accountId,
    containerId: brought.containerId,
    dialect: null,
    name,
    identityKey: null,
    subject: identityOf(subject),
    details: brought.details,
    contacts: brought.contacts,
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

/** What was vetted is what is certified: every attribute that says who and where must agree. */
function sameOrganization(left: Subject, right: Subject): boolean {
  return JSON.stringify(identityOf(left)) === JSON.stringify(identityOf(right));
}

function identityOf(subject: Subject): Subject {
  const { organization, country, state, locality, street, postalCode, registrationNumber } = subject;
  const fields = { organization, country, state, locality, street, postalCode, registrationNumber };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
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
    });
    tell(unit, organization, 'organization.vetted', `operator:${by}`, { level, evidence }, now);
    if (valid) await wakeRequestsOf(engine, unit, organizationId);
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
    await unit.update('organizations', organizationId, { confirmedBy: by, state: 'valid', validatedAt: now });
    tell(unit, organization, 'organization.confirmed', `operator:${by}`, {}, now);
    await wakeRequestsOf(engine, unit, organizationId);
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

async function wakeRequestsOf(engine: Engine, unit: Unit, organizationId: number): Promise<void> {
  const orders = await unit.find('orders', { organizationId, state: ['pending', 'active'] });
  for (const order of orders) {
    const requests = await unit.find('requests', { orderId: order.id, state: 'waiting' });
    for (const request of requests) await wakeRequest(engine, unit, request.id);
  }
}
