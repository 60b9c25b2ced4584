import { startApproval } from './approvals.ts';
import { bareFacts, bareRequest, nameOf } from './bare-request.ts';
import type { Actor, Outcome, RevokeAsk } from './desk.ts';
import { advanceWithinCall, settleWorld, write } from './engine.ts';
import type { Engine } from './parts.ts';
import { DeskError } from './errors.ts';
import type { Facts } from './facts.ts';
import { endsOrder, othersOf } from './load-facts.ts';
import { lockOrder, ownCertificate, ownOrder } from './own.ts';
import type { Certificate, CertificateRequest, Order } from './records.ts';
import { settle, type Happening } from './settle.ts';
import type { Unit } from './store.ts';

/**
 * Revokes a certificate: on record, on its list and at an outside issuer; at once, or when a person has approved.
 * @throws DeskError `not-found`, `wrong-state`
 */
export async function revokeCertificate(
  engine: Engine,
  actor: Actor,
  certificateId: number,
  ask: RevokeAsk,
): Promise<Outcome> {
  return runRevocation(engine, async (unit) => {
    const target = await ownCertificate(unit, actor, certificateId);
    if (target.state === 'revoked' || target.state === 'expired') {
      throw new DeskError('wrong-state', `Certificate ${certificateId} is ${target.state} already`);
    }
    const order = target.orderId === null ? null : await unit.get('orders', target.orderId);
    return record(engine, unit, actor, ask, order, target);
  });
}

/**
 * Revokes all that an order has brought and that lives.
 * @throws DeskError `not-found`, `wrong-state` where nothing is left to revoke, or while another request is open
 */
export async function revokeOrder(engine: Engine, actor: Actor, orderId: number, ask: RevokeAsk): Promise<Outcome> {
  return runRevocation(engine, async (unit) => {
    const order = await ownOrder(unit, actor, orderId);
    await lockOrder(unit, order);
    const open = await unit.find('requests', { orderId, state: ['needs-approval', 'waiting', 'issuing'] });
    if (open.length > 0) throw new DeskError('wrong-state', `Order ${orderId} has an open request; cancel it first`);
    return record(engine, unit, actor, ask, order, null);
  });
}

async function runRevocation(engine: Engine, place: (unit: Unit) => Promise<Facts>): Promise<Outcome> {
  const facts = await advanceWithinCall(engine, await engine.store.transact(place));
  engine.wake();
  return { request: facts.request, certificate: facts.target };
}

async function record(
  engine: Engine,
  unit: Unit,
  actor: Actor,
  ask: RevokeAsk,
  order: Order | null,
  target: Certificate | null,
): Promise<Facts> {
  const now = engine.clock.now();
  const bare = bareRequest(actor, 'revoke', ask.dialect, ask.extra, unit.newId('requests'), now);
  const named = { ...bare, ...subjectOf(order, target), revocationReason: ask.reason };
  const approval = await startApproval(unit, actor, ask.approval, { requestId: named.id, order, now });
  const request: CertificateRequest = { ...named, state: approval?.state === 'waiting' ? 'needs-approval' : 'waiting' };
  const others = await othersOf(unit, request);
  if (target === null && others.length === 0) throw new DeskError('wrong-state', 'There is no certificate to revoke');
  const facts: Facts = {
    ...bareFacts(request),
    order,
    target,
    others,
    approval,
    endsOrder: await endsOrder(unit, request),
  };
  const settled = settle(facts, settleWorld(engine, unit));
  const what = target === null ? `order:${order?.id}` : `certificate:${target.id}`;
  const asked: Happening = { action: 'revocation.requested', target: what, details: { reason: ask.reason } };
  const happenings = [asked, ...settled.happenings];
  return write(engine, unit, { order, target, others }, { ...settled, happenings }, nameOf(actor), 'call');
}

function subjectOf(order: Order | null, target: Certificate | null) {
  const commonName = target?.commonName ?? order?.commonName ?? '';
  return {
    orderId: order?.id ?? null,
    product: target?.product ?? order?.product ?? '',
    commonName,
    names: target?.names ?? [commonName],
    certificateId: target?.id ?? null,
  };
}
