import { againOnConflict } from '../again.ts';
import type { Actor } from '../desk.ts';
import type { Engine } from '../parts.ts';
import { DeskError, invalidValue, notFound } from '../errors.ts';
import { mayGive } from '../permissions.ts';
import type { Role, User } from '../records.ts';
import type { NewUser } from '../registry.ts';
import { seesUser } from '../scope.ts';
import type { Reader, Unit } from '../store.ts';
import { checkedEmail, checkedOptional, checkedText } from './checked.ts';
import { demandContainer } from '../own.ts';
import { note } from './note.ts';

/** @throws DeskError `already-exists` on `userName`, `invalid-value`, `not-found`, `not-allowed` for a role that the actor may not give */
export async function createUser(engine: Engine, actor: Actor, ask: NewUser): Promise<User> {
  const checked = checkUser(actor, ask);
  const now = engine.clock.now();
  return engine.store.transact(async (unit) => {
    await demandContainer(unit, actor, checked.containerId);
    await refuseTaken(unit, actor, checked.userName);
    const { accountId } = actor;
    const id = unit.newId('users');
    const user: User = { ...checked, id, accountId, state: 'active', createdAt: now, lastSeenAt: null };
    unit.insert('users', user);
    const { userName, kind, role } = user;
    note(unit, actor, 'user.created', `user:${id}`, { userName, kind, role }, now);
    return user;
  });
}

/** @throws DeskError as `createUser` */
export async function changeUser(
  engine: Engine,
  actor: Actor,
  userId: number,
  changes: Partial<NewUser>,
): Promise<User> {
  return engine.store.transact(async (unit) => {
    const before = await ownUser(unit, actor, userId);
    refuseMightier(actor, before);
    const after: User = { ...before, ...checkUser(actor, { ...before, ...changes }) };
    if (after.containerId !== before.containerId) await demandContainer(unit, actor, after.containerId);
    if (after.userName !== before.userName) await refuseTaken(unit, actor, after.userName);
    const { id: _, accountId: __, state: ___, createdAt: ____, lastSeenAt: _____, ...written } = after;
    await unit.update('users', userId, written);
    const { userName, role } = after;
    const details = { fields: Object.keys(changes), userName, role };
    note(unit, actor, 'user.changed', `user:${userId}`, details, engine.clock.now());
    return after;
  });
}

/**
 * Deletes a user and ends their keys. What they did stays on record under their name.
 * @throws DeskError `not-found`, `not-allowed` for oneself and for somebody who may more
 */
export async function deleteUser(engine: Engine, actor: Actor, userId: number): Promise<void> {
  const now = engine.clock.now();
  await againOnConflict(() =>
    engine.store.transact(async (unit) => {
      const user = await ownUser(unit, actor, userId);
      refuseMightier(actor, user);
      if (actor.userId === userId) throw new DeskError('not-allowed', 'Nobody deletes themselves');
      const keys = await unit.find('credentials', { userId, revokedAt: null });
      for (const key of keys) await unit.update('credentials', key.id, { revokedAt: now });
      await unit.delete('users', userId);
      const details = { userName: user.userName, keys: keys.map((key) => key.id) };
      note(unit, actor, 'user.deleted', `user:${userId}`, details, now);
    }),
  );
}

/** A user of the actor's account. @throws DeskError `not-found` */
export async function ownUser(reader: Reader, actor: Actor, userId: number): Promise<User> {
  const user = await reader.get('users', userId);
  if (user === null || user.accountId !== actor.accountId || !seesUser(actor, user)) throw notFound(`User ${userId}`);
  return user;
}

/** @throws DeskError `not-allowed` where a role is more than the actor may give */
function checkUser(actor: Actor, user: NewUser): NewUser {
  const { kind, role, containerId } = user;
  const userName = checkedText('userName', user.userName);
  if (/\s/.test(userName)) throw invalidValue('userName', 'must not contain spaces', userName);
  refuseRole(actor, role);
  // A program has no name of its own, and perhaps no mailbox.
  const person = kind === 'person';
  return {
    kind,
    role,
    containerId,
    userName,
    firstName: person ? checkedText('firstName', user.firstName) : user.firstName.trim(),
    lastName: person ? checkedText('lastName', user.lastName) : user.lastName.trim(),
    email: person || user.email !== '' ? checkedEmail('email', user.email) : '',
    jobTitle: checkedOptional('jobTitle', user.jobTitle),
    phone: checkedOptional('phone', user.phone),
  };
}

function refuseRole(actor: Actor, role: Role): void {
  if (mayGive(actor, role)) return;
  throw new DeskError('not-allowed', `You may not give the role ${role}`, { field: 'role', value: role });
}

function refuseMightier(actor: Actor, user: User): void {
  if (!mayGive(actor, user.role)) throw new DeskError('not-allowed', `You may not change a user who is ${user.role}`);
}

async function refuseTaken(unit: Unit, actor: Actor, userName: string): Promise<void> {
  const [taken] = await unit.find('users', { accountId: actor.accountId, userName });
  if (taken === undefined) return;
  throw new DeskError('already-exists', 'A user of this name exists', { field: 'userName', value: userName });
}
