import { DeskError } from './errors.ts';
import type { Facts } from './facts.ts';
import type { Engine } from './parts.ts';
import type { Random, RenewalAdvice } from './ports.ts';
import type { Certificate, RenewalHint } from './records.ts';
import type { Unit } from './store.ts';
import { DAY, HOUR, MINUTE, SECOND, type Instant } from './time.ts';

/** Hints asked for in one run, at most. */
const BATCH = 200;
/** RFC 9773 §4.3.1: how soon to ask again is the issuer's word, within reason. */
const SOONEST = 5 * MINUTE;
const LATEST = DAY;

/**
 * From when on a certificate is replaced where its issuer says nothing: 30 days before its end, a third of its life
 * where that is less, half of it where it lives for less than ten days.
 */
export function replacedFrom({ notBefore, notAfter }: Pick<Certificate, 'notBefore' | 'notAfter'>): Instant {
  const life = notAfter + SECOND - notBefore;
  return notAfter - (life < 10 * DAY ? life / 2 : Math.min(30 * DAY, life / 3));
}

/** Puts a new certificate among those whose issuer is asked when to replace them. */
export function expectHint({ issuers }: Pick<Engine, 'issuers'>, unit: Unit, facts: Facts, now: Instant): void {
  const { certificate } = facts;
  if (certificate === null || issuers.get(certificate.issuer)?.renewalHint === undefined) return;
  const { id, accountId, issuer } = certificate;
  unit.insert('renewalHints', {
    id,
    accountId,
    issuer,
    renewFrom: Math.floor(replacedFrom(certificate)),
    windowStart: null,
    windowEnd: null,
    explanationUrl: null,
    checkedAt: now,
    checkAgainAt: now + HOUR,
  });
}

/** What issuers said of certificates, by certificate; only where they said something. */
export async function hintsOf(engine: Engine, certificates: readonly Certificate[]): Promise<Map<number, RenewalHint>> {
  const asked = certificates.filter(({ issuer }) => engine.issuers.get(issuer)?.renewalHint !== undefined);
  if (asked.length === 0) return new Map();
  const hints = await engine.store.find('renewalHints', { id: asked.map(({ id }) => id) });
  return new Map(hints.filter(({ windowStart }) => windowStart !== null).map((hint) => [hint.id, hint]));
}

/**
 * Asks issuers of those certificates that are due when to replace them (RFC 9773 §4), no more than 200 in a run.
 * Within a window the moment is drawn evenly, and once (§4.2); where the window has begun already it is now.
 * @returns how many were asked for
 * @throws the first error that is no DeskError, after all were tried
 */
export async function refreshRenewalHints(engine: Engine): Promise<number> {
  const due = await dueHints(engine);
  const certificates = await engine.store.find('certificates', { id: due.map(({ id }) => id) });
  const away = new Set<string>();
  const errors: unknown[] = [];
  let asked = 0;
  for (const hint of due) {
    const certificate = certificates.find(({ id }) => id === hint.id);
    if (certificate?.state !== 'active' || certificate.notAfter <= engine.clock.now()) {
      await engine.store.transact((unit) => unit.delete('renewalHints', hint.id));
      continue;
    }
    try {
      if (away.has(hint.issuer)) throw new DeskError('issuer-unavailable', 'It did not answer a moment ago');
      const changes = await askIssuer(engine, hint, certificate);
      asked += 1;
      await engine.store.transact((unit) => unit.update('renewalHints', hint.id, changes));
    } catch (error) {
      away.add(hint.issuer);
      if (!(error instanceof DeskError)) errors.push(error);
      await postpone(engine, hint, error);
    }
  }
  if (errors.length > 0) throw errors[0];
  return asked;
}

async function dueHints(engine: Engine): Promise<RenewalHint[]> {
  const { records } = await engine.store.list('renewalHints', {
    accountId: null,
    filters: [{ field: 'checkAgainAt', op: 'lte', value: engine.clock.now() }],
    order: [{ field: 'checkAgainAt', descending: false }],
    limit: BATCH,
    offset: 0,
    count: false,
  });
  return records;
}

async function askIssuer(engine: Engine, hint: RenewalHint, certificate: Certificate): Promise<Partial<RenewalHint>> {
  const issuer = engine.issuers.get(hint.issuer);
  const advice = (await issuer?.renewalHint?.(certificate.der)) ?? null;
  const now = engine.clock.now();
  if (advice === null) return { checkedAt: now, checkAgainAt: now + LATEST };
  const checkAgainAt = Math.min(Math.max(advice.checkAgainAt, now + SOONEST), now + LATEST);
  const { start: windowStart, end: windowEnd, explanationUrl } = advice;
  const same = hint.windowStart === windowStart && hint.windowEnd === windowEnd;
  const renewFrom = same ? hint.renewFrom : momentIn(advice, certificate, engine.random, now);
  return { renewFrom, windowStart, windowEnd, explanationUrl, checkedAt: now, checkAgainAt };
}

/** Never so late that a failed try would leave no time for another. */
function momentIn(
  { start, end }: RenewalAdvice,
  { notBefore, notAfter }: Certificate,
  random: Random,
  now: Instant,
): Instant {
  if (start <= now) return now;
  const share = Buffer.from(random.bytes(6)).readUIntBE(0, 6) / 2 ** 48;
  const drawn = start + Math.floor(share * Math.max(0, end - start));
  return Math.min(drawn, notAfter - Math.floor((notAfter - notBefore) / 10));
}

/** What it said before still counts. */
async function postpone({ store, clock }: Engine, hint: RenewalHint, error: unknown): Promise<void> {
  const retryAfter = error instanceof DeskError ? error.retryAfter : undefined;
  const wait = Math.min(Math.max((retryAfter ?? 0) * SECOND, HOUR), LATEST);
  await store.transact((unit) => unit.update('renewalHints', hint.id, { checkAgainAt: clock.now() + wait }));
}
