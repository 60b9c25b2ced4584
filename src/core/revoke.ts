import { bareFacts, bareRequest, nameOf } from './bare-request.ts';
import type { Actor, Outcome } from './desk.ts';
import { advanceWithinCall, settleWorld, write, type Engine } from './engine.ts';
import { DeskError } from './errors.ts';
import type { Facts } from './facts.ts';
import { ownCertificate } from './orders.ts';
import type { CertificateRequest, RevocationReason } from './records.ts';
import { settle, type Happening } from './settle.ts';

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
    const asked: Happening = {
      action: 'revocation.requested',
      target: `certificate:${certificateId}`,
      details: { reason },
    };
    return write(
      engine,
      unit,
      { order: null, target },
      { ...settled, happenings: [asked, ...settled.happenings] },
      nameOf(actor),
      'call',
    );
  });
  const facts = await advanceWithinCall(engine, placed);
  engine.wake();
  return { request: facts.request, certificate: facts.target };
}
