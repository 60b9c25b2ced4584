import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store } from '../../../src/core/store.ts';
import { forEachStore } from '../../support/stores.ts';
import {
  openReady,
  orderFor,
  provedDomain,
  setSettings,
  someCsr,
  userWithKey,
  type Client,
  type Json,
} from './client.ts';

const EV = '/order/certificate/ssl_ev_securesite_pro';
const CONTACT = { first_name: 'Grace', last_name: 'Hopper', email: 'grace@acme.test' };

/** An organization that was vetted for EV while `ada` was named as who may approve; `bob` was not. */
async function openEv(store: Store) {
  const { client, domain } = await openReady(store);
  await setSettings(client, { approval: 'automatic' });
  const ada = await userWithKey(client, 'ada', 'admin');
  const bob = await userWithKey(client, 'bob', 'admin');
  const made = await client.post('/organization', {
    name: 'Globex',
    country: 'us',
    address: '1 Main Street',
    city: 'Lehi',
    state: 'Utah',
    zip: '84043',
    telephone: '1',
    organization_contact: CONTACT,
    validations: [{ type: 'ev', verified_users: [{ id: ada.user.id }] }],
  });
  const organizationId: number = made.json.id;
  const { office } = client.desk;
  await office.vetOrganization(organizationId, { level: 'EV', evidence: 'register 17', by: 'olga' });
  const order = (changes: object = {}): Json => orderFor(domain, organizationId, { ...changes });
  return { client, ada: ada.client, adaId: ada.user.id, bob, organizationId, order };
}

const chain = (reply: Json): number => reply.json.certificate_chain?.length ?? 0;

async function agreementOf({ desk }: Client, orderId: number): Promise<unknown> {
  const [request] = await desk.store.find('requests', { orderId });
  return request?.checks.agreement;
}

forEachStore((open) => {
  test('EV is issued at once for a verified approver, and waits for the mail for everybody else', async () => {
    const { client, ada, bob, organizationId, order } = await openEv(await open());
    const early = await ada.post(EV, order());
    assert.equal(chain(early), 0, 'the second person has not confirmed the vetting');
    await client.desk.office.confirmVetting(organizationId, 'omar');
    const placed = await ada.post(EV, order());
    assert.equal(chain(placed), 3, placed.text);
    assert.equal(await agreementOf(client, placed.json.id), 'passed');
    const other = await bob.client.post(EV, order());
    assert.deepEqual([other.status, chain(other)], [201, 0]);
    assert.equal(await agreementOf(client, other.json.id), 'waiting');
    const nobody = await client.post(EV, order());
    assert.equal(chain(nobody), 0, 'a key of no user agrees to nothing');
    assert.equal(chain(await ada.post(EV, order({ skip_approval: true }))), 3);
  });

  test('whoever is named after the vetting is no approver until the next one', async () => {
    const { client, ada, bob, organizationId, order } = await openEv(await open());
    const { office, store } = client.desk;
    const submit = await client.post(`/organization/${organizationId}/validation`, {
      validations: [{ type: 'ev', verified_users: [{ id: bob.user.id }] }],
    });
    assert.equal(submit.status, 204, submit.text);
    await office.confirmVetting(organizationId, 'omar');
    assert.equal(chain(await bob.client.post(EV, order())), 0);
    assert.equal(chain(await ada.post(EV, order())), 0, 'she is named no more');
    await office.vetOrganization(organizationId, { level: 'EV', evidence: 'register 18', by: 'omar' });
    await office.confirmVetting(organizationId, 'olga');
    assert.equal(chain(await bob.client.post(EV, order())), 3);
    const kept = await store.get('organizations', organizationId);
    assert.deepEqual(
      kept?.contacts.filter(({ verified }) => verified === true).map(({ userId }) => userId),
      [bob.user.id],
    );
    const address = await client.put(`/organization/${organizationId}`, { address: '2 Main Street' });
    assert.equal(address.status, 204);
    assert.equal(chain(await bob.client.post(EV, order())), 0, 'what was vetted has changed');
  });

  test('an approver agrees with the approval, also of what somebody else has asked for', async () => {
    const { client, ada, bob, organizationId, order } = await openEv(await open());
    await client.desk.office.confirmVetting(organizationId, 'omar');
    await setSettings(client, { approval: 'required', twoPeople: true });
    const placed = await bob.client.post(EV, order());
    const requestId = placed.json.requests[0].id;
    assert.equal((await ada.put(`/request/${requestId}/status`, { status: 'approved' })).status, 204);
    assert.equal((await ada.get(`/order/certificate/${placed.json.id}`)).json.status, 'issued');
    const own = await ada.post(EV, order());
    assert.equal(await agreementOf(client, own.json.id), 'waiting', 'somebody else has to say yes first');
    const ownRequest = own.json.requests[0].id;
    assert.equal((await bob.client.put(`/request/${ownRequest}/status`, { status: 'approved' })).status, 204);
    assert.equal((await ada.get(`/order/certificate/${own.json.id}`)).json.status, 'pending');
  });

  test('the agreement holds for the reissues and duplicates of the order, not for its renewal', async () => {
    const { client, ada, bob, organizationId, order } = await openEv(await open());
    await client.desk.office.confirmVetting(organizationId, 'omar');
    const { id } = (await ada.post(EV, order())).json;
    const certificate = { csr: someCsr() };
    const duplicate = await bob.client.post(`/order/certificate/${id}/duplicate`, { certificate });
    assert.equal(chain(duplicate), 3, duplicate.text);
    const reissue = await bob.client.post(`/order/certificate/${id}/reissue`, { certificate });
    assert.equal(chain(reissue), 3, reissue.text);
    client.desk.clock.forward(300 * 86_400_000);
    await provedDomain(client, order().certificate.common_name);
    const renewal = await bob.client.post(EV, { ...order(), renewal_of_order_id: id });
    assert.deepEqual([renewal.status, chain(renewal)], [201, 0], renewal.text);
  });

  test('a user who may not approve agrees to nothing, whatever they are named', async () => {
    const { client, ada, adaId, organizationId, order } = await openEv(await open());
    const { store, office, clock } = client.desk;
    await office.confirmVetting(organizationId, 'omar');
    await store.transact((unit) => unit.update('users', adaId, { role: 'standard' }));
    clock.forward(2_000);
    const placed = await ada.post(EV, order());
    assert.equal(placed.status, 201, placed.text);
    assert.equal(await agreementOf(client, placed.json.id), 'waiting');
  });
});
