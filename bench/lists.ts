import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Certificate, CertificateRequest } from '../src/core/records.ts';
import type { ListQuery } from '../src/core/store.ts';
import { DAY } from '../src/core/time.ts';
import { type ChanceryStore, openStore } from '../src/store/open.ts';
import { fillCertificates } from './fill.ts';
import { quantile } from './store.ts';

export interface ListTime {
  name: string;
  p50: number;
  p99: number;
  /** Matches, where counted. */
  total: number | undefined;
}

type Ask<R> = Partial<ListQuery<R>>;
const AT = Date.parse('2026-11-22T12:00:00Z');
const label = (n: number): string => `shop-${((n * 2_654_435_761) % 4_294_967_296).toString(36)}`;

/** What clients ask for; `n` makes each time another question. */
const CERTIFICATES: Readonly<Record<string, (n: number) => Ask<Certificate>>> = {
  'first page': () => ({}),
  'page at 1,000': (n) => ({ offset: 1_000 + n }),
  'page at 100,000': (n) => ({ offset: 100_000 + n }),
  'newest expiry first': () => ({
    order: [
      { field: 'notAfter', descending: true },
      { field: 'id', descending: false },
    ],
  }),
  'by expiry, page at 10,000': (n) => ({ order: [{ field: 'notAfter', descending: false }], offset: 10_000 + n }),
  'by name': (n) => ({ order: [{ field: 'commonName', descending: false }], offset: n }),
  'by organization, descending': () => ({ order: [{ field: 'organization', descending: true }] }),
  'by state': () => ({
    order: [
      { field: 'state', descending: true },
      { field: 'id', descending: false },
    ],
  }),
  'by end of subscription': () => ({ order: [{ field: 'subscriptionEndsAt', descending: false }] }),
  active: () => ({ filters: [{ field: 'state', op: 'eq', value: 'active' }] }),
  'active, soonest end first': () => ({
    filters: [{ field: 'state', op: 'eq', value: 'active' }],
    order: [{ field: 'notAfter', descending: false }],
  }),
  'revoked, newest end first': () => ({
    filters: [{ field: 'state', op: 'eq', value: 'revoked' }],
    order: [{ field: 'notAfter', descending: true }],
  }),
  'active, ends within a month': (n) => ({
    filters: [
      { field: 'state', op: 'in', value: ['active'] },
      { field: 'notAfter', op: 'gt', value: AT + n * 1_000 },
      { field: 'notAfter', op: 'lt', value: AT + 30 * DAY + n * 1_000 },
    ],
  }),
  'ends after': (n) => ({ filters: [{ field: 'notAfter', op: 'gt', value: AT + n * 3_600_000 }] }),
  'RSA of a product': (n) => ({
    filters: [
      { field: 'keyAlgorithm', op: 'eq', value: 'RSA' },
      { field: 'product', op: 'in', value: [['dv-single', 'ov-single', 'ev-single'][n % 3]] },
    ],
  }),
  'RSA 2048, page at 1,000, by name': () => ({
    filters: [{ field: 'keyBits', op: 'eq', value: 2_048 }],
    order: [{ field: 'commonName', descending: false }],
    offset: 1_000,
  }),
  'country and state': (n) => ({
    filters: [
      { field: 'country', op: 'eq', value: ['NL', 'DE', 'FR'][n % 3] },
      { field: 'state', op: 'ne', value: 'active' },
    ],
  }),
  'one organization': (n) => ({ filters: [{ field: 'organization', op: 'eq', value: `Company ${(n * 5) % 5_000}` }] }),
  'no organization': () => ({ filters: [{ field: 'organization', op: 'null' }] }),
  'one city, by expiry': (n) => ({
    filters: [{ field: 'locality', op: 'eq', value: `City ${(n * 5) % 300}` }],
    order: [{ field: 'notAfter', descending: false }],
  }),
  'one name': (n) => ({ filters: [{ field: 'commonName', op: 'eq', value: `${label(n * 997)}.example.com` }] }),
  'name begins with': (n) => ({
    filters: [{ field: 'commonName', op: 'like', value: `${label(n * 997).slice(0, 9)}%` }],
  }),
  'name holds': (n) => ({ filters: [{ field: 'commonName', op: 'like', value: `%${label(n * 997).slice(4, 9)}%` }] }),
  'one of the names': (n) => ({ filters: [{ field: 'names', op: 'eq', value: `www.${label(n * 997)}.example.com` }] }),
  'one fingerprint': () => ({ filters: [{ field: 'fingerprint', op: 'eq', value: 'AB' }] }),
  'of one request': (n) => ({ filters: [{ field: 'requestId', op: 'eq', value: 100_001 + n * 997 }] }),
  'search, rare': (n) => ({ search: label(n * 997).slice(3, 9) }),
  'search, hundreds': (n) => ({ search: `p-${label(n * 997).slice(5, 8)}` }),
  'search, everywhere': () => ({ search: 'example' }),
  'search, nowhere': (n) => ({ search: `nothing${n}` }),
};

const REQUESTS: Readonly<Record<string, (n: number) => Ask<CertificateRequest>>> = {
  'processes, first page': () => ({}),
  'processes, newest first': () => ({ order: [{ field: 'createdAt', descending: true }] }),
  'processes completed, by update': () => ({
    filters: [{ field: 'state', op: 'in', value: ['completed'] }],
    order: [{ field: 'updatedAt', descending: true }],
  }),
  'processes of a month': (n) => ({
    filters: [
      { field: 'createdAt', op: 'gte', value: AT - 30 * DAY + n * 1_000 },
      { field: 'kind', op: 'eq', value: 'new' },
    ],
  }),
  'processes, search': (n) => ({ search: label(n * 997).slice(3, 9) }),
};

/** Asks each kind of question some times, with its total, and measures. */
export async function measureLists(store: ChanceryStore, accountId: number, times: number): Promise<ListTime[]> {
  const results: ListTime[] = [];
  const base = { accountId, filters: [], order: [], limit: 10, offset: 0, count: true };
  const measure = async (name: string, ask: (n: number) => Promise<number | undefined>): Promise<void> => {
    await ask(0);
    const taken: number[] = [];
    let total: number | undefined;
    for (let n = 1; n <= times; n += 1) {
      const from = performance.now();
      total = await ask(n);
      taken.push(performance.now() - from);
    }
    taken.sort((one, other) => one - other);
    results.push({ name, p50: quantile(taken, 0.5), p99: quantile(taken, 0.99), total });
  };
  for (const [name, ask] of Object.entries(CERTIFICATES)) {
    await measure(name, async (n) => (await store.list('certificates', { ...base, ...ask(n) })).total);
  }
  for (const [name, ask] of Object.entries(REQUESTS)) {
    await measure(name, async (n) => (await store.list('requests', { ...base, ...ask(n) })).total);
  }
  return results;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      directory: { type: 'string', default: '/tmp/chancery-lists' },
      url: { type: 'string' },
      count: { type: 'string', default: '1000000' },
      times: { type: 'string', default: '50' },
    },
  });
  const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
  const place = { directory: values.directory, ...(values.url === undefined ? {} : { url: values.url }) };
  const store = await openStore({ ...place, clock: { now: () => Date.now() }, random });
  const accountId = 100_001;
  const { total } = await store.list('certificates', {
    accountId,
    filters: [],
    order: [],
    limit: 0,
    offset: 0,
    count: true,
  });
  if (total === 0) await fillCertificates(store, accountId, Number(values.count), (done) => console.error(done));
  await store.indexTexts();
  if (store.engine === 'postgres') await store.isolated('write', async (query) => query('analyze'));
  for (const { name, p50, p99, total: found } of await measureLists(store, accountId, Number(values.times))) {
    console.log(
      `${name.padEnd(36)} ${String(p50).padStart(9)} ${String(p99).padStart(9)} ms ${String(found).padStart(9)}`,
    );
  }
  await store.close();
}

if (import.meta.main) await main();
