import { execFileSync } from 'node:child_process';
import { type PostgresServer, startPostgres } from '../test/support/postgres.ts';
import { makeCsrs } from './csrs.ts';
import { type LoadResult, runLoad } from './load.ts';
import { type Measure, measure } from './measure.ts';
import { type Served, serve } from './served.ts';

/** The domain that is validated once; every certificate is for names below it. */
const DOMAIN = 'speed.test';
const PRODUCT = 'ssl_chancery_dv';
/** Each with its own P-256 key. */
const CSRS = 4_000;
/** Names that were ordered before, so that their CAA answers are on record (8 hours). */
const KNOWN_NAMES = 2_000;
const RUNS = 5;
/** Up to some 22,000 orders V8 goes on compiling (`--trace-opt`: 100 functions in each 5,000, then below 10). */
const WARM_UP = 24_000;

/** Orders of one kind against one server. */
export interface OrderRun extends LoadResult {
  /** Microseconds of processor time of the server, all threads, per certificate. */
  cpu: number;
  unitsPerCommit: number;
}

/** A server with a validated domain, and the requests for certificates below it. */
export interface OrderBench {
  served: Served;
  /** Orders over so many connections: for names seen before, or each for a new name. */
  run(connections: number, count: number, names: 'known' | 'new'): Promise<OrderRun>;
}

/** Validates the domain in the sandbox, as a client does, and orders all known names once. */
export async function prepareOrders(served: Served): Promise<OrderBench> {
  const csrs = makeCsrs(CSRS, DOMAIN);
  const escaped = csrs.map((csr) => JSON.stringify(csr));
  await validate(served, csrs[0] as string);
  const head =
    `POST /v2/ssl/certificates HTTP/1.1\r\nhost: ${DOMAIN}\r\nauthorization: ApiKey ${served.apiKey}\r\n` +
    'content-type: application/json\r\ncontent-length: ';
  const order = (at: number, name: string): string => {
    const body =
      `{"customer":"${served.customer}","product":"${PRODUCT}","period":12,"authKey":true,` +
      `"domainName":"${name}.${DOMAIN}","csr":${escaped[at % CSRS]}}`;
    return `${head}${body.length}\r\n\r\n${body}`;
  };
  let sent = 0;
  let named = 0;
  const run = async (connections: number, count: number, names: 'known' | 'new'): Promise<OrderRun> => {
    const [cpu, store] = [served.cpu(), await served.store()];
    const request = (): string => {
      sent += 1;
      if (names === 'known') return order(sent, `known-${sent % KNOWN_NAMES}`);
      named += 1;
      return order(sent, `new-${named}`);
    };
    const result = await runLoad({ port: served.port, connections, count, request, expect: 201 });
    const [cpuAfter, storeAfter] = [served.cpu(), await served.store()];
    return {
      ...result,
      cpu: ((cpuAfter - cpu) / count) * 1e6,
      unitsPerCommit: (storeAfter.units - store.units) / (storeAfter.commits - store.commits),
    };
  };
  await run(32, KNOWN_NAMES, 'known');
  return { served, run };
}

async function validate(served: Served, csr: string): Promise<void> {
  const call = async (path: string, body: unknown): Promise<unknown> => {
    const response = await fetch(`${served.url}${path}`, {
      method: 'POST',
      headers: { authorization: `ApiKey ${served.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
  const { authKey } = (await call('/v2/ssl/authkey', { product: PRODUCT, csr })) as { authKey: string };
  await call('/sandbox/dns', { name: DOMAIN, type: 'TXT', value: authKey });
  const { customer } = served;
  const order = { customer, product: PRODUCT, period: 12, authKey: true, domainName: DOMAIN, csr };
  await call('/v2/ssl/certificates', order);
}

/** P-256 signatures a second on one core, by OpenSSL. */
export function opensslSigns(): number {
  const text = execFileSync('openssl', ['speed', '-seconds', '1', 'ecdsap256'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return Number(text.trim().split('\n').at(-1)?.trim().split(/\s+/).at(-2));
}

/** What is measured in each round, so that a change of the machine's mood meets all alike. */
const LOADS = [
  { connections: 1, count: 800, names: 'known' },
  { connections: 32, count: 5_000, names: 'known' },
  { connections: 128, count: 5_000, names: 'known' },
  { connections: 32, count: 1_500, names: 'new' },
] as const;

/** Orders issued within their call, over HTTP, durable, on one database. */
export async function benchOrders(engine: 'SQLite' | 'PostgreSQL', log: (line: string) => void): Promise<Measure[]> {
  const postgres: PostgresServer | null =
    engine === 'SQLite' ? null : await startPostgres(['fsync=on', 'max_wal_size=4GB']);
  const served = await serve(postgres === null ? {} : { databaseUrl: postgres.url });
  try {
    const bench = await prepareOrders(served);
    // What V8 compiles in the first seconds is no measure of a server that runs for weeks.
    await bench.run(32, WARM_UP, 'known');
    const runs = LOADS.map((): (OrderRun & { share: number })[] => []);
    for (let round = 0; round < RUNS; round += 1) {
      const signs = opensslSigns();
      for (const [at, { connections, count, names }] of LOADS.entries()) {
        const one = await bench.run(connections, count, names);
        runs[at]?.push({ ...one, share: one.perSecond / signs });
        log(
          `${engine}, ${connections} connections, ${names} names: ` +
            `${Math.round(one.perSecond)}/s, p50 ${one.p50.toFixed(2)} ms, ${Math.round(one.cpu)} µs CPU`,
        );
      }
    }
    return LOADS.flatMap((load, at) => summarize(engine, load, runs[at] ?? []));
  } finally {
    await served.stop();
    await postgres?.stop();
  }
}

function summarize(
  engine: string,
  { connections, names }: (typeof LOADS)[number],
  runs: readonly (OrderRun & { share: number })[],
): Measure[] {
  const of = (pick: (run: OrderRun & { share: number }) => number): number[] => runs.map(pick);
  const name = `${engine}, ${connections} connection${connections === 1 ? '' : 's'}${names === 'new' ? ', a new name each' : ''}`;
  return [
    measure(
      `${name}: orders`,
      'per second',
      of((run) => run.perSecond),
    ),
    measure(
      `${name}: p50`,
      'ms',
      of((run) => run.p50),
    ),
    measure(
      `${name}: p99`,
      'ms',
      of((run) => run.p99),
    ),
    measure(
      `${name}: CPU per certificate`,
      'µs',
      of((run) => run.cpu),
    ),
    measure(
      `${name}: units per commit`,
      '',
      of((run) => run.unitsPerCommit),
    ),
    measure(
      `${name}: orders by P-256 signatures of openssl speed`,
      '',
      of((run) => run.share),
    ),
  ];
}
