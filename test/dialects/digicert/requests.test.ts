import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store } from '../../../src/core/store.ts';
import { SECOND } from '../../../src/core/time.ts';
import { forEachStore } from '../../support/stores.ts';
import { codeOf, newDomain, openReady, orderFor, PRO, setSettings, userWithKey, type Json } from './client.ts';

/** An account where one person asks and another decides. */
async function openTwo(store: Store) {
  const ready = await openReady(store);
  await setSettings(ready.client, { approval: 'required', twoPeople: true });
  const { client: asker, user } = await userWithKey(ready.client, 'ada', 'standard');
  const { client: boss, user: bossUser } = await userWithKey(ready.client, 'bob', 'admin');
  const ask = async (changes: Record<string, unknown> = {}, domain = ready.domain): Promise<Json> => {
    const reply = await asker.post(PRO, orderFor(domain, ready.organization.id, changes));
    assert.equal(reply.json.requests[0].status, 'pending', reply.text);
    return { orderId: reply.json.id, requestId: reply.json.requests[0].id };
  };
  return { ...ready, asker, boss, user, bossUser, ask };
}

forEachStore((open) => {
  test('a request is listed, read and approved, which issues the certificate', async () => {
    const { client, asker, boss, user, bossUser, ask, domain, organization } = await openTwo(await open());
    const { orderId, requestId } = await ask({ comments: 'For the shop' });
    const requester = { id: user.id, first_name: 'Ada', last_name: 'ada', email: 'ada@acme.test' };
    const list = await boss.get('/request?status=pending');
    assert.deepEqual(list.json, {
      requests: [
        {
          id: requestId,
          date: '2026-11-22T12:00:00+00:00',
          type: 'new_request',
          status: 'pending',
          requester,
          order: {
            id: orderId,
            certificate: { common_name: domain },
            organization: { id: organization.id, name: 'Acme Widgets' },
            product: { name_id: 'ssl_securesite_pro', name: 'Secure Site Pro SSL', type: 'ssl_certificate' },
          },
        },
      ],
      page: { total: 1, limit: 1000, offset: 0 },
    });
    const before = (await asker.get(`/request/${requestId}`)).json;
    assert.equal(before.comments, 'For the shop');
    assert.equal(before.date_processed, undefined);
    assert.equal(before.order.status, 'needs_approval');
    client.desk.clock.forward(10 * SECOND);
    const body = { status: 'approved', processor_comment: 'Fine' };
    const approved = await boss.put(`/request/${requestId}/status`, body);
    assert.deepEqual([approved.status, approved.text], [204, '']);
    const after = (await asker.get(`/request/${requestId}`)).json;
    assert.equal(after.status, 'approved');
    assert.equal(after.date_processed, '2026-11-22T12:00:10+00:00');
    assert.equal(after.processor_comment, 'Fine');
    assert.equal(after.processor.id, bossUser.id);
    assert.equal(after.order.status, 'issued');
    const [listed] = (await boss.get('/request?filters[status]=approved')).json.requests;
    assert.deepEqual([listed.id, listed.processor.id], [requestId, bossUser.id]);
  });

  test('a rejected request ends its order and gives the money back', async () => {
    const { client, boss, ask } = await openTwo(await open());
    const { store, actor } = client.desk;
    const before = await store.get('accounts', actor.accountId);
    const { orderId, requestId } = await ask();
    assert.ok(((await store.get('accounts', actor.accountId))?.reserved ?? 0) > 0);
    assert.equal((await boss.put(`/request/${requestId}/status`, { status: 'REJECTED' })).status, 204);
    assert.equal((await boss.get(`/order/certificate/${orderId}`)).json.status, 'rejected');
    assert.equal((await boss.get(`/request/${requestId}`)).json.status, 'rejected');
    const after = await store.get('accounts', actor.accountId);
    assert.deepEqual([after?.balance, after?.reserved], [before?.balance, before?.reserved]);
    const again = await boss.put(`/request/${requestId}/status`, { status: 'approved' });
    assert.equal(codeOf(again), 'invalid_status');
  });

  test('a status must be one of four, and what waits can only be told that it waits', async () => {
    const { boss, ask } = await openTwo(await open());
    const { requestId } = await ask();
    const path = `/request/${requestId}/status`;
    assert.equal((await boss.put(path, { status: 'submitted' })).status, 204);
    assert.equal((await boss.put(path, { status: 'pending', processor_comment: '' })).status, 204);
    assert.equal(codeOf(await boss.put(path, { status: 'maybe' })), 'invalid_value:status');
    assert.equal(codeOf(await boss.put(path, {})), 'missing_value:status');
    assert.equal(codeOf(await boss.put(path)), 'missing_value:status');
    assert.equal((await boss.get(`/request/${requestId}`)).json.status, 'pending');
    await boss.put(path, { status: 'approved' });
    assert.equal(codeOf(await boss.put(path, { status: 'pending' })), 'invalid_value:status');
    assert.equal(codeOf(await boss.get('/request/99999999')), 'not_found|request');
    assert.equal(codeOf(await boss.get('/request/x')), 'not_found|request');
  });

  test('the list is paged, sorted and filtered', async () => {
    const { client, boss, ask, user } = await openTwo(await open());
    const ids: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      client.desk.clock.forward(60 * SECOND);
      ids.push((await ask()).requestId);
    }
    const listed = async (query: string): Promise<number[]> =>
      (await boss.get(`/request?${query}`)).json.requests.map((one: Json) => one.id);
    assert.deepEqual(await listed(''), ids);
    assert.deepEqual(await listed('sort=-date'), ids.toReversed());
    assert.deepEqual(await listed('sort=-date&limit=2&offset=1'), ids.toReversed().slice(1, 3));
    const page = (await boss.get('/request?limit=2&offset=4')).json;
    assert.deepEqual([page.requests.length, page.page], [1, { total: 5, limit: 2, offset: 4 }]);
    assert.deepEqual(await listed(`filters[requester_id]=${user.id}`), ids);
    assert.deepEqual(await listed('filters[requester_id]=0'), []);
    assert.deepEqual(await listed('filters[date]=%3E2026-11-21'), ids);
    assert.deepEqual(await listed('filters[date]=2026-11-22T12:02:00...2026-11-22T12:03:00'), ids.slice(1, 3));
    assert.equal(codeOf(await boss.get('/request?filters[colour]=red')), 'invalid_value:filters[colour]');
    assert.equal(codeOf(await boss.get('/request?sort=colour')), 'invalid_value:sort');
    assert.equal(codeOf(await boss.get('/request?limit=many')), 'invalid_value:limit');
  });

  test('spreadsheets get the list as CSV', async () => {
    const { boss, ask, domain } = await openTwo(await open());
    const { orderId, requestId } = await ask();
    const reply = await boss.get('/request', { accept: 'text/csv' });
    assert.equal(reply.headers['content-type'], 'text/csv');
    assert.deepEqual(reply.text.split('\r\n'), [
      'Request ID,Date,Type,Status,Requester,Order ID,Common Name,Product',
      `${requestId},2026-11-22T12:00:00+00:00,new_request,pending,ada@acme.test,${orderId},${domain},Secure Site Pro SSL`,
      '',
    ]);
  });

  test('what has to be proved is told with the request', async () => {
    const { boss, ask } = await openTwo(await open());
    const domain = newDomain();
    const { requestId } = await ask({ dcv_method: 'dns-txt-token' }, domain);
    assert.deepEqual((await boss.get(`/request/${requestId}`)).json.order.unsubmitted_domains, [domain]);
  });

  test('of two decisions at the same moment one counts', async () => {
    const { client, boss, ask } = await openTwo(await open());
    const { orderId, requestId } = await ask();
    const path = `/request/${requestId}/status`;
    const replies = await Promise.all([
      boss.put(path, { status: 'approved' }),
      boss.put(path, { status: 'rejected' }),
      boss.put(path, { status: 'approved' }),
    ]);
    const [yes, no, again] = replies.map(({ status }) => status === 204);
    // Whoever says yes to what was approved a moment before is right as well.
    assert.equal(Number(yes || again) + Number(no), 1, replies.map(({ text }) => text).join());
    const { status } = (await boss.get(`/order/certificate/${orderId}`)).json;
    assert.ok(['issued', 'rejected'].includes(status));
    const certificates = await client.desk.store.find('certificates', { orderId });
    assert.equal(certificates.length, status === 'issued' ? 1 : 0);
  });
});
