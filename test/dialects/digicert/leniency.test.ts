import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachStore } from '../../support/stores.ts';
import { codeOf, openReady, orderFor, PRO, setSettings, someCsr } from './client.ts';

/** What known clients send, and what none of them may be refused for. */

function bodyOf(pem: string): string {
  return pem.replaceAll(/-----[A-Z ]+-----|\s/g, '');
}

forEachStore((open) => {
  test('a CSR is read with and without header, line breaks and padding, in either alphabet', async () => {
    const { client, organization, domain } = await openReady(await open());
    const pem = someCsr();
    const base64 = bodyOf(pem);
    const urlSafe = base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
    const forms = {
      crlf: pem.replaceAll('\n', '\r\n'),
      'no line breaks': pem.replaceAll('\n', ''),
      'escaped line breaks': pem.replaceAll('\n', '\\n'),
      'bare base64': base64,
      'bare base64url': urlSafe,
      'bare base64url with padding': urlSafe.padEnd(Math.ceil(urlSafe.length / 4) * 4, '='),
    };
    for (const [form, csr] of Object.entries(forms)) {
      const reply = await client.post(PRO, orderFor(domain, organization.id, { certificate: { csr } }));
      assert.equal(reply.status, 201, `${form}: ${reply.text}`);
    }
  });

  test('zero, empty text, null and empty lists are nothing', async () => {
    const { client, organization, domain } = await openReady(await open());
    const order = {
      ...orderFor(domain, organization.id),
      order_validity: undefined,
      validity_years: 0,
      validity_days: '0',
      custom_expiration_date: '2027-03-01',
      renewal_of_order_id: 0,
      renewed_thumbprint: '',
      custom_fields: [],
      additional_emails: null,
      dcv_method: '',
      locale: null,
      container: { id: 0 },
      cs_provisioning_method: '',
      errors: null,
      certificate_chain: null,
      comments: '',
      payment_method: '',
      credit_card: null,
      billing_address: null,
      server_licenses: 0,
    };
    const certificate = { ...order.certificate, dns_names: [''], certificate_id: 0, organization: { id: 0 } };
    const reply = await client.post(PRO, { ...order, certificate });
    assert.equal(reply.status, 201, reply.text);
    const info = await client.get(`/order/certificate/${reply.json.id}`);
    assert.deepEqual(info.json.order_validity, { custom_expiration_date: '2027-03-01' });
    assert.equal(info.json.is_renewal, false);
  });

  test('numbers and switches may be text, and unknown members mean nothing', async () => {
    const { client, organization, domain } = await openReady(await open());
    const order = orderFor(domain, organization.id, {
      certificate: { server_platform: { id: '2' }, nonsense: { deep: [1] } },
      organization: { id: String(organization.id), nonsense: true },
      order_validity: { years: '2' },
      auto_renew: '1',
      skip_approval: 'True',
      disable_renewal_notifications: 'false',
      nonsense: 'x',
      __proto__: { polluted: true },
    });
    const reply = await client.post(PRO, order);
    assert.equal(reply.status, 201, reply.text);
    const { json } = await client.get(`/order/certificate/${reply.json.id}`);
    assert.equal(json.certificate.server_platform.id, 2);
    assert.deepEqual([json.order_validity, json.auto_renew], [{ years: 2 }, 1]);
    assert.equal(json.disable_renewal_notifications, false);
  });

  test('only what the body says is certified, whatever the CSR names', async () => {
    const { client, organization, domain } = await openReady(await open());
    const reply = await client.post(PRO, orderFor(domain, organization.id));
    assert.equal(reply.json.certificate_chain[0].subject_common_name, domain);
    const { json } = await client.get(`/order/certificate/${reply.json.id}`);
    assert.deepEqual(json.certificate.dns_names, [domain]);
  });

  test('the three forms of a date, and the order in which lengths count', async () => {
    const { client, organization, domain } = await openReady(await open());
    const till = async (changes: Record<string, unknown>): Promise<string> => {
      const reply = await client.post(PRO, {
        ...orderFor(domain, organization.id),
        order_validity: undefined,
        ...changes,
      });
      assert.equal(reply.status, 201, reply.text);
      return (await client.get(`/order/certificate/${reply.json.id}`)).json.order_valid_till;
    };
    assert.equal(await till({ custom_expiration_date: '21 DEC 2027' }), '2027-12-21');
    assert.equal(await till({ custom_expiration_date: '2027-12-21' }), '2027-12-21');
    assert.equal(await till({ custom_expiration_date: '2027-12-21T00:00:00' }), '2027-12-21');
    assert.equal(await till({ validity_years: 1, validity_days: 10 }), '2026-12-02');
    assert.equal(await till({ validity_days: 10, custom_expiration_date: '2027-01-05' }), '2027-01-05');
    assert.equal(await till({ order_validity: { years: 1, days: 20 }, validity_days: 10 }), '2026-12-12');
    assert.equal(await till({ validity_years: 3, order_validity: { years: 0 } }), '2029-11-22');
    assert.equal(await till({ custom_expiration_date: '22 Nov 2029' }), '2029-11-22');
  });

  test('bodies come as JSON whatever their type says, and errors as plain JSON without a charset', async () => {
    const { client, organization, domain } = await openReady(await open());
    const url = `/services/v2${PRO}`;
    const payload = JSON.stringify(orderFor(domain, organization.id));
    for (const type of ['application/json', 'application/json; charset=utf-8', 'text/plain', 'application/x-other']) {
      const reply = await client.raw({ method: 'POST', url, headers: { 'content-type': type }, payload });
      assert.equal(reply.status, 201, reply.text);
      assert.equal(reply.headers['content-type'], 'application/json');
    }
    const bom = await client.raw({ method: 'POST', url, payload: `\uFEFF${payload}` });
    assert.equal(bom.status, 201, bom.text);
    for (const broken of ['{', '"text"', '[]', '<order/>', 'null']) {
      const reply = await client.raw({
        method: 'POST',
        url,
        headers: { 'content-type': 'application/json' },
        payload: broken,
      });
      assert.equal(reply.status, 400, broken);
      assert.equal(codeOf(reply), 'bad_request_format');
    }
    const get = await client.raw({
      method: 'GET',
      url: '/services/v2/product',
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(get.status, 200);
  });

  test('filters arrive raw and percent-encoded', async () => {
    const { client, organization, domain } = await openReady(await open());
    await setSettings(client, { approval: 'required', twoPeople: true });
    const { json } = await client.post(PRO, orderFor(domain, organization.id));
    for (const query of [
      'status=pending',
      'filters[status]=pending',
      'filters%5Bstatus%5D=pending',
      'filters[status][0]=pending',
    ]) {
      const reply = await client.get(`/request?${query}`);
      assert.deepEqual(
        reply.json.requests.map((one: { id: number }) => one.id),
        [json.requests[0].id],
        query,
      );
      assert.deepEqual(reply.json.page, { total: 1, limit: 1000, offset: 0 });
    }
    assert.equal((await client.get('/request?filters[status]=approved')).json.page.total, 0);
  });
});
