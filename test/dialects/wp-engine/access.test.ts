import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENDPOINTS } from '../../../src/dialects/wp-engine/endpoints.ts';
import { forEachStore } from '../../support/stores.ts';
import { basic, HOLDER, openClient, openPlace } from './client.ts';

const BAD = { message: 'Bad Credentials' };

forEachStore((open) => {
  test('without the right user id and password every call but status and swagger is refused alike', async () => {
    const client = await openClient(await open());
    const [userId = '', password = ''] = client.desk.secret.split(':');
    const wrong = [
      '',
      'Basic',
      'Basic ',
      'Basic %%%%',
      basic(''),
      basic(':'),
      basic(userId),
      basic(`${userId}:`),
      basic(`:${password}`),
      basic(`${userId}:${password}x`),
      basic(`${userId}:${password.toUpperCase()}`),
      basic(`${userId}::${password}`),
      basic(`${password}:${userId}`),
      basic(`${userId}:${password}`).replace('Basic', 'Bearer'),
      `Bearer ${client.desk.secret}`,
      `Basic ${client.desk.secret}`,
      `Basic ${'A'.repeat(100_00)}`,
      basic(`${userId}:${password}\u0000`),
    ];
    for (const { method, path, permission } of ENDPOINTS) {
      if (permission === null) continue;
      const url = `/v1${path.replaceAll(/:\w+/g, 'x')}`;
      for (const authorization of wrong) {
        const reply = await client.raw({ method, url, headers: { authorization }, payload: 'not json' });
        assert.deepEqual([reply.status, reply.json], [401, BAD], `${method} ${url} ${authorization.slice(0, 60)}`);
        assert.match(reply.headers['www-authenticate'], /^Basic realm=/);
      }
    }
    assert.equal((await client.get('/status', { authorization: '' })).status, 200);
    assert.equal((await client.get('/swagger', { authorization: '' })).status, 200);
  });

  test('the scheme may be in any case, the user id in capitals, the base64 without its padding', async () => {
    const client = await openClient(await open());
    const { secret } = client.desk;
    const [userId = '', password = ''] = secret.split(':');
    for (const authorization of [
      basic(secret).replace('Basic', 'basic'),
      basic(secret).replace('Basic', 'BASIC  '),
      basic(`${userId.toUpperCase()}:${password}`),
      basic(secret).replace(/=+$/, ''),
    ]) {
      assert.equal((await client.get('/user', { authorization })).status, 200, authorization);
    }
  });

  test('a double slash is one, a slash at the end none; what is not served is not found in this API’s words', async () => {
    const client = await openClient(await open());
    const { install } = await openPlace(client);
    for (const url of [`/v1//installs/${install.uid}//domains`, `//v1/installs/${install.uid}/domains/`]) {
      assert.equal((await client.raw({ method: 'GET', url: url.replace('//v1', '/v1') })).status, 200, url);
    }
    const unserved = [
      ['GET', `/installs/${install.uid}/backups`],
      ['POST', `/installs/${install.uid}/purge_cache`],
      ['GET', '/ssh_keys'],
      ['GET', '/accounts/x/account_users'],
      ['GET', '/accounts/x/limits'],
      ['POST', '/install_copy'],
      ['PUT', '/sites'],
      ['GET', '/'],
      ['GET', '/nothing'],
    ] as const;
    for (const [method, path] of unserved) {
      const reply = await client.raw({
        method,
        url: `/v1${path}`,
        ...(method === 'GET' ? {} : { payload: '{"a":1}' }),
      });
      assert.deepEqual([reply.status, reply.json], [404, { message: 'Not Found' }], path);
    }
    for (const id of ['x', '%00', '..%2f..', "' or 1=1 --", 'a'.repeat(299), '%F0%9F%92%A9']) {
      assert.equal((await client.get(`/installs/${encodeURI(id)}/domains`)).status, 404, id);
    }
  });

  test('too many calls are told to wait', async () => {
    const client = await openClient(await open());
    client.desk.limits.wait = 7;
    for (const headers of [{}, { authorization: 'Basic eDp5' }]) {
      const reply = await client.get('/user', headers);
      assert.deepEqual(
        [reply.status, reply.json, reply.headers['retry-after']],
        [429, { message: 'Too many requests' }, '7'],
      );
    }
  });

  test('what breaks inside tells nothing of itself', async () => {
    const client = await openClient(await open());
    const { path } = await openPlace(client);
    client.desk.platform.subscriberKeys.makeFor = () => Promise.reject(new Error('secret of the inside'));
    const reply = await client.post(`${path}/ssl_certificate`, HOLDER);
    assert.deepEqual(
      [reply.status, reply.json],
      [500, { message: 'An unexpected error occurred, please try again in a few minutes' }],
    );
    assert.equal((await client.get(`${path}/ssl_certificate`)).status, 404);
  });

  test('what breaks after the order is on record is taken up by its job, with the key that was made', async () => {
    const client = await openClient(await open());
    const { clock, engine, runJobs, store } = client.desk;
    const { path, domains } = await openPlace(client);
    const check = engine.domains.check;
    engine.domains.check = () => Promise.reject(new Error('the machine is on fire'));
    assert.equal((await client.post(`${path}/ssl_certificate`, HOLDER)).status, 500);
    engine.domains.check = check;
    clock.forward(60_000);
    await runJobs();
    const [domain] = await store.find('hostnames', { id: domains[0]?.id ?? 0 });
    assert.ok(domain?.certificateId);
    const { certificate, cert_info: info } = (await client.get(`${path}/ssl_certificate`)).json;
    assert.equal(certificate.status, 'ENABLED');
    assert.match(info.key, /PRIVATE KEY/);
    // What failed before anything was on record leaves no key behind.
    const other = await openPlace(client);
    const before = (await store.find('subscriberKeys', {})).length;
    client.desk.office.desk.placeOrder = () => Promise.reject(new Error('not even begun'));
    assert.equal((await client.post(`${other.path}/ssl_certificate`, HOLDER)).status, 500);
    assert.equal((await store.find('subscriberKeys', {})).length, before);
  });
});
