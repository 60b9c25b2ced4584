import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY } from '../../../src/core/time.ts';
import { forEachStore } from '../../support/stores.ts';
import { codeOf, newDomain, openClient, orderFor, PRO, provedDomain, userWithKey } from './client.ts';

const STARS = {
  name: 'Example Works, Inc.',
  assumed_name: 'Works',
  address: '1 Main Street',
  address2: 'Floor 2',
  zip: 84043,
  city: 'Lehi',
  state: 'Utah',
  country: 'us',
  telephone: '801-555-0100',
  organization_contact: {
    first_name: 'Ada',
    last_name: 'Lovelace',
    job_title: 'Manager',
    email: 'ada@example.com',
    telephone: '801-555-0101',
    telephone_extension: '7',
  },
};

forEachStore((open) => {
  test('an organization is kept, shown as it was told, and refused a second time unless it is insisted on', async () => {
    const client = await openClient(await open());
    const made = await client.post('/organization', STARS);
    assert.equal(made.status, 201, made.text);
    const root = (await client.get('/container')).json.containers[0];
    const path = `/organization/${made.json.id}`;
    assert.deepEqual((await client.get(path)).json, {
      id: made.json.id,
      status: 'active',
      name: 'Example Works, Inc.',
      assumed_name: 'Works',
      display_name: 'Example Works, Inc. (Works)',
      is_active: true,
      address: '1 Main Street',
      address2: 'Floor 2',
      zip: '84043',
      city: 'Lehi',
      state: 'Utah',
      country: 'us',
      telephone: '801-555-0100',
      container: { id: root.id, parent_id: 0, name: root.name, is_active: true },
      organization_contact: { ...STARS.organization_contact, name: 'Ada Lovelace' },
    });
    assert.equal(codeOf(await client.post('/organization', STARS)), 'duplicate_organization');
    assert.equal(
      codeOf(await client.post('/organization', { ...STARS, name: 'EXAMPLE WORKS INC' })),
      'duplicate_organization',
    );
    const again = await client.post('/organization', { ...STARS, skip_duplicate_org_check: 1 });
    assert.equal(again.status, 201);
    assert.notEqual(again.json.id, made.json.id);
    const list = await client.get('/organization?filters[status]=active&limit=1');
    assert.deepEqual(list.json.page, { total: 2, limit: 1, offset: 0 });
    assert.equal(list.json.organizations[0].is_active, true, 'true or false here, not a text');
  });

  test('bad organizations are refused', async () => {
    const client = await openClient(await open());
    const bad = [
      [{ name: undefined }, 'missing_value:name'],
      [{ country: 'USA' }, 'invalid_value:country'],
      [{ city: undefined }, 'missing_value:city'],
      [{ name: 'A\u0007B' }, 'invalid_value:name'],
      [
        { organization_contact: { first_name: 'A', last_name: 'B', email: 'x' } },
        'invalid_value:organization_contact.email',
      ],
      [{ container: { id: 424242 } }, 'not_found|container'],
      [{ validations: [{ type: 'ev', verified_users: [{ id: 424242 }] }] }, 'not_found|user'],
    ] as const;
    for (const [changes, code] of bad) {
      assert.equal(codeOf(await client.post('/organization', { ...STARS, ...changes })), code);
    }
    assert.deepEqual(await client.desk.store.find('organizations', {}), []);
  });

  test('vetting is asked for, done by the operator, told, and ends in time', async () => {
    const client = await openClient(await open());
    const { user } = await userWithKey(client, 'approver', 'standard');
    const made = await client.post('/organization', { ...STARS, validations: [{ type: 'ov' }, { type: 'cs' }] });
    const path = `/organization/${made.json.id}`;
    const statuses = async () =>
      (await client.get(`${path}/validation`)).json.validations.map((one: Record<string, string>) => [
        one['type'],
        one['status'],
      ]);
    assert.deepEqual(await statuses(), [['ov', 'pending']]);
    const asked = await client.post(`${path}/validation`, {
      validations: [{ type: 'ev', verified_users: [{ id: String(user.id) }] }],
    });
    assert.equal(asked.status, 204, asked.text);
    assert.deepEqual(await statuses(), [
      ['ov', 'pending'],
      ['ev', 'pending'],
    ]);
    const shown = (await client.get(`${path}?include_validation=true`)).json;
    assert.equal(shown.ev_approvers[0].id, user.id);
    assert.equal(shown.validations[1].verified_users[0].first_name, 'Ada');
    const { office, clock } = client.desk;
    await office.vetOrganization(made.json.id, { level: 'EV', evidence: 'register', by: 'olga' });
    assert.deepEqual(await statuses(), [
      ['ov', 'pending'],
      ['ev', 'pending'],
    ]);
    await office.confirmVetting(made.json.id, 'omar');
    const valid = (await client.get(`${path}/validation`)).json.validations;
    assert.deepEqual(
      valid.map((one: Record<string, string>) => [one['status'], one['validated_until'], one['description']]),
      [
        ['active', '2027-12-25T12:00:00+00:00', 'Normal Organization Validation'],
        ['active', '2027-12-25T12:00:00+00:00', 'Extended Organization Validation (EV)'],
      ],
    );
    const domain = await provedDomain(client, newDomain());
    const order = await client.post(PRO, orderFor(domain, made.json.id));
    assert.equal(order.json.certificate_chain?.length, 3, order.text);
    clock.forward(399 * DAY);
    assert.deepEqual(await statuses(), [
      ['ov', 'expired'],
      ['ev', 'expired'],
    ]);
  });

  test('what was vetted and is changed has to be vetted again; a contact may change', async () => {
    const client = await openClient(await open());
    const { id } = (await client.post('/organization', { ...STARS, validations: [{ type: 'ov' }] })).json;
    await client.desk.office.vetOrganization(id, { level: 'OV', evidence: 'register', by: 'olga' });
    const path = `/organization/${id}`;
    const status = async () => (await client.get(`${path}/validation`)).json.validations[0]?.status;
    const contact = { first_name: 'Bob', last_name: 'B', email: 'bob@example.com' };
    assert.equal((await client.put(path, { technical_contact: contact, telephone: '1' })).status, 204);
    const shown = (await client.get(path)).json;
    assert.deepEqual([shown.technical_contact.first_name, shown.telephone, shown.city], ['Bob', '1', 'Lehi']);
    assert.equal(shown.organization_contact.first_name, 'Ada');
    assert.equal(await status(), 'active');
    assert.equal((await client.put(path, { city: 'Provo' })).status, 204);
    assert.notEqual(await status(), 'active');
  });

  test('switched off, on, and deleted where nothing names it', async () => {
    const client = await openClient(await open());
    const { id } = (await client.post('/organization', STARS)).json;
    const path = `/organization/${id}`;
    assert.equal((await client.put(`${path}/deactivate`)).status, 204);
    assert.deepEqual(
      [(await client.get(path)).json.status, (await client.get(path)).json.is_active],
      ['inactive', false],
    );
    assert.equal((await client.get('/organization?filters[status]=active')).json.page.total, 0);
    assert.equal((await client.put(`${path}/activate`)).status, 204);
    const kept = await client.post('/domain', { name: newDomain(), organization: { id } });
    assert.equal((await client.delete(path)).status, 400, 'a domain names it');
    assert.equal((await client.delete(`/domain/${kept.json.id}`)).status, 204);
    assert.equal((await client.delete(path)).status, 204);
    assert.equal(codeOf(await client.get(path)), 'not_found|organization');
  });

  test('organizations of other accounts do not exist', async () => {
    const client = await openClient(await open());
    const { id } = (await client.post('/organization', STARS)).json;
    const other = client.as((await client.desk.addKey('other', 'admin')).secret);
    const calls = [
      ['get', ''],
      ['put', ''],
      ['delete', ''],
      ['put', '/activate'],
      ['put', '/deactivate'],
      ['get', '/validation'],
      ['post', '/validation'],
    ] as const;
    for (const [method, end] of calls) {
      const body = method === 'get' ? {} : { validations: [] };
      const stranger = await other[method](`/organization/${id}${end}`, body as never);
      assert.equal(codeOf(stranger), 'not_found|organization', `${method} ${end}`);
      assert.equal(stranger.text, (await other[method](`/organization/987654321${end}`, body as never)).text);
    }
    assert.equal((await other.get('/organization')).json.page.total, 0);
    assert.equal(
      codeOf(await other.post('/domain', { name: newDomain(), organization: { id } })),
      'not_found|organization',
    );
    assert.equal((await other.post('/organization', STARS)).status, 201, 'what others keep is no duplicate');
  });
});
