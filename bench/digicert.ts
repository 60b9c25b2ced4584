import type { ChanceryStore } from '../src/store/open.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { makeCsrs } from './csrs.ts';
import { fillOrders, type FilledOrders } from './digicert-fill.ts';
import { type LoadResult, runLoad } from './load.ts';
import { type Measure, measure } from './measure.ts';
import { serveFilled } from './serve-filled.ts';
import { type Served, serve } from './served.ts';

type Engine = 'SQLite' | 'PostgreSQL';
type Log = (line: string) => void;

/** Cheap, so that the balance of an account lasts. */
const CONFIGURATION = `
[[products]]
id = "ov-flex-pro"
pricesByCurrency = { EUR = { base = 100, extraName = 0, extraWildcard = 0 }, USD = { base = 100, extraName = 0, extraWildcard = 0 } }
`;
const PATH = '/services/v2/order/certificate';
const CSRS = 2_000;
const WARM_UP = 4_000;
const LOADS = [
  { connections: 1, count: 600 },
  { connections: 32, count: 3_000 },
  { connections: 128, count: 3_000 },
] as const;
const ORDER_RUNS = 5;

/** Orders of Secure Site Pro whose certificate is in the answer: the organization is vetted, the domain proved. */
export async function benchDigicertOrders(engine: Engine, log: Log): Promise<Measure[]> {
  const postgres = engine === 'SQLite' ? null : await startPostgres(['fsync=on', 'max_wal_size=4GB']);
  const database = postgres === null ? {} : { databaseUrl: postgres.url };
  const served = await serve({ ...database, configuration: CONFIGURATION });
  try {
    const run = ordersOf(served);
    await run(32, WARM_UP);
    const runs = LOADS.map((): (LoadResult & { cpu: number })[] => []);
    for (let round = 0; round < ORDER_RUNS; round += 1) {
      for (const [at, { connections, count }] of LOADS.entries()) {
        const before = served.cpu();
        const result = await run(connections, count);
        const cpu = ((served.cpu() - before) / count) * 1e6;
        runs[at]?.push({ ...result, cpu });
        log(`${engine}, ${connections} connections: ${Math.round(result.perSecond)}/s, ${Math.round(cpu)} µs CPU`);
      }
    }
    return LOADS.flatMap(({ connections }, at) => {
      const name = `${engine}, DigiCert, ${connections} connection${connections === 1 ? '' : 's'}`;
      const of = (pick: (one: LoadResult & { cpu: number }) => number): number[] => (runs[at] ?? []).map(pick);
      return [
        measure(
          `${name}: orders`,
          'per second',
          of((one) => one.perSecond),
        ),
        measure(
          `${name}: p50`,
          'ms',
          of((one) => one.p50),
        ),
        measure(
          `${name}: p99`,
          'ms',
          of((one) => one.p99),
        ),
        measure(
          `${name}: CPU per certificate`,
          'µs',
          of((one) => one.cpu),
        ),
      ];
    });
  } finally {
    await served.stop();
    await postgres?.stop();
  }
}

function ordersOf({ port, digicert }: Served): (connections: number, count: number) => Promise<LoadResult> {
  const { apiKey, organizationId, readyDomain } = digicert;
  const csrs = makeCsrs(CSRS, readyDomain).map((csr) => JSON.stringify(csr));
  let sent = 0;
  const request = (): string => {
    sent += 1;
    const body =
      `{"certificate":{"common_name":"known-${sent % CSRS}.${readyDomain}","csr":${csrs[sent % CSRS]},` +
      `"signature_hash":"sha256"},"organization":{"id":${organizationId}},"order_validity":{"years":1},` +
      `"payment_method":"balance","skip_approval":true}`;
    return (
      `POST ${PATH}/ssl_securesite_pro HTTP/1.1\r\nhost: bench.test\r\nx-dc-devkey: ${apiKey}\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    );
  };
  return (connections, count) => runLoad({ port, connections, count, request, expect: 201 });
}

const LIST_RUNS = 3;
const CALLS = 100;
const SECONDS = 4;

/** What is asked of the list; `@` is another number for each call. A hundred entries and the exact total. */
function queriesOf({ containerId, fieldId, organizationId, limitedId }: FilledOrders, count: number) {
  const all: readonly (readonly [name: string, query: string, who?: 'division' | 'limited'])[] = [
    ['first page', ''],
    ['last page', `offset=${count - 100}`],
    ['newest first', 'sort=-date_created'],
    ['one common name', 'filters[common_name]=shop-@.example.com'],
    ['one of the names', 'filters[domain_name]=www.shop-@.example.com'],
    ['search', 'filters[search]=shop-@'],
    ['issued', 'filters[status]=issued'],
    ['pending', 'filters[status]=pending'],
    ['a product', 'filters[product_name_id]=ssl_basic'],
    ['an organization', `filters[organization_id]=${organizationId}`],
    ['ending within a week', 'filters[valid_till]=2026-12-01...2026-12-07&sort=valid_till'],
    ['ending after a day', 'filters[valid_till]=>2026-11-30'],
    ['with a custom field', `filters[metadata_id]=${fieldId}`],
    ['a division', `filters[container_id]=${containerId}`],
    ['a user', `filters[user_id]=${limitedId}`],
    ['an alternative id', 'filters[alternative_order_id]=PO-@'],
    ['for a user of the division with half of them', '', 'division'],
    ['the same, issued', 'filters[status]=issued', 'division'],
    ['for a limited user', '', 'limited'],
  ];
  return all;
}

/** `GET /order/certificate` of an account with so many orders. */
export async function benchDigicertLists(engine: Engine, count: number, log: Log): Promise<Measure[]> {
  const fill = (store: ChanceryStore, accountId: number): Promise<FilledOrders> =>
    fillOrders(store, accountId, count, log);
  return serveFilled(engine, fill, async (served, filled) => {
    const measures: Measure[] = [];
    for (const [name, query, who] of queriesOf(filled, count)) {
      const key = who === 'division' ? filled.divisionKey : who === 'limited' ? filled.limitedKey : undefined;
      measures.push(...(await ask(served, engine, name, query, key, log)));
    }
    return measures;
  });
}

async function ask(
  { port, digicert }: Served,
  engine: Engine,
  name: string,
  query: string,
  key: string | undefined,
  log: Log,
): Promise<Measure[]> {
  const request = (at: number): string => {
    const text = query.replace(/shop-@/, `shop-${((at * 997 * 2_654_435_761) % 4_294_967_296).toString(36)}`);
    const path = `${PATH}?limit=100&${text.replace('@', String(1 + at * 997)).replaceAll('>', '%3E')}`;
    return `GET ${path} HTTP/1.1\r\nhost: bench.test\r\nx-dc-devkey: ${key ?? digicert.apiKey}\r\n\r\n`;
  };
  const runs: LoadResult[] = [];
  for (let run = 0; run < LIST_RUNS; run += 1) {
    runs.push(await runLoad({ port, connections: 1, count: CALLS, seconds: SECONDS, request, expect: 200 }));
  }
  log(
    `${engine}, ${name}: p50 ${runs.map(({ p50 }) => p50.toFixed(1)).join(', ')} ms, p99 ${runs.map(({ p99 }) => p99.toFixed(1)).join(', ')}`,
  );
  return [
    measure(
      `${engine}, DigiCert list: ${name}, p50`,
      'ms',
      runs.map(({ p50 }) => p50),
    ),
    measure(
      `${engine}, DigiCert list: ${name}, p99`,
      'ms',
      runs.map(({ p99 }) => p99),
    ),
  ];
}
