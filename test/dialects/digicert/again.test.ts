import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { DAY } from '../../../src/core/time.ts';
import { countRecords, newCsr } from '../../support/desk.ts';
import { forEachStore } from '../../support/stores.ts';
import {
  codeOf,
  issued,
  newDomain,
  openReady,
  orderFor,
  PRO,
  setSettings,
  someCsr,
  userWithKey,
  vettedOrganization,
} from './client.ts';

const ORDER = '/order/certificate';

forEachStore((open) => {
  test('a reissue replaces the certificate, with other names and another key', async () => {
    const { client, organization, domain } = await openReady(await open(), { caKeyType: 'RSA-2048' });
    const { orderId, certificateId } = await issued(client, domain, organization.id, { order_validity: { years: 3 } });
    const path = `${ORDER}/${orderId}/reissue`;
    const csr = newCsr('other.test');
    const certificate = { common_name: `new.${domain}`, dns_names: [domain, `*.${domain}`], csr };
    const reply = await client.post(path, {
      certificate: {
        ...certificate,
        signature_hash: 'sha384',
        server_platform: { id: '2' },
        cert_validity: { days: 30 },
      },
      skip_approval: true,
      order_id: orderId,
    });
    assert.equal(reply.status, 201);
    const { id, certificate_id: newId, certificate_chain: chain, ...rest } = reply.json;
    assert.deepEqual([id, rest], [orderId, {}]);
    assert.notEqual(newId, certificateId);
    const leaf = new X509Certificate(chain[0].pem);
    assert.equal(leaf.subjectAltName, `DNS:new.${domain}, DNS:${domain}, DNS:*.${domain}`);
    assert.match(leaf.subject, /O=Acme Widgets/);
    const { json: info } = await client.get(`${ORDER}/${orderId}`);
    assert.deepEqual([info.certificate.id, info.certificate.status], [newId, 'issued']);
    assert.deepEqual(info.certificate.cert_validity, { days: 30 });
    assert.equal(info.certificate.signature_hash, 'sha384');
    assert.equal(info.certificate.server_platform.id, 2);
    assert.equal(info.certificate.days_remaining, 30);
    const { json: list } = await client.get(path);
    const [shown] = list.certificates;
    assert.deepEqual([shown.id, shown.status, shown.archived], [newId, 'issued', 0]);
    assert.equal(shown.serial_number, leaf.serialNumber);
    assert.equal(shown.common_name, `new.${domain}`);
    assert.match(shown.csr, /^-----BEGIN CERTIFICATE REQUEST-----\r\n/);
    assert.deepEqual([shown.purchased_dns_names, shown.purchased_wildcard_names], ['1', '1']);
  });

  test('a reissue for an unproved name waits with the random value, and without domains', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { orderId, certificateId } = await issued(client, domain, organization.id);
    const name = newDomain();
    const reply = await client.post(`${ORDER}/${orderId}/reissue`, {
      certificate: { common_name: name, csr: someCsr() },
      skip_approval: true,
      dcv_method: 'dns-txt-token',
    });
    assert.deepEqual(Object.keys(reply.json), ['id', 'certificate_id', 'dcv_random_value']);
    const { json: before } = await client.get(`${ORDER}/${orderId}`);
    assert.deepEqual([before.status, before.certificate.id], ['reissue_pending', certificateId]);
    assert.equal(before.dcv_method, 'dns-txt-token');
    const [waiting] = (await client.get(`${ORDER}/${orderId}/reissue`)).json.certificates;
    assert.deepEqual([waiting.id, waiting.status], [reply.json.certificate_id, 'pending']);
    for (const member of ['thumbprint', 'serial_number', 'date_issued', 'valid_till']) {
      assert.equal(member in waiting, false, member);
    }
    const second = await client.post(`${ORDER}/${orderId}/reissue`, {
      certificate: { common_name: domain, csr: someCsr() },
    });
    assert.equal(codeOf(second), 'invalid_status');
    assert.equal(codeOf(await client.put(`/certificate/${certificateId}/revoke`, {})), 'invalid_status');
    assert.equal(codeOf(await client.put(`${ORDER}/${orderId}/revoke`, {})), 'invalid_status');
    client.desk.domains.publishRecord('TXT', name, reply.json.dcv_random_value);
    const checked = await client.put(`${ORDER}/${orderId}/check-dcv`);
    assert.deepEqual([checked.json.order_status, checked.json.certificate_id], ['issued', reply.json.certificate_id]);
    const { json: after } = await client.get(`${ORDER}/${orderId}`);
    assert.equal(after.certificate.id, reply.json.certificate_id);
  });

  test('what cannot be reissued or duplicated is refused and leaves nothing', async () => {
    const { client, organization, domain } = await openReady(await open());
    const pending = await client.post(PRO, orderFor(newDomain(), organization.id, { skip_approval: true }));
    const { orderId } = await issued(client, domain, organization.id);
    const before = await countRecords(client.desk.store);
    const certificate = { common_name: domain, csr: someCsr() };
    for (const [id, body, code] of [
      [pending.json.id, { certificate }, 'invalid_status'],
      [1, { certificate }, 'not_found|order'],
      [orderId, {}, 'missing_value:certificate'],
      [orderId, { certificate: { common_name: domain } }, 'missing_value:certificate.csr'],
      [orderId, { certificate: { ...certificate, csr: 'rubbish' } }, 'csr_invalid_cannot_parse'],
      [
        orderId,
        { certificate: { ...certificate, cert_validity: { days: 5000 } } },
        'invalid_value:certificate.cert_validity.days',
      ],
      [orderId, { certificate: { ...certificate, signature_hash: 'md5' } }, 'invalid_signature_hash'],
      [orderId, { certificate, dcv_method: 'carrier-pigeon' }, 'invalid_value:dcv_method'],
    ] as const) {
      for (const deed of ['reissue', 'duplicate']) {
        assert.equal(codeOf(await client.post(`${ORDER}/${id}/${deed}`, body)), code, deed);
      }
    }
    const strange = { certificate: { ...certificate, dns_names: ['else.test'] } };
    assert.match(codeOf(await client.post(`${ORDER}/${orderId}/duplicate`, strange)), /^invalid_value:certificate/);
    assert.deepEqual(await countRecords(client.desk.store), before);
  });

  test('a duplicate is a further certificate with the same names, and needs a live validation', async () => {
    const { client: admin, organization, domain } = await openReady(await open());
    const { client, user } = await userWithKey(admin, 'grace', 'admin');
    const { orderId, certificateId } = await issued(client, domain, organization.id, {
      certificate: { dns_names: [`www.${domain}`, `*.${domain}`] },
      order_validity: { years: 2 },
    });
    const path = `${ORDER}/${orderId}/duplicate`;
    const reply = await client.post(path, { certificate: { csr: newCsr('x.test') }, skip_approval: true });
    assert.equal(reply.status, 201, reply.text);
    const leaf = new X509Certificate(reply.json.certificate_chain[0].pem);
    assert.equal(leaf.subjectAltName, `DNS:${domain}, DNS:www.${domain}, DNS:*.${domain}`);
    const moved = { common_name: `www.${domain}`, dns_names: [domain, `deep.${domain}`], csr: newCsr('y.test') };
    assert.equal((await client.post(path, { certificate: moved, skip_approval: true })).status, 201);
    const { certificates } = (await client.get(path)).json;
    assert.deepEqual(
      certificates.map(({ sub_id, status, archived, user_id }: Record<string, unknown>) => [
        sub_id,
        status,
        archived,
        user_id,
      ]),
      [
        ['001', 'issued', '0', user.id],
        ['002', 'issued', '0', user.id],
      ],
    );
    const { json: info } = await client.get(`${ORDER}/${orderId}`);
    assert.deepEqual([info.certificate.id, info.status], [certificateId, 'issued']);
    assert.equal(info.certificate.status, undefined);
    client.desk.clock.forward(201 * DAY);
    const late = await client.post(path, { certificate: { csr: newCsr('z.test') }, skip_approval: true });
    assert.equal(codeOf(late), 'invalid_status');
  });

  test('a certificate is revoked by id or serial number, with every spelling of the body', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { store } = client.desk;
    const bodies = [
      [{ skip_approval: true }, null],
      [{ comments: 'lost', revocation_reason: 'key_compromise', skip_approval: true }, 'keyCompromise'],
      [{ comment: '', reason: 'affiliationChanged', skip_approval: 'true' }, 'affiliationChanged'],
      [{ revocation_reason: 'affiliation_change', skip_approval: 1 }, 'affiliationChanged'],
      [{ revocation_reason: 'superseded', skip_approval: true }, 'superseded'],
      [{ reason: 'cessationOfOperation', skip_approval: true }, 'cessationOfOperation'],
      [{ revocation_reason: 'unspecified', skip_approval: true }, null],
    ] as const;
    for (const [index, [body, reason]] of bodies.entries()) {
      const csr = newCsr(`k${index}.test`);
      const { certificateId } = await issued(client, domain, organization.id, { certificate: { csr } });
      const certificate = await store.get('certificates', certificateId);
      const name = index % 2 === 0 ? certificateId : certificate?.serial.toLowerCase();
      const reply = await client.put(`/certificate/${name}/revoke`, body);
      assert.deepEqual([reply.status, reply.text], [204, '']);
      const after = await store.get('certificates', certificateId);
      assert.deepEqual([after?.state, after?.revocationReason], ['revoked', reason]);
      assert.equal(codeOf(await client.put(`/certificate/${certificateId}/revoke`, body)), 'invalid_status');
    }
    const { certificateId, orderId } = await issued(client, domain, organization.id);
    const bad = await client.put(`/certificate/${certificateId}/revoke`, { reason: '__proto__' });
    assert.equal(codeOf(bad), 'invalid_value:revocation_reason');
    // Clients that do not leave the approval out read JSON, also where the account asks for none.
    const reply = await client.put(`/certificate/${certificateId}/revoke`, { comments: 'gone' });
    assert.equal(reply.status, 201);
    assert.deepEqual([reply.json.type, reply.json.status], ['revoke', 'approved']);
    assert.equal((await client.get(`${ORDER}/${orderId}`)).json.status, 'issued');
  });

  test('a revocation waits for somebody who may approve it', async () => {
    const { client: admin, organization, domain } = await openReady(await open());
    const { orderId, certificateId } = await issued(admin, domain, organization.id);
    await setSettings(admin, { approval: 'required' });
    const { client: standard, user } = await userWithKey(admin, 'stan', 'standard');
    const { client: viewer } = await userWithKey(admin, 'vera', 'admin', 'view');
    // Leaving the approval out is not for everybody.
    const reply = await standard.put(`/certificate/${certificateId}/revoke`, { comments: 'old', skip_approval: true });
    assert.equal(reply.status, 201);
    assert.deepEqual(reply.json, {
      id: reply.json.id,
      date: '2026-11-22T12:00:00+00:00',
      type: 'revoke',
      status: 'pending',
      requester: { id: user.id, first_name: 'Ada', last_name: 'stan', email: 'stan@acme.test' },
      comments: 'old',
    });
    const state = async () => (await admin.desk.store.get('certificates', certificateId))?.state;
    assert.equal(await state(), 'active');
    assert.equal(
      codeOf(await viewer.put(`/certificate/${certificateId}/revoke`, {})),
      'access_denied|missing_permission',
    );
    const yes = { status: 'approved' };
    assert.match(codeOf(await standard.put(`/request/${reply.json.id}/status`, yes)), /^access_denied/);
    assert.equal(await state(), 'active');
    assert.equal((await admin.put(`/request/${reply.json.id}/status`, yes)).status, 204);
    assert.equal(await state(), 'revoked');
    const { json: info } = await admin.get(`${ORDER}/${orderId}`);
    assert.deepEqual(
      info.requests.map(({ type, status, comments }: Record<string, unknown>) => [type, status, comments]),
      [['revoke', 'approved', 'old']],
    );
  });

  test('an order is revoked with all its certificates; the last one ends it where the account wants that', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { orderId } = await issued(client, domain, organization.id);
    await client.post(`${ORDER}/${orderId}/duplicate`, { certificate: { csr: newCsr('a.test') }, skip_approval: true });
    await client.post(`${ORDER}/${orderId}/reissue`, {
      certificate: { csr: newCsr('b.test') },
      skip_approval: true,
    });
    const reply = await client.put(`${ORDER}/${orderId}/revoke`, { comments: 'all' });
    assert.equal(reply.json.status, 'approved');
    const certificates = await client.desk.store.find('certificates', { orderId });
    assert.deepEqual(
      certificates.map(({ state }) => state),
      ['revoked', 'revoked', 'revoked'],
    );
    assert.equal((await client.get(`${ORDER}/${orderId}`)).json.status, 'revoked');
    const again = await client.post(`${ORDER}/${orderId}/reissue`, { certificate: { csr: newCsr('c.test') } });
    assert.equal(codeOf(again), 'invalid_status');
    await setSettings(client, { revokingEndsOrder: true });
    const other = await issued(client, domain, organization.id);
    await client.put(`/certificate/${other.certificateId}/revoke`, { skip_approval: true });
    assert.equal((await client.get(`${ORDER}/${other.orderId}`)).json.status, 'revoked');
  });

  test('an account that changed its organization keeps the subject of the order in a reissue', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { orderId } = await issued(client, domain, organization.id);
    await vettedOrganization(client, { name: 'Other', subject: { organization: 'Other', country: 'US' } });
    const reply = await client.post(`${ORDER}/${orderId}/reissue`, {
      certificate: { csr: newCsr('d.test') },
      skip_approval: true,
    });
    assert.match(new X509Certificate(reply.json.certificate_chain[0].pem).subject, /O=Acme Widgets/);
  });

  test('a renewal is taken from 90 days before the end of the order on, and after it', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { clock, store } = client.desk;
    const first = await issued(client, domain, organization.id);
    const thumbprint = (await client.get(`${ORDER}/${first.orderId}`)).json.certificate.thumbprint;
    const renew = (members: object) => client.post(PRO, orderFor(domain, organization.id, { ...members }));
    clock.forward(274 * DAY);
    const before = await countRecords(store);
    const early = await renew({ renewal_of_order_id: first.orderId });
    assert.deepEqual([early.status, codeOf(early)], [400, 'invalid_value:renewal_of_order_id']);
    assert.equal(codeOf(await renew({ renewed_thumbprint: thumbprint })), 'invalid_value:renewed_thumbprint');
    assert.deepEqual(await countRecords(store), before);
    clock.forward(DAY);
    const taken = await renew({ renewal_of_order_id: first.orderId });
    assert.equal(taken.status, 201, taken.text);
    clock.forward(200 * DAY);
    const late = await renew({ renewed_thumbprint: thumbprint });
    assert.equal(late.status, 201, late.text);
  });
});
