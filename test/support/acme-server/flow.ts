import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { openssl } from '../openssl.ts';
import { createMiniClient, type MiniClient } from './mini-client.ts';
import { type AcmeServer, type AcmeServerOptions, startAcmeServer } from './server.ts';

export async function start(t: TestContext, options: AcmeServerOptions = {}) {
  const ca = await startAcmeServer(options);
  t.after(() => ca.close());
  const client = createMiniClient(ca.origin);
  return { ca, client, at: (path: string) => ca.origin + path };
}

export async function register(ca: AcmeServer, client: MiniClient): Promise<void> {
  const reply = await client.post(`${ca.origin}/new-account`, { termsOfServiceAgreed: true });
  assert.equal(reply.status, 201, reply.text);
  client.accountUrl = reply.headers.get('location');
}

export const dns = (...names: string[]) => names.map((value) => ({ type: 'dns', value }));

export function csrFor(names: readonly string[]): string {
  const sans = names.map((name) => `${/^[\d.]+$|:/.test(name) ? 'IP' : 'DNS'}:${name}`).join(',');
  const args = 'req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /'.split(' ');
  const pem = openssl([...args, '-addext', `subjectAltName=${sans}`]);
  return Buffer.from((/-----BEGIN[^-]+-----([^-]+)/.exec(pem)?.[1] ?? '').replaceAll(/\s/g, ''), 'base64').toString(
    'base64url',
  );
}

/** Goes through an order to its certificate; fails where a step is not as expected. */
export async function obtain(
  client: MiniClient,
  origin: string,
  identifiers: { type: string; value: string }[],
  more = {},
) {
  const order = await client.post(`${origin}/new-order`, { identifiers, ...more });
  assert.equal(order.status, 201, order.text);
  const orderUrl = order.headers.get('location') as string;
  for (const url of order.body.authorizations) {
    const authorization = await client.post(url, null);
    if (authorization.body.status === 'pending') await client.post(authorization.body.challenges[0].url, {});
    assert.equal((await client.post(url, null)).body.status, 'valid');
  }
  const finalized = await client.post(order.body.finalize, { csr: csrFor(identifiers.map(({ value }) => value)) });
  assert.equal(finalized.status, 200, finalized.text);
  const done = await client.post(orderUrl, null);
  assert.equal(done.body.status, 'valid');
  const chain = await client.post(done.body.certificate, null);
  return { orderUrl, done, chain };
}
