import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { pino } from 'pino';
import { type Config, loadConfig } from '../../src/config/load.ts';
import { createAnswers } from '../../src/responders/answers.ts';
import { checkResponders } from '../../src/serve/check-responders.ts';
import { systemClock, systemRandom } from '../../src/serve/system.ts';
import { startServer } from '../../src/server.ts';
import { openStore } from '../../src/store/open.ts';
import { createResolver } from '../../src/validation/resolver.ts';

const folder = mkdtempSync(join(tmpdir(), 'chancery-responders-'));
after(() => rmSync(folder, { recursive: true }));

const SILENT = pino({ level: 'silent' });

function configOf(name: string, toml: string): Config {
  const file = join(folder, `${name}.toml`);
  writeFileSync(file, toml);
  return loadConfig({ listen: '127.0.0.1:0', data: join(folder, name), file });
}

const ALL = `
[responder]
http = "127.0.0.1:0"
tlsAlpn = "127.0.0.1:0"
[responder.dns]
listen = "127.0.0.1:0"
zone = "acme.desk.test"
`;

async function start(t: TestContext, name: string, toml: string) {
  const config = configOf(name, toml);
  const server = await startServer(config, SILENT);
  t.after(() => server.close());
  const store = await openStore({ directory: config.data, clock: systemClock, random: systemRandom });
  t.after(() => store.close());
  return { config, server, answers: createAnswers({ store, clock: systemClock }) };
}

const soon = (): number => Date.now() + 60_000;

test('opens no port that is not configured', async (t) => {
  const { server, config } = await start(t, 'none', '');
  assert.deepEqual(server.responders, {});
  assert.deepEqual(await checkResponders(config), { looked: 'none configured', faults: [] });
});

test('answers what any process of the desk has published, and counts it', async (t) => {
  const { server, config, answers } = await start(t, 'all', ALL);
  const { http, 'tls-alpn': tlsAlpn, dns } = server.responders;
  assert.ok(http !== undefined && tlsAlpn !== undefined && dns !== undefined);
  const path = '/.well-known/acme-challenge/tok';
  await answers.put({ kind: 'http', name: '127.0.0.1', path, value: 'tok.thumb' }, soon());
  assert.equal(await (await fetch(`http://127.0.0.1:${http.port}${path}`)).text(), 'tok.thumb');

  // What `responder name` tells is what the responder answers for.
  const args = [
    'responder',
    'name',
    '*.shop.chancery-peer.net',
    '--data',
    config.data,
    '--config',
    config.file ?? '',
    '--json',
  ];
  const [record] = JSON.parse(await run(args)) as { name: string; type: string; value: string }[];
  assert.deepEqual([record?.name, record?.type], ['_acme-challenge.shop.chancery-peer.net', 'CNAME']);
  await answers.put({ kind: 'dns', name: record?.value ?? '', path: '', value: 'digest' }, soon());
  const asked = { serversFor: () => [dns], timeoutMs: 2_000, attempts: 2, random: systemRandom, clock: systemClock };
  const found = await createResolver(asked).resolve(record?.value ?? '', 'TXT');
  assert.deepEqual(found.records, ['digest']);

  const { admin } = JSON.parse(readFileSync(join(config.data, 'credentials.json'), 'utf8')) as {
    admin: { apiKey: string };
  };
  const headers = { authorization: `Bearer ${admin.apiKey}` };
  const metrics = await (await fetch(`${server.url}/metrics`, { headers })).text();
  assert.match(metrics, /chancery_responder_answers_total\{responder="http",outcome="found"\} 1/);
  assert.match(metrics, /chancery_responder_answers_total\{responder="dns",outcome="found"\} 1/);

  const listening = { http, tlsAlpn, dns: { ...config.responder.dns, listen: dns } } as Config['responder'];
  const there = { responder: { ...config.responder, ...listening } };
  assert.deepEqual(await checkResponders(there), { looked: 'http, tlsAlpn, dns', faults: [] });
  await server.close();
  const { faults } = await checkResponders(there);
  assert.deepEqual(
    faults.map((fault) => fault.split(':')[0]),
    ['http', 'tlsAlpn', 'dns'],
  );
  assert.match(
    faults[0] ?? '',
    /nothing answers on 127\.0\.0\.1 port \d+ \(ECONNREFUSED\); it listens while the server runs/,
  );
});

test('a port that is taken ends the start and leaves none open', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port: first } = free.address() as AddressInfo;
  await new Promise((resolve) => free.close(resolve));
  const config = configOf('taken', `[responder]\nhttp = "127.0.0.1:${first}"\ntlsAlpn = "127.0.0.1:${port}"\n`);
  await assert.rejects(startServer(config, SILENT), {
    kind: 'invalid-value',
    message: `The tls-alpn responder cannot listen on 127.0.0.1 port ${port}: another program listens there`,
  });
  const { faults } = await checkResponders(config);
  assert.match(faults.join(), /http: nothing answers/);
  await new Promise((resolve) => taken.close(resolve));
});

test('there is no CNAME to tell without a DNS responder', async () => {
  const config = configOf('bare', '');
  const here = ['--data', config.data, '--config', config.file ?? ''];
  await run(['init', ...here]);
  const args = ['responder', 'name', 'shop.chancery-peer.net', ...here];
  await assert.rejects(run(args), /There is no DNS responder: put \[responder\.dns\] into the configuration/);
});

/** Standard output of a command; this process goes on serving meanwhile. */
async function run(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, ['bin/chancery', ...args], { env: { PATH: process.env.PATH } });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(errors);
  return output;
}
