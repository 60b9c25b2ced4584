import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY } from '../../../src/core/time.ts';
import { forEachStore } from '../../support/stores.ts';
import { codeOf, issued, openReady, setSettings, userWithKey, type Client } from './client.ts';

const ORDER = '/order/certificate';

/** The path of a guest's link, below the base of the API. */
async function linkTo(client: Client, orderId: number, body: object = {}): Promise<string> {
  const reply = await client.post(`${ORDER}/${orderId}/guest-access`, body);
  assert.equal(reply.status, 201, reply.text);
  assert.ok(reply.json.url.startsWith('http://desk.test/services/v2/guest/order/'));
  return reply.json.url.slice('http://desk.test/services/v2'.length);
}

forEachStore((open) => {
  test('a link shows one order without a key, as JSON and as a page, and nothing of people or money', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { orderId, json } = await issued(client, domain, organization.id, {
      enable_guest_access: 1,
      comments: 'secret comment',
      additional_emails: ['secret@acme.test'],
      alternative_order_id: 'secret-1',
    });
    const link = await linkTo(client, orderId);
    const guest = client.as('');
    const shown = await guest.get(link);
    assert.equal(shown.status, 200);
    assert.equal(shown.json.id, orderId);
    assert.deepEqual(shown.json.certificate.certificate_chain, json.certificate_chain);
    assert.deepEqual(Object.keys(shown.json), [
      'id',
      'status',
      'date_created',
      'order_valid_till',
      'product',
      'organization',
      'certificate',
    ]);
    const page = await guest.get(link, { accept: 'text/html,application/xhtml+xml' });
    assert.equal(page.headers['content-type'], 'text/html; charset=utf-8');
    assert.match(page.headers['content-security-policy'], /default-src 'none'/);
    assert.equal(page.headers['referrer-policy'], 'no-referrer');
    assert.ok(page.text.includes(domain));
    for (const { text } of [shown, page]) assert.doesNotMatch(text, /secret/);
    const file = await guest.get(`${link}/download/pem_all`);
    assert.equal(file.text, json.certificate_chain.map(({ pem }: { pem: string }) => pem).join(''));
    assert.equal(codeOf(await guest.get(`${link}/download/exe`)), 'invalid_value:format');
  });

  test('a link ends by its time, by hand, and with the access of guests to order or account', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { orderId } = await issued(client, domain, organization.id, { enable_guest_access: 1 });
    const guest = client.as('');
    const open1 = async (link: string) => (await guest.get(link)).status;
    const short = await linkTo(client, orderId, { expires_in_days: 2 });
    const long = await linkTo(client, orderId);
    client.desk.clock.forward(2 * DAY);
    assert.deepEqual([await open1(short), await open1(long)], [404, 200]);
    await client.put(`${ORDER}/${orderId}/guest-access`, { enable_guest_access: 0 });
    assert.equal(await open1(long), 404);
    await client.put(`${ORDER}/${orderId}/guest-access`, { enable_guest_access: 1 });
    assert.equal(await open1(long), 200);
    await setSettings(client, { guestAccess: false });
    assert.equal(await open1(long), 404);
    assert.match(codeOf(await client.post(`${ORDER}/${orderId}/guest-access`)), /^access_denied/);
    // What else the order carries can still be changed.
    assert.equal((await client.put(`${ORDER}/${orderId}/auto-renew`, { auto_renew: 1 })).status, 204);
    const on = await client.put(`${ORDER}/${orderId}/guest-access`, { enable_guest_access: 1 });
    assert.equal(codeOf(on), 'invalid_value:enable_guest_access');
    await setSettings(client, { guestAccess: true });
    assert.equal((await client.delete(`${ORDER}/${orderId}/guest-access`)).status, 204);
    assert.equal(await open1(long), 404);
    assert.equal(codeOf(await guest.get(long)), 'not_found|order');
    const far = await client.post(`${ORDER}/${orderId}/guest-access`, { expires_in_days: 367 });
    assert.equal(codeOf(far), 'invalid_value:expires_in_days');
  });

  test('links are made only for own orders that guests may see, by keys that may order', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { orderId } = await issued(client, domain, organization.id);
    assert.match(codeOf(await client.post(`${ORDER}/${orderId}/guest-access`)), /^access_denied/);
    await client.put(`${ORDER}/${orderId}/guest-access`, { enable_guest_access: true });
    const stranger = client.as((await client.desk.addKey('globex', 'admin')).secret);
    const { client: viewer } = await userWithKey(client, 'vera', 'admin', 'view');
    for (const [method, body] of [
      ['post', {}],
      ['put', { enable_guest_access: 0 }],
      ['delete', undefined],
    ] as const) {
      assert.equal(codeOf(await stranger[method](`${ORDER}/${orderId}/guest-access`, body)), 'not_found|order');
      const refused = await viewer[method](`${ORDER}/${orderId}/guest-access`, body);
      assert.equal(codeOf(refused), 'access_denied|missing_permission');
    }
    const link = await linkTo(client, orderId);
    assert.equal((await client.as('').get(link)).status, 200);
  });

  test('secrets are not guessed, stored or reflected', async () => {
    const { client, organization, domain } = await openReady(await open());
    const { orderId } = await issued(client, domain, organization.id, { enable_guest_access: 1 });
    const link = await linkTo(client, orderId);
    const secret = link.slice('/guest/order/'.length);
    assert.ok(Buffer.from(secret, 'base64url').length >= 32);
    const [kept] = await client.desk.store.find('guestLinks', { orderId });
    assert.equal(Buffer.from(kept?.secretHash ?? []).includes(Buffer.from(secret, 'base64url')), false);
    const guest = client.as('');
    for (const wrong of [secret.slice(1), `${secret}A`, secret.toUpperCase(), '%00', '<script>', '..%2f..', ' ']) {
      const reply = await guest.get(`/guest/order/${encodeURIComponent(wrong)}`, { accept: 'text/html' });
      assert.equal(reply.status, 404, wrong);
      assert.doesNotMatch(reply.text, /script>/);
    }
    client.desk.limits.wait = 5;
    assert.equal(codeOf(await guest.get(link)), 'request_limit_exceeded');
  });
});
