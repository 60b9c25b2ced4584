import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { after, beforeEach, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { DeskError, type ErrorKind } from '../../src/core/errors.ts';
import { createAddressGuard } from '../../src/validation/address-guard.ts';
import { createGuardedFetch, type GuardedRequest } from '../../src/validation/guarded-fetch.ts';
import { manualTimers } from '../support/manual-timers.ts';
import { response, startScriptedHttp } from '../support/scripted-http.ts';
import { selfSigned } from '../support/self-signed.ts';

let script: (socket: Socket, head: string) => void = () => {};
const web = await startScriptedHttp((socket, head) => script(socket, head));
const second = await startScriptedHttp((socket) => socket.end(response(200, 'second')));
after(() => Promise.all([web.close(), second.close()]));
beforeEach(() => {
  script = (socket) => socket.end(response(200, 'hello', { 'x-note': 'yes' }));
  web.requests.length = 0;
  second.requests.length = 0;
});

const hosts: Record<string, string[]> = {
  'hook.test': ['127.0.0.1'],
  'inside.test': ['10.0.0.1'],
  'both.test': ['127.0.0.1', '169.254.169.254'],
  'mapped.test': ['::ffff:127.0.0.1'],
  'none.test': [],
};
const lookup = (host: string) => Promise.resolve(hosts[host] ?? []);
const guard = createAddressGuard({ allow: ['127.0.0.1'] });
const fetch = createGuardedFetch({ guard, lookup });
const limits: GuardedRequest = { timeoutMs: 10_000, maxBytes: 100 };
const url = `http://hook.test:${web.port}/path?q=1`;

const isKind = (kind: ErrorKind) => (error: unknown) => error instanceof DeskError && error.kind === kind;

test('sends method, headers and body, and returns status, headers and body', async () => {
  const answer = await fetch(url, {
    ...limits,
    method: 'POST',
    headers: { 'Content-Type': 'text/plain', authorization: 'Basic eA==' },
    body: 'payload',
  });
  assert.equal(answer.status, 200);
  assert.equal(Buffer.from(answer.body).toString(), 'hello');
  assert.equal(answer.headers['x-note'], 'yes');
  const [head = ''] = web.requests;
  assert.match(head, /^POST \/path\?q=1 HTTP\/1\.1/);
  assert.match(head, new RegExp(`^host: hook.test:${web.port}$`, 'im'));
  assert.match(head, /^content-length: 7$/im);
  assert.match(head, /^authorization: Basic eA==$/im);
});

for (const target of [
  'inside.test',
  'both.test',
  'mapped.test',
  '169.254.169.254',
  '[::ffff:127.0.0.1]',
  '[::1]',
  '2130706434',
  '127.2',
]) {
  test(`attack: a call to ${target} is refused`, async () => {
    await assert.rejects(fetch(`http://${target}:${web.port}/`, limits), isKind('not-allowed'));
    assert.equal(web.requests.length, 0);
  });
}

for (const bad of [
  'file:///etc/passwd',
  'ftp://hook.test/',
  'hook.test',
  '',
  'http://user:pass@hook.test/',
  'unix:/tmp/socket',
]) {
  test(`attack: ${JSON.stringify(bad)} is not called`, async () => {
    await assert.rejects(fetch(bad, limits), isKind('not-allowed'));
  });
}

test('attack: rebinding. The name is looked up once per hop', async () => {
  let asked = 0;
  const rebinding = createGuardedFetch({ guard, lookup: async () => (asked++ === 0 ? ['127.0.0.1'] : ['127.0.0.9']) });
  assert.equal((await rebinding(url, limits)).status, 200);
  assert.equal(asked, 1);
  await assert.rejects(rebinding(url, limits), isKind('not-allowed'));
});

test('a redirect is returned as it is unless some are permitted', async () => {
  script = (socket) => socket.end(response(302, 'moved', { location: 'http://inside.test/' }));
  const answer = await fetch(url, limits);
  assert.equal(answer.status, 302);
  assert.equal(Buffer.from(answer.body).toString(), 'moved');
});

test('redirects: guarded anew, counted, and without credentials for another origin', async () => {
  const more = { ...limits, maxRedirects: 2, headers: { Authorization: 'Basic eA==', 'X-Kept': '1' } };
  script = (socket) => socket.end(response(307, '', { location: `http://hook.test:${second.port}/other` }));
  assert.equal(Buffer.from((await fetch(url, more)).body).toString(), 'second');
  assert.doesNotMatch(second.requests[0] ?? '', /authorization/i);
  assert.match(second.requests[0] ?? '', /^x-kept: 1$/im);

  for (const location of [
    'http://169.254.169.254/',
    'file:///etc/passwd',
    'http://inside.test/',
    'http://u:p@hook.test/',
  ]) {
    script = (socket) => socket.end(response(302, '', { location }));
    await assert.rejects(fetch(url, more), isKind('not-allowed'), location);
  }
  script = (socket) => socket.end(response(302, '', { location: '/again' }));
  web.requests.length = 0;
  await assert.rejects(fetch(url, more), isKind('not-allowed'));
  assert.equal(web.requests.length, 3);
  assert.match(web.requests[2] ?? '', /^authorization/im, 'the same origin keeps them');
});

test('a POST is repeated for 307 only', async () => {
  script = (socket) => socket.end(response(302, '', { location: `http://hook.test:${second.port}/` }));
  assert.equal((await fetch(url, { ...limits, maxRedirects: 2, method: 'POST', body: 'x' })).status, 302);
  script = (socket) => socket.end(response(307, '', { location: `http://hook.test:${second.port}/` }));
  assert.equal((await fetch(url, { ...limits, maxRedirects: 2, method: 'POST', body: 'x' })).status, 200);
  assert.match(second.requests[0] ?? '', /^POST/);
});

test('attack: bodies beyond the limit, also compressed ones, are errors or stay compressed', async () => {
  script = (socket) => socket.end(response(200, 'x'.repeat(101)));
  await assert.rejects(fetch(url, limits), /more than 100 bytes/);
  script = (socket) => socket.end(response(200, 'x'.repeat(100)));
  assert.equal((await fetch(url, limits)).body.length, 100);
  const bomb = gzipSync(Buffer.alloc(20_000));
  script = (socket) => socket.end(response(200, bomb, { 'content-encoding': 'gzip' }));
  assert.deepEqual(Buffer.from((await fetch(url, limits)).body), bomb);
});

test('attack: a silent server, a look-up without end, headers without end', async () => {
  const timers = manualTimers();
  script = () => timers.fire();
  await assert.rejects(createGuardedFetch({ guard, lookup, timers })(url, limits), isKind('internal'));
  assert.deepEqual(timers.pending(), []);

  const hanging = createGuardedFetch({
    guard,
    timers,
    lookup: () => {
      setImmediate(() => timers.fire());
      return new Promise(() => {});
    },
  });
  await assert.rejects(hanging(url, limits), /no answer within 10000 ms/);

  script = (socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`);
  await assert.rejects(fetch(url, limits), isKind('internal'));
});

test('names without address and closed ports are told', async () => {
  await assert.rejects(fetch('http://none.test/', limits), /none\.test has no address/);
  const closed = await startScriptedHttp(() => {});
  await closed.close();
  await assert.rejects(fetch(`http://hook.test:${closed.port}/`, limits), /could not be called.*ECONNREFUSED/);
});

test('certificates are verified', async (context) => {
  const tls = createTlsServer(selfSigned, (socket) => {
    socket.on('error', () => {});
  });
  tls.on('tlsClientError', () => {});
  tls.listen(0, '127.0.0.1');
  await once(tls, 'listening');
  context.after(() => tls.close());
  await assert.rejects(
    fetch(`https://hook.test:${(tls.address() as AddressInfo).port}/`, limits),
    /self-signed certificate/,
  );
});
