import type { Engine } from '../parts.ts';
import { DAY } from '../time.ts';

/** How long codes, tokens and sessions are kept after their end. */
const KEPT = DAY;
const BATCH = 500;

/** Removes grants that ended more than a day ago. Answers how many. */
export async function removeGrants({ store, clock }: Pick<Engine, 'store' | 'clock'>): Promise<number> {
  const before = clock.now() - KEPT;
  let removed = 0;
  for (;;) {
    const { records } = await store.list('grants', {
      accountId: null,
      filters: [{ field: 'expiresAt', op: 'lt', value: before }],
      order: [{ field: 'expiresAt', descending: false }],
      limit: BATCH,
      offset: 0,
      count: false,
    });
    if (records.length === 0) return removed;
    await store.transact(async (unit) => {
      for (const { id } of records) await unit.delete('grants', id);
    });
    removed += records.length;
  }
}
