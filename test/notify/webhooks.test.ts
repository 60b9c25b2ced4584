import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { MINUTE, SECOND } from '../../src/core/time.ts';
import { resumeWebhook, saveWebhook } from '../../src/notify/webhook-settings.ts';
import {
  createDeliverWebhook,
  type OutgoingFetch,
  WEBHOOK_RETRIES,
  type WebhookDialect,
} from '../../src/notify/webhooks.ts';
import { createAddressGuard } from '../../src/validation/address-guard.ts';
import { createGuardedFetch } from '../../src/validation/guarded-fetch.ts';
import { memoryStore } from './memory-store.ts';
import { NOW, notification } from './records.ts';

const key = Buffer.from('signing key');
const payload = { accountId: 1, dialect: 'realtime-register' };

const dialect: WebhookDialect = {
  render: async ({ id, message }) => ({ id, message }),
  sign: (body, secret) => ({ signature: createHmac('sha256', secret).update(body).digest('base64') }),
};

/** Stands for the secret box: bound to its context, not readable as it is. */
const seal = (plain: Uint8Array, context: string) => Buffer.from(`${context}|${Buffer.from(plain).toString('hex')}`);
const open = (sealed: Uint8Array, context: string) => {
  const [sealedFor, hex = ''] = Buffer.from(sealed).toString().split('|');
  assert.equal(sealedFor, context);
  return Buffer.from(hex, 'hex');
};

interface Post {
  url: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

async function setUp(fetch: OutgoingFetch, url = 'https://hooks.example/in', basic: string | null = null) {
  const memory = memoryStore();
  let now = NOW;
  const clock = { now: () => now };
  const warnings: { details: object; message: string }[] = [];
  const id = await saveWebhook({ store: memory.store, clock, seal, allowHttp: true }, { ...payload, url, key, basic });
  const log = { warn: (details: object, message: string) => void warnings.push({ details, message }) };
  const handle = createDeliverWebhook({
    store: memory.store,
    clock,
    fetch,
    dialects: new Map([[payload.dialect, dialect]]),
    open,
    log,
  });
  return {
    memory,
    warnings,
    id,
    run: () => handle({ payload }),
    advance: (milliseconds: number) => void (now += milliseconds),
    now: () => now,
    webhook: () => memory.all('webhooks')[0],
    delivered: () =>
      memory
        .all('notifications')
        .filter((one) => one.deliveredAt !== null)
        .map((one) => one.id),
  };
}

/** Answers with these states in turn, the last one for ever. */
function scripted(...states: (number | Error)[]) {
  const posts: Post[] = [];
  const fetch: OutgoingFetch = async (url, { headers, body }) => {
    posts.push({ url, headers, body: Buffer.from(body).toString() });
    const state = states.length > 1 ? states.shift() : states[0];
    if (state instanceof Error) throw state;
    return { status: state ?? 200 };
  };
  return { posts, fetch, ids: () => posts.map((post) => JSON.parse(post.body).id as number) };
}

test('notifications arrive in the order in which they were fired, each once', async () => {
  const receiver = scripted(200, 201, 202);
  const world = await setUp(receiver.fetch);
  world.memory.insert('notifications', notification(3, { firedAt: NOW + 5 }));
  world.memory.insert('notifications', notification(9, { firedAt: NOW + 1 }));
  world.memory.insert('notifications', notification(2, { firedAt: NOW + 1 }));
  world.memory.insert('notifications', notification(4, { dialect: 'digicert' }));
  world.memory.insert('notifications', notification(5, { accountId: 2 }));
  world.memory.insert('notifications', notification(6, { deliveredAt: NOW }));
  world.memory.insert('notifications', notification(1, { firedAt: NOW - 1 }));
  assert.deepEqual(await world.run(), { runAgainAt: NOW + 5 * SECOND });
  assert.deepEqual(receiver.ids(), [2, 9, 3]);
  assert.deepEqual(world.memory.all('notifications').find((one) => one.id === 2)?.deliveredAt, NOW);
  await world.run();
  assert.equal(receiver.posts.length, 3);
});

test('the body is signed byte for byte, and credentials are sent where there are some', async () => {
  const receiver = scripted(200);
  const world = await setUp(receiver.fetch, 'https://hooks.example/in', 'user:pä:ss');
  world.memory.insert('notifications', notification(1, { message: 'größer' }));
  await world.run();
  const [post] = receiver.posts;
  assert.equal(post?.url, 'https://hooks.example/in');
  assert.equal(post?.body, '{"id":1,"message":"größer"}');
  assert.equal(
    post?.headers['signature'],
    createHmac('sha256', key)
      .update(post?.body ?? '')
      .digest('base64'),
  );
  assert.equal(post?.headers['authorization'], `Basic ${Buffer.from('user:pä:ss').toString('base64')}`);
  assert.equal(post?.headers['content-type'], 'application/json');
});

test('a failure holds up the queue, is tried again on schedule, then stalls', async () => {
  assert.deepEqual(WEBHOOK_RETRIES, [10 * SECOND, 30 * SECOND, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE]);
  const receiver = scripted(500);
  const world = await setUp(receiver.fetch);
  world.memory.insert('notifications', notification(1));
  world.memory.insert('notifications', notification(2));
  for (const delay of WEBHOOK_RETRIES) {
    const due = world.now() + delay;
    assert.deepEqual(await world.run(), { runAgainAt: due });
    // Woken too early, for instance by a new notification: nothing is called.
    world.advance(delay - 1);
    const calls = receiver.posts.length;
    assert.deepEqual(await world.run(), { runAgainAt: due });
    assert.equal(receiver.posts.length, calls);
    world.advance(1);
  }
  assert.equal(world.webhook()?.state, 'active');
  assert.deepEqual(await world.run(), {});
  assert.equal(world.webhook()?.state, 'stalled');
  assert.deepEqual(receiver.ids(), [1, 1, 1, 1, 1, 1]);
  assert.match(world.warnings.at(-1)?.message ?? '', /stalled/);
  assert.ok(!JSON.stringify(world.warnings).includes('signing key'));
  assert.deepEqual(await world.run(), {});
  assert.equal(receiver.posts.length, 6);
});

test('a stalled webhook goes on where it stopped once it is resumed', async () => {
  const receiver = scripted(500, 500, 500, 500, 500, 500, 200);
  const world = await setUp(receiver.fetch);
  world.memory.insert('notifications', notification(1));
  world.memory.insert('notifications', notification(2));
  for (let n = 0; n < 6; n += 1) {
    await world.run();
    world.advance(15 * MINUTE);
  }
  assert.equal(world.webhook()?.state, 'stalled');
  await world.memory.store.transact((unit) => resumeWebhook(unit, world.id, world.now()));
  assert.deepEqual(world.memory.jobs.at(-1), {
    kind: 'deliver-webhook',
    key: 'deliver-webhook:1:realtime-register',
    payload,
    runAt: world.now(),
  });
  await world.run();
  assert.deepEqual(world.delivered(), [1, 2]);
});

test('a delivery ends the count of failures', async () => {
  const receiver = scripted(503, new Error('no route'), 200, 204, 200);
  const world = await setUp(receiver.fetch);
  world.memory.insert('notifications', notification(1));
  world.memory.insert('notifications', notification(2));
  await world.run();
  world.advance(10 * SECOND);
  await world.run();
  assert.equal(world.webhook()?.failures, 2);
  world.advance(30 * SECOND);
  assert.deepEqual(
    await world.run(),
    { runAgainAt: world.now() + 10 * SECOND },
    '204 is no acceptance, and it is the first failure again',
  );
  assert.deepEqual([world.delivered(), world.webhook()?.failures], [[1], 1]);
  world.advance(10 * SECOND);
  await world.run();
  assert.deepEqual(world.delivered(), [1, 2]);
  assert.deepEqual([world.webhook()?.failures, world.webhook()?.nextAttemptAt], [0, null]);
});

test('a long queue is worked off in runs', async () => {
  const receiver = scripted(200);
  const world = await setUp(receiver.fetch);
  for (let id = 1; id <= 45; id += 1) world.memory.insert('notifications', notification(id));
  assert.deepEqual(await world.run(), { runAgainAt: NOW });
  assert.deepEqual(await world.run(), { runAgainAt: NOW });
  assert.deepEqual(await world.run(), { runAgainAt: NOW + 5 * SECOND });
  assert.deepEqual(
    receiver.ids(),
    Array.from({ length: 45 }, (_, n) => n + 1),
  );
});

test('over real HTTP: signed bytes arrive, redirects are not followed, internal addresses are not called', async () => {
  const posts: Post[] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    posts.push({ url: request.url ?? '', headers: request.headers, body });
    if (request.url === '/moved') response.writeHead(307, { location: '/in' }).end();
    else response.writeHead(202).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const opened = createGuardedFetch({ guard: createAddressGuard({ allow: ['127.0.0.1/32'] }) });
  const closed = createGuardedFetch({ guard: createAddressGuard() });

  const good = await setUp(opened, `${base}/in`);
  good.memory.insert('notifications', notification(1));
  await good.run();
  assert.deepEqual(good.delivered(), [1]);
  assert.equal(
    posts[0]?.headers['signature'],
    createHmac('sha256', key)
      .update(posts[0]?.body ?? '')
      .digest('base64'),
  );

  const moved = await setUp(opened, `${base}/moved`);
  moved.memory.insert('notifications', notification(1));
  await moved.run();
  assert.deepEqual([moved.delivered(), moved.webhook()?.failures], [[], 1]);
  assert.deepEqual(
    posts.map((post) => post.url),
    ['/in', '/moved'],
  );

  for (const url of [
    `${base}/in`,
    'http://169.254.169.254/latest/meta-data',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
  ]) {
    const guarded = await setUp(closed, url);
    guarded.memory.insert('notifications', notification(1));
    await guarded.run();
    assert.deepEqual([guarded.delivered(), guarded.webhook()?.failures], [[], 1], url);
    assert.match(JSON.stringify(guarded.warnings[0]?.details), /special address/);
  }
  assert.equal(posts.length, 2);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('a setting is checked, sealed and replaces the earlier one', async () => {
  const world = await setUp(scripted(200).fetch);
  const settings = { store: world.memory.store, clock: { now: () => NOW }, seal, allowHttp: false };
  for (const url of [
    'http://hooks.example/',
    'ftp://hooks.example/',
    'hooks.example',
    'https://user:pw@hooks.example/',
    'https://hooks.example/#a',
    '',
  ]) {
    await assert.rejects(
      saveWebhook(settings, { ...payload, url, key, basic: null }),
      { kind: 'invalid-value', field: 'url' },
      url,
    );
  }
  const good = { ...payload, url: 'https://new.example/', key };
  await assert.rejects(saveWebhook(settings, { ...good, basic: 'a:b\r\nx: y' }), { field: 'basic' });
  await assert.rejects(saveWebhook(settings, { ...good, basic: 'no colon' }), { field: 'basic' });
  await assert.rejects(saveWebhook(settings, { ...good, key: new Uint8Array(), basic: null }), { field: 'key' });
  assert.equal(await saveWebhook(settings, { ...good, basic: 'a:b' }), world.id);
  assert.deepEqual(
    world.memory.all('webhooks').map((one) => [one.url, one.state, one.failures]),
    [['https://new.example/', 'active', 0]],
  );
  assert.equal(world.memory.jobs.length, 2);
});
