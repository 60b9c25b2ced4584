import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Account, Credential } from '../../src/core/records.ts';
import { DEFAULT_SETTINGS } from '../../src/core/settings.ts';
import type { Store } from '../../src/core/store.ts';
import { createAuthenticator, hashSecret } from '../../src/http/authenticate.ts';

const account: Account = {
  id: 7,
  handle: 'demo',
  name: 'Demo',
  currency: 'EUR',
  balance: 0,
  reserved: 0,
  state: 'active',
  settings: DEFAULT_SETTINGS,
  createdAt: 0,
};
const credential: Credential = {
  id: 1,
  accountId: 7,
  dialect: 'one',
  userName: 'ann',
  userId: null,
  label: null,
  role: 'orders',
  secretHash: hashSecret('right'),
  createdAt: 0,
  expiresAt: null,
  revokedAt: null,
};

function setUp() {
  const state = { account: { ...account }, credential: { ...credential }, looked: 0, at: 1_000, broken: false };
  const find = async (_kind: string, where: Partial<Credential>): Promise<Credential[]> => {
    state.looked += 1;
    if (state.broken) throw new Error('no database');
    const { secretHash, dialect, revokedAt } = state.credential;
    const same = Buffer.compare(secretHash, where.secretHash ?? new Uint8Array()) === 0;
    return same && dialect === where.dialect && revokedAt === where.revokedAt ? [state.credential] : [];
  };
  const store = { find, get: async (_kind: string, id: number) => (id === 7 ? state.account : null) };
  const authenticate = (dialect: string, cacheSize = 10, evenLocked = false) =>
    createAuthenticator({
      store: store as unknown as Store,
      clock: { now: () => state.at },
      dialect,
      cacheSize,
      evenLocked,
    });
  return { state, authenticate };
}

test('the right secret gives its actor', async () => {
  const { authenticate } = setUp();
  const expected = {
    accountId: 7,
    handle: 'demo',
    currency: 'EUR',
    userName: 'ann',
    role: 'orders',
    userId: null,
    userRole: null,
  };
  assert.deepEqual(await authenticate('one')('right'), expected);
});

test('a secret gives nobody from its end on', async () => {
  const { state, authenticate } = setUp();
  state.credential.expiresAt = 5_000;
  state.at = 4_999;
  assert.equal((await authenticate('one')('right'))?.accountId, 7);
  state.at = 5_000;
  assert.equal(await authenticate('one')('right'), null);
});

test('a wrong, empty, huge or foreign secret gives nobody', async () => {
  const { state, authenticate } = setUp();
  const check = authenticate('one');
  for (const secret of ['wrong', 'right ', 'RIGHT', '']) assert.equal(await check(secret), null, secret);
  state.looked = 0;
  assert.equal(await check('x'.repeat(100_000)), null);
  assert.equal(state.looked, 0, 'a huge secret is not even hashed');
  assert.equal(await authenticate('two')('right'), null, 'a credential counts for its own dialect only');
});

test('a locked account gives nobody, unless the keys are the operator’s', async () => {
  const { state, authenticate } = setUp();
  state.account.state = 'locked';
  assert.equal(await authenticate('one')('right'), null);
  assert.notEqual(await authenticate('one', 10, true)('right'), null);
});

test('an answer is kept for a second, so a revoked key works no longer than that', async () => {
  const { state, authenticate } = setUp();
  const check = authenticate('one');
  assert.notEqual(await check('right'), null);
  state.credential.revokedAt = state.at;
  state.at += 999;
  assert.notEqual(await check('right'), null);
  assert.equal(state.looked, 1);
  state.at += 1;
  assert.equal(await check('right'), null);
  assert.equal(state.looked, 2);
});

test('a failing database is asked again at once', async () => {
  const { state, authenticate } = setUp();
  const check = authenticate('one');
  state.broken = true;
  await assert.rejects(check('right'), /no database/);
  state.broken = false;
  assert.notEqual(await check('right'), null);
});

test('wrong secrets do not fill the memory', async () => {
  const { state, authenticate } = setUp();
  const check = authenticate('one', 3);
  await check('right');
  for (let index = 0; index < 3; index++) await check(`wrong${index}`);
  state.looked = 0;
  await check('right');
  assert.equal(state.looked, 1, 'the oldest answer went');
});
