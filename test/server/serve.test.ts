import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pino } from 'pino';
import { loadConfig } from '../../src/config/load.ts';
import { modulusHash } from '../../src/pki/debian-weak-keys.ts';
import { type RunningServer, startServer } from '../../src/server.ts';
import { newCsr } from '../support/desk.ts';

const folder = mkdtempSync(join(tmpdir(), 'chancery-server-'));
after(() => rmSync(folder, { recursive: true }));

interface Credentials {
  digicert: { apiKey: string; organizationId: number; readyDomain: string };
  realtimeRegister: { apiKey: string; customer: string };
  admin: { apiKey: string };
  wpEngine: { userId: string; password: string; installId: string; domains: { id: string; name: string }[] };
}

type Started = { server: RunningServer; data: string; credentials: Credentials };

async function start(name: string, options: { tls?: boolean; toml?: string; lines?: string[] } = {}): Promise<Started> {
  const { tls, toml, lines = [] } = options;
  const data = join(folder, name);
  const file = join(folder, `${name}.toml`);
  if (toml !== undefined) writeFileSync(file, toml);
  const config = loadConfig({ listen: '127.0.0.1:0', data, tls, ...(toml === undefined ? {} : { file }) });
  const server = await startServer(config, pino({ level: 'info' }, { write: (line) => void lines.push(line) }));
  const credentials = JSON.parse(readFileSync(join(data, 'credentials.json'), 'utf8')) as Credentials;
  return { server, data, credentials };
}

/** The sandbox, with a line in the log for every request. */
const HOSTED_TOML = '[sandbox]\nenabled = true\n[log]\nrequests = true\n';

const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });

test('the first start makes one account with keys that work, in a private file', async () => {
  const { server, data, credentials } = await start('first');
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(statSync(join(data, 'credentials.json')).mode & 0o777, 0o600);
  assert.equal(statSync(data).mode & 0o777, 0o700);
  assert.equal(credentials.realtimeRegister.customer, 'demo');
  const products = `${server.url}/v2/ssl/products`;
  const authorization = `ApiKey ${credentials.realtimeRegister.apiKey}`;
  assert.equal((await fetch(products, { headers: { authorization } })).status, 200);
  assert.equal((await fetch(products)).status, 401);
  const accounts = await fetch(`${server.url}/admin/v1/accounts`, bearer(credentials.admin.apiKey));
  assert.deepEqual(
    ((await accounts.json()) as { items: { handle: string }[] }).items.map(({ handle }) => handle),
    ['demo'],
  );
  await server.close();
});

test('in the sandbox the first account has an organization and a domain for which certificates are issued at once', async () => {
  const { server, credentials } = await start('ready');
  const { apiKey, organizationId, readyDomain } = credentials.digicert;
  const order = {
    certificate: { common_name: `www.${readyDomain}`, csr: newCsr(null), signature_hash: 'sha256' },
    organization: { id: organizationId },
    order_validity: { years: 1 },
  };
  const response = await fetch(`${server.url}/services/v2/order/certificate/ssl_securesite_pro`, {
    method: 'POST',
    headers: { 'x-dc-devkey': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify(order),
  });
  assert.equal(response.status, 201);
  assert.equal(response.headers.get('content-type'), 'application/json');
  const placed = (await response.json()) as { requests: { status: string }[]; certificate_chain: object[] };
  assert.equal(placed.certificate_chain.length, 3);
  assert.deepEqual(
    placed.requests.map(({ status }) => status),
    ['approved'],
  );
  await server.close();
});

test('a later start keeps account and keys', async () => {
  const first = await start('twice');
  await first.server.close();
  const second = await start('twice');
  assert.deepEqual(second.credentials, first.credentials);
  assert.equal(second.server.credentials?.secrets.get('realtime-register'), first.credentials.realtimeRegister.apiKey);
  const listed = await fetch(`${second.server.url}/admin/v1/keys`, bearer(first.credentials.admin.apiKey));
  assert.equal(((await listed.json()) as { total: number }).total, 6);
  await second.server.close();
});

test('on a hosting platform the sandbox answers for the account’s own domains, and shows the certificate', async () => {
  const lines: string[] = [];
  const { server, data, credentials } = await start('hosted', { lines, toml: HOSTED_TOML });
  const { userId, password, installId, domains } = credentials.wpEngine;
  assert.equal(domains[0]?.name, 'wp.ready.test');
  const headers = {
    authorization: `Basic ${Buffer.from(`${userId}:${password}`).toString('base64')}`,
    'content-type': 'application/json',
  };
  const path = `${server.url}/v1/installs/${installId}/domains`;
  const added = await fetch(path, { method: 'POST', headers, body: '{"name":"new-shop.example.com"}' });
  const { id } = (await added.json()) as { id: string };
  const holder = { email_address: 'j@example.com', given_name: 'J', family_name: 'D', region_code: 'DE' };
  const certificate = `${path}/${id}/ssl_certificate`;
  const ordered = await fetch(certificate, { method: 'POST', headers, body: JSON.stringify(holder) });
  assert.deepEqual([ordered.status, await ordered.text()], [202, '']);
  const shown = (await (await fetch(certificate, { headers })).json()) as {
    certificate: { status: string };
    cert_info: { cert: string; key: string };
  };
  assert.equal(shown.certificate.status, 'ENABLED');
  assert.equal(new X509Certificate(shown.cert_info.cert).subjectAltName, 'DNS:new-shop.example.com');
  const check = await fetch(`${path}/${id}/check_status`, { method: 'POST', headers });
  const { report_id: report } = (await check.json()) as { report_id: string };
  const seen = (await (await fetch(`${path}/check_status/${report}`, { headers })).json()) as {
    report: { domains: { result: string; a_record: string }[] };
  };
  assert.deepEqual(
    seen.report.domains.map(({ result, a_record: address }) => [result, address]),
    [['status 404', '127.0.0.1']],
  );
  await server.close();
  // Neither key nor password is in the log of requests, or in the database as it lies on the disk.
  assert.ok(lines.some((line) => line.includes('/ssl_certificate')));
  const key = shown.cert_info.key.split('\n')[1] as string;
  const database = readFileSync(join(data, 'chancery.sqlite')).toString('latin1');
  for (const text of [lines.join(''), database]) {
    assert.ok(!text.includes(password) && !text.includes(key) && !text.includes('PRIVATE KEY'));
  }
});

test('keys of one API open no other', async () => {
  const { server, credentials } = await start('apart');
  const admin = `${server.url}/admin/v1/accounts`;
  assert.equal((await fetch(admin, bearer(credentials.realtimeRegister.apiKey))).status, 401);
  const authorization = `ApiKey ${credentials.admin.apiKey}`;
  assert.equal((await fetch(`${server.url}/v2/ssl/products`, { headers: { authorization } })).status, 401);
  await server.close();
});

test('health, readiness, documents and metrics are served; metrics not through a proxy without the admin key', async () => {
  const { server, credentials } = await start('seen');
  for (const path of ['/', '/healthz', '/readyz', '/docs', '/docs/realtime-register']) {
    assert.equal((await fetch(server.url + path)).status, 200, path);
  }
  const document = (await (await fetch(`${server.url}/docs/realtime-register`)).json()) as { openapi: string };
  assert.match(document.openapi, /^3\.1\./);
  const metrics = `${server.url}/metrics`;
  assert.match(await (await fetch(metrics)).text(), /nodejs_eventloop_lag_seconds/);
  const forwarded = { 'x-forwarded-for': '203.0.113.9' };
  assert.equal((await fetch(metrics, { headers: forwarded })).status, 401);
  const authorization = `Bearer ${credentials.admin.apiKey}`;
  assert.equal((await fetch(metrics, { headers: { ...forwarded, authorization } })).status, 200);
  await server.close();
});

test('the sandbox says so in every answer; with a configuration file it is refused', async () => {
  const sandboxed = await start('sand');
  const listed = await fetch(`${sandboxed.server.url}/sandbox`);
  assert.equal(listed.headers.get('x-chancery-sandbox'), 'true');
  assert.equal(listed.status, 200);
  await sandboxed.server.close();
  const real = await start('real', { toml: '' });
  const refused = await fetch(`${real.server.url}/sandbox/mail`);
  assert.equal(refused.status, 403);
  assert.equal(refused.headers.get('x-chancery-sandbox'), null);
  await real.server.close();
});

test('too many calls with one key are answered 429, the others are not', async () => {
  const { server, credentials } = await start('rated', { toml: '[rateLimits]\nperSecond = 0.001\nburst = 3' });
  const call = async () => (await fetch(`${server.url}/admin/v1/jobs`, bearer(credentials.admin.apiKey))).status;
  assert.deepEqual([await call(), await call(), await call(), await call()], [200, 200, 200, 429]);
  const authorization = `ApiKey ${credentials.realtimeRegister.apiKey}`;
  assert.equal((await fetch(`${server.url}/v2/ssl/products`, { headers: { authorization } })).status, 200);
  await server.close();
});

test('two processes cannot serve one directory with SQLite', async () => {
  const { server } = await start('locked');
  await assert.rejects(start('locked'), /Another process serves from/);
  await server.close();
  const again = await start('locked');
  await again.server.close();
});

test('an address in use is an error that leaves nothing open', async () => {
  const { server } = await start('bound');
  const listen = new URL(server.url).host;
  const config = loadConfig({ listen, data: join(folder, 'late') });
  await assert.rejects(startServer(config, pino({ level: 'silent' })), { code: 'EADDRINUSE' });
  await server.close();
  const later = await startServer(config, pino({ level: 'silent' }));
  await later.close();
});

test('with --tls the certificate comes from the own CA, and points at plain HTTP', async () => {
  const { server, data } = await start('tls', { tls: true });
  assert.match(server.url, /^https:\/\/127\.0\.0\.1:\d+$/);
  const chancery = ['bin/chancery', 'ca', 'export', '--data', data];
  const root = execFileSync(process.execPath, chancery, { encoding: 'utf8' });
  const seen = await new Promise<{ status: number | undefined; raw: Buffer }>((resolve, reject) => {
    const asked = httpsRequest(`${server.url}/healthz`, { ca: root, agent: false }, (answer) => {
      const raw = (answer.socket as TLSSocket).getPeerCertificate().raw;
      answer.resume();
      resolve({ status: answer.statusCode, raw });
    });
    asked.on('error', reject).end();
  });
  assert.equal(seen.status, 200);
  writeFileSync(join(folder, 'leaf.der'), seen.raw);
  const text = execFileSync('openssl', ['x509', '-inform', 'DER', '-in', join(folder, 'leaf.der'), '-noout', '-text'], {
    encoding: 'utf8',
  });
  const issuerUrl = /CA Issuers - URI:(http:\S+)/.exec(text)?.[1];
  assert.ok(issuerUrl);
  assert.equal((await fetch(issuerUrl)).headers.get('content-type'), 'application/pkix-cert');
  await server.close();
});

test('nothing that is logged holds a key', async () => {
  const lines: string[] = [];
  const { server, credentials } = await start('logged', {
    toml: '[log]\nrequests = true\n[sandbox]\nenabled = true',
    lines,
  });
  const authorization = `ApiKey ${credentials.realtimeRegister.apiKey}`;
  await fetch(`${server.url}/v2/ssl/certificates?x=${credentials.admin.apiKey}`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: '{',
  });
  await fetch(`${server.url}/confirm/secretlink123`);
  await server.close();
  const text = lines.join('');
  assert.match(text, /"route":"\/v2\/ssl\/certificates"/);
  for (const secret of [credentials.realtimeRegister.apiKey, credentials.admin.apiKey, 'secretlink123']) {
    assert.ok(!text.includes(secret));
  }
});

test("keys of Debian's lists are refused, and a directory without a list stops the start", async () => {
  const lists = join(folder, 'weak-keys');
  mkdirSync(lists);
  const toml = `[ca]\nweakKeys = ${JSON.stringify(lists)}\n[sandbox]\nenabled = true\n`;
  await assert.rejects(start('no-lists', { toml }), /blacklist\.RSA/);
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const modulus = Buffer.from(publicKey.export({ format: 'jwk' }).n as string, 'base64url');
  writeFileSync(join(lists, 'blacklist.RSA-2048'), `${modulusHash(modulus)}\n`);
  const key = join(folder, 'weak.key');
  writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const csr = execFileSync('openssl', ['req', '-new', '-key', key, '-subj', '/CN=a.example.com'], { encoding: 'utf8' });
  const { server, credentials } = await start('lists', { toml });
  const answer = await fetch(`${server.url}/v2/ssl/decodecsr`, {
    method: 'POST',
    headers: {
      authorization: `ApiKey ${credentials.realtimeRegister.apiKey}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ csr }),
  });
  assert.equal(answer.status, 400);
  assert.match(await answer.text(), /CVE-2008-0166/);
  await server.close();
});
