import assert from 'node:assert/strict';
import { randomBytes, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { strFromU8, unzipSync } from 'fflate';
import { makeReady } from '../../../src/serve/ready-account.ts';
import { forEachStore } from '../../support/stores.ts';
import {
  codeOf,
  issued,
  newDomain,
  openClient,
  openReady,
  orderFor,
  PRO,
  provedDomain,
  setSettings,
  someCsr,
  userWithKey,
  type Client,
} from './client.ts';

/** What published clients rely on, beyond what the vendor documents: each was found by running one of them. */

forEachStore((open) => {
  test('of a ZIP of PEM files, the first by name that speaks of no intermediate and no root is the certificate', async () => {
    const { client, organization } = await openReady(await open());
    const domain = await provedDomain(client, 'root-and-chain.test');
    const { certificateId } = await issued(client, domain, organization.id);
    const path = `/services/v2/certificate/${certificateId}/download/format/pem_all`;
    const reply = await client.raw({ method: 'GET', url: path, headers: { accept: 'application/zip' } });
    const files = unzipSync(new Uint8Array(reply.bytes));
    const own = Object.keys(files)
      .toSorted()
      .find((name) => !/intermediate|chain|root|ca-bundle/i.test(name));
    const certificate = new X509Certificate(strFromU8(files[own ?? ''] ?? new Uint8Array()));
    assert.equal(certificate.subjectAltName, `DNS:${domain}`);
  });

  test('what is kept without a division lies in the division of the user, where clients look for it', async () => {
    const { client: admin } = await openReady(await open());
    const { client } = await userWithKey(admin, 'ada', 'admin');
    const division = (await client.get('/user/me')).json.container.id;
    assert.equal(division, (await client.get('/account')).json.root_container_id);
    const made = await client.post('/organization', SOMEBODY);
    assert.equal(made.status, 201, made.text);
    const listed = await client.get(`/organization?container_id=${division}`);
    assert.deepEqual(
      listed.json.organizations.map(({ id, container }: Listed) => [id, container?.id]),
      [[made.json.id, division]],
    );
    const kept = await client.post('/domain', { name: newDomain(), organization: { id: made.json.id } });
    const domains = await client.get(`/domain?container_id=${division}`);
    assert.deepEqual(
      domains.json.domains.map(({ id, container }: Listed) => [id, container?.id]),
      [[kept.json.id, division]],
    );
  });

  test('a domain that an order waits for is looked up and checked by the id that the answer tells', async () => {
    const { client, organization } = await openReady(await open());
    const domain = newDomain();
    const waiting = await client.post(PRO, orderFor(domain, organization.id, { dcv_method: 'dns-txt-token' }));
    const [{ id, dcv_token: asked }] = waiting.json.domains;
    const shown = await client.get(`/domain/${id}?include_dcv=true&include_validation=true`);
    assert.deepEqual([shown.json.name, shown.json.is_pending_validation], [domain, true]);
    assert.equal(shown.json.dcv_token.token, asked.token);
    const early = await client.put(`/domain/${id}/dcv/validate-token`);
    assert.equal(early.json.errors[0].code, 'invalid_dns_txt');
    client.desk.domains.publishRecord('TXT', domain, asked.token);
    assert.equal((await client.put(`/domain/${id}/dcv/validate-token`)).json.status, 'active');
    await client.desk.runJobs();
    assert.equal((await client.get(`/order/certificate/${waiting.json.id}`)).json.status, 'issued');
    // A second order for it finds it proved.
    await issued(client, domain, organization.id);
    assert.equal((await keptOf(client, domain)).length, 1);
  });

  test('two orders for one domain keep it once, a DV order and a key for orders alone keep none', async () => {
    const { client, organization } = await openReady(await open());
    const domain = newDomain();
    const order = () => client.post(PRO, orderFor(domain, organization.id, { dcv_method: 'dns-txt-token' }));
    const [one, two] = await Promise.all([order(), order()]);
    assert.equal(one.json.domains[0].id, two.json.domains[0].id);
    assert.equal((await keptOf(client, domain)).length, 1);
    const certificate = { common_name: newDomain(), csr: someCsr() };
    const dv = { certificate, order_validity: { years: 1 }, dcv_method: 'dns-txt-token' };
    assert.equal((await client.post('/order/certificate/ssl_dv_geotrust_flex', dv)).status, 201);
    assert.deepEqual(await keptOf(client, certificate.common_name), []);
    const { client: clerk } = await userWithKey(client, 'clerk', 'standard', 'orders');
    const other = newDomain();
    const reply = await clerk.post(PRO, orderFor(other, organization.id, { dcv_method: 'dns-txt-token' }));
    assert.equal(reply.status, 201, reply.text);
    assert.deepEqual(await keptOf(client, other), []);
  });

  test('a revocation that was approved by itself may be approved once more', async () => {
    const { client, organization, domain } = await openReady(await open());
    await setSettings(client, { approval: 'automatic' });
    const { certificateId } = await issued(client, domain, organization.id);
    const revoked = await client.put(`/certificate/${certificateId}/revoke`, { comments: 'gone' });
    assert.deepEqual([revoked.status, revoked.json.status], [201, 'approved']);
    const path = `/request/${revoked.json.id}/status`;
    assert.equal((await client.put(path, { status: 'approved' })).status, 204);
    assert.equal(codeOf(await client.put(path, { status: 'rejected' })), 'invalid_status');
    const { client: clerk } = await userWithKey(client, 'clerk', 'standard');
    assert.equal((await clerk.put(path, { status: 'approved' })).status, 403);
  });

  test('the first account has what clients compare: the division of its user, and whole contacts', async () => {
    const client = await openClient(await open());
    const { store, clock, catalogue, office: vetting, actor } = client.desk;
    const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
    const accountDefaults = { currency: 'EUR', startBalance: 0 };
    const hosting = (): never => assert.fail('no websites here');
    const office = { store, clock, random, catalogue, dialects: [], accountDefaults, hosting, vetting };
    const ready = await makeReady(office, actor.handle);
    const [user] = await store.find('users', { id: ready.userId });
    const division = (await client.get('/container')).json.containers[0].id;
    assert.equal(user?.containerId, division);
    const listed = (await client.get(`/organization?container_id=${division}`)).json.organizations;
    const [organization] = listed;
    assert.deepEqual([listed.length, organization.id], [1, ready.organizationId]);
    for (const name of ['name', 'address', 'city', 'state', 'zip', 'country']) assert.ok(organization[name], name);
    for (const name of ['first_name', 'last_name', 'email', 'telephone']) {
      assert.ok(organization.organization_contact[name], name);
    }
    const domains = (await client.get(`/domain?container_id=${division}`)).json.domains;
    assert.deepEqual(
      domains.map((domain: { name: string; organization: Listed }) => [domain.name, domain.organization.id]),
      [[ready.domain, ready.organizationId]],
    );
  });
});

interface Listed {
  id: number;
  container?: { id: number };
}

const SOMEBODY = {
  name: 'Somebody Ltd',
  address: '1 High Street',
  city: 'Lehi',
  state: 'Utah',
  zip: '84043',
  country: 'us',
  telephone: '801-701-9600',
};

function keptOf({ desk }: Client, name: string) {
  return desk.store.find('domains', { accountId: desk.actor.accountId, name });
}
