import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { fastify, type FastifyInstance } from 'fastify';
import { accountByHandle, createAccount, creditAccount, setAccountState } from '../../src/admin/accounts.ts';
import { adminKeys, createKey, revokeKey } from '../../src/admin/keys.ts';
import type { Office } from '../../src/admin/office.ts';
import { adminRoutes } from '../../src/admin/routes.ts';
import { buildCatalogue } from '../../src/config/catalogue.ts';
import { createOperatorHosting } from '../../src/core/hosting/create-hosting.ts';
import { DeskError } from '../../src/core/errors.ts';
import { createAuthenticator } from '../../src/http/authenticate.ts';
import { SAMPLES } from '../store/samples.ts';
import { plainNames } from '../support/core-world.ts';
import { fixedClock, forEachStore } from '../support/stores.ts';

const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };

forEachStore((open) => {
  async function world() {
    const clock = fixedClock();
    const store = await open({ clock });
    const calls: unknown[][] = [];
    const note =
      (name: string) =>
      async (...values: unknown[]): Promise<void> =>
        void calls.push([name, ...values]);
    const office: Office = {
      store,
      clock,
      random,
      catalogue: buildCatalogue(),
      dialects: [
        { name: 'one', newSecret: (handle) => `${handle}:${Buffer.from(random.bytes(32)).toString('hex')}` },
        {
          name: 'hoster',
          hosting: {},
          secretKinds: ['token', 'password'],
          newSecret: (handle, _random, kind) => `${kind}:${handle}:${Buffer.from(random.bytes(32)).toString('hex')}`,
        },
      ],
      hosting: (dialect) => createOperatorHosting({ store, clock, random, names: plainNames }, dialect),
      accountDefaults: { currency: 'EUR', startBalance: 0 },
      vetting: {
        vetOrganization: note('vet'),
        confirmVetting: note('confirm'),
        passCheck: note('pass'),
      },
    };
    return { office, store, clock, calls };
  }

  async function served(office: Office) {
    const checkouts = {
      payOutside: (id: number, payment: object) => {
        throw new DeskError('wrong-state', `Checkout ${id} ${JSON.stringify(payment)}`);
      },
    };
    const authenticate = createAuthenticator({ ...office, dialect: 'admin', cacheFor: 0 });
    const app: FastifyInstance = fastify();
    await app.register(async (part) => adminRoutes(part, { office, checkouts, authenticate, takeCall: () => 0 }), {
      prefix: '/admin/v1',
    });
    await createAccount(office, { handle: 'acme' }, 'test');
    const call = (key: string) => async (method: 'GET' | 'POST' | 'DELETE', path: string, payload?: object) => {
      const headers = { authorization: `Bearer ${key}` };
      const answer = await app.inject({ method, url: `/admin/v1${path}`, headers, ...(payload && { payload }) });
      const body = answer.body === '' ? {} : answer.json<Record<string, unknown>>();
      return { status: answer.statusCode, body };
    };
    const key = async (role: 'admin' | 'view', userName = 'ann') =>
      call((await createKey(office, { account: 'acme', dialect: 'admin', role, userName }, 'test')).secret);
    return { app, key, call };
  }

  test('money that came for a purchase is told with its reference, by who may', async () => {
    const { office } = await world();
    const { key } = await served(office);
    const [admin, view] = [await key('admin'), await key('view', 'vera')];
    const path = '/checkouts/17/pay';
    assert.equal((await view('POST', path, { reference: 'INV-7', cents: 900 })).status, 403);
    for (const body of [{}, { reference: 'x' }, { reference: 'x', cents: -1 }, { reference: 'x', cents: 1.5 }]) {
      assert.equal((await admin('POST', path, body)).status, 400);
    }
    const told = await admin('POST', path, { reference: 'INV-7', cents: 900 });
    assert.equal(told.status, 409);
    assert.match(JSON.stringify(told.body), /Checkout 17 .*INV-7.*900.*ann/);
    assert.deepEqual((await admin('GET', '/checkouts?state=open')).body, { items: [], total: 0 });
  });

  test('an account is opened once, with the defaults, and each act is on the audit trail', async () => {
    const { office, store } = await world();
    const made = await createAccount(office, { handle: 'acme', balance: 500 }, 'ann');
    assert.deepEqual([made.currency, made.balance, made.state], ['EUR', 500, 'active']);
    await assert.rejects(createAccount(office, { handle: 'acme' }, 'ann'), { kind: 'already-exists' });
    await creditAccount(office, 'acme', -200, 'mistake', 'ben');
    assert.equal((await accountByHandle(store, 'acme')).balance, 300);
    await setAccountState(office, 'acme', 'locked', 'ann');
    await setAccountState(office, 'acme', 'locked', 'ann');
    const events = await store.find('auditEvents', { accountId: made.id });
    assert.deepEqual(
      events.map(({ actor, action }) => `${actor} ${action}`),
      ['operator:ann account.created', 'operator:ben account.credited', 'operator:ann account.locked'],
    );
  });

  test('what cannot be is refused and changes nothing', async () => {
    const { office, store } = await world();
    for (const handle of ['ab', 'a b c', 'x'.repeat(41), 'a/b']) {
      await assert.rejects(createAccount(office, { handle }, 'ann'), { kind: 'invalid-value' }, handle);
    }
    await assert.rejects(createAccount(office, { handle: 'acme', currency: 'XXX' }, 'ann'), { field: 'currency' });
    await assert.rejects(createAccount(office, { handle: 'acme', balance: 0.5 }, 'ann'), { field: 'balance' });
    await createAccount(office, { handle: 'acme', balance: 100 }, 'ann');
    await store.transact((unit) => accountByHandle(unit, 'acme').then(({ id }) => unit.reserve(id, 60)));
    for (const cents of [-41, 0, 1.5, 1e12, Number.NaN]) {
      await assert.rejects(creditAccount(office, 'acme', cents, '', 'ann'), { kind: 'invalid-value' }, String(cents));
    }
    assert.equal((await creditAccount(office, 'acme', -40, '', 'ann')).balance, 60);
    await assert.rejects(creditAccount(office, 'nobody', 1, '', 'ann'), { kind: 'not-found' });
  });

  test('a key authenticates its own dialect until it is revoked; its secret is not kept', async () => {
    const { office, store } = await world();
    await createAccount(office, { handle: 'acme' }, 'ann');
    const { key, secret } = await createKey(office, { account: 'acme', dialect: 'one' }, 'ann');
    const authenticate = createAuthenticator({ ...office, dialect: 'one', cacheFor: 0 });
    assert.equal((await authenticate(secret))?.handle, 'acme');
    assert.equal(await createAuthenticator({ ...office, dialect: 'admin' })(secret), null);
    const [kept] = await store.find('credentials', { id: key.id });
    assert.ok(!Buffer.from(kept?.secretHash ?? []).includes(secret) && kept?.secretHash.length === 32);
    const events = await store.find('auditEvents', { action: 'key.created' });
    assert.ok(!JSON.stringify(events).includes(secret));
    await revokeKey(office, key.id, 'ann');
    assert.equal(await authenticate(secret), null);
    await assert.rejects(revokeKey(office, key.id, 'ann'), { kind: 'wrong-state' });
    await assert.rejects(revokeKey(office, 1, 'ann'), { kind: 'not-found' });
    await assert.rejects(createKey(office, { account: 'acme', dialect: 'two' }, 'ann'), { field: 'dialect' });
    assert.ok(adminKeys.newSecret('x', random).length > 43 + 'chancery_admin_'.length - 1);
  });

  test('a dialect with several kinds of secrets gets one credential of each kind, labelled so', async () => {
    const { office, store } = await world();
    await createAccount(office, { handle: 'acme' }, 'ann');
    const ask = { account: 'acme', dialect: 'hoster' };
    const first = await createKey(office, ask, 'ann');
    const second = await createKey(office, { ...ask, kind: 'password' }, 'ann');
    assert.match(first.secret, /^token:acme:/);
    assert.match(second.secret, /^password:acme:/);
    assert.deepEqual(
      (await store.find('credentials', {})).map(({ label }) => label),
      ['token', 'password'],
    );
    await assert.rejects(createKey(office, { ...ask, kind: 'badge' }, 'ann'), { field: 'kind' });
    await assert.rejects(createKey(office, { account: 'acme', dialect: 'one', kind: 'token' }, 'ann'), {
      field: 'kind',
    });
  });

  test('websites are made for accounts over the API, and their names vouched for', async () => {
    const { office, store } = await world();
    const { key } = await served(office);
    const call = await key('admin');
    const ask = { account: 'acme', dialect: 'hoster', name: 'shop', group: 'Shops', hostnames: ['a.test', 'b.test'] };
    const made = await call('POST', '/websites', ask);
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const names = made.body['hostnames'] as { id: number; name: string; isPrimary: boolean; verifiedAt: null }[];
    assert.deepEqual(
      names.map(({ name, isPrimary, verifiedAt }) => [name, isPrimary, verifiedAt]),
      [
        ['a.test', true, null],
        ['b.test', false, null],
      ],
    );
    const second = await call('POST', '/websites', { ...ask, name: 'shop2', hostnames: [], proved: true });
    assert.equal(second.body['groupId'], made.body['groupId']);
    const more = await call('POST', `/websites/${String(second.body['id'])}/hostnames`, {
      hostnames: ['c.test'],
      proved: true,
    });
    assert.equal(more.status, 201);
    assert.equal((await store.find('hostnames', { name: 'c.test' }))[0]?.isPrimary, true);
    const vouched = await call('POST', `/hostnames/${names[0]?.id}/vouch`);
    assert.equal(typeof vouched.body['verifiedAt'], 'string');
    assert.equal((await call('DELETE', `/hostnames/${names[1]?.id}`)).status, 204);
    const listed = await call('GET', '/hostnames?account=acme');
    assert.equal(listed.body['total'], 2);
    assert.equal((await call('DELETE', `/websites/${String(made.body['id'])}`)).status, 204);
    assert.equal((await call('GET', `/websites/${String(made.body['id'])}`)).status, 404);
    const events = await store.find('auditEvents', { action: ['website.created', 'hostname.proved'] });
    assert.ok(events.length === 4 && events.every((event) => event.actor === 'operator:ann'));
    for (const [changes, status] of [
      [{ dialect: 'one', name: 'x' }, 400],
      [{ account: 'nobody', name: 'x' }, 404],
      [{}, 409],
      [{ name: 'x', hostnames: ['not a name'] }, 400],
      [{ name: 'x', surprise: 1 }, 400],
    ] as const) {
      assert.equal((await call('POST', '/websites', { ...ask, name: 'shop2', ...changes })).status, status);
    }
    // What was refused for its names left no website behind.
    assert.deepEqual(await store.find('websites', { name: 'x' }), []);
    const viewer = await key('view', 'eve');
    assert.equal((await viewer('POST', '/websites', ask)).status, 403);
    assert.equal((await viewer('GET', '/websites')).status, 200);
  });

  test('the API lets admin keys in alone, and view keys only look', async () => {
    const { office } = await world();
    const { key, call } = await served(office);
    assert.equal((await call('wrong')('GET', '/accounts')).status, 401);
    const viewer = await key('view');
    assert.equal((await viewer('GET', '/accounts')).status, 200);
    assert.equal((await viewer('POST', '/accounts', { handle: 'mine' })).status, 403);
  });

  test('accounts and keys are made over the API', async () => {
    const { office } = await world();
    const { key, call } = await served(office);
    const admin = await key('admin');
    const made = await admin('POST', '/accounts', { handle: 'beta', balance: 700 });
    assert.deepEqual([made.status, made.body['balance']], [201, 700]);
    const id = String(made.body['id']);
    assert.equal((await admin('POST', `/accounts/${id}/credit`, { cents: 50 })).body['balance'], 750);
    assert.equal((await admin('POST', `/accounts/${id}/state`, { state: 'locked' })).body['state'], 'locked');
    const second = await admin('POST', '/keys', { account: 'acme', dialect: 'admin', userName: 'ben' });
    assert.equal(second.status, 201);
    const ben = call(String(second.body['secret']));
    assert.equal((await ben('GET', '/keys')).status, 200);
    assert.equal((await admin('POST', `/keys/${String(second.body['id'])}/revoke`)).status, 200);
    assert.equal((await ben('GET', '/keys')).status, 401);
  });

  test('lists are narrowed, paged and counted, and show no secret', async () => {
    const { office } = await world();
    const { key } = await served(office);
    const admin = await key('admin');
    await createAccount(office, { handle: 'beta' }, 'test');
    const page = await admin('GET', '/accounts?limit=1&offset=1');
    assert.equal(page.body['total'], 2);
    assert.deepEqual(
      (page.body['items'] as { handle: string }[]).map(({ handle }) => handle),
      ['acme'],
    );
    const keys = await admin('GET', '/keys?account=beta');
    assert.deepEqual(keys.body, { items: [], total: 0 });
    assert.ok(!JSON.stringify((await admin('GET', '/keys')).body).includes('ecret'));
    for (const path of ['orders', 'requests', 'certificates', 'organizations', 'audit-events', 'jobs']) {
      assert.equal((await admin('GET', `/${path}`)).status, 200, path);
    }
  });

  test('bad input names the field', async () => {
    const { office } = await world();
    const { key } = await served(office);
    const admin = await key('admin');
    const cases: [method: 'GET' | 'POST', path: string, body: object | undefined, status: number, field: string][] = [
      ['GET', '/orders?colour=red', undefined, 400, 'colour'],
      ['GET', '/orders?limit=1000', undefined, 400, 'limit'],
      ['GET', '/jobs?account=acme', undefined, 400, 'account'],
      ['GET', '/orders/x', undefined, 400, 'id'],
      ['POST', '/accounts', { handle: 'beta', colour: 'red' }, 400, 'colour'],
      ['POST', '/accounts', {}, 400, 'handle'],
      ['POST', '/accounts', { handle: 'a b' }, 400, 'handle'],
    ];
    for (const [method, path, body, status, field] of cases) {
      const answer = await admin(method, path, body);
      const { violations } = answer.body['error'] as { violations: { field: string }[] };
      assert.deepEqual([answer.status, violations[0]?.field], [status, field], path);
    }
    assert.equal((await admin('GET', '/orders/99')).status, 404);
    assert.equal((await admin('GET', '/nowhere')).status, 404);
  });

  test('vetting is done in the name of the key’s user', async () => {
    const { office, calls, store } = await world();
    const { key } = await served(office);
    const admin = await key('admin', 'carla');
    const id = await store.transact(async (unit) => {
      const made = unit.newId('organizations');
      const { id: accountId } = await accountByHandle(unit, 'acme');
      unit.insert('organizations', { ...SAMPLES.organizations(made), accountId });
      return made;
    });
    await admin('POST', `/organizations/${id}/validate`, { level: 'EV', evidence: 'register' });
    await admin('POST', `/organizations/${id}/confirm`);
    await admin('POST', '/requests/9/pass-check', { check: 'callback', evidence: 'called' });
    assert.deepEqual(calls, [
      ['vet', id, { level: 'EV', evidence: 'register', by: 'carla' }],
      ['confirm', id, 'carla'],
      ['pass', 9, 'callback', 'carla', 'called'],
    ]);
  });
});
