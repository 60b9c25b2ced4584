import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fastify from 'fastify';
import type { Answer } from '../../src/core/confirmations.ts';
import { confirmationPage } from '../../src/notify/confirmation-page.ts';
import { memoryStore } from './memory-store.ts';
import { account, NOW, productName, request, validation } from './records.ts';

const secretBytes = Buffer.alloc(32, 7);
const secret = secretBytes.toString('base64url');

interface World {
  accountName?: string;
  confirmation?: object;
  outcome?: Answer;
  fails?: boolean;
}

async function setUp(world: World = {}) {
  const memory = memoryStore();
  memory.insert('accounts', { ...account, name: world.accountName ?? account.name });
  memory.insert('requests', request);
  memory.insert('validations', validation);
  memory.insert('confirmations', {
    id: 77,
    accountId: 1,
    purpose: 'domain',
    requestId: 10,
    validationId: 20,
    address: 'admin@shop.example',
    secretHash: Uint8Array.from(createHash('sha256').update(secretBytes).digest()),
    createdAt: NOW - 1_000,
    expiresAt: NOW + 1,
    confirmedAt: null,
    ...world.confirmation,
  });
  const calls: string[] = [];
  const logged: string[] = [];
  const answer = (what: string, yes: Answer) => async (id: number) => {
    calls.push(`${what} ${id}`);
    if (world.fails) throw new Error('database is away');
    return world.outcome ?? yes;
  };
  const app = fastify({ logger: { level: 'info', stream: { write: (line: string) => void logged.push(line) } } });
  await app.register(confirmationPage, {
    store: memory.store,
    clock: { now: () => NOW },
    productName,
    confirm: answer('confirm', 'confirmed'),
    decline: answer('decline', 'declined'),
  });
  return { app, calls, logged };
}

test('a GET shows who asks for what, and approves nothing', async () => {
  const { app, calls } = await setUp();
  for (const method of ['GET', 'HEAD', 'GET'] as const)
    assert.equal((await app.inject({ method, url: `/confirm/${secret}` })).statusCode, 200);
  const page = await app.inject(`/confirm/${secret}`);
  assert.match(page.headers['content-type'] as string, /^text\/html/);
  for (const part of [
    'Shop &amp; Söhne',
    'shop.example',
    'DV Multi-Domain',
    'admin@shop.example',
    '>Approve<',
    '>Decline<',
    '<html lang="en">',
    '<h1>',
  ]) {
    assert.ok(page.body.includes(part), part);
  }
  assert.doesNotMatch(page.body, /<script|javascript:| on\w+=|<img|<link/i);
  assert.deepEqual(calls, []);
});

test('the buttons lead to the approval and the refusal', async () => {
  const { app, calls } = await setUp();
  const url = `https://desk.example/below/confirm/${secret}`;
  const page = (await app.inject(`/confirm/${secret}`)).body;
  const actions = [...page.matchAll(/<form class="row" method="post" action="([^"]+)">/g)].map(
    ([, action]) => new URL(action ?? '', url).href,
  );
  assert.deepEqual(actions, [url, `${url}/decline`], 'also below another path');
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const approved = await app.inject({ method: 'POST', url: `/confirm/${secret}`, headers, body: '' });
  assert.equal(approved.statusCode, 200);
  assert.match(approved.body, /<h1>Approved<\/h1>/);
  const declined = await app.inject({ method: 'POST', url: `/confirm/${secret}/decline`, headers });
  assert.match(declined.body, /<h1>Declined<\/h1>/);
  assert.deepEqual(calls, ['confirm 77', 'decline 77']);
});

test('a POST works without a body, with a form and with foreign types, up to a limit', async () => {
  const { app, calls } = await setUp();
  const post = (body: string, type: string) =>
    app.inject({ method: 'POST', url: `/confirm/${secret}`, headers: { 'content-type': type }, body });
  assert.equal((await app.inject({ method: 'POST', url: `/confirm/${secret}` })).statusCode, 200);
  assert.equal((await post('a=b', 'application/x-www-form-urlencoded')).statusCode, 200);
  assert.equal((await post('{', 'application/json')).statusCode, 200);
  assert.equal((await post('x'.repeat(5_000), 'text/plain')).statusCode, 413);
  assert.equal(calls.length, 3);
});

test('the agreement page shows every name and the terms', async () => {
  const { app } = await setUp({ confirmation: { purpose: 'agreement', validationId: null } });
  const { body } = await app.inject(`/confirm/${secret}`);
  for (const part of ['shop.example', 'www.shop.example', 'private key', 'Accept the subscriber agreement?'])
    assert.ok(body.includes(part), part);
});

test('unknown, expired and misspelt links look all the same', async () => {
  const { app, calls } = await setUp();
  const expired = await setUp({ confirmation: { expiresAt: NOW } });
  const orphan = await setUp({ confirmation: { requestId: 999 } });
  const pages = [
    await app.inject(`/confirm/${Buffer.alloc(32, 8).toString('base64url')}`),
    await app.inject('/confirm/short'),
    await app.inject(`/confirm/${secret}A`),
    await app.inject(`/confirm/${secret.slice(0, -1)}${secret.endsWith('c') ? 'd' : 'c'}`),
    await app.inject(`/confirm/${encodeURIComponent('<script>')}`),
    await expired.app.inject(`/confirm/${secret}`),
    await expired.app.inject({ method: 'POST', url: `/confirm/${secret}` }),
    await expired.app.inject({ method: 'POST', url: `/confirm/${secret}/decline` }),
    await orphan.app.inject(`/confirm/${secret}`),
    await app.inject({ method: 'POST', url: '/confirm/short' }),
  ];
  for (const page of pages) {
    assert.equal(page.statusCode, 404);
    assert.equal(page.body, pages[0]?.body);
    assert.equal(page.headers['cache-control'], 'no-store');
  }
  assert.deepEqual([...calls, ...expired.calls], []);
});

test('what the desk answers is what the person is told', async () => {
  const status = async (outcome: Answer) => {
    const { app } = await setUp({ outcome });
    const page = await app.inject({ method: 'POST', url: `/confirm/${secret}` });
    return [page.statusCode, /<h1>(.*)<\/h1>/.exec(page.body)?.[1]];
  };
  assert.deepEqual(await status('confirmed'), [200, 'Approved']);
  assert.deepEqual(await status('already'), [200, 'Already answered']);
  assert.deepEqual(await status('expired'), [404, 'Not found']);
  assert.deepEqual(await status('gone'), [404, 'Not found']);
  const { app } = await setUp({ confirmation: { confirmedAt: NOW - 5 } });
  assert.match((await app.inject(`/confirm/${secret}`)).body, /Already answered/);
});

test('the page can be framed, scripted, cached or referred to by nobody', async () => {
  const { app } = await setUp();
  const page = await app.inject(`/confirm/${secret}`);
  const policy = page.headers['content-security-policy'] as string;
  for (const part of ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"])
    assert.ok(policy.includes(part), part);
  const style = /<style>([\s\S]*?)<\/style>/.exec(page.body)?.[1] ?? '';
  assert.ok(policy.includes(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`));
  assert.equal(page.headers['referrer-policy'], 'no-referrer');
  assert.equal(page.headers['cache-control'], 'no-store');
  assert.equal(page.headers['x-content-type-options'], 'nosniff');
});

test('a hostile account name is text, whatever it holds', async () => {
  const accountName = `"><script>alert(1)</script><img src=x onerror='a'>&lt;\u202e</dd>`;
  const { app } = await setUp({ accountName });
  const { body } = await app.inject(`/confirm/${secret}`);
  assert.doesNotMatch(body, /<script|<img|\u202e/);
  assert.ok(
    body.includes(
      '&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&#39;a&#39;&gt;&amp;lt; &lt;/dd&gt;',
    ),
  );
});

test('the secret stays out of the log, also when something fails', async () => {
  const { app, logged } = await setUp({ fails: true });
  await app.inject(`/confirm/${secret}`);
  const failed = await app.inject({ method: 'POST', url: `/confirm/${secret}` });
  assert.equal(failed.statusCode, 500);
  for (const url of [`/confirm/${secret}/`, `/confirm/${secret}/other`, `/confirm/${secret}?x=1`]) {
    await app.inject(url);
    await app.inject({ method: 'PUT', url });
  }
  assert.ok(!failed.body.includes('database'));
  assert.ok(logged.some((line) => line.includes('database is away')));
  assert.ok(!logged.join('').includes(secret));
});

test('a kept domain is asked for without a product; without its validation there is no question', async () => {
  const { app } = await setUp({ confirmation: { requestId: null } });
  const page = await app.inject(`/confirm/${secret}`);
  assert.equal(page.statusCode, 200);
  assert.ok(page.body.includes('shop.example') && !page.body.includes('Product'));
  for (const confirmation of [
    { requestId: null, validationId: null },
    { requestId: null, validationId: 99 },
    { requestId: null, validationId: null, purpose: 'agreement' },
    { requestId: 99 },
  ]) {
    const gone = await setUp({ confirmation });
    assert.equal((await gone.app.inject(`/confirm/${secret}`)).statusCode, 404, JSON.stringify(confirmation));
  }
});
