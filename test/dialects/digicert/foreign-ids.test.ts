import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unzipSync } from 'fflate';
import { ENDPOINTS } from '../../../src/dialects/digicert/endpoints.ts';
import { countRecords } from '../../support/desk.ts';
import { forEachStore } from '../../support/stores.ts';
import { callWith } from './calls.ts';
import { codeOf, issued, openReady, userWithKey } from './client.ts';

/** Everything that speaks of an order or a certificate in its path. */
const ABOUT = ENDPOINTS.filter(({ path }) => /:(orderId|certificateId)\b/.test(path));

forEachStore((open) => {
  test("no endpoint tells or changes anything of another account's orders and certificates", async () => {
    const { client, organization, domain } = await openReady(await open());
    const { orderId, certificateId } = await issued(client, domain, organization.id);
    const stranger = client.as((await client.desk.addKey('globex', 'admin')).secret);
    const before = await countRecords(client.desk.store);
    const details = await client.desk.store.get('orderDetails', orderId);
    assert.ok(ABOUT.length > 30);
    for (const endpoint of ABOUT) {
      const { method, path } = endpoint;
      const reply = await callWith(stranger, endpoint, { orderId, certificateId });
      assert.equal(reply.status, 404, `${method} ${path}: ${reply.text}`);
      assert.match(codeOf(reply), /^not_found\|(order|certificate|metadata)$/, `${method} ${path}`);
      assert.equal(reply.text.includes(domain), false);
    }
    assert.deepEqual(await countRecords(client.desk.store), before);
    assert.deepEqual(await client.desk.store.get('orderDetails', orderId), details);
    assert.equal((await client.desk.store.get('certificates', certificateId))?.state, 'active');
  });

  test('numbers and texts that are no ids find nothing', async () => {
    const { client } = await openReady(await open());
    for (const id of ['0', '-1', '1e3', '0x10', '999999999999999999999', 'null', '\0', "1'--", '../', '１']) {
      client.desk.clock.forward(10_000);
      for (const endpoint of ABOUT) {
        const { method, path } = endpoint;
        const ids = { orderId: encodeURIComponent(id), certificateId: encodeURIComponent(id) };
        const reply = await callWith(client, endpoint, ids);
        assert.equal(reply.status, 404, `${method} ${path} ${id}: ${reply.text}`);
      }
    }
  });

  test('a key that may only read changes no order', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { orderId, certificateId } = await issued(client, domain, organization.id);
    const { client: viewer } = await userWithKey(client, 'vera', 'admin', 'view');
    const { client: people } = await userWithKey(client, 'pia', 'admin', 'users');
    const before = await countRecords(client.desk.store);
    for (const endpoint of ABOUT) {
      const { method, path } = endpoint;
      if (method === 'GET') continue;
      for (const one of [viewer, people]) {
        const reply = await callWith(one, endpoint, { orderId, certificateId });
        assert.equal(codeOf(reply), 'access_denied|missing_permission', `${method} ${path}`);
      }
    }
    assert.deepEqual(await countRecords(client.desk.store), before);
  });

  test('an order whose names are formulas or paths does no harm in files', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { certificateId } = await issued(client, `*.${domain}`, organization.id);
    const reply = await client.get(`/certificate/${certificateId}/download/format/default`);
    const { store } = client.desk;
    assert.match(reply.headers['content-disposition'], /^attachment; filename="star_shop\d+_digi_test\.zip"$/);
    const evil = '../../etc/passwd"\r\nx: y';
    await store.transact((unit) => unit.update('certificates', certificateId, { commonName: evil }));
    const again = await client.get(`/certificate/${certificateId}/download/format/default`);
    assert.equal(again.headers['content-disposition'], 'attachment; filename="______etc_passwd___x__y.zip"');
    const files = Object.keys(unzipSync(new Uint8Array(again.bytes)));
    assert.deepEqual(files, ['______etc_passwd___x__y.crt', 'DigiCertCA.crt', 'TrustedRoot.crt']);
  });
});
