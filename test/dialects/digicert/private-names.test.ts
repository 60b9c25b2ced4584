import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { forEachStore } from '../../support/stores.ts';
import { codeOf, openReady, orderFor, setSettings } from './client.ts';

const PRIVATE = '/order/certificate/private_ssl_multi_domain';
const NAMES = ['db.corp', 'intranet', '10.1.2.3', '2001:DB8:0:0::1'];
const HELD = ['db.corp', 'intranet', '10.1.2.3', '2001:db8::1'];

forEachStore((open) => {
  test('private products hold internal names and addresses, each proved by a file at itself', async () => {
    const { client, organization } = await openReady(await open());
    await setSettings(client, { approval: 'automatic' });
    const certificate = { common_name: NAMES[0], dns_names: NAMES.slice(1) };
    const order = orderFor('', organization.id, { certificate, dcv_method: 'http-token' });
    const placed = await client.post(PRIVATE, order);
    assert.equal(placed.status, 201, placed.text);
    const { id, dcv_random_value: value } = placed.json;
    const path = '/.well-known/pki-validation/fileauth.txt';
    const { domains, store } = client.desk;
    for (const name of HELD.slice(0, 3)) domains.publishFile(`http://${name}${path}`, value);
    const early = await client.put(`/order/certificate/${id}/check-dcv`);
    assert.equal(codeOf(early), 'file_random_value_not_found', 'one address is not proved');
    domains.publishFile(`http://${HELD[3]}${path}`, value);
    const checked = await client.put(`/order/certificate/${id}/check-dcv`);
    assert.equal(checked.json.order_status, 'issued', checked.text);
    const stored = await store.get('certificates', checked.json.certificate_id);
    assert.deepEqual(stored?.names, HELD);
    const read = new X509Certificate(stored.der);
    assert.equal(
      read.subjectAltName,
      'DNS:db.corp, DNS:intranet, IP Address:10.1.2.3, IP Address:2001:DB8:0:0:0:0:0:1',
    );
    assert.ok(read.checkIP('10.1.2.3'));
    assert.deepEqual((await client.get(`/order/certificate/${id}`)).json.certificate.dns_names, HELD);
    assert.deepEqual(await store.find('domains', { accountId: client.desk.actor.accountId }), []);
    const reissue = await client.post(`/order/certificate/${id}/reissue`, {
      certificate: { ...certificate, csr: order.certificate.csr },
    });
    assert.equal(reissue.json.certificate_chain?.length, 3, reissue.text);
  });

  test('an address is proved by no other method, and public products hold none of these names', async () => {
    const { client, organization } = await openReady(await open());
    for (const dcv_method of [undefined, 'email', 'dns-txt-token', 'dns-cname-token']) {
      const certificate = { common_name: '10.1.2.3' };
      const order = orderFor('', organization.id, { certificate, dcv_method });
      const reply = await client.post('/order/certificate/private_ssl_plus', order);
      assert.equal(codeOf(reply), 'invalid_value:dcv_method', reply.text);
    }
    for (const common_name of NAMES) {
      const order = orderFor('', organization.id, { certificate: { common_name }, dcv_method: 'http-token' });
      const reply = await client.post('/order/certificate/ssl_securesite_pro', order);
      assert.equal(codeOf(reply), 'invalid_value:certificate.common_name', common_name);
    }
    for (const common_name of ['10.1.2', '0x7f.1', '10.1.2.3/8', '[::1]', 'fe80::1%eth0', '*.10.1.2.3', '10.1.2.300']) {
      const order = orderFor('', organization.id, { certificate: { common_name }, dcv_method: 'http-token' });
      const reply = await client.post('/order/certificate/private_ssl_plus', order);
      assert.equal(codeOf(reply), 'invalid_value:certificate.common_name', common_name);
    }
    assert.deepEqual(await client.desk.store.find('orders', {}), []);
  });
});
