import assert from 'node:assert/strict';
import { test } from 'node:test';
import { START } from '../../support/core-world.ts';
import { forEachStore } from '../../support/stores.ts';
import { addOperator, addPassword, openClient } from './client.ts';
import { addWebsite, openShop, otherAccount } from './ssl-world.ts';

const seconds = START / 1_000;

forEachStore((open) => {
  test('domains are listed by their virtual hosts', async () => {
    const client = await openShop(await open());
    await addWebsite(client, 'api', ['api.shop.test']);
    await addWebsite(client, 'pay', ['pay.test', 'www.pay.test', 'zahlen.test']);
    assert.deepEqual(await client.data('DomainInfo::list_domains'), {
      main_domain: 'shop.test',
      addon_domains: ['pay.test'],
      parked_domains: ['zahlen.test'],
      sub_domains: ['api.shop.test'],
    });
    const { main_domain, addon_domains } = await client.data('DomainInfo::domains_data');
    assert.deepEqual(
      [main_domain.domain, main_domain.user, main_domain.serveralias],
      ['shop.test', 'acme', 'www.shop.test'],
    );
    assert.equal(addon_domains[0].type, 'addon_domain');
    assert.deepEqual(await client.data('DomainInfo::main_domain_builtin_subdomain_aliases'), ['mail', 'www']);
    const vhosts = await client.data('WebVhosts::list_domains', {
      'api.filter_column_0': 'domain',
      'api.filter_term_0': 'www',
    });
    assert.deepEqual(vhosts, [
      { domain: 'www.shop.test', proxy_subdomains: [], vhost_is_ssl: 0, vhost_name: 'shop.test' },
      { domain: 'www.pay.test', proxy_subdomains: [], vhost_is_ssl: 0, vhost_name: 'pay.test' },
    ]);
    const capable = await client.data('WebVhosts::list_ssl_capable_domains');
    assert.deepEqual(capable.length, 6);
    assert.deepEqual(capable[0], { domain: 'shop.test', is_proxy: 0, vhost_name: 'shop.test' });
  });

  test('an account without websites has no domain', async () => {
    const client = await openClient(await open());
    const none = { main_domain: '', addon_domains: [], parked_domains: [], sub_domains: [] };
    assert.deepEqual(await client.data('DomainInfo::list_domains'), none);
    assert.equal((await client.data('DomainInfo::domains_data')).main_domain, null);
  });

  test('a token works as long as it should', async () => {
    const client = await openClient(await open());
    const made = await client.data('Tokens::create_full_access', { name: 'deploy', expires_at: seconds + 60 });
    assert.deepEqual(made, { create_time: seconds, token: made.token });
    assert.match(made.token, /^[A-Z0-9]{32}$/);
    const own = client.as(client.user, made.token);
    const [first, second] = await own.data('Tokens::list');
    assert.match(first.name, /^token-\d+$/);
    const shared = { create_time: seconds, features: [], has_full_access: 1 };
    assert.deepEqual(second, { ...shared, expires_at: seconds + 60, name: 'deploy' });
    assert.equal(first.expires_at, null);
    client.desk.clock.forward(61_000);
    assert.equal((await own.raw({ url: '/execute/Tokens/list' })).status, 403);
    assert.equal((await client.data('Tokens::list')).length, 2);
    const keys = JSON.stringify(await client.desk.store.find('credentials', {}));
    assert.ok(
      !keys.includes(made.token) &&
        !JSON.stringify(await client.desk.store.find('auditEvents', {})).includes(made.token),
    );
  });

  test('a token is renamed and revoked; a revoked one opens nothing', async () => {
    const client = await openClient(await open());
    const { token } = await client.data('Tokens::create_full_access', { name: 'deploy' });
    await client.data('Tokens::create_full_access', { name: 'other' });
    assert.deepEqual(await client.errors('Tokens::create_full_access', { name: 'deploy' }), [
      'An API token named “deploy” already exists.',
    ]);
    assert.deepEqual(await client.errors('Tokens::rename', { name: 'deploy', new_name: 'other' }), [
      'An API token named “other” already exists.',
    ]);
    assert.deepEqual(await client.errors('Tokens::rename', { name: 'nothing', new_name: 'x' }), [
      'The API token “nothing” does not exist.',
    ]);
    assert.equal(await client.data('Tokens::rename', { name: 'deploy', new_name: 'ship' }), null);
    const own = client.as(client.user, token);
    assert.equal((await own.raw({ url: '/execute/Tokens/list' })).status, 200);
    assert.equal(await client.data('Tokens::revoke', { name: 'ship' }), 1);
    assert.equal(await client.data('Tokens::revoke', { name: 'ship' }), 1);
    client.desk.clock.forward(2_000);
    assert.equal((await own.raw({ url: '/execute/Tokens/list' })).status, 403);
    for (const name of ['', 'a b', 'a/b', 'x'.repeat(51)]) {
      assert.equal((await client.call('Tokens::create_full_access', { name })).status, 0, name);
    }
    for (const expires_at of [seconds, 1, 99_999_999_999]) {
      const errors = await client.errors('Tokens::create_full_access', { name: 'late', expires_at });
      assert.deepEqual(errors, ['The “expires_at” argument must be a time in the future.']);
    }
  });

  test('a token may do what its maker may, and passwords are none', async () => {
    const client = await openClient(await open());
    await addPassword(client);
    const { actor, secret } = await client.desk.addKey('acme', 'view');
    const reader = client.as(actor.handle, secret);
    for (const [name, args] of [
      ['Tokens::create_full_access', { name: 'x' }],
      ['Tokens::list', {}],
      ['Tokens::revoke', { name: 'x' }],
      ['SSL::generate_key', {}],
      ['SSL::set_default_key_type', { type: 'rsa-4096' }],
      ['SSL::start_autossl_check', {}],
      ['SSL::set_autossl_excluded_domains', {}],
    ] as const) {
      assert.match((await reader.errors(name, args))[0] as string, /You do not have permission for this/, name);
    }
    assert.deepEqual(await reader.data('SSL::list_keys'), []);
    const limited = await client.desk.addKey('acme', 'standard');
    const { token } = await client.as('acme', limited.secret).data('Tokens::create_full_access', { name: 'mine' });
    const [made] = await client.desk.store.find('credentials', { label: 'token:mine' });
    assert.deepEqual([made?.role, made?.accountId], ['standard', client.desk.actor.accountId]);
    assert.equal(typeof token, 'string');
  });

  test('one account neither sees nor ends another’s tokens', async () => {
    const client = await openShop(await open());
    const other = await otherAccount(client);
    const { token } = await client.data('Tokens::create_full_access', { name: 'deploy' });
    assert.ok(!JSON.stringify(await other.data('Tokens::list')).includes('deploy'));
    assert.equal(await other.data('Tokens::revoke', { name: 'deploy' }), 1);
    assert.deepEqual(await other.errors('Tokens::rename', { name: 'deploy', new_name: 'x' }), [
      'The API token “deploy” does not exist.',
    ]);
    client.desk.clock.forward(2_000);
    assert.equal((await client.as(client.user, token).raw({ url: '/execute/Tokens/list' })).status, 200);
  });

  test('there are no zones, told as a server without authority tells it', async () => {
    const client = await openShop(await open());
    const none = ['You do not control a DNS zone named shop.test.'];
    assert.deepEqual(await client.errors('DNS::parse_zone', { zone: 'shop.test' }), none);
    const edit = { zone: 'shop.test', serial: 2026112200, add: '{"dname":"_acme-challenge"}' };
    assert.deepEqual(await client.errors('DNS::mass_edit_zone', edit), none);
    assert.deepEqual(await client.data('DNS::has_local_authority', { domain: ['shop.test', 'other.test'] }), [
      { domain: 'shop.test', local_authority: 0, nameservers: [], zone: null },
      { domain: 'other.test', local_authority: 0, nameservers: [], zone: null },
    ]);
    const zones = '/json-api/cpanel?cpanel_jsonapi_apiversion=2&cpanel_jsonapi_module=ZoneEdit&cpanel_jsonapi_func=';
    const fetched = await client.raw({ url: `${zones}fetchzones` });
    assert.deepEqual(fetched.json.cpanelresult.data[0].zones, {});
    const added = await client.raw({ url: `${zones}add_zone_record&domain=shop.test&type=TXT&name=_acme&txtdata=x` });
    assert.ok(added.text.includes('"newserial":null'));
  });

  test('features and the account’s own data', async () => {
    const client = await openShop(await open());
    assert.equal(await client.data('Features::has_feature', { name: 'sslinstall' }), null);
    assert.deepEqual(await client.errors('Features::has_feature', { name: 'zoneedit' }), [
      'The feature “zoneedit” exists but is not enabled.',
    ]);
    assert.match((await client.errors('Features::has_feature', { name: 'toString' }))[0] as string, /does not exist/);
    assert.equal((await client.data('Features::list_features')).autossl, 1);
    const all = await client.data('Variables::get_user_information');
    assert.deepEqual([all.user, all.domain, all.ip, all.created], ['acme', 'shop.test', '192.0.2.10', seconds]);
    const some = { 'name-0': 'domain', 'name-1': 'user' };
    assert.deepEqual(await client.data('Variables::get_user_information', some), { domain: 'shop.test', user: 'acme' });
    assert.match(
      (await client.errors('Variables::get_user_information', { name: 'constructor' }))[0] as string,
      /There is no/,
    );
  });

  test('a batch answers each call in order and ends at the first that fails', async () => {
    const client = await openShop(await open());
    const command = [
      '["SSL","set_default_key_type",{"type":"ecdsa-prime256v1"}]',
      '["SSL","generate_key",{"friendly_name":"one"}]',
      '["WebVhosts","list_domains"]',
    ];
    const [set, made, listed] = await client.data('Batch::strict', { command });
    assert.deepEqual(set, { data: null, errors: null, messages: null, metadata: {}, status: 1, warnings: null });
    assert.equal(made.data.ecdsa_curve_name, 'prime256v1');
    assert.equal(listed.data.length, 2);
    const broken = [
      '["SSL","generate_key",{"friendly_name":"two"}]',
      '["SSL","generate_key",{"friendly_name":"one"}]',
      '["SSL","generate_key",{"friendly_name":"three"}]',
    ];
    const failed = await client.call('Batch::strict', { command: broken });
    assert.deepEqual(failed.errors, [
      'The command 2 (SSL::generate_key) failed: The friendly name “one” is already in use.',
    ]);
    assert.equal((await client.data('SSL::list_keys')).length, 2);
    for (const wrong of ['{}', '["SSL"]', '["SSL",1]', '["SSL","list_keys",[]]', '["SSL","list_keys",5]', 'x']) {
      assert.equal((await client.call('Batch::strict', { command: wrong })).status, 0, wrong);
    }
    assert.deepEqual(await client.errors('Batch::strict', { command: '["Batch","strict",{"command":"x"}]' }), [
      'A batch cannot hold a batch.',
    ]);
    const many = Array.from({ length: 51 }, () => '["SSL","list_keys"]');
    assert.deepEqual(await client.errors('Batch::strict', { command: many }), ['There are more than 50 commands.']);
  });

  test('an operator acts for the account, and it shows', async () => {
    const client = await openShop(await open());
    const operator = await addOperator(client);
    const query = 'cpanel.user=acme&cpanel.module=SSL&cpanel.function=generate_key&keytype=ecdsa-prime256v1';
    const url = `/json-api/uapi_cpanel?api.version=1&${query}`;
    const { json } = await client.raw({ url, headers: { authorization: `whm root:${operator}` } });
    assert.equal(json.data.uapi.status, 1);
    const events = await client.desk.store.find('auditEvents', { action: 'subscriber-key.shown' });
    assert.deepEqual(
      events.map(({ actor }) => actor),
      ['acme/operator:ada'],
    );
  });
});
