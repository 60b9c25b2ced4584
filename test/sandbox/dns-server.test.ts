import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { DecodedPacket, TxtAnswer } from 'dns-packet';
import fc from 'fast-check';
import { answerQuery, type DnsServer, startDnsServer } from '../../src/sandbox/dns-server.ts';
import { createZone } from '../../src/sandbox/dns-zone.ts';
import { askTcp, askUdp, edns, question } from './dns-client.ts';

const WEB = '127.0.0.1';
const zone = createZone(WEB);
let server: DnsServer;

before(async () => {
  server = await startDnsServer(zone, assert.ifError);
});
after(() => server.close());

const rcode = (packet: DecodedPacket): string => (packet as DecodedPacket & { rcode: string }).rcode;
const data = (packet: DecodedPacket): unknown[] =>
  (packet.answers ?? []).map((answer) => ('data' in answer ? answer.data : null));
const isAuthority = (packet: DecodedPacket): boolean => packet.authorities?.[0]?.type === 'SOA';

test('every kind of record comes back as it was published', async () => {
  const cases = [
    ['A', '10.1.2.3', '10.1.2.3'],
    ['AAAA', '2001:DB8::1', '2001:db8::1'],
    ['CNAME', 'target.example.net.', 'target.example.net'],
    ['NS', 'ns1.shop.example', 'ns1.shop.example'],
    ['MX', '10 mail.shop.example', { preference: 10, exchange: 'mail.shop.example' }],
    ['TXT', 'hello', [Buffer.from('hello')]],
    ['CAA', '0 issue "ca.example"', { flags: 0, tag: 'issue', value: 'ca.example', issuerCritical: false }],
    ['CAA', '128 tbs ""', { flags: 128, tag: 'tbs', value: '', issuerCritical: true }],
  ] as const;
  for (const [index, [type, value, expected]] of cases.entries()) {
    const name = `kind${index}.example.com`;
    zone.add({ name, type, value });
    const reply = await askUdp(server, question(name, type));
    assert.equal(rcode(reply), 'NOERROR');
    assert.deepEqual(data(reply), [expected], `${type} ${value}`);
    assert.equal(reply.flag_aa, true);
    assert.equal(reply.id, 4711);
  }
});

test('a record is gone once it is taken back, and the others of its name stay', async () => {
  zone.add({ name: 'gone.test', type: 'TXT', value: 'one' });
  zone.add({ name: 'GONE.test.', type: 'txt', value: 'two' });
  zone.remove({ name: 'gone.test', type: 'TXT', value: 'one' });
  assert.deepEqual(data(await askUdp(server, question('gone.test', 'TXT'))), [[Buffer.from('two')]]);
  zone.remove({ name: 'gone.test', type: 'TXT', value: 'two' });
  zone.remove({ name: 'gone.test', type: 'TXT', value: 'two' });
  assert.deepEqual(data(await askUdp(server, question('gone.test', 'TXT'))), []);
});

test('a name that does not exist is told from one without such a record', async () => {
  const missing = await askUdp(server, question('_dnsauth.nowhere.example', 'TXT'));
  assert.equal(rcode(missing), 'NXDOMAIN');
  assert.ok(isAuthority(missing));

  const host = await askUdp(server, question('nowhere.example', 'TXT'));
  assert.equal(rcode(host), 'NOERROR');
  assert.deepEqual(data(host), []);
  assert.ok(isAuthority(host));

  zone.add({ name: 'deep._parent.example', type: 'TXT', value: 'x' });
  assert.equal(
    rcode(await askUdp(server, question('_parent.example', 'TXT'))),
    'NOERROR',
    'RFC 8020: above an existing name',
  );
});

test('a host name without an address of its own leads to the web server', async () => {
  assert.deepEqual(data(await askUdp(server, question('any.shop.example.org', 'A'))), [WEB]);
  assert.deepEqual(data(await askUdp(server, question('localhost', 'A'))), [WEB]);
  zone.add({ name: 'own.example', type: 'AAAA', value: '::2' });
  assert.deepEqual(data(await askUdp(server, question('own.example', 'A'))), []);
  zone.add({ name: 'elsewhere.example', type: 'A', value: '10.0.0.9' });
  assert.deepEqual(data(await askUdp(server, question('elsewhere.example', 'A'))), ['10.0.0.9']);
});

test('aliases are followed to their end', async () => {
  zone.add({ name: '_a.shop.test', type: 'CNAME', value: '_b.shop.test' });
  zone.add({ name: '_b.shop.test', type: 'CNAME', value: '_c.shop.test' });
  const open = await askUdp(server, question('_a.shop.test', 'TXT'));
  assert.equal(rcode(open), 'NXDOMAIN', 'RFC 6604 §2.1: the code is that of the last name');
  assert.deepEqual(data(open), ['_b.shop.test', '_c.shop.test']);

  zone.add({ name: '_c.shop.test', type: 'TXT', value: 'end' });
  assert.deepEqual(data(await askUdp(server, question('_a.shop.test', 'TXT'))), [
    '_b.shop.test',
    '_c.shop.test',
    [Buffer.from('end')],
  ]);
  assert.deepEqual(data(await askUdp(server, question('_a.shop.test', 'CNAME'))), ['_b.shop.test']);

  zone.add({ name: '_out.shop.test', type: 'CNAME', value: 'www.iana.org' });
  const out = await askUdp(server, question('_out.shop.test', 'A'));
  assert.equal(rcode(out), 'NOERROR');
  assert.deepEqual(data(out), ['www.iana.org']);
});

test('a circle of aliases ends', async () => {
  zone.add({ name: '_x.circle.test', type: 'CNAME', value: '_y.circle.test' });
  zone.add({ name: '_y.circle.test', type: 'CNAME', value: '_x.circle.test' });
  const reply = await askUdp(server, question('_x.circle.test', 'TXT'));
  assert.equal(rcode(reply), 'NOERROR');
  assert.ok(data(reply).length <= 9);
});

test('names of the real world are refused, but the empty parents of example.* are not', async () => {
  for (const name of ['chancery.dev', 'notexample', 'example.com.evil.dev', 'iana.org', '.']) {
    const reply = await askUdp(server, question(name, 'A'));
    assert.equal(rcode(reply), 'REFUSED', name);
    assert.equal(reply.flag_aa, false);
  }
  for (const name of ['com', 'net', 'org']) {
    const reply = await askUdp(server, question(name, 'CAA'));
    assert.equal(rcode(reply), 'NOERROR', name);
    assert.deepEqual(data(reply), []);
  }
});

test('zone transfers and other classes are refused', async () => {
  assert.equal(rcode(await askUdp(server, question('example.com', 'AXFR'))), 'REFUSED');
  const chaos = question('version.example', 'TXT', {
    questions: [{ name: 'version.example', type: 'TXT', class: 'CH' }],
  });
  assert.equal(rcode(await askUdp(server, chaos)), 'REFUSED');
});

test('the question comes back in the letter case in which it was asked', async () => {
  const reply = await askUdp(server, question('mIxEd.ExAmPlE', 'A'));
  assert.equal(reply.questions?.[0]?.name, 'mIxEd.ExAmPlE');
  assert.equal(reply.answers?.[0]?.name, 'mIxEd.ExAmPlE');
});

test('a text beyond 255 bytes is cut into strings', async () => {
  const value = 'é'.repeat(300);
  zone.add({ name: 'long.test', type: 'TXT', value });
  const [reply] = await askTcp(server, [question('long.test', 'TXT')]);
  const strings = (reply?.answers?.[0] as TxtAnswer | undefined)?.data as Buffer[];
  assert.deepEqual(
    strings.map((part) => part.length),
    [255, 255, 90],
  );
  assert.equal(Buffer.concat(strings).toString(), value);
});

test('what does not fit UDP is truncated, and whole over TCP', async () => {
  zone.add({ name: 'big.test', type: 'TXT', value: 'a'.repeat(1_000) });
  const small = await askUdp(server, question('big.test', 'TXT'));
  assert.equal(small.flag_tc, true);
  assert.deepEqual(small.answers, []);
  assert.ok(small.size <= 512);

  const larger = await askUdp(server, question('big.test', 'TXT', edns(1_232)));
  assert.equal(larger.flag_tc, false);
  assert.equal(larger.answers?.length, 1);

  zone.add({ name: 'big.test', type: 'TXT', value: 'b'.repeat(1_000) });
  assert.equal((await askUdp(server, question('big.test', 'TXT', edns(65_535)))).flag_tc, true, 'no large UDP replies');
  const [whole] = await askTcp(server, [question('big.test', 'TXT')]);
  assert.equal(whole?.answers?.length, 2);
});

test('several questions over one TCP connection, in pieces', async () => {
  const names = ['one.test', 'two.test', 'three.test'];
  const replies = await askTcp(
    server,
    names.map((name) => question(name, 'A')),
    10,
  );
  assert.deepEqual(
    replies.map((reply) => reply.questions?.[0]?.name),
    names,
  );
});

test('a message that is broken, a reply, or not a query is answered as RFC 1035 asks', () => {
  assert.equal(answerQuery(zone, Buffer.alloc(5), 'udp'), null);
  const reply = question('a.test', 'A');
  reply[2] = 0x80;
  assert.equal(answerQuery(zone, reply, 'udp'), null, 'a reply is never replied to');
  const update = question('a.test', 'A');
  update[2] = 5 << 3;
  assert.equal((answerQuery(zone, update, 'udp')?.readUInt8(3) ?? 0) & 15, 4);
  const bytes = question('x'.repeat(63), 'A').fill(0xff, 13, 13 + 63);
  assert.equal((answerQuery(zone, bytes, 'udp')?.readUInt8(3) ?? 0) & 15, 5);
  const cut = question('a.test', 'A').subarray(0, 15);
  const refused = answerQuery(zone, cut, 'udp');
  assert.equal((refused?.readUInt8(3) ?? 0) & 15, 1);
  assert.equal(refused?.readUInt16BE(0), 4711);
});

test('no bytes make the server throw or reply at length', () => {
  const valid = question('fuzz.test', 'TXT', edns(1_232));
  const mutated = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 6 }).map((changes) => {
    const copy = Buffer.from(valid);
    for (const [at, byte] of changes) copy[at] = byte;
    return copy;
  });
  const anything = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.oneof(mutated, anything), (message) => {
      const reply = answerQuery(zone, message, 'udp');
      assert.ok(reply === null || reply.length <= 1_232);
    }),
    { numRuns: 3_000 },
  );
});
