import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SECOND } from '../../../src/core/time.ts';
import { forEachStore } from '../../support/stores.ts';
import { type Client, type Json, newDomain, openClient, openPlace, stranger } from './client.ts';

async function ownAccount(client: Client): Promise<string> {
  return (await client.get('/accounts')).json.results[0].id;
}

const fieldsOf = (json: Json) => json.errors.map((error: Json) => [error.field, error.type, error.code]);

forEachStore((open) => {
  test('status, user and account tell who is there', async () => {
    const client = await openClient(await open());
    const status = await client.get('/status', { authorization: '' });
    assert.deepEqual(status.json, { success: true, created_on: '2026-11-22T12:00:00+00:00' });
    const { json: user } = await client.get('/user');
    assert.deepEqual(
      { ...user, id: '' },
      { id: '', first_name: 'ada', last_name: 'acme', email: 'ada@acme.invalid', phone_number: null },
    );
    const { json: page, text } = await client.get('/accounts');
    assert.match(text, /^\{"previous":null,"next":null,"count":1,"results":\[\{"id":"[0-9a-f-]{36}","name":"acme",/);
    const [account] = page.results;
    assert.deepEqual((await client.get(`/accounts/${account.id}`)).json, account);
    const mallory = await stranger(client);
    assert.equal((await mallory.get(`/accounts/${account.id}`)).status, 404);
    assert.notEqual(await ownAccount(mallory), account.id);
  });

  test('sites are made, renamed, listed with their installs, and end with them', async () => {
    const client = await openClient(await open());
    const account = await ownAccount(client);
    const made = await client.post('/sites', { name: 'Torque', account_id: account });
    assert.equal(made.status, 201);
    assert.deepEqual(made.json, {
      id: made.json.id,
      name: 'Torque',
      account: { id: account },
      group_name: null,
      tags: [],
      created_at: '2026-11-22T12:00:00.000Z',
      sandbox: false,
      transferable: false,
      installs: [],
    });
    const path = `/sites/${made.json.id}`;
    assert.equal((await client.patch(path, { name: 'Torque 2' })).json.name, 'Torque 2');
    assert.equal((await client.patch(path, {})).json.name, 'Torque 2');
    const ask = { name: 'torquemag', account_id: account, site_id: made.json.id, environment: 'production' };
    const install = await client.post('/installs', ask);
    assert.equal(install.status, 201, install.text);
    const [brief] = (await client.get(path)).json.installs;
    assert.deepEqual(brief, {
      id: install.json.id,
      name: 'torquemag',
      environment: 'production',
      cname: 'torquemag.desk.test',
      php_version: null,
      is_multisite: false,
    });
    assert.equal((await client.get(path.toUpperCase().replace('/SITES', '/sites'))).status, 200);
    assert.equal((await client.delete(path)).status, 204);
    assert.equal((await client.get(path)).status, 404);
    assert.equal((await client.get(`/installs/${install.json.id}`)).status, 404);
    for (const [body, fields] of [
      [{ account_id: account }, [['name', 'invalid_value', 'missing']]],
      [{ name: '', account_id: account }, [['name', 'invalid_value', 'blank']]],
      [{ name: 'x'.repeat(41), account_id: account }, [['name', 'invalid_value', 'too_long']]],
      [{ name: 'x', account_id: 5 }, [['account_id', 'invalid_value', 'invalid_type']]],
    ] as const) {
      const reply = await client.post('/sites', body);
      assert.deepEqual([reply.status, fieldsOf(reply.json)], [400, fields]);
    }
    const elsewhere = await client.post('/sites', { name: 'x', account_id: '00000000-0000-4000-8000-000000000000' });
    assert.deepEqual(
      [elsewhere.status, elsewhere.json],
      [403, { message: "You don't have permission to perform that action" }],
    );
  });

  test('installs are made, moved and listed; a name is taken once for the whole platform', async () => {
    const client = await openClient(await open());
    const account_id = await ownAccount(client);
    const site = (await client.post('/sites', { name: 'A', account_id })).json.id;
    const made = await client.post('/installs', { name: 'shopprod', account_id });
    assert.deepEqual(made.json, {
      id: made.json.id,
      name: 'shopprod',
      cname: 'shopprod.desk.test',
      stable_ips: null,
      status: 'active',
      account: { id: account_id },
      php_version: null,
      site: null,
      environment: null,
      primary_domain: 'shopprod.desk.test',
      is_multisite: false,
      created_at: '2026-11-22T12:00:00.000Z',
      wp_version: null,
      defer_wordpress_upgrades_until: null,
    });
    const path = `/installs/${made.json.id}`;
    const moved = await client.patch(path, { site_id: site, environment: 'staging' });
    assert.deepEqual([moved.json.site, moved.json.environment], [{ id: site }, 'staging']);
    assert.deepEqual((await client.get(path)).json, moved.json);
    const mallory = await stranger(client);
    const taken = await mallory.post('/installs', { name: 'shopprod', account_id: await ownAccount(mallory) });
    assert.deepEqual([taken.status, fieldsOf(taken.json)], [400, [['name', 'value_unavailable', 'taken']]]);
    for (const name of ['ab', 'Shop', '1shop', 'shop-1', 'x'.repeat(15), 'shop prod']) {
      const reply = await client.post('/installs', { name, account_id });
      assert.deepEqual([reply.status, fieldsOf(reply.json)[0][0]], [400, 'name'], name);
    }
    const theirs = (await mallory.post('/sites', { name: 'B', account_id: await ownAccount(mallory) })).json.id;
    for (const body of [{ site_id: theirs }, { site_id: 'x' }, { environment: 'moon' }]) {
      assert.equal((await client.patch(path, body)).status, 400, JSON.stringify(body));
    }
    assert.equal((await client.delete(path)).status, 204);
  });

  test('lists are paged with absolute links of the caller’s own origin, which clients follow', async () => {
    const client = await openClient(await open());
    const account_id = await ownAccount(client);
    for (let n = 0; n < 5; n += 1) await client.post('/sites', { name: `S${n}`, account_id });
    const headers = { host: 'api.wpengineapi.com' };
    const first = await client.get(`/sites?limit=2&account_id=${account_id}`, headers);
    assert.deepEqual(Object.keys(first.json), ['previous', 'next', 'count', 'results']);
    assert.equal(first.json.previous, null);
    const next = `http://api.wpengineapi.com/v1/sites?limit=2&offset=2&account_id=${account_id}`;
    assert.deepEqual([first.json.next, first.json.count], [next, 5]);
    const names: string[] = [];
    for (let url: string | null = '/v1/sites?limit=2'; url !== null; ) {
      const { json } = await client.raw({
        method: 'GET',
        url: url.replace('http://desk.example:8480', ''),
        headers: { host: 'desk.example:8480' },
      });
      names.push(...json.results.map((site: Json) => site.name));
      url = json.next;
    }
    assert.deepEqual(names, ['S0', 'S1', 'S2', 'S3', 'S4']);
    const last = (await client.get('/sites?limit=2&offset=4', headers)).json;
    assert.deepEqual(
      [last.previous, last.next, last.results.length],
      ['http://api.wpengineapi.com/v1/sites?limit=2&offset=2', null, 1],
    );
    const empty = (await client.get('/sites?limit=0')).json;
    assert.deepEqual([empty.count, empty.results, empty.next], [5, [], null]);
    // A client of old asks for a thousand.
    assert.equal((await client.get('/sites?limit=1000')).json.results.length, 5);
    assert.equal((await client.get('/sites?account_id=00000000-0000-4000-8000-000000000000')).json.count, 0);
    for (const query of ['limit=-1', 'limit=x', 'offset=1.5', 'offset=1e3', 'limit=1&limit=2', 'offset=99999999999']) {
      assert.equal((await client.get(`/sites?${query}`)).status, 400, query);
    }
  });

  test('attack: no header decides where links lead, beyond a plain host', async () => {
    const client = await openClient(await open());
    const account_id = await ownAccount(client);
    for (let n = 0; n < 2; n += 1) await client.post('/sites', { name: `S${n}`, account_id });
    for (const host of [
      'evil.test/x?',
      'a b',
      'evil.test@desk.test',
      '"><script>',
      'x'.repeat(300),
      '-',
      'a:99999999',
    ]) {
      const { json } = await client.get('/sites?limit=1', { host });
      assert.equal(json.next, 'http://desk.test/v1/sites?limit=1&offset=1', host);
    }
    const forwarded = { host: 'desk.test', 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https' };
    assert.match((await client.get('/sites?limit=1', forwarded)).json.next, /^http:\/\/desk\.test\//);
  });

  test('domains are added, one by one and many at once, redirected, made primary and removed', async () => {
    const client = await openClient(await open());
    const { install } = await openPlace(client, ['main.test']);
    const path = `/installs/${install.uid}/domains`;
    const added = await client.post(path, { name: 'Bücher.Test' });
    assert.equal(added.status, 201, added.text);
    assert.deepEqual(Object.keys(added.json).slice(0, 4), ['name', 'duplicate', 'id', 'primary']);
    assert.deepEqual([added.json.name, added.json.primary, added.json.duplicate], ['xn--bcher-kva.test', false, false]);
    assert.equal(added.json.redirects_to, undefined);
    assert.equal(added.json.ownership_status, 'TXT_VERIFICATION_PENDING');
    assert.equal(added.json.txt_verification_key, '_wpe_verification');
    const listed = (await client.get(path)).json;
    assert.deepEqual(
      listed.results.map((one: Json) => [one.name, one.primary]),
      [
        ['main.test', true],
        ['xn--bcher-kva.test', false],
      ],
    );
    const mainId = listed.results[0].id;
    const redirected = await client.patch(`${path}/${added.json.id}`, { redirect_to: mainId, secure_all_urls: true });
    assert.deepEqual(redirected.json.redirects_to, [{ id: mainId, name: 'main.test' }]);
    assert.equal(redirected.json.secure_all_urls, true);
    assert.equal((await client.patch(`${path}/${added.json.id}`, { primary: true })).status, 400);
    const freed = await client.patch(`${path}/${added.json.id}`, { redirect_to: 'nil', primary: true });
    assert.deepEqual([freed.status, freed.json.primary, freed.json.redirects_to], [200, true, undefined]);
    assert.equal((await client.get(`${path}/${mainId}`)).json.primary, false);
    assert.equal((await client.get(`/installs/${install.uid}`)).json.primary_domain, 'xn--bcher-kva.test');
    const bulk = await client.post(`${path}/bulk`, {
      domains: [
        { name: 'a.test' },
        { name: 'b.test', redirect_to: 'a.test' },
        { name: 'c.test', redirect_to: 'main.test' },
      ],
    });
    assert.equal(bulk.status, 201, bulk.text);
    assert.deepEqual(
      bulk.json.domains.map((one: Json) => [one.name, one.redirects_to?.name]),
      [
        ['a.test', undefined],
        ['b.test', 'a.test'],
        ['c.test', 'main.test'],
      ],
    );
    assert.equal((await client.delete(`${path}/${mainId}`)).status, 204);
    const [c] = (await client.get(path)).json.results.filter((one: Json) => one.name === 'c.test');
    assert.equal(c.redirects_to, undefined);
  });

  test('bad domains are refused with their field, a bad list as a whole', async () => {
    const client = await openClient(await open());
    const { install, domains } = await openPlace(client, ['main.test', '*.wild.test']);
    const path = `/installs/${install.uid}/domains`;
    const mallory = await stranger(client);
    const foreign = await openPlace(mallory, ['foreign.test', 'twin.test']);
    const foreignId = foreign.domains[0]?.uid;
    for (const [body, field] of [
      [{}, 'name'],
      [{ name: 'no domain' }, 'name'],
      [{ name: 'test' }, 'name'],
      [{ name: '127.0.0.1' }, 'name'],
      [{ name: 'main.test' }, 'name'],
      [{ name: 'x.test', redirect_to: foreignId }, 'redirect_to'],
      [{ name: 'x.test', redirect_to: 'nonsense' }, 'redirect_to'],
      [{ name: '*.x.test', primary: true }, 'primary'],
      [{ name: 'twin.test', primary: true }, 'primary'],
      [{ name: 'x.test', primary: 'yes' }, 'primary'],
    ] as const) {
      const reply = await client.post(path, body);
      assert.deepEqual([reply.status, reply.json.errors?.[0].field], [400, field], JSON.stringify(body));
    }
    for (const list of [
      [],
      [{ name: 'a.test' }, { name: 'a.test' }],
      [{ name: 'a.test' }, { name: 'b b' }],
      [{ name: 'a.test', redirect_to: 'foreign.test' }],
      [{ name: 'a.test', redirect_to: 'a.test' }],
      [
        { name: 'a.test', redirect_to: 'b.test' },
        { name: 'b.test', redirect_to: 'main.test' },
      ],
      Array.from({ length: 21 }, (_, n) => ({ name: `n${n}.test` })),
    ]) {
      assert.equal((await client.post(`${path}/bulk`, { domains: list })).status, 400, JSON.stringify(list));
    }
    const wildcard = `${path}/${domains[1]?.uid}`;
    for (const body of [{ primary: true }, { redirect_to: domains[1]?.uid }, { redirect_to: foreignId }]) {
      assert.equal((await client.patch(wildcard, body)).status, 400, JSON.stringify(body));
    }
    assert.equal((await client.get(path)).json.count, 2);
    assert.equal((await client.post(path, { name: 'twin.test' })).json.duplicate, true);
    assert.equal((await mallory.get(foreign.path)).json.duplicate, false);
  });

  test('a domain is verified by its TXT record', async () => {
    const client = await openClient(await open());
    const name = newDomain();
    const { path } = await openPlace(client, [name]);
    const missing = await client.post(`${path}/verification`);
    assert.equal(missing.status, 400);
    assert.match(missing.json.message, /^TXT record not found/);
    const { txt_verification_value: value } = (await client.get(path)).json;
    client.desk.domains.publishRecord('TXT', `_wpe_verification.${name}`, value);
    const found = await client.post(`${path}/verification`);
    assert.equal(found.status, 200, found.text);
    assert.deepEqual(
      { ...found.json, id: '' },
      {
        id: '',
        name,
        txt_verified_time: '2026-11-22T12:00:00.000Z',
        txt_verified_domain: name,
        txt_verification_key: null,
        txt_verification_value: null,
      },
    );
    assert.equal((await client.get(path)).json.ownership_status, 'TXT_VERIFIED');
  });

  test('a status check is reported once, every five seconds at most', async () => {
    const client = await openClient(await open());
    const { path, install, domains } = await openPlace(client);
    const name = domains[0]?.name as string;
    client.desk.sights.set(name, {
      cname: 'site.desk.test',
      a: ['192.0.2.1'],
      aaaa: ['2001:db8::1'],
      ns: ['ns1.dns.example'],
      mx: [{ preference: 10, host: 'mail.example' }],
      txt: ['v=spf1 -all'],
      caa: [{ flags: 0, tag: 'issue', value: 'ca.example' }],
      soa: { ns: 'ns1.dns.example', mbox: 'h.example', serial: 1, refresh: 2, retry: 3, expire: 4, minttl: 5 },
      dnsError: null,
      http: { status: 301, location: 'https://there/', error: null },
      tls: {
        issuer: 'CA',
        commonName: name,
        names: [name],
        serial: '0A',
        notBefore: 0,
        notAfter: 1,
        problem: 'expired',
      },
    });
    const asked = await client.post(`${path}/check_status`);
    assert.equal(asked.status, 202);
    const again = await client.post(`${path}/check_status`);
    assert.deepEqual(
      [again.status, again.json, again.headers['retry-after']],
      [429, { message: 'Domain status checks are rate-limited to one request every 5 seconds for each install' }, '5'],
    );
    const report = `/installs/${install.uid}/domains/check_status/${asked.json.report_id}`;
    const { json } = await client.get(report);
    const [status] = json.report.domains;
    assert.deepEqual([json.report.complete, json.report.install_name, status.name], [true, install.name, name]);
    assert.deepEqual(
      [status.a_record, status.aaaa_record, status.cname, status.dns_error, status.http_error, status.http_forwarded],
      ['192.0.2.1', '2001:db8::1', 'site.desk.test', false, false, 'https://there/'],
    );
    assert.deepEqual([status.dns_provider, status.result, status.ssl.error], ['dns.example', 'status 301', 'expired']);
    // What was reported stays as it was.
    client.desk.sights.clear();
    assert.deepEqual((await client.get(report)).json, json);
    client.desk.clock.forward(6 * SECOND);
    assert.equal((await client.post(`${path}/check_status`)).status, 202);
    assert.equal((await client.get(report)).status, 404);
    const mallory = await stranger(client);
    assert.equal((await mallory.get(report)).status, 404);
  });
});
