import assert from 'node:assert/strict';
import type { InjectOptions } from 'fastify';
import type { Store } from '../../../src/core/store.ts';
import type { TestDesk, TestDeskOptions } from '../../support/desk.ts';
import { addPassword, type Client, type Json } from './client.ts';
import { openShop } from './ssl-world.ts';

/** What a browser got: its page is read as one reads it, without scripts. */
export interface Page {
  status: number;
  url: string;
  html: string;
  headers: Readonly<Record<string, Json>>;
  /** Where it was led to outside of the desk; null on a page of ours. */
  left: string | null;
}

/** Walks pages of the desk: keeps cookies, follows redirects within the desk, sends forms with their hidden fields. */
export interface Browser {
  cookies: Map<string, string>;
  get(url: string, headers?: Record<string, string>): Promise<Page>;
  /** Sends the form of a page with these fields and this button. */
  send(page: Page, fields: Readonly<Record<string, string>>, headers?: Record<string, string>): Promise<Page>;
}

const HOST = 'http://desk.test';

export function openBrowser({ app }: Pick<TestDesk, 'app'>): Browser {
  const cookies = new Map<string, string>();
  const visit = async (url: string, options: InjectOptions, times = 0): Promise<Page> => {
    assert.ok(times < 5, 'redirects without end');
    const path = url.startsWith(HOST) ? url.slice(HOST.length) : url;
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { host: 'desk.test', ...(cookie === '' ? {} : { cookie }), ...options.headers };
    const response = await app.inject({ ...options, url: path, headers });
    for (const text of [response.headers['set-cookie'] ?? []].flat()) {
      const [pair = ''] = text.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    const { location } = response.headers;
    if (response.statusCode >= 300 && response.statusCode < 400 && location !== undefined) {
      if (!location.startsWith('/')) return pageOf(response.statusCode, path, response, location);
      return visit(location, { method: 'GET', headers: {} }, times + 1);
    }
    return pageOf(response.statusCode, path, response, null);
  };
  return {
    cookies,
    get: (url, headers = {}) => visit(url, { method: 'GET', headers }),
    send: (page, fields, headers = {}) => {
      const payload = new URLSearchParams({ ...hiddenFields(page.html), ...fields }).toString();
      const type = { 'content-type': 'application/x-www-form-urlencoded', origin: HOST, ...headers };
      return visit(page.url, { method: 'POST', headers: type, payload });
    },
  };
}

function pageOf(status: number, url: string, response: { body: string; headers: object }, left: string | null): Page {
  return { status, url, html: response.body, headers: response.headers as Page['headers'], left };
}

function hiddenFields(html: string): Record<string, string> {
  const found = html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g);
  return Object.fromEntries([...found].map(([, name, value]) => [name, value]));
}

export const BACK = 'https://panel.test/back?from=shop';
export const DONE = 'https://panel.test/done';

/** An account with the website `shop.test`, its password, and an access token that was got as people get it. */
export interface Buyer {
  client: Client;
  password: string;
  browser: Browser;
  access_token: string;
}

export async function openBuyer(store: Store, options: TestDeskOptions = {}): Promise<Buyer> {
  const client = await openShop(store, options);
  const password = await addPassword(client);
  const browser = openBrowser(client.desk);
  return { client, password, browser, access_token: await signInToShop(client, password, browser) };
}

/** get_login_url, the page with its two forms, validate_login_token. */
export async function signInToShop(client: Client, password: string, browser: Browser): Promise<string> {
  const url = await client.data('Market::get_login_url', { provider: 'Chancery', url_after_login: BACK });
  let page = await browser.get(url);
  if (page.html.includes('type="password"')) {
    page = await browser.send(page, { user: client.user, pass: password, action: 'sign-in' });
  }
  assert.match(page.html, /Allow orders from panel\.test\?/);
  const left = (await browser.send(page, { action: 'allow' })).left as string;
  const code = new URL(left).searchParams.get('code') as string;
  const exchange = { provider: 'Chancery', login_token: code, url_after_login: BACK };
  return (await client.data('Market::validate_login_token', exchange)).access_token;
}

/** A `certificate` parameter that is right for `shop.test`, with changes; null takes a member out. */
export function certificate(changes: Readonly<Record<string, unknown>> = {}): string {
  const right = {
    product_id: '159',
    price: 9,
    subject_names: [{ type: 'dNSName', name: 'shop.test', dcv_method: 'http' }],
    validity_period: [1, 'year'],
    vhost_names: ['shop.test'],
    ...changes,
  };
  return JSON.stringify(Object.fromEntries(Object.entries(right).filter(([, value]) => value !== null)));
}

/** Who asks for a certificate of an organization: `identity_verification` as it may be sent. */
export const IDENTITY: Readonly<Record<string, unknown>> = {
  countryName: 'US',
  duns_number: '12-345-6789',
  localityName: 'City Name',
  organizationName: 'Company, Inc.',
  organizationalUnitName: 'Team Company,',
  postalCode: 55555,
  rep_email_address: 'username@example.com',
  rep_forename: 'First Name',
  rep_surname: 'Last Name',
  rep_telephone: '123-456-7891',
  stateOrProvinceName: 'ST',
  streetAddress: '555 Street Name',
};

/** Asks for certificates. */
export async function order(
  { client, access_token }: Pick<Buyer, 'client' | 'access_token'>,
  certificates: readonly string[] = [certificate()],
  changes: Readonly<Record<string, string>> = {},
): Promise<Json> {
  const args = { access_token, provider: 'Chancery', certificate: certificates, url_after_checkout: DONE, ...changes };
  return client.data('Market::request_ssl_certificates', args);
}

/** Pays for an order on its page; answers with where the browser is led. */
export async function pay({ browser }: Pick<Buyer, 'browser'>, checkoutUrl: string): Promise<string | null> {
  const page = await browser.get(checkoutUrl);
  assert.equal(page.status, 200, page.html);
  return (await browser.send(page, { action: 'pay' })).left;
}

export async function moneyOf({ client: { desk } }: Pick<Buyer, 'client'>) {
  const account = await desk.store.get('accounts', desk.actor.accountId);
  return { balance: account?.balance as number, reserved: account?.reserved as number };
}
