import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { DeskError } from '../../src/core/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'chancery-outside-'));
after(() => rmSync(folder, { recursive: true }));

let count = 0;
type Environment = Record<string, string>;

function load(text: string, environment: Environment = {}) {
  const path = join(folder, `c${count++}.toml`);
  writeFileSync(path, text);
  return loadConfig({ file: path, environment });
}

/** The complaints about a text, without file and line. */
function complaints(text: string, environment: Environment = {}): string[] {
  try {
    load(text, environment);
  } catch (error) {
    assert.ok(error instanceof DeskError && error.kind === 'invalid-value', String(error));
    return error.message.split('\n').map((line) => line.replace(/^[^ ]+ /, ''));
  }
  return [];
}

const issuer = (lines = '', name = 'le') =>
  `[issuers.${name}]\nkind = "acme"\ndirectory = "https://ca.example/directory"\ntermsAgreed = true\n${lines}\n`;
const HTTP = '[responder]\nhttp = "0.0.0.0:80"\n';

test('an issuer outside has every default filled in', () => {
  const { issuers, responder } = load(issuer() + HTTP);
  assert.deepEqual(issuers, {
    le: {
      name: 'le',
      kind: 'acme',
      directory: 'https://ca.example/directory',
      contacts: [],
      termsAgreed: true,
      challenges: ['http-01'],
      profile: null,
      preferredChain: null,
      externalAccount: null,
      allowedOrigins: [],
      trustedCa: null,
      allowedRanges: [],
      limits: {},
      keyAlgorithm: 'P-256',
      timeout: 30,
    },
  });
  assert.deepEqual(responder, {
    http: { host: '0.0.0.0', port: 80 },
    tlsAlpn: null,
    dns: null,
    rfc2136: null,
    dnsWebhook: null,
  });
});

test('everything can be said of it, the secret in the environment', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  writeFileSync(join(folder, 'ca.pem'), pem);
  const text = issuer(
    [
      'contacts = ["ops@example.com", "mailto:ca@example.com"]',
      'challenges = ["dns-01", "tls-alpn-01"]',
      'profile = "shortlived"',
      'preferredChain = "ISRG Root X1"',
      'eabKeyId = "kid-1"',
      'allowedOrigins = ["https://acme.example:8443/"]',
      'trustedCa = "ca.pem"',
      'allowedRanges = ["10.0.0.0/8"]',
      'limits = { ordersPerAccount = "300 per 3 hours", certificatesPerDomain = "none" }',
      'keyAlgorithm = "RSA-2048"',
    ].join('\n'),
    'zero-ssl',
  );
  const responder =
    '[responder]\ntlsAlpn = "[::]:443"\n[responder.dns]\nlisten = "[::]:53"\nzone = "ACME.Example.NET."\n';
  const config = load(text + responder, { CHANCERY_EAB_ZERO_SSL: 'c2VjcmV0' });
  const one = config.issuers['zero-ssl'];
  assert.deepEqual(one?.externalAccount, { keyId: 'kid-1', key: 'c2VjcmV0' });
  assert.deepEqual(one?.contacts, ['mailto:ops@example.com', 'mailto:ca@example.com']);
  assert.deepEqual(one?.allowedOrigins, ['https://acme.example:8443']);
  assert.equal(one?.trustedCa, pem);
  assert.deepEqual(one?.limits, { ordersPerAccount: { most: 300, seconds: 10_800 }, certificatesPerDomain: null });
  assert.deepEqual(config.responder.dns, {
    listen: { host: '::', port: 53 },
    zone: 'acme.example.net',
    nameServers: [],
    addresses: [],
  });
  assert.ok(Object.isFrozen(config.issuers['zero-ssl']));
});

test('each way of publishing has its own secret', () => {
  const update = '[responder.rfc2136]\nserver = "10.0.0.1:53"\nzones = ["example.com"]\nkeyName = "desk key"\n';
  const hook = '[responder.dnsWebhook]\nurl = "https://hook.example/dns"\n';
  assert.deepEqual(complaints(update), ['responder.rfc2136.keyName must be the name of a key, such as tsig-key']);
  const named = update.replace('desk key', 'TSIG-Key.');
  assert.deepEqual(complaints(named + hook), [
    'responder.rfc2136 needs a secret: set CHANCERY_TSIG_SECRET in the environment',
    'responder.dnsWebhook needs a secret: set CHANCERY_DNS_WEBHOOK_SECRET in the environment',
  ]);
  const secrets = { CHANCERY_TSIG_SECRET: 'dHNpZw==', CHANCERY_DNS_WEBHOOK_SECRET: 'hook' };
  const { responder } = load(named + hook, secrets);
  // As `tsig-keygen` names its keys: one label.
  assert.equal(responder.rfc2136?.keyName, 'tsig-key');
  assert.equal(responder.rfc2136?.secret, 'dHNpZw==');
  assert.equal(responder.rfc2136?.algorithm, 'hmac-sha256');
  assert.equal(responder.dnsWebhook?.secret, 'hook');
});

for (const [what, text, wanted] of [
  ['no agreement', issuer().replace('true', 'false') + HTTP, /^issuers\.le\.termsAgreed must be true: the CA asks/],
  ['plain HTTP', issuer().replace('https', 'http') + HTTP, /^issuers\.le\.directory must be an https URL$/],
  [
    'a key that is not known',
    issuer('profil = "x"') + HTTP,
    /^issuers\.le\.profil is not known; did you mean profile\?$/,
  ],
  ['the name of the own CA', issuer('', 'embedded') + HTTP, /embedded is the name of the own CA; choose another/],
  ['another kind', issuer().replace('"acme"', '"est"') + HTTP, /^issuers\.le\.kind is wrong: expected "acme"$/],
  [
    'a limit in other words',
    issuer('limits = { ordersPerAccount = "300/3h" }') + HTTP,
    /ordersPerAccount must be such as/,
  ],
  ['a path in an origin', issuer('allowedOrigins = ["https://a.example/x"]') + HTTP, /must be an origin alone/],
  [
    'nothing that answers',
    issuer('challenges = ["tls-alpn-01"]') + HTTP,
    /names tls-alpn-01, which nothing answers: configure responder\.tlsAlpn$/,
  ],
  [
    'no DNS that answers',
    issuer('challenges = ["http-01", "dns-01"]') + HTTP,
    /names dns-01.*responder\.dns or responder\.rfc2136 or responder\.dnsWebhook$/,
  ],
  [
    'no secret',
    issuer('eabKeyId = "x"') + HTTP,
    /^issuers\.le\.eabKeyId needs its key: set CHANCERY_EAB_LE in the environment/,
  ],
  [
    'no such file',
    issuer('trustedCa = "nowhere.pem"') + HTTP,
    /^issuers\.le\.trustedCa names .*nowhere\.pem, which cannot be read/,
  ],
] as const) {
  test(`complains of ${what}`, () => {
    const [first, ...others] = complaints(text);
    assert.match(first ?? '', wanted);
    assert.deepEqual(others, []);
  });
}

const product = (id: string, issuers: string[]) => `[[products]]\nid = "${id}"\nissuers = ${JSON.stringify(issuers)}\n`;

test('a product names issuers that are there and can sign it', () => {
  const both = ['le', 'embedded'];
  const fine = issuer() + HTTP + product('dv-single', both) + product('dv-multi', both);
  assert.deepEqual(load(fine).catalogue.get('dv-single')?.issuers, both);
  const complaintsOf = (lines: string) => complaints(issuer() + HTTP + lines);
  assert.deepEqual(complaintsOf(product('dv-single', ['letsencrypt'])), [
    'product dv-single: issuer letsencrypt is not configured; there are embedded, le',
  ]);
  assert.deepEqual(complaintsOf(product('ov-single', both)), [
    'product ov-single: issuer le validates domains alone and cannot sign OV',
  ]);
  assert.deepEqual(complaintsOf(product('dv-wildcard', both)), [
    'product dv-wildcard: issuer le cannot sign it: a wildcard needs dns-01 among its challenges',
  ]);
  assert.deepEqual(complaintsOf(product('dv-multi', ['le'])), [
    'product dv-multi: none of its issuers can sign the wildcards that it allows: a wildcard needs dns-01 among its challenges, or the product wildcardsAllowed = false',
  ]);
});

test('the mistake of a product is shown on its line', () => {
  const text = issuer() + HTTP + product('dv-single', ['le']) + product('ev-single', ['le']);
  const line = text.split('\n').findLastIndex((one) => one.startsWith('issuers =')) + 1;
  assert.throws(
    () => load(text),
    (error) => error instanceof DeskError && error.violations[0]?.field.endsWith(`:${line}`) === true,
  );
});
