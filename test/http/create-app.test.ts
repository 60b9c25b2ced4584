import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { DeskError } from '../../src/core/errors.ts';
import { type AppOptions, createApp } from '../../src/http/create-app.ts';
import { bind, createHttpServer, unbind } from '../../src/http/http-server.ts';
import { renderErrors } from '../../src/http/errors.ts';

function app(change: Partial<AppOptions> = {}, write: (line: string) => void = () => undefined): FastifyInstance {
  const made = createApp({
    log: pino({ level: 'info' }, { write }),
    logRequests: false,
    bodyLimit: 1_024,
    server: createHttpServer({ requestTimeout: 30, headersTimeout: 10, keepAliveTimeout: 5 }, false),
    trustProxy: [],
    ...change,
  });
  renderErrors(made);
  made.get('/things/:id', async () => ({ ok: true }));
  made.post('/things', async (request) => request.body);
  made.get('/secret', async () => {
    throw new Error('password hunter2');
  });
  made.get('/refused', async () => {
    throw new DeskError('too-many-requests', 'Slow down', { retryAfter: 3, field: 'x' });
  });
  return made;
}

test('both slash forms reach the same route', async () => {
  const server = app();
  for (const url of ['/things/1', '/things/1/', '/things/1/?a=b']) {
    const answer = await server.inject(url);
    assert.equal(answer.statusCode, 200, url);
  }
});

test('every answer has an id and the security headers, also an unknown path', async () => {
  const server = app();
  const answers = [await server.inject('/things/1'), await server.inject('/nowhere'), await server.inject('/secret')];
  for (const { headers } of answers) {
    assert.match(String(headers['x-request-id']), /^[0-9a-f]{12}-[0-9a-z]+$/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cache-control'], 'no-store');
  }
  assert.equal(new Set(answers.map(({ headers }) => headers['x-request-id'])).size, 3);
});

test('a plain id of the caller is kept, a strange one is not', async () => {
  const server = app();
  const ask = async (id: string) =>
    (await server.inject({ url: '/things/1', headers: { 'x-request-id': id } })).headers;
  assert.equal((await ask('abc-12345'))['x-request-id'], 'abc-12345');
  for (const id of ['short', 'a b c d e f', 'x'.repeat(65), '<script>']) {
    assert.notEqual((await ask(id))['x-request-id'], id);
  }
});

test('an error of ours shows kind and message; an unknown one shows nothing', async () => {
  const server = app();
  const refused = await server.inject('/refused');
  assert.equal(refused.statusCode, 429);
  assert.equal(refused.headers['retry-after'], '3');
  assert.deepEqual(refused.json(), { error: { kind: 'too-many-requests', message: 'Slow down', violations: [] } });
  const unknown = await server.inject('/secret');
  assert.equal(unknown.statusCode, 500);
  assert.ok(!unknown.body.includes('hunter2'));
});

test('a body that is too large, not JSON, or of an unknown type is refused', async () => {
  const server = app();
  const post = (payload: string, type = 'application/json') =>
    server.inject({ method: 'POST', url: '/things', payload, headers: { 'content-type': type } });
  assert.equal((await post(JSON.stringify({ a: 'x'.repeat(2_000) }))).statusCode, 413);
  assert.equal((await post('{')).statusCode, 400);
  assert.equal((await post('<a/>', 'text/xml')).statusCode, 415);
  assert.equal((await post('{"__proto__":{"a":1}}')).statusCode, 400);
  assert.equal((await server.inject('/%zz')).statusCode, 400);
});

test('request lines hold the template of the route, never the path, the query or a header', async () => {
  const lines: string[] = [];
  const server = app({ logRequests: true }, (line) => lines.push(line));
  await server.inject({ url: '/things/token123?key=query456', headers: { authorization: 'ApiKey header789' } });
  const text = lines.join('');
  assert.match(text, /"route":"\/things\/:id"/);
  for (const secret of ['token123', 'query456', 'header789']) assert.ok(!text.includes(secret));
});

test('every line of a request bears the id that its answer shows, unless the route is quiet', async () => {
  const lines: string[] = [];
  const server = app({ logRequests: true }, (line) => lines.push(line));
  server.get('/fails', async (_request, reply) => {
    reply.log.error('first');
    reply.log.child({ part: 'inner' }).warn('second');
    return 'x';
  });
  server.get('/quiet', { logLevel: 'error' }, async (request) => {
    request.log.warn('hidden');
    return 'x';
  });
  const answer = await server.inject('/fails');
  await server.inject('/quiet');
  const told = lines.map((line) => JSON.parse(line) as { reqId: string; msg: string; part?: string });
  const { 'x-request-id': reqId } = answer.headers;
  assert.deepEqual(
    told.map(({ reqId, msg, part }) => ({ reqId, msg, part })),
    [
      { reqId, msg: 'first', part: undefined },
      { reqId, msg: 'second', part: 'inner' },
      { reqId, msg: 'request', part: undefined },
    ],
  );
});

test('a forwarded address is believed from a trusted proxy alone', async () => {
  const seen: string[] = [];
  for (const trustProxy of [[], ['127.0.0.1']]) {
    const server = app({ trustProxy });
    server.get('/ip', async (request) => request.ip);
    const { body } = await server.inject({ url: '/ip', headers: { 'x-forwarded-for': '203.0.113.9' } });
    seen.push(body);
  }
  assert.deepEqual(seen, ['127.0.0.1', '203.0.113.9']);
});

test('a client that sends its headers too slowly is cut off with 408', async () => {
  const server = createHttpServer({ requestTimeout: 0.2, headersTimeout: 0.1, keepAliveTimeout: 1 }, false);
  const port = await bind(server, '127.0.0.1', 0);
  await app({ server }).ready();
  const socket = connect(port, '127.0.0.1');
  socket.write('GET /things/1 HTTP/1.1\r\nhost: x\r\n');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  assert.match(text, /^HTTP\/1\.1 408 /);
  await unbind(server, 0);
});

test('a bound server answers 503 until the app is there, then the app', async () => {
  const server = createHttpServer({ requestTimeout: 5, headersTimeout: 5, keepAliveTimeout: 1 }, false);
  const url = `http://127.0.0.1:${await bind(server, '127.0.0.1', 0)}/things/1`;
  assert.equal((await fetch(url)).status, 503);
  const made = app({ server });
  await made.ready();
  assert.deepEqual(await (await fetch(url)).json(), { ok: true });
  await Promise.all([made.close(), unbind(server, 1_000)]);
  await assert.rejects(fetch(url));
});

test('a running request ends before the server does; a second bind on its port fails', async () => {
  const server = createHttpServer({ requestTimeout: 5, headersTimeout: 5, keepAliveTimeout: 5 }, false);
  const port = await bind(server, '127.0.0.1', 0);
  await assert.rejects(
    bind(createHttpServer({ requestTimeout: 5, headersTimeout: 5, keepAliveTimeout: 5 }, false), '127.0.0.1', port),
    {
      code: 'EADDRINUSE',
    },
  );
  const made = app({ server });
  const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  made.get('/slow', async () => {
    enter();
    await released;
    return 'done';
  });
  await made.ready();
  const answer = fetch(`http://127.0.0.1:${port}/slow`);
  await entered;
  const closed = Promise.all([made.close(), unbind(server, 5_000)]);
  release();
  assert.equal(await (await answer).text(), 'done');
  await closed;
});
