import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Role } from '../../../src/core/records.ts';
import type { Store } from '../../../src/core/store.ts';
import { ENDPOINTS } from '../../../src/dialects/digicert/endpoints.ts';
import { countRecords } from '../../support/desk.ts';
import { forEachStore } from '../../support/stores.ts';
import { callWith } from './calls.ts';
import {
  codeOf,
  openReady,
  orderFor,
  PRO,
  setSettings,
  userWithKey,
  vettedOrganization,
  type Client,
} from './client.ts';

/** Somebody who sees a part of the account, and what of the account is none of theirs. */
interface World {
  client: Client;
  domain: string;
  /** Divisions: two side by side, and one below the first. */
  north: number;
  south: number;
  coast: number;
  organizationId: number;
  /** Placed by an administrator in the south. */
  foreign: Readonly<Record<string, number>> & { thumbprint: string };
  as(userName: string, role: Role, containerId: number | null): Promise<{ client: Client; userId: number }>;
}

async function openWorld(store: Store): Promise<World> {
  const { client, organization, domain } = await openReady(store);
  await setSettings(client, { approval: 'required' });
  const root = (await client.get('/container')).json.containers[0].id;
  const division = async (parent: number, name: string): Promise<number> =>
    (await client.post(`/container/${parent}/children`, { name })).json.id;
  const [north, south] = [await division(root, 'North'), await division(root, 'South')];
  const coast = await division(north, 'Coast');
  const as = async (userName: string, role: Role, containerId: number | null) => {
    const { user, client: own } = await userWithKey(client, userName, role);
    await store.transact((unit) => unit.update('users', user.id, { containerId }));
    return { client: own, userId: user.id };
  };
  const boss = await as('boss', 'admin', null);
  const own = await vettedOrganization(client, { name: 'South Ltd', containerId: south });
  const order = orderFor(`south.${domain}`, own.id, { container: { id: south }, alternative_order_id: 'south-1' });
  const placed = await boss.client.post(PRO, order);
  const requestId = placed.json.requests[0].id;
  assert.equal((await boss.client.put(`/request/${requestId}/status`, { status: 'approved' })).status, 204);
  const worker = await as('south-worker', 'standard', south);
  const { api_keys: keys } = (await client.get(`/key?user_id=${worker.userId}`)).json;
  const kept = await client.post('/domain', {
    name: 'south-kept.test',
    container: { id: south },
    dcv_method: 'dns-txt-token',
  });
  const info = (await client.get(`/order/certificate/${placed.json.id}`)).json;
  const foreign = {
    orderId: placed.json.id,
    certificateId: info.certificate.id,
    requestId,
    userId: worker.userId,
    keyId: keys[0].id,
    containerId: south,
    organizationId: own.id,
    domainId: kept.json.id,
    thumbprint: info.certificate.thumbprint,
  };
  return { client, domain, north, south, coast, organizationId: organization.id, foreign, as };
}

const NAMED = /:(orderId|certificateId|requestId|userId|keyId|containerId|organizationId|domainId)\b/;

async function attack(client: Client, world: World): Promise<void> {
  const { store, clock } = client.desk;
  const before = await countRecords(store);
  for (const endpoint of ENDPOINTS.filter((one) => NAMED.test(one.path))) {
    const { method, path } = endpoint;
    clock.forward(100);
    const reply = await callWith(client, endpoint, world.foreign);
    assert.ok([403, 404].includes(reply.status), `${method} ${path}: ${reply.status} ${reply.text}`);
    assert.doesNotMatch(reply.text, /south/i, `${method} ${path}`);
  }
  assert.deepEqual(await countRecords(store), before);
  const { orderId, certificateId, userId, keyId } = world.foreign;
  assert.equal((await store.get('certificates', certificateId as number))?.state, 'active');
  assert.equal((await store.get('orderDetails', orderId as number))?.autoRenew, false);
  assert.equal((await store.get('users', userId as number))?.firstName, 'Ada');
  assert.equal((await store.get('credentials', keyId as number))?.revokedAt, null);
}

/** Every list of orders, people and things, with the members that would tell. */
const LISTS = [
  '/order/certificate',
  '/order/certificate?filters[common_name]=south.@',
  '/order/certificate?filters[domain_name]=south.@',
  '/order/certificate?filters[status]=issued',
  '/order/certificate?filters[search]=south',
  '/order/certificate?sort=-valid_till',
  '/order/certificate/status-changes?minutes=600',
  '/order/alternate/south-1',
  '/request',
  '/request?status=approved',
  '/domain',
  '/organization?filters[name]=South%20Ltd',
  '/user',
  '/user/api-only',
  '/key',
];

async function look(client: Client, world: World): Promise<void> {
  for (const path of LISTS) {
    const reply = await client.get(path.replace('@', world.domain));
    assert.equal(reply.status, 200, `${path}: ${reply.text}`);
    assert.doesNotMatch(reply.text.replaceAll('"south-1"', ''), /south/i, path);
    const [list] = Object.keys(reply.json).filter((name) => name !== 'page');
    if (reply.json.page !== undefined) assert.equal(reply.json.page.total, reply.json[list as string].length, path);
  }
  for (const path of ['/order/certificate', '/report/order', '/request']) {
    const reply = await client.get(path, { accept: 'text/csv' });
    assert.doesNotMatch(reply.text, /south/i, path);
  }
  for (const text of [world.foreign.thumbprint, String(world.foreign['orderId'])]) {
    assert.equal(codeOf(await client.get(`/order/certificate/${text}`)), 'not_found|order');
  }
}

forEachStore((open) => {
  for (const role of ['limited', 'standard', 'manager', 'admin'] as const) {
    test(`a ${role} user of one division sees and touches nothing of another`, async () => {
      const world = await openWorld(await open());
      const { client } = await world.as(`north-${role}`, role, world.north);
      await attack(client, world);
      await look(client, world);
    });
  }

  test('a limited user sees and touches none but their own orders', async () => {
    const world = await openWorld(await open());
    const { client, userId } = await world.as('lena', 'limited', null);
    const { orderId, certificateId, requestId, thumbprint } = world.foreign;
    const kept = { orderId, certificateId, requestId, userId: world.foreign['userId'], keyId: world.foreign['keyId'] };
    const only = ENDPOINTS.filter(({ path }) => /:(orderId|certificateId|requestId|userId|keyId)\b/.test(path));
    assert.ok(only.length > 40);
    await attack(client, {
      ...world,
      foreign: { ...world.foreign, ...kept, containerId: 0, organizationId: 0, domainId: 0 } as never,
    });
    for (const path of ['/order/certificate', '/request', '/order/alternate/south-1']) {
      assert.equal((await client.get(path)).json.page.total, 0, path);
    }
    assert.deepEqual((await client.get('/order/certificate/status-changes?minutes=600')).json, {});
    const users = (await client.get('/user')).json.users.map(({ id }: { id: number }) => id);
    assert.deepEqual(users, [userId]);
    assert.equal((await client.get('/key')).json.api_keys.length, 1);
    const placed = await client.post(PRO, orderFor(`own.${world.domain}`, world.organizationId));
    assert.equal(placed.status, 201, placed.text);
    assert.equal((await client.get('/order/certificate')).json.page.total, 1);
    assert.equal((await client.get('/request')).json.requests[0].id, placed.json.requests[0].id);
    assert.equal((await client.get(`/order/certificate/${placed.json.id}`)).status, 200);
    const renewal = { ...orderFor(world.domain, world.organizationId), renewed_thumbprint: thumbprint };
    assert.equal(codeOf(await client.post(PRO, renewal)), 'invalid_value:renewed_thumbprint');
    const other = await world.as('lars', 'limited', null);
    assert.equal((await other.client.get('/order/certificate')).json.page.total, 0);
    assert.equal((await world.client.get('/order/certificate')).json.page.total, 2, 'the account sees all');
  });

  test('a user of a division orders in it, and sees what others order in it and below it', async () => {
    const world = await openWorld(await open());
    const north = await world.as('nora', 'standard', world.north);
    const coast = await world.as('carl', 'standard', world.coast);
    const place = (client: Client, name: string, changes: object = {}) =>
      client.post(PRO, orderFor(`${name}.${world.domain}`, world.organizationId, { ...changes }));
    const above = await place(north.client, 'above');
    const below = await place(coast.client, 'below');
    assert.deepEqual([above.status, below.status], [201, 201], `${above.text} ${below.text}`);
    const ids = async (client: Client): Promise<number[]> =>
      (await client.get('/order/certificate')).json.orders.map(({ id }: { id: number }) => id);
    assert.deepEqual(await ids(north.client), [above.json.id, below.json.id]);
    assert.deepEqual(await ids(coast.client), [below.json.id]);
    assert.equal((await coast.client.get(`/order/certificate/${below.json.id}`)).json.container.name, 'Coast');
    const within = await place(north.client, 'within', { container: { id: world.coast } });
    assert.equal(within.status, 201, within.text);
    const out = { container: { id: world.south } };
    assert.equal(codeOf(await place(north.client, 'out', out)), 'not_found|container');
    assert.equal(codeOf(await place(coast.client, 'up', { container: { id: world.north } })), 'not_found|container');
    const foreign = orderFor(`x.${world.domain}`, world.foreign['organizationId'] as number);
    assert.equal(codeOf(await north.client.post(PRO, foreign)), 'not_found|organization');
    const contacts = [{ contact_type: 'organization_contact', user_id: world.foreign['userId'] }];
    const named = orderFor(`x.${world.domain}`, world.organizationId, {
      organization: { id: world.organizationId, contacts },
    });
    assert.equal(codeOf(await north.client.post(PRO, named)), 'invalid_value:organization.contacts[0].user_id');
    const renewal = { ...orderFor(world.domain, world.organizationId), renewal_of_order_id: world.foreign['orderId'] };
    assert.equal(codeOf(await north.client.post(PRO, renewal)), 'not_found|order');
    const { containers } = (await north.client.get('/container')).json;
    assert.deepEqual(
      containers.map(({ id }: { id: number }) => id),
      [world.north, world.coast],
    );
    const seen = (await north.client.get('/user/me')).json.container_visibility;
    assert.deepEqual(
      seen.map(({ id }: { id: number }) => id),
      [world.north, world.coast],
    );
  });

  test('an administrator of a division makes people within it alone, and changes nothing of the account', async () => {
    const world = await openWorld(await open());
    const { client, userId } = await world.as('ned', 'admin', world.north);
    const person = {
      username: 'new-one',
      first_name: 'New',
      last_name: 'One',
      email: 'new@acme.test',
      access_roles: [{ id: 5 }],
    };
    assert.equal(
      codeOf(await client.post('/user', { ...person, container: { id: world.south } })),
      'not_found|container',
    );
    const made = await client.post('/user', person);
    assert.equal(made.status, 201, made.text);
    assert.equal((await client.desk.store.get('users', made.json.id))?.containerId, world.north);
    assert.equal(
      codeOf(await client.put(`/user/${userId}`, { container: { id: world.south } })),
      'not_found|container',
    );
    const key = await client.post(`/key/user/${made.json.id}`, { name: 'theirs' });
    assert.equal(key.status, 201, key.text);
    assert.equal((await client.as(key.json.api_key).get('/order/certificate')).json.page.total, 0);
    const denied = 'access_denied|missing_permission';
    assert.equal(codeOf(await client.post('/account/metadata', { label: 'Mine' })), denied);
    const hook = { endpoint: 'https://evil.test/hook', secret: 'x'.repeat(32), events: ['certificate_issued'] };
    assert.equal(codeOf(await client.post('/webhook', hook)), denied);
    const shared = await client.put(`/organization/${world.organizationId}/deactivate`);
    assert.equal(codeOf(shared), 'not_found|organization', 'what lies above is used, not changed');
    assert.equal((await client.get(`/organization/${world.organizationId}`)).status, 200);
  });

  test('a user of a division that is gone sees nothing', async () => {
    const world = await openWorld(await open());
    const { client } = await world.as('lost', 'admin', 999_999);
    assert.equal((await client.get('/order/certificate')).json.page.total, 0);
    assert.deepEqual((await client.get('/container')).json.containers, []);
  });
});
