import { complete } from './complete.ts';
import { passOver } from './fail-over.ts';
import type { Facts } from './facts.ts';
import type { Effect } from './perform.ts';
import { storeDomainAgain } from './validate-again.ts';
import type { CaaCheck, DomainCheck, IssueResult } from './ports.ts';
import type { CaaAnswer, Validation } from './records.ts';
import { nextAttemptAfter } from './retry.ts';
import { recordRevocation, type Happening, type SettleWorld } from './settle.ts';
import { transition } from './states.ts';
import type { Unit } from './store.ts';
import { HOUR } from './time.ts';

export interface Applied {
  facts: Facts;
  happenings: Happening[];
}

/** BR 3.2.2.8: a CAA answer may be used for its TTL or 8 hours, whichever is greater. */
const CAA_USABLE = 8 * HOUR;

/** Puts what the world answered into the facts, and the evidence on record. */
export async function applyEffect(unit: Unit, facts: Facts, effect: Effect, world: SettleWorld): Promise<Applied> {
  switch (effect.of) {
    case 'validate-again':
      return { facts: await storeDomainAgain(unit, facts, effect, world.now), happenings: [] };
    case 'check-domains':
      return applyDomainChecks(unit, facts, effect.results, world);
    case 'check-caa':
      return applyCaaChecks(unit, facts, effect.results, world);
    case 'issue':
      return applyIssue(facts, effect.result, world);
    case 'revoke-at-issuer': {
      const happenings: Happening[] = [];
      return { facts: recordRevocation(facts, world.now, happenings), happenings };
    }
  }
}

export function applyDomainChecks(
  unit: Unit,
  facts: Facts,
  results: readonly { validation: Validation; check: DomainCheck }[],
  world: SettleWorld,
): Applied {
  const happenings: Happening[] = [];
  const checks = new Map(results.map((result) => [result.validation.id, result.check]));
  const validations = facts.validations.map((validation) => {
    const check = checks.get(validation.id);
    if (check === undefined) return validation;
    recordAttempt(unit, validation, check, world.now);
    const after = afterAttempt(validation, check, world.now);
    if (after.state === 'valid') happenings.push(validated(after));
    if (after.state === 'attention' && validation.state !== 'attention') happenings.push(troubled(after, check));
    return after;
  });
  return { facts: { ...facts, validations }, happenings };
}

export function validated(validation: Validation): Happening {
  const { domain, method } = validation;
  return { action: 'domain.validated', target: `validation:${validation.id}`, details: { domain, method } };
}

function troubled(validation: Validation, check: DomainCheck): Happening {
  const message = `${validation.domain}: ${check.message}`;
  return {
    action: 'validation.attention',
    target: `validation:${validation.id}`,
    details: { outcome: check.outcome },
    notify: { kind: 'request-needs-attention', message },
  };
}

/** A wrong value or a refused address needs a person; what is not there yet is waited for. */
export function afterAttempt(validation: Validation, check: DomainCheck, now: number): Validation {
  const attempts = validation.attempts + 1;
  if (check.outcome === 'passed') {
    const state = transition('validation', validation.state, 'valid');
    return { ...validation, attempts, state, validatedAt: now, nextAttemptAt: null, detail: null };
  }
  const wanted = check.outcome === 'mismatch' || check.outcome === 'refused' ? 'attention' : 'waiting';
  const state = validation.state === wanted ? wanted : transition('validation', validation.state, wanted);
  return { ...validation, attempts, state, detail: check.message, nextAttemptAt: now + nextAttemptAfter(attempts) };
}

/** The evidence of one look at a domain (BR 5.4.1). */
export function recordAttempt(unit: Unit, validation: Validation, check: DomainCheck, now: number): void {
  unit.insert('attempts', {
    id: unit.newId('attempts'),
    accountId: validation.accountId,
    requestId: validation.requestId,
    validationId: validation.id,
    kind: 'domain',
    name: validation.domain,
    outcome: check.outcome,
    message: check.message,
    evidence: check.evidence,
    at: now,
  });
}

function applyCaaChecks(
  unit: Unit,
  facts: Facts,
  results: readonly { name: string; check: CaaCheck }[],
  world: SettleWorld,
): Applied {
  const answers = results.map(({ name, check }) => caaAnswer(unit, facts, name, check, world));
  const asked = new Set(results.map((result) => result.name));
  const kept = facts.caa.filter((answer) => !asked.has(answer.name));
  return { facts: { ...facts, caa: [...kept, ...answers] }, happenings: [] };
}

function caaAnswer(unit: Unit, facts: Facts, name: string, check: CaaCheck, world: SettleWorld): CaaAnswer {
  const { id: requestId, accountId } = facts.request;
  const { status, message, evidence } = check;
  const allows = status === 'allowed' || status === 'empty';
  const usable = allows ? Math.max(check.ttl * 1000, CAA_USABLE) : 0;
  const id = unit.newId('attempts');
  const seen = { name, outcome: status, message, evidence, at: world.now };
  unit.insert('attempts', { id, accountId, requestId, validationId: null, kind: 'caa', ...seen });
  const answer: CaaAnswer = { id: 0, name, status, checkedAt: world.now, validUntil: world.now + usable };
  // What is permitted to this account alone must be asked for by the next one.
  unit.putCaaAnswer(check.personal === true ? { ...answer, validUntil: world.now } : answer);
  return answer;
}

function applyIssue(facts: Facts, result: IssueResult, world: SettleWorld): Applied {
  const happenings: Happening[] = [];
  switch (result.kind) {
    case 'issued':
      return { facts: complete(facts, result, world, happenings), happenings };
    case 'unavailable':
    case 'refused': {
      const issuer = facts.issuance?.issuer ?? '';
      return { facts: passOver(facts, issuer, result, world.now, happenings), happenings };
    }
    case 'waiting': {
      if (facts.issuance === null) throw new Error('Nothing was asked of an issuer');
      const progress = { ...result.progress, resumeAt: result.at };
      return { facts: { ...facts, issuance: { ...facts.issuance, progress } }, happenings };
    }
  }
}
