import type { Engine } from './parts.ts';
import type { ChallengeAnswer, Grant, IssuerUse } from './records.ts';
import type { Store } from './store.ts';
import type { Instant } from './time.ts';

/** Removed together. */
const BATCH = 500;

const KINDS = ['challengeAnswers', 'issuerUses', 'grants'] as const;

/**
 * Removes what is of no use any more: answers to challenges, counted uses of limits, grants. To be run every hour.
 * @returns how many
 */
export async function removeExpired({ store, clock }: Pick<Engine, 'store' | 'clock'>): Promise<number> {
  const now = clock.now();
  let removed = 0;
  for (const kind of KINDS) {
    for (;;) {
      const ids = await expired(store, kind, now);
      await store.transact(async (unit) => {
        for (const id of ids) await unit.delete(kind, id);
      });
      removed += ids.length;
      if (ids.length < BATCH) break;
    }
  }
  return removed;
}

async function expired(store: Store, kind: (typeof KINDS)[number], now: Instant): Promise<number[]> {
  const { records } = await store.list<typeof kind>(kind, {
    accountId: null,
    filters: [{ field: 'expiresAt', op: 'lte', value: now }],
    order: [{ field: 'expiresAt', descending: false }],
    limit: BATCH,
    offset: 0,
    count: false,
  });
  return (records as readonly (ChallengeAnswer | IssuerUse | Grant)[]).map(({ id }) => id);
}
