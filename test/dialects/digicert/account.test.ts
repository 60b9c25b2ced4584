import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachStore } from '../../support/stores.ts';
import { codeOf, openClient, openReady, someCsr } from './client.ts';

forEachStore((open) => {
  test('the account, its balance and what the key may do', async () => {
    const { client, organization } = await openReady(await open());
    const account = await client.get('/account');
    assert.equal(account.status, 200, account.text);
    assert.equal(account.json.primary_organization_id, organization.id);
    const { accountId } = client.desk.actor;
    assert.equal(account.json.id, accountId);
    const balance = await client.get('/finance/balance');
    assert.deepEqual(balance.json, {
      balance: '100000.00',
      currency: 'EUR',
      unpaid_invoice_balance: '0.00',
      negative_balance_limit: '0.00',
      used_credit_from_other_containers: '0.00',
      total_available_funds: '100000.00',
    });
    await client.desk.store.transact((unit) => unit.reserve(accountId, 105));
    const reserved = await client.get('/finance/balance?container_id=1');
    assert.equal(reserved.json.total_available_funds, '99998.95');
    const all = await client.get('/authorization');
    assert.ok(all.json.authorizations.every((one: { authorized: boolean }) => one.authorized));
    const view = client.as((await client.desk.addKey('acme', 'view')).secret);
    assert.deepEqual((await view.get('/authorization/place_orders')).json, {
      authorized: false,
      permission: 'place_orders',
    });
    assert.equal((await view.get('/authorization/view_orders')).json.authorized, true);
    assert.equal(codeOf(await view.get('/authorization/constructor')), 'not_found|permission');
    assert.deepEqual((await view.get('/ping')).json, { data: 'Pong!' });
  });

  test('a price is told as an order would be charged, and 0 where there is none', async () => {
    const { client, organization, domain } = await openReady(await open());
    const names = ['a', 'b', 'c'].map((label) => `${label}.${domain}`);
    const ask = { certificate: { common_name: domain, dns_names: names }, product_name_id: 'ssl_securesite_pro' };
    const told = await client.post('/finance/order-pricing', { ...ask, order_validity: { years: '2' } });
    assert.equal(told.status, 200, told.text);
    const before = (await client.get('/finance/balance')).json;
    const placed = await client.post('/order/certificate/ssl_securesite_pro', {
      certificate: { ...ask.certificate, csr: someCsr(), signature_hash: 'sha256' },
      organization: { id: organization.id },
      order_validity: { years: 2 },
    });
    assert.equal(placed.status, 201, placed.text);
    const after = (await client.get('/finance/balance')).json;
    assert.equal(told.json.total_price, Number(before.balance) - Number(after.balance));
    assert.ok(told.json.total_price > 0);
    assert.equal(told.json.base_price + told.json.addons_price, told.json.total_price);
    const one = await client.post('/finance/order-pricing', { ...ask, validity_years: 1 });
    assert.equal(one.json.total_price * 2, told.json.total_price);
    for (const bad of [{ product_name_id: 'ssl_nothing' }, { validity_years: 9 }, { certificate: {} }]) {
      const none = await client.post('/finance/order-pricing', { ...ask, ...bad });
      assert.equal(none.json.total_price, 0, none.text);
    }
    assert.equal((await client.post('/finance/order-pricing', {})).json.errors[0].code, 'missing_value:certificate');
  });

  test('custom fields: none is {}, each type, changed, deleted for good', async () => {
    const client = await openClient(await open());
    assert.deepEqual((await client.get('/account/metadata')).json, {});
    const plain = await client.post('/account/metadata', { label: 'Jira URL' });
    assert.equal(plain.status, 201, plain.text);
    const bulk = await client.post('/account/metadata/bulk', {
      metadata: [
        { label: 'Invoice #', is_required: 1, data_type: 'int' },
        { label: 'Owner', is_required: 'true', is_active: false, data_type: 'email_address' },
        { label: 'Told', data_type: 'email_list' },
        { label: 'Department', data_type: 'text' },
      ],
    });
    assert.equal(bulk.status, 201, bulk.text);
    const list = (await client.get('/account/metadata')).json.metadata;
    assert.deepEqual(list[0], { id: plain.json.id, label: 'Jira URL', is_required: false, is_active: true });
    assert.deepEqual(
      list.map((one: Record<string, unknown>) => [
        one['label'],
        one['is_required'],
        one['is_active'],
        one['data_type'],
      ]),
      [
        ['Jira URL', false, true, undefined],
        ['Invoice #', true, true, 'int'],
        ['Owner', true, false, 'email_address'],
        ['Told', false, true, 'email_list'],
        ['Department', false, true, 'text'],
      ],
    );
    const path = `/account/metadata/${plain.json.id}`;
    assert.equal((await client.put(path, { label: 'Ticket', is_active: 0, data_type: 'text' })).status, 204);
    const changed = (await client.get('/account/metadata')).json.metadata[0];
    assert.deepEqual([changed.label, changed.is_active, changed.data_type], ['Ticket', false, 'text']);
    assert.equal((await client.delete(path)).status, 204);
    assert.equal(codeOf(await client.delete(path)), 'not_found|metadata');
    assert.equal(codeOf(await client.put(path, { label: 'x' })), 'not_found|metadata');
    assert.equal((await client.get('/account/metadata')).json.metadata.length, 4);
    assert.equal(
      codeOf(await client.post('/account/metadata', { label: 'x', data_type: 'date' })),
      'invalid_value:data_type',
    );
    assert.equal(codeOf(await client.post('/account/metadata', {})), 'missing_value:label');
  });

  test('divisions: a root on first need, children, templates and roles', async () => {
    const { client, organization } = await openReady(await open());
    const root = (await client.get('/container')).json.containers[0];
    assert.deepEqual([root.parent_id, root.template_id, root.is_active], [0, 5, true]);
    assert.equal((await client.get('/account')).json.root_container_id, root.id);
    const child = await client.post(`/container/${root.id}/children`, {
      name: 'Sales',
      description: 'Includes engineers',
      template_id: '6',
    });
    assert.equal(child.status, 201, child.text);
    const path = `/container/${child.json.id}`;
    const shown = await client.get(path);
    assert.deepEqual([shown.json.name, shown.json.parent_id, shown.json.template_id], ['Sales', root.id, 6]);
    assert.notEqual(shown.json.public_id, root.public_id);
    assert.equal(shown.json.public_id, (await client.get(path)).json.public_id);
    assert.equal((await client.get(`/container/${root.id}/children`)).json.containers.length, 1);
    assert.equal((await client.put(path, { name: 'Trade' })).status, 204);
    assert.equal((await client.put(`${path}/deactivate`)).status, 204);
    assert.deepEqual([(await client.get(path)).json.name, (await client.get(path)).json.is_active], ['Trade', false]);
    assert.equal((await client.put(`${path}/activate`)).status, 204);
    assert.equal((await client.put(`/container/${root.id}/deactivate`)).status, 400, 'the root stays');
    assert.equal((await client.get(`${path}/role`)).json.access_roles.length, 5);
    assert.equal((await client.get(`${path}/template`)).json.container_templates[0].id, 6);
    assert.equal((await client.get(`${path}/template/5`)).json.access_roles.length, 5);
    assert.equal(codeOf(await client.get(`${path}/template/9`)), 'not_found|template');
    const organizations = (await client.get(`${path}/order/organization`)).json.organizations;
    assert.deepEqual([organizations[0].id, organizations[0].is_active], [organization.id, '1']);
    assert.equal(codeOf(await client.get('/container/999999')), 'not_found|container');
  });
});
