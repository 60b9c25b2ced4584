import type { RevocationReason } from '../../core/records.ts';
import { accept, idOf } from './endpoint.ts';
import { revokeBody } from './schemas.ts';
import { DIALECT } from './world.ts';

/** Reasons that a subscriber may state (BR 7.2.2), without white space, marks and capitals. */
const REASONS: Readonly<Record<string, RevocationReason>> = {
  keycompromise: 'keyCompromise',
  affiliationchanged: 'affiliationChanged',
  superseded: 'superseded',
  cessationofoperation: 'cessationOfOperation',
};

/** The reason is free text with this vendor; what is not one of the known words is kept with the process only. */
export function reasonOf(text: string | undefined): RevocationReason | null {
  const word = (text ?? '').toLowerCase().replace(/[^a-z]/g, '');
  return Object.hasOwn(REASONS, word) ? (REASONS[word] ?? null) : null;
}

export const revokeCertificate = accept({
  method: 'DELETE',
  path: '/v2/ssl/certificates/:certificateId',
  summary: 'Revoke a certificate',
  body: revokeBody,
  answers: { 200: null, 202: null },
  async handle(world, call) {
    const { actor, body } = call;
    const id = idOf(call, 'certificateId', 'Certificate');
    const command = { certificateId: id, ...body };
    const { request } = await world.context.desk.revoke(actor, id, reasonOf(body.reason), DIALECT, { command });
    return { status: request.state === 'completed' ? 200 : 202, processId: request.id };
  },
});
