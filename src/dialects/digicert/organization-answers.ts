import { z } from 'zod';
import type { Contact, Container, Organization, User } from '../../core/records.ts';
import { pageAnswer } from './account-answers.ts';
import { displayName } from './domain-answers.ts';
import { organizationValidation, renderOrganizationValidations } from './organization-validations.ts';
import type { World } from './world.ts';

const id = z.int().positive();

const contact = z.strictObject({
  id: id.optional(),
  first_name: z.string().optional(),
  last_name: z.string().optional(),
  name: z.string(),
  email: z.string().optional(),
  job_title: z.string().optional(),
  telephone: z.string().optional(),
  telephone_extension: z.string().optional(),
});

const approver = z.strictObject({ id, first_name: z.string(), last_name: z.string() });

export const organization = z.strictObject({
  id,
  status: z.enum(['active', 'inactive']),
  name: z.string(),
  assumed_name: z.string().optional(),
  display_name: z.string(),
  is_active: z.boolean(),
  address: z.string().optional(),
  address2: z.string().optional(),
  zip: z.string().optional(),
  city: z.string().optional(),
  state: z.string().optional(),
  country: z.string().optional(),
  telephone: z.string().optional(),
  container: z.strictObject({ id, parent_id: z.int(), name: z.string(), is_active: z.boolean() }).optional(),
  organization_contact: contact.optional(),
  technical_contact: contact.optional(),
  verified_contacts: z.array(contact).optional(),
  validations: z.array(organizationValidation).optional(),
  ev_approvers: z.array(approver).optional(),
});

export const organizationList = z.strictObject({ organizations: z.array(organization), page: pageAnswer });

export interface OrganizationRecords {
  organization: Organization;
  container: Container | null;
  /** Users whom the organization's contacts name. */
  users: ReadonlyMap<number, User>;
}

/** Some organizations of one account, by one query per table. */
export async function readOrganizations(
  world: World,
  organizations: readonly Organization[],
): Promise<OrganizationRecords[]> {
  if (organizations.length === 0) return [];
  const { store } = world.context;
  const [first] = organizations;
  const accountId = first?.accountId ?? 0;
  const containerIds = organizations.flatMap(({ containerId }) => (containerId === null ? [] : [containerId]));
  const containers = new Map(
    (await store.find('containers', { accountId, id: containerIds })).map((one) => [one.id, one]),
  );
  const userIds = organizations.flatMap((one) => one.contacts.flatMap(({ userId }) => userId ?? []));
  const users = new Map((await store.find('users', { accountId, id: userIds })).map((user) => [user.id, user]));
  return organizations.map((one) => ({
    organization: one,
    container: containers.get(one.containerId ?? 0) ?? null,
    users,
  }));
}

export interface OrganizationView {
  validation: boolean;
  /** With what only the organization's own page shows. */
  whole: boolean;
}

export function renderOrganization(
  world: World,
  { organization: one, container, users }: OrganizationRecords,
  view: OrganizationView,
): z.infer<typeof organization> {
  const { subject, details, contacts } = one;
  const contactOf = (kind: string) => contacts.find((other) => other.kind === kind);
  const organizationContact = contactOf('organization');
  const technicalContact = contactOf('technical');
  const approvers = contacts.filter(({ kind }) => kind === 'ev-approver');
  return {
    id: one.id,
    status: one.active ? 'active' : 'inactive',
    name: one.name,
    ...member('assumed_name', details.assumedName),
    display_name: displayName(one.name, details.assumedName),
    is_active: one.active,
    ...member('address', subject.street),
    ...member('address2', details.street2),
    ...member('zip', subject.postalCode),
    ...member('city', subject.locality),
    ...member('state', subject.state),
    ...member('country', subject.country?.toLowerCase()),
    ...member('telephone', details.phone),
    ...(container === null ? {} : { container: renderContainer(container) }),
    ...(organizationContact === undefined ? {} : { organization_contact: renderContact(organizationContact, users) }),
    ...(technicalContact === undefined ? {} : { technical_contact: renderContact(technicalContact, users) }),
    ...(view.whole && approvers.length > 0
      ? { verified_contacts: approvers.map((other) => renderContact(other, users)) }
      : {}),
    ...(view.validation ? { validations: renderOrganizationValidations(world, one) } : {}),
    ...(approvers.length > 0 ? { ev_approvers: approvers.flatMap((other) => renderApprover(other, users)) } : {}),
  };
}

export function renderContainer({ id: containerId, parentId, name, state }: Container) {
  return { id: containerId, parent_id: parentId ?? 0, name, is_active: state === 'active' };
}

function member<N extends string>(name: N, value: string | undefined): { [K in N]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { [K in N]?: string });
}

/** A user's own words go before those that were kept when they were named. */
function renderContact(kept: Contact, users: ReadonlyMap<number, User>): z.infer<typeof contact> {
  const user = users.get(kept.userId ?? 0);
  const firstName = user?.firstName ?? kept.firstName;
  const lastName = user?.lastName ?? kept.lastName;
  return {
    ...(user === undefined ? {} : { id: user.id }),
    ...member('first_name', firstName),
    ...member('last_name', lastName),
    name: [firstName, lastName].filter(Boolean).join(' '),
    ...member('email', user?.email ?? kept.email),
    ...member('job_title', user?.jobTitle ?? kept.jobTitle),
    ...member('telephone', user?.phone ?? kept.phone),
    ...member('telephone_extension', kept.phoneExtension),
  };
}

function renderApprover(kept: Contact, users: ReadonlyMap<number, User>) {
  const user = users.get(kept.userId ?? 0);
  return user === undefined ? [] : [{ id: user.id, first_name: user.firstName, last_name: user.lastName }];
}
