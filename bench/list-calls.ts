import type { ChanceryStore } from '../src/store/open.ts';
import { fillCertificates } from './fill.ts';
import { type LoadResult, runLoad } from './load.ts';
import { type Measure, measure } from './measure.ts';
import { serveFilled } from './serve-filled.ts';
import type { Served } from './served.ts';

const RUNS = 3;
/** For each run: so many calls, or as many as fit into the seconds. */
const CALLS = 100;
const SECONDS = 4;

/** What clients ask of the list of certificates; `@` is another number for each call. Ten entries with their total. */
const QUERIES: readonly [name: string, query: string][] = [
  ['first page', ''],
  ['page 1,000', 'offset=10000'],
  ['newest first', 'order=-id'],
  ['by name', 'order=domainName'],
  ['ending next', 'status=ACTIVE&order=expiryDate'],
  ['one name', 'domainName=shop-@.example.com'],
  ['names that hold a text', 'domainName:like=shop-@'],
  ['one status', 'status=REVOKED'],
  ['a status and a product', 'status=ACTIVE&product=ssl_chancery_ov_multi'],
  ['a country and an end', 'country=NL&expiryDate:lt=2026-12-24T00:00:00Z'],
  ['an organization', 'organization=Company @'],
  ['a name in the SAN', 'san=www.shop-@.example.com'],
  ['search', 'q=shop-@'],
];

/** Lists and searches over HTTP with so many certificates of one account. */
export async function benchLists(
  engine: 'SQLite' | 'PostgreSQL',
  count: number,
  log: (line: string) => void,
): Promise<Measure[]> {
  const start = performance.now();
  const fill = (store: ChanceryStore, accountId: number): Promise<void> =>
    fillCertificates(store, accountId, count, (done) => {
      if (done % 200_000 === 0) log(`${done} certificates`);
    });
  return serveFilled(engine, fill, async (served) => {
    log(
      `${engine}: ${count} certificates loaded and served after ${Math.round((performance.now() - start) / 1_000)} s`,
    );
    const measures: Measure[] = [];
    for (const [name, query] of QUERIES) measures.push(...(await ask(served, engine, name, query, log)));
    measures.push(measure(`${engine}: memory after the lists`, 'MB', [served.memory() / 1e6]));
    return measures;
  });
}

async function ask(
  served: Served,
  engine: string,
  name: string,
  query: string,
  log: (line: string) => void,
): Promise<Measure[]> {
  const request = (at: number): string => {
    const text = query.replace('@', ((at * 2_654_435_761) % 4_294_967_296).toString(36).slice(0, 5));
    const path = `/v2/ssl/certificates?${text.replaceAll(' ', '%20')}`;
    return `GET ${path} HTTP/1.1\r\nhost: speed.test\r\nauthorization: ApiKey ${served.apiKey}\r\n\r\n`;
  };
  const runs: LoadResult[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    runs.push(
      await runLoad({ port: served.port, connections: 1, count: CALLS, seconds: SECONDS, request, expect: 200 }),
    );
  }
  log(`${engine}, ${name}: p50 ${runs.map(({ p50 }) => p50.toFixed(1)).join(', ')} ms`);
  return [
    measure(
      `${engine}, list: ${name}, p50`,
      'ms',
      runs.map(({ p50 }) => p50),
    ),
    measure(
      `${engine}, list: ${name}, p99`,
      'ms',
      runs.map(({ p99 }) => p99),
    ),
  ];
}
