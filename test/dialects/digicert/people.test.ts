import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashSecret } from '../../../src/http/authenticate.ts';
import { forEachStore } from '../../support/stores.ts';
import { type Client, codeOf, openClient, userWithKey } from './client.ts';

const JILL = {
  username: 'jill.valentine',
  first_name: 'Jill',
  last_name: 'Valentine',
  email: 'jill.valentine@example.com',
  telephone: '555-555-5555',
  job_title: 'Lead',
  access_roles: [{ id: '5' }],
};

forEachStore((open) => {
  test('users: made, shown, listed, changed, deleted with their keys', async () => {
    const client = await openClient(await open());
    const root = (await client.get('/container')).json.containers[0];
    const made = await client.post('/user', { ...JILL, container: { id: root.id } });
    assert.equal(made.status, 201, made.text);
    assert.deepEqual(Object.keys(made.json), ['id']);
    const path = `/user/${made.json.id}`;
    const shown = (await client.get(path)).json;
    assert.equal(shown.username, 'jill.valentine');
    assert.equal(shown.account_id, client.desk.actor.accountId);
    assert.deepEqual(shown.access_roles, [{ id: 5, name: 'Standard User' }]);
    assert.equal(shown.container.id, root.id);
    assert.equal('last_login_date' in shown, false, 'absent members are left out');
    assert.equal((await client.put(path, { job_title: 'Boss', access_roles: [{ id: 4 }] })).status, 204);
    const changed = (await client.get(path)).json;
    assert.deepEqual([changed.job_title, changed.access_roles[0].id, changed.email], ['Boss', 4, JILL.email]);
    const key = await client.post(`/key/user/${made.json.id}`, { name: 'hers' });
    assert.equal(key.status, 201, key.text);
    const hers = client.as(key.json.api_key);
    const me = (await hers.get('/user/me')).json;
    assert.deepEqual([me.id, me.username, me.is_cert_central], [made.json.id, 'jill.valentine', true]);
    const list = await client.get('/user?offset=0&limit=500');
    assert.deepEqual(list.json.page, { total: 1, limit: 500, offset: 0 });
    assert.equal((await client.get('/user?filters[search]=%25valentine')).json.page.total, 1);
    assert.equal((await client.get('/user?filters[search]=valen')).json.page.total, 0);
    assert.equal((await client.delete(path)).status, 204);
    assert.equal(codeOf(await client.get(path)), 'not_found|user');
    // An answer about a key is kept for a second.
    client.desk.clock.forward(1_000);
    assert.equal(codeOf(await hers.get('/user/me')), 'access_denied|access_denied_invalid_key');
  });

  test('bad users are refused, and leave nothing behind', async () => {
    const client = await openClient(await open());
    const bad = [
      [{ ...JILL, email: 'nobody' }, 'invalid_value:email'],
      [{ ...JILL, username: 'two words' }, 'invalid_value:username'],
      [{ ...JILL, access_roles: [{ id: 9 }] }, 'invalid_value:access_roles'],
      [{ ...JILL, access_roles: [] }, 'missing_value:access_roles'],
      [{ ...JILL, first_name: undefined }, 'missing_value:first_name'],
      [{ ...JILL, container: { id: 424242 } }, 'not_found|container'],
      [{ is_api_only: true, email: 'a@example.com', restricted_to_role_id: 7 }, 'invalid_value:restricted_to_role_id'],
    ] as const;
    for (const [body, code] of bad) assert.equal(codeOf(await client.post('/user', body)), code);
    assert.deepEqual(await client.desk.store.find('users', {}), []);
    assert.equal((await client.post('/user', JILL)).status, 201);
    assert.equal(codeOf(await client.post('/user', JILL)), 'already_exists');
  });

  test('a service user comes with a key that is shown once and kept as a hash', async () => {
    const client = await openClient(await open());
    const made = await client.post('/user', {
      is_api_only: true,
      email: 'robot@example.com',
      api_name: 'Robot',
      restricted_to_role_id: '100',
    });
    assert.equal(made.status, 201, made.text);
    const secret: string = made.json.api_key;
    assert.match(secret, /^[A-Z2-7]{64}$/);
    const robots = (await client.get('/user/api-only')).json.users;
    assert.deepEqual(
      robots.map((one: { id: number }) => one.id),
      [made.json.id],
    );
    const keys = (await client.get(`/key?user_id=${made.json.id}`)).json.api_keys;
    assert.deepEqual(
      keys.map((one: Record<string, unknown>) => [one['name'], one['status'], one['restricted_to_role_id']]),
      [['Robot', 'active', 100]],
    );
    const [kept] = await client.desk.store.find('credentials', { userId: made.json.id });
    assert.deepEqual(Buffer.from(kept?.secretHash ?? []), Buffer.from(hashSecret(secret)));
    for (const text of [(await client.get('/key')).text, (await client.get(`/key/${keys[0].id}`)).text]) {
      assert.ok(!text.includes(secret));
    }
    const everything = JSON.stringify(await client.desk.store.find('auditEvents', {}));
    assert.ok(!everything.includes(secret));
    assert.equal((await client.as(secret).get('/ping')).status, 200);
  });

  test('keys: edited, revoked for good', async () => {
    const client = await openClient(await open());
    const { id: userId } = (await client.post('/user', JILL)).json;
    const made = (await client.post(`/key/user/${userId}`, { name: 'one', restricted_to_role_id: 0 })).json;
    const path = `/key/${made.id}`;
    assert.equal((await client.get(path)).json.restricted_to_role_id, 0);
    assert.equal((await client.put(path, { name: 'two', restricted_to_role_id: 102 })).status, 204);
    const shown = (await client.get(path)).json;
    assert.deepEqual([shown.name, shown.restricted_to_role_id, shown.user.first_name], ['two', 102, 'Jill']);
    assert.equal((await client.put(`${path}/status`, { status: 'active' })).status, 204);
    assert.equal((await client.put(`${path}/status`, { status: 'revoked' })).status, 204);
    assert.equal((await client.put(`${path}/status`, { status: 'revoked' })).status, 204);
    assert.equal((await client.get(path)).json.status, 'revoked');
    assert.equal(codeOf(await client.put(`${path}/status`, { status: 'active' })), 'invalid_value:status');
    assert.equal((await client.as(made.api_key).get('/ping')).status, 403);
    assert.equal(codeOf(await client.post('/key/user/424242', { name: 'x' })), 'not_found|user');
    assert.equal(codeOf(await client.post(`/key/user/${userId}`, {})), 'missing_value:name');
  });

  /** Of each group one call that a key without the permission must not get done. */
  const CHANGES: readonly (readonly [group: string, work: (client: Client) => Promise<{ status: number }>])[] = [
    ['order', (client) => client.put('/order/certificate/424242/check-dcv')],
    ['order', (client) => client.put('/order/certificate/424242/dcv-method', { dcv_method: 'email' })],
    ['domains', (client) => client.post('/domain', {})],
    ['domains', (client) => client.delete('/domain/424242')],
    ['domains', (client) => client.post('/organization', {})],
    ['domains', (client) => client.put('/organization/424242/activate')],
    ['users', (client) => client.post('/user', {})],
    ['users', (client) => client.delete('/user/424242')],
    ['users', (client) => client.post('/key/user/424242', { name: 'x' })],
    ['users', (client) => client.put('/key/424242', {})],
    ['users', (client) => client.post('/container/424242/children', {})],
    ['settings', (client) => client.post('/account/metadata', {})],
    ['settings', (client) => client.post('/webhook', {})],
    ['settings', (client) => client.get('/webhook')],
  ];
  const READS = [
    '/account',
    '/user',
    '/key',
    '/container',
    '/domain',
    '/organization',
    '/finance/balance',
    '/authorization',
  ];

  test('every kind of key may what its role allows, and no more', async () => {
    const client = await openClient(await open());
    const allowed: Readonly<Record<string, readonly string[]>> = {
      admin: ['order', 'domains', 'users', 'settings'],
      orders: ['order'],
      'orders-domains': ['order', 'domains'],
      view: [],
      users: ['users'],
    };
    for (const [role, groups] of Object.entries(allowed)) {
      const { secret } = await client.desk.addKey('acme', role as 'view');
      const key = client.as(secret);
      for (const path of READS) assert.equal((await key.get(path)).status, 200, `${role} reads ${path}`);
      for (const [group, work] of CHANGES) {
        const { status } = await work(key);
        if (groups.includes(group))
          assert.ok(status === 404 || status === 400 || status === 200, `${role} may ${group}`);
        else assert.equal(status, 403, `${role} may not ${group}`);
      }
    }
  });

  test('a key does no more than its user, whatever it is restricted to', async () => {
    const client = await openClient(await open());
    const cases = [
      ['limited', ['order']],
      ['finance', ['order']],
      ['standard', ['order']],
      ['manager', ['order', 'domains', 'users']],
      ['admin', ['order', 'domains', 'users', 'settings']],
    ] as const;
    for (const [role, groups] of cases) {
      const { client: key } = await userWithKey(client, `u-${role}`, role);
      for (const [group, work] of CHANGES) {
        const refused = (await work(key)).status === 403;
        assert.equal(refused, !(groups as readonly string[]).includes(group), `${role}: ${group}`);
      }
    }
  });

  test('nobody makes a user or a key that may more than they do themselves', async () => {
    const client = await openClient(await open());
    const manager = await userWithKey(client, 'manager', 'manager');
    const admin = await userWithKey(client, 'boss', 'admin');
    const asManager = manager.client;
    assert.equal(
      codeOf(await asManager.post('/user', { ...JILL, access_roles: [{ id: 1 }] })),
      'access_denied|missing_permission',
    );
    assert.equal((await asManager.post('/user', JILL)).status, 201);
    assert.equal((await asManager.put(`/user/${manager.user.id}`, { access_roles: [{ id: 1 }] })).status, 403);
    assert.equal((await asManager.post(`/key/user/${admin.user.id}`, { name: 'stolen' })).status, 403);
    assert.equal((await asManager.delete(`/user/${admin.user.id}`)).status, 403);
    const own = await asManager.post(`/key/user/${manager.user.id}`, { name: 'second' });
    assert.equal(own.status, 201, own.text);
    assert.equal((await client.as(own.json.api_key).post('/webhook', {})).status, 403);
    const users = client.as((await client.desk.addKey('acme', 'users')).secret);
    const before = (await client.desk.store.find('users', {})).length;
    const robot = await users.post('/user', { is_api_only: true, email: 'r@example.com', api_name: 'r' });
    assert.equal(robot.status, 403, 'its key would order');
    assert.equal((await client.desk.store.find('users', {})).length, before, 'no user without a key is left behind');
    const [keyOfAdmin] = (await client.get(`/key?user_id=${admin.user.id}`)).json.api_keys;
    assert.equal((await users.put(`/key/${keyOfAdmin.id}`, { restricted_to_role_id: 0 })).status, 403);
  });

  test('people, keys, divisions and fields of other accounts do not exist', async () => {
    const client = await openClient(await open());
    const root = (await client.get('/container')).json.containers[0];
    const { id: userId } = (await client.post('/user', JILL)).json;
    const { id: keyId } = (await client.post(`/key/user/${userId}`, { name: 'k' })).json;
    const { id: fieldId } = (await client.post('/account/metadata', { label: 'x' })).json;
    const other = client.as((await client.desk.addKey('other', 'admin')).secret);
    const paths = [
      ['get', `/user/${userId}`, 'user'],
      ['delete', `/user/${userId}`, 'user'],
      ['put', `/user/${userId}`, 'user'],
      ['get', `/key/${keyId}`, 'key'],
      ['put', `/key/${keyId}`, 'key'],
      ['get', `/container/${root.id}`, 'container'],
      ['put', `/container/${root.id}`, 'container'],
      ['delete', `/account/metadata/${fieldId}`, 'metadata'],
    ] as const;
    for (const [method, path, what] of paths) {
      const stranger = await other[method](path, {});
      const unknown = await other[method](path.replace(/\d+$/, '987654321'), {});
      assert.equal(stranger.status, 404);
      assert.equal(codeOf(stranger), `not_found|${what}`);
      assert.equal(stranger.text, unknown.text, 'the same answer as for what was never there');
    }
    assert.equal(codeOf(await other.put(`/key/${keyId}/status`, { status: 'revoked' })), 'not_found|key');
    assert.equal(codeOf(await other.post(`/key/user/${userId}`, { name: 'x' })), 'not_found|user');
    assert.equal(codeOf(await other.post(`/container/${root.id}/children`, { name: 'x' })), 'not_found|container');
    assert.equal((await other.get('/user')).json.page.total, 0);
    assert.deepEqual((await other.get('/account/metadata')).json, {});
    assert.ok(!(await other.get('/key')).text.includes(`"id":${keyId},`));
    assert.equal((await client.get(`/user/${userId}`)).status, 200);
  });
});
