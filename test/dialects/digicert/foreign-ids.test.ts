import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unzipSync } from 'fflate';
import { ENDPOINTS } from '../../../src/dialects/digicert/endpoints.ts';
import { countRecords } from '../../support/desk.ts';
import { forEachStore } from '../../support/stores.ts';
import { codeOf, issued, openReady, someCsr, userWithKey, type Client } from './client.ts';

/** Everything that speaks of an order or a certificate in its path. */
const ABOUT = ENDPOINTS.filter(({ path }) => /:(orderId|certificateId)\b/.test(path));

/** Bodies that would do something, so that only whose it is can stand in the way. */
const BODIES: Readonly<Record<string, unknown>> = {
  status: { status: 'canceled', note: 'no' },
  reissue: { certificate: { csr: someCsr(), common_name: 'x.test' }, skip_approval: true },
  duplicate: { certificate: { csr: someCsr(), common_name: 'x.test' }, skip_approval: true },
  revoke: { skip_approval: true },
  csr: { csr: someCsr() },
  note: { text: 'x' },
  'additional-emails': { additional_emails: ['x@evil.test'] },
  'auto-reissue': { auto_reissue: 1 },
  'auto-renew': { auto_renew: 1 },
  'custom-field': { metadata_id: 1, value: 'x' },
  'dcv-method': { dcv_method: 'dns-txt-token' },
  'guest-access': { enable_guest_access: 1 },
};

function call(client: Client, method: string, path: string) {
  const body = BODIES[path.split('/').at(-1) ?? ''] ?? {};
  const deeds = { POST: client.post, PUT: client.put, DELETE: client.delete } as const;
  return method === 'GET' ? client.get(path) : deeds[method as keyof typeof deeds](path, body);
}

function pathFor(path: string, orderId: number | string, certificateId: number | string): string {
  const values: Readonly<Record<string, number | string>> = {
    orderId,
    certificateId,
    format: 'pem_all',
    platformId: 29,
    status: 'disable',
  };
  return path.replaceAll(/:(\w+)/g, (_, name: string) => String(values[name] ?? 1));
}

forEachStore((open) => {
  test("no endpoint tells or changes anything of another account's orders and certificates", async () => {
    const { client, organization, domain } = await openReady(await open());
    const { orderId, certificateId } = await issued(client, domain, organization.id);
    const stranger = client.as((await client.desk.addKey('globex', 'admin')).secret);
    const before = await countRecords(client.desk.store);
    const details = await client.desk.store.get('orderDetails', orderId);
    assert.ok(ABOUT.length > 30);
    for (const { method, path } of ABOUT) {
      const reply = await call(stranger, method, pathFor(path, orderId, certificateId));
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
      for (const { method, path } of ABOUT) {
        const reply = await call(client, method, pathFor(path, encodeURIComponent(id), encodeURIComponent(id)));
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
    for (const { method, path } of ABOUT) {
      if (method === 'GET') continue;
      for (const one of [viewer, people]) {
        const reply = await call(one, method, pathFor(path, orderId, certificateId));
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
