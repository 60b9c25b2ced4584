import { givenContacts } from '../agreement.ts';
import { againOnConflict } from '../again.ts';
import type { Actor } from '../desk.ts';
import type { Engine } from '../parts.ts';
import { DeskError, notFound } from '../errors.ts';
import { sameIdentity } from '../identity.ts';
import { demand } from '../permissions.ts';
import type { Organization, Subject } from '../records.ts';
import type { NewOrganization, Organizations } from '../registry.ts';
import { mayUse, seesContainer } from '../scope.ts';
import type { Reader, Unit } from '../store.ts';
import { checkedText } from './checked.ts';
import { demandContainer } from '../own.ts';
import { note } from './note.ts';

/** Organizations that an account keeps. `dialect` is told when they are vetted. */
export function createOrganizations(engine: Engine, dialect: string): Organizations {
  return {
    create: async (actor, ask, evenIfKnown) => create(engine, dialect, demand(actor, 'domains'), ask, evenIfKnown),
    change: async (actor, id, changes) => change(engine, demand(actor, 'domains'), id, changes),
    setActive: async (actor, id, active) => setActive(engine, demand(actor, 'domains'), id, active),
    delete: async (actor, id) => remove(engine, demand(actor, 'domains'), id),
    submit: async (actor, id, levels) => submit(engine, demand(actor, 'domains'), id, levels),
  };
}

async function create(
  engine: Engine,
  dialect: string,
  actor: Actor,
  ask: NewOrganization,
  evenIfKnown: boolean,
): Promise<Organization> {
  const checked = checkOrganization({ ...ask, contacts: givenContacts(ask.contacts) });
  const now = engine.clock.now();
  return onceMore(() =>
    engine.store.transact(async (unit) => {
      await demandContainer(unit, actor, checked.containerId);
      const known = await findKnown(unit, actor, checked);
      if (known !== undefined && !evenIfKnown) {
        const details = { field: 'name', value: String(known.id) };
        throw new DeskError('already-exists', `Organization ${known.id} has this name and address`, details);
      }
      const id = unit.newId('organizations');
      const identityKey = known === undefined ? identityKeyOf(checked) : null;
      const identity = { id, accountId: actor.accountId, dialect, identityKey };
      const organization: Organization = {
        ...identity,
        ...checked,
        ...UNVETTED,
        active: true,
        submitted: [],
        createdAt: now,
      };
      unit.insert('organizations', organization);
      note(unit, actor, 'organization.created', `organization:${id}`, { name: checked.name }, now);
      return organization;
    }),
  );
}

const UNVETTED = {
  state: 'waiting',
  level: null,
  collectedBy: null,
  confirmedBy: null,
  evidence: null,
  validatedAt: null,
} as const;

/** Who was a moment later in making the same finds the other's now, and is told its id. */
async function onceMore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DeskError) || error.kind !== 'already-exists' || error.value !== undefined) throw error;
    return work();
  }
}

async function change(
  engine: Engine,
  actor: Actor,
  organizationId: number,
  changes: Partial<NewOrganization>,
): Promise<Organization> {
  return againOnConflict(() =>
    engine.store.transact(async (unit) => {
      const before = await ownOrganization(unit, actor, organizationId);
      const contacts = givenContacts(changes.contacts ?? before.contacts, before.contacts);
      const checked = checkOrganization({ ...before, ...changes, contacts });
      if (checked.containerId !== before.containerId) await demandContainer(unit, actor, checked.containerId);
      const known = await findKnown(unit, actor, checked, organizationId);
      const identityKey = known === undefined ? identityKeyOf(checked) : null;
      const unvetted = sameIdentity(before.subject, checked.subject) ? {} : UNVETTED;
      const { state, validatedAt } = before;
      // An operator who vets at this moment has seen what was, not what will be.
      await unit.update(
        'organizations',
        organizationId,
        { ...checked, ...unvetted, identityKey },
        { state, validatedAt },
      );
      const details = { fields: Object.keys(changes), before: before.subject, vettingEnded: 'state' in unvetted };
      note(unit, actor, 'organization.changed', `organization:${organizationId}`, details, engine.clock.now());
      return { ...before, ...checked, ...unvetted, identityKey };
    }),
  );
}

async function setActive(engine: Engine, actor: Actor, organizationId: number, active: boolean): Promise<void> {
  await engine.store.transact(async (unit) => {
    await ownOrganization(unit, actor, organizationId);
    await unit.update('organizations', organizationId, { active });
    const action = active ? 'organization.activated' : 'organization.deactivated';
    note(unit, actor, action, `organization:${organizationId}`, {}, engine.clock.now());
  });
}

async function remove(engine: Engine, actor: Actor, organizationId: number): Promise<void> {
  await engine.store.transact(async (unit) => {
    const { name } = await ownOrganization(unit, actor, organizationId);
    const [order] = await unit.find('orders', { organizationId }, { limit: 1 });
    const [domain] = await unit.find('domains', { accountId: actor.accountId, organizationId }, { limit: 1 });
    if (order !== undefined || domain !== undefined) {
      const user = order === undefined ? `domain ${domain?.id}` : `order ${order.id}`;
      throw new DeskError('wrong-state', `Organization ${organizationId} is named by ${user}; deactivate it instead`);
    }
    await unit.delete('organizations', organizationId);
    note(unit, actor, 'organization.deleted', `organization:${organizationId}`, { name }, engine.clock.now());
  });
}

async function submit(
  engine: Engine,
  actor: Actor,
  organizationId: number,
  levels: readonly ('OV' | 'EV')[],
): Promise<void> {
  await againOnConflict(() =>
    engine.store.transact(async (unit) => {
      const { submitted: before } = await ownOrganization(unit, actor, organizationId);
      const submitted = [...new Set([...before, ...levels])];
      await unit.update('organizations', organizationId, { submitted }, { submitted: before });
      const target = `organization:${organizationId}`;
      note(unit, actor, 'organization.submitted', target, { levels: [...levels] }, engine.clock.now());
    }),
  );
}

/** An organization that the actor may change. @throws DeskError `not-found` */
async function ownOrganization(reader: Reader, actor: Actor, organizationId: number): Promise<Organization> {
  const organization = await usableOrganization(reader, actor, organizationId);
  if (!seesContainer(actor, organization)) throw notFound(`Organization ${organizationId}`);
  return organization;
}

/** An organization that orders and domains of the actor may name. @throws DeskError `not-found` */
export async function usableOrganization(reader: Reader, actor: Actor, organizationId: number): Promise<Organization> {
  const organization = await reader.get('organizations', organizationId);
  if (organization === null || organization.accountId !== actor.accountId || !mayUse(actor, organization)) {
    throw notFound(`Organization ${organizationId}`);
  }
  return organization;
}

/** @throws DeskError `invalid-value` */
function checkOrganization({ name, subject, details, contacts, containerId }: NewOrganization): NewOrganization {
  const checkedName = checkedText('name', name);
  const attributes = Object.entries(subject).filter(([, value]) => value !== undefined && value.trim() !== '');
  const checked = attributes.map(([field, value]) => [field, checkedText(field, value as string)]);
  const asSubject = { ...(Object.fromEntries(checked) as Subject), organization: checkedName };
  return { name: checkedName, subject: asSubject, details, contacts, containerId };
}

async function findKnown(
  unit: Unit,
  actor: Actor,
  ask: Pick<Organization, 'name' | 'subject'>,
  except?: number,
): Promise<Organization | undefined> {
  const { accountId } = actor;
  const identityKey = identityKeyOf(ask);
  const [kept] = await unit.find('organizations', { accountId, identityKey });
  if (kept !== undefined && kept.id !== except) return kept;
  const named = await unit.find('organizations', { accountId, name: ask.name });
  return named.find((one) => one.id !== except && identityKeyOf(one) === identityKey);
}

/** Name and address as people compare them: case, spaces and full stops do not matter. */
function identityKeyOf({ name, subject }: Pick<Organization, 'name' | 'subject'>): string {
  const { country, state, locality, street, postalCode } = subject;
  const parts = [name, country, state, locality, street, postalCode];
  return JSON.stringify(parts.map((part) => plain(part ?? '')));
}

function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s.,]+/g, ' ')
    .trim();
}
