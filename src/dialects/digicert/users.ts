import { z } from 'zod';
import type { Actor } from '../../core/desk.ts';
import { may } from '../../core/permissions.ts';
import type { NewUser } from '../../core/registry.ts';
import type { Container, User } from '../../core/records.ts';
import { seesContainer, seesUser, userScope } from '../../core/scope.ts';
import type { Filter } from '../../core/store.ts';
import { pageAnswer } from './account-answers.ts';
import { container, homeOf, renderContainer } from './containers.ts';
import { accept, act, idOf, read, type Call } from './endpoint.ts';
import { missingParameter, unknownObject } from './errors.ts';
import { email, flag, id, lenientText, list, text } from './fields.ts';
import { keyRole, makeKey } from './keys.ts';
import { choiceField, dateField, numberField, textField, toListQuery, type ListFields } from './list-fields.ts';
import { LIST_PARAMETERS, pageOf, readListQuery } from './list-query.ts';
import { ACCESS_ROLES, accessRoles, roleOfAccess } from './roles.ts';
import { formatTimestamp } from './times.ts';
import type { World } from './world.ts';

const identity = z.int().positive();

const userMembers = {
  username: z.string(),
  account_id: identity,
  first_name: z.string().optional(),
  last_name: z.string().optional(),
  email: z.string().optional(),
  job_title: z.string().optional(),
  telephone: z.string().optional(),
  status: z.enum(['active', 'inactive']),
  last_login_date: z.string().optional(),
  container: container.optional(),
  access_roles: z.array(z.strictObject({ id: identity, name: z.string() })),
  type: z.literal('standard'),
  has_container_assignments: z.boolean(),
};

export const user = z.strictObject({ id: identity, ...userMembers });
export const userList = z.strictObject({ users: z.array(user), page: pageAnswer });

export const ownUser = z.strictObject({
  // 0 where the key belongs to nobody.
  id: z.int().min(0),
  ...userMembers,
  is_cert_central: z.boolean(),
  is_enterprise: z.boolean(),
  is_saml_sso_only: z.boolean(),
  container_visibility: z.array(z.strictObject({ id: identity, name: z.string() })),
});

export const userMade = z.strictObject({ id: identity, api_key: z.string().optional() });

const FIELDS: ListFields<User> = {
  id: numberField('id'),
  username: textField('userName'),
  first_name: textField('firstName'),
  last_name: textField('lastName'),
  email: textField('email'),
  container_id: numberField('containerId'),
  date_created: dateField('createdAt'),
  status: choiceField('state', [
    ['active', 'active'],
    ['inactive', 'inactive'],
  ]),
  search: {
    sort: null,
    filter: ({ values: [value = ''] }) => {
      const sought = value.startsWith('%') ? `%${value.slice(1)}%` : value;
      return [
        (['userName', 'firstName', 'lastName', 'email'] as const).map((field) => ({
          field,
          op: 'like',
          value: sought,
        })),
      ];
    },
  },
};

export const listUsers = read({
  path: '/user',
  summary: 'List the users of the account',
  query: LIST_PARAMETERS,
  answers: { 200: userList },
  handle: (world, call) => listOf(world, call, userScope(call.actor)),
});

export const listServiceUsers = read({
  path: '/user/api-only',
  summary: 'List the users that are programs',
  query: LIST_PARAMETERS,
  answers: { 200: userList },
  handle: (world, call) =>
    listOf(world, call, [...userScope(call.actor), { field: 'kind', op: 'eq', value: 'program' }]),
});

async function listOf(world: World, { actor, query }: Call, fixed: readonly Filter<User>[]) {
  const ask = readListQuery(query);
  const { records, total = 0 } = await world.context.store.list(
    'users',
    await toListQuery(actor.accountId, FIELDS, ask, fixed),
  );
  const containers = await world.context.store.find('containers', { accountId: actor.accountId });
  return {
    status: 200,
    json: { users: records.map((one) => render(world, one, containers)), page: pageOf(ask, total) },
  };
}

export const currentUser = read({
  path: '/user/me',
  summary: 'Show the user of the key',
  answers: { 200: ownUser },
  async handle(world, { actor }) {
    const { store, registry } = world.context;
    await registry.people.rootContainer(actor);
    const containers = await store.find('containers', { accountId: actor.accountId });
    const found = actor.userId === null ? null : await store.get('users', actor.userId);
    const shown = found === null ? nobody(actor) : render(world, found, containers);
    return {
      status: 200,
      json: {
        ...shown,
        is_cert_central: true,
        is_enterprise: false,
        is_saml_sso_only: false,
        container_visibility: containers
          .filter((one) => seesContainer(actor, { containerId: one.id }))
          .map(({ id: containerId, name }) => ({ id: containerId, name })),
      },
    };
  },
});

/** What a key shows that was made for the account and no user of it. */
function nobody(actor: Actor) {
  const role = may(actor, 'settings') ? 'admin' : may(actor, 'users') ? 'manager' : 'standard';
  return {
    id: 0,
    username: actor.userName,
    account_id: actor.accountId,
    status: 'active' as const,
    access_roles: accessRoles(role),
    type: 'standard' as const,
    has_container_assignments: false,
  };
}

export const userInfo = read({
  path: '/user/:userId',
  summary: 'Show a user',
  answers: { 200: user },
  async handle(world, call) {
    const containers = await world.context.store.find('containers', { accountId: call.actor.accountId });
    return { status: 200, json: render(world, await inPath(world, call), containers) };
  },
});

const members = {
  username: text(255).regex(/^[A-Za-z0-9@_+.-]+$/, 'It may hold letters, digits and @ - _ + .'),
  first_name: text(128),
  last_name: text(128),
  email,
  job_title: text(64).optional(),
  telephone: lenientText(64).optional(),
  container: z.object({ id }).optional(),
  access_roles: list(z.object({ id }), ACCESS_ROLES.length).optional(),
};

const createBody = z.object({
  ...z.object(members).partial().shape,
  is_api_only: flag.optional(),
  api_name: text(100).optional(),
  restricted_to_role_id: lenientText(4).optional(),
});

export const createUser = accept({
  method: 'POST',
  path: '/user',
  summary: 'Make a user; one that is a program gets a key, which is shown this once',
  permission: 'users',
  body: createBody,
  answers: { 201: userMade },
  async handle(world, call) {
    const { actor, body } = call;
    const { people } = world.context.registry;
    const containerId = body.container?.id ?? (await homeOf(world, actor));
    if (body.is_api_only !== true) {
      const { id: userId } = await people.createUser(actor, person(body, containerId));
      return { status: 201, json: { id: userId } };
    }
    const label = body.api_name ?? 'Service user';
    const asked = program(world, actor, body, containerId);
    // Before anything is made: a user without a key would be left behind.
    keyRole(actor, body.restricted_to_role_id, asked.role);
    const made = await people.createUser(actor, asked);
    const key = await makeKey(world, actor, made.id, label, body.restricted_to_role_id);
    return { status: 201, json: { id: made.id, api_key: key.secret } };
  },
});

type CreateBody = z.infer<typeof createBody>;

function person(body: CreateBody, containerId: number): NewUser {
  for (const name of ['username', 'first_name', 'last_name', 'email'] as const) {
    if (body[name] === undefined) throw missingParameter(name);
  }
  const role = body.access_roles?.[0];
  if (role === undefined) throw missingParameter('access_roles');
  return {
    kind: 'person',
    userName: body.username ?? '',
    firstName: body.first_name ?? '',
    lastName: body.last_name ?? '',
    email: body.email ?? '',
    jobTitle: body.job_title ?? null,
    phone: body.telephone ?? null,
    role: roleOfAccess(role.id),
    containerId,
  };
}

/** A program may what its maker may, unless less is asked for. */
function program(world: World, actor: Actor, body: CreateBody, containerId: number): NewUser {
  const asked = body.access_roles?.[0];
  const own = actor.userRole ?? (may(actor, 'settings') ? 'admin' : 'manager');
  return {
    kind: 'program',
    userName: body.username ?? `service-${Buffer.from(world.context.random.bytes(8)).toString('hex')}`,
    firstName: body.first_name ?? 'Service',
    lastName: body.last_name ?? 'User',
    email: body.email ?? '',
    jobTitle: null,
    phone: null,
    role: asked === undefined ? own : roleOfAccess(asked.id),
    containerId,
  };
}

export const updateUser = accept({
  method: 'PUT',
  path: '/user/:userId',
  summary: 'Change a user',
  permission: 'users',
  body: z.object(members).partial(),
  answers: { 204: null },
  async handle(world, call) {
    const { id: userId } = await inPath(world, call);
    const { body } = call;
    const role = body.access_roles?.[0];
    const changes: { [M in keyof NewUser]?: NewUser[M] | undefined } = {
      userName: body.username,
      firstName: body.first_name,
      lastName: body.last_name,
      email: body.email,
      jobTitle: body.job_title,
      phone: body.telephone,
      containerId: body.container?.id,
      role: role === undefined ? undefined : roleOfAccess(role.id),
    };
    const given = Object.entries(changes).filter(([, value]) => value !== undefined);
    await world.context.registry.people.changeUser(call.actor, userId, Object.fromEntries(given));
    return { status: 204 };
  },
});

export const deleteUser = act({
  method: 'DELETE',
  path: '/user/:userId',
  summary: 'Delete a user with their keys',
  permission: 'users',
  answers: { 204: null },
  async handle(world, call) {
    const { id: userId } = await inPath(world, call);
    await world.context.registry.people.deleteUser(call.actor, userId);
    return { status: 204 };
  },
});

function render(world: World, one: User, containers: readonly Container[]): z.infer<typeof user> {
  // Clients look for everything else in the division of their user; the root is that of who was put in none.
  const division = containers.find(({ id: containerId, parentId }) =>
    one.containerId === null ? parentId === null : containerId === one.containerId,
  );
  return {
    id: one.id,
    username: one.userName,
    account_id: one.accountId,
    ...(one.firstName === '' ? {} : { first_name: one.firstName }),
    ...(one.lastName === '' ? {} : { last_name: one.lastName }),
    ...(one.email === '' ? {} : { email: one.email }),
    ...(one.jobTitle === null ? {} : { job_title: one.jobTitle }),
    ...(one.phone === null ? {} : { telephone: one.phone }),
    status: one.state,
    ...(one.lastSeenAt === null ? {} : { last_login_date: formatTimestamp(one.lastSeenAt) }),
    ...(division === undefined ? {} : { container: renderContainer(world, division) }),
    access_roles: accessRoles(one.role),
    type: 'standard',
    has_container_assignments: false,
  };
}

async function inPath(world: World, call: Call): Promise<User> {
  const found = await world.context.store.get('users', idOf(call, 'userId', 'user'));
  if (found === null || found.accountId !== call.actor.accountId || !seesUser(call.actor, found)) {
    throw unknownObject('user');
  }
  return found;
}
