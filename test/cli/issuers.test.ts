import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { openAcme } from '../../src/issuers/acme/issuer.ts';
import { accountOf } from '../../src/issuers/acme/step.ts';
import { openFoundation } from '../../src/serve/foundation.ts';
import { createLogger } from '../../src/serve/logger.ts';
import { namesOf } from '../../src/serve/names.ts';
import { acmeParts } from '../../src/serve/outside-issuers.ts';
import { type AcmeServer, startAcmeServer } from '../support/acme-server/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'chancery-issuers-'));
const config = join(folder, 'chancery.toml');
const data = join(folder, 'data');
let ca: AcmeServer;

before(async () => {
  const profiles = { classic: { description: '90 days', days: 90 } };
  ca = await startAcmeServer({ tls: true, meta: { profiles, termsOfService: 'https://ca.test/terms' } });
  writeFileSync(join(folder, 'ca.pem'), ca.tlsRoot as string);
  writeFileSync(
    config,
    `[responder]
http = "127.0.0.1:0"
[issuers.scripted]
kind = "acme"
directory = "${ca.directoryUrl}"
contacts = ["ops@desk.test"]
termsAgreed = true
trustedCa = "ca.pem"
allowedRanges = ["127.0.0.0/8", "::1/128"]
`,
  );
});
after(async () => {
  await ca.close();
  rmSync(folder, { recursive: true });
});

/** Not `spawnSync`: the CA lives in this process. */
async function chancery(args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ['bin/chancery', ...args, '--config', config, '--data', data], {
    env: { ...process.env, DATABASE_URL: '' },
  });
  const text = { out: '', err: '' };
  child.stdout.on('data', (bytes: Buffer) => (text.out += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (text.err += bytes.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, ...text };
}

async function json<T>(args: readonly string[]): Promise<T> {
  const { code, out, err } = await chancery([...args, '--json']);
  assert.equal(code, 0, err);
  return JSON.parse(out) as T;
}

/** As the first order does. */
async function makeAccount(): Promise<void> {
  const loaded = loadConfig({ file: config, data, environment: {} });
  const foundation = await openFoundation(loaded, createLogger('silent'));
  try {
    const issuer = loaded.issuers['scripted'];
    assert.ok(issuer !== undefined);
    await accountOf(openAcme(acmeParts(foundation, issuer, { board: null, names: namesOf(loaded) })));
  } finally {
    await foundation.close();
  }
}

test('issuers are listed, checked, and their accounts changed and retired', async () => {
  await json(['init']);
  assert.deepEqual(await json(['issuers', 'list']), [
    { name: 'scripted', directory: ca.directoryUrl, account: null, keyAlgorithm: null, keyChange: false, since: null },
  ]);
  const before = await json<Record<string, unknown>>(['issuers', 'check', 'scripted']);
  assert.deepEqual(
    [before['account'], before['profiles'], before['termsOfService'], before['renewalInfo'], before['faults']],
    [null, ['classic'], 'https://ca.test/terms', true, []],
  );
  assert.equal(ca.accounts.length, 0);
  const early = await chancery(['issuers', 'change-key', 'scripted']);
  assert.equal(early.code, 1);
  assert.match(early.err, /has no account .* yet; its first order makes one/);

  await makeAccount();
  const [listed] = await json<{ account: string; keyAlgorithm: string }[]>(['issuers', 'list']);
  assert.deepEqual([listed?.account, listed?.keyAlgorithm], [ca.accounts[0]?.url, 'ES256']);
  const { thumbprint } = await json<{ thumbprint: string }>(['issuers', 'change-key', 'scripted', '--type', 'P-384']);
  assert.equal(ca.accounts[0]?.thumbprint, thumbprint);
  assert.equal((await json<{ keyAlgorithm: string }[]>(['issuers', 'list']))[0]?.keyAlgorithm, 'ES384');
  await json(['issuers', 'update', 'scripted']);
  assert.deepEqual(ca.accounts[0]?.contact, ['mailto:ops@desk.test']);

  const doctor = JSON.parse((await chancery(['doctor', '--json'])).out) as {
    findings: { check: string; faults: string[] }[];
  };
  assert.deepEqual(doctor.findings.find(({ check }) => check === 'issuers')?.faults, [], JSON.stringify(doctor));
  await json(['issuers', 'retire', 'scripted']);
  assert.equal(ca.accounts[0]?.status, 'deactivated');
  assert.equal((await json<{ account: string | null }[]>(['issuers', 'list']))[0]?.account, null);
  const plain = await chancery(['issuers', 'list']);
  assert.match(plain.out, /^NAME +DIRECTORY +ACCOUNT +KEYALGORITHM\nscripted +https:\/\/localhost/);
});

test('a name that is not configured, and a CA that does not answer, are told', async () => {
  const unknown = await chancery(['issuers', 'check', 'toString']);
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /There is no issuer toString in the configuration; there are scripted/);
  ca.script.rules.push({
    at: 'directory',
    trouble: { kind: 'answer', answer: { status: 503, headers: {}, body: '' } },
    times: 2,
  });
  const away = await chancery(['issuers', 'check', 'scripted']);
  assert.equal(away.code, 1);
  assert.match(away.err, /localhost:\d+: status 503/);
  const doctor = await chancery(['doctor']);
  assert.equal(doctor.code, 3);
  assert.match(doctor.out, /FAULT +issuers +scripted\n +scripted: localhost:\d+: status 503/);
});
