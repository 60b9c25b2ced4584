import type { Certificate, Crl } from '../core/records.ts';
import type { Store } from '../core/store.ts';
import { type Clock, HOUR, type Instant } from '../core/time.ts';
import { readCrl } from '../pki/crl-reader.ts';

/** A revocation must be on its list within a day (BR 4.9.7); ours is within minutes. */
const GRACE = HOUR;
const PAGE = 1_000;

/** Whether every list of revoked certificates is in its time and holds every revocation on record. */
export async function checkCrls(store: Store, clock: Clock): Promise<{ looked: string; faults: string[] }> {
  const faults: string[] = [];
  const lists = new Map<string, Set<string>>();
  for (const crl of await newestOfEach(store)) {
    const name = `${crl.issuer}/${crl.shard}`;
    if (crl.nextUpdate <= clock.now()) faults.push(`CRL ${name} ended ${new Date(crl.nextUpdate).toISOString()}`);
    lists.set(name, new Set(readCrl(crl.der).entries.map(({ serial }) => serial)));
  }
  for await (const { id, serial, issuer, crlShard } of revokedBefore(store, clock.now() - GRACE, clock.now())) {
    if (lists.get(`${issuer}/${crlShard}`)?.has(serial)) continue;
    faults.push(`certificate ${id} (${serial}) is revoked and not on its CRL ${issuer}/${crlShard}`);
  }
  const entries = [...lists.values()].reduce((sum, list) => sum + list.size, 0);
  return { looked: `${lists.size} lists, ${entries} entries`, faults };
}

async function newestOfEach(store: Store): Promise<Crl[]> {
  const newest = new Map<string, Crl>();
  for await (const crl of store.walk('crls')) {
    const key = `${crl.issuer}/${crl.shard}`;
    if ((newest.get(key)?.number ?? -1) < crl.number) newest.set(key, crl);
  }
  return [...newest.values()];
}

/** Revoked before a moment and not over yet: expired ones need not be listed any more. */
async function* revokedBefore(store: Store, before: Instant, now: Instant): AsyncGenerator<Certificate> {
  let last = 0;
  for (;;) {
    const { records } = await store.list('certificates', {
      accountId: null,
      filters: [
        { field: 'state', op: 'eq', value: 'revoked' },
        { field: 'id', op: 'gt', value: last },
      ],
      order: [{ field: 'id', descending: false }],
      limit: PAGE,
      offset: 0,
      count: false,
    });
    for (const one of records) {
      const due = one.crlShard !== null && one.notAfter > now && one.revokedAt !== null && one.revokedAt < before;
      if (due) yield one;
    }
    if (records.length < PAGE) return;
    last = records.at(-1)?.id ?? 0;
  }
}
