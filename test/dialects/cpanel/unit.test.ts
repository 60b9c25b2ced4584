import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeskError, type ErrorKind } from '../../../src/core/errors.ts';
import { batch } from '../../../src/dialects/cpanel/account/batch.ts';
import { type Call, CallFailure } from '../../../src/dialects/cpanel/call.ts';
import { failed } from '../../../src/dialects/cpanel/envelopes.ts';
import { returnAddress, withQuery } from '../../../src/dialects/cpanel/market/addresses.ts';
import { MARKET_ARGUMENTS } from '../../../src/dialects/cpanel/market/arguments.ts';
import { market } from '../../../src/dialects/cpanel/market/functions.ts';
import { openApi } from '../../../src/dialects/cpanel/openapi.ts';
import { createParameters } from '../../../src/dialects/cpanel/parameters.ts';
import { isToken, newPassword, newToken, securityToken } from '../../../src/dialects/cpanel/secrets.ts';

const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };

test('every kind of error has a text that tells no more than it may', () => {
  const kinds: readonly ErrorKind[] = [
    'not-authenticated',
    'not-allowed',
    'not-found',
    'already-exists',
    'invalid-value',
    'invalid-csr',
    'unknown-property',
    'malformed-message',
    'product-not-available',
    'wrong-state',
    'conflict',
    'insufficient-balance',
    'validation-failed',
    'too-many-requests',
    'issuer-unavailable',
    'internal',
  ];
  const open = new Set<ErrorKind>();
  for (const kind of kinds) {
    const { status, data, errors } = failed(new DeskError(kind, 'Something $& secret.'));
    assert.deepEqual([status, data, errors?.length], [0, null, 1]);
    assert.match(errors?.[0] as string, /^.+[^.]\.?$/);
    if (errors?.[0]?.includes('Something $& secret') === true) open.add(kind);
  }
  for (const kind of ['internal', 'conflict', 'issuer-unavailable', 'not-authenticated'] as const)
    assert.ok(!open.has(kind));
  assert.ok(open.has('not-found'));
  assert.doesNotMatch(JSON.stringify(failed(new Error('password=x'))), /password/);
  assert.deepEqual(failed(new CallFailure(['a', 'b'], { id: 1 })).errors, ['a', 'b']);
});

test('each call of a batch counts, and none is made where the allowance does not suffice', async () => {
  let left = 0;
  let made = 0;
  const taken: string[] = [];
  const takeCall = (key: string): number => {
    taken.push(key);
    left -= 1;
    return left < 0 ? 7 : 0;
  };
  const { strict } = batch(() => async () => ({ data: ++made }));
  const parameters = createParameters(Array.from({ length: 50 }, () => ['command', '["SSL","generate_key"]']));
  const call = { actor: { handle: 'acme', userName: 'acme/ada' }, parameters, world: { takeCall } } as unknown as Call;
  left = 48;
  await assert.rejects(async () => strict?.(call), { kind: 'too-many-requests', retryAfter: 7 });
  assert.equal(made, 0);
  left = 49;
  await strict?.(call);
  assert.deepEqual([made, left, new Set(taken).size], [50, 0, 1]);
  assert.equal(taken[0], 'cpanel:user:acme/acme/ada');
});

test('parameters repeat by name, by number and as lists, in the request’s order', () => {
  const pairs = ['b', 'b-1', 'b-0', 'b[]', 'b[7]', 'bb', 'b-x', 'b[x]', 'b.1', 'xb'].map(
    (name) => [name, name] as const,
  );
  assert.deepEqual(createParameters(pairs).all('b'), ['b', 'b-1', 'b-0', 'b[]', 'b[7]']);
  const parameters = createParameters([
    ['n', '1.5'],
    ['f', 'yes'],
    ['i', '9007199254740993'],
    ['e', ''],
  ]);
  assert.throws(() => parameters.integer('n'), CallFailure);
  assert.throws(() => parameters.integer('i'), CallFailure);
  assert.throws(() => parameters.flag('f', true), CallFailure);
  assert.equal(parameters.optional('e'), undefined);
  assert.throws(() => parameters.required('e'), { message: 'Provide the ‘e’ argument.' });
});

test('an address to return to is never another than it looks like', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.webUrl({ withQueryParameters: true }),
        fc.string(),
        fc.string().map((text) => `https://panel.test/${text}`),
      ),
      (text) => {
        let address: string;
        try {
          address = returnAddress('url', text, { query: true });
        } catch (error) {
          assert.ok(error instanceof CallFailure);
          return;
        }
        const url = new URL(withQuery(address, { code: 'a b&c=d' }));
        assert.ok(url.protocol === 'http:' || url.protocol === 'https:');
        assert.equal(url.host, new URL(text).host);
        assert.equal(url.searchParams.get('code'), 'a b&c=d');
        assert.doesNotMatch(url.href, /[\s\\]/);
      },
    ),
  );
});

test('an address to return to adds nothing to the policy of the page that names it', () => {
  for (const host of ['a;sandbox', 'a,b', "a'b", 'a;b,c:8080']) {
    assert.throws(() => returnAddress('url', `https://${host}/`, { query: true }), CallFailure, host);
  }
  for (const host of ['panel.test', 'panel.test:2083', '192.0.2.1', '[2001:db8::1]:2083', 'xn--bcher-kva.test']) {
    assert.equal(returnAddress('url', `https://${host}/`, { query: true }), `https://${host}/`);
  }
});

test('tokens and passwords are told apart by their form', () => {
  const tokens = new Set(Array.from({ length: 100 }, () => newToken(random)));
  assert.equal(tokens.size, 100);
  for (const token of tokens) assert.ok(isToken(token));
  assert.equal(isToken(newPassword(random)), false);
  assert.match(securityToken(random.bytes(32), 'session'), /^[0-9]{10}$/);
});

test('every function of the Market is described', () => {
  assert.equal(Object.keys(market).length, 19);
  assert.deepEqual(Object.keys(MARKET_ARGUMENTS).toSorted(), Object.keys(market).toSorted());
  const { paths } = openApi() as { paths: Record<string, object> };
  for (const name of Object.keys(market)) assert.ok(paths[`/execute/Market/${name}`], name);
});
