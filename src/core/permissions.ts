import type { Actor } from './desk.ts';
import { DeskError } from './errors.ts';
import type { Role } from './records.ts';

export type Permission =
  | 'read'
  /** Ask for certificates, revocations and changes of orders. */
  | 'order'
  /** Say yes or no to requests. */
  | 'approve'
  /** Keep domains and organizations. */
  | 'domains'
  /** Read and change users, keys and containers. */
  | 'users'
  /** Change how the account works. */
  | 'settings';

const PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  admin: ['read', 'order', 'approve', 'domains', 'users', 'settings'],
  manager: ['read', 'order', 'approve', 'domains', 'users'],
  finance: ['read', 'order'],
  standard: ['read', 'order'],
  limited: ['read', 'order'],
  orders: ['read', 'order'],
  'orders-domains': ['read', 'order', 'domains'],
  view: ['read'],
  users: ['read', 'users'],
};

/** What both roles allow: a key may do no more than its user, a user no more than the key. */
export function may(actor: Pick<Actor, 'role' | 'userRole' | 'scope'>, permission: Permission): boolean {
  // What holds for the whole account is not for somebody of one division.
  if (permission === 'settings' && (actor.scope?.containerIds ?? null) !== null) return false;
  return mayByRole(actor, permission);
}

function mayByRole(actor: Pick<Actor, 'role' | 'userRole'>, permission: Permission): boolean {
  const byKey = PERMISSIONS[actor.role].includes(permission);
  return byKey && (actor.userRole === null || PERMISSIONS[actor.userRole].includes(permission));
}

/**
 * Whether the actor may give somebody a role: never one that allows what the actor's own user may not. A key for users
 * alone may give what a manager may.
 */
export function mayGive(actor: Pick<Actor, 'role' | 'userRole'>, role: Role): boolean {
  const own = actor.userRole ?? (actor.role === 'users' ? 'manager' : actor.role);
  return PERMISSIONS[role].every((permission) => PERMISSIONS[own].includes(permission));
}

/** Whether the actor may make a key of a role: it must not do more than the actor's own. */
export function mayHandOut(actor: Pick<Actor, 'role' | 'userRole'>, role: Role): boolean {
  return PERMISSIONS[role].every((permission) => mayByRole(actor, permission));
}

/**
 * The actor, who may.
 * @throws DeskError `not-allowed`
 */
export function demand(actor: Actor, permission: Permission): Actor {
  if (may(actor, permission)) return actor;
  throw new DeskError(
    'not-allowed',
    permission === 'order' ? 'This key may only read' : `This key may not: ${permission}`,
  );
}
