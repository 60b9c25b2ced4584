import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeskError, type ErrorKind } from '../../../src/core/errors.ts';
import { newSecret, partsOf, secretOfHeader } from '../../../src/dialects/wp-engine/credentials.ts';
import { ENDPOINTS } from '../../../src/dialects/wp-engine/endpoints.ts';
import { API_ERRORS, renderError } from '../../../src/dialects/wp-engine/errors.ts';
import { openApi, swagger } from '../../../src/dialects/wp-engine/openapi.ts';
import { wpEngine } from '../../../src/dialects/wp-engine/plugin.ts';
import * as answers from '../../../src/dialects/wp-engine/answers.ts';

const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };

test('a secret is a user id like a UUID and a password of 256 bits, and is known again out of its header', () => {
  const secret = newSecret('acme', random);
  const { userId, password } = partsOf(secret);
  assert.match(userId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(Buffer.from(password, 'base64url').length, 32);
  assert.equal(secretOfHeader(`Basic ${Buffer.from(secret).toString('base64')}`), secret);
  assert.equal(wpEngine.secretOf?.(wpEngine.describeCredentials('acme', secret)), secret);
  assert.equal(wpEngine.secretOf?.({ userId }), null);
});

test('no header makes the parser throw or say more than its two parts', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const found = secretOfHeader(text);
      assert.ok(found === null || found.includes(':'));
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const found = secretOfHeader(`Basic ${Buffer.from(text).toString('base64')}`);
      const colon = Buffer.from(text).toString('utf8').indexOf(':');
      if (colon <= 0) assert.equal(found, null);
    }),
  );
});

test('every kind of error has its status, and the shape of its documents', () => {
  const statuses = Object.entries(API_ERRORS).map(([kind, { status }]) => [kind, status]);
  assert.deepEqual(Object.fromEntries(statuses), {
    'not-authenticated': 401,
    'not-allowed': 403,
    'not-found': 404,
    'already-exists': 400,
    'invalid-value': 400,
    'invalid-csr': 400,
    'unknown-property': 400,
    'malformed-message': 400,
    'product-not-available': 403,
    'wrong-state': 409,
    conflict: 409,
    'insufficient-balance': 403,
    'validation-failed': 400,
    'too-many-requests': 429,
    'issuer-unavailable': 503,
    internal: 500,
  });
  for (const kind of Object.keys(API_ERRORS) as ErrorKind[]) {
    const { body } = renderError(new DeskError(kind, 'what happened'), 'Domain');
    assert.ok(answers.failure.safeParse(body).success, kind);
  }
  const { status, body } = renderError(new TypeError('secret'));
  assert.deepEqual([status, JSON.stringify(body).includes('secret')], [500, false]);
});

test('both documents describe every endpoint, and Swagger 2.0 has no words of later ones', () => {
  const document = openApi() as { paths: Record<string, Record<string, unknown>> };
  const old = swagger('https://desk.example:8480') as { paths: Record<string, Record<string, unknown>> };
  for (const { method, path } of ENDPOINTS) {
    const braced = path.replaceAll(/:(\w+)/g, '{$1}');
    assert.ok(document.paths[`/v1${braced}`]?.[method.toLowerCase()], path);
    assert.ok(old.paths[braced]?.[method.toLowerCase()], path);
  }
  const text = JSON.stringify(old);
  for (const word of ['anyOf', '"null"', '$schema', 'const', 'examples', 'requestBody']) {
    assert.ok(!text.includes(word), word);
  }
  assert.match(text, /"host":"desk\.example:8480","basePath":"\/v1","schemes":\["https"\]/);
});
