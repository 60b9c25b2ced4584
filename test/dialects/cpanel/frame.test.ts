import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachStore } from '../../support/stores.ts';
import { addOperator, addPassword, holdAgainstRules, openClient } from './client.ts';

const PROVIDERS = [{ name: 'Chancery', display_name: 'Chancery' }];
const BARE = { data: PROVIDERS, errors: null, messages: null, metadata: {}, status: 1, warnings: null };
const DENIED =
  '{"cpanelresult":{"apiversion":"2","error":"Access denied","data":{"reason":"Access denied","result":"0"},"type":"text"}}';

forEachStore((open) => {
  test('each form of address has its envelope, by GET and by POST', async () => {
    const client = await openClient(await open());
    const operator = await addOperator(client);
    const whm = { authorization: `whm root:${operator}` };
    const user = client.user;
    const named = 'cpanel_jsonapi_module=Market&cpanel_jsonapi_func=get_providers_list';
    const wrapped = { apiversion: 3, func: 'get_providers_list', module: 'Market', result: BARE };
    const inWhm = { metadata: { command: 'uapi_cpanel', reason: 'OK', result: 1, version: 1 }, data: { uapi: BARE } };
    const forms: [string, unknown, Record<string, string>?][] = [
      ['/execute/Market/get_providers_list', BARE],
      ['/execute/Market/get_providers_list?', BARE],
      ['/execute/Market/get_providers_list/', BARE],
      ['/wrapped/execute/Market/get_providers_list', wrapped],
      [`/json-api/cpanel?cpanel_jsonapi_apiversion=3&${named}`, wrapped],
      [`/json-api/cpanel?cpanel_jsonapi_apiversion=3&${named}&cpanel_jsonapi_user=${user}`, wrapped],
      [`/json-api/cpanel?cpanel_jsonapi_apiversion=3&${named}&cpanel_jsonapi_user=${user}`, wrapped, whm],
      [
        `/json-api/uapi_cpanel?api.version=1&cpanel.user=${user}&cpanel.module=Market&cpanel.function=get_providers_list`,
        inWhm,
        whm,
      ],
    ];
    for (const [url, expected, headers = {}] of forms) {
      const get = await client.raw({ url, headers });
      assert.equal(get.status, 200, `${url} ${get.text}`);
      assert.deepEqual(get.json, expected, url);
      const [path, query = ''] = url.split('?');
      const form = { ...headers, 'content-type': 'application/x-www-form-urlencoded' };
      const post = await client.raw({ method: 'POST', url: path as string, headers: form, payload: query });
      assert.equal(post.text, get.text, `POST ${url}`);
      const flat = JSON.stringify(Object.fromEntries(new URLSearchParams(query)));
      const asJson = { ...headers, 'content-type': 'application/json' };
      const sent = await client.raw({ method: 'POST', url: path as string, headers: asJson, payload: flat });
      assert.equal(sent.text, get.text, `POST JSON ${url}`);
    }
  });

  test('API 2 has its own shape, and its login probe', async () => {
    const client = await openClient(await open());
    const probe = '/json-api/cpanel?cpanel_jsonapi_module=CustInfo&cpanel_jsonapi_func=displaycontactinfo';
    const { json } = await client.raw({ url: `${probe}&cpanel_jsonapi_apiversion=2` });
    assert.equal(json.cpanelresult.apiversion, 2);
    assert.deepEqual(json.cpanelresult.event, { result: 1 });
    assert.equal(json.cpanelresult.data[0].name, 'email');
    assert.deepEqual((await client.raw({ url: probe })).json, json);
    const unknown = await client.raw({ url: '/json-api/cpanel?cpanel_jsonapi_module=Cron&cpanel_jsonapi_func=list' });
    assert.equal(unknown.json.cpanelresult.error, "Could not find function 'list' in module 'Cron'");
    assert.equal(unknown.json.cpanelresult.event.result, 0);
    assert.equal((await client.raw({ url: '/json-api/cpanel?cpanel_jsonapi_apiversion=4' })).status, 400);
  });

  test('what is not served is told in the API’s words', async () => {
    const client = await openClient(await open());
    assert.deepEqual(await client.errors('Market::test'), [
      'The system could not find the function “test” in the module “Market”.',
    ]);
    for (const name of ['constructor', '__proto__', 'toString']) {
      assert.match((await client.errors(`Market::${name}`))[0] as string, /could not find the function/);
    }
    assert.deepEqual(await client.errors('LiteSpeed::test'), [
      "Failed to load module “LiteSpeed”: Can't locate Cpanel/API/LiteSpeed.pm in @INC",
    ]);
  });

  test('wrong keys get the same 403, no key a page to sign in', async () => {
    const client = await openClient(await open());
    const { user, token } = client;
    const password = await addPassword(client);
    const operator = await addOperator(client);
    const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;
    const url = '/execute/Market/get_providers_list';
    const right = [`cpanel ${user}:${token}`, `Cpanel ${user}:${token}`, basic(`${user}:${password}`)];
    for (const authorization of right) {
      assert.equal((await client.raw({ url, headers: { authorization } })).status, 200, authorization);
    }
    const wrong = [
      `cpanel ${user}:${token.toLowerCase()}`,
      `cpanel other:${token}`,
      `cpanel ${user.toUpperCase()}:${token}`,
      `cpanel ${token}`,
      `cpanel ${user}:${password}`,
      basic(`${user}:${token}`),
      basic(`other:${password}`),
      basic(`${user}:`),
      `whm ${user}:${token}`,
      `cpanel ${user}:${operator}`,
      `Bearer ${token}`,
      'nonsense',
      `cpanel ${user}:${'A'.repeat(5_000)}`,
    ];
    for (const authorization of wrong) {
      const reply = await client.raw({ url, headers: { authorization } });
      assert.equal(reply.status, 403, authorization);
      assert.equal(reply.headers['content-type'], 'text/plain; charset="utf-8"');
      assert.equal(reply.text, DENIED);
    }
    const other = `/json-api/cpanel?cpanel_jsonapi_apiversion=3&cpanel_jsonapi_user=other`;
    assert.equal((await client.raw({ url: other })).text, DENIED);
    const none = await client.desk.app.inject({ url });
    assert.equal(none.statusCode, 401);
    assert.match(none.body, /<h1>Log in<\/h1>/);
  });

  test('the operator speaks for accounts that there are', async () => {
    const client = await openClient(await open());
    const headers = { authorization: `whm root:${await addOperator(client)}` };
    const url = (user: string): string =>
      `/json-api/uapi_cpanel?api.version=1&cpanel.user=${user}&cpanel.module=Market&cpanel.function=get_providers_list`;
    const { json } = await client.raw({ url: url('nobody'), headers });
    assert.deepEqual(json, {
      data: null,
      metadata: { command: 'uapi_cpanel', reason: 'There is no user “nobody”.', result: 0, version: 1 },
    });
    const plain = await client.raw({ url: '/execute/Market/get_providers_list', headers });
    assert.equal(plain.json.status, 0);
    await client.desk.store.transact((unit) =>
      unit.update('accounts', client.desk.actor.accountId, { state: 'locked' }),
    );
    assert.equal((await client.raw({ url: url(client.user), headers })).json.metadata.result, 0);
  });

  test('a session needs its cookie and its token, idles 15 minutes, and ends with its password', async () => {
    const client = await openClient(await open());
    const { app, clock, store } = client.desk;
    const password = await addPassword(client);
    const login = (query = '', user = client.user) =>
      app.inject({
        method: 'POST',
        url: `/login${query}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: 'cpsession=chosen-by-somebody' },
        payload: new URLSearchParams({ user, pass: password }).toString(),
      });
    const wrong = await login('/?login_only=1', 'other');
    assert.deepEqual([wrong.statusCode, wrong.json()], [401, { status: 0, message: 'The login is invalid.' }]);
    const opened = await login('/?login_only=1');
    const { security_token: token, redirect, status } = opened.json();
    assert.equal(status, 1);
    assert.match(token, /^\/cpsess[0-9]{10}$/);
    assert.ok(redirect.startsWith(`${token}/frontend/`));
    const set = opened.headers['set-cookie'] as string;
    assert.match(set, /^cpsession=[\w-]{43}; Path=\/; Max-Age=86400; HttpOnly; SameSite=Lax$/);
    const cookie = set.split(';')[0] as string;
    const call = (base: string, sent = cookie) =>
      app.inject({ url: `${base}/execute/Market/get_providers_list`, headers: { cookie: sent } });
    assert.deepEqual((await call(token)).json(), BARE);
    const posted = await app.inject({
      method: 'POST',
      url: `${token}/json-api/cpanel`,
      headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'cpanel_jsonapi_apiversion=3&cpanel_jsonapi_module=Market&cpanel_jsonapi_func=get_providers_list',
    });
    holdAgainstRules(posted.json().result);
    assert.equal((await call('')).statusCode, 401);
    assert.equal((await call('/cpsess0000000000')).statusCode, 401);
    assert.equal((await call(token, 'cpsession=chosen-by-somebody')).statusCode, 401);
    assert.equal((await call(token, '')).statusCode, 401);
    clock.forward(14 * 60_000);
    assert.equal((await call(token)).statusCode, 200);
    clock.forward(14 * 60_000);
    assert.equal((await call(token)).statusCode, 200, 'its end moves');
    const home = await app.inject({ url: redirect, headers: { cookie } });
    assert.equal(home.statusCode, 200);
    clock.forward(15 * 60_000);
    assert.equal((await call(token)).statusCode, 401, 'it idled');
    const second = await login();
    assert.equal(second.statusCode, 303);
    const secondToken = `/${(second.headers.location as string).split('/')[1]}`;
    const secondCookie = (second.headers['set-cookie'] as string).split(';')[0] as string;
    assert.notEqual(secondToken, token);
    assert.equal((await call(secondToken, secondCookie)).statusCode, 200);
    assert.equal((await call(token, secondCookie)).statusCode, 401, 'the token of another session');
    await app.inject({ url: `${secondToken}/logout`, headers: { cookie: secondCookie } });
    assert.equal((await call(secondToken, secondCookie)).statusCode, 401, 'logged out');
    const third = (await login('/?login_only=1')) as {
      headers: Record<string, unknown>;
      json(): { security_token: string };
    };
    const thirdCookie = (third.headers['set-cookie'] as string).split(';')[0] as string;
    const [credential] = (await store.find('credentials', { userName: 'ada' })).slice(-1);
    await store.transact((unit) => unit.update('credentials', credential?.id as number, { revokedAt: clock.now() }));
    assert.equal((await call(third.json().security_token, thirdCookie)).statusCode, 401, 'its password is revoked');
    for (const grant of await store.find('grants', {})) {
      assert.ok(!JSON.stringify(grant).includes(cookie.slice('cpsession='.length)), 'only a hash is kept');
    }
  });

  test('forms of other sites do not log in or out', async () => {
    const client = await openClient(await open());
    const password = await addPassword(client);
    const reply = await client.desk.app.inject({
      method: 'POST',
      url: '/login',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.test' },
      payload: new URLSearchParams({ user: client.user, pass: password }).toString(),
    });
    assert.equal(reply.statusCode, 401);
    assert.equal(reply.headers['set-cookie'], undefined);
  });

  test('calls beyond the allowance wait', async () => {
    const client = await openClient(await open());
    client.desk.limits.wait = 3;
    const reply = await client.raw({ url: '/execute/Market/get_providers_list' });
    assert.equal(reply.status, 429);
    assert.equal(reply.headers['retry-after'], '3');
    holdAgainstRules(reply.json);
  });
});
