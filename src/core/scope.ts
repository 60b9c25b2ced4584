import type { Actor } from './desk.ts';
import type { Approval, CertificateRequest, Certificate, Order, User } from './records.ts';
import type { Filter, Reader } from './store.ts';

/** What of its account somebody sees where that is not all of it. */
export interface Scope {
  /** The user whose orders alone are seen; null where those of others are seen as well. */
  ownerId: number | null;
  /** The divisions that somebody is confined to, the own one first, then all below it; null where to none. */
  containerIds: readonly number[] | null;
  /** Divisions above the own one: what lies there may be used, and is not changed. */
  aboveIds: readonly number[];
}

type Seeing = { scope?: Actor['scope'] | undefined };
type Lying = Pick<Order, 'containerId'>;

/**
 * What a user sees: limited ones their own orders, those of a division below the root what lies in it and below it.
 * Undefined where that is the whole account.
 */
export async function scopeOf(reader: Pick<Reader, 'find'>, user: User): Promise<Scope | undefined> {
  const ownerId = user.role === 'limited' ? user.id : null;
  const { accountId, containerId } = user;
  const containers = containerId === null ? [] : await reader.find('containers', { accountId });
  const home = containers.find(({ id }) => id === containerId);
  if (containerId !== null && (home === undefined || home.parentId !== null)) {
    return {
      ownerId,
      containerIds: below(containerId, containers),
      aboveIds: above(home?.parentId ?? null, containers),
    };
  }
  return ownerId === null ? undefined : { ownerId, containerIds: null, aboveIds: [] };
}

type Node = { id: number; parentId: number | null };

function below(top: number, containers: readonly Node[]): number[] {
  const found = [top];
  // The array grows while it is walked.
  for (const parent of found) {
    found.push(
      ...containers.filter(({ id, parentId }) => parentId === parent && !found.includes(id)).map(({ id }) => id),
    );
  }
  return found;
}

function above(first: number | null, containers: readonly Node[]): number[] {
  const found: number[] = [];
  for (let id = first; id !== null && !found.includes(id); ) {
    found.push(id);
    id = containers.find((one) => one.id === id)?.parentId ?? null;
  }
  return found;
}

/** Whether something of a division lies within what the actor is confined to. What names no division lies in the root. */
export function seesContainer({ scope }: Seeing, { containerId }: Lying): boolean {
  const ids = scope?.containerIds ?? null;
  return ids === null || (containerId !== null && ids.includes(containerId));
}

/** As `seesContainer`, or above it: such as the organization that all divisions order for. */
export function mayUse({ scope }: Seeing, { containerId }: Lying): boolean {
  return (
    seesContainer({ scope }, { containerId }) || containerId === null || scope?.aboveIds.includes(containerId) === true
  );
}

export function seesOrder({ scope }: Seeing, order: Pick<Order, 'containerId' | 'userId'>): boolean {
  if (scope === undefined) return true;
  if (scope.ownerId !== null && order.userId !== scope.ownerId) return false;
  return seesContainer({ scope }, order);
}

/** Whether the actor sees what a request or certificate belongs to. Those of no order are seen by who sees everything. */
export async function seesOrderOf(
  reader: Pick<Reader, 'get'>,
  actor: Seeing,
  { orderId }: Pick<CertificateRequest | Certificate, 'orderId'>,
): Promise<boolean> {
  if (actor.scope === undefined) return true;
  const order = orderId === null ? null : await reader.get('orders', orderId);
  return order !== null && seesOrder(actor, order);
}

export function seesUser({ scope }: Seeing, user: Pick<User, 'id' | 'containerId'>): boolean {
  return (scope?.ownerId ?? null) === null ? seesContainer({ scope }, user) : user.id === scope?.ownerId;
}

/** The same as conditions of lists. */
export function orderScope({ scope }: Seeing): Filter<Order>[] {
  const ownerId = scope?.ownerId ?? null;
  const inside = containerScope<Order>({ scope });
  return ownerId === null ? inside : [{ field: 'userId', op: 'eq', value: ownerId }, ...inside];
}

export function approvalScope({ scope }: Seeing): Filter<Approval>[] {
  const ownerId = scope?.ownerId ?? null;
  const inside = containerScope<Approval>({ scope });
  return ownerId === null ? inside : [{ field: 'ownerId', op: 'eq', value: ownerId }, ...inside];
}

export function userScope({ scope }: Seeing): Filter<User>[] {
  const ownerId = scope?.ownerId ?? null;
  return ownerId === null ? containerScope<User>({ scope }) : [{ field: 'id', op: 'eq', value: ownerId }];
}

/** What lies in the actor's divisions or above them; at least one of it must hold. */
export function usableScope<R extends Lying>({ scope }: Seeing): Filter<R>[] {
  const ids = scope?.containerIds ?? null;
  if (ids === null || scope === undefined) return [];
  const field = 'containerId' as keyof R & string;
  return [
    { field, op: 'in', value: [...ids, ...scope.aboveIds] },
    { field, op: 'null' },
  ];
}

export function containerScope<R extends Lying>({ scope }: Seeing): Filter<R>[] {
  const ids = scope?.containerIds ?? null;
  return ids === null ? [] : [{ field: 'containerId' as keyof R & string, op: 'in', value: [...ids] }];
}
