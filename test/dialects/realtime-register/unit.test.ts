import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildCatalogue } from '../../../src/config/catalogue.ts';
import { DeskError } from '../../../src/core/errors.ts';
import { Catalogue, type Product } from '../../../src/core/products.ts';
import { DAY } from '../../../src/core/time.ts';
import { authKeys, randomUniqueValue } from '../../../src/dialects/realtime-register/challenges.ts';
import { matches } from '../../../src/dialects/realtime-register/list-fields.ts';
import { openApi } from '../../../src/dialects/realtime-register/openapi.ts';
import { realtimeRegister, signWebhook } from '../../../src/dialects/realtime-register/plugin.ts';
import { codeFor, productCodes } from '../../../src/dialects/realtime-register/products.ts';
import { readBody } from '../../../src/dialects/realtime-register/read-body.ts';
import * as is from '../../../src/dialects/realtime-register/restrictions.ts';
import { reasonOf } from '../../../src/dialects/realtime-register/revoke-certificate.ts';
import { requestBody } from '../../../src/dialects/realtime-register/schemas.ts';
import { formatTimestamp, parsePhpDate, parseTimestamp } from '../../../src/dialects/realtime-register/timestamps.ts';

test('a product code tells OV and EV by its letters, and nothing else does', () => {
  for (const product of buildCatalogue().all()) {
    const code = codeFor(product);
    assert.match(code, /^ssl_[a-z0-9_]+$/);
    assert.equal(code.includes('ov'), product.level === 'OV', code);
    assert.equal(code.includes('ev'), product.level === 'EV', code);
  }
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9-]{1,30}$/), fc.constantFrom('DV', 'OV', 'EV'), (id, level) => {
      const code = codeFor({ id, level });
      assert.equal(code.includes('ov'), level === 'OV');
      assert.equal(code.includes('ev'), level === 'EV');
    }),
  );
  assert.equal(codeFor({ id: 'dv-single', level: 'DV' }), 'ssl_chancery_dv');
  assert.equal(codeFor({ id: 'ov-wildcard', level: 'OV' }), 'ssl_chancery_ov_wildcard');
});

test('two products with one code are refused at the start', () => {
  const [first] = buildCatalogue().all() as [Product];
  const twins = new Catalogue([
    { ...first, id: 'a_b' },
    { ...first, id: 'a-b' },
  ]);
  assert.throws(
    () => productCodes(twins),
    (error: unknown) => error instanceof DeskError && /same code/.test(error.message),
  );
});

test('an auth key counts for at most 30 days, for one account, product and CSR', () => {
  const keys = authKeys(Buffer.alloc(32, 7));
  const start = Date.parse('2026-11-22T12:00:00Z');
  for (let day = 0; day < 20; day += 1) {
    const now = start + day * DAY;
    const { authKey, validUntil } = keys.current(1, 'dv-single', 'aa', now);
    assert.match(authKey, /^[0-9a-f]{40}$/);
    assert.ok(validUntil - now <= 30 * DAY && validUntil - now > 15 * DAY);
    assert.ok(keys.valid(1, 'dv-single', 'aa', now).includes(authKey));
    assert.ok(keys.valid(1, 'dv-single', 'aa', validUntil - 1).includes(authKey));
    assert.ok(!keys.valid(1, 'dv-single', 'aa', validUntil).includes(authKey));
    for (const other of [
      keys.valid(2, 'dv-single', 'aa', now),
      keys.valid(1, 'dv-multi', 'aa', now),
      keys.valid(1, 'dv-single', 'ab', now),
    ]) {
      assert.ok(!other.includes(authKey));
    }
  }
});

test('unique values are 20 letters and digits, evenly drawn', () => {
  let next = 0;
  const value = randomUniqueValue({ bytes: (length) => Uint8Array.from({ length }, () => (next += 7) % 256) });
  assert.match(value, /^[a-z0-9]{20}$/);
});

test('times are read as clients write them, and nothing else is', () => {
  const at = Date.parse('2026-01-02T10:00:00Z');
  for (const text of [
    '2026-01-02T10:00:00Z',
    '2026-01-02T10:00:00.000Z',
    '2026-01-02T11:00:00+01:00',
    '2026-01-02 10:00:00',
    '2026-01-02T05:00:00-0500',
  ]) {
    assert.equal(parseTimestamp(text), at, text);
  }
  for (const text of [
    '',
    'tomorrow',
    '2026-02-30T00:00:00Z',
    '2026-13-01',
    '2026-01-02T25:00:00Z',
    '2026-01-02T10:00:00+99:00',
    '1',
    'NaN',
  ]) {
    assert.equal(parseTimestamp(text), null, text);
  }
  assert.equal(formatTimestamp(at + 999), '2026-01-02T10:00:00Z');
  assert.equal(parsePhpDate('2026-01-02 10:00:00.000000', 'Z'), at);
  assert.equal(parsePhpDate('2026-01-02 11:00:00.000000', '+01:00'), at);
  assert.equal(parsePhpDate('2026-01-02 11:00:00.000000', 'Europe/Amsterdam'), at);
  assert.equal(parsePhpDate('2026-01-02 10:00:00.000000', 'Mars/Olympus'), null);
});

test('the patterns of the documents end within bounded time on hostile texts', () => {
  const hostile = [
    'a-'.repeat(30_000),
    `${'a.'.repeat(30_000)}!`,
    `${'-'.repeat(60_000)}@`,
    `${'a'.repeat(60_000)}@${'a.'.repeat(30_000)}`,
    `+${'1'.repeat(60_000)}`,
    `${`${'a'.repeat(62)}-.`.repeat(900)}`,
    `a@${'a-a.'.repeat(60)}!`,
    `${'a-a.'.repeat(60)}!`,
    `${'a.'.repeat(31)}a@${'a'.repeat(180)}.1`,
  ];
  const body = { customer: 'acme', product: 'p', period: 12, csr: 'x' };
  const start = process.cpuUsage();
  for (const text of hostile) {
    for (const field of ['customer', 'domainName', 'saEmail', 'uniqueValue', 'organization']) {
      assert.throws(() => readBody(requestBody, { ...body, [field]: text }), DeskError);
    }
    assert.throws(
      () => readBody(requestBody, { ...body, san: Array.from({ length: 1000 }, () => text.slice(0, 300)) }),
      DeskError,
    );
  }
  const { user, system } = process.cpuUsage(start);
  assert.ok(user + system < 3_000_000, `${user + system} µs`);
});

test('bodies that no schema foresees are refused by kind', () => {
  const kindOf = (body: unknown): string => {
    try {
      readBody(requestBody, body);
    } catch (error) {
      return (error as DeskError).kind;
    }
    return 'accepted';
  };
  assert.equal(kindOf([]), 'malformed-message');
  assert.equal(kindOf('text'), 'malformed-message');
  assert.equal(kindOf(null), 'malformed-message');
  assert.equal(kindOf(JSON.parse('{"__proto__":{"customer":"acme"}}')), 'unknown-property');
  assert.equal(kindOf(JSON.parse('{"approver":{"__proto__":{"admin":true}}}')), 'unknown-property');
  assert.equal(kindOf({ san: Array.from({ length: 1001 }, () => 'a.b.c') }), 'invalid-value');
  assert.equal(kindOf({ organization: 'a\u0000b' }), 'invalid-value');
  assert.equal(kindOf({ organization: '\ud800' }), 'invalid-value');
  assert.equal(kindOf(JSON.parse('{"dcv":'.repeat(40) + '1' + '}'.repeat(40))), 'malformed-message');
  assert.equal(({} as Record<string, unknown>)['admin'], undefined);
  fc.assert(fc.property(fc.jsonValue(), (body) => kindOf(body) !== 'accepted'));
});

test('white space around texts is taken off before they are measured', () => {
  const body = readBody(requestBody, {
    customer: '  acme\n',
    product: ' p ',
    period: 12,
    csr: '\r\nx\r\n',
    city: ' Zwolle\t',
  });
  assert.deepEqual(body, { customer: 'acme', product: 'p', period: 12, csr: 'x', city: 'Zwolle' });
  assert.throws(
    () => readBody(requestBody, { customer: 'acme', product: 'p', period: 12, csr: 'x', city: '   ' }),
    DeskError,
  );
});

test('matchers compare without the database as with it', () => {
  const condition = (matcher: string, ...values: string[]) => ({
    parameter: 'f',
    field: 'f',
    matcher: matcher as 'eq',
    values,
  });
  const table: [string | number | null, string, string[], boolean][] = [
    ['abc', 'eq', ['abc'], true],
    ['abc', 'ne', ['abc'], false],
    ['abc', 'like', ['A%'], true],
    ['abc', 'like', ['%b%'], true],
    ['abc', 'like', ['b'], false],
    ['abc', 'like', ['%bc'], true],
    ['aba', 'like', ['a%b%a%a'], false],
    ['abc', 'not_like', ['%z%'], true],
    ['abc', 'in', ['x', 'abc'], true],
    ['abc', 'not_in', ['x', 'abc'], false],
    [12, 'gt', ['9'], true],
    [12, 'lte', ['12'], true],
    ['b', 'gte', ['a'], true],
    ['b', 'lt', ['a'], false],
    [null, 'null', [], true],
    ['x', 'not_null', [], true],
    [null, 'eq', ['x'], false],
  ];
  for (const [value, matcher, values, expected] of table) {
    assert.equal(matches(value, condition(matcher, ...values)), expected, `${value} ${matcher} ${values.join()}`);
  }
  const start = process.cpuUsage();
  matches('a'.repeat(255), condition('like', 'a%'.repeat(1000) + 'b'));
  assert.ok(process.cpuUsage(start).user < 500_000);
});

test('revocation reasons are free text, of which a list states only what subscribers may', () => {
  assert.equal(reasonOf('Key compromise'), 'keyCompromise');
  assert.equal(reasonOf('KEY_COMPROMISE'), 'keyCompromise');
  assert.equal(reasonOf('superseded'), 'superseded');
  assert.equal(reasonOf('constructor'), null);
  assert.equal(reasonOf('privilegeWithdrawn'), null);
  assert.equal(reasonOf('we do not need it'), null);
  assert.equal(reasonOf(undefined), null);
});

test('keys have the form that known clients read the customer from, and hold 256 random bits', () => {
  const asked: number[] = [];
  const bytes = (length: number) => {
    asked.push(length);
    return new Uint8Array(length).fill(1);
  };
  const key = realtimeRegister.newSecret('acme', { bytes });
  assert.deepEqual(asked, [32]);
  assert.match(key, /^[A-Za-z0-9+/]+=*$/);
  const [handle, secret = ''] = Buffer.from(key, 'base64').toString().split('/');
  assert.equal(handle, 'acme');
  assert.equal(Buffer.from(secret, 'base64url').length, 32);
  assert.deepEqual(realtimeRegister.describeCredentials('acme', key), { apiKey: key, customer: 'acme' });
});

test('a webhook is signed over its raw bytes', () => {
  const body = '{"id":1,"message":"Zwölle"}';
  const expected = createHmac('sha256', 'key').update(Buffer.from(body, 'utf8')).digest('base64');
  assert.equal(signWebhook(body, 'key'), expected);
  assert.equal(signWebhook(Buffer.from(body), Buffer.from('key')), expected);
});

test('the OpenAPI document holds every endpoint and every restriction of a request', () => {
  const document = openApi() as { openapi: string; paths: Record<string, Record<string, { requestBody?: unknown }>> };
  assert.equal(document.openapi, '3.1.0');
  const operations = Object.values(document.paths).flatMap((path) => Object.keys(path));
  assert.equal(operations.length, 31);
  const text = JSON.stringify(document.paths['/v2/ssl/certificates']?.['post']?.requestBody);
  for (const part of [
    '"customer"',
    '"minLength":3',
    '"maxLength":40',
    is.DOMAIN_PATTERN.source,
    '"additionalProperties":false',
  ]) {
    assert.ok(text.includes(JSON.stringify(part).slice(1, -1)) || text.includes(part), part);
  }
});
