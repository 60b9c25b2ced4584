import { createHash } from 'node:crypto';
import { DeskError } from '../../core/errors.ts';
import type { Random } from '../../core/ports.ts';
import type { IssuerUse } from '../../core/records.ts';
import type { Reader, Store, Unit } from '../../core/store.ts';
import { type Clock, type Instant, MINUTE } from '../../core/time.ts';
import type { Bucket } from './counted.ts';
import { share } from './retry-after.ts';

/**
 * Places under the limits of CAs, counted in the database, so that all processes of the desk share them. Uses that
 * count no more are removed every hour (`core/expired-records.ts`).
 */
export interface Places {
  /**
   * Takes a place in every bucket at once, at the first moment at which all have one. Where that is further away than
   * a few minutes nothing is taken, and `until` is when to ask again.
   */
  take(buckets: readonly Bucket[]): Promise<{ taken: true; at: Instant } | { taken: false; until: Instant }>;
  /** Puts a use down that has happened. */
  note(buckets: readonly Bucket[]): Promise<void>;
  /** Nothing more of `whose` kind is asked of the issuer until then, because the CA has said so. */
  close(issuer: string, whose: string, until: Instant): Promise<void>;
  /** When the last of these is open again; null where all are. */
  closedUntil(issuer: string, whose: readonly string[]): Promise<Instant | null>;
}

/** A place is kept for so long ahead; for later ones the asker comes again. */
const PATIENCE = 5 * MINUTE;
const TRIES = 20;

export function createPlaces(store: Store, clock: Clock, random: Random): Places {
  // One at a time within the process; the unique number settles it between processes.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: (unit: Unit) => Promise<T>): Promise<T> => {
    const next = last.then(() => tryAgain(() => store.transact(work)));
    last = next.catch(() => undefined);
    return next;
  };

  async function takeIn(unit: Unit, buckets: readonly Bucket[]) {
    const now = clock.now();
    const found = [];
    for (const bucket of buckets) found.push({ bucket, ...(await lookInto(unit, bucket, now)) });
    const at = Math.max(now, ...found.map(({ freeAt }) => freeAt));
    if (at - now > PATIENCE) return { taken: false as const, until: await laterPlace(unit, found, at) };
    for (const { bucket, newest } of found) {
      if (bucket.look !== true) insertUse(unit, bucket, newest, at);
    }
    return { taken: true as const, at };
  }

  /** Who has to come again is sent to one of the places that become free, each to another, not all to the first. */
  async function laterPlace(
    unit: Unit,
    found: readonly { bucket: Bucket; newest: IssuerUse | null; freeAt: Instant }[],
    at: Instant,
  ): Promise<Instant> {
    const tightest = found.find(({ freeAt }) => freeAt === at);
    if (tightest === undefined || tightest.newest === null) return at;
    const { bucket, newest } = tightest;
    const ahead = Math.floor(share(random) * bucket.most);
    const use = await useAtOrBelow(unit, bucket, newest.number + 1 - bucket.most + ahead);
    return Math.max(at, (use?.at ?? 0) + bucket.window);
  }

  return {
    take: (buckets) => inTurn((unit) => takeIn(unit, buckets)),
    note: (buckets) =>
      inTurn(async (unit) => {
        const now = clock.now();
        for (const bucket of buckets) insertUse(unit, bucket, await newestUse(unit, bucket), now);
      }),
    close: (issuer, whose, until) =>
      inTurn(async (unit) => {
        const bucket = { issuer, bucket: closedBucket(whose), most: 1, window: Math.max(until - clock.now(), 0) };
        insertUse(unit, bucket, await newestUse(unit, bucket), clock.now());
      }),
    async closedUntil(issuer, whose) {
      const now = clock.now();
      const uses = await store.find('issuerUses', { issuer, bucket: whose.map(closedBucket) });
      const open = uses.map(({ expiresAt }) => expiresAt).filter((until) => until > now);
      return open.length === 0 ? null : Math.max(...open);
    },
  };
}

function closedBucket(whose: string): string {
  return shortened(whose === '' ? 'closed' : `closed ${whose}`);
}

/** The newest use of a bucket, and the moment from which on there is room for one more. */
async function lookInto(unit: Unit, bucket: Bucket, now: Instant) {
  const newest = await newestUse(unit, bucket);
  if (newest === null) return { newest, freeAt: now };
  const limiting = await useAtOrBelow(unit, bucket, newest.number + 1 - bucket.most);
  // Never before the newest: a place that was kept for later goes first, and clocks of processes differ.
  const after = bucket.look === true ? now : newest.at;
  return { newest, freeAt: Math.max(after, limiting === null ? now : limiting.at + bucket.window) };
}

async function newestUse(reader: Reader, { issuer, bucket }: Bucket): Promise<IssuerUse | null> {
  const order = { field: 'number', descending: true } as const;
  const [newest] = await reader.find('issuerUses', { issuer, bucket: shortened(bucket) }, { order, limit: 1 });
  return newest ?? null;
}

/** Numbers may lack where a use was cleared away; the one below is then older, and allows what the missing one did. */
async function useAtOrBelow(reader: Reader, { issuer, bucket }: Bucket, number: number): Promise<IssuerUse | null> {
  if (number < 1) return null;
  const { records } = await reader.list('issuerUses', {
    accountId: null,
    filters: [
      { field: 'issuer', op: 'eq', value: issuer },
      { field: 'bucket', op: 'eq', value: shortened(bucket) },
      { field: 'number', op: 'lte', value: number },
    ],
    order: [{ field: 'number', descending: true }],
    limit: 1,
    offset: 0,
    count: false,
  });
  return records[0] ?? null;
}

function insertUse(unit: Unit, { issuer, bucket, window }: Bucket, newest: IssuerUse | null, at: Instant): void {
  const id = unit.newId('issuerUses');
  const number = (newest?.number ?? 0) + 1;
  unit.insert('issuerUses', { id, issuer, bucket: shortened(bucket), number, at, expiresAt: at + window });
}

/** A bucket of a hundred names would not fit an index. */
function shortened(bucket: string): string {
  if (bucket.length <= 300) return bucket;
  const [limit = ''] = bucket.split(' ', 1);
  return `${limit} sha256:${createHash('sha256').update(bucket).digest('hex')}`;
}

/** Another process took the same number: look again. */
async function tryAgain<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      const lost = error instanceof DeskError && (error.kind === 'already-exists' || error.kind === 'conflict');
      if (!lost || tries === TRIES) throw error;
    }
  }
}
