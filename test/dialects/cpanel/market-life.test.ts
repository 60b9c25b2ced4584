import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { DAY, HOUR } from '../../../src/core/time.ts';
import { forEachStore } from '../../support/stores.ts';
import { addOperator, queryOf } from './client.ts';
import { certificate, DONE, IDENTITY, moneyOf, openBuyer, order, pay } from './market-world.ts';

const CALL = { provider: 'Chancery' };

forEachStore((open) => {
  test('a button pressed twice pays once', async () => {
    const buyer = await openBuyer(await open());
    const before = await moneyOf(buyer);
    const { checkout_url: url } = await order(buyer);
    const page = await buyer.browser.get(url);
    const pressed = await Promise.all(Array.from({ length: 4 }, () => buyer.browser.send(page, { action: 'pay' })));
    for (const { left } of pressed) assert.equal(left, `${DONE}?order_status=success`);
    assert.deepEqual(await moneyOf(buyer), { balance: before.balance - 900, reserved: 0 });
    assert.equal((await buyer.client.desk.store.find('orders', {})).length, 1);
  });

  test('EV names the organization, and waits for everybody who must say yes', async () => {
    const buyer = await openBuyer(await open());
    const { client } = buyer;
    const identity = {
      ...IDENTITY,
      business_category: 'b',
      joi_country_name: 'us',
      joi_state_or_province_name: 'Delaware',
      date_of_incorporation: '1996-01-31',
    };
    const sent = certificate({ product_id: 209, price: 108, identity_verification: identity });
    const placed = await order(buyer, [sent]);
    await pay(buyer, placed.checkout_url);
    const args = { ...CALL, order_item_id: placed.certificates[0].order_item_id };
    const { status_details } = await client.data('Market::get_certificate_status_details', args);
    assert.equal(status_details.evClickThroughStatus, 'not-completed');
    const { store, office, clock } = client.desk;
    const mails = await store.find('jobs', { kind: 'send-confirmation' });
    assert.deepEqual(
      mails.map(({ payload }) => payload['address']),
      ['username@example.com'],
    );
    const [organization] = await store.find('organizations', {});
    const [request] = await store.find('requests', {});
    await office.vetOrganization(organization?.id as number, { level: 'EV', evidence: 'register', by: 'olga' });
    await office.confirmVetting(organization?.id as number, 'oscar');
    for (const check of ['callback', 'agreement'] as const) {
      await office.passCheck(request?.id as number, check, 'olga', 'seen');
    }
    clock.forward(HOUR);
    await client.desk.runJobs();
    const { certificate_pem } = await client.data('Market::get_ssl_certificate_if_available', args);
    const { subject } = new X509Certificate(certificate_pem);
    for (const line of [
      'O=Company\\, Inc.',
      'businessCategory=Private Organization',
      'serialNumber=1996-01-31',
      'jurisdictionC=US',
    ]) {
      assert.ok(subject.includes(line), `${line} in ${subject}`);
    }
    assert.doesNotMatch(subject, /Team Company/);
  });

  test('through its year the certificate is replaced by itself, on its website', async () => {
    const buyer = await openBuyer(await open());
    const { client } = buyer;
    const { store, office, clock } = client.desk;
    const placed = await order(buyer, [certificate({ vhost_names: ['*'] })]);
    await pay(buyer, placed.checkout_url);
    const paid = await moneyOf(buyer);
    const [first] = await store.find('certificates', {});
    const end = first?.notAfter as number;
    assert.ok(end - clock.now() < 366 * DAY);
    clock.set(end - 20 * DAY);
    assert.equal(await office.runAutoOrders(), 1);
    await client.desk.runJobs();
    const [, second] = await store.find('certificates', {});
    assert.ok((second?.notAfter as number) > end);
    const [website] = await store.find('websites', {});
    assert.equal(website?.certificateId, second?.id);
    assert.deepEqual(await moneyOf(buyer), paid, 'it is paid for');
  });

  test('the operator orders for an account, but whoever pays must sign in to it', async () => {
    const buyer = await openBuyer(await open());
    const { client, access_token } = buyer;
    const headers = { authorization: `whm root:${await addOperator(client)}` };
    const query = queryOf({
      'api.version': 1,
      'cpanel.user': client.user,
      'cpanel.module': 'Market',
      'cpanel.function': 'request_ssl_certificates',
      provider: 'Chancery',
      access_token,
      certificate: certificate(),
    });
    const { json } = await client.raw({ url: `/json-api/uapi_cpanel?${query}`, headers });
    assert.equal(json.data.uapi.status, 1, JSON.stringify(json));
    const checkout = await client.desk.store.get('checkouts', json.data.uapi.data.order_id);
    assert.deepEqual([checkout?.accountId, checkout?.userName], [client.desk.actor.accountId, 'operator:ada']);
  });

  test('multipart carries the same arguments', async () => {
    const buyer = await openBuyer(await open());
    const { client, access_token } = buyer;
    const form = new FormData();
    form.append('provider', 'Chancery');
    form.append('access_token', access_token);
    form.append('certificate', new Blob([certificate()], { type: 'application/json' }), 'certificate.json');
    form.append('certificate', certificate());
    const sent = new Response(form);
    const headers = { 'content-type': sent.headers.get('content-type') as string };
    const payload = Buffer.from(await sent.arrayBuffer());
    const url = '/execute/Market/request_ssl_certificates';
    const reply = await client.raw({ method: 'POST', url, headers, payload });
    assert.equal(reply.json.data?.certificates.length, 2, reply.text);
    const broken = await client.raw({ method: 'POST', url, headers, payload: 'nothing of the kind' });
    assert.equal(broken.status, 400);
  });

  test('bodies that are no arguments are refused, and nothing breaks', async () => {
    const { client } = await openBuyer(await open());
    const url = '/execute/Market/get_pending_ssl_certificates';
    const json = { 'content-type': 'application/json' };
    const bodies: [payload: string, headers: Record<string, string>, status: number][] = [
      ['[', json, 400],
      ['[]', json, 400],
      ['"x"', json, 400],
      ['['.repeat(100_000), json, 400],
      [`{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, json, 200],
      ['{"__proto__":{"provider":"Chancery"}}', json, 200],
      ['{"provider":"a\\u0000b"}', json, 400],
      ['{"provider":"\\ud800"}', json, 400],
      ['a&'.repeat(5_000), { 'content-type': 'application/x-www-form-urlencoded' }, 400],
      ['%zz=%ff&provider=%', { 'content-type': 'application/x-www-form-urlencoded' }, 200],
      ['x'.repeat(2_000_000), json, 413],
    ];
    for (const [payload, headers, status] of bodies) {
      const reply = await client.raw({ method: 'POST', url, headers, payload });
      assert.equal(reply.status, status, `${payload.slice(0, 40)} ${reply.text.slice(0, 200)}`);
      assert.equal(reply.json.status, 0);
    }
  });
});
