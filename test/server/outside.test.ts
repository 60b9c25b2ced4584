import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { loadConfig } from '../../src/config/load.ts';
import { startServer } from '../../src/server.ts';
import { lookupsTo } from '../support/acme-server/lookups.ts';
import { startAcmeServer } from '../support/acme-server/server.ts';
import { leafUnder } from '../support/over-acme.ts';

const folder = mkdtempSync(join(tmpdir(), 'chancery-hosted-'));
after(() => rmSync(folder, { recursive: true }));

interface Credentials {
  wpEngine: { userId: string; password: string; installId: string };
}

async function start(name: string, toml: string | null) {
  const data = join(folder, name);
  const file = join(folder, `${name}.toml`);
  if (toml !== null) writeFileSync(file, toml);
  const lines: string[] = [];
  const config = loadConfig({ listen: '127.0.0.1:0', data, ...(toml === null ? {} : { file }) });
  const server = await startServer(config, pino({ level: 'warn' }, { write: (line) => void lines.push(line) }));
  const { wpEngine } = JSON.parse(readFileSync(join(data, 'credentials.json'), 'utf8')) as Credentials;
  const authorization = `Basic ${btoa(`${wpEngine.userId}:${wpEngine.password}`)}`;
  const domains = `${server.url}/v1/installs/${wpEngine.installId}/domains`;
  const call = (path: string, body?: object): Promise<Response> =>
    fetch(`${domains}${path}`, {
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
  return { server, lines, call };
}

const CONTACT = {
  given_name: 'Ada',
  family_name: 'Byron',
  email_address: 'ada@example.com',
  organization: 'Acme',
  organizational_unit: 'IT',
  locality: 'Austin',
  state: 'TX',
  country: 'US',
  region_code: 'US',
};

test('the default start validates a hosted name by its own answer, over its own DNS and web server', async () => {
  const { server, call } = await start('hosted', null);
  try {
    const { id } = (await (await call('', { name: 'blog.example.com' })).json()) as { id: string };
    const ordered = await call(`/${id}/ssl_certificate`, { ...CONTACT, common_name: 'blog.example.com' });
    assert.equal(ordered.status, 202, await ordered.text());
    const held = await call(`/${id}/ssl_certificate`);
    assert.equal(held.status, 200, await held.text());
  } finally {
    await server.close();
  }
});

test('as configured, a CA outside fulfils the order of a hosted name, and looks at the HTTP responder', async (t) => {
  let look: ReturnType<typeof lookupsTo>['http'] = () => Promise.reject(new Error('nothing listens yet'));
  const lookups = { ...lookupsTo({}), http: (host: string, path: string) => look(host, path) };
  const ca = await startAcmeServer({ tls: true, lookups });
  t.after(() => ca.close());
  ca.script.verdict = () => 'check';
  writeFileSync(join(folder, 'ca.pem'), ca.tlsRoot as string);
  const { server, call } = await start(
    'outside',
    `[sandbox]
enabled = true
[responder]
http = "127.0.0.1:0"
[issuers.scripted]
kind = "acme"
directory = "${ca.directoryUrl}"
contacts = ["ops@desk.test"]
termsAgreed = true
trustedCa = "ca.pem"
allowedRanges = ["127.0.0.0/8", "::1/128"]
[[products]]
id = "dv-hosted-domain"
issuers = ["scripted", "embedded"]
`,
  );
  try {
    const { http } = server.responders;
    assert.ok(http !== undefined);
    look = lookupsTo({ http }).http;
    const { id } = (await (await call('', { name: 'blog.example.com' })).json()) as { id: string };
    const ordered = await call(`/${id}/ssl_certificate`, { ...CONTACT, common_name: 'blog.example.com' });
    assert.equal(ordered.status, 202, await ordered.text());
    type Held = { certificate: { status: string }; cert_info?: { key: string; cert: string } };
    const held = async (): Promise<Held> => (await (await call(`/${id}/ssl_certificate`)).json()) as Held;
    let now = await held();
    for (let looks = 0; looks < 600 && now.certificate.status === 'SUBMITTED'; looks += 1) {
      // Its jobs run on the system's clock.
      await pause(50);
      now = await held();
    }
    assert.equal(now.certificate.status, 'ENABLED');
    const { key, cert } = now.cert_info ?? assert.fail('no certificate');
    const leaf = leafUnder(ca, cert);
    assert.ok(leaf.checkPrivateKey(createPrivateKey(key)));
    assert.equal(leaf.subjectAltName, 'DNS:blog.example.com');
    assert.equal(ca.certificatesIssued(), 1);
  } finally {
    await server.close();
  }
});

test('BR 6.1.1.3: outside the sandbox a start says which products lack an issuer outside', async () => {
  const warnings = async (name: string, toml: string): Promise<string[]> => {
    const { server, lines } = await start(name, toml);
    await server.close();
    return lines.map((line) => (JSON.parse(line) as { msg: string }).msg).filter((msg) => msg.includes('BR 6.1.1.3'));
  };
  assert.equal((await warnings('public', '')).length, 2);
  assert.deepEqual(await warnings('private', '[ca]\nprofile = "private"'), []);
});
