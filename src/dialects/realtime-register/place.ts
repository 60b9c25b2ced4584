import type { CertificateAsk, Placed } from '../../core/desk.ts';
import { DeskError } from '../../core/errors.ts';
import type { PreparedAsk } from './ask.ts';
import type { Answer } from './endpoint.ts';
import { renderInfoProcess } from './info-process.ts';
import type { World } from './world.ts';

/**
 * Places what was prepared. Where the caller proves by auth key and did not say how it published the key, the file is
 * tried when the record is not found.
 */
export async function placePrepared(
  prepared: PreparedAsk,
  place: (ask: CertificateAsk) => Promise<Placed>,
): Promise<Placed> {
  const { ask, withFiles } = prepared;
  try {
    return await place(ask);
  } catch (error) {
    if (withFiles === null || !(error instanceof DeskError) || error.kind !== 'validation-failed') throw error;
    return place(withFiles);
  }
}

/** 201 with the certificate's id where it was issued at once, 202 where something is waited for. */
export function placedAnswer(world: World, { request, certificate, validations, caa }: Placed): Answer {
  const parts = { request, validations, caa, notes: [], certificateId: certificate?.id ?? null };
  return {
    status: certificate === null ? 202 : 201,
    json: renderInfoProcess(world, parts),
    processId: request.id,
  };
}
