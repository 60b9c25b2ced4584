import { may } from '../../../core/permissions.ts';
import type { CertificateRequest } from '../../../core/records.ts';
import { MINUTE } from '../../../core/time.ts';
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
/** Two requests may be written in another order than their times say, by so much. */
const OVERLAP = MINUTE;

/**
 * Puts certificates that orders have brought since the last look among the account's own, as a panel does that polls
 * for them. One that was deleted afterwards does not come back.
 */
export async function keepDelivered(call: Pick<Call, 'actor' | 'world'>): Promise<void> {
  const { actor, world } = call;
  if (!may(actor, 'order')) return;
  const { deliveredUntil, deliveredIds } = await readAccount(world, actor);
  const completed = await completedSince(call, deliveredUntil - OVERLAP);
  const fresh = completed.filter(({ id }) => !deliveredIds.includes(id));
  if (fresh.length === 0 && completed.length < MOST) return;
  await keepAll(call, fresh);
  const until = Math.max(deliveredUntil, completed.at(-1)?.updatedAt ?? 0);
  const recent = completed.filter(({ updatedAt }) => updatedAt > until - OVERLAP).map(({ id }) => id);
  await writeAccount(world, actor, (settings) => ({
    ...settings,
    deliveredUntil: Math.max(settings.deliveredUntil, until),
    deliveredIds: settings.deliveredUntil > until ? settings.deliveredIds : recent,
  }));
}

async function keepAll(call: Pick<Call, 'actor' | 'world'>, requests: readonly CertificateRequest[]): Promise<void> {
  const { actor, world } = call;
  const where = { accountId: actor.accountId, id: requests.map(({ id }) => id) };
  for (const { der } of await world.store.find('certificates', where)) {
    const details = readCertificateDetails(der);
    const { commonName, serial } = details.parsed;
    const label = await freeLabel(call, 'certificate', commonName ?? domainsOf(details)[0] ?? serial);
    await keepCertificate(call, { der, chainPem: bundleOf(await knownChain(world, details)), label });
  }
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
