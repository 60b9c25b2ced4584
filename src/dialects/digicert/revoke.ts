import { z } from 'zod';
import type { Outcome, RevokeAsk } from '../../core/desk.ts';
import type { Order, RevocationReason } from '../../core/records.ts';
import { findCertificate } from './certificates.ts';
import { accept, idOf, type Answer, type Call } from './endpoint.ts';
import { invalidParameter, VendorError } from './errors.ts';
import { flag, lines, text } from './fields.ts';
import * as answers from './order-answers.ts';
import { ownOrder, readOrder } from './order-records.ts';
import { isOpenReissue } from './order-status.ts';
import { renderPerson } from './people-view.ts';
import { approvalStatus } from './request-view.ts';
import { formatTimestamp } from './times.ts';
import { DIALECT, type World } from './world.ts';

/** Clients spell the members, and the reasons, in more than one way. */
const revokeBody = z.object({
  comments: lines(2_000).optional(),
  comment: lines(2_000).optional(),
  skip_approval: flag.optional(),
  revocation_reason: text(40).optional(),
  reason: text(40).optional(),
});

type RevokeBody = z.infer<typeof revokeBody>;

/** By the reason in lower case without `_`. */
const REASONS: Readonly<Record<string, RevocationReason | null>> = {
  unspecified: null,
  keycompromise: 'keyCompromise',
  affiliationchange: 'affiliationChanged',
  affiliationchanged: 'affiliationChanged',
  superseded: 'superseded',
  cessationofoperation: 'cessationOfOperation',
};

/** @throws VendorError `invalid_value:revocation_reason` */
function readReason({ revocation_reason: told, reason }: RevokeBody): RevocationReason | null {
  const text = (told ?? reason ?? 'unspecified').replaceAll(/[_\s]/g, '').toLowerCase();
  const known = Object.hasOwn(REASONS, text) ? REASONS[text] : undefined;
  if (known === undefined) throw invalidParameter('revocation_reason');
  return known;
}

function readAsk(body: RevokeBody): RevokeAsk {
  const comments = body.comments ?? body.comment ?? null;
  return {
    reason: readReason(body),
    dialect: DIALECT,
    approval: { skip: body.skip_approval === true, comments },
    extra: {},
  };
}

const FORMS = { 201: answers.revocation, 204: null } as const;

export const revokeCertificate = accept({
  method: 'PUT',
  path: '/certificate/:certificateId/revoke',
  summary: 'Revoke a certificate by id or serial number, or ask somebody to approve that',
  body: revokeBody,
  answers: FORMS,
  async handle(world, call) {
    const ask = readAsk(call.body);
    const certificate = await findCertificate(world, call.actor, call.params['certificateId'] ?? '');
    if (certificate.orderId !== null)
      await refuseReissue(world, await ownOrder(world, call.actor, certificate.orderId));
    return answer(world, call, await world.context.desk.revokeCertificate(call.actor, certificate.id, ask));
  },
});

export const revokeOrder = accept({
  method: 'PUT',
  path: '/order/certificate/:orderId/revoke',
  summary: 'Revoke all certificates of an order, or ask somebody to approve that',
  body: revokeBody,
  answers: FORMS,
  async handle(world, call) {
    const ask = readAsk(call.body);
    const order = await ownOrder(world, call.actor, idOf(call, 'orderId', 'order'));
    await refuseReissue(world, order);
    return answer(world, call, await world.context.desk.revokeOrder(call.actor, order.id, ask));
  },
});

/** While a reissue is open, the certificate that it replaces stays. */
async function refuseReissue(world: World, order: Order): Promise<void> {
  const { requests } = await readOrder(world, order);
  if (!requests.some(isOpenReissue)) return;
  throw new VendorError(400, 'invalid_status', 'The certificate has a pending reissue and cannot be revoked.');
}

/** Without a word where the approval was left out and the certificate is revoked; else the request. */
async function answer(world: World, call: Call<RevokeBody>, { request }: Outcome): Promise<Answer> {
  const { store } = world.context;
  const approval = await store.get('approvals', request.id);
  if (call.body.skip_approval === true && approval?.state !== 'waiting') return { status: 204 };
  const requesterId = approval?.requesterId ?? call.actor.userId;
  const requester = requesterId === null ? null : await store.get('users', requesterId);
  const comments = approval?.comments ?? null;
  const json = {
    id: request.id,
    date: formatTimestamp(request.createdAt),
    type: 'revoke',
    status: approval === null ? 'approved' : approvalStatus(request, approval),
    ...(requester === null ? {} : { requester: renderPerson(requester) }),
    ...(comments === null ? {} : { comments }),
  };
  return { status: 201, json };
}
