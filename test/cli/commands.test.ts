import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock, systemRandom } from '../../src/serve/system.ts';
import { openStore } from '../../src/store/open.ts';
import { SAMPLES } from '../store/samples.ts';

const folder = mkdtempSync(join(tmpdir(), 'chancery-cli-'));
const data = join(folder, 'data');
after(() => rmSync(folder, { recursive: true }));

interface Ran {
  code: number | null;
  out: string;
  err: string;
}

function chancery(args: readonly string[], environment: Record<string, string> = {}): Ran {
  const ran = spawnSync(process.execPath, ['bin/chancery', ...args], {
    encoding: 'utf8',
    env: { ...process.env, DATABASE_URL: '', ...environment },
  });
  return { code: ran.status, out: ran.stdout, err: ran.stderr };
}

/** The JSON of a command that must succeed. */
function json<T>(args: readonly string[]): T {
  const { code, out, err } = chancery([...args, '--data', data, '--json']);
  assert.equal(code, 0, err);
  return JSON.parse(out) as T;
}

before(() => {
  const made = json<{ database: string; credentials: string }>(['init']);
  assert.equal(made.database, 'sqlite');
  assert.equal(statSync(made.credentials).mode & 0o777, 0o600);
});

test('a second init changes nothing', () => {
  assert.equal(json<{ credentials: string | null }>(['init']).credentials, null);
});

test('accounts are opened, credited, locked and listed', () => {
  const made = json<{ handle: string; balance: number }>(['accounts', 'create', 'acme', '--balance', '12.50']);
  assert.deepEqual([made.handle, made.balance], ['acme', 1_250]);
  const less = ['accounts', 'credit', 'acme', '--data', data, '--json', '--', '-2.05'];
  assert.equal((JSON.parse(chancery(less).out) as { balance: number }).balance, 1_045);
  assert.equal(json<{ state: string }>(['accounts', 'lock', 'acme']).state, 'locked');
  assert.deepEqual(
    json<{ handle: string }[]>(['accounts', 'list']).map(({ handle }) => handle),
    ['demo', 'acme'],
  );
  const plain = chancery(['accounts', 'list', '--data', data]).out;
  assert.match(plain, /^HANDLE +NAME +BALANCE/);
  assert.match(plain, /acme +acme +10\.45 EUR/);
});

test('keys are made, listed without secrets, and revoked once', () => {
  const made = json<{ id: number; credentials: { apiKey: string } }>([
    'keys',
    'create',
    '--account',
    'demo',
    '--dialect',
    'realtime-register',
  ]);
  assert.ok(made.credentials.apiKey.length >= 43);
  const listed = chancery(['keys', 'list', '--data', data, '--json']).out;
  assert.ok(!listed.includes(made.credentials.apiKey) && !listed.includes('secretHash'));
  assert.notEqual(json<{ revokedAt: string | null }>(['keys', 'revoke', String(made.id)]).revokedAt, null);
  assert.deepEqual(chancery(['keys', 'revoke', String(made.id), '--data', data]).code, 1);
});

test('websites are made with their names, which the operator vouches for, and end', () => {
  const account = ['--account', 'demo', '--dialect', 'wp-engine'];
  const names = ['--hostname', 'cli.test', 'www.cli.test'];
  type Website = { id: number; uid: string; hostnames: { id: number; name: string; verifiedAt: string | null }[] };
  const made = json<Website>(['websites', 'create', 'clishop', ...account, '--group', 'Cli', ...names]);
  assert.deepEqual(
    made.hostnames.map(({ name, verifiedAt }) => [name, verifiedAt]),
    [
      ['cli.test', null],
      ['www.cli.test', null],
    ],
  );
  const [first] = made.hostnames;
  assert.equal(typeof json<{ verifiedAt: string }>(['websites', 'vouch', String(first?.id)]).verifiedAt, 'string');
  const more = json<{ name: string }[]>([
    'websites',
    'add-hostnames',
    String(made.id),
    '--hostname',
    'more.test',
    '--proved',
  ]);
  assert.equal(more[0]?.name, 'more.test');
  assert.equal(json<{ name: string }>(['websites', 'remove-hostname', String(first?.id)]).name, 'cli.test');
  const plain = chancery(['websites', 'list', '--data', data]).out;
  assert.match(plain, /clishop +www\.cli\.test \(\d+\), more\.test \(\d+\)/);
  assert.match(plain, /readysite +wp\.ready\.test/);
  assert.equal(chancery(['websites', 'create', 'clishop', ...account, '--data', data]).code, 1);
  assert.equal(chancery(['websites', 'create', 'x', '--account', 'demo', '--dialect', 'digicert']).code, 2);
  const bare = chancery([
    'websites',
    'create',
    'bare.test',
    '--account',
    'demo',
    '--dialect',
    'cpanel',
    '--data',
    data,
  ]);
  const [, id] = /serves no name yet: chancery websites add-hostnames (\d+) --hostname NAME\n$/.exec(bare.out) ?? [];
  assert.equal(json<{ name: string }[]>(['websites', 'add-hostnames', id ?? '', '--hostname', 'bare.test']).length, 1);
  assert.equal(json<{ uid: string }>(['websites', 'delete', String(made.id)]).uid, made.uid);
  assert.ok(!chancery(['websites', 'list', '--data', data]).out.includes('clishop'));
});

test('without an issuer outside, the way to one is told', () => {
  const file = join(folder, 'plain.toml');
  writeFileSync(file, '');
  assert.match(chancery(['issuers', 'list', '--data', data]).out, /^no issuer outside: no configuration file is read/);
  const asked = chancery(['issuers', 'check', 'letsencrypt', '--data', data]);
  assert.equal(asked.code, 1);
  assert.match(
    asked.err,
    /There is no issuer letsencrypt in the configuration; no configuration file is read, .*--config/,
  );
  const configured = chancery(['issuers', 'list', '--data', data, '--config', file]).out;
  assert.match(configured, /^no issuer outside: docs\/configuration\.md, \[issuers\.NAME\]/);
});

test('a credential of two words is made, and one of the kind that is asked for', () => {
  const ask = ['keys', 'create', '--account', 'demo', '--dialect'];
  const { credentials } = json<{ credentials: Record<string, string> }>([...ask, 'wp-engine']);
  assert.deepEqual(Object.keys(credentials), ['userId', 'password']);
  const password = json<{ credentials: Record<string, string> }>([...ask, 'cpanel', '--kind', 'password']).credentials;
  assert.ok('password' in password && !('token' in password));
  assert.equal(chancery([...ask, 'cpanel', '--kind', 'badge', '--data', data]).code, 2);
});

test('mistakes end with 2 and say what is meant', () => {
  const cases: [string[], RegExp][] = [
    [['doctr'], /did you mean doctor\?/],
    [['accounts', 'create', '--data', data], /missing required argument 'handle'/],
    [['keys', 'create', '--account', 'demo', '--dialect', 'nope', '--data', data], /Allowed choices/],
    [['serve', '--listen', 'nowhere', '--data', data], /listen must be HOST:PORT/],
    [['serve', '--config', join(folder, 'none.toml')], /cannot be read/],
  ];
  for (const [args, message] of cases) {
    const { code, err, out } = chancery(args);
    assert.match(err, message);
    assert.equal(out, '');
    assert.ok(code === 2 || (code === 1 && args.includes('--config')), `${args.join(' ')}: ${code}`);
  }
});

test('a mistyped data directory is told, and stays what it was', () => {
  const none = join(folder, 'dta');
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  const out = join(folder, 'none.backup');
  const commands = [
    ['orders', 'list'],
    ['doctor'],
    ['ca', 'show'],
    ['accounts', 'create', 'acme'],
    ['requests', 'pass-check', '1', '--check', 'agreement', '--evidence', 'none'],
    ['migrate'],
    ['backup', '--out', out],
  ];
  for (const args of commands) {
    const missing = chancery([...args, '--data', none]);
    const wanted = `chancery: There is no data directory at ${none}: check --data, or begin with chancery init\n`;
    assert.deepEqual([missing.code, missing.out, missing.err], [2, '', wanted], args.join(' '));
    assert.ok(!existsSync(none));
  }
  const bare = chancery(['orders', 'list', '--data', empty]);
  assert.equal(bare.code, 2);
  assert.match(bare.err, /^chancery: There is no database in .*empty: check --data, or begin with chancery init\n$/);
  assert.deepEqual(readdirSync(empty), []);
  assert.ok(!existsSync(out));
});

test('no new key is made for a database that has one, wherever that is', () => {
  const keyless = join(folder, 'keyless');
  mkdirSync(keyless);
  copyFileSync(join(data, 'chancery.sqlite'), join(keyless, 'chancery.sqlite'));
  const beside = chancery(['ca', 'show', '--data', keyless]);
  // Nothing listens there: it is not asked.
  const remote = chancery(['ca', 'show', '--data', keyless], { DATABASE_URL: 'postgres://127.0.0.1:9/none' });
  for (const { code, err } of [beside, remote]) {
    assert.equal(code, 2);
    assert.match(err, /^chancery: There is no key file at .*secret\.key: check --data, put the file back, or begin/);
  }
  assert.deepEqual(readdirSync(keyless), ['chancery.sqlite']);
});

test('help is there for every command, with examples and exit codes', () => {
  assert.match(chancery(['--help']).out, /Exit codes:\n {2}0 {2}done/);
  assert.match(chancery(['keys', 'create', '--help']).out, /Examples:\n {2}\$ chancery keys create/);
});

test('the CA is shown, exported and backed up in a new private file', () => {
  const [root, intermediate] = json<{ name: string; subject: string }[]>(['ca', 'show']);
  assert.deepEqual([root?.name, intermediate?.name], ['root', 'intermediate']);
  const chain = chancery(['ca', 'export', 'chain', '--data', data]).out;
  assert.equal(chain.match(/BEGIN CERTIFICATE/g)?.length, 2);
  const file = join(folder, 'ca.json');
  const backup = () =>
    chancery(['ca', 'backup', '--out', file, '--data', data], { CHANCERY_BACKUP_PASSPHRASE: 'correct horse battery' });
  assert.equal(backup().code, 0);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.match(backup().err, /EEXIST/, 'an existing file is not overwritten');
  const short = chancery(['ca', 'backup', '--out', join(folder, 's'), '--data', data], {
    CHANCERY_BACKUP_PASSPHRASE: 'short',
  });
  assert.match(short.err, /at least 12/);
});

test('doctor is content with a sound directory, and names each fault with exit code 3', async () => {
  assert.equal(json<{ healthy: boolean }>(['doctor']).healthy, true);
  const faulty = join(folder, 'faulty');
  assert.equal(chancery(['init', '--data', faulty]).code, 0);
  const store = await openStore({ directory: faulty, clock: systemClock, random: systemRandom });
  await store.transact(async (unit) => {
    await unit.update('auditEvents', 2, { action: 'nothing.happened' });
    const [key] = await unit.find('caKeys', { name: 'root' });
    assert.ok(key);
    const encryptedKey = Uint8Array.from(key.encryptedKey, (octet, index) => (index === 20 ? octet ^ 1 : octet));
    await unit.update('caKeys', key.id, { encryptedKey });
  });
  await store.close();
  chmodSync(join(faulty, 'secret.key'), 0o644);
  const { code, out } = chancery(['doctor', '--data', faulty, '--json']);
  assert.equal(code, 3);
  const { findings } = JSON.parse(out) as { findings: { check: string; faults: string[] }[] };
  const faults = Object.fromEntries(
    findings.filter((one) => one.faults.length > 0).map((one) => [one.check, one.faults]),
  );
  assert.deepEqual(Object.keys(faults), ['files', 'audit', 'ca']);
  assert.match(String(faults['files']), /secret\.key can be read by others/);
  assert.match(String(faults['audit']), /broken at event 2/);
  assert.match(String(faults['ca']), /ca-key:root/);
});

test('an organization is vetted for EV by two different people', async () => {
  const store = await openStore({ directory: data, clock: systemClock, random: systemRandom });
  const [account] = await store.find('accounts', { handle: 'demo' });
  const organizationId = await store.transact(async (unit) => {
    const id = unit.newId('organizations');
    const nobodyYet = {
      state: 'waiting',
      level: null,
      collectedBy: null,
      confirmedBy: null,
      validatedAt: null,
    } as const;
    unit.insert('organizations', { ...SAMPLES.organizations(id), accountId: account?.id ?? 0, ...nobodyYet });
    return id;
  });
  await store.close();
  const id = String(organizationId);
  const validate = ['organizations', 'validate', id, '--level', 'EV', '--evidence', 'register extract', '--as', 'ann'];
  assert.equal(json<{ state: string }>(validate).state, 'waiting');
  const same = chancery(['organizations', 'confirm', id, '--as', 'ann', '--data', data]);
  assert.equal(same.code, 1);
  assert.match(same.err, /Somebody else/);
  assert.equal(json<{ state: string }>(['organizations', 'confirm', id, '--as', 'ben']).state, 'valid');
});

test('an order is shown with the last look at the proof of each domain', async () => {
  const store = await openStore({ directory: data, clock: systemClock, random: systemRandom });
  const message = 'There is no TXT record';
  const orderId = await store.transact(async (unit) => {
    const order = { ...SAMPLES.orders(unit.newId('orders')), commonName: 'look.test' };
    const request = { ...SAMPLES.requests(unit.newId('requests')), orderId: order.id, certificateId: null };
    const validation = {
      ...SAMPLES.validations(unit.newId('validations')),
      requestId: request.id,
      domain: 'look.test',
    };
    const about = { requestId: request.id, validationId: validation.id, kind: 'domain', outcome: 'not-found' } as const;
    unit.insert('orders', order);
    unit.insert('requests', request);
    unit.insert('validations', validation);
    unit.insert('attempts', { ...SAMPLES.attempts(unit.newId('attempts')), ...about, message });
    return order.id;
  });
  await store.close();
  type Shown = { validations: { domain: string; nextAttemptAt: string; lastLook: { message: string } }[] };
  const { validations } = json<Shown>(['orders', 'show', String(orderId)]);
  assert.deepEqual(
    validations.map(({ domain, lastLook }) => [domain, lastLook.message]),
    [['look.test', message]],
  );
  const { out } = chancery(['orders', 'show', String(orderId), '--data', data]);
  assert.match(out, /^domain +look\.test$/m);
  assert.match(out, /^last look +20\S+Z not-found: There is no TXT record$/m);
});

test('webhooks are set, listed without their key, and removed', () => {
  const owner = ['--account', 'demo', '--dialect', 'realtime-register'];
  const made = json<{ signingKey: string }>(['webhooks', 'set', 'http://127.0.0.1:9/hook', ...owner]);
  assert.equal(Buffer.from(made.signingKey, 'base64').length, 32);
  const listed = json<object[]>(['webhooks', 'list']);
  assert.equal(listed.length, 1);
  assert.ok(!JSON.stringify(listed).includes('Key'));
  const config = join(folder, 'strict.toml');
  writeFileSync(config, '');
  const plain = chancery(['webhooks', 'set', 'http://127.0.0.1:9/hook', ...owner, '--data', data, '--config', config]);
  assert.equal(plain.code, 2, 'outside the sandbox a webhook needs TLS');
  json(['webhooks', 'remove', ...owner]);
  assert.deepEqual(json<object[]>(['webhooks', 'list']), []);
});

test('a backup of a directory fills an empty one, which the doctor finds sound with the key file', () => {
  const file = join(folder, 'all.backup');
  const made = json<{ rows: Record<string, number>; chain: { events: number } }>(['backup', '--out', file]);
  assert.equal(made.rows['accounts'], 2);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(chancery(['backup', '--out', file, '--data', data]).code, 1, 'an existing file is not overwritten');
  const other = join(folder, 'restored');
  const { code, out } = chancery(['restore', file, '--data', other]);
  assert.equal(code, 0);
  assert.match(out, /put the key file .* at .*secret\.key/);
  copyFileSync(join(data, 'secret.key'), join(other, 'secret.key'));
  const doctor = chancery(['doctor', '--data', other]);
  assert.equal(doctor.code, 0, doctor.out);
  assert.match(chancery(['restore', file, '--data', other]).err, /not empty/);
  assert.equal(json<{ database: string }>(['migrate']).database, 'sqlite');
});
