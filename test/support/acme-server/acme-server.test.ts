import assert from 'node:assert/strict';
import { createHmac, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { openssl } from '../openssl.ts';
import { csrFor, dns, obtain, register, start } from './flow.ts';
import { createMiniClient, type Reply, signJws } from './mini-client.ts';
import type { ProblemType } from './problems.ts';
import { problemType } from './server.ts';

test('signs what was ordered, with chains that openssl follows', async (t) => {
  const { ca, client } = await start(t);
  await register(ca, client);
  const { chain, done } = await obtain(client, ca.origin, dns('a.test', '*.b.test'));
  assert.equal(chain.headers.get('content-type'), 'application/pem-certificate-chain');
  const [leaf = '', issuing = ''] = chain.text.split(/(?<=-----END CERTIFICATE-----\n)/);
  const read = new X509Certificate(leaf);
  assert.equal(read.subjectAltName, 'DNS:*.b.test, DNS:a.test');
  assert.ok(read.verify(new X509Certificate(issuing).publicKey));
  assert.ok(new X509Certificate(issuing).verify(new X509Certificate(ca.roots[0] as string).publicKey));
  assert.match(chain.headers.get('link') ?? '', /rel="alternate"/);
  const other = await client.post(`${done.body.certificate}/1`, null);
  const second = other.text.split(/(?<=-----END CERTIFICATE-----\n)/)[1] ?? '';
  assert.ok(new X509Certificate(second).verify(new X509Certificate(ca.roots[1] as string).publicKey));
  assert.equal(ca.certificatesIssued(['*.b.test', 'a.test']), 1);
  assert.equal(ca.certificatesIssued('a.test'), 0);
  assert.equal(ca.certificatesIssued(), 1);
});

test('signs for addresses', async (t) => {
  const { ca, client } = await start(t);
  await register(ca, client);
  const { chain } = await obtain(client, ca.origin, [{ type: 'ip', value: '192.0.2.7' }]);
  assert.equal(new X509Certificate(chain.text).subjectAltName, 'IP Address:192.0.2.7');
});

test('refuses what breaks RFC 8555 §6', async (t) => {
  const { ca, client, at } = await start(t);
  await register(ca, client);
  const ask = { identifiers: dns('a.test') };
  const cases: [string, () => Promise<Reply>, number, ProblemType][] = [
    ['GET of an order', () => client.get(at('/order/1')), 405, 'malformed'],
    [
      'another content type',
      () => client.post(at('/new-order'), ask, { contentType: 'application/json' }),
      415,
      'malformed',
    ],
    ['no user agent', () => client.post(at('/new-order'), ask, { userAgent: '' }), 400, 'malformed'],
    [
      'url of another resource',
      () => client.post(at('/new-order'), ask, { header: { url: at('/x') } }),
      403,
      'unauthorized',
    ],
    ['no url', () => client.post(at('/new-order'), ask, { without: ['url'] }), 403, 'unauthorized'],
    ['no nonce', () => client.post(at('/new-order'), ask, { without: ['nonce'] }), 400, 'badNonce'],
    ['a nonce of its own', () => client.post(at('/new-order'), ask, { header: { nonce: 'AAAA' } }), 400, 'badNonce'],
    [
      'a nonce that is not base64url',
      () => client.post(at('/new-order'), ask, { header: { nonce: '+/=' } }),
      400,
      'malformed',
    ],
    ['jwk where kid is wanted', () => client.post(at('/new-order'), ask, { useJwk: true }), 400, 'malformed'],
    ['kid and jwk', () => client.post(at('/new-order'), ask, { header: { jwk: client.jwk } }), 400, 'malformed'],
    ['kid for a new account', () => client.post(at('/new-account'), {}), 400, 'malformed'],
    [
      'an unknown kid',
      () => client.post(at('/new-order'), ask, { header: { kid: at('/account/9') } }),
      400,
      'accountDoesNotExist',
    ],
    ['alg none', () => client.post(at('/new-order'), ask, { header: { alg: 'none' } }), 400, 'badSignatureAlgorithm'],
    ['alg of another key', () => client.post(at('/new-order'), ask, { header: { alg: 'RS256' } }), 400, 'malformed'],
    ['crit', () => client.post(at('/new-order'), ask, { header: { crit: ['x'] } }), 400, 'malformed'],
    [
      'a broken signature',
      () => client.post(at('/new-order'), ask, { body: (jws) => ({ ...jws, signature: 'AAAA' }) }),
      400,
      'malformed',
    ],
    [
      'an unprotected header',
      () => client.post(at('/new-order'), ask, { body: (jws) => ({ ...jws, header: {} }) }),
      400,
      'malformed',
    ],
    ['a payload where only looking is', () => client.post(at('/account/1/orders'), {}), 400, 'malformed'],
  ];
  for (const [what, call, status, type] of cases) {
    const reply = await call();
    assert.deepEqual([reply.status, problemType(reply.body)], [status, type], `${what}: ${reply.text}`);
    assert.equal(reply.headers.get('content-type'), 'application/problem+json');
    if (what !== 'GET of an order') assert.ok(reply.headers.get('replay-nonce'), what);
  }
  assert.equal(ca.orders.length, 0);
});

test('takes no nonce twice', async (t) => {
  const { client, at } = await start(t);
  const { headers } = await client.get(at('/new-nonce'), 'HEAD');
  const nonce = headers.get('replay-nonce');
  assert.equal((await client.post(at('/new-account'), {}, { header: { nonce } })).status, 201);
  assert.equal(problemType((await client.post(at('/new-account'), {}, { header: { nonce } })).body), 'badNonce');
});

test('knows accounts by their key, changes the key, ends the account', async (t) => {
  const { ca, client, at } = await start(t, { meta: { termsOfService: 'http://ca.test/terms' } });
  const none = await client.post(at('/new-account'), { onlyReturnExisting: true });
  assert.equal(problemType(none.body), 'accountDoesNotExist');
  assert.equal(problemType((await client.post(at('/new-account'), {})).body), 'userActionRequired');
  await register(ca, client);
  const again = await client.post(at('/new-account'), { onlyReturnExisting: true }, { useJwk: true });
  assert.deepEqual([again.status, again.headers.get('location')], [200, client.accountUrl]);

  const next = createMiniClient(ca.origin);
  const url = at('/key-change');
  const change = { account: client.accountUrl, oldKey: client.jwk };
  const inner = signJws({ alg: 'ES256', jwk: next.jwk, url }, change, next.key);
  assert.equal((await client.post(url, inner)).status, 200);
  assert.notEqual((await client.post(`${client.accountUrl}`, null)).status, 200);
  next.accountUrl = client.accountUrl;
  assert.equal((await next.post(`${client.accountUrl}`, null)).status, 200);
  await next.post(`${next.accountUrl}`, { status: 'deactivated' });
  assert.equal(problemType((await next.post(at('/new-order'), { identifiers: dns('a.test') })).body), 'unauthorized');
});

test('wants a binding with the right key', async (t) => {
  const mac = Buffer.alloc(32, 7).toString('base64url');
  const { client, at } = await start(t, { meta: { externalAccountRequired: true }, bindingKeys: { one: mac } });
  assert.equal(problemType((await client.post(at('/new-account'), {})).body), 'externalAccountRequired');
  const bind = (key: string, kid: string) => {
    const head = Buffer.from(JSON.stringify({ alg: 'HS256', kid, url: at('/new-account') })).toString('base64url');
    const payload = Buffer.from(JSON.stringify(client.jwk)).toString('base64url');
    const made = createHmac('sha256', Buffer.from(key, 'base64url')).update(`${head}.${payload}`).digest('base64url');
    return { externalAccountBinding: { protected: head, payload, signature: made } };
  };
  assert.equal(problemType((await client.post(at('/new-account'), bind('AAAA', 'one'))).body), 'unauthorized');
  assert.equal(problemType((await client.post(at('/new-account'), bind(mac, 'two'))).body), 'unauthorized');
  assert.equal((await client.post(at('/new-account'), bind(mac, 'one'))).status, 201);
});

test('shows nobody what is of another account', async (t) => {
  const { ca, client, at } = await start(t);
  await register(ca, client);
  await obtain(client, ca.origin, dns('a.test'));
  const other = createMiniClient(ca.origin);
  await register(ca, other);
  for (const path of ['/order/1', '/authorization/1', '/challenge/1/http-01', '/certificate/1', '/account/1']) {
    assert.equal(problemType((await other.post(at(path), null)).body), 'unauthorized', path);
  }
});

test('says no in an order with a problem for each name', async (t) => {
  const { ca, client, at } = await start(t);
  await register(ca, client);
  ca.script.rejectName = ({ value }) =>
    value.startsWith('bad') ? { type: 'rejectedIdentifier', detail: `not ${value}` } : null;
  const one = await client.post(at('/new-order'), { identifiers: dns('a.test', 'bad.test') });
  assert.equal(problemType(one.body), 'rejectedIdentifier');
  const two = await client.post(at('/new-order'), { identifiers: dns('bad.test', 'bad2.test') });
  assert.deepEqual([problemType(two.body), two.body.subproblems.length], ['compound', 2]);
  const profile = await client.post(at('/new-order'), { identifiers: dns('a.test'), profile: 'x' });
  assert.equal(problemType(profile.body), 'invalidProfile');
});

test('ends an order whose challenge fails, and refuses to finalize it', async (t) => {
  const { ca, client, at } = await start(t);
  await register(ca, client);
  ca.script.verdict = () => ({ type: 'dns', detail: 'no such name' });
  const order = await client.post(at('/new-order'), { identifiers: dns('a.test') });
  const early = await client.post(order.body.finalize, { csr: csrFor(['a.test']) });
  assert.equal(problemType(early.body), 'orderNotReady');
  const authorization = await client.post(order.body.authorizations[0], null);
  await client.post(authorization.body.challenges[0].url, {});
  const failed = await client.post(order.body.authorizations[0], null);
  assert.equal(failed.body.status, 'invalid');
  assert.equal(problemType(failed.body.challenges[0].error), 'dns');
  assert.equal((await client.post(at('/order/1'), null)).body.status, 'invalid');
  assert.equal(ca.certificatesIssued(), 0);
});

test('tells when to renew, takes a replacement once, revokes once', async (t) => {
  const { ca, client, at } = await start(t);
  await register(ca, client);
  await obtain(client, ca.origin, dns('a.test'));
  const { serial, der } = ca.certificates[0] as { serial: string; der: Uint8Array };
  const keyId = /keyid:([0-9A-F:]+)|^\s+([0-9A-F]{2}(?::[0-9A-F]{2})+)$/m.exec(
    openssl(['x509', '-inform', 'DER', '-noout', '-ext', 'authorityKeyIdentifier'], der),
  )?.[0] as string;
  const id = `${Buffer.from(keyId.replaceAll(/[^0-9A-F]/g, ''), 'hex').toString('base64url')}.${Buffer.from(serial, 'hex').toString('base64url')}`;
  const info = await client.get(at(`/renewal-info/${id}`));
  assert.equal(info.status, 200, info.text);
  assert.ok(Date.parse(info.body.suggestedWindow.start) < Date.parse(info.body.suggestedWindow.end));
  assert.equal(info.headers.get('retry-after'), '21600');
  assert.equal((await client.get(at('/renewal-info/AAAA.AAAA'))).status, 404);
  await obtain(client, ca.origin, dns('a.test'), { replaces: id });
  const twice = await client.post(at('/new-order'), { identifiers: dns('a.test'), replaces: id });
  assert.deepEqual([twice.status, problemType(twice.body)], [409, 'alreadyReplaced']);

  const certificate = Buffer.from(der).toString('base64url');
  const other = createMiniClient(ca.origin);
  await register(ca, other);
  assert.equal(problemType((await other.post(at('/revoke-cert'), { certificate })).body), 'unauthorized');
  assert.equal(
    problemType((await client.post(at('/revoke-cert'), { certificate, reason: 8 })).body),
    'badRevocationReason',
  );
  assert.equal((await client.post(at('/revoke-cert'), { certificate, reason: 4 })).status, 200);
  assert.equal(problemType((await client.post(at('/revoke-cert'), { certificate })).body), 'alreadyRevoked');
});

test('refuses a CSR that is not for the order', async (t) => {
  const { ca, client, at } = await start(t);
  await register(ca, client);
  const order = await client.post(at('/new-order'), { identifiers: dns('a.test') });
  const { body } = await client.post(order.body.authorizations[0], null);
  await client.post(body.challenges[0].url, {});
  for (const csr of [csrFor(['b.test']), csrFor(['a.test', 'b.test']), 'AAAA']) {
    assert.equal(problemType((await client.post(order.body.finalize, { csr })).body), 'badCSR');
  }
});
