import type { Actor } from '../../core/desk.ts';
import type { Contact, Person } from '../../core/records.ts';
import { seesUser } from '../../core/scope.ts';
import { invalidParameter } from './errors.ts';
import type { ContactBody, OrderBody } from './order-body.ts';
import type { World } from './world.ts';

/** What `Contact.kind` is in the vendor's bodies, and back. */
export const CONTACT_KINDS = {
  organization_contact: 'organization',
  technical_contact: 'technical',
  ev_approver: 'ev-approver',
  cs_approver: 'cs-approver',
} as const;

/**
 * Contacts as our records hold them; those that are users of the account with the user's name and address.
 * @throws VendorError `invalid_value:…user_id`
 */
export async function readContacts(
  world: World,
  actor: Actor,
  bodies: readonly ContactBody[],
  path: string,
): Promise<Contact[]> {
  const users = await world.context.store.find('users', {
    accountId: actor.accountId,
    id: bodies.flatMap(({ user_id }) => (user_id === undefined ? [] : [user_id])),
  });
  return bodies.map((body, index) => {
    const kind = CONTACT_KINDS[body.contact_type];
    if (body.user_id === undefined) return contactOf(kind, body);
    const user = users.find((one) => one.id === body.user_id && seesUser(actor, one));
    if (user === undefined) throw invalidParameter(`${path}[${index}].user_id`, 'There is no such user');
    const { id: userId, firstName, lastName, email, jobTitle, phone } = user;
    return {
      kind,
      userId,
      firstName,
      lastName,
      email,
      ...(jobTitle === null ? {} : { jobTitle }),
      ...(phone === null ? {} : { phone }),
    };
  });
}

type PersonBody = Omit<ContactBody, 'contact_type' | 'user_id'>;

/** A person of the body as a contact of this kind. */
export function contactOf(kind: string, body: PersonBody): Contact {
  const members = {
    firstName: body.first_name,
    lastName: body.last_name,
    email: body.email,
    jobTitle: body.job_title,
    phone: body.telephone,
    phoneExtension: body.telephone_extension,
  };
  return { kind, ...Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) };
}

/**
 * The contacts of an order: its own where it names some, else those of its organization. The technical contact is the
 * organization's where none is named.
 */
export function orderContacts(
  body: Pick<OrderBody, 'organization_contact' | 'technical_contact'>,
  named: readonly Contact[],
  ofOrganization: readonly Contact[],
): Contact[] {
  const own = [
    ...(body.organization_contact === undefined ? [] : [contactOf('organization', body.organization_contact)]),
    ...(body.technical_contact === undefined ? [] : [contactOf('technical', body.technical_contact)]),
  ];
  const contacts: Contact[] = [];
  for (const source of [own, named, ofOrganization]) {
    const known = new Set(contacts.map(({ kind }) => kind));
    contacts.push(...source.filter(({ kind }) => !known.has(kind)));
  }
  const main = contacts.find(({ kind }) => kind === 'organization');
  const hasTechnical = contacts.some(({ kind }) => kind === 'technical');
  return main === undefined || hasTechnical ? contacts : [...contacts, { ...main, kind: 'technical' }];
}

/** Whom the request is discussed with: who may approve an EV order, else the organization's contact. */
export function spokesperson(contacts: readonly Contact[]): Person | null {
  const reachable = contacts.filter(({ email }) => email !== undefined);
  const one = ['ev-approver', 'organization', 'technical']
    .map((wanted) => reachable.find(({ kind }) => kind === wanted))
    .find((contact) => contact !== undefined);
  if (one?.email === undefined) return null;
  const { firstName = '', lastName = '', email, phone = '', jobTitle } = one;
  return { firstName, lastName, email, phone, ...(jobTitle === undefined ? {} : { jobTitle }) };
}
