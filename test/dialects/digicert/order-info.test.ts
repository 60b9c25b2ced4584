import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { DAY } from '../../../src/core/time.ts';
import { forEachStore } from '../../support/stores.ts';
import {
  codeOf,
  issued,
  newDomain,
  openReady,
  orderFor,
  PRO,
  setSettings,
  userWithKey,
  type Client,
} from './client.ts';

const ORDER = '/order/certificate';

forEachStore((open) => {
  test('an issued order shows everything that it was ordered with', async () => {
    const { client: admin, organization, domain } = await openReady(await open());
    const { client, user } = await userWithKey(admin, 'grace', 'admin');
    const { orderId, certificateId, json } = await issued(client, domain, organization.id, {
      certificate: { dns_names: [`www.${domain}`], server_platform: { id: '45' }, cert_validity: { days: 90 } },
      order_validity: { years: 2 },
      auto_renew: 1,
      auto_reissue: 1,
      comments: 'for the shop',
      additional_emails: ['a@acme.test'],
      alternative_order_id: 'nonce-1',
      disable_renewal_notifications: true,
      vat_number: 'DE1',
      locale: 'de',
      skip_approval: true,
    });
    const { json: info } = await client.get(`${ORDER}/${orderId}`);
    const leaf = new X509Certificate(json.certificate_chain[0].pem);
    assert.equal(info.id, orderId);
    assert.equal(info.status, 'issued');
    assert.equal(info.certificate.id, certificateId);
    assert.equal(info.certificate.serial_number, leaf.serialNumber);
    assert.equal(info.certificate.thumbprint, leaf.fingerprint.replaceAll(':', ''));
    assert.equal(info.certificate.status, undefined);
    assert.deepEqual(info.certificate.dns_names, [domain, `www.${domain}`]);
    assert.equal(info.certificate.valid_from, '2026-11-22');
    assert.equal(info.certificate.valid_till, new Date(leaf.validTo).toISOString().slice(0, 10));
    assert.equal(info.certificate.days_remaining, 90);
    assert.deepEqual(info.certificate.cert_validity, { days: 90 });
    assert.match(info.certificate.csr, /^-----BEGIN CERTIFICATE REQUEST-----\r\n/);
    assert.equal(info.certificate.server_platform.name, 'nginx');
    assert.equal(info.certificate.ca_cert.name, json.certificate_chain[1].subject_common_name);
    assert.equal(info.certificate.date_issued, '2026-11-22T12:00:00+00:00');
    assert.deepEqual(info.organization, {
      id: organization.id,
      name: 'Acme Widgets',
      display_name: 'Acme Widgets',
      is_active: true,
      city: 'Lehi',
      state: 'Utah',
      country: 'us',
    });
    assert.deepEqual(info.product, {
      name_id: 'ssl_securesite_pro',
      name: 'Secure Site Pro SSL',
      type: 'ssl_certificate',
      validation_type: 'ov',
      validation_name: 'OV',
      validation_description: 'Normal Organization Validation',
    });
    assert.deepEqual(info.user, { id: user.id, first_name: 'Ada', last_name: 'grace', email: 'grace@acme.test' });
    const { validity_years, order_validity, order_valid_till, is_multi_year_plan, auto_renew, auto_reissue } = info;
    assert.deepEqual(
      { validity_years, order_validity, order_valid_till, is_multi_year_plan, auto_renew, auto_reissue },
      {
        validity_years: 2,
        order_validity: { years: 2 },
        order_valid_till: '2028-11-22',
        is_multi_year_plan: '1',
        auto_renew: 1,
        auto_reissue: 1,
      },
    );
    assert.equal(info.disable_renewal_notifications, true);
    assert.equal(info.send_minus_30, false);
    assert.deepEqual(info.additional_emails, ['a@acme.test']);
    assert.equal(info.alternative_order_id, 'nonce-1');
    assert.equal(info.vat_number, 'DE1');
    assert.equal(info.locale, 'de');
    assert.equal(info.comments, 'for the shop');
    assert.ok(info.price > 0);
    assert.equal(info.is_renewal, false);
    assert.equal(info.renewed_order_id, 0);
  });

  test('an order is found by serial number and thumbprint of its own certificate, in any case', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { orderId } = await issued(client, domain, organization.id);
    const { json: info } = await client.get(`${ORDER}/${orderId}`);
    const { serial_number: serial, thumbprint } = info.certificate;
    for (const name of [
      serial,
      serial.toLowerCase(),
      thumbprint,
      thumbprint.toLowerCase(),
      thumbprint.replace(/../g, '$&:').slice(0, -1),
    ]) {
      assert.equal((await client.get(`${ORDER}/${name}`)).json.id, orderId, name);
    }
    await client.post(`${ORDER}/${orderId}/reissue`, { certificate: certificateFor(domain), skip_approval: true });
    // The certificate that was replaced is not the primary one any more.
    assert.equal(codeOf(await client.get(`${ORDER}/${thumbprint}`)), 'not_found|order');
    const other = await client.desk.addKey('globex', 'admin');
    const { json: after } = await client.get(`${ORDER}/${orderId}`);
    for (const name of [orderId, after.certificate.serial_number, after.certificate.thumbprint]) {
      assert.equal((await client.get(`${ORDER}/${name}`)).status, 200);
      assert.equal(codeOf(await client.as(other.secret).get(`${ORDER}/${name}`)), 'not_found|order');
    }
    for (const name of ['0', '99999999999999999999', 'x', '%00', 'FFFF', '-1']) {
      assert.equal(codeOf(await client.get(`${ORDER}/${name}`)), 'not_found|order', name);
    }
  });

  test('before it is issued an order tells the id of its certificate, and nothing of the certificate', async () => {
    const { client, organization } = await openReady(await open());
    const domain = newDomain();
    const order = orderFor(domain, organization.id, { dcv_method: 'dns-txt-token', skip_approval: true });
    const placed = await client.post(PRO, order);
    const { json: info } = await client.get(`${ORDER}/${placed.json.id}?include_caa_status=True`);
    assert.equal(info.status, 'pending');
    assert.equal(info.certificate.id, placed.json.certificate_id);
    for (const member of ['serial_number', 'thumbprint', 'valid_from', 'valid_till', 'date_issued', 'days_remaining']) {
      assert.equal(member in info.certificate, false, member);
    }
    assert.equal('order_valid_till' in info, false);
    assert.deepEqual(info.caa_status_message, { [domain]: 'CAA check is not called yet' });
    client.desk.domains.publishRecord('TXT', domain, placed.json.dcv_random_value);
    const checked = await client.put(`${ORDER}/${placed.json.id}/check-dcv`);
    assert.equal(checked.json.order_status, 'issued');
    const { json: after } = await client.get(`${ORDER}/${placed.json.id}?include_caa_status=true`);
    assert.equal(after.certificate.id, placed.json.certificate_id);
    assert.equal('caa_status_message' in after, false);
    assert.equal((await client.get(`/certificate/${placed.json.certificate_id}/download/format/pem_all`)).status, 200);
  });

  test('the status of an order follows what becomes of it', async () => {
    const { client, organization, domain } = await openReady(await open());
    const statusOf = async (id: number): Promise<string> => (await client.get(`${ORDER}/${id}`)).json.status;
    await setSettings(client, { approval: 'required' });
    const waiting = (await client.post(PRO, orderFor(domain, organization.id))).json;
    assert.equal(await statusOf(waiting.id), 'needs_approval');
    assert.deepEqual((await client.get(`${ORDER}/${waiting.id}`)).json.requests, [
      { id: waiting.requests[0].id, date: '2026-11-22T12:00:00+00:00', type: 'new_request', status: 'pending' },
    ]);
    await client.put(`/request/${waiting.requests[0].id}/status`, { status: 'rejected', processor_comment: 'no' });
    assert.equal(await statusOf(waiting.id), 'rejected');
    const second = (await client.post(PRO, orderFor(domain, organization.id))).json;
    await client.put(`/request/${second.requests[0].id}/status`, { status: 'approved' });
    assert.equal(await statusOf(second.id), 'issued');
    const open2 = await client.post(`${ORDER}/${second.id}/reissue`, { certificate: certificateFor(domain) });
    assert.equal(await statusOf(second.id), 'reissue_pending');
    assert.equal((await client.put(`${ORDER}/${second.id}/status`, { status: 'CANCELED', note: null })).status, 204);
    assert.equal(await statusOf(second.id), 'issued');
    const reissues = (await client.get(`${ORDER}/${second.id}/reissue`)).json.certificates;
    assert.deepEqual(
      reissues.map(({ id, status }: { id: number; status: string }) => [id, status]),
      [[open2.json.requests[0].id, 'rejected']],
    );
    const revoked = await client.put(`${ORDER}/${second.id}/revoke`, { skip_approval: true });
    assert.equal(revoked.status, 204);
    assert.equal(await statusOf(second.id), 'revoked');
    assert.equal((await client.get(`${ORDER}/${second.id}`)).json.certificate.status, 'revoked');
    await setSettings(client, { approval: 'none' });
    const third = await issued(client, domain, organization.id);
    client.desk.clock.forward(366 * DAY);
    assert.equal(await statusOf(third.orderId), 'expired');
    assert.equal((await client.get(`${ORDER}/${third.orderId}`)).json.certificate.status, 'expired');
    assert.equal((await client.get(`${ORDER}/${third.orderId}`)).json.certificate.days_remaining, 0);
  });

  test('an order that is not issued is cancelled in any spelling; an issued one is not', async () => {
    const { client, organization, domain } = await openReady(await open());
    for (const body of [
      { status: 'canceled', note: 'no more' },
      { status: 'CANCELED', note: '', send_emails: false },
    ]) {
      const { json } = await client.post(PRO, orderFor(newDomain(), organization.id, { skip_approval: true }));
      assert.equal((await client.put(`${ORDER}/${json.id}/status`, body)).status, 204);
      assert.equal((await client.get(`${ORDER}/${json.id}`)).json.status, 'canceled');
      assert.equal(codeOf(await client.put(`${ORDER}/${json.id}/status`, body)), 'invalid_status');
    }
    const { orderId } = await issued(client, domain, organization.id);
    assert.equal(codeOf(await client.put(`${ORDER}/${orderId}/status`, { status: 'canceled' })), 'invalid_status');
    assert.equal(codeOf(await client.put(`${ORDER}/${orderId}/status`, { status: 'renewed' })), 'invalid_value:status');
    assert.equal(codeOf(await client.put(`${ORDER}/${orderId}/status`, {})), 'missing_value:status');
    assert.equal(codeOf(await client.put(`${ORDER}/1/status`, { status: 'canceled' })), 'not_found|order');
  });

  test('notes, addresses, switches and field values of an order are changed and shown', async () => {
    const { client: admin, organization, domain } = await openReady(await open());
    const { client, user } = await userWithKey(admin, 'grace', 'standard');
    const { orderId } = await issued(client, domain, organization.id);
    const path = `${ORDER}/${orderId}`;
    const note = await client.post(`${path}/note`, { text: 'first\nline' });
    assert.deepEqual(note.json, {
      id: note.json.id,
      date_created: '2026-11-22T12:00:00+00:00',
      text: 'first\nline',
      user: { id: user.id, first_name: 'Ada', last_name: 'grace', email: 'grace@acme.test' },
    });
    await client.post(`${path}/note`, { text: 'second' });
    assert.equal(codeOf(await client.post(`${path}/note`, {})), 'missing_value:text');
    const shows = async (member: string): Promise<unknown> => (await client.get(path)).json[member];
    assert.deepEqual(
      ((await shows('notes')) as { text: string }[]).map(({ text }) => text),
      ['first\nline', 'second'],
    );
    await client.put(`${path}/additional-emails`, { additional_emails: ['x@acme.test', 'y@acme.test', 'x@acme.test'] });
    assert.deepEqual(await shows('additional_emails'), ['x@acme.test', 'y@acme.test']);
    assert.equal((await client.put(`${path}/additional-emails`, { additional_emails: [] })).status, 204);
    assert.equal(await shows('additional_emails'), undefined);
    const bad = await client.put(`${path}/additional-emails`, {
      additional_emails: ['x@acme.test, y@acme.test'],
    });
    assert.equal(codeOf(bad), 'invalid_value:additional_emails[0]');
    assert.equal((await client.put(`${path}/auto-reissue`, { auto_reissue: '1' })).status, 204);
    assert.equal((await client.put(`${path}/auto-renew`, { auto_renew: 1 })).status, 204);
    assert.deepEqual([await shows('auto_reissue'), await shows('auto_renew')], [1, 1]);
    await client.put(`${path}/auto-renew`, { auto_renew: 0 });
    assert.equal(await shows('auto_renew'), 0);
    assert.equal(codeOf(await client.put(`${path}/auto-renew`, {})), 'missing_value:auto_renew');
    assert.equal((await client.put(`${path}/renewal-emails/disable`)).status, 204);
    assert.equal(await shows('disable_renewal_notifications'), true);
    await client.put(`${path}/renewal-emails/enable`);
    assert.equal(await shows('disable_renewal_notifications'), false);
    assert.equal(codeOf(await client.put(`${path}/renewal-emails/perhaps`)), 'invalid_value:status');
    assert.equal(codeOf(await client.post(`${path}/csr`, { csr: 'x' })), 'invalid_status');
  });

  test('a value of a custom field is set, replaced, taken away and must fit', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { orderId } = await issued(client, domain, organization.id);
    const field = await customField(client, 'Cost centre');
    const path = `${ORDER}/${orderId}`;
    const set = (value: unknown) => client.post(`${path}/custom-field`, { metadata_id: String(field), value });
    assert.equal((await set('17')).status, 204);
    assert.equal((await set('18')).status, 204);
    const shown = [{ metadata_id: field, label: 'Cost centre', value: '18' }];
    assert.deepEqual((await client.get(path)).json.custom_fields, shown);
    const listed = await client.get(`${ORDER}?filters[metadata_id]=${field}`);
    assert.deepEqual(listed.json.orders[0].custom_fields, shown);
    assert.equal((await client.get(`${ORDER}?filters[metadata_id]=${Math.floor(field / 10)}`)).json.page.total, 0);
    assert.equal(codeOf(await set('many')), 'invalid_custom_field_value');
    assert.equal(codeOf(await set('')), 'invalid_custom_field_value');
    const unknown = await client.post(`${path}/custom-field`, { metadata_id: 7, value: '1' });
    assert.equal(codeOf(unknown), 'not_found|metadata');
    assert.deepEqual((await client.get(path)).json.custom_fields, shown);
    // Of several at once none is lost.
    const more = await Promise.all(['A', 'B', 'C', 'D'].map((label) => customField(client, label)));
    await Promise.all(more.map((id) => client.post(`${path}/custom-field`, { metadata_id: id, value: 1 })));
    assert.equal((await client.get(path)).json.custom_fields.length, 5);
  });
});

function customField({ desk }: Client, label: string): Promise<number> {
  return desk.store.transact(async (unit) => {
    const id = unit.newId('customFields');
    const kind = { label, required: true, state: 'active', dataType: 'int' } as const;
    unit.insert('customFields', { id, accountId: desk.actor.accountId, ...kind, createdAt: 0 });
    return id;
  });
}

function certificateFor(domain: string) {
  const { certificate } = orderFor(domain, 1);
  return certificate;
}
