import { chooseIssuer, type IssuerChoice } from './choose-issuer.ts';
import type { Facts } from './facts.ts';
import { issueAskOf } from './issue-ask.ts';
import type { IssueResult, Issuer } from './ports.ts';
import type { TriedIssuers } from './records.ts';
import type { Rules } from './rules.ts';
import type { Happening } from './settle.ts';
import { HOUR, MINUTE, type Instant } from './time.ts';

/** How an issuer said that it cannot. */
export type Inability = Extract<IssueResult, { kind: 'unavailable' | 'refused' }>;

/** Until everybody is asked again after round 1, 2, 3 … in which nobody could. */
const RESTS: readonly number[] = [2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR];
/** Whatever an issuer says. */
const SHORTEST_REST = MINUTE;
/** After every later round. */
const LAST_REST = 4 * HOUR;

/** The issuer at work on a request; before there is one, the one to be asked. */
export function choiceOf(
  facts: Facts,
  { now, rules, issuers }: { now: Instant; rules: Rules; issuers: ReadonlyMap<string, Issuer> },
): IssuerChoice {
  const { product, issuance, request, keyKeptHere } = facts;
  if (issuance !== null) return { issuer: issuers.get(issuance.issuer) ?? null, skipped: [] };
  if (product === null || request.kind === 'revoke') return { issuer: null, skipped: [] };
  return chooseIssuer(product, {
    issuers,
    tried: request.triedIssuers?.names ?? [],
    wishes: request.wishes,
    outsideOnly: keyKeptHere,
    askOf: (issuer) => issueAskOf(facts, issuer, now, rules),
  });
}

function restAfter(rounds: number): number {
  return RESTS[rounds] ?? LAST_REST;
}

/** The issuer could not: what was prepared for it is abandoned, and the next one is asked. */
export function passOver(
  facts: Facts,
  issuer: string,
  inability: Inability,
  now: Instant,
  happenings: Happening[],
): Facts {
  const { kind, message } = inability;
  happenings.push(skippedHappening(facts, issuer, kind, message));
  const before = facts.request.triedIssuers;
  const rounds = before?.rounds ?? 0;
  // What one of the last round said of this is asked again.
  const soFar = before?.restUntil === null ? before.recoversAt : null;
  const recoversAt = inability.kind === 'unavailable' ? (inability.until ?? now + restAfter(rounds)) : null;
  const triedIssuers: TriedIssuers = {
    names: [...(before?.names ?? []), issuer],
    mayRecover: recoversAt !== null || soFar !== null,
    recoversAt: soFar === null || recoversAt === null ? (soFar ?? recoversAt) : Math.min(soFar, recoversAt),
    message,
    rounds,
    restUntil: null,
  };
  return { ...facts, issuance: null, request: { ...facts.request, triedIssuers, updatedAt: now } };
}

/** Everybody was asked, and one may be able to later: the next round begins with the first. */
export function restIssuers(facts: Facts, now: Instant): Facts {
  const tried = facts.request.triedIssuers as TriedIssuers;
  const restUntil = Math.max(tried.recoversAt ?? now + restAfter(tried.rounds), now + SHORTEST_REST);
  const triedIssuers = { ...tried, names: [], rounds: tried.rounds + 1, restUntil };
  return { ...facts, request: { ...facts.request, triedIssuers, updatedAt: now } };
}

/** Puts on the audit trail who was passed over unasked. */
export function noteSkipped(facts: Facts, skipped: IssuerChoice['skipped'], happenings: Happening[]): void {
  for (const { name, reason } of skipped) happenings.push(skippedHappening(facts, name, 'objects', reason));
}

function skippedHappening({ request }: Facts, issuer: string, kind: string, reason: string): Happening {
  return { action: 'issuer.skipped', target: `request:${request.id}`, details: { issuer, kind, reason } };
}
