import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { after, test } from 'node:test';
import { type Answer, encode } from 'dns-packet';
import { createAddressGuard } from '../../src/validation/address-guard.ts';
import { createLookAtName } from '../../src/validation/name-sight.ts';
import { createResolver } from '../../src/validation/resolver.ts';
import { startScriptedDns, type ScriptedDns, type Zone } from '../support/scripted-dns.ts';
import { response, startScriptedHttp } from '../support/scripted-http.ts';
import { selfSigned } from '../support/self-signed.ts';

const closing: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closing) await close();
});

async function resolverOver(dns: ScriptedDns) {
  closing.push(() => dns.close());
  return createResolver({
    serversFor: () => [dns],
    timeoutMs: 500,
    attempts: 2,
    random: { bytes: (length) => new Uint8Array(randomBytes(length)) },
    clock: { now: () => Date.now() },
  });
}

/** Records of one name beside what the zone knows. */
function serve(dns: ScriptedDns, records: Record<string, Answer[]>): void {
  dns.script = ({ seen, query, byZone, send }) => {
    const answers = records[seen.type];
    if (answers === undefined) return byZone === null ? undefined : send(byZone);
    send(encode({ id: query.id ?? 0, type: 'response', flags: 0x180, questions: query.questions ?? [], answers }));
  };
}

test('sees every kind of record, what the web server answers, and the certificate that is shown', async () => {
  const name = 'shop.test';
  const web = await startScriptedHttp((socket) => {
    socket.end(response(302, '', { location: 'https://shop.test/' }));
  });
  const secure = createServer(selfSigned, (socket) => socket.on('error', () => {}));
  secure.listen(0, '127.0.0.1');
  await once(secure, 'listening');
  closing.push(
    () => web.close(),
    async () => void secure.close(),
  );
  const zone: Zone = { [name]: { A: ['127.0.0.1'], TXT: ['v=spf1 -all'], CAA: [[0, 'issue', 'ca.test']] } };
  const dns = await startScriptedDns(zone);
  const common = { name, ttl: 300 };
  serve(dns, {
    NS: [{ ...common, type: 'NS', data: 'ns1.dns.test' }],
    MX: [{ ...common, type: 'MX', data: { preference: 10, exchange: 'mail.shop.test' } }],
    SOA: [
      {
        ...common,
        type: 'SOA',
        data: {
          mname: 'ns1.dns.test',
          rname: 'host.dns.test',
          serial: 2026112201,
          refresh: 1,
          retry: 2,
          expire: 3,
          minimum: 4,
        },
      },
    ],
  });
  const look = createLookAtName({
    resolver: await resolverOver(dns),
    guard: createAddressGuard(),
    route: (_host, port) => ({
      address: '127.0.0.1',
      port: port === 80 ? web.port : (secure.address() as AddressInfo).port,
    }),
  });
  const { tls, ...sight } = await look(`*.${name}`);
  assert.deepEqual(sight, {
    cname: null,
    a: ['127.0.0.1'],
    aaaa: [],
    ns: ['ns1.dns.test'],
    mx: [{ preference: 10, host: 'mail.shop.test' }],
    txt: ['v=spf1 -all'],
    caa: [{ flags: 0, tag: 'issue', value: 'ca.test' }],
    soa: { ns: 'ns1.dns.test', mbox: 'host.dns.test', serial: 2026112201, refresh: 1, retry: 2, expire: 3, minttl: 4 },
    dnsError: null,
    http: { status: 302, location: 'https://shop.test/', error: null },
  });
  assert.equal(tls?.commonName, 'nobody.invalid');
  assert.match(tls?.problem ?? '', /SELF_SIGNED/);
  assert.ok(tls !== null && tls.notAfter > tls.notBefore);
});

test('attack: no special address is called, whatever the DNS says', async () => {
  const web = await startScriptedHttp((socket) => void socket.end(response(200, 'inside')));
  closing.push(() => web.close());
  for (const address of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '192.168.1.1']) {
    const dns = await startScriptedDns({ 'inside.test': { A: ['192.0.2.1', address] } });
    const look = createLookAtName({ resolver: await resolverOver(dns), guard: createAddressGuard() });
    const { http, tls } = await look('inside.test');
    assert.equal(http.status, null, address);
    assert.match(http.error ?? '', /address/, address);
    assert.equal(tls, null);
  }
  assert.equal(web.requests.length, 0);
});

test('tells of names that do not exist, servers that are silent, and answers that cannot be read', async () => {
  const silent = { A: ['192.0.2.1'], fail: 'timeout' } as const;
  for (const [zone, expected] of [
    [{}, /does not exist|no such/i],
    [{ 'gone.test': silent }, /time|answer/i],
    [{ 'gone.test': { fail: 'SERVFAIL' } }, /SERVFAIL|fail/i],
    [{ 'gone.test': { fail: 'malformed' } }, /./],
  ] as const) {
    const dns = await startScriptedDns(zone as Zone);
    const look = createLookAtName({ resolver: await resolverOver(dns), guard: createAddressGuard() });
    const sight = await look('gone.test');
    assert.match(sight.dnsError ?? '', expected);
    assert.deepEqual([sight.a, sight.mx, sight.soa, sight.tls], [[], [], null, null]);
    assert.ok(sight.http.error);
  }
});

test('a server that never answers is given up in time', async () => {
  const web = await startScriptedHttp(() => {});
  closing.push(() => web.close());
  const dns = await startScriptedDns({ 'slow.test': { A: ['192.0.2.1'] } });
  const look = createLookAtName({
    resolver: await resolverOver(dns),
    guard: createAddressGuard(),
    route: () => ({ address: '127.0.0.1', port: web.port }),
    timeoutMs: 100,
  });
  const { http, tls } = await look('slow.test');
  assert.match(http.error ?? '', /time/);
  assert.equal(tls, null);
});
