import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { type Config, loadConfig } from '../../src/config/load.ts';
import { DAY } from '../../src/core/time.ts';
import { openFoundation } from '../../src/serve/foundation.ts';
import { greeting } from '../../src/serve/greeting.ts';
import { startServer } from '../../src/server.ts';
import { newCsr } from '../support/desk.ts';

const folder = mkdtempSync(join(tmpdir(), 'chancery-switched-'));
after(() => rmSync(folder, { recursive: true }));

interface Credentials {
  admin: { apiKey: string };
  digicert: { apiKey: string; readyDomain: string };
  wpEngine: { userId: string; password: string; installId: string; domains: { id: string; name: string }[] };
}

async function start(name: string, toml: string) {
  const data = join(folder, name);
  const file = join(folder, `${name}.toml`);
  writeFileSync(file, toml);
  const config = loadConfig({ listen: '127.0.0.1:0', data, file });
  const lines: string[] = [];
  const server = await startServer(config, pino({ level: 'info' }, { write: (line) => void lines.push(line) }));
  const credentials = JSON.parse(readFileSync(join(data, 'credentials.json'), 'utf8')) as Credentials;
  const call = async (path: string, headers: Record<string, string>, body?: object) => {
    const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await fetch(server.url + path, { redirect: 'manual', ...sent, headers: { ...headers, ...type } });
    const text = await answer.text();
    return { status: answer.status, text, json: <T>() => JSON.parse(text) as T };
  };
  const admin = <T>(path: string, body?: object): Promise<T> =>
    call(`/admin/v1${path}`, { authorization: `Bearer ${credentials.admin.apiKey}` }, body).then((one) =>
      one.json<T>(),
    );
  return { server, config, data, credentials, lines, call, admin };
}

/** Lets the life of a certificate be nearly over, so that it is replaced in the next round, which a start begins. */
async function age(config: Config, certificateId: number): Promise<void> {
  const foundation = await openFoundation(config, pino({ level: 'silent' }));
  const now = foundation.clock.now();
  const life = { notBefore: now - 190 * DAY, notAfter: now + 5 * DAY };
  await foundation.store.transact((unit) => unit.update('certificates', certificateId, life));
  await foundation.close();
}

type Listed<T> = { items: T[]; total: number };
type Certificate = { id: number; orderId: number; state: string };

/** Paths of each dialect: pages, calls that want a key, and what nobody serves. */
const PATHS = {
  'realtime-register': ['/v2/ssl/products', '/v2/nothing'],
  digicert: ['/services/v2/product', '/services/v2/nothing'],
  cpanel: ['/execute/SSL/list_keys', '/json-api/cpanel', '/market/checkout/x', '/market/login', '/login/'],
  'wp-engine': ['/v1/accounts', '/v1/swagger', '/v1/nothing'],
} as const;

const DIALECTS = Object.keys(PATHS) as (keyof typeof PATHS)[];

for (const off of DIALECTS) {
  test(`${off} that is off has no routes, no page, no key and no place in the greeting; the others have`, async () => {
    const { server, data, call } = await start(`off-${off}`, `[sandbox]\nenabled = true\n[dialects]\n${off} = false\n`);
    try {
      const bare = {
        status: 404,
        text: (await call('/nobody/serves/this', {})).text.replace('/nobody/serves/this', ''),
      };
      for (const path of PATHS[off]) {
        const { status, text } = await call(path, {});
        assert.deepEqual({ status, text: text.replace(path, '') }, bare, path);
      }
      for (const name of DIALECTS) {
        assert.equal((await call(`/docs/${name}`, {})).status, name === off ? 404 : 200, name);
        assert.equal((await call('/docs', {})).text.includes(`/docs/${name}"`), name !== off, name);
        if (name === off) continue;
        const { text } = await call(PATHS[name][0], {});
        assert.notEqual(text.replace(PATHS[name][0], ''), bare.text, name);
      }
      const { url, database, dialects, credentials } = server;
      const told = greeting({ url, data, database, dialects, credentials, sandbox: true, tls: false });
      for (const name of DIALECTS) {
        assert.equal(told.includes(`/docs/${name}`), name !== off, name);
        assert.equal(told.includes(`Try ${name}:`), name !== off, name);
      }
      const members = JSON.parse(readFileSync(join(data, 'credentials.json'), 'utf8')) as object;
      assert.equal(Object.keys(members).length, 4, 'three dialects and the admin API');
    } finally {
      await server.close();
    }
  });
}

test('nothing is asked of the configuration for what is off', async () => {
  const warnings = async (name: string, switches: string): Promise<string[]> => {
    const { server, lines } = await start(name, `[dialects]\n${switches}`);
    await server.close();
    return lines.map((line) => (JSON.parse(line) as { msg: string }).msg).filter((msg) => msg.includes('BR 6.1.1.3'));
  };
  const [warning, ...others] = await warnings('one', 'cpanel = false\n');
  assert.match(warning ?? '', /^wp-engine /);
  assert.deepEqual(others, []);
  assert.deepEqual(await warnings('none', 'cpanel = false\nwp-engine = false\n'), []);
});

test('with all of them off the rest is served', async () => {
  const toml = `[dialects]\n${DIALECTS.map((name) => `${name} = false\n`).join('')}`;
  const { server, config, data, admin, call } = await start('all', toml);
  try {
    const { url, database, dialects, credentials } = server;
    const told = greeting({ url, data, database, dialects, credentials, sandbox: false, tls: false });
    assert.match(told, /APIs +none: all are off in \[dialects\]/);
    assert.equal((await admin<Listed<object>>('/accounts')).total, 1);
    for (const path of ['/docs', '/readyz', '/']) assert.equal((await call(path, {})).status, 200, path);
  } finally {
    await server.close();
  }
  // Each still says how its orders are asked for again.
  const foundation = await openFoundation(config, pino({ level: 'silent' }));
  assert.deepEqual(
    foundation.dialects.map(({ name }) => name),
    DIALECTS,
  );
  await foundation.close();
});

const PERSON = {
  first_name: 'Ada',
  last_name: 'Lovelace',
  job_title: 'Manager',
  email: 'ada@example.com',
  telephone: '801-555-0100',
};
const COMPANY = {
  name: 'Later Works, Inc.',
  address: '1 Main Street',
  zip: '84043',
  city: 'Lehi',
  state: 'Utah',
  country: 'us',
  telephone: '801-555-0100',
  organization_contact: PERSON,
};

test('orders of what is off now are vetted and issued, and go on by themselves', async (t) => {
  const toml = '[sandbox]\nenabled = true\n';
  const before = await start('goes-on', toml);
  t.after(() => before.server.close());
  const { digicert, wpEngine } = before.credentials;
  const devkey = { 'x-dc-devkey': digicert.apiKey };
  const { id } = (await before.call('/services/v2/organization', devkey, COMPANY)).json<{ id: number }>();
  const ordered = await before.call('/services/v2/order/certificate/ssl_securesite_pro', devkey, {
    certificate: { common_name: `www.${digicert.readyDomain}`, csr: newCsr(null), signature_hash: 'sha256' },
    organization: { id, contacts: [{ ...PERSON, contact_type: 'organization_contact' }] },
    order_validity: { years: 1 },
  });
  assert.equal(ordered.status, 201, ordered.text);
  const authorization = `Basic ${btoa(`${wpEngine.userId}:${wpEngine.password}`)}`;
  const path = `/v1/installs/${wpEngine.installId}/domains/${wpEngine.domains[0]?.id}/ssl_certificate`;
  const holder = { email_address: 'ada@example.com', given_name: 'Ada', family_name: 'Byron', region_code: 'US' };
  const hosted = await before.call(path, { authorization }, holder);
  assert.equal(hosted.status, 202, hosted.text);
  const [first, ...more] = (await before.admin<Listed<Certificate>>('/certificates')).items;
  assert.ok(first !== undefined && more.length === 0, 'the other waits to be vetted');
  await before.server.close();
  await age(before.config, first.id);

  const { server, admin, call } = await start('goes-on', `${toml}[dialects]\ndigicert = false\nwp-engine = false\n`);
  try {
    assert.equal((await call('/services/v2/user/me', devkey)).status, 404);
    assert.equal((await call(path, { authorization })).status, 404);
    await admin(`/organizations/${id}/validate`, { level: 'OV', evidence: 'register' });
    const isLater = (one: Certificate): boolean => one.orderId === first.orderId && one.id !== first.id;
    let all = await admin<Listed<Certificate>>('/certificates');
    for (let looks = 0; looks < 600 && !(all.total === 3 && all.items.some(isLater)); looks += 1) {
      // Its jobs run on the system's clock.
      await pause(50);
      all = await admin<Listed<Certificate>>('/certificates');
    }
    assert.deepEqual([all.total, all.items.filter(isLater).length], [3, 1]);
    const installed = await admin<Listed<{ certificateId: number }>>('/hostnames?dialect=wp-engine');
    assert.ok(installed.items.some(({ certificateId }) => certificateId === all.items.find(isLater)?.id));
  } finally {
    await server.close();
  }
});
