import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kind } from '../../../src/core/records.ts';
import type { Store } from '../../../src/core/store.ts';
import { forEachStore } from '../../support/stores.ts';
import { codeOf, issued, openReady, orderFor, PRO, setSettings, userWithKey, type Client } from './client.ts';
import { CERTIFICATE_PARAMETERS } from './certificate-parameters.ts';
import { ORDER_PARAMETERS } from './order-parameters.ts';
import type { Seen, World } from './parameter.ts';

const PARAMETERS = [...CERTIFICATE_PARAMETERS, ...ORDER_PARAMETERS];

/** Everything that an order can leave behind. */
const KINDS: readonly Kind[] = [
  'orders',
  'orderDetails',
  'requests',
  'approvals',
  'validations',
  'charges',
  'jobs',
  'auditEvents',
  'certificates',
  'issuances',
  'notifications',
  'organizations',
  'notes',
];

async function countAll(store: Store): Promise<Record<string, number>> {
  const counts: [string, number][] = [];
  for (const kind of KINDS) counts.push([kind, (await store.find(kind, {})).length]);
  const [account] = await store.find('accounts', {});
  return { ...Object.fromEntries(counts), balance: account?.balance ?? 0, reserved: account?.reserved ?? 0 };
}

/** An account that has one of everything. */
async function openWorld(store: Store): Promise<{ client: Client; world: World }> {
  const { client, organization, domain } = await openReady(store, { caKeyType: 'RSA-2048' });
  await setSettings(client, { approval: 'automatic', issuerChoice: true, withoutTransparency: true });
  const { user } = await userWithKey(client, 'ada', 'admin');
  const earlier = await earlierOrder(client, domain, organization.id);
  const other = await earlierOrder(client, domain, organization.id);
  const { accountId } = client.desk.actor;
  const createdAt = client.desk.clock.now();
  const added = await store.transact(async (unit) => {
    const [containerId, fieldId, intFieldId] = [
      unit.newId('containers'),
      unit.newId('customFields'),
      unit.newId('customFields'),
    ];
    const container = { accountId, parentId: null, name: 'Shop', description: null, state: 'active' as const };
    unit.insert('containers', { id: containerId, ...container, createdAt });
    const field = { accountId, required: false, state: 'active' as const, createdAt };
    unit.insert('customFields', { id: fieldId, ...field, label: 'Invoice #', dataType: 'any' });
    unit.insert('customFields', { id: intFieldId, ...field, label: 'Floor', dataType: 'int' });
    return { containerId, fieldId, intFieldId };
  });
  const [limits] = (await client.get('/product/limits')).json.product_limits;
  const world: World = {
    domain,
    organization,
    userId: user.id,
    ...added,
    earlier,
    other,
    caCertId: limits.allowed_ca_certs[0].id,
  };
  return { client, world };
}

async function earlierOrder(client: Client, domain: string, organizationId: number): Promise<World['earlier']> {
  const { orderId, certificateId } = await issued(client, domain, organizationId, { order_validity: { days: 90 } });
  const certificate = await client.desk.store.get('certificates', certificateId);
  return { orderId, thumbprint: certificate?.sha1 ?? '' };
}

/** A valid order with some members put in; `undefined` takes one out. */
function orderWith({ domain, organization }: World, changes: Record<string, unknown>): Record<string, unknown> {
  const order: Record<string, unknown> = orderFor(domain, organization.id);
  for (const [name, value] of Object.entries(changes)) {
    const isCertificate = name === 'certificate' && isObject(value);
    order[name] = isCertificate ? { ...(order['certificate'] as object), ...value } : value;
  }
  return order;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function see(client: Client, placed: Seen['placed']): Promise<Seen> {
  const { store } = client.desk;
  const info = await client.get(`/order/certificate/${placed.id}`);
  assert.equal(info.status, 200, info.text);
  const details = await store.get('orderDetails', placed.id);
  const [request] = await store.find('requests', { orderId: placed.id });
  const order = await store.get('orders', placed.id);
  const organization = await store.get('organizations', order?.organizationId ?? 0);
  assert.ok(details !== null && request !== undefined);
  return { info: info.json, details, request, organization, placed };
}

forEachStore((open) => {
  test('every parameter of an order is accepted, stored and shown', async (context) => {
    const { client, world } = await openWorld(await open());
    for (const { name, give, found } of PARAMETERS) {
      await context.test(name, async () => {
        const reply = await client.post(PRO, orderWith(world, give(world)));
        assert.equal(reply.status, 201, reply.text);
        const [actual, expected] = found(await see(client, reply.json), world);
        assert.deepEqual(actual, expected);
      });
    }
  });

  test('each kind of bad value gets its error, and nothing is left behind', async (context) => {
    const store = await open();
    const { client, world } = await openWorld(store);
    const before = await countAll(store);
    for (const { name, bad } of PARAMETERS) {
      for (const [give, code] of bad) {
        const changes = give(world);
        await context.test(`${name}: ${JSON.stringify(changes).slice(0, 80)}`, async () => {
          // Below the vendor's limit of calls.
          client.desk.clock.forward(60);
          const reply = await client.post(PRO, orderWith(world, changes));
          const status = code.startsWith('not_found') ? 404 : 400;
          assert.equal(reply.status, status, reply.text);
          assert.ok(
            reply.json.errors.some((error: { code: string }) => error.code === code),
            `${code} expected: ${reply.text}`,
          );
          assert.ok(!reply.text.includes('4111'), 'a card number must not be echoed');
        });
      }
    }
    assert.deepEqual(await countAll(store), before);
  });

  test('what the account does not allow is refused or not looked at', async () => {
    const store = await open();
    const { client, world } = await openWorld(store);
    await setSettings(client, {
      guestAccess: false,
      multiYear: false,
      issuerChoice: false,
      withoutTransparency: false,
    });
    const before = await countAll(store);
    const refuse = async (changes: Record<string, unknown>, code: string): Promise<void> => {
      const reply = await client.post(PRO, orderWith(world, changes));
      assert.equal(reply.status, 400, reply.text);
      assert.equal(codeOf(reply), code);
    };
    await refuse({ enable_guest_access: 1 }, 'invalid_value:enable_guest_access');
    await refuse({ order_validity: { years: 2 } }, 'invalid_value:validity_years');
    await refuse({ order_validity: { days: 366 } }, 'invalid_value:validity_days');
    await refuse({ order_validity: { custom_expiration_date: '2028-01-01' } }, 'invalid_value:custom_expiration_date');
    assert.deepEqual(await countAll(store), before);
    const certificate = { ca_cert_id: 'ssl_securesite_pro', cert_validity: { days: 20 } };
    const reply = await client.post(PRO, orderWith(world, { certificate, auto_reissue: 1, disable_ct: true }));
    assert.equal(reply.status, 201, reply.text);
    const { info, request } = await see(client, reply.json);
    assert.deepEqual([info.auto_reissue, info.disable_ct, request.validity], [0, false, null]);
    assert.equal(request.extra['caCertId'], undefined);
  });

  test('a required field must have a value', async () => {
    const store = await open();
    const { client, world } = await openWorld(store);
    await store.transact((unit) => unit.update('customFields', world.fieldId, { required: true }));
    const before = await countAll(store);
    const reply = await client.post(PRO, orderWith(world, {}));
    assert.equal(reply.status, 400);
    assert.equal(codeOf(reply), 'invalid_custom_field_value');
    assert.match(reply.json.errors[0].message, /Invoice #/);
    assert.deepEqual(await countAll(store), before);
    const custom_fields = [{ metadata_id: world.fieldId, value: 'A-2' }];
    assert.equal((await client.post(PRO, orderWith(world, { custom_fields }))).status, 201);
  });

  test('an alternative id names one order where the account wants that, also when it is asked for many times at once', async () => {
    const store = await open();
    const { client, world } = await openWorld(store);
    const order = orderWith(world, { alternative_order_id: 'nonce-1' });
    assert.equal((await client.post(PRO, order)).status, 201);
    assert.equal((await client.post(PRO, order)).status, 201);
    await setSettings(client, { uniqueAlternativeIds: true });
    const unique = orderWith(world, { alternative_order_id: 'nonce-2' });
    const replies = await Promise.all(Array.from({ length: 8 }, () => client.post(PRO, unique)));
    assert.deepEqual(
      replies.map(({ status }) => status).toSorted((left, right) => left - right),
      [201, ...Array(7).fill(400)],
    );
    for (const reply of replies.filter(({ status }) => status === 400)) {
      assert.equal(codeOf(reply), 'invalid_value:alternative_order_id');
    }
    assert.equal((await store.find('orderDetails', { alternativeId: 'nonce-2' })).length, 1);
  });

  test('details that the account knows already do not make a second organization, unless that is wanted', async () => {
    const store = await open();
    const { client, world } = await openWorld(store);
    const { name, subject } = world.organization;
    const organization = {
      name,
      address: subject.street,
      city: subject.locality,
      state: subject.state,
      zip: subject.postalCode,
      country: 'us',
      telephone: '1',
    };
    const same = await client.post(PRO, orderWith(world, { organization }));
    assert.equal(same.json.organization.id, world.organization.id, same.text);
    assert.equal(same.json.certificate_chain.length, 3);
    const wanted = { ...organization, skip_duplicate_org_check: true };
    const other = await client.post(PRO, orderWith(world, { organization: wanted }));
    assert.equal(other.status, 201, other.text);
    assert.notEqual(other.json.organization.id, world.organization.id);
    assert.equal(other.json.certificate_chain, undefined);
  });

  test('an order that the balance does not cover is refused', async () => {
    const store = await open();
    const { client, organization, domain } = await openReady(store, { balance: 100 });
    const before = await countAll(store);
    const reply = await client.post(PRO, orderFor(domain, organization.id));
    assert.equal(reply.status, 400);
    assert.equal(codeOf(reply), 'insufficient_funds');
    assert.deepEqual(await countAll(store), before);
  });
});
