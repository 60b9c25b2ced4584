import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachStore } from '../../support/stores.ts';
import { codeOf, newDomain, openReady, orderFor, PRO, setSettings, someCsr } from './client.ts';

/** What an order is answered with while something is left to be proved. */

forEachStore((open) => {
  test('an OV order tells what to publish: one value for all its names', async () => {
    const { client, organization } = await openReady(await open());
    const [one, two] = [newDomain(), newDomain()];
    const certificate = { dns_names: [`www.${one}`, two] };
    const reply = await client.post(PRO, orderFor(one, organization.id, { certificate, dcv_method: 'dns-txt-token' }));
    const { id, certificate_id: certificateId, dcv_random_value: value, domains, ...rest } = reply.json;
    assert.deepEqual(rest, {});
    assert.ok(id > 0 && certificateId > 0);
    // BR 3.2.2.4.7: at least 112 bits, and a label of its own begins with an underscore.
    assert.match(value, /^_[a-z0-9]{31}$/);
    assert.deepEqual(domains.map((domain: { name: string }) => domain.name).sort(), [one, two].sort());
    for (const domain of domains) {
      assert.deepEqual(domain.dcv_token, {
        token: value,
        status: 'pending',
        expiration_date: '2026-12-22T12:00:00+00:00',
      });
    }
    client.desk.domains.publishRecord('TXT', one, value);
    client.desk.domains.publishRecord('TXT', two, value);
    const checked = await client.put(`/order/certificate/${id}/check-dcv`);
    assert.equal(checked.json.order_status, 'issued', checked.text);
    assert.equal(checked.json.certificate_id, certificateId);
  });

  test('each method tells where its value belongs', async () => {
    const { client, organization } = await openReady(await open());
    const ask = async (dcv_method: string) => {
      const domain = newDomain();
      const { json } = await client.post(PRO, orderFor(domain, organization.id, { dcv_method }));
      return { domain, json, [dcv_method]: json.domains[0] };
    };
    const cname = await ask('dns-cname-token');
    assert.equal(cname.json.domains[0].dcv_token.verification_value, 'dcv.digicert.com');
    const http = await ask('http-token');
    const url = `http://${http.domain}/.well-known/pki-validation/fileauth.txt`;
    assert.equal(http.json.domains[0].dcv_token.http_token_url, url);
    const dynamic = await ask('http-token-dynamic');
    assert.match(dynamic.json.domains[0].dcv_token.http_token_url, /pki-validation\/[0-9a-f]{32}\.txt$/);
    const email = await ask('email');
    assert.equal(email.json.dcv_random_value, undefined);
    const addresses = ['admin', 'administrator', 'hostmaster', 'postmaster', 'webmaster'].map(
      (name) => `${name}@${email.domain}`,
    );
    assert.deepEqual(email.json.domains[0].validation_emails.base_emails.sort(), addresses);
  });

  test('names are proved at their registrable domain, or as they stand where the order or the account says so', async () => {
    const { client, organization } = await openReady(await open());
    const domainsOf = async (name: string, changes: Record<string, unknown>): Promise<string[]> => {
      const reply = await client.post(
        PRO,
        orderFor(name, organization.id, { dcv_method: 'dns-txt-token', ...changes }),
      );
      return reply.json.domains.map((domain: { name: string }) => domain.name);
    };
    const base = newDomain();
    assert.deepEqual(await domainsOf(`a.b.${base}`, {}), [base]);
    assert.deepEqual(await domainsOf(`a.b.${base}`, { certificate_dcv_scope: 'base_domain' }), [base]);
    assert.deepEqual(await domainsOf(`a.b.${base}`, { certificate_dcv_scope: 'fqdn' }), [`a.b.${base}`]);
    const certificate = { dns_names: [`b.${base}`] };
    assert.deepEqual(await domainsOf(`a.b.${base}`, { certificate, certificate_dcv_scope: 'fqdn' }), [`b.${base}`]);
    await setSettings(client, { domainScope: 'name' });
    assert.deepEqual(await domainsOf(`a.b.${base}`, {}), [`a.b.${base}`]);
  });

  test('DV needs no organization, is answered with the value alone, and is proved for each order anew', async () => {
    const { client, domain } = await openReady(await open());
    const order = {
      certificate: { common_name: domain, csr: someCsr() },
      validity_years: 1,
      dcv_method: 'dns-txt-token',
      organization: { id: 99_999 },
    };
    const reply = await client.post('/order/certificate/ssl_dv_geotrust_flex', order);
    assert.equal(reply.status, 201, reply.text);
    assert.deepEqual(Object.keys(reply.json).sort(), ['certificate_id', 'dcv_random_value', 'id']);
    client.desk.domains.publishRecord('TXT', domain, reply.json.dcv_random_value);
    const checked = await client.put(`/order/certificate/${reply.json.id}/check-dcv`);
    assert.equal(checked.json.order_status, 'issued', checked.text);
    const again = await client.post('/order/certificate/ssl_dv_geotrust_flex', order);
    assert.notEqual(again.json.dcv_random_value, reply.json.dcv_random_value);
    assert.equal(again.json.certificate_chain, undefined);
  });

  test('mails for DV go to the addresses that are named, if they may approve', async () => {
    const { client } = await openReady(await open());
    const domain = newDomain();
    const order = (email: string, email_domain?: string) => ({
      certificate: { common_name: `www.${domain}`, csr: someCsr() },
      order_validity: { years: 1 },
      dcv_emails: [{ dns_name: `www.${domain}`, email, email_domain }],
    });
    const path = '/order/certificate/ssl_dv_geotrust_flex';
    const reply = await client.post(path, order(`admin@${domain}`, domain));
    assert.equal(reply.status, 201, reply.text);
    const [validation] = await client.desk.store.find('validations', { requestId: reply.json.certificate_id });
    assert.deepEqual(validation?.challenges, [{ method: 'email', address: `admin@${domain}` }]);
    const before = (await client.desk.store.find('orders', {})).length;
    const refused = await client.post(path, order(`owner@${domain}`));
    assert.equal(codeOf(refused), 'invalid_value:dcv_emails');
    assert.equal((await client.desk.store.find('orders', {})).length, before);
  });

  test('an EV order waits for the agreement of a contact, and needs one', async () => {
    const { client, organization, domain } = await openReady(await open());
    const path = '/order/certificate/ssl_ev_securesite_pro';
    assert.equal(
      codeOf(await client.post(path, orderFor(domain, organization.id))),
      'missing_value:organization_contact',
    );
    const organization_contact = { first_name: 'Grace', last_name: 'Hopper', email: 'grace@acme.test' };
    const reply = await client.post(path, orderFor(domain, organization.id, { organization_contact }));
    assert.equal(reply.status, 201, reply.text);
    const requestId = reply.json.certificate_id;
    await client.desk.office.passCheck(requestId, 'agreement', 'olga', 'said yes on the phone');
    await client.desk.runJobs();
    assert.equal((await client.get(`/order/certificate/${reply.json.id}`)).json.status, 'issued');
    const wildcard = orderFor(domain, organization.id, {
      organization_contact,
      certificate: { dns_names: [`*.${domain}`] },
    });
    assert.equal(codeOf(await client.post(path, wildcard)), 'invalid_value:certificate.dns_names');
  });

  test('an order that must be approved is proved only then', async () => {
    const { client, organization } = await openReady(await open());
    await setSettings(client, { approval: 'required', twoPeople: true });
    const domain = newDomain();
    const reply = await client.post(PRO, orderFor(domain, organization.id, { dcv_method: 'dns-txt-token' }));
    assert.deepEqual(Object.keys(reply.json).sort(), ['id', 'requests']);
    const info = await client.get(`/order/certificate/${reply.json.id}`);
    assert.equal(info.json.status, 'needs_approval');
  });
});
