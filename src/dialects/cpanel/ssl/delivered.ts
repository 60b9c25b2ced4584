import { may } from '../../../core/permissions.ts';
import type { CertificateRequest } from '../../../core/records.ts';
import { readCertificateDetails } from '../../../pki/certificate-reader.ts';
import { readAccount, writeAccount } from '../account-settings.ts';
import type { Call } from '../call.ts';
import { DIALECT } from '../world.ts';
import { knownChain } from './chains.ts';
import { keepCertificate } from './files.ts';
import { freeLabel } from './labels.ts';
import { bundleOf } from './pem-blocks.ts';
import { domainsOf } from './records.ts';

/** Looked at in one go; the rest at the next call. */
const MOST = 500;

/**
 * Puts certificates that orders have brought since the last look among the account's own, as a panel does that polls
 * for them. One that was deleted afterwards does not come back.
 */
export async function keepDelivered(call: Pick<Call, 'actor' | 'world'>): Promise<void> {
  const { actor, world } = call;
  if (!may(actor, 'order')) return;
  const { deliveredUntil } = await readAccount(world, actor);
  const requests = await completedSince(call, deliveredUntil);
  const last = requests.at(-1);
  if (last === undefined) return;
  const { accountId } = actor;
  for (const { der } of await world.store.find('certificates', { accountId, id: requests.map(({ id }) => id) })) {
    const details = readCertificateDetails(der);
    const { commonName, serial } = details.parsed;
    const label = await freeLabel(call, 'certificate', commonName ?? domainsOf(details)[0] ?? serial);
    await keepCertificate(call, { der, chainPem: bundleOf(await knownChain(world, details)), label });
  }
  await writeAccount(world, actor, (settings) => ({
    ...settings,
    deliveredUntil: Math.max(settings.deliveredUntil, last.updatedAt),
  }));
}

async function completedSince(
  { actor, world }: Pick<Call, 'actor' | 'world'>,
  since: number,
): Promise<CertificateRequest[]> {
  const { records } = await world.store.list('requests', {
    accountId: actor.accountId,
    filters: [
      { field: 'dialect', op: 'eq', value: DIALECT },
      { field: 'state', op: 'eq', value: 'completed' },
      { field: 'updatedAt', op: 'gt', value: since },
    ],
    order: [{ field: 'updatedAt', descending: false }],
    limit: MOST,
    offset: 0,
    count: false,
  });
  return records;
}
