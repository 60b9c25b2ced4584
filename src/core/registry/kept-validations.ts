import { againOnConflict } from '../again.ts';
import { afterAttempt, recordAttempt, validated } from '../apply-effect.ts';
import type { Engine } from '../parts.ts';
import { isOpen } from '../facts.ts';
import { checkDomains } from '../perform.ts';
import type { DomainCheck } from '../ports.ts';
import type { Confirmation, Job, Validation } from '../records.ts';
import { CHALLENGE_LIFETIME } from '../retry.ts';
import { transition } from '../states.ts';
import type { Unit } from '../store.ts';
import { tellAccount } from '../tell-account.ts';
import type { Instant } from '../time.ts';
import { advanceKey } from '../write-facts.ts';

/** Validations of kept domains: no request carries them, so a job of each domain looks for what was asked. */

export function validateKey(domainId: number): string {
  return `validate-domain:${domainId}`;
}

/** The job that looks at the domain until it is proved or its challenge is too old. */
export async function enqueueChecks(unit: Unit, domainId: number, runAt: Instant): Promise<void> {
  await unit.enqueue({ kind: 'validate-domain', key: validateKey(domainId), payload: { domainId }, runAt });
}

/** Handler of the job kind `validate-domain`. */
export async function validateDomainJob(engine: Engine, job: Pick<Job, 'payload'>): Promise<{ runAgainAt?: Instant }> {
  const domainId = Number(job.payload['domainId']);
  const open = (await engine.store.find('validations', { domainId })).filter(isOpen);
  const next = await checkOpen(engine, open, { domainId, evenEarly: false });
  return next === null ? {} : { runAgainAt: next };
}

/**
 * Looks at the domain for the open validations that are due, or for all of them with `evenEarly`, and calls off those
 * whose challenge is older than 30 days (BR 3.2.2.4.7). Mails are answered elsewhere.
 * @returns when to look again; null where nothing is open any more
 */
export async function checkOpen(
  engine: Engine,
  open: readonly Validation[],
  { domainId, evenEarly }: { domainId: number; evenEarly: boolean },
): Promise<Instant | null> {
  const asked = engine.clock.now();
  const due = open.filter(
    (one) => one.nextAttemptAt !== null && endOf(one) > asked && (evenEarly || one.nextAttemptAt <= asked),
  );
  const results = await checkDomains(engine, due);
  const checks = new Map(results.map(({ validation, check }) => [validation.id, check]));
  return againOnConflict(() =>
    engine.store.transact(async (unit) => {
      const now = engine.clock.now();
      const times: Instant[] = [];
      for (const validation of (await unit.find('validations', { domainId })).filter(isOpen)) {
        const check = checks.get(validation.id);
        const after = await look(unit, validation, check, now);
        if (isOpen(after)) times.push(Math.min(after.nextAttemptAt ?? endOf(after), endOf(after)));
      }
      return times.length === 0 ? null : Math.min(...times);
    }),
  );
}

function endOf(validation: Validation): Instant {
  return validation.createdAt + CHALLENGE_LIFETIME;
}

async function look(unit: Unit, before: Validation, check: DomainCheck | undefined, now: Instant): Promise<Validation> {
  if (check !== undefined) {
    recordAttempt(unit, before, check, now);
    return write(unit, before, afterAttempt(before, check, now), 'system', now);
  }
  if (endOf(before) > now) return before;
  const state = transition('validation', before.state, 'cancelled');
  const detail = 'Not validated within 30 days';
  return write(unit, before, { ...before, state, detail, nextAttemptAt: null }, 'system', now);
}

/** A person said yes to the mail that asked for a kept domain (BR 3.2.2.4.4). Null where that is not asked any more. */
export async function acceptKept(unit: Unit, confirmation: Confirmation, now: Instant): Promise<Validation | null> {
  const before = await askedBy(unit, confirmation);
  if (before === null || endOf(before) <= now) return null;
  const state = transition('validation', before.state, 'valid');
  const after = { ...before, state, attempts: before.attempts + 1, validatedAt: now, detail: null };
  return write(unit, before, after, `mail:${confirmation.address}`, now);
}

/** A person said no: somebody has to ask in another way. */
export async function refuseKept(unit: Unit, confirmation: Confirmation, now: Instant): Promise<Validation | null> {
  const before = await askedBy(unit, confirmation);
  if (before === null) return null;
  const state = before.state === 'attention' ? before.state : transition('validation', before.state, 'attention');
  const after = { ...before, state, detail: `Declined by ${confirmation.address}` };
  return write(unit, before, after, `mail:${confirmation.address}`, now);
}

/** The link counts for the address that is asked now, not for one that was replaced. */
async function askedBy(unit: Unit, confirmation: Confirmation): Promise<Validation | null> {
  const { validationId, address, accountId } = confirmation;
  const validation = validationId === null ? null : await unit.get('validations', validationId);
  if (validation === null || !isOpen(validation) || validation.accountId !== accountId) return null;
  const asks = validation.challenges.some((one) => one.method === 'email' && one.address === address);
  return asks ? validation : null;
}

async function write(
  unit: Unit,
  before: Validation,
  after: Validation,
  actor: string,
  now: Instant,
): Promise<Validation> {
  const { state, attempts, detail, nextAttemptAt, validatedAt } = after;
  const seen = { state: before.state, attempts: before.attempts };
  await unit.update('validations', before.id, { state, attempts, detail, nextAttemptAt, validatedAt }, seen);
  if (state === before.state) return after;
  const { accountId, domainId } = before;
  const happening = happeningOf(after);
  unit.audit({ at: now, actor, accountId, ...happening });
  if (state !== 'valid') return after;
  await wakeRequests(unit, after, now);
  const domain = domainId === null ? null : await unit.get('domains', domainId);
  if (domain === null) return after;
  const message = `The domain ${after.domain} was validated`;
  tellAccount(
    unit,
    { accountId, dialect: domain.dialect, kind: 'domain-validated', message, domainId: domain.id },
    now,
  );
  return after;
}

/** Requests that ask for the same domain need not ask any longer; those for names below see it at their next look. */
async function wakeRequests(unit: Unit, { accountId, domain }: Validation, now: Instant): Promise<void> {
  const open = await unit.find('validations', { accountId, domain, state: ['waiting', 'attention'] });
  for (const requestId of new Set(open.map((one) => one.requestId))) {
    if (requestId === null) continue;
    await unit.enqueue({ kind: 'advance', key: advanceKey(requestId), payload: { requestId }, runAt: now });
  }
}

function happeningOf(after: Validation): { action: string; target: string; details: Record<string, unknown> } {
  if (after.state === 'valid') return validated(after);
  const { id, domain, method, detail, state } = after;
  const action = state === 'cancelled' ? 'validation.expired' : `validation.${state}`;
  return { action, target: `validation:${id}`, details: { domain, method, detail } };
}
