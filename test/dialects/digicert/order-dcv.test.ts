import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY } from '../../../src/core/time.ts';
import { forEachStore } from '../../support/stores.ts';
import {
  type Client,
  codeOf,
  issued,
  type Json,
  newDomain,
  openClient,
  openReady,
  orderFor,
  PRO,
  setSettings,
  someCsr,
  vettedOrganization,
} from './client.ts';

/** An order whose domains have to be proved. */
async function pendingOrder(client: Client, method: string, names: readonly string[], changes: object = {}) {
  const organization = await vettedOrganization(client);
  const [commonName = '', ...others] = names;
  const certificate = { dns_names: others };
  const reply = await client.post(
    PRO,
    orderFor(commonName, organization.id, { certificate, dcv_method: method, ...changes }),
  );
  assert.equal(reply.status, 201, reply.text);
  return { path: `/order/certificate/${reply.json.id}`, id: reply.json.id as number, json: reply.json };
}

function statusesOf(reply: Json): Json {
  return Object.fromEntries(
    reply.json.dns_name_validations.map((one: Record<string, string>) => [one['dns_name'], one['status']]),
  );
}

forEachStore((open) => {
  test('one value serves all names of an order; with the last one proved it is issued in the same call', async () => {
    const client = await openClient(await open());
    const [one, two] = [newDomain(), newDomain()];
    const { path, id, json } = await pendingOrder(client, 'dns-txt-token', [one, `www.${one}`, two, `*.${two}`]);
    const value: string = json.dcv_random_value;
    assert.match(value, /^_[a-z0-9]{31}$/);
    const none = await client.put(`${path}/check-dcv`);
    assert.equal(none.status, 200, 'TXT records may be missing without an error');
    assert.deepEqual([none.json.order_status, none.json.dcv_status], ['pending', 'pending']);
    assert.equal('certificate_id' in none.json, false);
    client.desk.domains.publishRecord('TXT', one, value);
    const half = await client.put(`${path}/check-dcv`, {});
    assert.deepEqual(statusesOf(half), {
      [one]: 'approved',
      [`www.${one}`]: 'approved',
      [two]: 'pending',
      [`*.${two}`]: 'pending',
    });
    const part = await client.put(`${path}/check-dcv`, { dns_names_validations: [{ dns_name: one.toUpperCase() }] });
    assert.deepEqual(statusesOf(part), { [one]: 'approved' });
    assert.equal(part.json.dcv_status, 'valid', 'of what was asked for');
    client.desk.domains.publishRecord('TXT', `_dnsauth.${two}`, value);
    const whole = await client.put(`${path}/check-dcv`);
    assert.deepEqual([whole.json.order_status, whole.json.dcv_status], ['issued', 'valid']);
    const info = await client.get(path);
    assert.equal(info.json.certificate.id, whole.json.certificate_id);
    const again = await client.put(`${path}/check-dcv`);
    assert.deepEqual(again.json, whole.json, 'asked again it says the same');
    assert.equal(codeOf(await client.put(`${path}/dcv-method`, { dcv_method: 'email' })), 'invalid_status');
    assert.equal(codeOf(await client.put(`${path}/dcv-random-value`)), 'invalid_status');
    assert.equal(codeOf(await client.put(`${path}/resend-emails`)), 'invalid_status');
    assert.ok(id > 0);
  });

  test('each way of validation leads to the certificate', async () => {
    const client = await openClient(await open());
    const { domains } = client.desk;
    const publish: Record<string, (domain: string, value: string) => void> = {
      'dns-txt-token': (domain, value) => domains.publishRecord('TXT', domain, value),
      'dns-cname-token': (domain, value) => domains.publishRecord('CNAME', `${value}.${domain}`, 'dcv.digicert.com'),
      'http-token': (domain, value) =>
        domains.publishFile(`http://${domain}/.well-known/pki-validation/fileauth.txt`, value),
    };
    for (const [method, work] of Object.entries(publish)) {
      const domain = newDomain();
      const { path, json } = await pendingOrder(client, method, [domain]);
      const early = await client.put(`${path}/check-dcv`);
      if (method === 'http-token') assert.equal(codeOf(early), 'file_random_value_not_found');
      else assert.equal(early.json.dcv_status, 'pending');
      work(domain, json.dcv_random_value);
      const done = await client.put(`${path}/check-dcv`);
      assert.equal(done.json.order_status, 'issued', `${method}: ${done.text}`);
    }
  });

  test('a way is changed: the value stays, the places change, mail answers 204', async () => {
    const client = await openClient(await open());
    const domain = newDomain();
    const { path, json } = await pendingOrder(client, 'dns-txt-token', [domain]);
    const value: string = json.dcv_random_value;
    const cname = await client.put(`${path}/dcv-method`, { dcv_method: 'dns-cname-token' });
    assert.deepEqual(cname.json, { dcv_random_value: value, expiration_date: '2026-12-22T12:00:00+00:00' });
    assert.equal((await client.get(`${path}/validation`)).json.order_dcv_method, 'dns-cname-token');
    client.desk.domains.publishRecord('TXT', domain, value);
    assert.equal((await client.put(`${path}/check-dcv`)).json.dcv_status, 'pending', 'TXT is not asked any more');
    const mail = await client.put(`${path}/dcv-method`, { dcv_method: 'email' });
    assert.deepEqual([mail.status, mail.text], [204, '']);
    assert.equal(codeOf(await client.put(`${path}/check-dcv`)), 'invalid_dns_method');
    assert.equal(codeOf(await client.put(`${path}/dcv-random-value`)), 'invalid_dns_method');
    const jobs = await client.desk.store.find('jobs', { kind: 'send-confirmation' });
    assert.equal(jobs.length, 5, 'a mail to each constructed address');
    const back = await client.put(`${path}/dcv-method`, { dcv_method: 'dns-txt-token' });
    assert.equal(back.json.dcv_random_value, value);
    const info = await client.put(`${path}/check-dcv`);
    assert.equal(info.json.order_status, 'issued', 'what was published is found at once');
    assert.equal(codeOf(await client.put(`${path}/dcv-method`, { dcv_method: 'whois' })), 'invalid_value:dcv_method');
  });

  test('a file cannot prove a wildcard, and the refused change leaves the order as it was', async () => {
    const client = await openClient(await open());
    const domain = newDomain();
    const { path, json } = await pendingOrder(client, 'dns-txt-token', [domain, `*.${domain}`]);
    const refused = await client.put(`${path}/dcv-method`, { dcv_method: 'http-token' });
    assert.equal(codeOf(refused), 'invalid_value:dcv_method');
    assert.equal((await client.get(`${path}/validation`)).json.order_dcv_method, 'dns-txt-token');
    client.desk.domains.publishRecord('TXT', domain, json.dcv_random_value);
    assert.equal((await client.put(`${path}/check-dcv`)).json.order_status, 'issued');
  });

  test('the value is the same for 30 days, and another then; an expired one proves nothing', async () => {
    const client = await openClient(await open());
    const { clock, domains } = client.desk;
    await setSettings(client, { approval: 'required' });
    const domain = newDomain();
    const { path, json } = await pendingOrder(client, 'dns-txt-token', [domain]);
    clock.forward(20 * DAY);
    const approved = await client.put(`/request/${json.requests[0].id}/status`, { status: 'approved' });
    assert.equal(approved.status, 204, approved.text);
    const first = await client.put(`${path}/dcv-random-value`);
    assert.equal(first.json.expiration_date, '2026-12-22T12:00:00+00:00', 'counted from when it was made');
    clock.forward(10 * DAY - 1);
    assert.deepEqual((await client.put(`${path}/dcv-random-value`)).json, first.json);
    clock.forward(1);
    domains.publishRecord('TXT', domain, first.json.dcv_random_value);
    await client.desk.runJobs();
    const late = await client.put(`${path}/check-dcv`);
    assert.deepEqual([late.json.order_status, late.json.dcv_status], ['pending', 'pending'], 'BR 3.2.2.4.7');
    const second = await client.put(`${path}/dcv-random-value`);
    assert.notEqual(second.json.dcv_random_value, first.json.dcv_random_value);
    assert.equal(second.json.expiration_date, '2027-01-21T12:00:00+00:00');
    domains.publishRecord('TXT', domain, second.json.dcv_random_value);
    assert.equal((await client.put(`${path}/check-dcv`)).json.order_status, 'issued');
  });

  test('a name is proved at its registrable domain, or as it stands where the order says so', async () => {
    const client = await openClient(await open());
    const [base, exact] = [newDomain(), newDomain()];
    const wide = await pendingOrder(client, 'dns-txt-token', [`shop.${base}`, `www.${base}`]);
    const status = (await client.get(`${wide.path}/validation`)).json;
    assert.equal(status.order_name_scope, 'base_domain');
    assert.deepEqual(status.dns_name_validations, [
      {
        domain_id: String(wide.json.domains[0].id),
        name_scope: base,
        approval_scope: 'subdomains',
        status: 'pending',
        method: 'dns-txt-token',
        dns_names: [`shop.${base}`, `www.${base}`],
      },
    ]);
    client.desk.domains.publishRecord('TXT', base, wide.json.dcv_random_value);
    assert.equal((await client.put(`${wide.path}/check-dcv`)).json.order_status, 'issued');
    const narrow = await pendingOrder(client, 'dns-txt-token', [`shop.${exact}`, `www.${exact}`], {
      certificate_dcv_scope: 'fqdn',
    });
    client.desk.domains.publishRecord('TXT', exact, narrow.json.dcv_random_value);
    const checked = await client.put(`${narrow.path}/check-dcv`);
    assert.equal(checked.json.dcv_status, 'pending');
    assert.equal((await client.get(`${narrow.path}/validation`)).json.order_name_scope, 'fqdn');
    for (const label of ['shop', 'www']) {
      client.desk.domains.publishRecord('TXT', `${label}.${exact}`, narrow.json.dcv_random_value);
    }
    assert.equal((await client.put(`${narrow.path}/check-dcv`)).json.order_status, 'issued');
    const file = await pendingOrder(client, 'http-token', [newDomain(), `a.${newDomain()}`]);
    const names = (await client.get(`${file.path}/validation`)).json.dns_name_validations;
    assert.ok(names.every((one: Json) => one.approval_scope === 'exact' && one.dns_names.length === 1));
    await setSettings(client, { domainScope: 'name' });
    const other = await pendingOrder(client, 'dns-txt-token', [`shop.${newDomain()}`]);
    assert.equal((await client.get(`${other.path}/validation`)).json.order_name_scope, 'fqdn', 'as the account has it');
  });

  test("a kept domain's own value counts for an order beside the order's", async () => {
    const client = await openClient(await open());
    const domain = newDomain();
    const kept = (await client.post('/domain', { name: domain, dcv_method: 'dns-txt-token' })).json;
    const { path } = await pendingOrder(client, 'dns-txt-token', [`www.${domain}`]);
    assert.equal((await client.get(`${path}/validation`)).json.dns_name_validations[0].domain_id, String(kept.id));
    client.desk.domains.publishRecord('TXT', domain, kept.dcv_token.token);
    assert.equal((await client.put(`${path}/check-dcv`)).json.order_status, 'issued');
  });

  test('the state of an order: texts for ids, the organization by level, nothing of it for DV', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { orderId } = await issued(client, domain, organization.id);
    const { json } = await client.get(`/order/certificate/${orderId}/validation?include_risk_check=true`);
    assert.deepEqual(
      [json.order_id, json.order_status, json.organization_id, json.organization_name],
      [String(orderId), 'issued', String(organization.id), 'Acme Widgets'],
    );
    assert.deepEqual(
      json.organization_validations.map((one: Json) => [
        one.type,
        one.status,
        one.verification_details.address_verification,
      ]),
      [['ov', 'active', 'approved']],
    );
    assert.equal(json.dns_name_validations[0].status, 'approved');
    const waiting = await vettedOrganization(client, { state: 'waiting', level: null, validatedAt: null, name: 'New' });
    const ev = await client.post('/order/certificate/ssl_ev_securesite_pro', {
      ...orderFor(domain, waiting.id),
      organization: {
        id: waiting.id,
        contacts: [
          {
            contact_type: 'ev_approver',
            first_name: 'Eve',
            last_name: 'V',
            job_title: 'Boss',
            telephone: '1',
            email: 'eve@example.com',
          },
        ],
      },
    });
    assert.equal(ev.status, 201, ev.text);
    const state = (await client.get(`/order/certificate/${ev.json.id}/validation`)).json;
    assert.deepEqual(
      state.organization_validations.map((one: Json) => [one.type, one.status]),
      [
        ['ov', 'pending'],
        ['ev', 'pending'],
      ],
    );
    assert.equal(state.organization_validations[1].verified_contacts[0].email, 'eve@example.com');
    const dv = await client.post('/order/certificate/ssl_dv_geotrust_flex', {
      certificate: { common_name: newDomain(), csr: someCsr() },
      order_validity: { years: 1 },
      dcv_method: 'dns-txt-token',
    });
    assert.equal(dv.status, 201, dv.text);
    assert.ok(dv.json.dcv_random_value);
    const plain = (await client.get(`/order/certificate/${dv.json.id}/validation`)).json;
    assert.equal('organization_validations' in plain || 'organization_id' in plain, false);
  });

  test('mails are sent again, to constructed addresses alone', async () => {
    const client = await openClient(await open());
    const domain = newDomain();
    const { path } = await pendingOrder(client, 'email', [`www.${domain}`]);
    const addresses = async () => {
      const jobs = await client.desk.store.find('jobs', { kind: 'send-confirmation' });
      return jobs.map((job) => String(job.payload['address'])).toSorted();
    };
    assert.equal((await addresses()).length, 5);
    assert.ok((await addresses()).every((address) => address.endsWith(`@${domain}`)));
    assert.equal((await client.put(`${path}/resend-emails`, { locale: 'de' })).status, 204);
    const entry = { domain: `www.${domain}`, email: `admin@${domain}` };
    for (const bad of [
      { ...entry, email: 'mallory@evil.test' },
      { ...entry, email: 'admin@evil.test' },
      { ...entry, email_domain: 'evil.test' },
      { ...entry, domain: 'other.test' },
      { ...entry, email: 'nobody' },
    ]) {
      const reply = await client.put(`${path}/resend-emails`, { domain_approval_emails: [bad] });
      assert.equal(reply.status, 400, JSON.stringify(bad));
    }
    assert.ok(
      (await addresses()).every((address) => address.endsWith(`@${domain}`)),
      'nobody else was asked',
    );
    const done = await client.put(`${path}/resend-emails`, { domain_approval_emails: [entry] });
    assert.equal(done.status, 204, done.text);
    const open_ = (await client.desk.store.find('validations', {})).filter(({ state }) => state === 'waiting');
    assert.deepEqual(
      open_.map((one) => one.challenges),
      [[{ method: 'email', address: `admin@${domain}` }]],
    );
    const own = { domain: `www.${domain}`, email_domain: `www.${domain}` };
    assert.equal((await client.put(`${path}/resend-emails`, { domain_approval_emails: [own] })).status, 204);
    assert.ok((await addresses()).includes(`postmaster@www.${domain}`));
    assert.equal((await client.put(`${path}/order-approval/resend-emails`, { emails: ['x@evil.test'] })).status, 400);
  });

  test('an order that waits for approval, and orders of others, are not validated', async () => {
    const client = await openClient(await open());
    await setSettings(client, { approval: 'required' });
    const { path } = await pendingOrder(client, 'dns-txt-token', [newDomain()]);
    assert.equal((await client.put(`${path}/check-dcv`)).status, 400);
    assert.equal(codeOf(await client.put(`${path}/dcv-method`, { dcv_method: 'email' })), 'invalid_status');
    assert.equal((await client.get(`${path}/validation`)).json.order_status, 'needs_approval');
    const other = client.as((await client.desk.addKey('other', 'admin')).secret);
    const calls = [
      ['get', 'validation'],
      ['put', 'check-dcv'],
      ['put', 'dcv-method'],
      ['put', 'dcv-random-value'],
      ['put', 'resend-emails'],
      ['put', 'order-approval/resend-emails'],
    ] as const;
    for (const [method, end] of calls) {
      const stranger = await other[method](`${path}/${end}`, { dcv_method: 'email' } as never);
      assert.equal(codeOf(stranger), 'not_found|order', end);
      const unknown = await other[method](`/order/certificate/987654321/${end}`, { dcv_method: 'email' } as never);
      assert.equal(stranger.text, unknown.text);
    }
  });
});
