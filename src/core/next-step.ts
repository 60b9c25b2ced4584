import type { IssuerChoice } from './choose-issuer.ts';
import { caaAllows, covers, isFresh, isOpen, unprovedNames, type Facts } from './facts.ts';
import { isAddress } from './names.ts';
import { sameIdentity } from './identity.ts';
import type { CaaAnswer, CaaStatus, CheckKind, Validation } from './records.ts';
import type { Rules } from './rules.ts';
import { isFinal } from './states.ts';
import { DAY, HOUR, MINUTE, type Instant } from './time.ts';

/** What a request does next. `local` steps change records only; the others reach out to the world first. */
export type Step =
  | { do: 'nothing' }
  | { do: 'wait'; until: Instant; detail: string }
  | { do: 'fail'; detail: string }
  | { do: 'abandon-issuance' }
  | { do: 'prepare' }
  | { do: 'rest-issuers' }
  | { do: 'record-revocation' }
  | { do: 'validate-again'; validation: Validation }
  | { do: 'check-domains'; validations: readonly Validation[] }
  | { do: 'check-caa'; names: readonly string[] }
  /** `outside`: at a CA outside, which may take long. */
  | { do: 'issue'; outside: boolean }
  | { do: 'revoke-at-issuer' };

const LOCAL: ReadonlySet<Step['do']> = new Set([
  'fail',
  'abandon-issuance',
  'prepare',
  'rest-issuers',
  'record-revocation',
]);
const RESTING: ReadonlySet<Step['do']> = new Set(['nothing', 'wait']);

export function isLocal(step: Step): boolean {
  return LOCAL.has(step.do);
}

export function isResting(step: Step): boolean {
  return RESTING.has(step.do);
}

/** A challenge value must not be used for more than 30 days (BR 3.2.2.4.7, .18, .4). */
const LONGEST_WAIT = 30 * DAY;
/** Nobody answers any more. */
const LONGEST_APPROVAL = 90 * DAY;
/** notBefore must lie within 48 hours of the signature (BR 7.1.2.7); we keep well below. */
const ISSUANCE_STAYS_GOOD = 12 * HOUR;

/** How long to wait before CAA is looked up again after an answer that does not allow. */
const CAA_RETRY: Readonly<Record<CaaStatus, number>> = {
  allowed: 0,
  empty: 0,
  timeout: 2 * MINUTE,
  error: 5 * MINUTE,
  malformed: 30 * MINUTE,
  denied: 30 * MINUTE,
  'critical-unknown-tag': 30 * MINUTE,
};

export interface StepWorld {
  now: Instant;
  rules: Rules;
  /** Whether the target's issuer has to be told of a revocation. */
  issuerRevokes: boolean;
  /** The issuer at work, or the one to be asked. */
  choice: IssuerChoice;
}

/** The one decision of the heart: pure, from what is on record to the next step. */
export function nextStep(facts: Facts, world: StepWorld): Step {
  if (isFinal('request', facts.request.state)) return { do: 'nothing' };
  if (facts.request.state === 'needs-approval') return nextOfApproval(facts, world);
  if (facts.request.kind === 'revoke') return nextOfRevocation(facts, world);
  if (facts.product === null) return { do: 'fail', detail: 'The product is not offered any more' };
  const deadline = (facts.approval?.processedAt ?? facts.request.createdAt) + LONGEST_WAIT;
  return (
    nextOfTerm(facts, world) ??
    nextOfDomains(facts, world, deadline) ??
    nextOfChecks(facts, world, deadline) ??
    nextOfIssuer(facts, world, deadline) ??
    nextOfCaa(facts, world, deadline) ??
    nextOfIssuance(facts, world)
  );
}

/** What the request needs of people that has not been given: shown to the account, and waited for. */
export function openChecks(facts: Facts, now: Instant, rules: Rules): CheckKind[] {
  return (facts.product?.checks ?? []).filter((check) =>
    check === 'organization' ? !organizationVetted(facts, now, rules) : facts.request.checks[check] !== 'passed',
  );
}

function nextOfApproval(facts: Facts, world: StepWorld): Step {
  const deadline = facts.request.createdAt + LONGEST_APPROVAL;
  if (deadline <= world.now) return { do: 'fail', detail: 'Nobody approved within 90 days' };
  return { do: 'wait', until: deadline, detail: 'Waiting for approval' };
}

function nextOfRevocation(facts: Facts, world: StepWorld): Step {
  if (facts.target === null && facts.others.length === 0) {
    return { do: 'fail', detail: 'There is no certificate to revoke' };
  }
  return world.issuerRevokes ? { do: 'revoke-at-issuer' } : { do: 'record-revocation' };
}

/** A reissue needs something left of the order's term. */
function nextOfTerm(facts: Facts, world: StepWorld): Step | null {
  const endsAt = facts.order?.endsAt ?? null;
  if (endsAt !== null && endsAt <= world.now) return { do: 'fail', detail: 'The term of the order has ended' };
  return null;
}

function nextOfDomains(facts: Facts, world: StepWorld, deadline: Instant): Step | null {
  const since = world.rules.domainProofSince(world.now);
  const missing = unprovedNames(facts, since);
  if (missing.length === 0) return null;
  if (deadline <= world.now) return { do: 'fail', detail: 'Domains were not validated within 30 days' };
  const open = facts.validations.filter((one) => isOpen(one) && missing.some((name) => covers(one, name)));
  const outdated = facts.validations.find(
    (one) =>
      one.state === 'valid' &&
      !isFresh(one, since) &&
      missing.some((name) => covers(one, name)) &&
      !open.some((other) => other.domain === one.domain),
  );
  if (outdated !== undefined) return { do: 'validate-again', validation: outdated };
  const due = open.filter((one) => one.nextAttemptAt !== null && one.nextAttemptAt <= world.now);
  if (due.length > 0) return { do: 'check-domains', validations: due };
  const times = open.flatMap((one) => (one.nextAttemptAt === null ? [] : [one.nextAttemptAt]));
  return { do: 'wait', until: Math.min(deadline, ...times), detail: 'Waiting for domain validation' };
}

function nextOfChecks(facts: Facts, world: StepWorld, deadline: Instant): Step | null {
  const { organization, request } = facts;
  const named = organization !== null && facts.product?.checks.includes('organization') === true;
  if (named && !sameIdentity(organization.subject, request.subject)) {
    return { do: 'fail', detail: 'The organization was changed after the certificate was asked for; ask again' };
  }
  const open = openChecks(facts, world.now, world.rules);
  if (open.length === 0) return null;
  if (deadline <= world.now) return { do: 'fail', detail: 'Vetting was not finished within 30 days' };
  return { do: 'wait', until: deadline, detail: `Waiting for ${open.join(', ')} validation` };
}

function organizationVetted(facts: Facts, now: Instant, rules: Rules): boolean {
  const { organization, product } = facts;
  if (organization === null || organization.state !== 'valid' || organization.validatedAt === null) return false;
  if (organization.validatedAt < rules.organizationProofSince(now)) return false;
  return product?.level !== 'EV' || organization.level === 'EV';
}

/** Who is to be asked, and when again where everybody was asked in vain. */
function nextOfIssuer(facts: Facts, world: StepWorld, deadline: Instant): Step | null {
  const { issuance } = facts;
  const { triedIssuers: tried } = facts.request;
  const begun = issuance === null ? tried !== null : issuance.tbs === null;
  if (begun && deadline <= world.now) {
    return {
      do: 'fail',
      detail: `No certificate was issued within 30 days${tried === null ? '' : `: ${tried.message}`}`,
    };
  }
  if (issuance !== null) return null;
  const restUntil = tried?.restUntil ?? 0;
  if (tried !== null && restUntil > world.now) {
    return { do: 'wait', until: Math.min(deadline, restUntil), detail: `Waiting for an issuer: ${tried.message}` };
  }
  if (world.choice.issuer !== null) return null;
  if (tried !== null && tried.names.length > 0 && tried.mayRecover) return { do: 'rest-issuers' };
  const reasons = world.choice.skipped.map(({ reason }) => reason);
  const asked = tried !== null && tried.names.length > 0;
  return { do: 'fail', detail: asked ? tried.message : [...new Set(reasons)].join('; ') };
}

/** BR 3.2.2.8: CAA is looked up for every name before each issuance. A CA outside looks itself, for its own name. */
function nextOfCaa(facts: Facts, world: StepWorld, deadline: Instant): Step | null {
  if (world.choice.issuer?.outside === true) return null;
  const answers = new Map(facts.caa.map((answer) => [answer.name, answer]));
  const missing = facts.request.names.filter((name) => !isAddress(name) && !caaAllows(answers.get(name), world.now));
  if (missing.length === 0) return null;
  if (deadline <= world.now) return { do: 'fail', detail: 'CAA did not allow issuance within 30 days' };
  const retryAt = (name: string): Instant => retryCaaAt(answers.get(name), facts.request.createdAt);
  const due = missing.filter((name) => retryAt(name) <= world.now);
  if (due.length > 0) return { do: 'check-caa', names: due };
  const times = missing.map(retryAt);
  return { do: 'wait', until: Math.min(deadline, ...times), detail: 'Waiting for CAA to allow issuance' };
}

/** What an earlier request was refused does not delay a new one. */
function retryCaaAt(answer: CaaAnswer | undefined, askedAt: Instant): Instant {
  return answer === undefined || answer.checkedAt < askedAt ? 0 : answer.checkedAt + CAA_RETRY[answer.status];
}

function nextOfIssuance(facts: Facts, world: StepWorld): Step {
  const { issuance } = facts;
  if (issuance === null) return { do: 'prepare' };
  const staleAt = issuance.preparedAt + ISSUANCE_STAYS_GOOD;
  if (issuance.tbs !== null && staleAt <= world.now) return { do: 'abandon-issuance' };
  const resumeAt = issuance.progress?.['resumeAt'];
  if (typeof resumeAt === 'number' && resumeAt > world.now) {
    return { do: 'wait', until: resumeAt, detail: 'Waiting for the issuer' };
  }
  return { do: 'issue', outside: world.choice.issuer?.outside === true };
}
