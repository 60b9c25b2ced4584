import { mayAgree } from './agreement.ts';
import { nameOf } from './bare-request.ts';
import type { Actor, ApprovalAsk, Outcome } from './desk.ts';
import { advanceWithinCall, settleWorld, write } from './engine.ts';
import type { Engine } from './parts.ts';
import { DeskError, notFound } from './errors.ts';
import type { Facts } from './facts.ts';
import { loadFacts } from './load-facts.ts';
import { demand, may } from './permissions.ts';
import type { Approval, CertificateRequest, Order } from './records.ts';
import { reject as rejectFacts, settle, type Happening } from './settle.ts';
import { seesOrderOf } from './scope.ts';
import { transition } from './states.ts';
import type { Unit } from './store.ts';
import type { Instant } from './time.ts';

/**
 * The approval that a new request begins with, as its account works: null where there is no such step or where
 * somebody who may approve leaves it out; approved at once where the account approves by itself and one person is
 * enough; else waiting.
 */
export async function startApproval(
  unit: Unit,
  actor: Actor,
  ask: ApprovalAsk | undefined,
  { requestId, order, now }: { requestId: number; order: Order | null; now: Instant },
): Promise<Approval | null> {
  if (ask === undefined) return null;
  const account = await unit.get('accounts', actor.accountId);
  const { approval: way, twoPeople } = account?.settings ?? { approval: 'required', twoPeople: true };
  const alone = may(actor, 'approve') && !twoPeople;
  if (way === 'none' || (ask.skip && alone)) return null;
  const approved = way === 'automatic' && alone;
  return {
    id: requestId,
    accountId: actor.accountId,
    ownerId: order?.userId ?? null,
    containerId: order?.containerId ?? null,
    state: approved ? 'approved' : 'waiting',
    requesterId: actor.userId,
    requesterName: nameOf(actor),
    comments: ask.comments,
    processorId: approved ? actor.userId : null,
    processorName: approved ? nameOf(actor) : null,
    processorComment: null,
    processedAt: approved ? now : null,
    createdAt: now,
  };
}

/**
 * A person's yes: the request goes on at once.
 * @throws DeskError `not-found`, `wrong-state`, `not-allowed` without the permission or where the account demands two
 * people and it is the requester
 */
export async function approve(
  engine: Engine,
  actor: Actor,
  requestId: number,
  comment: string | null,
): Promise<Outcome> {
  const facts = await engine.store.transact(async (unit) => {
    const { before, approval } = await awaited(engine, unit, actor, requestId);
    const now = engine.clock.now();
    const request = {
      ...before.request,
      state: transition('request', before.request.state, 'waiting'),
      updatedAt: now,
      checks: agreed(before, actor),
    };
    const answered: Facts = { ...before, request, approval: answer(approval, actor, 'approved', comment, now) };
    const settled = settle(answered, settleWorld(engine, unit));
    const happening: Happening = { action: 'request.approved', target: `request:${requestId}`, details: { comment } };
    return write(
      engine,
      unit,
      before,
      { ...settled, happenings: [happening, ...settled.happenings] },
      nameOf(actor),
      'call',
    );
  });
  const after = await advanceWithinCall(engine, facts);
  engine.wake();
  return { request: after.request, certificate: after.certificate };
}

/** Who may agree to EV certificates in the organization's name does so with the yes. */
function agreed({ request, organization }: Facts, actor: Actor): CertificateRequest['checks'] {
  const { checks } = request;
  if (checks.agreement === undefined || !mayAgree(actor, organization)) return checks;
  return { ...checks, agreement: 'passed' };
}

/** A person's no. @throws DeskError as `approve` */
export async function reject(
  engine: Engine,
  actor: Actor,
  requestId: number,
  comment: string | null,
): Promise<CertificateRequest> {
  const facts = await engine.store.transact(async (unit) => {
    const { before, approval } = await awaited(engine, unit, actor, requestId);
    const now = engine.clock.now();
    const happenings: Happening[] = [];
    const closed = rejectFacts(before, comment ?? 'Rejected', now, happenings);
    const after: Facts = { ...closed, approval: answer(approval, actor, 'rejected', comment, now) };
    return write(engine, unit, before, { facts: after, step: { do: 'nothing' }, happenings }, nameOf(actor), 'call');
  });
  return facts.request;
}

async function awaited(engine: Engine, unit: Unit, actor: Actor, requestId: number) {
  const before = await loadFacts(engine, unit, requestId);
  if (before === null || before.request.accountId !== actor.accountId) throw notFound(`Request ${requestId}`);
  if (!(await seesOrderOf(unit, actor, before.request))) throw notFound(`Request ${requestId}`);
  demand(actor, 'approve');
  const { approval } = before;
  if (before.request.state !== 'needs-approval' || approval === null) {
    throw new DeskError('wrong-state', `Request ${requestId} waits for no approval`);
  }
  await refuseOwn(unit, actor, approval);
  return { before, approval };
}

/** Where two people are demanded, neither the requester's user nor another key of the same name will do. */
async function refuseOwn(unit: Unit, actor: Actor, approval: Approval): Promise<void> {
  const account = await unit.get('accounts', actor.accountId);
  if (account?.settings.twoPeople !== true) return;
  const sameUser = approval.requesterId !== null && approval.requesterId === actor.userId;
  if (sameUser || approval.requesterName === nameOf(actor)) {
    throw new DeskError('not-allowed', 'Somebody else than the requester must approve');
  }
}

function answer(
  approval: Approval,
  actor: Actor,
  state: 'approved' | 'rejected',
  comment: string | null,
  now: Instant,
): Approval {
  const processor = { processorId: actor.userId, processorName: nameOf(actor), processorComment: comment };
  return { ...approval, ...processor, state, processedAt: now };
}
