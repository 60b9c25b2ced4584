import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY } from '../../../src/core/time.ts';
import { forEachStore } from '../../support/stores.ts';
import { type Client, codeOf, type Json, newDomain, openClient, orderFor, PRO, vettedOrganization } from './client.ts';

const METHODS = ['email', 'dns-txt-token', 'dns-cname-token', 'http-token', 'http-token-dynamic'];

/** Publishes what `dcv_token` asks for. */
function publish({ desk }: Client, domain: string, method: string, token: Json): void {
  if (method === 'dns-txt-token') desk.domains.publishRecord('TXT', domain, token.token);
  if (method === 'dns-cname-token') {
    desk.domains.publishRecord('CNAME', `${token.token}.${domain}`, token.verification_value);
  }
  if (method.startsWith('http')) desk.domains.publishFile(token.http_token_url, token.token);
}

forEachStore((open) => {
  test('a domain is kept, proved in each of the ways, and good for orders at once', async () => {
    const client = await openClient(await open());
    const organization = await vettedOrganization(client);
    const listed = await client.get('/domain/dcv/method');
    assert.deepEqual(
      listed.json.methods.map((one: { name: string }) => one.name),
      METHODS,
    );
    for (const method of METHODS.slice(1)) {
      const domain = newDomain();
      // Known clients send the id of the organization as text.
      const made = await client.post('/domain', {
        name: domain.toUpperCase(),
        organization: { id: String(organization.id) },
        validations: [{ type: 'ov' }],
        dcv_method: method,
      });
      assert.equal(made.status, 201, made.text);
      const { id, dcv_token: token } = made.json;
      assert.match(token.token, /^_[a-z0-9]{31}$/);
      assert.equal(token.status, 'pending');
      assert.equal(token.expiration_date, '2026-12-22T12:00:00+00:00');
      assert.equal('verification_value' in token, method === 'dns-cname-token');
      assert.equal('http_token_url' in token, method.startsWith('http'));
      const early = await client.put(`/domain/${id}/dcv/validate-token`, { token: token.token });
      assert.equal(early.status, 400, early.text);
      const codes: Record<string, string> = {
        'dns-txt-token': 'invalid_dns_txt',
        'dns-cname-token': 'invalid_dns_cname',
        'http-token': 'file_random_value_not_found',
        'http-token-dynamic': 'file_random_value_not_found',
      };
      assert.equal(codeOf(early), codes[method]);
      const before = await client.get(`/domain/${id}?include_dcv=True&include_validation=true`);
      assert.deepEqual([before.json.status, before.json.is_pending_validation], ['pending', true]);
      assert.deepEqual(before.json.dcv_token, token);
      publish(client, domain, method, token);
      const proved = await client.put(`/domain/${id}/dcv/validate-token`);
      assert.deepEqual(proved.json, { token: token.token, status: 'active' });
      const after = await client.get(`/domain/${id}?include_dcv=true&include_validation=1`);
      assert.equal(after.json.status, 'active');
      assert.equal(after.json.organization.is_active, '1', 'a text here, as nowhere else');
      assert.equal(after.json.dcv_approval_datetime, '2026-11-22T12:00:00+00:00');
      assert.equal(after.json.dcv_expiration_datetime, '2027-03-15T00:00:00+00:00');
      assert.equal(after.json.validations[0].dcv_status, 'complete');
      assert.deepEqual(after.json.dcv_expiration, {
        ov: after.json.dcv_expiration_datetime,
        ev: after.json.dcv_expiration_datetime,
      });
      const order = await client.post(PRO, orderFor(domain, organization.id));
      assert.equal(order.json.certificate_chain?.length, 3, order.text);
    }
  });

  test('by mail the constructed addresses are asked; others may not approve', async () => {
    const client = await openClient(await open());
    const domain = newDomain();
    const made = await client.post('/domain', { name: domain });
    assert.deepEqual(made.json.validation_emails.base_emails.toSorted(), [
      `admin@${domain}`,
      `administrator@${domain}`,
      `hostmaster@${domain}`,
      `postmaster@${domain}`,
      `webmaster@${domain}`,
    ]);
    const path = `/domain/${made.json.id}/dcv/emails`;
    const jobs = async () => (await client.desk.store.find('jobs', { kind: 'send-confirmation' })).length;
    assert.equal(await jobs(), 5, 'a mail to each');
    assert.equal((await client.get(path)).json.name_scope, domain);
    assert.equal((await client.get(`/domain/${domain}/dcv/emails`)).json.base_emails.length, 5);
    assert.equal((await client.put(path)).status, 204);
    assert.equal((await client.put(path, { email_array: [`admin@${domain}`], locale: 'de' })).status, 204);
    assert.equal((await client.put(path, { email_array: ['mallory@evil.test'] })).status, 400);
    assert.equal((await client.put(path, { name_scope: 'evil.test' })).status, 400);
    assert.equal(codeOf(await client.put(`/domain/${made.json.id}/dcv/validate-token`)), 'invalid_dns_method');
    assert.equal(codeOf(await client.post(`/domain/${made.json.id}/dcv/token`)), 'invalid_dns_method');
    const changed = await client.put(`/domain/${made.json.id}/dcv/method`, { dcv_method: 'dns-cname-token' });
    assert.equal(changed.json.dcv_token.verification_value, 'dcv.digicert.com');
    assert.equal(codeOf(await client.put(path)), 'invalid_dns_method', 'no mail is open any more');
    const back = await client.put(`/domain/${made.json.id}/dcv/method`, { dcv_method: 'email' });
    assert.equal(back.json.validation_emails.name_scope, domain);
  });

  test('a new random value ends the one before; one of 30 days counts no more', async () => {
    const client = await openClient(await open());
    const domain = newDomain();
    const { id, dcv_token: first } = (await client.post('/domain', { name: domain, dcv_method: 'dns-txt-token' })).json;
    const second = await client.post(`/domain/${id}/dcv/token`);
    assert.equal(second.status, 201, second.text);
    assert.notEqual(second.json.token, first.token);
    publish(client, domain, 'dns-txt-token', first);
    const path = `/domain/${id}/dcv/validate-token`;
    assert.equal(codeOf(await client.put(path, { token: first.token })), 'invalid_value:token');
    assert.equal(codeOf(await client.put(path)), 'invalid_dns_txt');
    publish(client, domain, 'dns-txt-token', second.json);
    client.desk.clock.forward(30 * DAY);
    assert.equal(codeOf(await client.put(path)), 'expired_token');
    const third = await client.post(`/domain/${id}/dcv/token`);
    publish(client, domain, 'dns-txt-token', third.json);
    assert.equal((await client.put(path)).json.status, 'active');
    client.desk.clock.forward(201 * DAY);
    const expired = await client.get(`/domain/${id}?include_validation=true&include_dcv=true`);
    assert.equal(expired.json.status, 'expired');
  });

  test('www goes, unless it is kept or a file proves it; wildcards and public suffixes are refused', async () => {
    const client = await openClient(await open());
    const nameOf = async (body: object) => {
      const made = await client.post('/domain', body);
      assert.equal(made.status, 201, made.text);
      return (await client.get(`/domain/${made.json.id}`)).json.name;
    };
    const [one, two, three] = [newDomain(), newDomain(), newDomain()];
    assert.equal(await nameOf({ name: `www.${one}`, dcv_method: 'dns-txt-token' }), one);
    assert.equal(await nameOf({ name: `www.${two}`, dcv_method: 'dns-txt-token', keep_www: 'true' }), `www.${two}`);
    assert.equal(await nameOf({ name: `www.${three}`, dcv_method: 'http-token' }), `www.${three}`);
    assert.equal(codeOf(await client.post('/domain', { name: one })), 'already_exists');
    for (const name of ['*.example.com', 'co.uk', 'a b.com', '10.0.0.1', 'localhost', `${'a'.repeat(64)}.com`]) {
      const reply = await client.post('/domain', { name });
      assert.equal(codeOf(reply), 'invalid_value:name', `${name}: ${reply.text}`);
    }
    assert.equal(codeOf(await client.post('/domain', {})), 'missing_value:name');
    assert.equal(
      codeOf(await client.post('/domain', { name: 'x.com', dcv_method: 'whois' })),
      'invalid_value:dcv_method',
    );
    assert.equal(
      codeOf(await client.post('/domain', { name: 'x.com', organization: { id: 424242 } })),
      'not_found|organization',
    );
  });

  test('domains are listed exactly, filtered and paged; switched off, on and deleted', async () => {
    const client = await openClient(await open());
    const organization = await vettedOrganization(client);
    const ids: number[] = [];
    for (let index = 0; index < 5; index += 1) {
      const body = { name: newDomain(), dcv_method: 'dns-txt-token', ...(index === 0 ? { organization } : {}) };
      ids.push((await client.post('/domain', body)).json.id);
    }
    const idsOf = (reply: Json): number[] => reply.json.domains.map((one: { id: number }) => one.id);
    const page = await client.get('/domain?limit=2&offset=1&sort=-id');
    assert.deepEqual(page.json.page, { total: 5, limit: 2, offset: 1 });
    assert.deepEqual(idsOf(page), ids.toReversed().slice(1, 3));
    assert.deepEqual(idsOf(await client.get(`/domain?filters%5Borganization_id%5D=${organization.id}`)), [ids[0]]);
    const whole = await client.get('/domain?include_dcv=True&include_validation=True');
    assert.equal(whole.json.domains[1].dcv_method, 'dns-txt-token');
    assert.equal('dcv_token' in whole.json.domains[1], false, 'values are shown for one domain at a time');
    assert.equal((await client.put(`/domain/${ids[2]}/deactivate`)).status, 204);
    assert.deepEqual(idsOf(await client.get('/domain?filters[status]=inactive')), [ids[2]]);
    assert.equal((await client.get('/domain?filters[status]=active')).json.page.total, 4);
    assert.equal((await client.get('/domain?filters[is_active]=0')).json.page.total, 1);
    assert.equal((await client.put(`/domain/${ids[2]}/activate`)).status, 204);
    assert.equal((await client.get('/domain?filters[status]=inactive')).json.page.total, 0);
    assert.equal((await client.delete(`/domain/${ids[3]}`)).status, 204);
    assert.equal(codeOf(await client.get(`/domain/${ids[3]}`)), 'not_found|domain');
    assert.deepEqual((await client.get('/domain?offset=9')).json, {
      domains: [],
      page: { total: 4, limit: 1000, offset: 9 },
    });
    assert.equal((await client.get('/domain?filters[secret]=1')).status, 400);
  });

  test('domains of other accounts do not exist, nor does their proof', async () => {
    const client = await openClient(await open());
    const domain = newDomain();
    const { id, dcv_token: token } = (await client.post('/domain', { name: domain, dcv_method: 'dns-txt-token' })).json;
    publish(client, domain, 'dns-txt-token', token);
    const other = client.as((await client.desk.addKey('other', 'admin')).secret);
    const calls = [
      ['get', `/domain/${id}`],
      ['delete', `/domain/${id}`],
      ['put', `/domain/${id}/activate`],
      ['put', `/domain/${id}/deactivate`],
      ['post', `/domain/${id}/validation`],
      ['put', `/domain/${id}/dcv/method`],
      ['post', `/domain/${id}/dcv/token`],
      ['put', `/domain/${id}/dcv/validate-token`],
      ['get', `/domain/${id}/dcv/emails`],
      ['put', `/domain/${id}/dcv/emails`],
    ] as const;
    for (const [method, path] of calls) {
      const stranger = await other[method](path, { dcv_method: 'email' });
      assert.equal(codeOf(stranger), 'not_found|domain', `${method} ${path}`);
      const unknown = await other[method](path.replace(String(id), '987654321'), { dcv_method: 'email' });
      assert.equal(stranger.text, unknown.text);
    }
    assert.equal((await other.get('/domain')).json.page.total, 0);
    assert.equal(codeOf(await other.put(`/domain/${domain}/dcv/validate-token`)), 'not_found|domain');
    assert.equal((await client.put(`/domain/${domain}/dcv/validate-token`)).json.status, 'active', 'by name too');
    const theirs = await other.post('/domain', { name: domain, dcv_method: 'dns-txt-token' });
    assert.equal(theirs.status, 201, 'two accounts may keep one domain');
    assert.notEqual(theirs.json.dcv_token.token, token.token);
    assert.equal(codeOf(await other.put(`/domain/${theirs.json.id}/dcv/validate-token`)), 'invalid_dns_txt');
  });
});
