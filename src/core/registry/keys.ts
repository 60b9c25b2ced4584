import { createHash } from 'node:crypto';
import type { Actor } from '../desk.ts';
import type { Engine } from '../parts.ts';
import { DeskError, invalidValue, notFound } from '../errors.ts';
import { mayGive, mayHandOut } from '../permissions.ts';
import type { Credential, Role } from '../records.ts';
import type { Reader } from '../store.ts';
import { checkedText } from './checked.ts';
import { note } from './note.ts';
import { ownUser } from './users.ts';

/** Keys of the operator stand beside an account; nobody of the account makes, sees or ends them. */
const OPERATOR = 'admin';

export interface KeyAsk {
  dialect: string;
  userId: number;
  label: string;
  role: Role;
  /** At least 256 random bits. Only its SHA-256 is kept. */
  secret: string;
}

/** @throws DeskError `not-found`, `not-allowed` for a key that may more than the actor's own, `wrong-state`, `invalid-value` */
export async function createKey(engine: Engine, actor: Actor, ask: KeyAsk): Promise<{ id: number; secret: string }> {
  const { dialect, userId, role, secret } = ask;
  if (dialect === OPERATOR) throw invalidValue('dialect', 'Keys of the operator are made by the operator', dialect);
  const label = checkedText('label', ask.label, 100);
  const now = engine.clock.now();
  return engine.store.transact(async (unit) => {
    const user = await ownUser(unit, actor, userId);
    if (!mayHandOut(actor, role) || !mayGive(actor, user.role)) {
      throw new DeskError('not-allowed', `You may not make a key that is ${role} for a user who is ${user.role}`);
    }
    if (user.state !== 'active') throw new DeskError('wrong-state', `User ${userId} is not active`);
    const { accountId } = actor;
    const { userName } = user;
    const id = unit.newId('credentials');
    const secretHash = new Uint8Array(createHash('sha256').update(secret, 'utf8').digest());
    const key = { id, accountId, dialect, userName, userId, role, label, secretHash };
    unit.insert('credentials', { ...key, createdAt: now, expiresAt: null, revokedAt: null });
    note(unit, actor, 'key.created', `key:${id}`, { dialect, userName, role, label }, now);
    return { id, secret };
  });
}

/** @throws DeskError `not-found`, `wrong-state` where it was revoked, `not-allowed` for more than the actor's own, `invalid-value` */
export async function changeKey(
  engine: Engine,
  actor: Actor,
  credentialId: number,
  changes: { label?: string; role?: Role },
): Promise<void> {
  await engine.store.transact(async (unit) => {
    const key = await liveKey(unit, actor, credentialId);
    const { role = key.role } = changes;
    if (!mayHandOut(actor, role) || !mayHandOut(actor, key.role)) {
      throw new DeskError('not-allowed', `You may not change a key that is ${key.role} to be ${role}`);
    }
    const label = changes.label === undefined ? key.label : checkedText('label', changes.label, 100);
    await unit.update('credentials', credentialId, { label, role }, { role: key.role, revokedAt: null });
    note(unit, actor, 'key.changed', `key:${credentialId}`, { label, role }, engine.clock.now());
  });
}

/** @throws DeskError `not-found`, `wrong-state` where it was revoked before */
export async function revokeKey(engine: Engine, actor: Actor, credentialId: number): Promise<void> {
  const now = engine.clock.now();
  await engine.store.transact(async (unit) => {
    const key = await liveKey(unit, actor, credentialId);
    await unit.update('credentials', credentialId, { revokedAt: now }, { revokedAt: null });
    note(unit, actor, 'key.revoked', `key:${credentialId}`, { label: key.label }, now);
  });
}

async function liveKey(reader: Reader, actor: Actor, credentialId: number): Promise<Credential> {
  const key = await reader.get('credentials', credentialId);
  if (key === null || key.accountId !== actor.accountId || key.dialect === OPERATOR) {
    throw notFound(`Key ${credentialId}`);
  }
  if (actor.scope !== undefined) {
    if (key.userId === null) throw notFound(`Key ${credentialId}`);
    await ownUser(reader, actor, key.userId);
  }
  if (key.revokedAt !== null) throw new DeskError('wrong-state', `Key ${credentialId} was revoked before`);
  return key;
}
