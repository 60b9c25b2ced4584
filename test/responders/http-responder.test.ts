import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';
import { startHttpResponder } from '../../src/responders/http-responder.ts';
import { counter, keptAnswers, LOOPBACK, noWarning, using } from './world.ts';

const VALUES = {
  'http shop.test /.well-known/acme-challenge/tok-en_1': ['tok-en_1.thumb'],
  'http shop.test /.well-known/pki-validation/fileauth.txt': ['newest', 'older'],
  'http 192.0.2.7 /.well-known/acme-challenge/a': ['a.four'],
  'http 2001:db8::1 /.well-known/acme-challenge/a': ['a.six'],
  'http other.test /.well-known/acme-challenge/tok-en_1': ['of another'],
};

async function start(t: TestContext) {
  const answers = keptAnswers(VALUES);
  const { counts, count } = counter();
  const responder = await using(t, startHttpResponder({ answers, listen: LOOPBACK, count, log: noWarning }));
  /** Sends bytes and gives everything that comes back. */
  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(responder);
      let received = '';
      socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
      socket.on('close', () => resolve(received));
      socket.on('error', reject);
      socket.write(text);
    });
  const get = async (host: string, path: string, method = 'GET') => {
    const text = await raw(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const [head = '', body = ''] = text.split('\r\n\r\n');
    return { status: Number(head.split(' ')[1]), head: head.toLowerCase(), body };
  };
  return { raw, get, counts, asked: answers.asked };
}

const TOKEN = '/.well-known/acme-challenge/tok-en_1';

test('answers by host and path, in every way of writing the host', async (t) => {
  const { get, counts } = await start(t);
  for (const host of ['shop.test', 'SHOP.Test', 'shop.test:80', 'shop.test.', 'shop.test.:8080', 'shop.test:']) {
    assert.deepEqual([(await get(host, TOKEN)).body, host], ['tok-en_1.thumb', host]);
  }
  assert.equal((await get('192.0.2.7:80', '/.well-known/acme-challenge/a')).body, 'a.four');
  for (const host of ['[2001:db8::1]', '[2001:DB8:0::1]:80']) {
    assert.equal((await get(host, '/.well-known/acme-challenge/a')).body, 'a.six');
  }
  const { status, head } = await get('shop.test', `${TOKEN}?cache=no`);
  assert.equal(status, 200);
  assert.match(head, /content-type: application\/octet-stream/);
  assert.match(head, /x-content-type-options: nosniff/);
  assert.equal(counts.found, 10);
});

test('serves the newest validation file of a path', async (t) => {
  const { get } = await start(t);
  const { body, head } = await get('shop.test', '/.well-known/pki-validation/fileauth.txt');
  assert.equal(body, 'newest');
  assert.match(head, /content-type: text\/plain/);
});

test('answers HEAD without a body, and refuses other methods', async (t) => {
  const { get } = await start(t);
  const { status, head, body } = await get('shop.test', TOKEN, 'HEAD');
  assert.deepEqual([status, body], [200, '']);
  assert.match(head, /content-length: 14/);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
    assert.equal((await get('shop.test', TOKEN, method)).status, 405, method);
  }
});

test('knows nothing of anything else, and does not ask the database for it', async (t) => {
  const { get, asked, counts } = await start(t);
  const paths = [
    '/',
    '/.well-known/acme-challenge/',
    '/.well-known/acme-challenge/../pki-validation/fileauth.txt',
    '/.well-known/acme-challenge/%74ok-en_1',
    '/.well-known/acme-challenge/tok-en_1/',
    '/.well-known/acme-challenge//tok-en_1',
    '/.well-known/./acme-challenge/tok-en_1',
    '/x/../.well-known/acme-challenge/tok-en_1',
    '//.well-known/acme-challenge/tok-en_1',
    '/.well-known/acme-challenge/tok-en_1;x',
    '/.well-known/acme-challenge/tok-en_1%00',
    '/.well-known/acme-challenge/..',
    '/.well-known/pki-validation/..%2f..%2fetc%2fpasswd',
    '/.well-known/pki-validation/../../../etc/passwd',
    '/.well-known/pki-validation/.hidden',
    `/.well-known/acme-challenge/${'a'.repeat(257)}`,
    '/.WELL-KNOWN/acme-challenge/tok-en_1',
    `http://shop.test${TOKEN}`,
    '*',
  ];
  for (const path of paths) assert.deepEqual([(await get('shop.test', path)).status, path], [404, path]);
  const hosts = [
    '',
    'shop.test, other.test',
    'shop.test/../other.test',
    'user@shop.test',
    '[shop.test]',
    '::1',
    '[::1',
    'a..b',
    'shop.test:80:80',
    'shop_.test-',
    `${'a'.repeat(64)}.test`,
    'shop%2etest',
    'shop.test:port',
  ];
  for (const host of hosts) assert.deepEqual([(await get(host, TOKEN)).status, host], [404, host]);
  assert.deepEqual(asked, []);
  assert.equal(counts['not-found'], paths.length + hosts.length);
});

test('gives nobody the answer of another name', async (t) => {
  const { get } = await start(t);
  for (const host of ['www.shop.test', 'test', 'shop.test.other.test', 'xshop.test']) {
    const { status, body } = await get(host, TOKEN);
    assert.deepEqual([status, body], [404, 'Nothing here\n'], host);
  }
  assert.equal((await get('other.test', TOKEN)).body, 'of another');
});

test('takes no request with two hosts, or without one', async (t) => {
  const { raw, asked } = await start(t);
  const two = await raw(`GET ${TOKEN} HTTP/1.1\r\nHost: other.test\r\nHost: shop.test\r\n\r\n`);
  assert.match(two, /^HTTP\/1.1 40[04]/);
  assert.match(await raw(`GET ${TOKEN} HTTP/1.1\r\n\r\n`), /^HTTP\/1.1 400/);
  assert.match(await raw(`GET ${TOKEN} HTTP/1.0\r\n\r\n`), /^HTTP\/1.1 404/);
  assert.deepEqual(asked, []);
});

test('ends long headers and never reads a body', async (t) => {
  const { raw, asked } = await start(t);
  assert.match(
    await raw(`GET ${TOKEN} HTTP/1.1\r\nHost: shop.test\r\nX: ${'x'.repeat(9_000)}\r\n\r\n`),
    /^HTTP\/1.1 431/,
  );
  const expecting = `POST ${TOKEN} HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n`;
  assert.match(await raw(expecting), /^HTTP\/1.1 417/);
  assert.deepEqual(asked, []);
});

test('says that it cannot where the database fails', async (t) => {
  const warnings: string[] = [];
  const { counts, count } = counter();
  const responder = await using(
    t,
    startHttpResponder({
      answers: { values: () => Promise.reject(new Error('gone')) },
      listen: LOOPBACK,
      count,
      log: { warn: (_details, message) => void warnings.push(message) },
    }),
  );
  const answer = await fetch(`http://127.0.0.1:${responder.port}${TOKEN}`);
  assert.equal(answer.status, 503);
  assert.deepEqual([counts.failed, warnings.length], [1, 1]);
});

test('tells the operator why it cannot listen', async (t) => {
  const { count } = counter();
  const options = { answers: keptAnswers(), count, log: noWarning };
  const { port } = await using(t, startHttpResponder({ ...options, listen: LOOPBACK }));
  await assert.rejects(startHttpResponder({ ...options, listen: { host: '127.0.0.1', port } }), {
    kind: 'invalid-value',
    message: `The HTTP responder cannot listen on 127.0.0.1 port ${port}: another program listens there`,
  });
});
