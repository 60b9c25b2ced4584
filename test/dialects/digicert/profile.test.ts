import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCertificateDetails } from '../../../src/pki/certificate-reader.ts';
import { forEachStore } from '../../support/stores.ts';
import { codeOf, issued, openReady, orderFor, PRO, provedDomain, setSettings, someCsr, type Client } from './client.ts';

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

async function detailsOf({ desk }: Client, certificateId: number) {
  const certificate = await desk.store.get('certificates', certificateId);
  assert.ok(certificate);
  return readCertificateDetails(certificate.der);
}

forEachStore((open) => {
  test('a profile is what the certificate holds, and duplicates have it as well', async () => {
    const { client, organization, domain } = await openReady(await open());
    await setSettings(client, { approval: 'automatic' });
    const certificate = { common_name: domain, csr: someCsr(), signature_hash: 'sha256' };
    const order = { certificate: { ...certificate, profile_option: 'server_client_auth_eku' } };
    const first = await issued(client, domain, organization.id, order);
    assert.ok((await detailsOf(client, first.certificateId)).known.extendedKeyUsage.includes(CLIENT_AUTH));
    const path = `/order/certificate/${first.orderId}`;
    const duplicate = await client.post(`${path}/duplicate`, { certificate });
    assert.equal(duplicate.status, 201, duplicate.text);
    const copy = await detailsOf(client, duplicate.json.certificate_id);
    assert.ok(copy.known.extendedKeyUsage.includes(CLIENT_AUTH));
    const stapled = { certificate: { ...certificate, profile_option: 'ocsp_must_staple' } };
    const reissue = await client.post(`${path}/reissue`, stapled);
    assert.equal(reissue.json.certificate_chain?.length, 3, reissue.text);
    const { known } = await detailsOf(client, reissue.json.certificate_id);
    assert.deepEqual([known.mustStaple, known.extendedKeyUsage.includes(CLIENT_AUTH)], [true, false]);
    assert.equal((await client.get(path)).json.certificate.profile_option, 'ocsp_must_staple');
  });

  test('since 2027-03-01 public certificates are for servers alone, and plans go on without clients', async () => {
    const { client, organization, domain } = await openReady(await open());
    await setSettings(client, { approval: 'automatic' });
    const certificate = { profile_option: 'server_client_auth_eku' };
    const ask = orderFor(domain, organization.id, { certificate, auto_reissue: 1, order_validity: { years: 2 } });
    const placed = await client.post(PRO, ask);
    assert.equal(placed.status, 201, placed.text);
    const { clock, store, office } = client.desk;
    clock.set(Date.parse('2027-03-01T00:00:00Z'));
    const late = await client.post(PRO, ask);
    assert.equal(late.status, 400, late.text);
    assert.equal(codeOf(late), 'invalid_value:certificate.profile_option');
    clock.set(Date.parse('2027-05-20T00:00:00Z'));
    await provedDomain(client, domain);
    await store.transact((unit) => unit.update('organizations', organization.id, { validatedAt: clock.now() }));
    assert.equal(await office.runAutoOrders(), 1);
    await client.desk.runJobs();
    const [, next] = await store.find('certificates', { orderId: placed.json.id });
    assert.ok(next, 'the plan went on');
    assert.deepEqual((await detailsOf(client, next.id)).known.extendedKeyUsage, ['1.3.6.1.5.5.7.3.1']);
  });

  test('the hash is the one that was asked for, and offered are those that the key of the CA has', async () => {
    const { client, organization, domain } = await openReady(await open(), { caKeyType: 'RSA-2048' });
    await setSettings(client, { approval: 'automatic' });
    const hashes = (await client.get('/product/ssl_securesite_pro')).json.signature_hash_types.allowed_hash_types;
    assert.deepEqual(
      hashes.map(({ id }: { id: string }) => id),
      ['sha256', 'sha384', 'sha512'],
    );
    for (const hash of ['sha256', 'sha384', 'sha512']) {
      const reply = await client.post(
        PRO,
        orderFor(domain, organization.id, { certificate: { signature_hash: hash } }),
      );
      assert.equal(reply.status, 201, reply.text);
      const { signatureAlgorithm } = await detailsOf(client, reply.json.certificate_id);
      assert.equal(signatureAlgorithm.hash, hash);
    }
  });

  test('a hash that the key of the CA does not have is not offered and refused', async () => {
    const { client, organization, domain } = await openReady(await open());
    const product = (await client.get('/product/ssl_securesite_pro')).json;
    assert.deepEqual(product.signature_hash_types.allowed_hash_types, [{ id: 'sha256', name: 'SHA-256' }]);
    const ask = orderFor(domain, organization.id, { certificate: { signature_hash: 'sha384' } });
    assert.equal(codeOf(await client.post(PRO, ask)), 'invalid_signature_hash');
    assert.equal((await client.desk.store.find('orders', {})).length, 0);
  });
});
