import { z } from 'zod';
import { mayUse, seesUser } from '../../core/scope.ts';
import type { Actor } from '../../core/desk.ts';
import type { NewOrganization } from '../../core/registry.ts';
import type { Contact, Organization } from '../../core/records.ts';
import { unknownObject } from './errors.ts';
import { email, flag, id, lenientText, list, text } from './fields.ts';
import type { World } from './world.ts';

/** Levels of vetting that a body asks for. Those of products that are not served here are left out. */
export const validationsAsked = list(
  z.object({ type: text(30), verified_users: list(z.object({ id }), 50).optional() }),
  20,
);

export function levelsAsked(validations: z.infer<typeof validationsAsked> | undefined): ('OV' | 'EV')[] {
  const types = new Set((validations ?? []).map(({ type }) => type.toLowerCase()));
  return [
    ...(types.has('ov') || types.has('ev') ? (['OV'] as const) : []),
    ...(types.has('ev') ? (['EV'] as const) : []),
  ];
}

const contact = z.object({
  first_name: text(128),
  last_name: text(128),
  email,
  job_title: text(128).optional(),
  telephone: lenientText(64).optional(),
  telephone_extension: lenientText(32).optional(),
});

/** Members by which an organization is told: where it is made, changed, or named in an order. */
export const organizationMembers = {
  name: text(255),
  assumed_name: text(255).optional(),
  country: text(2).regex(/^[a-z]{2}$/i, 'It must be a country code of two letters'),
  address: text(255),
  address2: text(255).optional(),
  city: text(128),
  state: text(128).optional(),
  zip: lenientText(40).optional(),
  telephone: lenientText(64).optional(),
  container: z.object({ id }).optional(),
  organization_contact: contact.optional(),
  technical_contact: contact.optional(),
  validations: validationsAsked.optional(),
};

export const createOrganizationBody = z.object({
  ...organizationMembers,
  skip_duplicate_org_check: flag.optional(),
});

type Members = z.infer<typeof createOrganizationBody>;

/** An organization as the heart keeps it. `verified_users` are looked up in the account. */
export async function newOrganization(world: World, actor: Actor, members: Members): Promise<NewOrganization> {
  const { name, country, state, city, address, zip, assumed_name: assumedName, address2, telephone } = members;
  return {
    name,
    containerId: members.container?.id ?? null,
    subject: {
      organization: name,
      country: country.toUpperCase(),
      ...(state === undefined ? {} : { state }),
      locality: city,
      street: address,
      ...(zip === undefined ? {} : { postalCode: zip }),
    },
    details: {
      ...(assumedName === undefined ? {} : { assumedName }),
      ...(address2 === undefined ? {} : { street2: address2 }),
      ...(telephone === undefined ? {} : { phone: telephone }),
    },
    contacts: [
      ...(members.organization_contact === undefined ? [] : [contactOf('organization', members.organization_contact)]),
      ...(members.technical_contact === undefined ? [] : [contactOf('technical', members.technical_contact)]),
      ...(await approversOf(world, actor, members.validations)),
    ],
  };
}

export function contactOf(kind: string, members: z.infer<typeof contact>): Contact {
  const { first_name: firstName, last_name: lastName, job_title: jobTitle } = members;
  return {
    kind,
    firstName,
    lastName,
    email: members.email,
    ...(jobTitle === undefined ? {} : { jobTitle }),
    ...(members.telephone === undefined ? {} : { phone: members.telephone }),
    ...(members.telephone_extension === undefined ? {} : { phoneExtension: members.telephone_extension }),
  };
}

/** @throws VendorError `not_found|user` */
export async function approversOf(
  world: World,
  actor: Actor,
  validations: z.infer<typeof validationsAsked> | undefined,
): Promise<Contact[]> {
  const wanted = [...new Set((validations ?? []).flatMap((one) => one.verified_users ?? []).map((user) => user.id))];
  if (wanted.length === 0) return [];
  const found = await world.context.store.find('users', { accountId: actor.accountId, id: wanted });
  const users = found.filter((user) => seesUser(actor, user));
  if (users.length < wanted.length) throw unknownObject('user');
  return users.map(({ id: userId, firstName, lastName, email: address, jobTitle, phone }) => ({
    kind: 'ev-approver',
    userId,
    firstName,
    lastName,
    email: address,
    ...(jobTitle === null ? {} : { jobTitle }),
    ...(phone === null ? {} : { phone }),
  }));
}

/** An organization of the actor's account. @throws VendorError `not_found|organization` */
export async function ownOrganization(world: World, actor: Actor, organizationId: number): Promise<Organization> {
  const organization = await world.context.store.get('organizations', organizationId);
  if (organization === null || organization.accountId !== actor.accountId || !mayUse(actor, organization)) {
    throw unknownObject('organization');
  }
  return organization;
}
