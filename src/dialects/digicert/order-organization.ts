import type { Actor, NewOrganizationAsk } from '../../core/desk.ts';
import type { Contact, Organization, Subject } from '../../core/records.ts';
import { mayUse } from '../../core/scope.ts';
import { readContacts } from './contacts.ts';
import { invalidParameter, missingParameter, unknownObject } from './errors.ts';
import type { OrderBody } from './order-body.ts';
import type { VendorProduct } from './products.ts';
import type { World } from './world.ts';

/** Who an order speaks of. */
export interface OrderOrganization {
  /** Null where the order brings its details, or speaks of nobody. */
  id: number | null;
  subject: Subject;
  brought: NewOrganizationAsk | null;
  /** Named in the order. */
  named: Contact[];
  /** The organization's own. */
  known: Contact[];
  /** Of the known organization. */
  containerId: number | null;
}

const NOBODY: OrderOrganization = { id: null, subject: {}, brought: null, named: [], known: [], containerId: null };

/**
 * The organization of an order, by id or by its details. DV orders have none; what they say of one is not looked at.
 * @throws VendorError `not_found|organization`, `invalid_value:organization…`, `missing_value:organization…`
 */
export async function readOrganization(
  world: World,
  actor: Actor,
  { product }: VendorProduct,
  body: OrderBody,
): Promise<OrderOrganization> {
  if (!product.checks.includes('organization')) return NOBODY;
  const { organization: asked } = body;
  if (asked === undefined || (asked.id === undefined && asked.name === undefined)) {
    throw missingParameter('organization');
  }
  const named = await readContacts(world, actor, asked.contacts ?? [], 'organization.contacts');
  if (asked.id === undefined) return newOrganization(asked, named, body.container?.id ?? null);
  const known = await ownOrganization(world, actor, asked.id);
  const { id, subject, contacts, containerId } = known;
  return { id, subject, brought: null, named, known: contacts, containerId };
}

/** @throws VendorError `not_found|organization`, `invalid_value:organization.id` where it is not active */
async function ownOrganization(world: World, actor: Actor, id: number): Promise<Organization> {
  const organization = await world.context.store.get('organizations', id);
  if (organization === null || organization.accountId !== actor.accountId || !mayUse(actor, organization)) {
    throw unknownObject('organization');
  }
  if (!organization.active) throw invalidParameter('organization.id', 'The organization is not active');
  return organization;
}

type Details = NonNullable<OrderBody['organization']>;

/** Members without which nobody can be vetted (BR 3.2.2.1). */
const REQUIRED = ['name', 'address', 'city', 'country', 'telephone'] as const;

function newOrganization(asked: Details, named: Contact[], containerId: number | null): OrderOrganization {
  const missing = REQUIRED.find((member) => asked[member] === undefined);
  if (missing !== undefined) throw missingParameter(`organization.${missing}`);
  const country = (asked.country as string).toUpperCase();
  if (!/^[A-Z]{2}$/.test(country)) throw invalidParameter('organization.country', 'It must be two letters (ISO 3166)');
  const subject = {
    organization: asked.name,
    country,
    state: asked.state,
    locality: asked.city,
    street: asked.address,
    postalCode: asked.zip,
  };
  const details = { assumedName: asked.assumed_name, street2: asked.address2, phone: asked.telephone };
  const evenIfKnown = asked.skip_duplicate_org_check === true;
  return {
    id: null,
    subject: told(subject),
    brought: { evenIfKnown, details: told(details), contacts: named, containerId },
    named,
    known: [],
    containerId: null,
  };
}

function told<T extends object>(members: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
