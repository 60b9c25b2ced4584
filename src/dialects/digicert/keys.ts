import { z } from 'zod';
import type { Actor } from '../../core/desk.ts';
import { DeskError } from '../../core/errors.ts';
import { mayHandOut } from '../../core/permissions.ts';
import type { Credential, Role, User } from '../../core/records.ts';
import { seesUser } from '../../core/scope.ts';
import { accept, idOf, read, type Call } from './endpoint.ts';
import { invalidParameter, unknownObject, VendorError } from './errors.ts';
import { lenientText, text, word } from './fields.ts';
import { readId } from './list-query.ts';
import { keyRoleId, roleOfKey } from './roles.ts';
import { newSecret } from './secret.ts';
import { formatTimestamp } from './times.ts';
import { DIALECT, type World } from './world.ts';

export const key = z.strictObject({
  id: z.int().positive(),
  user: z.strictObject({ id: z.int().min(0), first_name: z.string(), last_name: z.string() }),
  status: z.enum(['active', 'revoked']),
  create_date: z.string(),
  name: z.string(),
  is_legacy: z.boolean(),
  restricted_to_role_id: z.int(),
});

export const keyMade = z.strictObject({ id: z.int().positive(), api_key: z.string() });

/** A key's secret is shown when it is made, and never again: only its hash is kept. */
export const listKeys = read({
  path: '/key',
  summary: 'List the keys of the account, without their secrets',
  query: { user_id: 'Those of one user' },
  answers: { 200: z.strictObject({ api_keys: z.array(key) }) },
  async handle(world, { actor, query }) {
    const { accountId } = actor;
    const { store } = world.context;
    const userId = readId(query, 'user_id');
    const keys = await store.find('credentials', {
      accountId,
      dialect: DIALECT,
      ...(userId === undefined ? {} : { userId }),
    });
    const users = await store.find('users', { accountId });
    const seen = users.filter((user) => seesUser(actor, user)).map(({ id }) => id);
    const shown = actor.scope === undefined ? keys : keys.filter((one) => seen.includes(one.userId ?? 0));
    return { status: 200, json: { api_keys: shown.map((one) => render(one, users)) } };
  },
});

export const keyInfo = read({
  path: '/key/:keyId',
  summary: 'Show a key, without its secret',
  answers: { 200: key },
  async handle(world, call) {
    const found = await inPath(world, call);
    const users = found.userId === null ? [] : await world.context.store.find('users', { id: found.userId });
    return { status: 200, json: render(found, users) };
  },
});

const roleId = lenientText(4).optional();

export const createKey = accept({
  method: 'POST',
  path: '/key/user/:userId',
  summary: 'Make a key of a user; it is shown this once',
  permission: 'users',
  body: z.object({ name: text(100), restricted_to_role_id: roleId }),
  answers: { 201: keyMade },
  async handle(world, call) {
    const { name, restricted_to_role_id: role } = call.body;
    const { id, secret } = await makeKey(world, call.actor, idOf(call, 'userId', 'user'), name, role);
    return { status: 201, json: { id, api_key: secret } };
  },
});

/** `role` as the vendor numbers it; nothing is no restriction. @throws VendorError `not_found|user`, `invalid_value:…` */
export async function makeKey(
  world: World,
  actor: Actor,
  userId: number,
  label: string,
  role: string | undefined,
): Promise<{ id: number; secret: string }> {
  const { random, registry, store } = world.context;
  const user = await store.get('users', userId);
  if (user === null || user.accountId !== actor.accountId || !seesUser(actor, user)) throw unknownObject('user');
  const secret = newSecret(actor.handle, random);
  const ask = { dialect: DIALECT, userId, label, role: keyRole(actor, role, user.role), secret };
  return registry.people.createKey(actor, ask);
}

/**
 * To what a key is restricted; without a restriction it may what its user may, now and later, where whoever makes it
 * may all of that.
 * @throws VendorError `invalid_value:…`; DeskError `not-allowed` for more than the actor may
 */
export function keyRole(actor: Actor, role: string | undefined, userRole: Role): Role {
  if (role !== undefined && !/^\d{1,4}$/.test(role)) throw invalidParameter('restricted_to_role_id');
  const asked = roleOfKey(Number(role ?? 0));
  const given = asked === 'admin' && !mayHandOut(actor, asked) ? userRole : asked;
  if (mayHandOut(actor, given)) return given;
  throw new DeskError('not-allowed', 'A key cannot give more than your own allows');
}

export const editKey = accept({
  method: 'PUT',
  path: '/key/:keyId',
  summary: 'Rename a key, or restrict it',
  permission: 'users',
  body: z.object({ name: text(100).optional(), restricted_to_role_id: roleId }),
  answers: { 204: null },
  async handle(world, call) {
    const { id, userId, role: before } = await inPath(world, call);
    const { name, restricted_to_role_id: role } = call.body;
    const user = userId === null ? null : await world.context.store.get('users', userId);
    await world.context.registry.people.changeKey(call.actor, id, {
      ...(name === undefined ? {} : { label: name }),
      ...(role === undefined ? {} : { role: keyRole(call.actor, role, user?.role ?? before) }),
    });
    return { status: 204 };
  },
});

export const changeKeyStatus = accept({
  method: 'PUT',
  path: '/key/:keyId/status',
  summary: 'Revoke a key, for good',
  permission: 'users',
  body: z.object({ status: word(['active', 'revoked']) }),
  answers: { 204: null },
  async handle(world, call) {
    const { id, revokedAt } = await inPath(world, call);
    if (call.body.status === 'active' && revokedAt !== null) {
      throw new VendorError(400, 'invalid_value:status', 'A revoked key stays revoked; create a new one.');
    }
    if (call.body.status === 'revoked' && revokedAt === null) {
      await world.context.registry.people.revokeKey(call.actor, id);
    }
    return { status: 204 };
  },
});

function render(one: Credential, users: readonly User[]): z.infer<typeof key> {
  const user = users.find(({ id }) => id === one.userId);
  return {
    id: one.id,
    user: { id: user?.id ?? 0, first_name: user?.firstName ?? '', last_name: user?.lastName ?? '' },
    status: one.revokedAt === null ? 'active' : 'revoked',
    create_date: formatTimestamp(one.createdAt),
    name: one.label ?? one.userName,
    is_legacy: false,
    restricted_to_role_id: keyRoleId(one.role),
  };
}

/** Keys of other vendors' APIs are none of this one's. */
async function inPath(world: World, call: Call): Promise<Credential> {
  const found = await world.context.store.get('credentials', idOf(call, 'keyId', 'key'));
  if (found === null || found.accountId !== call.actor.accountId || found.dialect !== DIALECT) {
    throw unknownObject('key');
  }
  if (call.actor.scope !== undefined) {
    const user = found.userId === null ? null : await world.context.store.get('users', found.userId);
    if (user === null || !seesUser(call.actor, user)) throw unknownObject('key');
  }
  return found;
}
