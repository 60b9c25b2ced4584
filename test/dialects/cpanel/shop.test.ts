import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { HOUR, MINUTE } from '../../../src/core/time.ts';
import { SHOP } from '../../support/desk.ts';
import { forEachStore } from '../../support/stores.ts';
import { addPassword, type Client } from './client.ts';
import { BACK, certificate, DONE, moneyOf, openBrowser, openBuyer, order, pay, type Page } from './market-world.ts';
import { addWebsite, openShop } from './ssl-world.ts';

const CALL = { provider: 'Chancery' };

async function loginUrl(client: Client, url_after_login = BACK): Promise<string> {
  return client.data('Market::get_login_url', { ...CALL, url_after_login });
}

async function codeFor(client: Client, password: string): Promise<string> {
  const browser = openBrowser(client.desk);
  const page = await browser.get(await loginUrl(client));
  const consent = await browser.send(page, { user: client.user, pass: password, action: 'sign-in' });
  const { left } = await browser.send(consent, { action: 'allow' });
  return new URL(left as string).searchParams.get('code') as string;
}

/** What every page must have for people who read it by other means, and against other sites. */
function holdAgainstPageRules({ html, headers }: Page): void {
  assert.match(html, /^<!doctype html>\n<html lang="en">/);
  assert.equal(html.match(/<h1>/g)?.length, 1);
  assert.equal(html.match(/<main>/g)?.length, 1);
  assert.match(html, /<title>[^<]+<\/title>/);
  assert.doesNotMatch(html, /<script|\son[a-z]+=|javascript:|<iframe|style="/i);
  for (const [, id] of html.matchAll(/<input id="([^"]+)"/g))
    assert.match(html, new RegExp(`<label for="${String(id)}">`));
  for (const [, id] of html.matchAll(/aria-describedby="([^"]+)"/g)) assert.ok(html.includes(`id="${id}"`));
  for (const [, id] of html.matchAll(/href="#([^"]+)"/g)) assert.ok(html.includes(`id="${id}"`));
  for (const [table] of html.matchAll(/<table>.*?<\/table>/gs)) assert.match(table, /<caption>.*<th scope="col">/s);
  const policy = String(headers['content-security-policy']);
  assert.match(
    policy,
    /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'[^;]*; base-uri 'none'; frame-ancestors 'none'$/,
  );
  assert.equal(headers['x-frame-options'], 'DENY');
  assert.equal(headers['referrer-policy'], 'no-referrer');
  assert.equal(headers['cache-control'], 'no-store');
}

forEachStore((open) => {
  test('signing in: a page for the password, one for consent, and back with a code', async () => {
    const client = await openShop(await open());
    const password = await addPassword(client);
    const browser = openBrowser(client.desk);
    const page = await browser.get(await loginUrl(client));
    holdAgainstPageRules(page);
    assert.match(page.html, /<label for="user">User name<\/label>/);
    const wrong = await browser.send(page, { user: client.user, pass: 'wrong', action: 'sign-in' });
    assert.equal(wrong.status, 401);
    holdAgainstPageRules(wrong);
    assert.match(wrong.html, /<title>Error: Sign in to Chancery<\/title>/);
    assert.match(wrong.html, /<div class="errors" role="alert" tabindex="-1" autofocus/);
    assert.match(wrong.html, /<a href="#user">The user name or the password is wrong\.<\/a>/);
    assert.doesNotMatch(wrong.html, /value="wrong"/);
    const consent = await browser.send(wrong, { user: client.user, pass: password, action: 'sign-in' });
    holdAgainstPageRules(consent);
    assert.match(consent.html, /panel\.test wants to order from Chancery for the account acme/);
    assert.match(String(consent.headers['content-security-policy']), /form-action 'self' https:\/\/panel\.test;/);
    const declined = await browser.send(consent, { action: 'decline' });
    assert.equal(declined.left, 'https://panel.test/back?from=shop&error=access_denied');
    const allowed = await browser.send(consent, { action: 'allow' });
    assert.match(allowed.left as string, /^https:\/\/panel\.test\/back\?from=shop&code=[\w-]{43}$/);
  });

  test('a code is exchanged once, by its account, for its address, within five minutes', async () => {
    const client = await openShop(await open());
    const password = await addPassword(client);
    const exchange = (code: string, address = BACK, by = client) =>
      by.call('Market::validate_login_token', { ...CALL, login_token: code, url_after_login: address });
    const invalid = 'The login token is not valid.';
    const code = await codeFor(client, password);
    const { actor, secret } = await client.desk.addKey('eve', 'admin');
    assert.deepEqual((await exchange(code, BACK, client.as(actor.handle, secret))).errors, [invalid]);
    assert.deepEqual((await exchange(code, 'https://panel.test/other')).errors, [invalid]);
    const both = await Promise.all([exchange(code), exchange(code)]);
    assert.deepEqual(
      both.map(({ status }) => status).toSorted((a, b) => a - b),
      [0, 1],
      'at once: one of them',
    );
    assert.deepEqual((await exchange(code)).errors, [invalid], 'a replay');
    assert.deepEqual((await exchange('x')).errors, [invalid]);
    const late = await codeFor(client, password);
    client.desk.clock.forward(5 * MINUTE);
    assert.deepEqual((await exchange(late)).errors, [invalid]);
    const { access_token } = both.find(({ status }) => status === 1).data;
    assert.match(access_token, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const grants = JSON.stringify(await client.desk.store.find('grants', {}));
    for (const kept of [code, late, access_token]) assert.ok(!grants.includes(kept), 'only hashes are kept');
    const args = { ...CALL, access_token, certificate: certificate() };
    assert.equal((await client.call('Market::request_ssl_certificates', args)).status, 1);
    assert.equal((await client.as(actor.handle, secret).call('Market::request_ssl_certificates', args)).status, 0);
    client.desk.clock.forward(12 * HOUR);
    assert.match(
      (await client.errors('Market::request_ssl_certificates', args))[0] as string,
      /access token is not valid/,
    );
  });

  test('a slash twice in the address leads to no other host', async () => {
    const client = await openShop(await open());
    const password = await addPassword(client);
    const browser = openBrowser(client.desk);
    const page = await browser.get(await loginUrl(client));
    const url = `http://desk.test/${new URL(page.url, 'http://desk.test').href.slice('http://desk.test'.length)}`;
    const [, token] = /name="form_token" value="([^"]+)"/.exec(page.html) as unknown as [string, string];
    const reply = await client.desk.app.inject({
      method: 'POST',
      url,
      headers: {
        host: 'desk.test',
        cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'content-type': 'application/x-www-form-urlencoded',
      },
      payload: new URLSearchParams({ form_token: token, user: client.user, pass: password }).toString(),
    });
    assert.equal(reply.statusCode, 303, reply.body);
    assert.match(String(reply.headers.location), /^\/market\/login\?/);
  });

  test('the login page leads nowhere but where a client of the account asked for', async () => {
    const client = await openShop(await open());
    const password = await addPassword(client);
    const browser = openBrowser(client.desk);
    const url = new URL(await loginUrl(client));
    const changed = (name: string, value: string): string => {
      const copy = new URL(url);
      copy.searchParams.set(name, value);
      return copy.href;
    };
    const forged = [
      changed('redirect_uri', 'https://evil.test/'),
      changed('client_id', 'eve'),
      changed('expires', '9999999999999'),
      changed('signature', 'x'),
      `${url.origin}/market/login`,
      `${url.href}&redirect_uri=https://evil.test/`,
    ];
    for (const link of forged) {
      const page = await browser.get(link);
      assert.equal(page.status, 404, link);
      assert.doesNotMatch(page.html, /type="password"/);
    }
    for (const bad of [
      'javascript:alert(1)',
      'https://a@evil.test/',
      'ftp://a.test/',
      '//evil.test',
      'https://a.test/\nx',
    ]) {
      const errors = await client.errors('Market::get_login_url', { ...CALL, url_after_login: bad });
      assert.match(errors[0] as string, /^The “url_after_login” parameter is not valid/);
    }
    const other = await client.desk.addKey('eve', 'admin');
    const evePassword = await addPassword(client, 'eve');
    const page = await browser.get(url.href);
    const asEve = await browser.send(page, { user: 'eve', pass: evePassword, action: 'sign-in' });
    assert.equal(asEve.status, 401, 'the link is for another account');
    assert.ok(other.secret.length > 0);
    client.desk.clock.forward(HOUR);
    assert.equal((await browser.get(url.href)).status, 404, 'too old');
    assert.ok(password.length > 0);
  });

  test('forms that are not from a page of this browser do nothing', async () => {
    const buyer = await openBuyer(await open());
    const { client, password, browser } = buyer;
    const before = await moneyOf(buyer);
    const { checkout_url: url } = await order(buyer);
    const page = await browser.get(url);
    holdAgainstPageRules(page);
    const stripped = { ...page, html: '' };
    const stale = await browser.send(stripped, { action: 'pay' });
    assert.equal(stale.status, 400);
    assert.match(stale.html, /The page was open for too long/);
    const foreign = await browser.send(page, { action: 'pay' }, { origin: 'https://evil.test' });
    assert.equal(foreign.left, null);
    const crossSite = await browser.send(page, { action: 'pay' }, { 'sec-fetch-site': 'cross-site' });
    assert.equal(crossSite.left, null);
    const attacker = openBrowser(client.desk);
    const signIn = await attacker.get(url);
    const theirs = await attacker.send(signIn, { user: client.user, pass: password, action: 'sign-in' });
    assert.equal(
      (await browser.send({ ...page, html: theirs.html }, { action: 'pay' })).left,
      null,
      'a token of another browser',
    );
    assert.deepEqual(await moneyOf(buyer), before);
    assert.equal((await browser.send(page, { action: 'nothing' })).left, null);
    assert.equal((await browser.send(page, { action: 'pay' })).left, `${DONE}?order_status=success`);
  });

  test('a checkout is seen by who signed in to its account, and by nobody who guesses', async () => {
    const buyer = await openBuyer(await open());
    const { client, password } = buyer;
    const { checkout_url: url } = await order(buyer);
    const stranger = openBrowser(client.desk);
    const asked = await stranger.get(url);
    assert.match(asked.html, /<h1>Sign in to Chancery<\/h1>/);
    assert.doesNotMatch(asked.html, /Balance|shop\.test/);
    const { actor } = await client.desk.addKey('eve', 'admin');
    const evePassword = await addPassword(client, 'eve');
    await stranger.send(asked, { user: actor.handle, pass: evePassword, action: 'sign-in' });
    assert.doesNotMatch((await stranger.get(url)).html, /Balance/);
    assert.equal((await stranger.get(`${url.slice(0, -1)}${url.endsWith('A') ? 'B' : 'A'}`)).status, 404);
    const again = await stranger.send(await stranger.get(url), {
      user: client.user,
      pass: password,
      action: 'sign-in',
    });
    assert.match(again.html, /<dt>Balance<\/dt>/);
    await client.desk.store.transact((unit) =>
      unit.update('accounts', client.desk.actor.accountId, { state: 'locked' }),
    );
    assert.equal((await stranger.get(url)).status, 404);
  });

  test('signing in takes no session that was there before', async () => {
    const buyer = await openBuyer(await open());
    const { client, password } = buyer;
    const { checkout_url: url } = await order(buyer);
    const victim = openBrowser(client.desk);
    victim.cookies.set('cpsession', 'chosen-by-somebody');
    const page = await victim.send(await victim.get(url), { user: client.user, pass: password, action: 'sign-in' });
    assert.match(page.html, /Balance/);
    assert.notEqual(victim.cookies.get('cpsession'), 'chosen-by-somebody');
    const attacker = openBrowser(client.desk);
    attacker.cookies.set('cpsession', 'chosen-by-somebody');
    assert.doesNotMatch((await attacker.get(url)).html, /Balance/);
  });

  test('without enough money the page says what is missing, and offers no button', async () => {
    const buyer = await openBuyer(await open(), { balance: 500 });
    const { checkout_url: url } = await order(buyer);
    const page = await buyer.browser.get(url);
    assert.match(page.html, /<dt>Missing<\/dt><dd>4\.00 EUR<\/dd>/);
    assert.doesNotMatch(page.html, /value="pay"/);
    const forced = await buyer.browser.send(page, { action: 'pay' });
    assert.equal(forced.status, 400);
    holdAgainstPageRules(forced);
    assert.match(forced.html, /The balance does not suffice for this order\./);
    assert.deepEqual(await moneyOf(buyer), { balance: 500, reserved: 0 });
  });

  test('called off, it ends as cancelled; too late, as error', async () => {
    const buyer = await openBuyer(await open());
    const { client, browser } = buyer;
    const { checkout_url: first } = await order(buyer);
    const page = await browser.get(first);
    assert.equal((await browser.send(page, { action: 'cancel' })).left, `${DONE}?order_status=cancelled`);
    assert.equal((await browser.send(page, { action: 'pay' })).left, `${DONE}?order_status=cancelled`, 'it is over');
    assert.match(
      (await browser.get(first)).html,
      /<a href="https:\/\/panel\.test\/done\?order_status=cancelled">Continue<\/a>/,
    );
    const { checkout_url: second, certificates } = await order(buyer);
    client.desk.clock.forward(24 * HOUR);
    const late = await browser.send(await browser.get(second), {
      user: client.user,
      pass: buyer.password,
      action: 'sign-in',
    });
    assert.match(late.html, /<h1>Too late<\/h1>/);
    const args = { ...CALL, order_item_id: certificates[0].order_item_id };
    assert.equal((await client.data('Market::get_ssl_certificate_if_available', args)).status_code, 'OrderCanceled');
  });

  test('without an address to return to the page itself tells the outcome', async () => {
    const buyer = await openBuyer(await open());
    const { client, access_token, browser } = buyer;
    const args = { ...CALL, access_token, certificate: certificate() };
    const { checkout_url: url } = await client.data('Market::request_ssl_certificates', args);
    const page = await browser.send(await browser.get(url), { action: 'pay' });
    assert.match(page.html, /<h1>Paid<\/h1>/);
    holdAgainstPageRules(page);
  });

  test('a website that is gone when it is paid fails the order, and nothing is charged', async () => {
    const buyer = await openBuyer(await open());
    const { client, browser } = buyer;
    const before = await moneyOf(buyer);
    const { website } = await addWebsite(client, 'gone.test', ['gone.test']);
    const names = { subject_names: [['dNSName', 'gone.test']], vhost_names: ['gone.test'] };
    const { checkout_url: url } = await order(buyer, [certificate(), certificate(names)]);
    await client.desk.store.transact((unit) => unit.delete('websites', website.id));
    assert.equal(await pay(buyer, url), `${DONE}?order_status=error`);
    assert.match((await browser.get(url)).html, /<h1>The order failed<\/h1>/);
    assert.deepEqual(await moneyOf(buyer), before);
    assert.deepEqual(await client.desk.store.find('orders', {}), []);
  });

  test('the operator’s payment link is signed, and the operator’s word places the order', async () => {
    const payment = { url: 'https://pay.test/start?shop=7', secret: 'a secret of the operator' };
    const buyer = await openBuyer(await open(), { balance: 0, shop: { ...SHOP, payment } });
    const { client, browser } = buyer;
    const placed = await order(buyer);
    const page = await browser.get(placed.checkout_url);
    const href = /<a href="(https:\/\/pay\.test[^"]+)">Pay 9\.00 EUR in another way<\/a>/.exec(page.html)?.[1];
    const link = new URL((href as string).replaceAll('&amp;', '&'));
    assert.deepEqual(
      ['shop', 'order', 'amount', 'currency', 'return'].map((name) => link.searchParams.get(name)),
      ['7', String(placed.order_id), '9.00', 'EUR', placed.checkout_url],
    );
    const signed = new URLSearchParams(
      ['order', 'amount', 'currency', 'return'].map((name) => [name, link.searchParams.get(name) as string]),
    );
    const expected = createHmac('sha256', payment.secret).update(signed.toString()).digest('hex');
    assert.equal(link.searchParams.get('signature'), expected);
    const { operatorCheckouts } = client.desk.platform;
    await operatorCheckouts.payOutside(placed.order_id, { reference: 'PSP-1', cents: 900, by: 'olga' });
    assert.match((await browser.get(placed.checkout_url)).html, /<h1>Paid<\/h1>/);
    const args = { ...CALL, order_item_id: placed.certificates[0].order_item_id };
    assert.match(
      (await client.data('Market::get_ssl_certificate_if_available', args)).certificate_pem,
      /BEGIN CERTIFICATE/,
    );
    assert.deepEqual(await moneyOf(buyer), { balance: 0, reserved: 0 });
  });

  test('what stands on pages is text, whatever it holds', async () => {
    const evil = '"><script>alert(1)</script>';
    const buyer = await openBuyer(await open(), { shop: { ...SHOP, displayName: evil } });
    const { checkout_url: url } = await order(buyer);
    const page = await buyer.browser.get(url);
    assert.doesNotMatch(page.html, /<script/);
    const stranger = openBrowser(buyer.client.desk);
    const wrong = await stranger.send(await stranger.get(url), { user: evil, pass: 'x', action: 'sign-in' });
    assert.doesNotMatch(wrong.html, /<script/);
    assert.match(wrong.html, /value="&quot;&gt;&lt;script&gt;/);
  });

  test('logins beyond the allowance wait', async () => {
    const client = await openShop(await open());
    const password = await addPassword(client);
    const browser = openBrowser(client.desk);
    const page = await browser.get(await loginUrl(client));
    client.desk.limits.wait = 5;
    const reply = await browser.send(page, { user: client.user, pass: password, action: 'sign-in' });
    assert.equal(reply.status, 429);
    assert.equal(browser.cookies.has('cpsession'), false);
  });
});
