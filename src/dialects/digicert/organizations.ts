import { z } from 'zod';
import type { Organization } from '../../core/records.ts';
import { usableScope } from '../../core/scope.ts';
import { made } from './account-answers.ts';
import { homeOf } from './containers.ts';
import { accept, act, idOf, read, type Call } from './endpoint.ts';
import { unknownObject } from './errors.ts';
import {
  choiceField,
  dateField,
  flagField,
  numberField,
  textField,
  toListQuery,
  type ListFields,
} from './list-fields.ts';
import { LIST_PARAMETERS, pageOf, readFlag, readId, readListQuery } from './list-query.ts';
import { organization, organizationList, readOrganizations, renderOrganization } from './organization-answers.ts';
import {
  approversOf,
  createOrganizationBody,
  levelsAsked,
  newOrganization,
  organizationMembers,
  ownOrganization,
  validationsAsked,
} from './organization-body.ts';
import { organizationValidation, renderOrganizationValidations } from './organization-validations.ts';
import type { World } from './world.ts';

const FIELDS: ListFields<Organization> = {
  id: numberField('id'),
  name: textField('name'),
  date_created: dateField('createdAt'),
  container_id: numberField('containerId'),
  is_active: flagField('active'),
  status: choiceField('active', [
    ['active', true as never],
    ['inactive', false as never],
  ]),
};

export const listOrganizations = read({
  path: '/organization',
  summary: 'List the organizations',
  query: {
    ...LIST_PARAMETERS,
    container_id: 'Those of one division',
    include_validation: 'Show how they were vetted',
  },
  answers: { 200: organizationList },
  async handle(world, call) {
    const ask = readListQuery(call.query);
    const containerId = readId(call.query, 'container_id');
    const fixed =
      containerId === undefined ? [] : [{ field: 'containerId' as const, op: 'eq' as const, value: containerId }];
    const shared = usableScope<Organization>(call.actor);
    const asked = await toListQuery(call.actor.accountId, FIELDS, ask, fixed);
    const query = shared.length === 0 ? asked : { ...asked, anyOf: [...(asked.anyOf ?? []), shared] };
    const { records, total = 0 } = await world.context.store.list('organizations', query);
    const view = { validation: readFlag(call.query, 'include_validation'), whole: false };
    const organizations = (await readOrganizations(world, records)).map((one) => renderOrganization(world, one, view));
    return { status: 200, json: { organizations, page: pageOf(ask, total) } };
  },
});

export const createOrganization = accept({
  method: 'POST',
  path: '/organization',
  summary: 'Keep an organization; the same twice is refused unless skip_duplicate_org_check says so',
  permission: 'domains',
  body: createOrganizationBody,
  answers: { 201: made },
  async handle(world, call) {
    const { actor, body } = call;
    const { registry } = world.context;
    const asked = await newOrganization(world, actor, body);
    const containerId = asked.containerId ?? (await homeOf(world, actor));
    const { id } = await registry.organizations.create(
      actor,
      { ...asked, containerId },
      body.skip_duplicate_org_check === true,
    );
    const levels = levelsAsked(body.validations);
    if (levels.length > 0) await registry.organizations.submit(actor, id, levels);
    return { status: 201, json: { id } };
  },
});

export const organizationInfo = read({
  path: '/organization/:organizationId',
  summary: 'Show an organization',
  query: { include_validation: 'Show how it was vetted' },
  answers: { 200: organization },
  async handle(world, call) {
    const [records] = await readOrganizations(world, [await inPath(world, call)]);
    if (records === undefined) throw unknownObject('organization');
    const view = { validation: readFlag(call.query, 'include_validation'), whole: true };
    return { status: 200, json: renderOrganization(world, records, view) };
  },
});

/** Whoever sends one member of the address leaves the others as they are. */
const changeBody = z.object(organizationMembers).partial();

export const updateOrganization = accept({
  method: 'PUT',
  path: '/organization/:organizationId',
  summary: 'Change an organization; what was vetted has to be vetted again',
  permission: 'domains',
  body: changeBody,
  answers: { 204: null },
  async handle(world, call) {
    const { actor, body } = call;
    const before = await inPath(world, call);
    const { organization: _, ...subject } = before.subject;
    const asked = await newOrganization(world, actor, {
      ...body,
      name: body.name ?? before.name,
      country: body.country ?? subject.country ?? '',
      address: body.address ?? subject.street ?? '',
      city: body.city ?? subject.locality ?? '',
    });
    const replaced = new Set(asked.contacts.map(({ kind }) => kind));
    await world.context.registry.organizations.change(actor, before.id, {
      name: asked.name,
      subject: { ...before.subject, ...asked.subject },
      details: { ...before.details, ...asked.details },
      contacts: [...before.contacts.filter(({ kind }) => !replaced.has(kind)), ...asked.contacts],
      ...(body.container === undefined ? {} : { containerId: body.container.id }),
    });
    return { status: 204 };
  },
});

export const deleteOrganization = act({
  method: 'DELETE',
  path: '/organization/:organizationId',
  summary: 'Delete an organization that no order and no domain names',
  permission: 'domains',
  answers: { 204: null },
  async handle(world, call) {
    const { id } = await inPath(world, call);
    await world.context.registry.organizations.delete(call.actor, id);
    return { status: 204 };
  },
});

export const activateOrganization = switchOrganization('activate', true);
export const deactivateOrganization = switchOrganization('deactivate', false);

function switchOrganization(verb: 'activate' | 'deactivate', active: boolean) {
  return act({
    method: 'PUT',
    path: `/organization/:organizationId/${verb}`,
    summary: active ? 'Give an organization to orders again' : 'Give an organization to orders no more',
    permission: 'domains',
    answers: { 204: null },
    async handle(world, call) {
      const { id } = await inPath(world, call);
      await world.context.registry.organizations.setActive(call.actor, id, active);
      return { status: 204 };
    },
  });
}

export const organizationValidations = read({
  path: '/organization/:organizationId/validation',
  summary: 'Show how an organization was vetted',
  answers: { 200: z.strictObject({ validations: z.array(organizationValidation) }) },
  async handle(world, call) {
    const found = await inPath(world, call);
    return { status: 200, json: { validations: renderOrganizationValidations(world, found) } };
  },
});

export const submitOrganization = accept({
  method: 'POST',
  path: '/organization/:organizationId/validation',
  summary: 'Ask for the vetting of an organization',
  permission: 'domains',
  body: z.object({ validations: validationsAsked }),
  answers: { 204: null },
  async handle(world, call) {
    const { actor, body } = call;
    const { registry } = world.context;
    const found = await inPath(world, call);
    const approvers = await approversOf(world, actor, body.validations);
    if (approvers.length > 0) {
      const others = found.contacts.filter(({ kind }) => kind !== 'ev-approver');
      await registry.organizations.change(actor, found.id, { contacts: [...others, ...approvers] });
    }
    await registry.organizations.submit(actor, found.id, levelsAsked(body.validations));
    return { status: 204 };
  },
});

function inPath(world: World, call: Call): Promise<Organization> {
  return ownOrganization(world, call.actor, idOf(call, 'organizationId', 'organization'));
}
