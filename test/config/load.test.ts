import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { DeskError } from '../../src/core/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'chancery-config-'));
after(() => rmSync(folder, { recursive: true }));

let count = 0;
function file(text: string): string {
  const path = join(folder, `c${count++}.toml`);
  writeFileSync(path, text);
  return path;
}

/** The complaints about a text, without the folder. */
function complaints(text: string): string[] {
  const path = file(text);
  try {
    loadConfig({ file: path });
  } catch (error) {
    assert.ok(error instanceof DeskError);
    assert.equal(error.kind, 'invalid-value');
    return error.message.split('\n').map((line) => line.replace(path, 'FILE'));
  }
  return [];
}

test('without a file the defaults hold and the sandbox is on', () => {
  const config = loadConfig();
  assert.deepEqual(config.listen, { host: '127.0.0.1', port: 8480 });
  assert.equal(config.sandbox.enabled, true);
  assert.equal(config.accounts.startBalance, 10_000_000);
  assert.equal(config.accounts.freeOrdersPerDay, 0);
  assert.equal(config.rateLimits.perSecond, 0);
  assert.equal(config.ca.profile, 'public');
  assert.equal(config.keyFile, join(process.cwd(), 'data', 'secret.key'));
});

test('with a file the sandbox is off unless asked for', () => {
  const plain = loadConfig({ file: file('') });
  assert.equal(plain.sandbox.enabled, false);
  assert.equal(plain.accounts.startBalance, 0);
  assert.equal(plain.accounts.freeOrdersPerDay, 200);
  assert.equal(loadConfig({ file: file('[accounts]\nfreeOrdersPerDay = 0') }).accounts.freeOrdersPerDay, 0);
  assert.equal(plain.rateLimits.perSecond, 100);
  assert.equal(loadConfig({ file: file('[sandbox]\nenabled = true') }).sandbox.enabled, true);
});

test('the command line wins over the file, and paths in the file are relative to it', () => {
  const path = file('listen = "0.0.0.0:443"\ndata = "kept"\n[ca]\nkeyFile = "k"');
  assert.equal(loadConfig({ file: path }).data, join(folder, 'kept'));
  assert.equal(loadConfig({ file: path }).keyFile, join(folder, 'k'));
  const config = loadConfig({ file: path, listen: '[::1]:0', data: '/x', tls: true });
  assert.deepEqual(config.listen, { host: '::1', port: 0 });
  assert.equal(config.data, '/x');
  assert.equal(config.tls.enabled, true);
});

test('the file may be named by the environment, where the secrets are', () => {
  const environment = {
    CHANCERY_CONFIG: file('publicUrl = "https://desk.example/"'),
    CHANCERY_DATA: '/kept',
    DATABASE_URL: 'postgres://x',
    CHANCERY_PASSPHRASE: 'p',
    CHANCERY_SMTP_PASSWORD: '',
  };
  const config = loadConfig({ environment });
  assert.equal(config.publicUrl, 'https://desk.example');
  assert.equal(config.data, '/kept');
  assert.deepEqual(config.secrets, {
    databaseUrl: 'postgres://x',
    passphrase: 'p',
    smtpPassword: null,
    paymentSecret: null,
  });
});

test('what was read is frozen through and through', () => {
  const config = loadConfig();
  assert.throws(() => Object.assign(config, { data: '/x' }), TypeError);
  assert.throws(() => (config.ca.caIdentifiers as string[]).push('x'), TypeError);
});

test('every mistake is told with its line and the nearest known key', () => {
  assert.deepEqual(
    complaints(`# a comment
listn = "x"
[ca]
profil = "public"
keyAlgorithm = "P-521"
[[products]]
id = "dv-single"
[[products]]
id = "dv-multi"
periodes = [12]
[validation]
dnsTimeout = "4"
allowedRanges = ["10.0.0.0"]
[mail]
port = 25
[zebra]
a = 1
`),
    [
      'FILE:2: listn is not known; did you mean listen?',
      'FILE:4: ca.profil is not known; did you mean profile?',
      'FILE:5: ca.keyAlgorithm must be one of "P-256"|"RSA-2048"|"RSA-3072"|"RSA-4096"',
      'FILE:10: products[1].periodes is not known; did you mean periods?',
      'FILE:12: validation.dnsTimeout is wrong: expected number, received string',
      'FILE:13: validation.allowedRanges[0] must be an address range in CIDR form, such as 10.0.0.0/8',
      'FILE:14: mail.from is missing',
      'FILE:14: mail.host is missing',
      'FILE:16: zebra is not known',
    ],
  );
});

test('a text that is not TOML is refused with the line', () => {
  assert.match(complaints('listen = "a:1"\n[ca\n')[0] ?? '', /^FILE:2: is not TOML: /);
});

test('a file that is not there is told by name', () => {
  assert.throws(() => loadConfig({ file: '/nowhere/x.toml' }), /\/nowhere\/x\.toml cannot be read/);
});

test('a public profile cannot be relaxed, a private one can', () => {
  assert.deepEqual(complaints('[ca]\nvalidityDays = 400\ninternalNames = ["corp"]'), [
    'FILE:2: ca.validityDays relaxes the Baseline Requirements, which needs profile = "private" in [ca]',
    'FILE:3: ca.internalNames relaxes the Baseline Requirements, which needs profile = "private" in [ca]',
  ]);
  assert.equal(loadConfig({ file: file('[ca]\nprofile = "private"\nvalidityDays = 400') }).ca.validityDays, 400);
});

test('products can be changed and added, and a new one must be whole', () => {
  const { catalogue } = loadConfig({
    file: file(
      '[[products]]\nid = "dv-single"\nmaxNames = 2\npricesByCurrency.CHF = { base = 1, extraName = 2, extraWildcard = 3 }',
    ),
  });
  assert.equal(catalogue.get('dv-single')?.maxNames, 2);
  assert.equal(catalogue.get('dv-single')?.level, 'DV');
  assert.deepEqual(catalogue.get('dv-single')?.pricesByCurrency, { CHF: { base: 1, extraName: 2, extraWildcard: 3 } });
  const [missing] = complaints('[ca]\n[[products]]\nid = "mine"\nname = "Mine"\n');
  assert.match(missing ?? '', /^FILE:2: product mine is new, so it also needs: level, names, /);
  const [mistyped] = complaints('[[products]]\nid = "dv-singel"\nissuers = ["embedded"]\n');
  assert.match(mistyped ?? '', /^FILE:1: product dv-singel is new \(or did you mean dv-single\?\), so it also needs: /);
});

test('an address to listen on must be whole', () => {
  for (const listen of ['localhost', '127.0.0.1:', ':80', '127.0.0.1:99999', '1:2:3']) {
    assert.throws(() => loadConfig({ listen }), /^DeskError: command line: listen /, listen);
  }
});
