import type { CertificateAsk, ValidationChoice } from './desk.ts';
import { invalidValue } from './errors.ts';
import { covers } from './facts.ts';
import type { NamePolicy, Random } from './ports.ts';
import type { Catalogue } from './products.ts';
import type { AccountSettings, CertificateRequest, Challenge, OrderDetails, Validation } from './records.ts';
import type { Store } from './store.ts';
import type { Clock } from './time.ts';

/** What an order was last asked with. */
export interface LastAsk {
  request: CertificateRequest;
  details: OrderDetails;
  validations: readonly Validation[];
  /** Of its account. */
  settings: AccountSettings;
}

/** The same again: ways of validation with values that are fresh where they must be, and what goes with them. */
export interface NextAsk extends Pick<CertificateAsk, 'chooseValidation' | 'extra' | 'proveAgain' | 'wishes'> {
  /** `OrderDetails.extra` from now on. */
  detailsExtra(kept: OrderDetails['extra']): OrderDetails['extra'];
}

/** How a dialect asks again where an order goes on by itself. It knows how its challenges are made. */
export type AskAgain = (last: LastAsk) => NextAsk | Promise<NextAsk>;

/** What a dialect makes challenges with. */
export interface AskAgainTools {
  clock: Clock;
  random: Random;
  names: NamePolicy;
  catalogue: Catalogue;
  store: Store;
}

/**
 * As the last time to the letter: for dialects whose challenges do not age. What the desk answered itself it does not
 * answer again: whether it may is for the dialect to say each time.
 */
export function askTheSame({ request, validations }: Pick<LastAsk, 'request' | 'validations'>): NextAsk {
  return {
    chooseValidation: (domain, name) => sameWay(validations, domain, name),
    extra: request.extra,
    wishes: request.wishes,
    detailsExtra: (kept) => kept,
  };
}

function sameWay(validations: readonly Validation[], domain: string, name: string): ValidationChoice {
  const fitting = validations.filter((one) => covers(one, name));
  const last = fitting.findLast((one) => one.domain === domain) ?? fitting.at(-1);
  if (last === undefined) throw invalidValue('validation', `It is not known how ${domain} was validated`, domain);
  return { method: last.method, challenges: last.challenges.map(notAnsweredHere), domain: last.domain };
}

function notAnsweredHere(challenge: Challenge): Challenge {
  if (challenge.method !== 'http') return challenge;
  const { answeredHere: _, ...rest } = challenge;
  return rest;
}
