import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY } from '../../../src/core/time.ts';
import { countRecords, newCsr } from '../../support/desk.ts';
import { forEachStore } from '../../support/stores.ts';
import { issue, newDomain, openClient, orderFor, type Json } from './client.ts';

forEachStore((open) => {
  test("another account's things do not exist, in every endpoint", async () => {
    const client = await openClient(await open());
    const { certificateId, processId } = await issue(client, orderFor(newDomain()));
    const waiting = (await client.post('/v2/ssl/certificates', orderFor(newDomain()))).headers['x-process-id'];
    const [notification] = (await client.get('/v2/customers/acme/notifications')).json.entities;
    const [transaction] = (await client.get('/v2/billing/financialtransactions')).json.entities;
    const { secret } = await client.desk.addKey('mallory', 'admin');
    const mallory = client.as(secret);
    const before = await countRecords(client.desk.store);
    const csr = newCsr('shop.example.com');
    const dcv = [{ commonName: 'shop.example.com', type: 'DNS' }];
    const calls: [() => Promise<{ status: number; json: Json; text: string }>, string][] = [
      [() => mallory.get(`/v2/ssl/certificates/${certificateId}`), 'get'],
      [() => mallory.get(`/v2/customers/mallory/certificates/${certificateId}`), 'get, older path'],
      [() => mallory.get(`/v2/ssl/certificates/${certificateId}/download`), 'download'],
      [() => mallory.post(`/v2/ssl/certificates/${certificateId}/reissue`, { csr }), 'reissue'],
      [() => mallory.post(`/v2/ssl/certificates/${certificateId}/reissue?quote=true`, { csr }), 'reissue quote'],
      [() => mallory.post(`/v2/ssl/certificates/${certificateId}/renew`, { csr, period: 12 }), 'renew'],
      [() => mallory.post(`/v2/ssl/certificates/${certificateId}/renew?quote=1`, { csr, period: 12 }), 'renew quote'],
      [() => mallory.delete(`/v2/ssl/certificates/${certificateId}`), 'revoke'],
      [() => mallory.get(`/v2/processes/${processId}`), 'process'],
      [() => mallory.get(`/v2/processes/${processId}/info`), 'info'],
      [() => mallory.delete(`/v2/processes/${waiting}`), 'cancel'],
      [() => mallory.post(`/v2/processes/${waiting}/resend`), 'resend'],
      [() => mallory.post(`/v2/processes/${waiting}/resend`, { dcv }), 'resend dcv'],
      [() => mallory.post(`/v2/processes/${waiting}/add-note`, { message: 'x' }), 'note'],
      [
        () => mallory.post(`/v2/processes/${waiting}/schedule-validation-call`, { date: '2030-01-01T00:00:00Z' }),
        'call',
      ],
      [() => mallory.post(`/v2/processes/${waiting}/send-subscriber-agreement`, { email: 'a@b.io' }), 'agreement'],
      [() => mallory.get(`/v2/customers/mallory/notifications/${notification.id}`), 'notification'],
      [() => mallory.post(`/v2/customers/mallory/notifications/${notification.id}/ack`), 'ack'],
      [() => mallory.get(`/v2/billing/financialtransactions/${transaction.id}`), 'transaction'],
      [() => mallory.get('/v2/customers/acme/credit'), 'credit'],
      [() => mallory.get('/v2/customers/acme/pricelist'), 'price list'],
      [() => mallory.get('/v2/customers/acme/notifications'), 'notifications'],
      [() => mallory.get('/v2/customers/acme/notifications/poll'), 'poll'],
      [() => mallory.get('/v2/customers/acme/certificates'), 'certificates'],
      [() => mallory.post('/v2/ssl/certificates', orderFor(newDomain())), 'order'],
      [() => mallory.post('/v2/ssl/import', { customer: 'acme', certificate: 'x' }), 'import'],
    ];
    for (const [call, label] of calls) {
      const reply = await call();
      assert.equal(reply.status, 400, `${label}: ${reply.text}`);
      assert.equal(reply.json.type, 'ObjectDoesNotExist', `${label}: ${reply.text}`);
    }
    for (const path of [
      '/v2/ssl/certificates',
      '/v2/processes',
      '/v2/billing/financialtransactions',
      '/v2/customers/mallory/notifications',
    ]) {
      for (const query of [
        '',
        `?id=${certificateId}`,
        '?export=true',
        '?q=shop',
        `?id:in=${certificateId},${processId},${waiting}`,
      ]) {
        const reply = await mallory.get(path + query);
        assert.deepEqual(reply.json.entities, [], path + query);
        assert.equal(reply.json.pagination.total, 0);
      }
    }
    assert.deepEqual((await mallory.get('/v2/processes?billableAction=REQUEST')).json.entities, []);
    assert.deepEqual(await countRecords(client.desk.store), before);
  });

  test('a key that may only look changes nothing', async () => {
    const client = await openClient(await open());
    const { certificateId } = await issue(client, orderFor(newDomain()));
    const waiting = (await client.post('/v2/ssl/certificates', orderFor(newDomain()))).headers['x-process-id'];
    const { secret } = await client.desk.addKey('acme', 'view');
    const viewer = client.as(secret);
    const before = await countRecords(client.desk.store);
    const calls: [string, string, unknown][] = [
      ['POST', '/v2/ssl/certificates', orderFor(newDomain())],
      ['POST', `/v2/ssl/certificates/${certificateId}/reissue`, { csr: newCsr('a.example.com') }],
      ['POST', `/v2/ssl/certificates/${certificateId}/renew`, { csr: newCsr('a.example.com'), period: 12 }],
      ['DELETE', `/v2/ssl/certificates/${certificateId}`, {}],
      ['DELETE', `/v2/processes/${waiting}`, undefined],
      ['POST', `/v2/processes/${waiting}/resend`, undefined],
      ['POST', `/v2/processes/${waiting}/add-note`, { message: 'x' }],
      ['POST', '/v2/ssl/import', {}],
      ['POST', '/v2/customers/acme/notifications/1/ack', {}],
    ];
    for (const [method, path, body] of calls) {
      const reply = method === 'POST' ? await viewer.post(path, body) : await viewer.delete(path, body);
      assert.equal(reply.status, 403, `${method} ${path}: ${reply.text}`);
      assert.equal(reply.json.type, 'AuthorizationError');
    }
    assert.deepEqual(await countRecords(client.desk.store), before);
    assert.equal((await viewer.get(`/v2/ssl/certificates/${certificateId}`)).status, 200);
    assert.equal((await viewer.post('/v2/ssl/decodecsr', { csr: newCsr('a.example.com') })).status, 200);
  });

  test('without a key there is nothing, and nothing is read before it is known', async () => {
    const client = await openClient(await open());
    const headers = [
      undefined,
      '',
      'ApiKey',
      'ApiKey ',
      `Basic ${client.desk.secret}`,
      `ApiKey ${client.desk.secret}x`,
      `ApiKey ${client.desk.secret} x`,
      `ApiKey ${'A'.repeat(600)}`,
      `Session ${client.desk.secret}`,
    ];
    for (const authorization of headers) {
      for (const url of ['/v2/ssl/certificates', '/v2/ssl/products', '/v2/processes/1']) {
        const response = await client.desk.app.inject({
          method: 'GET',
          url,
          headers: authorization === undefined ? {} : { authorization },
        });
        assert.equal(response.statusCode, 401, String(authorization));
        assert.equal(response.json().type, 'AuthenticationError');
      }
    }
    const post = await client.desk.app.inject({
      method: 'POST',
      url: '/v2/ssl/certificates',
      headers: { 'content-type': 'application/json' },
      payload: '{bad',
    });
    assert.equal(post.statusCode, 401);
  });

  test('too many calls are told when to come back, before anything is done', async () => {
    const client = await openClient(await open());
    const before = await countRecords(client.desk.store);
    client.desk.limits.wait = 7;
    const reply = await client.post('/v2/ssl/certificates', orderFor(newDomain()));
    assert.equal(reply.status, 429);
    assert.equal(reply.json.type, 'TooManyRequests');
    assert.equal(reply.headers['retry-after'], '7');
    const guess = await client.as('bm9ib2R5L3g=').get('/v2/ssl/certificates');
    assert.equal(guess.status, 429);
    assert.deepEqual(await countRecords(client.desk.store), before);
  });

  test('bodies and paths that are no calls', async () => {
    const client = await openClient(await open());
    const json = { 'content-type': 'application/json' };
    const raw = (payload: string, headers: Record<string, string> = json) =>
      client.raw({ method: 'POST', url: '/v2/ssl/certificates', payload, headers });
    for (const payload of ['{bad', '[]', '"text"', '12', 'null', '{"a":1}}', '\u0000']) {
      const reply = await raw(payload);
      assert.deepEqual([reply.status, reply.json.type], [400, 'InvalidMessage'], payload);
    }
    for (const payload of [
      '{"__proto__":{"admin":true}}',
      '{"constructor":{"prototype":{"admin":true}}}',
      '{"approver":{"__proto__":{}}}',
    ]) {
      const reply = await raw(payload);
      assert.deepEqual([reply.status, reply.json.type], [400, 'UnrecognizedPropertyException'], payload);
    }
    assert.equal(({} as Json).admin, undefined);
    const huge = await raw(JSON.stringify({ csr: 'A'.repeat(2_000_000) }));
    assert.deepEqual([huge.status, huge.json.type], [413, 'InvalidMessage']);
    const list = await raw(
      JSON.stringify({
        customer: 'acme',
        product: 'x',
        period: 12,
        csr: 'x',
        san: Array.from({ length: 50_000 }, () => 'a.b.c'),
      }),
    );
    assert.equal(list.json.violations[0].field, 'san');
    const form = await raw('a=b', { 'content-type': 'application/x-www-form-urlencoded' });
    assert.deepEqual([form.status, form.json.type], [415, 'InvalidMessage']);
    for (const path of ['/v2/nothing', '/v2', '/v2/ssl', '/v2/ssl/certificates/1/nothing', '/v2/session']) {
      const reply = await client.get(path);
      assert.deepEqual([reply.status, reply.json.type], [404, 'NotFound'], path);
    }
    const put = await client.raw({ method: 'PUT', url: '/v2/ssl/certificates', payload: '{}', headers: json });
    assert.equal(put.status, 404);
    for (const id of ['0', 'abc', '-1', '1.5', '99999999999999999999', '4294967296', '%00', '1%20or%201=1', "1'--"]) {
      const reply = await client.get(`/v2/ssl/certificates/${id}`);
      assert.deepEqual([reply.status, reply.json.type], [400, 'ObjectDoesNotExist'], id);
    }
    for (const query of [
      "domainName='; drop table certificates--",
      'domainName:like=%25\\_',
      'q=%25',
      "order=id'",
      'id:in=',
    ]) {
      const reply = await client.get(`/v2/ssl/certificates?${encodeURI(query).replaceAll('%2525', '%25')}`);
      assert.ok(reply.status === 200 || reply.status === 400, `${query}: ${reply.text}`);
    }
  });

  test('clients send what they send: empty bodies with a type, a slash at the end, DELETE with and without a body', async () => {
    const client = await openClient(await open());
    const { certificateId } = await issue(client, orderFor(newDomain()));
    const json = { 'content-type': 'application/json' };
    for (const url of ['/v2/ssl/certificates', '/v2/ssl/certificates/', `/v2/ssl/certificates/${certificateId}/`]) {
      assert.equal((await client.raw({ method: 'GET', url, headers: { ...json, 'content-length': '0' } })).status, 200);
    }
    const waiting = async () =>
      (await client.post('/v2/ssl/certificates/', orderFor(newDomain()))).headers['x-process-id'];
    const bodies = [undefined, '', '{}', ' ', '\uFEFF{}'];
    for (const payload of bodies) {
      const options = payload === undefined ? {} : { payload };
      const id = await waiting();
      assert.equal(
        (await client.raw({ method: 'POST', url: `/v2/processes/${id}/resend`, headers: json, ...options })).status,
        200,
      );
      assert.equal(
        (await client.raw({ method: 'DELETE', url: `/v2/processes/${id}/`, headers: json, ...options })).status,
        200,
      );
    }
    const bare = await client.raw({ method: 'DELETE', url: `/v2/processes/${await waiting()}` });
    assert.equal(bare.status, 200, bare.text);
    const empty = await client.raw({ method: 'POST', url: '/v2/ssl/certificates', headers: json, payload: '' });
    assert.equal(empty.json.type, 'ConstraintViolationException');
    const revoked = await client.raw({
      method: 'DELETE',
      url: `/v2/ssl/certificates/${certificateId}`,
      headers: json,
      payload: '',
    });
    assert.equal(revoked.status, 200);
  });

  test('an order is not taken twice, not without money, and not for what is not sold', async () => {
    const client = await openClient(await open(), { balance: 1000 });
    const domain = newDomain();
    const order = orderFor(domain);
    assert.equal((await client.post('/v2/ssl/certificates', order)).status, 202);
    const before = await countRecords(client.desk.store);
    const twice = await client.post('/v2/ssl/certificates', order);
    assert.deepEqual([twice.status, twice.json.type], [400, 'ObjectExists'], twice.text);
    const poor = await client.post('/v2/ssl/certificates', orderFor(newDomain(), { period: 36 }));
    assert.deepEqual([poor.status, poor.json.type], [400, 'InsufficientCreditException'], poor.text);
    const unknown = await client.post('/v2/ssl/certificates', orderFor(newDomain(), { product: 'ssl_nothing' }));
    assert.equal(unknown.json.type, 'ObjectDoesNotExist');
    const nonsense = await client.post('/v2/ssl/certificates', orderFor(newDomain(), { csr: 'nonsense' }));
    assert.deepEqual([nonsense.status, nonsense.json.type], [400, 'InvalidCSRException'], nonsense.text);
    const damaged = await client.post('/v2/ssl/certificates', {
      ...order,
      csr: String(order['csr']).replace(/[A-Z]{3}/, 'AAA'),
    });
    assert.equal(damaged.json.type, 'InvalidCSRException');
    assert.deepEqual(await countRecords(client.desk.store), before);
  });

  test('a renewal keeps to products that follow, a reissue to the term', async () => {
    const client = await openClient(await open());
    const domain = newDomain();
    const { certificateId } = await issue(client, orderFor(domain));
    const path = `/v2/ssl/certificates/${certificateId}`;
    const csr = newCsr(domain);
    const wrong = await client.post(`${path}/renew`, { csr, period: 12, product: 'ssl_chancery_ov_multi' });
    assert.equal(wrong.json.violations?.[0].field, 'product', wrong.text);
    assert.equal((await client.post(`${path}/renew`, { csr, period: 5 })).json.violations[0].field, 'period');
    client.desk.clock.forward(400 * DAY);
    assert.equal((await client.post(`${path}/reissue`, { csr })).json.type, 'ObjectStatusProhibitsOperation');
  });
});
