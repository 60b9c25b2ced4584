import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { connect as connectTcp } from 'node:net';
import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { once } from 'node:events';
import { startTlsAlpnResponder } from '../../src/responders/tls-alpn-responder.ts';
import { openssl } from '../support/openssl.ts';
import { lookupsTo, sniFor } from '../support/acme-server/lookups.ts';
import { lookAt } from '../support/acme-server/validate.ts';
import { counter, keptAnswers, LOOPBACK, noWarning, random, using } from './world.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

const VALUES = {
  'tls-alpn shop.test': [digest('tok.thumb')],
  'tls-alpn 192.0.2.7': [digest('tok.thumb')],
  'tls-alpn 2001:db8::1': [digest('tok.thumb')],
  'tls-alpn broken.test': ['not a digest'],
};

async function start(t: TestContext) {
  const answers = keptAnswers(VALUES);
  const { counts, count } = counter();
  const options = { answers, clock: { now: () => Date.now() }, random, listen: LOOPBACK, count, log: noWarning };
  const responder = await using(t, startTlsAlpnResponder(options));
  return { responder, counts, asked: answers.asked };
}

interface Hello {
  servername?: string;
  ALPNProtocols?: string[];
  maxVersion?: 'TLSv1.2';
}

/** What the handshake came to: the protocol, or the error's code. */
function shake(
  port: number,
  hello: Hello,
): Promise<{ protocol: string | false | null; error: string; raw: Buffer | null }> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...hello });
    let protocol: string | false | null = null;
    let raw: Buffer | null = null;
    let error = '';
    socket.on('secureConnect', () => {
      protocol = socket.alpnProtocol;
      raw = socket.getPeerCertificate().raw;
    });
    socket.on('error', (failure: NodeJS.ErrnoException) => (error = failure.code ?? failure.message));
    socket.on('close', () => resolve({ protocol, error, raw }));
    socket.resume();
  });
}

test('satisfies a validator, for names and addresses', async (t) => {
  const { responder } = await start(t);
  const lookups = lookupsTo({ tls: responder });
  const view = { wildcard: false, type: 'tls-alpn-01', token: 'tok', keyAuthorization: 'tok.thumb' } as const;
  for (const identifier of [
    { type: 'dns', value: 'shop.test' },
    { type: 'ip', value: '192.0.2.7' },
    { type: 'ip', value: '2001:db8::1' },
  ] as const) {
    assert.equal(await lookAt({ ...view, identifier }, lookups), null, identifier.value);
    const wrong = await lookAt({ ...view, identifier, keyAuthorization: 'tok.other' }, lookups);
    assert.equal(wrong?.type, 'unauthorized');
  }
});

test('shows a certificate as RFC 8737 §3 has it, as openssl reads it', async (t) => {
  const { responder } = await start(t);
  const { raw } = await shake(responder.port, { servername: 'SHOP.test', ALPNProtocols: ['acme-tls/1'] });
  const text = openssl(['x509', '-inform', 'DER', '-noout', '-text'], raw as Buffer);
  assert.match(text, /Subject Alternative Name: *\n\s+DNS:shop\.test\n/);
  assert.match(text, /1\.3\.6\.1\.5\.5\.7\.1\.31: critical\n/);
  assert.match(text, /NIST CURVE: P-256/);
  assert.match(text, /Issuer: CN ?= ?ACME challenge\n/);
});

test('speaks TLS 1.2 and 1.3, says nothing after the handshake', async (t) => {
  const { responder } = await start(t);
  for (const more of [{}, { maxVersion: 'TLSv1.2' }] as const) {
    const { protocol, error } = await shake(responder.port, {
      servername: 'shop.test',
      ALPNProtocols: ['acme-tls/1', 'h2'],
      ...more,
    });
    assert.deepEqual([protocol, error], ['acme-tls/1', '']);
  }
});

test('refuses every other protocol, and names without a challenge', async (t) => {
  const { responder, counts } = await start(t);
  const h2 = await shake(responder.port, { servername: 'shop.test', ALPNProtocols: ['h2', 'http/1.1'] });
  assert.match(h2.error, /NO_APPLICATION_PROTOCOL/);
  assert.equal(h2.protocol, null);
  const found = counts.found ?? 0;
  const bad = [
    'other.test',
    'www.shop.test',
    'broken.test',
    'in-addr.arpa',
    '999.2.0.192.in-addr.arpa',
    `${'a'.repeat(64)}.test`,
  ];
  for (const servername of bad) {
    const { protocol, error } = await shake(responder.port, { servername, ALPNProtocols: ['acme-tls/1'] });
    assert.deepEqual([protocol, error !== ''], [null, true], servername);
  }
  assert.equal(counts.found ?? 0, found);
  const nameless = await shake(responder.port, { ALPNProtocols: ['acme-tls/1'], servername: '' });
  assert.deepEqual([nameless.protocol, nameless.error !== ''], [null, true]);
  const silent = await shake(responder.port, { servername: 'shop.test' });
  assert.equal(silent.protocol, false);
});

test('shakes hands with openssl s_client', async (t) => {
  const { responder } = await start(t);
  const connectTo = async (alpn: string): Promise<string> => {
    const args = ['s_client', '-connect', `127.0.0.1:${responder.port}`, '-servername', 'shop.test', '-alpn', alpn];
    const child = spawn('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await once(child, 'close');
    return output;
  };
  const good = await connectTo('acme-tls/1');
  assert.match(good, /ALPN protocol: acme-tls\/1/);
  assert.match(good, /subject=CN ?= ?ACME challenge/);
  const bad = await connectTo('h2');
  assert.match(bad, /no application protocol/i);
  assert.ok(!bad.includes('BEGIN CERTIFICATE'));
});

test('keeps no connection of who does not hang up', { timeout: 10_000 }, async (t) => {
  const { responder } = await start(t);
  for (const more of [{}, { maxVersion: 'TLSv1.2' }] as const) {
    const raw = connectTcp({ ...responder, allowHalfOpen: true });
    const gone = new Promise<string>((resolve) => raw.on('error', ({ message }) => resolve(message)));
    // What TLS says of its end stays here.
    const held = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => void raw.write(chunk, () => done()),
      final: (done) => done(),
    });
    raw.on('data', (chunk) => void held.push(chunk));
    const hello = { servername: 'shop.test', ALPNProtocols: ['acme-tls/1'], rejectUnauthorized: false, ...more };
    await once(connect({ ...hello, socket: held }), 'secureConnect');
    // A record without an end: nothing that would be an error.
    raw.write(Buffer.from('1703034000', 'hex'));
    const talk = setInterval(() => raw.write(Buffer.alloc(1)), 20);
    t.after(() => clearInterval(talk));
    assert.match(await gone, /ECONNRESET|EPIPE/);
    clearInterval(talk);
    raw.destroy();
  }
});

test('survives what is no TLS', async (t) => {
  const { responder } = await start(t);
  for (const bytes of [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.alloc(1_000, 0x16),
    Buffer.from('160301ffff', 'hex'),
  ]) {
    const socket = connectTcp(responder);
    socket.on('error', () => {});
    socket.resume();
    socket.end(bytes);
    await once(socket, 'close');
  }
  const { protocol } = await shake(responder.port, { servername: 'shop.test', ALPNProtocols: ['acme-tls/1'] });
  assert.equal(protocol, 'acme-tls/1');
});

test('names of addresses are those of RFC 8738 §6', () => {
  assert.equal(sniFor('192.0.2.7'), '7.2.0.192.in-addr.arpa');
  assert.equal(sniFor('2001:db8::1').split('.').length, 34);
});
