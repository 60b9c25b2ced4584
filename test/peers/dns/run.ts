import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDnsResponder } from '../../../src/responders/dns-responder.ts';
import { createRfc2136Publisher } from '../../../src/responders/rfc2136.ts';
import { createAddressGuard } from '../../../src/validation/address-guard.ts';
import { createResolver } from '../../../src/validation/resolver.ts';
import { systemTimers } from '../../../src/validation/system.ts';
import { freePorts } from '../ports.ts';
import type { Report } from '../report.ts';

const ZONE = 'peer.test';
const OWNER = `_acme-challenge.www.${ZONE}`;
const clock = { now: () => Date.now() };
const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };

/** DNS updates to Knot, and `dig` against the DNS responder. */
export async function runDns(directory: string, report: Report): Promise<void> {
  console.log('# dns');
  const missing = ['knotd', 'dig'].filter((program) => !has(program));
  if (missing.length > 0) install();
  if (has('dig')) await runDig(report);
  else report.skip('dig', 'it is not installed, and apt-get could not install bind9-dnsutils');
  if (has('knotd') && has('dig')) await runKnot(directory, report);
  else report.skip('knot', 'it is not installed, and apt-get could not install it');
}

function has(program: string): boolean {
  return spawnSync('which', [program]).status === 0;
}

function install(): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'knot', 'bind9-dnsutils'], { env });
}

/** `dig` waits for the answer, so it must not stop the responder of this process. */
async function dig(port: number, ...args: string[]): Promise<string> {
  const child = spawn('dig', ['@127.0.0.1', '-p', String(port), '+tries=1', '+time=3', ...args]);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'close');
  return output;
}

async function runDig(report: Report): Promise<void> {
  const label = 'a'.repeat(32);
  const values = async (name: string) => (name === `${label}.${ZONE}` ? ['one', 'two'] : []);
  const responder = await startDnsResponder({
    answers: { values: (_kind, name) => values(name) },
    clock,
    zone: { zone: ZONE, nameServers: [], addresses: ['192.0.2.1'] },
    listen: { host: '127.0.0.1', port: 0 },
    count: () => {},
    log: { warn: (details) => console.log(details) },
  });
  const { port } = responder;
  const cases: [string, string[], RegExp][] = [
    ['TXT', ['+short', `${label}.${ZONE}`, 'TXT'], /^"one"\n"two"\n$/],
    ['TXT over TCP', ['+tcp', '+short', `${label.toUpperCase()}.Peer.TEST`, 'TXT'], /^"one"\n"two"\n$/],
    ['no data', [`${label}.${ZONE}`, 'A'], /status: NOERROR[^]*flags: qr aa[^]*SOA\tns1\.peer\.test\./],
    ['no such name', [`x.${ZONE}`, 'TXT'], /status: NXDOMAIN[^]*SOA\tns1\.peer\.test\./],
    ['name servers', ['+short', ZONE, 'NS'], /^ns1\.peer\.test\.\n$/],
    ['their address', ['+short', `ns1.${ZONE}`, 'A'], /^192\.0\.2\.1\n$/],
    ['other zones', ['example.org', 'A'], /status: REFUSED/],
    ['another class', ['-c', 'CH', 'version.bind', 'TXT'], /status: REFUSED/],
    ['another EDNS version', ['+edns=1', '+noednsnegotiation', ZONE, 'SOA'], /status: BADVERS/],
    ['a cookie', ['+cookie', ZONE, 'SOA'], /status: NOERROR/],
    ['DNSSEC wanted', ['+dnssec', ZONE, 'SOA'], /status: NOERROR/],
    ['a transfer', [ZONE, 'AXFR'], /Transfer failed/],
  ];
  try {
    for (const [what, args, wanted] of cases) {
      const output = await dig(port, ...args);
      if (wanted.test(output) && !/WARNING: (?!recursion)/.test(output)) report.ok(`dig: ${what}`);
      else report.notOk(`dig: ${what}: ${output}`);
    }
  } finally {
    await responder.close();
  }
}

async function runKnot(directory: string, report: Report): Promise<void> {
  const { knot: port } = await freePorts(['knot']);
  const secret = randomBytes(32);
  const child = startKnot(join(directory, 'knot'), port, secret);
  try {
    for (let tries = 0; !(await dig(port, '+short', ZONE, 'SOA')).includes('hostmaster'); tries += 1) {
      if (tries === 50 || child.exitCode !== null) throw new Error('Knot does not serve');
      await sleep(200);
    }
    await update(port, secret, report);
  } catch (error) {
    report.notOk(`knot: ${(error as Error).message}`);
  } finally {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }
}

function startKnot(directory: string, port: number, secret: Buffer): ChildProcess {
  mkdirSync(directory);
  writeFileSync(
    join(directory, `${ZONE}.zone`),
    `$ORIGIN ${ZONE}.\n$TTL 60\n@ SOA ns1 hostmaster 1 3600 600 604800 60\n@ NS ns1\nns1 A 192.0.2.1\n`,
  );
  writeFileSync(
    join(directory, 'knot.conf'),
    `server:
  rundir: "${directory}"
  listen: 127.0.0.1@${port}
database:
  storage: "${directory}"
key:
  - id: desk.peer
    algorithm: hmac-sha512
    secret: ${secret.toString('base64')}
acl:
  - id: desk
    key: desk.peer
    action: update
zone:
  - domain: ${ZONE}
    storage: "${directory}"
    file: ${ZONE}.zone
    acl: desk
`,
  );
  return spawn('knotd', ['-c', join(directory, 'knot.conf')], { stdio: 'ignore' });
}

async function update(port: number, secret: Buffer, report: Report): Promise<void> {
  const publisherWith = (key: Uint8Array, name = 'desk.peer') => {
    const settings = {
      server: { host: '127.0.0.1', port },
      key: { name, algorithm: 'hmac-sha512', secret: key } as const,
      zones: [ZONE],
      ttl: 1,
      timeoutMs: 5_000,
      propagationMs: 5_000,
    };
    const resolver = createResolver({ serversFor: () => [], timeoutMs: 1, attempts: 1, random, clock });
    const pause = (milliseconds: number): Promise<void> => sleep(milliseconds);
    const tools = { clock, random, timers: systemTimers, pause, resolver, guard: createAddressGuard() };
    return createRfc2136Publisher(settings, tools);
  };
  const shown = async (): Promise<string[]> =>
    (await dig(port, '+short', OWNER, 'TXT'))
      .split('\n')
      .filter((line) => line !== '')
      .toSorted();
  const check = (what: string, good: boolean): void =>
    good ? report.ok(`knot: ${what}`) : report.notOk(`knot: ${what}`);

  const publisher = publisherWith(secret);
  await publisher.present(OWNER, 'one');
  await publisher.present(OWNER, 'two');
  await publisher.present(OWNER, 'two');
  check('values stand side by side', (await shown()).join() === '"one","two"');
  await publisher.cleanup(OWNER, 'one');
  check('one value is deleted', (await shown()).join() === '"two"');
  await publisher.cleanup(OWNER, 'two');
  await publisher.cleanup(OWNER, 'two');
  check('the last one is deleted, twice without harm', (await shown()).join() === '');
  const refusals = [
    ['another secret', publisherWith(randomBytes(32)), OWNER, /BADSIG|NOTAUTH/],
    ['another key', publisherWith(secret, 'nobody.peer'), OWNER, /BADKEY|NOTAUTH|REFUSED/],
  ] as const;
  for (const [what, other, owner, wanted] of refusals) {
    const message = await other.present(owner, 'x').then(
      () => 'done',
      (error: Error) => error.message,
    );
    check(`${what} is refused: ${message}`, wanted.test(message));
  }
}
