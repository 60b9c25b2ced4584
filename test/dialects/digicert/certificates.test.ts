import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { strFromU8, unzipSync } from 'fflate';
import { openssl } from '../../support/openssl.ts';
import { forEachStore } from '../../support/stores.ts';
import { codeOf, issued, newDomain, openReady, orderFor, PRO, type Reply } from './client.ts';

const BLOCK = /-----BEGIN CERTIFICATE-----\r\n(?:[A-Za-z0-9+/=]+\r\n)+-----END CERTIFICATE-----\r\n/g;

function blocksOf(text: string): X509Certificate[] {
  const blocks = text.match(BLOCK) ?? [];
  assert.equal(blocks.join(''), text);
  return blocks.map((block) => new X509Certificate(block));
}

function filesOf(reply: Reply): Record<string, X509Certificate> {
  assert.equal(reply.headers['content-type'], 'application/zip');
  const files = Object.entries(unzipSync(new Uint8Array(reply.bytes)));
  return Object.fromEntries(files.map(([name, bytes]) => [name, blocksOf(strFromU8(bytes))[0] as X509Certificate]));
}

forEachStore((open) => {
  test('each of the nine formats holds what it should, with its exact type', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { certificateId, json } = await issued(client, domain, organization.id);
    const chain = json.certificate_chain.map(({ pem }: { pem: string }) => new X509Certificate(pem));
    const prints = chain.map((one: X509Certificate) => one.fingerprint256);
    const get = async (format: string): Promise<Reply> => {
      const reply = await client.get(`/certificate/${certificateId}/download/format/${format}`);
      assert.equal(reply.status, 200, reply.text);
      return reply;
    };
    for (const [format, count] of [
      ['pem_all', 3],
      ['pem_noroot', 2],
      ['pem_nointermediate', 1],
    ] as const) {
      const reply = await get(format);
      assert.equal(reply.headers['content-type'], 'application/x-pem-file');
      assert.deepEqual(
        blocksOf(reply.text).map((one) => one.fingerprint256),
        prints.slice(0, count),
      );
    }
    for (const format of ['cer', 'p7b']) {
      const reply = await get(format);
      assert.equal(reply.headers['content-type'], 'application/x-pkcs7-certificates');
      assert.ok(reply.text.startsWith('-----BEGIN PKCS7-----\r\n'));
      const listed = openssl(['pkcs7', '-print_certs'], reply.text);
      const pems = listed.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? [];
      assert.deepEqual(
        pems.map((pem) => new X509Certificate(pem).fingerprint256),
        prints,
      );
    }
    const base = domain.replaceAll(/[^a-z0-9]/g, '_');
    for (const [format, ending, names] of [
      ['default', 'crt', ['DigiCertCA', 'TrustedRoot']],
      ['default_pem', 'crt', ['DigiCertCA', 'TrustedRoot']],
      ['default_cer', 'cer', ['DigiCertCA', 'TrustedRoot']],
      ['apache', 'crt', ['DigiCertCA']],
    ] as const) {
      const files = filesOf(await get(format));
      const expected = [base, ...names].map((name, index) => [`${name}.${ending}`, prints[index]]);
      assert.deepEqual(
        Object.entries(files).map(([name, one]) => [name, one.fingerprint256]),
        expected,
      );
    }
    const zipped = await client.get(`/certificate/${certificateId}/download/format/pem_all`, {
      accept: 'application/zip',
    });
    assert.deepEqual(Object.keys(filesOf(zipped)), ['certificate.pem', 'intermediate.pem', 'root.pem']);
    const unknown = await client.get(`/certificate/${certificateId}/download/format/exe`);
    assert.equal(codeOf(unknown), 'invalid_value:format');
  });

  test('platforms and orders are downloaded as clients of old ask for them', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { orderId, certificateId } = await issued(client, domain, organization.id, {
      certificate: { server_platform: { id: 29 } },
    });
    const paths = [
      `/certificate/${certificateId}/download/platform`,
      `/certificate/${certificateId}/download/platform/29`,
      `/certificate/download/order/${orderId}`,
      `/certificate/download/order/${orderId}/platform`,
      `/certificate/download/order/${orderId}/format/pem_all`,
      `/certificate/download/order/${orderId}?formatType=pem_all`,
    ];
    for (const path of paths) assert.equal(blocksOf((await client.get(path)).text).length, 3, path);
    assert.deepEqual(
      Object.keys(filesOf(await client.get(`/certificate/${certificateId}/download/platform/2`))).length,
      2,
    );
    assert.equal(
      Object.keys(filesOf(await client.get(`/certificate/${certificateId}/download/platform/45`))).length,
      3,
    );
    const other = await client.get(`/certificate/${certificateId}/download/platform/-1`);
    assert.equal(Object.keys(filesOf(other)).length, 3);
    const none = await client.get(`/certificate/${certificateId}/download/platform/x`);
    assert.equal(codeOf(none), 'not_found|server_platform');
    const copy = await client.post(`/order/certificate/${orderId}/duplicate`, {
      certificate: orderFor(domain, 1).certificate,
      skip_approval: true,
    });
    const duplicate = blocksOf(
      (await client.get(`/certificate/download/order/${orderId}?subId=001&formatType=pem_nointermediate`)).text,
    );
    assert.equal(duplicate[0]?.serialNumber, new X509Certificate(copy.json.certificate_chain[0].pem).serialNumber);
    const missing = await client.get(`/certificate/download/order/${orderId}?subId=002`);
    assert.equal(codeOf(missing), 'not_found|certificate');
  });

  test('the chain begins with the certificate itself and ends with the root', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { certificateId, json } = await issued(client, domain, organization.id);
    const { json: chain } = await client.get(`/certificate/${certificateId}/chain`);
    assert.deepEqual(chain.intermediates, json.certificate_chain);
    const stranger = client.as((await client.desk.addKey('globex', 'admin')).secret);
    const { json: listed } = await stranger.get('/certificate/intermediates');
    assert.equal(listed.intermediates.length, 1);
    const [intermediate] = listed.intermediates;
    assert.equal(intermediate.pem, json.certificate_chain[1].pem);
    assert.equal(intermediate.subject_common_name, json.certificate_chain[1].subject_common_name);
    assert.equal(intermediate.issuer_common_name, json.certificate_chain[2].subject_common_name);
    const { json: one } = await client.get(`/certificate/${certificateId}`);
    assert.equal(one.status, 'issued');
    assert.equal((await client.get(`/certificate/${one.serial_number.toLowerCase()}`)).json.id, certificateId);
  });

  test('what is not issued yet, or belongs to others, cannot be downloaded', async () => {
    const { client, organization, domain } = await openReady(await open());
    const waiting = await client.post(PRO, orderFor(newDomain(), organization.id, { skip_approval: true }));
    const { orderId, certificateId } = await issued(client, domain, organization.id);
    const stranger = client.as((await client.desk.addKey('globex', 'admin')).secret);
    const paths = (id: number, order: number): string[] => [
      `/certificate/${id}/download/format/pem_all`,
      `/certificate/${id}/download/platform`,
      `/certificate/${id}/download/platform/29`,
      `/certificate/${id}/chain`,
      `/certificate/${id}`,
      `/certificate/download/order/${order}`,
      `/certificate/download/order/${order}/platform`,
      `/certificate/download/order/${order}/format/pem_all`,
    ];
    for (const path of paths(waiting.json.certificate_id, waiting.json.id)) {
      assert.equal(codeOf(await client.get(path)), 'not_found|certificate', path);
    }
    for (const path of paths(certificateId, orderId)) {
      assert.match(codeOf(await stranger.get(path)), /^not_found\|(certificate|order)$/, path);
    }
  });

  test('a replaced certificate is archived and shown again; the primary one is not archived', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { orderId, certificateId } = await issued(client, domain, organization.id);
    const primary = await client.put(`/certificate/${certificateId}/archive`);
    assert.equal(codeOf(primary), 'cannot_archive_primary_certificate');
    const again = { certificate: orderFor(domain, 1).certificate, skip_approval: true };
    const first = (await client.post(`/order/certificate/${orderId}/reissue`, again)).json.certificate_id;
    const second = (await client.post(`/order/certificate/${orderId}/reissue`, again)).json.certificate_id;
    assert.equal((await client.put(`/certificate/${first}/archive`)).status, 204);
    assert.equal((await client.put(`/certificate/${first}/archive`)).status, 204);
    assert.equal((await client.get(`/certificate/${first}`)).json.archived, 1);
    const idsOf = async (query: string): Promise<number[]> => {
      const { json } = await client.get(`/order/certificate/${orderId}/reissue${query}`);
      return json.certificates.map(({ id }: { id: number }) => id);
    };
    assert.deepEqual(await idsOf(''), [second]);
    assert.deepEqual(await idsOf('?show_archived=true'), [first, second]);
    assert.equal((await client.put(`/certificate/${first}/unarchive`)).status, 204);
    assert.deepEqual(await idsOf('?show_archived=0'), [first, second]);
    const stranger = client.as((await client.desk.addKey('globex', 'admin')).secret);
    assert.equal(codeOf(await stranger.put(`/certificate/${first}/archive`)), 'not_found|certificate');
  });
});
