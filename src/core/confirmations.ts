import { settleWorld, write } from './engine.ts';
import type { Engine } from './parts.ts';
import { DeskError, notFound } from './errors.ts';
import { isOpen, type Facts } from './facts.ts';
import { loadFacts } from './load-facts.ts';
import type { CheckKind, Confirmation } from './records.ts';
import { validated } from './apply-effect.ts';
import { acceptKept, refuseKept } from './registry/kept-validations.ts';
import { settle, type Happening } from './settle.ts';
import { transition } from './states.ts';
import type { Unit } from './store.ts';
import type { Instant } from './time.ts';

export type Answer = 'confirmed' | 'declined' | 'already' | 'expired' | 'gone';

/** A person said yes on the page that the mail linked to (BR 3.2.2.4.4), or accepted the subscriber agreement. */
export function confirm(engine: Engine, confirmationId: number): Promise<Answer> {
  return answer(engine, confirmationId, 'confirmed', accept);
}

/** A person said no: the request needs attention. */
export function decline(engine: Engine, confirmationId: number): Promise<Answer> {
  return answer(engine, confirmationId, 'declined', refuse);
}

type Change = (facts: Facts, confirmation: Confirmation, now: number) => { facts: Facts; happening: Happening } | null;

async function answer(engine: Engine, confirmationId: number, word: Answer, change: Change): Promise<Answer> {
  const result = await engine.store.transact(async (unit): Promise<Answer> => {
    const now = engine.clock.now();
    const confirmation = await unit.get('confirmations', confirmationId);
    if (confirmation === null) return 'gone';
    if (confirmation.confirmedAt !== null) return 'already';
    if (confirmation.expiresAt <= now) return 'expired';
    if (confirmation.requestId === null) return answerKept(unit, confirmation, word, now);
    const before = await loadFacts(engine, unit, confirmation.requestId);
    if (before === null || before.request.state !== 'waiting') return 'gone';
    const changed = change(before, confirmation, now);
    if (changed === null) return 'gone';
    if (word === 'confirmed') await markConfirmed(unit, confirmationId, now);
    const settled = settle(changed.facts, settleWorld(engine, unit));
    const happenings = [changed.happening, ...settled.happenings];
    await write(engine, unit, before, { ...settled, happenings }, `mail:${confirmation.address}`, 'runner');
    return word;
  });
  engine.wake();
  return result;
}

/** The same for a kept domain, which no request carries. */
async function answerKept(unit: Unit, confirmation: Confirmation, word: Answer, now: Instant): Promise<Answer> {
  const answered =
    word === 'confirmed' ? await acceptKept(unit, confirmation, now) : await refuseKept(unit, confirmation, now);
  if (answered === null) return 'gone';
  if (word === 'confirmed') await markConfirmed(unit, confirmation.id, now);
  return word;
}

async function markConfirmed(unit: Unit, confirmationId: number, now: Instant): Promise<void> {
  await unit.update('confirmations', confirmationId, { confirmedAt: now }, { confirmedAt: null });
}

function accept(facts: Facts, confirmation: Confirmation, now: number) {
  if (confirmation.purpose === 'agreement') return passAgreement(facts, confirmation, now);
  const validation = openValidation(facts, confirmation);
  if (validation === undefined) return null;
  const proved = {
    ...validation,
    state: transition('validation', validation.state, 'valid'),
    attempts: validation.attempts + 1,
    validatedAt: now,
    detail: null,
  };
  const validations = facts.validations.map((one) => (one.id === proved.id ? proved : one));
  return { facts: { ...facts, validations }, happening: validated(proved) };
}

function refuse(facts: Facts, confirmation: Confirmation, now: number) {
  const happening: Happening = {
    action: 'confirmation.declined',
    target: `request:${facts.request.id}`,
    details: { purpose: confirmation.purpose, address: confirmation.address },
    notify: { kind: 'request-needs-attention', message: `${confirmation.address} declined` },
  };
  if (confirmation.purpose === 'agreement') {
    const checks = { ...facts.request.checks, agreement: 'attention' as const };
    return { facts: { ...facts, request: { ...facts.request, checks, updatedAt: now } }, happening };
  }
  const validation = openValidation(facts, confirmation);
  if (validation === undefined) return null;
  const state =
    validation.state === 'attention' ? validation.state : transition('validation', validation.state, 'attention');
  const declined = { ...validation, state, detail: `Declined by ${confirmation.address}` };
  const validations = facts.validations.map((one) => (one.id === declined.id ? declined : one));
  return { facts: { ...facts, validations }, happening };
}

/** The link counts for the address that is asked now, not for one that was replaced. */
function openValidation(facts: Facts, confirmation: Confirmation) {
  return facts.validations.find(
    (one) =>
      one.id === confirmation.validationId &&
      isOpen(one) &&
      one.challenges.some((challenge) => challenge.method === 'email' && challenge.address === confirmation.address),
  );
}

function passAgreement(facts: Facts, confirmation: Confirmation, now: number) {
  if (facts.request.checks.agreement === undefined) return null;
  const checks = { ...facts.request.checks, agreement: 'passed' as const };
  const happening: Happening = {
    action: 'agreement.accepted',
    target: `request:${facts.request.id}`,
    details: { address: confirmation.address },
  };
  return { facts: { ...facts, request: { ...facts.request, checks, updatedAt: now } }, happening };
}

/**
 * An operator did what a check asks for, such as the call to the organization.
 * @throws DeskError `not-found`, `wrong-state` where the request has no such open check.
 */
export async function passCheck(
  engine: Engine,
  requestId: number,
  check: CheckKind,
  by: string,
  evidence: string,
): Promise<void> {
  if (check === 'organization') {
    throw new DeskError('invalid-value', 'An organization is vetted itself: chancery organizations validate', {
      field: 'check',
    });
  }
  await engine.store.transact(async (unit) => {
    const before = await loadFacts(engine, unit, requestId);
    if (before === null) throw notFound(`Request ${requestId}`);
    await writePassed(engine, unit, before, check, by, evidence);
  });
  engine.wake();
}

async function writePassed(
  engine: Engine,
  unit: Unit,
  before: Facts,
  check: CheckKind,
  by: string,
  evidence: string,
): Promise<void> {
  const { request } = before;
  const state = request.checks[check];
  if (request.state !== 'waiting' || state === undefined || state === 'passed') {
    throw new DeskError('wrong-state', `Request ${request.id} has no open ${check} check`);
  }
  const checks = { ...request.checks, [check]: 'passed' as const };
  const facts = { ...before, request: { ...request, checks, updatedAt: engine.clock.now() } };
  const settled = settle(facts, settleWorld(engine, unit));
  const happening: Happening = {
    action: 'check.passed',
    target: `request:${request.id}`,
    details: { check, evidence },
  };
  await write(
    engine,
    unit,
    before,
    { ...settled, happenings: [happening, ...settled.happenings] },
    `operator:${by}`,
    'runner',
  );
}
