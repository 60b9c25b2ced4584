import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { csrFor, dns, obtain, register, start } from './flow.ts';
import type { Reply } from './mini-client.ts';
import { PROBLEM_STATUS, type ProblemType } from './problems.ts';
import { problemType } from './server.ts';
import type { Delivery } from './script.ts';

test('keeps a client waiting for as many looks as told, with Retry-After', async (t) => {
  const { ca, client, at } = await start(t);
  Object.assign(ca.script, { pendingLooks: 2, processingLooks: 2, retryAfter: { seconds: 90, as: 'date' } });
  await register(ca, client);
  const order = await client.post(at('/new-order'), { identifiers: dns('a.test') });
  const url = order.body.authorizations[0];
  const { body } = await client.post(url, null);
  await client.post(body.challenges[0].url, {});
  const looks: string[] = [];
  for (let n = 0; n < 3; n += 1) looks.push((await client.post(url, null)).body.status);
  assert.deepEqual(looks, ['pending', 'pending', 'valid']);
  const states = [(await client.post(order.body.finalize, { csr: csrFor(['a.test']) })).body.status];
  let last: Reply | undefined;
  for (let n = 0; n < 3; n += 1) {
    const reply = await client.post(at('/order/1'), null);
    states.push(reply.body.status);
    last ??= reply;
  }
  assert.deepEqual(states, ['processing', 'processing', 'processing', 'valid']);
  assert.ok(Date.parse(last?.headers.get('retry-after') ?? '') > Date.now());
});

test('makes every trouble that a script asks for', async (t) => {
  const { ca, client, at } = await start(t);
  await register(ca, client);
  const order = () => client.post(at('/new-order'), { identifiers: dns('a.test') });
  for (const type of Object.keys(PROBLEM_STATUS) as ProblemType[]) {
    ca.script.rules.push({
      at: 'new-order',
      trouble: { kind: 'problem', problem: { type, detail: 'told to' }, retryAfter: 7 },
    });
    const reply = await order();
    assert.deepEqual([reply.status, problemType(reply.body)], [PROBLEM_STATUS[type], type]);
    assert.equal(reply.headers.get('retry-after'), '7');
  }
  assert.equal(ca.orders.length, 0);
  for (const [kind, orders] of [
    ['reset-before', 0],
    ['reset-after', 1],
    ['reset-within', 2],
  ] as const) {
    ca.script.rules.push({ at: 'new-order', trouble: { kind } });
    await assert.rejects(order(), TypeError);
    assert.equal(ca.orders.length, orders, kind);
  }
  ca.script.rules.push(
    { at: 'new-order', trouble: { kind: 'truncate' } },
    { at: 'new-order', trouble: { kind: 'garbage' } },
  );
  for (let n = 0; n < 2; n += 1) {
    const { status, body } = await order();
    assert.deepEqual([status, body], [201, null]);
  }
  ca.script.rules.push({ at: 'new-order', trouble: { kind: 'oversize', bytes: 100_000 } });
  assert.ok((await order()).text.length > 100_000);
  const edit = (answer: { body: unknown }) => ({
    ...answer,
    body: { ...(answer.body as object), finalize: 'http://x.test' },
  });
  ca.script.rules.push({ at: 'new-order', skip: 1, trouble: { kind: 'edit', edit: edit as never } });
  assert.notEqual((await order()).body.finalize, 'http://x.test');
  assert.equal((await order()).body.finalize, 'http://x.test');
  assert.equal(ca.script.rules.length, 0);
});

test('rejects the share of nonces it is told to, the same for the same seed', async (t) => {
  const outcomes = await Promise.all(
    [5, 5, 6].map(async (seed) => {
      const { ca, client, at } = await start(t, { seed });
      ca.script.badNonceShare = 0.3;
      const seen: string[] = [];
      for (let n = 0; n < 40; n += 1) seen.push((await client.post(at('/new-account'), {})).status === 400 ? 'x' : '.');
      return seen.join('');
    }),
  );
  assert.equal(outcomes[0], outcomes[1]);
  assert.notEqual(outcomes[0], outcomes[2]);
  const share = (outcomes[0] ?? '').split('x').length - 1;
  assert.ok(share >= 5 && share <= 20, outcomes.join(' '));
});

test('counts: orders, duplicates, and lets them through again later', async (t) => {
  let now = Date.parse('2026-11-22T12:00:00Z');
  const { ca, client, at } = await start(t, { clock: { now: () => now } });
  await register(ca, client);
  ca.script.limits = { newOrders: { count: 3, seconds: 600 }, duplicateCertificates: { count: 1, seconds: 60 } };
  await obtain(client, ca.origin, dns('a.test'));
  const twice = await client.post(at('/new-order'), { identifiers: dns('a.test') });
  assert.deepEqual([twice.status, twice.headers.get('retry-after')], [429, '60']);
  now += 61_000;
  await obtain(client, ca.origin, dns('a.test'));
  assert.equal(ca.certificatesIssued('a.test'), 2);
  const full = await client.post(at('/new-order'), { identifiers: dns('b.test') });
  assert.deepEqual([full.status, problemType(full.body)], [429, 'rateLimited']);
});

test('delivers certificates that are wrong in the way that was told', async (t) => {
  const { ca, client } = await start(t);
  await register(ca, client);
  const next = async (delivery: Delivery): Promise<string> => {
    ca.script.deliveries = [delivery];
    return (await obtain(client, ca.origin, dns('a.test', 'b.test'))).chain.text;
  };
  const count = (pem: string): number => pem.split('-----BEGIN').length - 1;
  const issuing = new X509Certificate((await next('right')).split(/(?<=-----END CERTIFICATE-----\n)/)[1] ?? '');
  assert.equal(
    new X509Certificate(await next('more-names')).subjectAltName,
    'DNS:a.test, DNS:b.test, DNS:other.invalid',
  );
  assert.equal(new X509Certificate(await next('fewer-names')).subjectAltName, 'DNS:a.test');
  assert.equal(count(await next('no-chain')), 1);
  const [leaf = '', stranger = ''] = (await next('other-chain')).split(/(?<=-----END CERTIFICATE-----\n)/);
  assert.ok(new X509Certificate(leaf).verify(issuing.publicKey));
  assert.ok(!new X509Certificate(leaf).verify(new X509Certificate(stranger).publicKey));
  assert.ok(Date.parse(new X509Certificate(await next('expired')).validTo) < Date.now());
  const garbage = await next('no-certificate');
  assert.throws(() => new X509Certificate(garbage));
  const key = new X509Certificate(await next('other-key')).publicKey.export({ format: 'der', type: 'spki' });
  assert.ok(!key.equals(ca.certificates.at(-1)?.spki as Uint8Array));
});

test('counts failed validations and certificates of a domain', async (t) => {
  const { ca, client, at } = await start(t);
  await register(ca, client);
  ca.script.limits = {
    failedValidations: { count: 1, seconds: 3_600 },
    certificatesPerDomain: { count: 2, seconds: 3_600 },
  };
  ca.script.verdict = ({ identifier }) =>
    identifier.value === 'bad.x.test' ? { type: 'unauthorized', detail: 'no' } : 'valid';
  const order = await client.post(at('/new-order'), { identifiers: dns('bad.x.test') });
  const authorization = await client.post(order.body.authorizations[0], null);
  await client.post(authorization.body.challenges[0].url, {});
  assert.equal((await client.post(order.body.authorizations[0], null)).body.status, 'invalid');
  const again = await client.post(at('/new-order'), { identifiers: dns('bad.x.test') });
  assert.deepEqual([again.status, problemType(again.body)], [429, 'rateLimited']);
  await obtain(client, ca.origin, dns('a.y.test'));
  await obtain(client, ca.origin, dns('b.y.test'));
  const third = await client.post(at('/new-order'), { identifiers: dns('c.y.test') });
  assert.deepEqual([third.status, problemType(third.body)], [429, 'rateLimited']);
  await obtain(client, ca.origin, dns('a.z.test'));
});

test('holds an answer back, or gives none', async (t) => {
  const { ca, client, at } = await start(t);
  await register(ca, client);
  const { promise, resolve } = Promise.withResolvers<void>();
  ca.script.rules.push({ at: 'new-order', trouble: { kind: 'hold', until: promise } });
  let answered = false;
  const order = client.post(at('/new-order'), { identifiers: dns('a.test') }).then((reply) => {
    answered = true;
    return reply;
  });
  await client.get(at('/directory'));
  assert.equal(answered, false);
  resolve();
  assert.equal((await order).status, 201);
  ca.script.rules.push({ at: 'directory', trouble: { kind: 'silent' } });
  await assert.rejects(
    fetch(at('/directory'), { signal: AbortSignal.timeout(200), headers: { 'user-agent': 'mini' } }),
  );
  assert.equal(ca.count('directory'), 1);
});
