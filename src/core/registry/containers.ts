import { againOnConflict } from '../again.ts';
import type { Actor } from '../desk.ts';
import { ownContainer } from '../own.ts';
import type { Engine } from '../parts.ts';
import { DeskError, notFound } from '../errors.ts';
import type { Account, Container } from '../records.ts';
import type { Unit } from '../store.ts';
import type { Instant } from '../time.ts';
import { checkedOptional, checkedText } from './checked.ts';
import { note } from './note.ts';

/** The account's root division, named like the account; made on first need, once. */
export async function rootContainer(engine: Engine, actor: Actor): Promise<Container> {
  const { accountId } = actor;
  return againOnConflict(async () => {
    const [known] = await engine.store.find('containers', { accountId, parentId: null });
    if (known !== undefined) return known;
    return engine.store.transact(async (unit) => {
      const account = await unit.get('accounts', accountId);
      if (account === null) throw notFound(`Account ${accountId}`);
      // A second one at the same moment fails by the unique index, and finds this one then.
      return insertRoot(unit, account, engine.clock.now());
    });
  });
}

/** Writes the root of an account that has none. */
export function insertRoot(unit: Unit, { id: accountId, name }: Pick<Account, 'id' | 'name'>, at: Instant): Container {
  const id = unit.newId('containers');
  const root: Container = { id, accountId, parentId: null, name, ...NEW, createdAt: at };
  unit.insert('containers', root);
  unit.audit({ at, actor: 'system', accountId, action: 'container.created', target: `container:${id}`, details: {} });
  return root;
}

const NEW = { description: null, state: 'active' } as const;

/** @throws DeskError `not-found` for the parent, `wrong-state` where it is not active, `invalid-value` */
export async function createContainer(
  engine: Engine,
  actor: Actor,
  ask: { parentId: number; name: string; description: string | null },
): Promise<Container> {
  const name = checkedText('name', ask.name);
  const description = checkedOptional('description', ask.description, 1_000);
  const now = engine.clock.now();
  return engine.store.transact(async (unit) => {
    const parent = await ownContainer(unit, actor, ask.parentId);
    if (parent.state !== 'active') throw new DeskError('wrong-state', `Container ${parent.id} is not active`);
    const { accountId } = actor;
    const id = unit.newId('containers');
    const container: Container = {
      id,
      accountId,
      parentId: parent.id,
      name,
      description,
      state: 'active',
      createdAt: now,
    };
    unit.insert('containers', container);
    note(unit, actor, 'container.created', `container:${id}`, { name, parentId: parent.id }, now);
    return container;
  });
}

/** @throws DeskError `not-found`, `wrong-state` for a root that would not be active, `invalid-value` */
export async function changeContainer(
  engine: Engine,
  actor: Actor,
  containerId: number,
  changes: Partial<Pick<Container, 'name' | 'description' | 'state'>>,
): Promise<Container> {
  return engine.store.transact(async (unit) => {
    const before = await ownContainer(unit, actor, containerId);
    const { name = before.name, description = before.description, state = before.state } = changes;
    if (before.parentId === null && state !== 'active') {
      throw new DeskError('wrong-state', 'The root of an account stays active');
    }
    const written = {
      name: checkedText('name', name),
      description: checkedOptional('description', description, 1_000),
      state,
    };
    await unit.update('containers', containerId, written);
    note(unit, actor, 'container.changed', `container:${containerId}`, { ...changes }, engine.clock.now());
    return { ...before, ...written };
  });
}
