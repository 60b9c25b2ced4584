import { againOnConflict } from '../again.ts';
import { sameAsk } from '../check-now.ts';
import type { Actor, ValidationChoice } from '../desk.ts';
import type { Engine } from '../parts.ts';
import { DeskError, invalidValue, notFound } from '../errors.ts';
import { isFresh, isOpen } from '../facts.ts';
import { isWildcard } from '../names.ts';
import { demand } from '../permissions.ts';
import { openValidation } from '../plan-validations.ts';
import type { Domain, Validation } from '../records.ts';
import type { Domains, KeptDomain, NewDomain } from '../registry.ts';
import { enqueueDomainMails } from '../reminders.ts';
import { seesContainer } from '../scope.ts';
import type { Reader, Unit } from '../store.ts';
import { transition } from '../states.ts';
import { demandContainer } from '../own.ts';
import { checkOpen, enqueueChecks, validateKey } from './kept-validations.ts';
import { note } from './note.ts';
import { usableOrganization } from './organizations.ts';

/** Domains that an account keeps, proved outside any request. `dialect` is told when they are. */
export function createDomains(engine: Engine, dialect: string): Domains {
  return {
    create: async (actor, ask) => create(engine, dialect, demand(actor, 'domains'), ask),
    choose: async (actor, id, choice) => choose(engine, demand(actor, 'domains'), id, choice),
    check: async (actor, id) => check(engine, demand(actor, 'domains'), id),
    remind: async (actor, id) => remind(engine, demand(actor, 'domains'), id),
    setActive: async (actor, id, active) => setActive(engine, demand(actor, 'domains'), id, active),
    delete: async (actor, id) => remove(engine, demand(actor, 'domains'), id),
    validationOf: (id) => validationOf(engine, id),
  };
}

async function create(engine: Engine, dialect: string, actor: Actor, ask: NewDomain): Promise<KeptDomain> {
  const name = engine.names.normalise(ask.name, 'name');
  if (isWildcard(name)) throw invalidValue('name', 'A domain is kept without *.', ask.name);
  const { accountId } = actor;
  const { organizationId, containerId, choice, extra } = ask;
  const kept = await engine.store.transact(async (unit) => {
    const now = engine.clock.now();
    await refuseKnown(unit, accountId, name);
    if (organizationId !== null) await usableOrganization(unit, actor, organizationId);
    await demandContainer(unit, actor, containerId);
    const id = unit.newId('domains');
    const owner = { id, accountId, containerId, organizationId, dialect };
    const domain: Domain = { ...owner, name, method: choice.method, active: true, extra, createdAt: now };
    unit.insert('domains', domain);
    note(unit, actor, 'domain.created', `domain:${id}`, { name }, now);
    return { domain, validation: await askFor(engine, unit, actor, domain, choice) };
  });
  engine.wake();
  return kept;
}

async function refuseKnown(unit: Unit, accountId: number, name: string): Promise<void> {
  const [known] = await unit.find('domains', { accountId, name });
  if (known === undefined) return;
  throw new DeskError('already-exists', `The domain ${name} is kept already`, {
    field: 'name',
    value: String(known.id),
  });
}

/** Opens a validation of a kept domain: its challenge is looked for, or its mails are sent, from now on. */
async function askFor(
  engine: Engine,
  unit: Unit,
  actor: Actor,
  { id: domainId, accountId, name }: Domain,
  choice: ValidationChoice,
): Promise<Validation> {
  const { rules, names } = engine;
  const now = engine.clock.now();
  const world = { now, rules, names, newId: () => unit.newId('validations') };
  const validation = openValidation({ accountId, requestId: null, domainId }, name, choice, world);
  unit.insert('validations', validation);
  const { id, domain, method } = validation;
  note(unit, actor, 'validation.asked', `validation:${id}`, { domain, method, kept: domainId }, now);
  await enqueueDomainMails(unit, validation, null, now);
  await enqueueChecks(unit, domainId, now);
  return validation;
}

async function choose(engine: Engine, actor: Actor, domainId: number, choice: ValidationChoice): Promise<KeptDomain> {
  const kept = await againOnConflict(() =>
    engine.store.transact(async (unit) => {
      const before = await ownDomain(unit, actor, domainId);
      const { rules, names } = engine;
      const world = { now: engine.clock.now(), rules, names, newId: () => 0 };
      const owner = { accountId: actor.accountId, requestId: null, domainId };
      const wanted = openValidation(owner, before.name, choice, world);
      const domain = await lock(unit, { ...before, method: choice.method });
      const open = await openOf(unit, domainId);
      const same = open.find((one) => sameAsk(one, wanted));
      for (const one of open) if (one !== same) await callOff(unit, one);
      // What is asked already keeps its age: its value counts for 30 days from when it was made.
      return { domain, validation: same ?? (await askFor(engine, unit, actor, domain, choice)) };
    }),
  );
  engine.wake();
  return kept;
}

/** Whoever comes second waits here, and then sees what the first has opened. */
async function lock(unit: Unit, domain: Domain): Promise<Domain> {
  await unit.update('domains', domain.id, { method: domain.method });
  return (await unit.get('domains', domain.id)) ?? domain;
}

async function callOff(unit: Unit, validation: Validation): Promise<void> {
  const { id, state } = validation;
  await unit.update(
    'validations',
    id,
    { state: transition('validation', state, 'cancelled'), nextAttemptAt: null },
    { state },
  );
}

async function check(engine: Engine, actor: Actor, domainId: number): Promise<KeptDomain> {
  await ownDomain(engine.store, actor, domainId);
  const open = await openOf(engine.store, domainId);
  await checkOpen(engine, open, { domainId, evenEarly: true });
  const domain = await ownDomain(engine.store, actor, domainId);
  return { domain, validation: await currentOf(engine.store, domainId) };
}

async function remind(engine: Engine, actor: Actor, domainId: number): Promise<void> {
  await engine.store.transact(async (unit) => {
    const { name } = await ownDomain(unit, actor, domainId);
    const open = (await openOf(unit, domainId)).filter((one) => one.method === 'email');
    if (open.length === 0) throw new DeskError('wrong-state', `No mail asks for ${name}`);
    const now = engine.clock.now();
    for (const validation of open) await enqueueDomainMails(unit, validation, null, now);
    note(unit, actor, 'domain.reminded', `domain:${domainId}`, {}, now);
  });
  engine.wake();
}

async function setActive(engine: Engine, actor: Actor, domainId: number, active: boolean): Promise<void> {
  await engine.store.transact(async (unit) => {
    await ownDomain(unit, actor, domainId);
    await unit.update('domains', domainId, { active });
    note(unit, actor, active ? 'domain.activated' : 'domain.deactivated', `domain:${domainId}`, {}, engine.clock.now());
  });
}

/** What was proved stays on record as evidence, and counts as long as the rules let it. */
async function remove(engine: Engine, actor: Actor, domainId: number): Promise<void> {
  await againOnConflict(() =>
    engine.store.transact(async (unit) => {
      const domain = await lock(unit, await ownDomain(unit, actor, domainId));
      for (const one of await openOf(unit, domainId)) await callOff(unit, one);
      await unit.delete('domains', domainId);
      await unit.done(validateKey(domainId));
      note(unit, actor, 'domain.deleted', `domain:${domainId}`, { name: domain.name }, engine.clock.now());
    }),
  );
}

async function validationOf(engine: Engine, domainId: number): Promise<Validation | null> {
  const since = engine.rules.domainProofSince(engine.clock.now());
  const all = await engine.store.find('validations', { domainId });
  const proofs = all.filter((one) => isFresh(one, since));
  return newest(proofs) ?? newest(all.filter(isOpen));
}

async function currentOf(reader: Reader, domainId: number): Promise<Validation | null> {
  const all = await reader.find('validations', { domainId });
  return newest(all.filter(isOpen)) ?? newest(all);
}

/** By when they counted, or were asked for. */
function newest(validations: readonly Validation[]): Validation | null {
  const at = (one: Validation): number => one.validatedAt ?? one.createdAt;
  return validations.reduce<Validation | null>(
    (best, one) => (best === null || at(one) >= at(best) ? one : best),
    null,
  );
}

async function openOf(reader: Reader, domainId: number): Promise<Validation[]> {
  return (await reader.find('validations', { domainId })).filter(isOpen);
}

/** A domain of the actor's account. @throws DeskError `not-found` */
async function ownDomain(reader: Reader, actor: Actor, domainId: number): Promise<Domain> {
  const domain = await reader.get('domains', domainId);
  if (domain === null || domain.accountId !== actor.accountId) throw notFound(`Domain ${domainId}`);
  if (!seesContainer(actor, domain)) throw notFound(`Domain ${domainId}`);
  return domain;
}
