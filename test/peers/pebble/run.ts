import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand, type ServerPlace } from '../../support/server-process.ts';
import { freePorts } from '../ports.ts';
import { createReport, type Report } from '../report.ts';
import { type Desk, DOMAIN, startDesk, WAYS, ZONE } from './desk.ts';
import { installPebble } from './install.ts';
import { type Ask, type Client, detailsOf, download, place, type Placed, resend, statusOf } from './orders.ts';
import { type Pebble, startPebble } from './pebble-server.ts';
import { startWorldDns, type WorldDns } from './world-dns.ts';

const ORDERS = 200;
/** Of a shorter run in which the desk crashes. */
const ORDERS_WITH_CRASHES = 60;
const CRASHES = 3;
/** Milliseconds for all orders. */
const LONGEST_RUN = 900_000;
const PAUSE = 2_000;

/**
 * Orders over the Realtime Register API, signed by Pebble with its defaults, validated over http-01, tls-alpn-01 and
 * dns-01 by the desk's responders: all of them finish, and none is signed twice. Once more with a desk that crashes.
 */
export async function runPebble(directory: string, report: Report): Promise<void> {
  console.log('# pebble');
  const installed = installPebble(directory);
  if ('missing' in installed) return report.skip('pebble', installed.missing);
  await runOrders(installed.command, join(directory, 'pebble'), report, ORDERS, 0);
  await runOrders(installed.command, join(directory, 'pebble-crashes'), report, ORDERS_WITH_CRASHES, CRASHES);
}

async function runOrders(
  command: string,
  directory: string,
  report: Report,
  orders: number,
  crashes: number,
): Promise<void> {
  mkdirSync(directory);
  await using opened = new AsyncDisposableStack();
  const ports = await freePorts(['http', 'tls', 'responderDns', 'acme', 'management']);
  const dns = await startWorldDns(ZONE, ports.responderDns);
  opened.defer(() => dns.close());
  const places = { ...ports, dns: dns.port };
  const pebble = await startPebble(command, directory, places);
  opened.defer(() => pebble.close());
  const desk = await startDesk(directory, pebble, places);
  opened.defer(() => desk.close());

  const asks = Array.from({ length: orders }, (_, at) => askOf(at, orders));
  await delegate(desk.place, asks, dns);
  const started = Date.now();
  const placed = await placeAll(desk.client, asks, dns);
  const open = await untilDone(desk, placed, crashes);
  const seconds = Math.round((Date.now() - started) / 1_000);
  console.log(`# ${orders} orders, ${crashes} crashes, ${seconds} s`);
  await judge(desk.client, placed, open, pebble, report, crashes);
  if (process.env.PEBBLE_LOG !== undefined) writeFileSync(process.env.PEBBLE_LOG, `${desk.log()}\n${pebble.log()}`);
  if (open.size > 0) console.log(`# log of the desk: ${desk.log().slice(-4_000)}`);
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

/**
 * Waits until no process is open, and lets the desk crash as often as told, spread over the work. Answers with those
 * that are not completed, and their state.
 */
async function untilDone(desk: Desk, placed: readonly Placed[], crashes: number): Promise<Map<Placed, string>> {
  const end = Date.now() + LONGEST_RUN;
  let open = new Map(placed.map((one) => [one, '']));
  const failed = new Map<Placed, string>();
  let crashed = 0;
  while (open.size > 0 && Date.now() < end) {
    const still = new Map<Placed, string>();
    for (const one of open.keys()) {
      const status = await statusOf(desk.client, one.process);
      if (status === 'FAILED' || status === 'CANCELLED') failed.set(one, status);
      else if (status !== 'COMPLETED') still.set(one, status);
    }
    open = still;
    const done = placed.length - open.size;
    if (crashed < crashes && done >= (placed.length * crashed) / crashes) {
      crashed += 1;
      await desk.crash();
    } else if (open.size > 0) await sleep(PAUSE);
  }
  return new Map([...failed, ...open]);
}

async function judge(
  client: Client,
  placed: readonly Placed[],
  open: ReadonlyMap<Placed, string>,
  pebble: Pebble,
  report: Report,
  crashes: number,
): Promise<void> {
  const say = (good: boolean, what: string): void => (good ? report.ok(what) : report.notOk(what));
  const after = crashes === 0 ? '' : `, with ${crashes} crashes of the desk`;
  for (const way of WAYS) {
    const own = placed.filter(({ ask }) => ask.product === way.code);
    const done = own.filter((one) => !open.has(one));
    say(
      done.length === own.length,
      `pebble: ${done.length} of ${own.length} orders finished over ${way.challenge}${after}`,
    );
    const [stuck] = own.filter((one) => open.has(one));
    if (stuck !== undefined) console.log(`# not finished: ${await detailsOf(client, stuck.process)}`);
  }
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
  console.log(`# ${pebble.calls()} signed calls`);
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

// It alone: `node test/peers/pebble/run.ts`, or so many orders and crashes: `node test/peers/pebble/run.ts 12 1`.
if (import.meta.main) {
  const report = createReport();
  const directory = mkdtempSync(join(tmpdir(), 'chancery-pebble-'));
  const [orders, crashes = '0'] = process.argv.slice(2);
  const installed = installPebble(directory);
  if (orders === undefined) await runPebble(directory, report);
  else if ('command' in installed)
    await runOrders(installed.command, join(directory, 'run'), report, Number(orders), Number(crashes));
  rmSync(directory, { recursive: true });
  if (report.counts.failed > 0) process.exitCode = 1;
}
