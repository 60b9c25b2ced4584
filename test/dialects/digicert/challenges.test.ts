import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Random } from '../../../src/core/ports.ts';
import { DAY } from '../../../src/core/time.ts';
import {
  chooserOf,
  choiceFor,
  currentValue,
  DCV_METHODS,
  dcvMethodOf,
  emailChoice,
  newOrderDcv,
  orderDcvExtra,
  orderDcvOf,
  placeOf,
  randomValue,
  readDcvMethod,
  usesToken,
  valueOf,
} from '../../../src/dialects/digicert/challenges.ts';
import { createNamePolicy } from '../../../src/pki/names.ts';

const random: Random = { bytes: (length) => new Uint8Array(randomBytes(length)) };
const names = createNamePolicy({ profile: 'public', allowReserved: [] });
const NOW = Date.parse('2026-11-22T12:00:00Z');

test('a random value is a label that begins with an underscore, and holds 160 bits', () => {
  const values = new Set(Array.from({ length: 1_000 }, () => randomValue(random)));
  assert.equal(values.size, 1_000);
  for (const value of values) assert.match(value, /^_[a-z0-9]{31}$/);
  assert.ok(31 * Math.log2(36) >= 112);
  const letters = new Set([...values].join(''));
  assert.equal(letters.size, 37, 'every letter and digit comes up');
});

test('every letter and digit is equally likely: octets that would favour some are left out', () => {
  const counts = new Map<string, number>();
  for (let start = 0; start < 256; start += 1) {
    const counting: Random = { bytes: (length) => Uint8Array.from({ length }, (_, index) => (start + index) % 256) };
    for (const letter of randomValue(counting).slice(1)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  }
  const [least, most] = [Math.min(...counts.values()), Math.max(...counts.values())];
  assert.ok(most - least < most / 10, `${least} to ${most}`);
});

test('a value counts for 30 days and is replaced then', () => {
  const made = currentValue(null, random, NOW);
  assert.equal(currentValue(made, random, NOW + 30 * DAY - 1), made);
  const next = currentValue(made, random, NOW + 30 * DAY);
  assert.notEqual(next.value, made.value);
  assert.equal(next.madeAt, NOW + 30 * DAY);
});

test('each method puts the value in its place, and is known by it', () => {
  const until = NOW + 30 * DAY;
  const choice = (method: Exclude<(typeof DCV_METHODS)[number], 'email'>) =>
    choiceFor(method, 'example.com', [{ value: '_abc', madeAt: NOW }]);
  assert.deepEqual(choice('dns-txt-token').challenges, [
    { method: 'dns', record: 'TXT', name: 'example.com', value: '_abc', until },
    { method: 'dns', record: 'TXT', name: '_dnsauth.example.com', value: '_abc', until },
  ]);
  assert.deepEqual(choice('dns-cname-token').challenges, [
    { method: 'dns', record: 'CNAME', name: '_abc.example.com', value: 'dcv.digicert.com', until },
  ]);
  assert.deepEqual(choice('http-token').challenges, [
    { method: 'http', host: 'example.com', path: '/.well-known/pki-validation/fileauth.txt', content: '_abc', until },
  ]);
  const [dynamic] = choice('http-token-dynamic').challenges;
  assert.ok(dynamic?.method === 'http' && dynamic.content === '_abc');
  assert.match(dynamic.path, /^\/\.well-known\/pki-validation\/[0-9a-f]{32}\.txt$/);
  assert.ok(!dynamic.path.includes('abc'), 'BR 3.2.2.4.18: the value is not in the request');
  for (const method of DCV_METHODS.filter(usesToken)) {
    assert.equal(dcvMethodOf(choice(method)), method);
    assert.equal(valueOf(choice(method)), '_abc');
  }
  assert.deepEqual(placeOf('dns-cname-token', 'example.com', '_abc'), { verification_value: 'dcv.digicert.com' });
  assert.deepEqual(placeOf('http-token-dynamic', 'example.com', '_abc'), {
    http_token_url: `http://example.com${dynamic.path}`,
  });
  assert.deepEqual(placeOf('dns-txt-token', 'example.com', '_abc'), {});
  assert.deepEqual(placeOf('email', 'example.com', '_abc'), {});
});

test('any of several values will do', () => {
  const { challenges } = choiceFor('http-token', 'example.com', [
    { value: '_a', madeAt: NOW },
    { value: '_b', madeAt: NOW - DAY },
  ]);
  assert.deepEqual(
    challenges.map((one) => one.method === 'http' && [one.content, one.until]),
    [
      ['_a', NOW + 30 * DAY],
      ['_b', NOW + 29 * DAY],
    ],
  );
});

test('mails go to the constructed addresses of the domain, or to those of them that are named', () => {
  const addresses = (choice: ReturnType<typeof emailChoice>) =>
    choice.challenges.map((one) => (one.method === 'email' ? one.address : ''));
  const all = addresses(emailChoice('shop.example.com', names));
  assert.deepEqual(all.toSorted(), [
    'admin@shop.example.com',
    'administrator@shop.example.com',
    'hostmaster@shop.example.com',
    'postmaster@shop.example.com',
    'webmaster@shop.example.com',
  ]);
  const parent = addresses(emailChoice('shop.example.com', names, { emailDomain: 'Example.com' }));
  assert.ok(parent.every((address) => address.endsWith('@example.com')) && parent.length === 5);
  assert.deepEqual(addresses(emailChoice('shop.example.com', names, { emails: ['Admin@Example.COM'] })), [
    'admin@example.com',
  ]);
  for (const bad of [
    { emails: ['somebody@example.com'] },
    { emails: ['admin@example.org'] },
    { emails: ['admin@com'] },
    { emails: ['admin@other.example.com'] },
    { emailDomain: 'example.org' },
    { emailDomain: 'com' },
    { emailDomain: 'shop.example.com', emails: ['admin@example.com'] },
  ]) {
    assert.throws(() => emailChoice('shop.example.com', names, bad), { kind: 'invalid-value' });
  }
});

test('the scope tells where a name is proved; a file proves the exact name alone', () => {
  const plan = { names, value: { value: '_abc', madeAt: NOW } };
  const at = (method: (typeof DCV_METHODS)[number], scope: 'base_domain' | 'fqdn') =>
    chooserOf({ ...plan, method, scope })('a.b.example.co.uk').domain;
  assert.equal(at('dns-txt-token', 'base_domain'), 'example.co.uk');
  assert.equal(at('email', 'base_domain'), 'example.co.uk');
  assert.equal(at('dns-cname-token', 'fqdn'), 'a.b.example.co.uk');
  assert.equal(at('http-token', 'base_domain'), 'a.b.example.co.uk');
  assert.equal(at('http-token-dynamic', 'base_domain'), 'a.b.example.co.uk');
  const domainValues = new Map([['example.co.uk', { value: '_own', madeAt: NOW }]]);
  const { challenges } = chooserOf({ ...plan, method: 'dns-cname-token', scope: 'base_domain', domainValues })(
    'a.example.co.uk',
  );
  assert.deepEqual(
    challenges.map((one) => one.method === 'dns' && one.name),
    ['_abc.example.co.uk', '_own.example.co.uk'],
  );
});

test('what is kept with an order comes back as it was', () => {
  fc.assert(
    fc.property(fc.constantFrom(...DCV_METHODS), fc.constantFrom('base_domain', 'fqdn', null), (method, scope) => {
      const dcv = newOrderDcv(method, random, NOW, scope);
      assert.equal(dcv.value === null, method === 'email');
      assert.deepEqual(orderDcvOf(JSON.parse(JSON.stringify(orderDcvExtra(dcv)))), dcv);
    }),
  );
  assert.deepEqual(orderDcvOf({}), { method: 'email', value: null, scope: null });
  assert.deepEqual(orderDcvOf({ dcvMethod: 'whois', dcvValue: 1 }), { method: 'email', value: null, scope: null });
});

test('only the five methods are methods', () => {
  for (const method of DCV_METHODS) assert.equal(readDcvMethod(method), method);
  for (const bad of ['', 'whois', 'EMAIL', '__proto__', 'dns']) {
    assert.throws(() => readDcvMethod(bad), { kind: 'invalid-value' });
  }
});
