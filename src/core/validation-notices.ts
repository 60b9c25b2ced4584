import type { Engine } from './parts.ts';
import type { Domain, NotificationKind, Organization } from './records.ts';
import { tellAccount } from './tell-account.ts';
import { DAY, type Instant } from './time.ts';

/** Days before the end of a proof, and after it, on which its account is told; 0 is the end itself. */
const NOTICE_DAYS = [-7, 0, 7, 30, 60, 90];
const MARK = 'validation-notices-until';
const BATCH = 500;

interface Ending {
  accountId: number;
  dialect: string;
  /** Of the kept domain or the organization. */
  about: { domainId: number } | { organizationId: number };
  name: string;
  endsAt: Instant;
}

/**
 * Tells accounts of kept domains and organizations whose proof ends or has ended, once per notice day: each run covers
 * the time since the last one, which is kept as a setting. Where several days fell into that time, the last one counts.
 * @returns how many notices were made
 */
export async function sendValidationNotices(engine: Engine): Promise<number> {
  const { store } = engine;
  const now = engine.clock.now();
  const [mark] = await store.find('settings', { name: MARK });
  const since = mark === undefined ? now - DAY : Number(mark.value);
  const due = [...(await endingDomains(engine)), ...(await endingOrganizations(engine))].flatMap((ending) => {
    const days = NOTICE_DAYS.find((one) => ending.endsAt - one * DAY > since && ending.endsAt - one * DAY <= now);
    return days === undefined ? [] : [{ ...ending, days }];
  });
  await store.transact(async (unit) => {
    for (const { accountId, dialect, about, name, endsAt, days } of due) {
      const what = 'domainId' in about ? 'domain' : 'organization';
      const kind: NotificationKind = days === 0 ? `${what}-ended` : `${what}-ending`;
      const when = new Date(endsAt).toISOString().slice(0, 10);
      const message = `The validation of ${what} ${name} ${days > 0 ? 'ends' : 'ended'} ${when}`;
      tellAccount(unit, { accountId, dialect, kind, message, ...about, days }, now);
    }
    const value = String(now);
    if (mark === undefined) unit.insert('settings', { id: unit.newId('settings'), name: MARK, value });
    else await unit.update('settings', mark.id, { value }, { value: mark.value });
  });
  return due.length;
}

/** Active kept domains with the end of their newest proof. */
async function endingDomains({ store, rules }: Engine): Promise<Ending[]> {
  const found: Ending[] = [];
  for await (const domains of batches<'domains', Domain>(store, 'domains')) {
    const proofs = await store.find('validations', { domainId: domains.map(({ id }) => id), state: 'valid' });
    const newest = new Map<number | null, Instant>();
    for (const { domainId, validatedAt } of proofs) {
      newest.set(domainId, Math.max(newest.get(domainId) ?? 0, validatedAt ?? 0));
    }
    for (const { id: domainId, accountId, dialect, name } of domains) {
      const provedAt = newest.get(domainId);
      if (provedAt === undefined) continue;
      found.push({ accountId, dialect, about: { domainId }, name, endsAt: rules.domainProofEnds(provedAt) });
    }
  }
  return found;
}

async function endingOrganizations({ store, rules }: Engine): Promise<Ending[]> {
  const found: Ending[] = [];
  for await (const organizations of batches<'organizations', Organization>(store, 'organizations')) {
    for (const { id: organizationId, accountId, dialect, name, state, validatedAt } of organizations) {
      if (dialect === null || state !== 'valid' || validatedAt === null) continue;
      const endsAt = rules.organizationProofEnds(validatedAt);
      found.push({ accountId, dialect, about: { organizationId }, name, endsAt });
    }
  }
  return found;
}

/** Active ones of every account. */
async function* batches<K extends 'domains' | 'organizations', R extends Domain | Organization>(
  store: Engine['store'],
  kind: K,
): AsyncGenerator<R[]> {
  for (let after = 0; ; ) {
    const { records } = await store.list(kind, {
      accountId: null,
      filters: [
        { field: 'id', op: 'gt', value: after },
        { field: 'active', op: 'eq', value: true },
      ],
      order: [{ field: 'id', descending: false }],
      limit: BATCH,
      offset: 0,
      count: false,
    });
    yield records as unknown as R[];
    const last = records.at(-1);
    if (last === undefined || records.length < BATCH) return;
    after = last.id;
  }
}
