import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Actor } from '../../core/desk.ts';
import { seesContainer } from '../../core/scope.ts';
import type { Container, Organization } from '../../core/records.ts';
import { made } from './account-answers.ts';
import { displayName } from './domain-answers.ts';
import { accept, act, idOf, read, type Call } from './endpoint.ts';
import { unknownObject } from './errors.ts';
import { id, lines, text } from './fields.ts';
import { ACCESS_ROLES } from './roles.ts';
import { formatTimestamp } from './times.ts';
import type { World } from './world.ts';

const ROOT_TEMPLATE = 5;
const DIVISION_TEMPLATE = 6;
const TEMPLATES: Readonly<Record<number, string>> = {
  [ROOT_TEMPLATE]: 'Company',
  [DIVISION_TEMPLATE]: 'Business Unit',
};

const identity = z.int().positive();
const role = z.strictObject({ id: identity, name: z.string() });

const assigned = z.strictObject({
  id: identity,
  status: z.enum(['active', 'inactive']),
  name: z.string(),
  display_name: z.string(),
  is_active: z.enum(['0', '1']),
});

export const container = z.strictObject({
  id: identity,
  public_id: z.string(),
  name: z.string(),
  description: z.string().optional(),
  parent_id: z.int(),
  template_id: identity,
  has_logo: z.boolean(),
  is_active: z.boolean(),
  allowed_domain_names: z.array(z.string()).optional(),
  organization_assignments: z.array(assigned).optional(),
});

const containerList = z.strictObject({ containers: z.array(container) });
const template = z.strictObject({
  id: identity,
  name: z.string(),
  date_created: z.string(),
  access_roles: z.array(role),
});

/** Everything that the store knows of one account's divisions. */
async function renderAll(world: World, containers: readonly Container[]): Promise<z.infer<typeof container>[]> {
  if (containers.length === 0) return [];
  const { store } = world.context;
  const containerId = containers.map((one) => one.id);
  const domains = await store.find('domains', { containerId });
  const organizations = await store.find('organizations', { containerId });
  return containers.map((one) => {
    const names = domains.filter((domain) => domain.containerId === one.id).map(({ name }) => name);
    const assignments = organizations.filter((other) => other.containerId === one.id).map(renderAssigned);
    return {
      ...renderContainer(world, one),
      ...(names.length === 0 ? {} : { allowed_domain_names: names }),
      ...(assignments.length === 0 ? {} : { organization_assignments: assignments }),
    };
  });
}

/** A division as it stands by itself. */
export function renderContainer(world: World, one: Container): z.infer<typeof container> {
  return {
    id: one.id,
    public_id: publicId(world, one),
    name: one.name,
    ...(one.description === null ? {} : { description: one.description }),
    parent_id: one.parentId ?? 0,
    template_id: one.parentId === null ? ROOT_TEMPLATE : DIVISION_TEMPLATE,
    has_logo: false,
    is_active: one.state === 'active',
  };
}

/** The same for ever, and tells nothing of its division. */
function publicId(world: World, { id: containerId }: Container): string {
  const key = world.context.deriveKey('digicert/public-id');
  return createHmac('sha256', key).update(`container:${containerId}`).digest('base64url').slice(0, 22);
}

function renderAssigned({ id: organizationId, active, name, details }: Organization): z.infer<typeof assigned> {
  return {
    id: organizationId,
    status: active ? 'active' : 'inactive',
    name,
    display_name: displayName(name, details.assumedName),
    is_active: active ? '1' : '0',
  };
}

export const listContainers = read({
  path: '/container',
  summary: 'List the divisions of the account',
  answers: { 200: containerList },
  async handle(world, { actor }) {
    await world.context.registry.people.rootContainer(actor);
    const all = await world.context.store.find('containers', { accountId: actor.accountId });
    const containers = all.filter(({ id: containerId }) => seesContainer(actor, { containerId }));
    return { status: 200, json: { containers: await renderAll(world, containers) } };
  },
});

export const containerInfo = read({
  path: '/container/:containerId',
  summary: 'Show a division',
  answers: { 200: container },
  async handle(world, call) {
    const [json] = await renderAll(world, [await inPath(world, call)]);
    return { status: 200, json };
  },
});

export const listChildren = read({
  path: '/container/:containerId/children',
  summary: 'List the divisions right below one',
  answers: { 200: containerList },
  async handle(world, call) {
    const { id: parentId, accountId } = await inPath(world, call);
    const containers = await world.context.store.find('containers', { accountId, parentId });
    return { status: 200, json: { containers: await renderAll(world, containers) } };
  },
});

export const createContainer = accept({
  method: 'POST',
  path: '/container/:containerId/children',
  summary: 'Make a division below one',
  permission: 'users',
  body: z.object({ name: text(255), description: lines(1_000).optional(), template_id: id.optional() }),
  answers: { 201: made },
  async handle(world, call) {
    const parent = await inPath(world, call);
    const { name, description = null } = call.body;
    const ask = { parentId: parent.id, name, description };
    const { id: containerId } = await world.context.registry.people.createContainer(call.actor, ask);
    return { status: 201, json: { id: containerId } };
  },
});

export const updateContainer = accept({
  method: 'PUT',
  path: '/container/:containerId',
  summary: 'Change a division',
  permission: 'users',
  body: z.object({ name: text(255).optional(), description: lines(1_000).optional() }),
  answers: { 204: null },
  async handle(world, call) {
    const { id: containerId } = await inPath(world, call);
    const { name, description } = call.body;
    const changes = {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
    };
    await world.context.registry.people.changeContainer(call.actor, containerId, changes);
    return { status: 204 };
  },
});

export const activateContainer = switchContainer('activate', 'active');
export const deactivateContainer = switchContainer('deactivate', 'inactive');

function switchContainer(verb: 'activate' | 'deactivate', state: Container['state']) {
  return act({
    method: 'PUT',
    path: `/container/:containerId/${verb}`,
    summary: state === 'active' ? 'Use a division again' : 'Use a division no more',
    permission: 'users',
    answers: { 204: null },
    async handle(world, call) {
      const { id: containerId } = await inPath(world, call);
      await world.context.registry.people.changeContainer(call.actor, containerId, { state });
      return { status: 204 };
    },
  });
}

export const listContainerRoles = read({
  path: '/container/:containerId/role',
  summary: 'List the roles that users of a division may have',
  answers: { 200: z.strictObject({ access_roles: z.array(role) }) },
  async handle(world, call) {
    await inPath(world, call);
    return { status: 200, json: { access_roles: roles() } };
  },
});

export const listTemplates = read({
  path: '/container/:containerId/template',
  summary: 'List the templates of divisions below one',
  answers: { 200: z.strictObject({ container_templates: z.array(template.omit({ access_roles: true })) }) },
  async handle(world, call) {
    const parent = await inPath(world, call);
    const { access_roles: _, ...shown } = renderTemplate(parent, DIVISION_TEMPLATE);
    return { status: 200, json: { container_templates: [shown] } };
  },
});

export const templateInfo = read({
  path: '/container/:containerId/template/:templateId',
  summary: 'Show a template of divisions',
  answers: { 200: template },
  async handle(world, call) {
    const parent = await inPath(world, call);
    const templateId = idOf(call, 'templateId', 'template');
    if (TEMPLATES[templateId] === undefined) throw unknownObject('template');
    return { status: 200, json: renderTemplate(parent, templateId) };
  },
});

export const listContainerOrganizations = read({
  path: '/container/:containerId/order/organization',
  summary: 'List the organizations that orders of a division may name',
  answers: { 200: z.strictObject({ organizations: z.array(assigned) }) },
  async handle(world, call) {
    const { id: containerId, accountId } = await inPath(world, call);
    const all = await world.context.store.find('organizations', { accountId, active: true });
    const { scope } = call.actor;
    const shared = [containerId, ...(scope?.aboveIds ?? [])];
    const own = all.filter((one) => one.containerId === null || shared.includes(one.containerId));
    return { status: 200, json: { organizations: own.map(renderAssigned) } };
  },
});

function renderTemplate({ createdAt }: Container, templateId: number): z.infer<typeof template> {
  const name = TEMPLATES[templateId] ?? '';
  return { id: templateId, name, date_created: formatTimestamp(createdAt), access_roles: roles() };
}

function roles(): z.infer<typeof role>[] {
  return ACCESS_ROLES.map(({ id: roleId, name }) => ({ id: roleId, name }));
}

/** The division in which the actor makes something where none is named. */
export async function homeOf(world: World, actor: Actor): Promise<number> {
  return actor.scope?.containerIds?.[0] ?? (await world.context.registry.people.rootContainer(actor)).id;
}

async function inPath(world: World, call: Pick<Call, 'params'> & { actor: Actor }): Promise<Container> {
  const found = await world.context.store.get('containers', idOf(call, 'containerId', 'container'));
  if (found === null || found.accountId !== call.actor.accountId) throw unknownObject('container');
  if (!seesContainer(call.actor, { containerId: found.id })) throw unknownObject('container');
  return found;
}
