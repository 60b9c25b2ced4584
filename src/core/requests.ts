import type { Actor, ImportAsk, Outcome, ValidationChoice } from './desk.ts';
import { advance, advanceWithinCall, settleWorld, wakeRequest, write, type Engine } from './engine.ts';
import { applyDomainChecks } from './apply-effect.ts';
import { DeskError, notFound } from './errors.ts';
import { isOpen, type Facts, type Known } from './facts.ts';
import { loadFacts } from './load-facts.ts';
import { ownCertificate } from './orders.ts';
import { checkDomains } from './perform.ts';
import { planValidations } from './plan-validations.ts';
import type { CertificateRequest, RevocationReason, Validation } from './records.ts';
import { enqueueConfirmation, enqueueConfirmations } from './reminders.ts';
import { cancel as cancelFacts, settle, type Happening } from './settle.ts';
import { transition } from './states.ts';
import type { Reader, Unit } from './store.ts';

const NOTHING_KNOWN: Known = { order: null, target: null };

const name = (actor: Actor): string => `${actor.handle}/${actor.userName}`;

/**
 * Revokes a certificate: on record, on its list and at an outside issuer.
 * @throws DeskError `not-found`, `wrong-state`
 */
export async function revoke(
  engine: Engine,
  actor: Actor,
  certificateId: number,
  reason: RevocationReason | null,
  dialect: string,
  extra: Record<string, unknown>,
): Promise<Outcome> {
  const placed = await engine.store.transact(async (unit) => {
    const target = await ownCertificate(unit, actor, certificateId);
    if (target.state === 'revoked' || target.state === 'expired') {
      throw new DeskError('wrong-state', `Certificate ${certificateId} is ${target.state} already`);
    }
    const now = engine.clock.now();
    const request: CertificateRequest = {
      ...bareRequest(actor, 'revoke', dialect, extra, unit.newId('requests'), now),
      orderId: target.orderId,
      product: target.product,
      commonName: target.commonName,
      names: target.names,
      certificateId,
      revocationReason: reason,
    };
    const start: Facts = { ...bareFacts(request), target };
    const settled = settle(start, settleWorld(engine, unit));
    const asked: Happening = { action: 'revocation.requested', target: `certificate:${certificateId}`, details: { reason } };
    return write(engine, unit, { order: null, target }, { ...settled, happenings: [asked, ...settled.happenings] }, name(actor));
  });
  const facts = await advanceWithinCall(engine, placed);
  engine.wake();
  return { request: facts.request, certificate: facts.target };
}

/**
 * Takes a certificate that was made elsewhere into the inventory.
 * @throws DeskError `already-exists`
 */
export async function importCertificate(engine: Engine, actor: Actor, ask: ImportAsk): Promise<Outcome> {
  const { certificate: parsed } = ask;
  return engine.store.transact(async (unit) => {
    const now = engine.clock.now();
    const commonName = ask.commonName ?? parsed.commonName ?? parsed.dnsNames[0] ?? '';
    const names = parsed.dnsNames.length > 0 ? parsed.dnsNames : [commonName];
    const request: CertificateRequest = {
      ...bareRequest(actor, 'import', ask.dialect, ask.extra, unit.newId('requests'), now),
      state: transition('request', 'waiting', 'completed'),
      commonName,
      names,
      subject: parsed.subject,
      csr: ask.csr?.der ?? null,
      spkiHash: parsed.spkiHash,
    };
    const { subject, serial, notBefore, notAfter, keyAlgorithm, keyBits, spkiHash, fingerprint, der } = parsed;
    const certificate = {
      id: unit.newId('certificates'),
      accountId: actor.accountId,
      orderId: null,
      requestId: request.id,
      product: request.product,
      // Serials are unique per issuer only; what one account imports says nothing to another.
      issuer: `import:${actor.accountId}:${parsed.issuerName}`,
      state: notAfter <= now ? ('expired' as const) : ('active' as const),
      commonName,
      names,
      organization: subject.organization ?? null,
      department: subject.department ?? null,
      street: subject.street ?? null,
      postalCode: subject.postalCode ?? null,
      locality: subject.locality ?? null,
      province: subject.state ?? null,
      country: subject.country ?? null,
      registrationNumber: ask.registrationNumber,
      ...{ serial, notBefore, notAfter, keyAlgorithm, keyBits, spkiHash, fingerprint, der },
      subscriptionEndsAt: null,
      crlShard: null,
      revokedAt: null,
      revocationReason: null,
      createdAt: now,
    };
    const happening: Happening = { action: 'certificate.imported', target: `certificate:${certificate.id}`, details: { serial, fingerprint } };
    const facts: Facts = { ...bareFacts(request), certificate };
    await write(engine, unit, NOTHING_KNOWN, { facts, step: { do: 'nothing' }, happenings: [happening] }, name(actor));
    return { request, certificate };
  });
}

/** @throws DeskError `not-found`, `wrong-state` unless the request still waits. */
export async function cancel(engine: Engine, actor: Actor, requestId: number): Promise<CertificateRequest> {
  const facts = await engine.store.transact(async (unit) => {
    const before = await ownWaiting(engine, unit, actor, requestId);
    const happenings: Happening[] = [];
    const after = cancelFacts(before, engine.clock.now(), happenings);
    return write(engine, unit, before, { facts: after, step: { do: 'nothing' }, happenings }, name(actor));
  });
  return facts.request;
}

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
  const facts = await engine.store.transact((unit) => rechoose(engine, unit, actor, requestId, choices));
  const open = facts.validations.filter((one) => isOpen(one) && one.method !== 'email');
  const results = await checkDomains(engine, open);
  const after = await engine.store.transact(async (unit) => {
    const before = await ownWaiting(engine, unit, actor, requestId);
    const world = settleWorld(engine, unit);
    const still = results.filter(({ validation }) => before.validations.some((one) => one.id === validation.id && isOpen(one)));
    const applied = applyDomainChecks(unit, before, still, world);
    const settled = settle(applied.facts, world);
    return write(engine, unit, before, { ...settled, happenings: [...applied.happenings, ...settled.happenings] }, 'system');
  });
  await advanceWithinCall(engine, after);
  engine.wake();
  return after.validations.filter(isOpen).flatMap((one) => (one.detail === null ? [] : [`${one.domain}: ${one.detail}`]));
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
  const replaced = before.validations.map((one) => (isOpen(one) && !wanted.some((other) => sameAsk(one, other)) ? close(one) : one));
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
  return write(engine, unit, before, { facts, step, happenings }, name(actor));
}

function currentChoice(validations: readonly Validation[], domain: string): ValidationChoice {
  const current = validations.find((one) => isOpen(one) && one.domain === domain);
  if (current === undefined) throw new DeskError('invalid-value', `Say how ${domain} is to be validated`, { field: 'dcv' });
  return { method: current.method, challenges: current.challenges };
}

function sameAsk(left: Validation, right: Validation): boolean {
  return left.domain === right.domain && JSON.stringify(left.challenges) === JSON.stringify(right.challenges);
}

function close(validation: Validation): Validation {
  return { ...validation, state: transition('validation', validation.state, 'cancelled'), nextAttemptAt: null };
}

/** Mails again what is open. @throws DeskError `not-found`, `wrong-state` */
export async function remind(engine: Engine, actor: Actor, requestId: number): Promise<void> {
  await engine.store.transact(async (unit) => {
    const facts = await ownWaiting(engine, unit, actor, requestId);
    await enqueueConfirmations(unit, facts, engine.clock.now());
    await wakeRequest(engine, unit, requestId);
  });
  engine.wake();
}

/** Mails the subscriber agreement. @throws DeskError `not-found`, `wrong-state` where none is open. */
export async function sendAgreement(
  engine: Engine,
  actor: Actor,
  requestId: number,
  email: string,
  language: string | null,
): Promise<void> {
  await engine.store.transact(async (unit) => {
    const facts = await ownWaiting(engine, unit, actor, requestId);
    const state = facts.request.checks.agreement;
    if (state === undefined || state === 'passed') {
      throw new DeskError('wrong-state', `Request ${requestId} has no open subscriber agreement`);
    }
    await enqueueConfirmation(unit, facts, 'agreement', email, engine.clock.now(), null, language ?? facts.request.language);
  });
  engine.wake();
}

/** @throws DeskError `not-found` */
export async function addNote(engine: Engine, actor: Actor, requestId: number, message: string): Promise<void> {
  await engine.store.transact(async (unit) => {
    await ownRequest(unit, actor, requestId);
    const note = { id: unit.newId('notes'), accountId: actor.accountId, requestId, message, createdAt: engine.clock.now() };
    unit.insert('notes', { ...note, direction: 'incoming' });
  });
}

/** A request of the actor's account. @throws DeskError `not-found` */
export async function ownRequest(reader: Reader, actor: Actor, requestId: number): Promise<CertificateRequest> {
  const request = await reader.get('requests', requestId);
  if (request === null || request.accountId !== actor.accountId) throw notFound(`Request ${requestId}`);
  return request;
}

async function ownWaiting(engine: Engine, unit: Unit, actor: Actor, requestId: number): Promise<Facts> {
  const request = await ownRequest(unit, actor, requestId);
  if (request.state !== 'waiting') throw new DeskError('wrong-state', `Request ${requestId} is ${request.state}`);
  return (await loadFacts(engine, unit, requestId)) as Facts;
}

function bareRequest(
  actor: Actor,
  kind: 'revoke' | 'import',
  dialect: string,
  extra: Record<string, unknown>,
  id: number,
  now: number,
): CertificateRequest {
  return {
    ...{ id, kind, dialect, extra, accountId: actor.accountId, requestedBy: name(actor) },
    ...{ orderId: null, state: 'waiting', detail: null, product: 'imported', commonName: '', names: [], subject: {} },
    ...{ contact: null, language: null, certificateId: null, revocationReason: null, csr: null, spkiHash: null, checks: {} },
    ...{ version: 0, createdAt: now, updatedAt: now, startedAt: now },
  };
}

function bareFacts(request: CertificateRequest): Facts {
  return {
    ...{ request, order: null, product: null, validations: [], caa: [], organization: null, charge: null },
    ...{ issuance: null, certificate: null, target: null, spki: null, mustStaple: false },
  };
}
