import { askTheSame, type NextAsk } from './ask-again.ts';
import { covers, unprovedNames, type Facts } from './facts.ts';
import type { Engine } from './parts.ts';
import { openValidation } from './plan-validations.ts';
import type { Validation } from './records.ts';
import { enqueueDomainMails } from './reminders.ts';
import type { Unit } from './store.ts';

/** A domain that is asked for once more, in the way that the dialect says now. */
export interface AgainEffect {
  of: 'validate-again';
  /** Its id is given when it is stored. */
  validation: Validation;
  next: NextAsk;
}

/**
 * A proof grew too old while the request waited for something else: the domain is asked for again, with values that
 * are fresh where they must be.
 */
export async function askDomainAgain(engine: Engine, facts: Facts, outdated: Validation): Promise<AgainEffect> {
  const { request } = facts;
  const { clock, rules, names } = engine;
  const now = clock.now();
  const missing = unprovedNames(facts, rules.domainProofSince(now));
  const name = missing.find((one) => covers(outdated, one)) ?? outdated.domain;
  const next = await nextAskOf(engine, facts);
  const choice = { domain: outdated.domain, ...next.chooseValidation(outdated.domain, name) };
  const owner = { accountId: request.accountId, requestId: request.id, domainId: null };
  const validation = openValidation(owner, name, choice, { now, rules, names, newId: () => 0 });
  return { of: 'validate-again', validation, next };
}

async function nextAskOf({ store, askAgain }: Engine, { request, validations }: Facts): Promise<NextAsk> {
  const again = askAgain?.get(request.dialect);
  const details = request.orderId === null ? null : await store.get('orderDetails', request.orderId);
  const account = await store.get('accounts', request.accountId);
  if (again === undefined || details === null || account === null) return askTheSame({ request, validations });
  return again({ request, details, validations, settings: account.settings });
}

/** The facts with the domain asked for again; what goes with its new values is kept, and mails are sent. */
export async function storeDomainAgain(unit: Unit, facts: Facts, effect: AgainEffect, now: number): Promise<Facts> {
  const { request } = facts;
  const validation = { ...effect.validation, id: unit.newId('validations') };
  await enqueueDomainMails(unit, validation, request.language, now);
  const details = request.orderId === null ? null : await unit.get('orderDetails', request.orderId);
  if (details !== null) {
    await unit.update('orderDetails', details.id, { extra: effect.next.detailsExtra(details.extra) });
  }
  const extra = { ...request.extra, ...effect.next.extra };
  return { ...facts, request: { ...request, extra }, validations: [...facts.validations, validation] };
}
