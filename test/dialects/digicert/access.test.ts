import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SECOND } from '../../../src/core/time.ts';
import { ENDPOINTS } from '../../../src/dialects/digicert/endpoints.ts';
import { countRecords } from '../../support/desk.ts';
import { forEachStore } from '../../support/stores.ts';
import { codeOf, openReady, orderFor, PRO, setSettings, userWithKey } from './client.ts';

const INVALID_KEY =
  '{"errors":[{"code":"access_denied|access_denied_invalid_key","message":"Access denied due to access_denied_invalid_key."}]}';

forEachStore((open) => {
  test('without the right key every endpoint but those of guests answers with the same 123 bytes', async () => {
    const { client } = await openReady(await open());
    for (const { method, path, permission } of ENDPOINTS) {
      if (permission === null) continue;
      const url = `/services/v2${path.replaceAll(/:\w+/g, '1')}`;
      for (const key of ['', 'wrong', client.desk.secret.toLowerCase(), 'a'.repeat(5_000)]) {
        const reply = await client.raw({ method, url, headers: { 'x-dc-devkey': key } });
        assert.equal(reply.status, 403, `${method} ${url}`);
        assert.equal(reply.headers['content-type'], 'application/json');
        assert.equal(reply.text, INVALID_KEY);
      }
    }
    assert.equal(INVALID_KEY.length, 123);
  });

  test('paths that do not exist are told in the vendor’s words', async () => {
    const { client } = await openReady(await open());
    const reply = await client.get('/nothing/here');
    assert.equal(reply.status, 404);
    assert.deepEqual(reply.json, {
      errors: [{ code: 'not_found|route', message: 'The specified route was not found.' }],
    });
    assert.equal(codeOf(await client.get('/product/client_premium')), 'not_found|product');
    assert.equal(codeOf(await client.post('/order/certificate/code_signing', {})), 'missing_value:certificate');
  });

  test('a key for looking changes nothing, one for users orders nothing', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { handle } = client.desk.actor;
    const before = await countRecords(client.desk.store);
    for (const role of ['view', 'users'] as const) {
      const narrow = client.as((await client.desk.addKey(handle, role)).secret);
      const reply = await narrow.post(PRO, orderFor(domain, organization.id));
      assert.equal(reply.status, 403);
      assert.equal(codeOf(reply), 'access_denied|missing_permission');
      assert.equal((await narrow.get('/product')).status, 200);
    }
    assert.deepEqual(await countRecords(client.desk.store), before);
  });

  test('a key for orders orders, and waits for somebody who may approve', async () => {
    const { client, organization, domain } = await openReady(await open());
    await setSettings(client, { approval: 'automatic' });
    const narrow = client.as((await client.desk.addKey(client.desk.actor.handle, 'orders')).secret);
    const placed = await narrow.post(PRO, orderFor(domain, organization.id, { skip_approval: true }));
    const requestId = placed.json.requests[0].id;
    assert.deepEqual(Object.keys(placed.json), ['id', 'requests']);
    assert.deepEqual(placed.json.requests, [{ id: requestId, status: 'pending' }]);
    const refused = await narrow.put(`/request/${requestId}/status`, { status: 'approved' });
    assert.equal(refused.status, 403);
    assert.equal(codeOf(refused), 'access_denied|invalid_approver');
    const approved = await client.put(`/request/${requestId}/status`, {
      status: 'approved',
      processor_comment: 'Fine',
    });
    assert.equal(approved.status, 204, approved.text);
    assert.equal((await client.get(`/order/certificate/${placed.json.id}`)).json.status, 'issued');
  });

  test('a key does no more than its user may', async () => {
    const { client, organization, domain } = await openReady(await open());
    await setSettings(client, { approval: 'required' });
    const { client: ofUser } = await userWithKey(client, 'carl', 'standard', 'admin');
    const placed = await ofUser.post(PRO, orderFor(domain, organization.id, { skip_approval: true }));
    assert.equal(placed.json.requests[0].status, 'pending', placed.text);
    const reply = await ofUser.put(`/request/${placed.json.requests[0].id}/status`, { status: 'approved' });
    assert.equal(codeOf(reply), 'access_denied|invalid_approver');
  });

  test('where two people are demanded, nobody approves their own request', async () => {
    const { client, organization, domain } = await openReady(await open());
    await setSettings(client, { approval: 'required', twoPeople: true });
    const { client: ada } = await userWithKey(client, 'ada-admin', 'admin');
    const { client: bob } = await userWithKey(client, 'bob-admin', 'admin');
    const placed = await ada.post(PRO, orderFor(domain, organization.id, { skip_approval: true }));
    const path = `/request/${placed.json.requests[0].id}/status`;
    assert.equal(codeOf(await ada.put(path, { status: 'approved' })), 'access_denied|invalid_approver');
    assert.equal((await bob.put(path, { status: 'approved' })).status, 204);
    assert.equal((await client.get(`/order/certificate/${placed.json.id}`)).json.status, 'issued');
  });

  test('another account sees and touches nothing', async () => {
    const { client, organization, domain } = await openReady(await open());
    await setSettings(client, { approval: 'required', twoPeople: true });
    const placed = await client.post(PRO, orderFor(domain, organization.id));
    const other = client.as((await client.desk.addKey('rival', 'admin')).secret);
    const requestId = placed.json.requests[0].id;
    assert.equal(codeOf(await other.get(`/request/${requestId}`)), 'not_found|request');
    assert.equal(codeOf(await other.put(`/request/${requestId}/status`, { status: 'approved' })), 'not_found|request');
    assert.deepEqual((await other.get('/request')).json.requests, []);
    const order = orderFor('other.test', organization.id);
    assert.equal(codeOf(await other.post(PRO, order)), 'not_found|organization');
    const renewal = { ...order, renewal_of_order_id: placed.json.id };
    assert.equal((await other.post(PRO, renewal)).status, 404);
  });

  test('a key has 100 calls in 5 seconds and 1000 in 3 minutes; others are not touched by it', async () => {
    const { client } = await openReady(await open());
    const { clock, actor } = client.desk;
    const other = client.as((await client.desk.addKey(actor.handle, 'view')).secret);
    const call = async (times: number): Promise<number> => {
      let granted = 0;
      for (let n = 0; n < times; n += 1) granted += Number((await client.get('/product/ssl_basic')).status === 200);
      return granted;
    };
    assert.equal(await call(101), 100);
    const refused = await client.get('/product');
    assert.equal(refused.status, 429);
    assert.equal(
      refused.text,
      '{"errors":[{"code":"request_limit_exceeded","message":"Service unavailable, please limit request volume"}]}',
    );
    assert.deepEqual(
      [refused.headers['retry-after'], refused.headers['content-type']],
      [undefined, 'application/json'],
    );
    assert.equal((await other.get('/product')).status, 200);
    for (let round = 1; round < 10; round += 1) {
      clock.forward(5 * SECOND);
      assert.equal(await call(100), 100);
    }
    clock.forward(5 * SECOND);
    assert.equal(await call(1), 0, 'a thousand calls were made');
    clock.forward(130 * SECOND);
    assert.equal(await call(101), 100, 'the first hundred are 3 minutes old');
  });

  test('guessing keys is slowed down by address', async () => {
    const { client } = await openReady(await open());
    client.desk.limits.wait = 7;
    const reply = await client.as('guess').get('/product');
    assert.equal(reply.status, 429);
    assert.equal(codeOf(reply), 'request_limit_exceeded');
  });
});
