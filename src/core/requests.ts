import { nameOf } from './bare-request.ts';
import type { Actor } from './desk.ts';
import { wakeRequest, write } from './engine.ts';
import type { Engine } from './parts.ts';
import { DeskError, notFound } from './errors.ts';
import type { Facts } from './facts.ts';
import { loadFacts } from './load-facts.ts';
import type { CertificateRequest, Note } from './records.ts';
import { enqueueAgreement, enqueueConfirmations } from './reminders.ts';
import { cancel as cancelFacts, type Happening } from './settle.ts';
import { seesOrderOf } from './scope.ts';
import type { RequestState } from './states.ts';
import type { Reader, Unit } from './store.ts';

/** @throws DeskError `not-found`, `wrong-state` unless the request still waits. */
export async function cancel(
  engine: Engine,
  actor: Actor,
  requestId: number,
  note: string | null = null,
): Promise<CertificateRequest> {
  const facts = await engine.store.transact(async (unit) => {
    const before = await ownOpen(engine, unit, actor, requestId, ['needs-approval', 'waiting']);
    const happenings: Happening[] = [];
    const after = cancelFacts(before, note, engine.clock.now(), happenings);
    return write(engine, unit, before, { facts: after, step: { do: 'nothing' }, happenings }, nameOf(actor), 'call');
  });
  return facts.request;
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
    await enqueueAgreement(unit, facts, email, engine.clock.now(), language ?? facts.request.language);
  });
  engine.wake();
}

/** @throws DeskError `not-found` */
export async function addNote(engine: Engine, actor: Actor, requestId: number, message: string): Promise<Note> {
  return engine.store.transact(async (unit) => {
    await ownRequest(unit, actor, requestId);
    const note: Note = {
      id: unit.newId('notes'),
      accountId: actor.accountId,
      requestId,
      direction: 'incoming',
      message,
      createdAt: engine.clock.now(),
    };
    unit.insert('notes', note);
    return note;
  });
}

/** A request of the actor's account. @throws DeskError `not-found` */
export async function ownRequest(reader: Reader, actor: Actor, requestId: number): Promise<CertificateRequest> {
  const request = await reader.get('requests', requestId);
  if (request === null || request.accountId !== actor.accountId || !(await seesOrderOf(reader, actor, request))) {
    throw notFound(`Request ${requestId}`);
  }
  return request;
}

/** What is known of an own request that still waits. @throws DeskError `not-found`, `wrong-state` */
export function ownWaiting(engine: Engine, unit: Unit, actor: Actor, requestId: number): Promise<Facts> {
  return ownOpen(engine, unit, actor, requestId, ['waiting']);
}

async function ownOpen(
  engine: Engine,
  unit: Unit,
  actor: Actor,
  requestId: number,
  states: readonly RequestState[],
): Promise<Facts> {
  const request = await ownRequest(unit, actor, requestId);
  if (!states.includes(request.state)) {
    throw new DeskError('wrong-state', `Request ${requestId} is ${request.state}`);
  }
  return (await loadFacts(engine, unit, requestId)) as Facts;
}
