import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { after, beforeEach, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { gzipSync } from 'node:zlib';
import type { Timers } from '../../src/core/time.ts';
import { createAddressGuard } from '../../src/validation/address-guard.ts';
import { checkHttp, type HttpCheckOptions } from '../../src/validation/http-check.ts';
import { type Endpoint, pinnedRequest } from '../../src/validation/pinned-request.ts';
import { createResolver } from '../../src/validation/resolver.ts';
import { systemTimers } from '../../src/validation/system.ts';
import { fixedClock, manualTimers } from '../support/manual-timers.ts';
import { type Call, startScriptedDns } from '../support/scripted-dns.ts';
import { response, startScriptedHttp } from '../support/scripted-http.ts';
import { selfSigned } from '../support/self-signed.ts';

let script: (socket: Socket, head: string) => void = () => {};
const web = await startScriptedHttp((socket, head) => script(socket, head));
const dns = await startScriptedDns();
after(() => Promise.all([web.close(), dns.close()]));
beforeEach(() => {
  dns.zone = { 'shop.test': { A: ['127.0.0.1'] }, 'other.test': { A: ['127.0.0.1'] } };
  dns.script = null;
  dns.seen.length = 0;
  web.requests.length = 0;
});

const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
const resolver = createResolver({ serversFor: () => [dns], timeoutMs: 5_000, attempts: 2, random, clock: fixedClock });

const PATH = '/.well-known/pki-validation/ABC.txt';
const challenge = { method: 'http' as const, host: 'shop.test', path: PATH, content: '0123abc\nca.test' };

interface Setup {
  allow?: string[];
  timers?: Timers;
  options?: HttpCheckOptions;
  /** Where ports 80 and 443 of loopback are, in place of the scripted server. */
  ports?: Record<number, number>;
}

/** Where the check wanted to connect, address and port. */
let wanted: Endpoint[] = [];

/** The real check; only the ports 80 and 443 become those of the scripted servers, because tests cannot own them. */
async function check(setup: Setup = {}, asked = challenge) {
  wanted = [];
  return await checkHttp(asked, setup.options ?? {}, {
    resolver,
    guard: createAddressGuard({ allow: setup.allow ?? ['127.0.0.1'] }),
    clock: fixedClock,
    timers: setup.timers ?? systemTimers,
    request: (request) => {
      wanted.push(...request.endpoints);
      const endpoints = request.endpoints.map(({ address, port }) => ({
        address,
        port: setup.ports?.[port] ?? web.port,
      }));
      return pinnedRequest({ ...request, endpoints });
    },
  });
}

function serve(...answers: Buffer[]) {
  let next = 0;
  script = (socket) => {
    socket.end(answers[Math.min(next, answers.length - 1)] ?? Buffer.alloc(0));
    next += 1;
  };
}

const redirect = (location: string, status = 302) => response(status, '', { location });

test('passes with the expected lines, and records each step', async () => {
  serve(response(200, '0123abc\r\nca.test  \r\n\r\n'));
  const result = await check();
  assert.equal(result.outcome, 'passed', result.message);
  assert.deepEqual(wanted, [{ address: '127.0.0.1', port: 80 }]);
  const [head = ''] = web.requests;
  assert.ok(head.startsWith(`GET ${PATH} HTTP/1.1\r\n`), head);
  assert.match(head, /^host: shop\.test$/im);
  assert.match(head, /^accept-encoding: identity$/im);
  assert.doesNotMatch(head, /^cookie:/im);
  const [hop] = result.evidence['hops'] as Record<string, unknown>[];
  assert.equal(hop?.['url'], `http://shop.test${PATH}`);
  assert.equal(hop?.['status'], 200);
  assert.ok(Array.isArray(hop['queries']) && hop['queries'].length === 2);
});

for (const [title, answer, outcome] of [
  ['any other 2xx counts as well', response(203, '0123abc\nca.test'), 'passed'],
  [
    'a chunked body',
    Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\n0123abc\r\n8\r\n\nca.test\r\n0\r\n\r\n'),
    'passed',
  ],
  ['another content', response(200, '0123abd\nca.test'), 'mismatch'],
  ['a line too few', response(200, '0123abc'), 'mismatch'],
  ['a line too many', response(200, '0123abc\nca.test\nmore'), 'mismatch'],
  ['a page around the lines', response(200, '<html>0123abc\nca.test</html>'), 'mismatch'],
  ['blanks before a line', response(200, ' 0123abc\nca.test'), 'mismatch'],
  ['an empty file', response(200, ''), 'mismatch'],
  ['no such file', response(404, '0123abc\nca.test'), 'not-found'],
  ['gone', response(410, ''), 'not-found'],
  ['an error page with the right lines', response(500, '0123abc\nca.test'), 'unreachable'],
  ['a redirect of a kind that is not followed', redirect('/other', 303), 'unreachable'],
  ['a redirect without Location', response(302, ''), 'unreachable'],
  ['not HTTP', Buffer.from('220 mail.test ESMTP\r\n'), 'unreachable'],
  ['nothing at all', Buffer.alloc(0), 'unreachable'],
] as const) {
  test(`${title}: ${outcome}`, async () => {
    serve(answer);
    const result = await check();
    assert.equal(result.outcome, outcome, result.message);
  });
}

for (const status of [301, 302, 307, 308]) {
  test(`follows ${status}, with a fresh look-up for each host`, async () => {
    serve(redirect('http://other.test/moved?x=1', status), response(200, '0123abc\nca.test'));
    const result = await check();
    assert.equal(result.outcome, 'passed', result.message);
    assert.match(web.requests[1] ?? '', /^GET \/moved\?x=1 HTTP/);
    assert.match(web.requests[1] ?? '', /^host: other\.test$/im);
    assert.deepEqual(
      dns.seen.filter((seen) => seen.type === 'A').map((seen) => seen.name.toLowerCase()),
      ['shop.test', 'other.test'],
    );
  });
}

test('ten redirects are followed, the eleventh is not', async () => {
  const ten = Array.from({ length: 10 }, (_, n) => redirect(`/${n}`));
  serve(...ten, response(200, '0123abc\nca.test'));
  assert.equal((await check()).outcome, 'passed');
  serve(...ten, redirect('/10'), response(200, '0123abc\nca.test'));
  const result = await check();
  assert.equal(result.outcome, 'refused');
  assert.match(result.message, /more than 10 redirects/);
});

test('https on a redirect: any certificate, with the right SNI and Host', async (context) => {
  const names: string[] = [];
  const heads: string[] = [];
  const tls = createTlsServer(
    {
      ...selfSigned,
      SNICallback: (name, done) => {
        names.push(name);
        done(null);
      },
    },
    (socket) => {
      socket.on('error', () => {});
      socket.once('data', (bytes: Buffer) => {
        heads.push(bytes.toString());
        socket.end(response(200, '0123abc\nca.test'));
      });
    },
  );
  tls.listen(0, '127.0.0.1');
  await once(tls, 'listening');
  context.after(() => tls.close());
  serve(redirect('https://other.test/'));
  const result = await check({ ports: { 443: (tls.address() as AddressInfo).port } });
  assert.equal(result.outcome, 'passed', result.message);
  assert.deepEqual(names, ['other.test']);
  assert.match(heads[0] ?? '', /^host: other\.test$/im);
  assert.deepEqual(
    wanted.map((endpoint) => endpoint.port),
    [80, 443],
  );
});

for (const location of [
  'http://169.254.169.254/latest/meta-data/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://[::1]/',
  'http://127.2/x',
  'http://2130706434/',
  'http://0x7f.0.0.2/',
  'http://[fd00:ec2::254]/',
  'http://10.0.0.1/',
  'https://192.168.0.1/',
  '//169.254.169.254/',
  'http://shop.test:22/',
  'http://shop.test:8080/',
  'https://shop.test:8443/',
  'file:///etc/passwd',
  'ftp://shop.test/',
  'gopher://shop.test/',
  'data:text/plain,0123abc',
  'javascript:1',
  'http://user:secret@shop.test/',
  'http://[broken/',
  'http://inside.test/',
  'http://inside6.test/',
]) {
  test(`attack: a redirect to ${location} is refused`, async () => {
    dns.zone['inside.test'] = { A: ['10.1.2.3'] };
    dns.zone['inside6.test'] = { AAAA: ['::ffff:169.254.169.254'] };
    serve(redirect(location), response(200, '0123abc\nca.test'));
    const result = await check();
    assert.equal(result.outcome, 'refused', result.message);
    assert.equal(web.requests.length, 1, 'nothing was asked of the target');
  });
}

test('attack: a name that leads inside is refused before any connection', async () => {
  for (const zone of [
    { A: ['10.0.0.1'] },
    { AAAA: ['::1'] },
    { A: ['127.0.0.1', '169.254.169.254'] },
    { A: ['127.0.0.1'], AAAA: ['fe80::1'] },
  ]) {
    dns.zone = { 'shop.test': zone };
    serve(response(200, '0123abc\nca.test'));
    const result = await check();
    assert.equal(result.outcome, 'refused', JSON.stringify(zone));
    assert.deepEqual(wanted, []);
  }
});

test('attack: DNS rebinding. What was checked is what is connected to, without a second look-up', async () => {
  let asked = 0;
  dns.script = (call) => {
    if (call.seen.type === 'A') asked += 1;
    dns.zone = { 'shop.test': { A: ['127.0.0.9'] } };
    if (call.byZone !== null) call.send(call.byZone);
  };
  serve(response(200, '0123abc\nca.test'));
  assert.equal((await check()).outcome, 'passed', 'by the first, permitted address');
  assert.deepEqual(wanted, [{ address: '127.0.0.1', port: 80 }]);
  assert.equal(asked, 1);
  const later = await check();
  assert.equal(later.outcome, 'refused', 'the new address is checked anew');
  assert.deepEqual(wanted, []);
});

test('a second address family is tried where the first does not accept', async () => {
  dns.zone = { 'shop.test': { A: ['127.0.0.2'], AAAA: ['::1'] } };
  const result = await check({ allow: ['127.0.0.0/8', '::1'] });
  assert.equal(result.outcome, 'unreachable');
  assert.deepEqual(wanted, [
    { address: '127.0.0.2', port: 80 },
    { address: '0:0:0:0:0:0:0:1', port: 80 },
  ]);
});

test('attack: a body without end is cut off', async () => {
  let sent = 0;
  script = (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    const more = () => {
      while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 97))) sent += 65_536;
    };
    socket.on('drain', more);
    more();
  };
  const result = await check();
  assert.equal(result.outcome, 'mismatch');
  assert.match(result.message, /more than 4096 bytes/);
  assert.ok(sent < 50_000_000);
});

test('attack: a gzip bomb is not decompressed', async () => {
  serve(response(200, gzipSync(Buffer.alloc(1_000_000, 97)), { 'content-encoding': 'gzip' }));
  assert.equal((await check()).outcome, 'mismatch');
  serve(response(200, gzipSync('0123abc\nca.test'), { 'content-encoding': 'gzip' }));
  assert.equal((await check()).outcome, 'mismatch', 'nor a right file');
});

test('attack: headers without end are cut off', async () => {
  for (const header of [
    `x: ${'y'.repeat(40_000)}`,
    Array.from({ length: 2_000 }, (_, n) => `x-${n}: yyyyyyyyyyyyyyyyyyyy`).join('\r\n'),
  ]) {
    serve(Buffer.from(`HTTP/1.1 200 OK\r\n${header}\r\ncontent-length: 15\r\n\r\n0123abc\nca.test`));
    const result = await check();
    assert.equal(result.outcome, 'unreachable', result.message);
  }
});

test('attack: a server that is silent, or drips its body, meets the deadlines', async () => {
  const options = { connectTimeoutMs: 1_000, responseTimeoutMs: 2_000, totalTimeoutMs: 9_000 };
  const silent = manualTimers();
  script = () => silent.fire(2_000);
  const first = await check({ timers: silent, options });
  assert.equal(first.outcome, 'unreachable');
  assert.match(first.message, /no complete response headers in time/);

  const dripping = manualTimers();
  script = (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n0');
    // Once the headers are read, only the total deadline is left.
    const wait = () => (dripping.pending().join() === '9000' ? dripping.fire() : setImmediate(wait));
    wait();
  };
  const second = await check({ timers: dripping, options });
  assert.equal(second.outcome, 'unreachable');
  assert.match(second.message, /whole check took more than 9000 ms/);
  assert.deepEqual([...silent.pending(), ...dripping.pending()], []);
});

test('the total deadline also ends a look-up that hangs', async () => {
  const timers = manualTimers();
  const open: Call[] = [];
  dns.script = (call) => {
    open.push(call);
    timers.fire();
  };
  const result = await check({ timers });
  assert.equal(result.outcome, 'unreachable');
  assert.match(result.message, /more than 30000 ms/);
  // The look-ups themselves would wait on for their own time-out.
  dns.script = (call) => call.send(call.byZone ?? assert.fail());
  for (const call of open) call.send(call.byZone ?? assert.fail());
  await resolver.resolve('shop.test', 'TXT');
});

test('names without address and servers that fail are told', async () => {
  dns.zone = { 'broken.test': { fail: 'SERVFAIL' } };
  assert.match((await check()).message, /shop\.test does not exist/);
  const result = await check({}, { ...challenge, host: 'broken.test' });
  assert.equal(result.outcome, 'unreachable');
  assert.match(result.message, /SERVFAIL/);
});

test('an address is asked at itself where the guard lets it, and nowhere else (BR 3.2.2.5.1)', async () => {
  serve(response(200, '0123abc\nca.test'));
  assert.equal((await check({}, { ...challenge, host: '127.0.0.1' })).outcome, 'passed');
  for (const host of ['10.1.2.3', '169.254.169.254', '::1', 'fd00::1', '::ffff:10.0.0.1']) {
    const result = await check({}, { ...challenge, host });
    assert.equal(result.outcome, 'refused', host);
    assert.match(result.message, /special address|not a host/);
  }
});

test('attack: hosts and paths that are none are refused', async () => {
  serve(response(200, '0123abc\nca.test'));
  for (const host of [
    '*.shop.test',
    '2130706433',
    '127.1',
    '127.0.0.1:80',
    'fe80::1%eth0',
    '0x7f.1',
    '[::1]',
    'shop.test:22',
    'user@shop.test',
    'shop.test/x',
    'shop.test#',
    '',
    'bücher.test',
  ]) {
    assert.equal((await check({}, { ...challenge, host })).outcome, 'refused', host);
  }
  assert.equal((await check({}, { ...challenge, path: '.evil.test/x' })).outcome, 'refused');
  assert.equal(
    (await check({}, { ...challenge, content: ' \n' })).outcome,
    'refused',
    'an empty file must never be a proof',
  );
  assert.equal(web.requests.length, 0);
});

test('names of the installation itself go by the route, without look-up; a redirect off them is guarded', async () => {
  const route = (host: string) => (host === 'shop.example' ? { address: '127.0.0.1', port: web.port } : null);
  const asked = { ...challenge, host: 'Shop.example.' };
  serve(response(200, '0123abc\nca.test'));
  const passed = await check({ options: { route }, allow: [] }, asked);
  assert.equal(passed.outcome, 'passed', passed.message);
  assert.match(web.requests[0] ?? '', /^host: shop\.example$/im);
  assert.equal(dns.seen.length, 0);
  serve(redirect('http://127.0.0.1/'));
  assert.equal((await check({ options: { route }, allow: [] }, asked)).outcome, 'refused');
});
