import { againOnConflict } from './again.ts';
import { applyDomainChecks } from './apply-effect.ts';
import { nameOf } from './bare-request.ts';
import type { Actor, ValidationChoice } from './desk.ts';
import { advanceWithinCall, settleWorld, write } from './engine.ts';
import type { Engine } from './parts.ts';
import { DeskError } from './errors.ts';
import { caaAllows, covers, isOpen, type Facts } from './facts.ts';
import { loadFacts } from './load-facts.ts';
import { checkDomains } from './perform.ts';
import { planValidations } from './plan-validations.ts';
import type { Validation } from './records.ts';
import { enqueueConfirmations } from './reminders.ts';
import { ownWaiting } from './requests.ts';
import { settle, type Happening } from './settle.ts';
import { transition } from './states.ts';
import type { Unit } from './store.ts';

/**
 * Checks the open validations of a request at once, after changing the way of those named.
 * Answers with why each that is still open did not pass.
 * @throws DeskError `not-found`, `wrong-state`, `invalid-value`
 */
export async function checkNow(
  engine: Engine,
  actor: Actor,
  requestId: number,
  choices: ReadonlyMap<string, ValidationChoice>,
): Promise<string[]> {
  const facts = await againOnConflict(() =>
    engine.store.transact((unit) => rechoose(engine, unit, actor, requestId, choices)),
  );
  const open = facts.validations.filter((one) => isOpen(one) && one.method !== 'email');
  const results = await checkDomains(engine, open);
  const after = await againOnConflict(() =>
    engine.store.transact((unit) => storeResults(engine, unit, requestId, results)),
  );
  // The request's job was faster: nothing is open any more.
  if (after === null) return [];
  await advanceWithinCall(engine, after);
  engine.wake();
  return after.validations
    .filter(isOpen)
    .flatMap((one) => (one.detail === null ? [] : [`${one.domain}: ${one.detail}`]));
}

/** Null where the request has gone on meanwhile. */
async function storeResults(
  engine: Engine,
  unit: Unit,
  requestId: number,
  results: Awaited<ReturnType<typeof checkDomains>>,
): Promise<Facts | null> {
  const before = await loadFacts(engine, unit, requestId);
  if (before?.request.state !== 'waiting') return null;
  const world = settleWorld(engine, unit);
  const still = results.filter(({ validation }) =>
    before.validations.some((one) => one.id === validation.id && isOpen(one)),
  );
  const applied = applyDomainChecks(unit, before, still, world);
  const caa = before.caa.filter((answer) => caaAllows(answer, world.now));
  const settled = settle({ ...applied.facts, caa }, world);
  const happenings = [...applied.happenings, ...settled.happenings];
  return write(engine, unit, before, { ...settled, happenings }, 'system', 'call');
}

async function rechoose(
  engine: Engine,
  unit: Unit,
  actor: Actor,
  requestId: number,
  choices: ReadonlyMap<string, ValidationChoice>,
): Promise<Facts> {
  const before = await ownWaiting(engine, unit, actor, requestId);
  const now = engine.clock.now();
  const choose = (domain: string): ValidationChoice => choices.get(domain) ?? currentChoice(before.validations, domain);
  const kept = before.validations.filter((one) => one.state === 'valid');
  const { rules, names } = engine;
  const owner = { accountId: actor.accountId, requestId };
  const wanted = planValidations(owner, before.request.names, kept, choose, { now, rules, names, newId: () => 0 });
  const replaced = before.validations.map((one) =>
    isOpen(one) && !wanted.some((other) => sameAsk(one, other)) ? close(one) : one,
  );
  const added = wanted
    .filter((one) => isOpen(one) && !before.validations.some((old) => isOpen(old) && sameAsk(old, one)))
    .map((one) => ({ ...one, id: unit.newId('validations') }));
  const validations = [...replaced, ...added];
  const facts: Facts = { ...before, validations };
  await enqueueConfirmations(unit, facts, now);
  const step = { do: 'wait' as const, until: now + 60_000, detail: before.request.detail ?? '' };
  const happenings: Happening[] = added.map(({ id, domain, method }) => ({
    action: 'validation.asked',
    target: `validation:${id}`,
    details: { domain, method },
  }));
  return write(engine, unit, before, { facts, step, happenings }, nameOf(actor), 'call');
}

function currentChoice(validations: readonly Validation[], domain: string): ValidationChoice {
  const open = validations.filter(isOpen);
  const current = open.find((one) => one.domain === domain) ?? open.find((one) => covers(one, domain));
  if (current === undefined)
    throw new DeskError('invalid-value', `Say how ${domain} is to be validated`, { field: 'dcv' });
  return { method: current.method, challenges: current.challenges, domain: current.domain };
}

/** Whether two validations ask for the same thing to be published. */
export function sameAsk(left: Validation, right: Validation): boolean {
  return left.domain === right.domain && asText(left) === asText(right);
}

/** Equal for equal challenges, in whatever order a database hands back their members. */
function asText(validation: Validation): string {
  return JSON.stringify(
    validation.challenges.map((challenge) =>
      Object.entries(challenge).sort(([left], [right]) => (left < right ? -1 : 1)),
    ),
  );
}

function close(validation: Validation): Validation {
  return { ...validation, state: transition('validation', validation.state, 'cancelled'), nextAttemptAt: null };
}
