import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  credentialsOf,
  runCommand,
  type ServerPlace,
  type ServerProcess,
  spawnServer,
} from '../../support/server-process.ts';
import { freePorts } from '../ports.ts';
import { createReport, type Report } from '../report.ts';
import { installPebble } from './install.ts';
import { type Ask, type Client, detailsOf, download, place, type Placed, resend, statusOf } from './orders.ts';
import { type Pebble, startPebble } from './pebble-server.ts';
import { startWorldDns, type WorldDns } from './world-dns.ts';

const ORDERS = 200;
/** Nobody's; every look-up of this run goes to the run's own DNS. */
const DOMAIN = 'chancery-peer.net';
const ZONE = `acme.${DOMAIN}`;
/** Milliseconds for all orders. */
const LONGEST_RUN = 900_000;
const PAUSE = 2_000;

/** Products whose orders Pebble signs, each validated in its own way. */
const WAYS = [
  { product: 'dv-single', code: 'ssl_chancery_dv', challenge: 'http-01', issuer: 'pebble-http' },
  { product: 'dv-multi', code: 'ssl_chancery_dv_multi', challenge: 'tls-alpn-01', issuer: 'pebble-tls' },
  { product: 'dv-wildcard', code: 'ssl_chancery_dv_wildcard', challenge: 'dns-01', issuer: 'pebble-dns' },
] as const;

/**
 * 200 orders over the Realtime Register API, signed by Pebble with its defaults, validated over http-01, tls-alpn-01
 * and dns-01 by the desk's responders: all of them finish, and none is signed twice.
 */
export async function runPebble(directory: string, report: Report, orders = ORDERS): Promise<void> {
  console.log('# pebble');
  const installed = installPebble(directory);
  if ('missing' in installed) return report.skip('pebble', installed.missing);
  mkdirSync(join(directory, 'pebble'));
  await using opened = new AsyncDisposableStack();
  const ports = await freePorts(['http', 'tls', 'responderDns', 'acme', 'management']);
  const dns = await startWorldDns(ZONE, ports.responderDns);
  opened.defer(() => dns.close());
  const pebble = await startPebble(installed.command, join(directory, 'pebble'), { ...ports, dns: dns.port });
  opened.defer(() => pebble.close());
  const { server, client } = await startDesk(join(directory, 'pebble'), pebble, ports, dns.port);
  opened.defer(async () => {
    server.signal('SIGTERM');
    await server.ended;
  });

  const asks = Array.from({ length: orders }, (_, at) => askOf(at, orders));
  await delegate(server.place, asks, dns);
  const started = Date.now();
  const placed = await placeAll(client, asks, dns);
  const open = await untilDone(client, placed);
  const seconds = Math.round((Date.now() - started) / 1_000);
  await judge(client, placed, open, pebble, report, seconds);
  if (process.env.PEBBLE_LOG !== undefined) writeFileSync(process.env.PEBBLE_LOG, `${server.log()}\n${pebble.log()}`);
  if (open.size > 0) console.log(`# log of the desk: ${server.log().slice(-4_000)}`);
}

/** The last tenth asks for names that were ordered before: there the CA uses some of its authorizations again. */
function askOf(at: number, orders: number): Ask {
  const number = at % (WAYS.length * Math.ceil((orders * 0.9) / WAYS.length));
  const way = WAYS[at % WAYS.length] as (typeof WAYS)[number];
  const name = `n${number}.${DOMAIN}`;
  if (way.product === 'dv-wildcard') return { product: way.code, names: [`*.${name}`], free: [name] };
  if (way.product === 'dv-multi') return { product: way.code, names: [name, `a.${name}`, `b.${name}`], free: [] };
  return { product: way.code, names: [name], free: [`www.${name}`] };
}

type Ports = Record<'http' | 'tls' | 'responderDns' | 'acme' | 'management', number>;

async function startDesk(
  directory: string,
  { directoryUrl, trustedCa }: Pebble,
  ports: Ports,
  dns: number,
): Promise<{ server: ServerProcess; client: Client }> {
  const configFile = join(directory, 'chancery.toml');
  const issuers = WAYS.map(
    ({ issuer, challenge }) => `
[issuers.${issuer}]
kind = "acme"
directory = "${directoryUrl}"
termsAgreed = true
contacts = ["peers@${DOMAIN}"]
challenges = ["${challenge}"]
trustedCa = "${trustedCa}"
allowedRanges = ["127.0.0.0/8", "::1/128"]
`,
  );
  const products = WAYS.map(
    ({ product, issuer }) => `[[products]]\nid = "${product}"\nissuers = ["${issuer}"]\nwildcardsAllowed = false\n`,
  );
  const config = `
[log]
level = "warn"
[accounts]
startBalance = 100000000
[rateLimits]
perSecond = 0
[workers]
jobs = 32
[validation]
dnsServers = ["127.0.0.1:${dns}"]
allowedRanges = ["127.0.0.0/8"]
[responder]
http = "127.0.0.1:${ports.http}"
tlsAlpn = "127.0.0.1:${ports.tls}"
[responder.dns]
listen = "127.0.0.1:${ports.responderDns}"
zone = "${ZONE}"
${issuers.join('')}
${products.join('')}`;
  writeFileSync(configFile, config);
  const serverPlace: ServerPlace = { directory: join(directory, 'data'), configFile };
  const server = spawnServer(serverPlace);
  const url = await server.listening;
  return { server, client: { url, ...credentialsOf(serverPlace) } };
}

/** What customers publish once: the CNAMEs that `responder name` tells. */
async function delegate(serverPlace: ServerPlace, asks: readonly Ask[], dns: WorldDns): Promise<void> {
  const names = asks.flatMap((ask) => [...ask.names, ...ask.free]);
  const { output, errors } = await runCommand(serverPlace, ['responder', 'name', ...names, '--json']);
  if (output === '') throw new Error(`responder name: ${errors}`);
  for (const { name, value } of JSON.parse(output) as { name: string; value: string }[]) dns.aliases.set(name, value);
}

async function placeAll(client: Client, asks: readonly Ask[], dns: WorldDns): Promise<Placed[]> {
  const placed: Placed[] = [];
  for (const ask of asks) {
    const one = await place(client, ask);
    for (const { name, value } of one.records) dns.aliases.set(name.toLowerCase().replace(/\.$/, ''), value);
    placed.push(one);
    // Names that were proved before need nothing more.
    if ((await statusOf(client, one.process)) === 'SUSPENDED') await resend(client, one);
  }
  return placed;
}

/** Waits until no process is open. Answers with those that are not completed, and their state. */
async function untilDone(client: Client, placed: readonly Placed[]): Promise<Map<Placed, string>> {
  const end = Date.now() + LONGEST_RUN;
  let open = new Map(placed.map((one) => [one, '']));
  const failed = new Map<Placed, string>();
  while (open.size > 0 && Date.now() < end) {
    const still = new Map<Placed, string>();
    for (const one of open.keys()) {
      const status = await statusOf(client, one.process);
      if (status === 'FAILED' || status === 'CANCELLED') failed.set(one, status);
      else if (status !== 'COMPLETED') still.set(one, status);
    }
    open = still;
    if (open.size > 0) await sleep(PAUSE);
  }
  return new Map([...failed, ...open]);
}

async function judge(
  client: Client,
  placed: readonly Placed[],
  open: ReadonlyMap<Placed, string>,
  pebble: Pebble,
  report: Report,
  seconds: number,
): Promise<void> {
  const say = (good: boolean, what: string): void => (good ? report.ok(what) : report.notOk(what));
  for (const way of WAYS) {
    const own = placed.filter(({ ask }) => ask.product === way.code);
    const done = own.filter((one) => !open.has(one));
    say(done.length === own.length, `pebble: ${done.length} of ${own.length} orders finished over ${way.challenge}`);
  }
  for (const [one] of [...open].slice(0, 3)) console.log(`# not finished: ${await detailsOf(client, one.process)}`);
  const finished = placed.length - open.size;
  say(
    pebble.issued.length === finished,
    `pebble: it signed ${pebble.issued.length} certificates for ${finished} orders, none twice`,
  );
  const wrong: string[] = [];
  for (const one of placed) {
    if (open.has(one)) continue;
    const fault = await faultOf(client, one);
    if (fault !== null) wrong.push(`${one.ask.names[0]}: ${fault}`);
  }
  say(
    wrong.length === 0,
    `pebble: every certificate is for its names and signed by its chain ${wrong.slice(0, 3).join('; ')}`.trimEnd(),
  );
  console.log(`# pebble: ${pebble.settings().join('; ')}`);
  console.log(`# ${pebble.calls()} signed calls; all took ${seconds} s`);
}

async function faultOf(client: Client, { ask, process }: Placed): Promise<string | null> {
  const files = await download(client, process);
  if (files === null) return 'no certificate';
  const leaf = new X509Certificate(files.leaf);
  const names = (leaf.subjectAltName ?? '').split(', ').map((name) => name.replace(/^DNS:/, ''));
  const wanted = [...ask.names, ...ask.free];
  if (names.toSorted().join(' ') !== wanted.toSorted().join(' ')) return `names ${names.join(' ')}`;
  const [issuing] = files.chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (issuing === undefined) return 'no chain';
  return leaf.verify(new X509Certificate(issuing).publicKey) ? null : 'not signed by its chain';
}

// `node test/peers/pebble/run.ts 12` for a short run of it alone.
if (import.meta.main) {
  const report = createReport();
  const directory = mkdtempSync(join(tmpdir(), 'chancery-pebble-'));
  await runPebble(directory, report, Number(process.argv[2] ?? ORDERS));
  rmSync(directory, { recursive: true });
  if (report.counts.failed > 0) process.exitCode = 1;
}
