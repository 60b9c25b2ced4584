import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { decode, encode, type Question } from 'dns-packet';
import fc from 'fast-check';
import { answerQuery } from '../../src/responders/dns-answer.ts';
import { createRate } from '../../src/responders/dns-rate.ts';
import { type DnsResponderOptions, startDnsResponder } from '../../src/responders/dns-responder.ts';
import { createZone, type Zone, type ZoneSettings } from '../../src/responders/dns-zone.ts';
import { createResolver } from '../../src/validation/resolver.ts';
import { framed } from '../../src/validation/tcp-exchange.ts';
import { fixedClock } from '../support/stores.ts';
import { counter, keptAnswers, LOOPBACK, noWarning, NOON, random, using } from './world.ts';

const LABEL = 'abcdefghijklmnopqrstuvwxyz234567';
const EMPTY = 'b'.repeat(32);
const MANY = 'c'.repeat(32);
const ZONE: ZoneSettings = {
  zone: 'acme.desk.test',
  nameServers: ['ns1.acme.desk.test', 'ns.a.acme.desk.test', 'ns.elsewhere.test'],
  addresses: ['192.0.2.1', '2001:db8::1'],
};

const VALUES = {
  [`dns ${LABEL}.acme.desk.test`]: ['one', 'two'],
  [`dns ${MANY}.acme.desk.test`]: Array.from({ length: 32 }, (_, at) => String(at).padStart(43, 'v')),
};

function makeZone(settings = ZONE): Zone & { asked: string[] } {
  const answers = keptAnswers(VALUES);
  const zone = createZone(settings, (name) => answers.values('dns', name), { now: () => NOON });
  return { ...zone, asked: answers.asked };
}

interface AskOptions {
  transport?: 'udp' | 'tcp';
  edns?: number;
  flags?: number;
  class?: 'IN' | 'CH';
  slip?: boolean;
}

function query(name: string, type: string, { edns, flags = 0, class: questionClass = 'IN' }: AskOptions = {}): Buffer {
  const opt = { type: 'OPT', name: '.', udpPayloadSize: edns, extendedRcode: 0, ednsVersion: 0, flags: 0, options: [] };
  return encode({
    type: 'query',
    id: 4711,
    flags,
    questions: [{ name, type: type as Question['type'], class: questionClass }],
    additionals: edns === undefined ? [] : [opt as never],
  });
}

async function ask(zone: Zone, name: string, type: string, options: AskOptions = {}) {
  const bytes = query(name, type, options);
  const reply = await answerQuery(zone, bytes, options.transport ?? 'udp', options.slip);
  assert.ok(reply !== null);
  const read = decode(reply);
  const data = (read.answers ?? []).map((record) => ('data' in record ? record.data : null));
  const texts = data.map((one) => (Array.isArray(one) ? one.map(String).join('') : one));
  return { read, reply, texts, rcode: (read as unknown as { rcode: string }).rcode, bytes };
}

test('gives out what is published, newest first', async () => {
  const { read, texts, rcode } = await ask(makeZone(), `${LABEL}.acme.desk.test`, 'TXT');
  assert.deepEqual([texts, rcode, read.flag_aa, read.flag_ra, read.id], [['one', 'two'], 'NOERROR', true, false, 4711]);
  assert.equal(read.answers?.[0]?.name, `${LABEL}.acme.desk.test`);
});

test('gives the question back as it came, letter for letter', async () => {
  const spelled = `${LABEL.toUpperCase()}.aCMe.dEsk.TEST`;
  const { reply, bytes, texts } = await ask(makeZone(), spelled, 'TXT');
  assert.deepEqual(reply.subarray(12, bytes.length), bytes.subarray(12));
  assert.deepEqual(texts, ['one', 'two']);
});

test('tells what does not exist from what holds no such record', async () => {
  const zone = makeZone();
  for (const [name, type, wanted] of [
    [`${EMPTY}.acme.desk.test`, 'TXT', 'NOERROR'],
    [`${LABEL}.acme.desk.test`, 'A', 'NOERROR'],
    [`${LABEL}.acme.desk.test`, 'CAA', 'NOERROR'],
    ['acme.desk.test', 'TXT', 'NOERROR'],
    ['a.acme.desk.test', 'A', 'NOERROR'],
    ['ns1.acme.desk.test', 'TXT', 'NOERROR'],
    ['short.acme.desk.test', 'TXT', 'NXDOMAIN'],
    [`x.${LABEL}.acme.desk.test`, 'TXT', 'NXDOMAIN'],
    [`${LABEL.slice(1)}1.acme.desk.test`, 'TXT', 'NXDOMAIN'],
    ['_acme-challenge.acme.desk.test', 'TXT', 'NXDOMAIN'],
  ]) {
    const { rcode, read, texts } = await ask(zone, name as string, type as string);
    assert.deepEqual([name, rcode, texts], [name, wanted, []]);
    const [soa] = read.authorities ?? [];
    assert.deepEqual(
      [soa?.type, soa?.name, (soa as { ttl?: number } | undefined)?.ttl],
      ['SOA', 'acme.desk.test', 1],
      String(name),
    );
  }
  assert.deepEqual(zone.asked, [`dns ${EMPTY}.acme.desk.test`]);
});

test('speaks for its zone: SOA, NS, and addresses of the servers in it', async () => {
  const zone = makeZone();
  const soa = (await ask(zone, 'acme.desk.test', 'SOA')).read.answers?.[0] as {
    data: { serial: number; mname: string };
  };
  assert.deepEqual([soa.data.serial, soa.data.mname], [NOON / 1_000, 'ns1.acme.desk.test']);
  assert.deepEqual((await ask(zone, 'acme.desk.test', 'NS')).texts, ZONE.nameServers);
  assert.deepEqual((await ask(zone, 'ns1.acme.desk.test', 'A')).texts, ['192.0.2.1']);
  assert.equal((await ask(zone, 'NS.a.acme.desk.test', 'AAAA')).texts.length, 1);
  const plain = makeZone({ zone: 'acme.desk.test', nameServers: [], addresses: [] });
  assert.deepEqual((await ask(plain, 'acme.desk.test', 'NS')).texts, ['ns1.acme.desk.test']);
});

test('refuses what is not its own, and never offers recursion', async () => {
  const zone = makeZone();
  const refused: [string, string, AskOptions][] = [
    ['desk.test', 'SOA', {}],
    ['other.test', 'A', { flags: 0x0100 }],
    ['xacme.desk.test', 'TXT', {}],
    ['acme.desk.test.evil.test', 'TXT', {}],
    ['.', 'NS', {}],
    ['acme.desk.test', 'AXFR', { transport: 'tcp' }],
    ['acme.desk.test', 'IXFR', { transport: 'tcp' }],
    ['acme.desk.test', 'SOA', { class: 'CH' }],
  ];
  for (const [name, type, options] of refused) {
    const { rcode, read, texts } = await ask(zone, name, type, options);
    assert.deepEqual([name, rcode, read.flag_aa, read.flag_ra, texts], [name, 'REFUSED', false, false, []]);
  }
  assert.deepEqual(zone.asked, []);
});

test('is small over UDP: TC beyond what the asker takes, whole over TCP', async () => {
  const zone = makeZone();
  const name = `${MANY}.acme.desk.test`;
  const plain = await ask(zone, name, 'TXT');
  assert.deepEqual([plain.read.flag_tc, plain.texts.length], [true, 0]);
  assert.ok(plain.reply.length <= plain.bytes.length);
  const wide = await ask(zone, name, 'TXT', { edns: 4_096 });
  assert.deepEqual([wide.read.flag_tc, wide.texts.length], [false, 12]);
  assert.ok(wide.reply.length <= 1_232);
  assert.equal((await ask(zone, name, 'TXT', { transport: 'tcp' })).texts.length, 12);
  assert.deepEqual((await ask(zone, 'acme.desk.test', 'ANY')).texts, [{ cpu: 'RFC8482', os: '' }]);
  const slipped = await ask(zone, name, 'TXT', { slip: true });
  assert.deepEqual([slipped.read.flag_tc, slipped.texts.length], [true, 0]);
});

test('answers other opcodes and broken messages with no more than a header', async () => {
  const zone = makeZone();
  const good = query(`${LABEL}.acme.desk.test`, 'TXT');
  const update = Buffer.from(good);
  update.writeUInt8(0x28, 2);
  assert.deepEqual((await answerQuery(zone, update, 'udp'))?.toString('hex'), '1267a8040000000000000000');
  const two = Buffer.from(good);
  two.writeUInt16BE(2, 4);
  assert.deepEqual((await answerQuery(zone, two, 'udp'))?.toString('hex'), '126780010000000000000000');
  assert.deepEqual((await answerQuery(zone, good.subarray(0, 20), 'udp'))?.length, 12);
  assert.equal(await answerQuery(zone, good.subarray(0, 11), 'udp'), null);
  const reply = Buffer.from(good);
  reply.writeUInt8(0x80, 2);
  assert.equal(await answerQuery(zone, reply, 'udp'), null);
});

test('survives any octets, and never sends more than it should', async () => {
  const zone = makeZone();
  const good = query(`${LABEL}.acme.desk.test`, 'TXT', { edns: 4_096 });
  const mutated = fc
    .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
    .map((changes) => {
      const bytes = Buffer.from(good);
      for (const [at, value] of changes) bytes.writeUInt8(value, at);
      return bytes;
    });
  const any = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    mutated,
  );
  await fc.assert(
    fc.asyncProperty(any, async (bytes) => {
      const reply = await answerQuery(zone, bytes, 'udp');
      if (reply === null) return;
      assert.ok(reply.length >= 12 && reply.length <= 1_232);
      assert.deepEqual(reply.subarray(0, 2), bytes.subarray(0, 2));
      assert.equal(reply.readUInt8(2) & 0x80, 0x80);
      decode(reply);
    }),
    { numRuns: 3_000 },
  );
});

async function start(t: TestContext, changes: Partial<DnsResponderOptions> = {}) {
  const { counts, count } = counter();
  const plain = { answers: keptAnswers(VALUES), clock: fixedClock(NOON), zone: ZONE, listen: LOOPBACK, log: noWarning };
  return { counts, responder: await using(t, startDnsResponder({ ...plain, count, ...changes })) };
}

test('answers a resolver over UDP and TCP', async (t) => {
  const { responder, counts } = await start(t);
  const resolver = createResolver({
    serversFor: () => [responder],
    timeoutMs: 2_000,
    attempts: 2,
    random,
    clock: { now: () => NOON },
  });
  assert.deepEqual((await resolver.resolve(`${LABEL}.acme.desk.test`, 'TXT')).records, ['one', 'two']);
  const many = await resolver.resolve(`${MANY}.acme.desk.test`, 'TXT');
  assert.equal(many.records.length, 12);
  assert.equal((await resolver.resolve('short.acme.desk.test', 'TXT')).kind, 'nxdomain');
  assert.ok((counts.found ?? 0) >= 2);
});

/** Also where it was reset. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.once('close', () => resolve()));
}

test('takes several questions on one connection, and none that is too long', async (t) => {
  const { responder } = await start(t);
  const send = async (bytes: Buffer): Promise<Buffer> => {
    const socket = connect(responder);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.end(bytes);
    await closed(socket);
    return Buffer.concat(chunks);
  };
  const one = framed(query(`${LABEL}.acme.desk.test`, 'TXT'));
  const replies = await send(Buffer.concat([one, one, one]));
  const first = replies.readUInt16BE(0) + 2;
  assert.equal(replies.length, first * 3);
  const most = await send(Buffer.concat(Array.from({ length: 101 }, () => one)));
  assert.equal(most.length, first * 100, 'a hundred on one connection');
  assert.equal((await send(Buffer.concat([Buffer.from([0xff, 0xff]), Buffer.alloc(10)]))).length, 0);
  assert.equal((await send(Buffer.from([0, 3, 1, 2, 3]))).length, 0);
  assert.equal((await send(one.subarray(0, 9))).length, 0);
});

/** Timers that run when the test says so; `cancelled` resolves with the next that is taken back. */
function handTimers() {
  const waiting = new Map<() => void, number>();
  let taken = Promise.withResolvers<void>();
  const after = (milliseconds: number, work: () => void): (() => void) => {
    waiting.set(work, milliseconds);
    return () => {
      waiting.delete(work);
      taken.resolve();
      taken = Promise.withResolvers();
    };
  };
  return { waiting, after, cancelled: (): Promise<void> => taken.promise };
}

test('attack: who never falls silent over TCP is cut off all the same', async (t) => {
  const timers = handTimers();
  const { responder } = await start(t, { timers });
  const socket = connect(responder);
  socket.on('error', () => {});
  const asked = framed(query(`${LABEL}.acme.desk.test`, 'TXT'));
  socket.write(asked);
  await once(socket, 'data');
  socket.write(asked.subarray(0, 1));
  const [[end, milliseconds] = []] = timers.waiting;
  assert.equal(milliseconds, 10_000);
  const gone = [closed(socket), timers.cancelled()];
  end?.();
  await Promise.all(gone);
  assert.equal(timers.waiting.size, 0);
});

test('attack: whoever keeps connections open gets 256 of them, and leaves UDP alone', async (t) => {
  const timers = handTimers();
  const { responder } = await start(t, { timers });
  const asked = query(`${LABEL}.acme.desk.test`, 'TXT');
  const ask = async (socket: Socket): Promise<number> => {
    let received = 0;
    socket.on('data', (chunk: Buffer) => (received += chunk.length));
    socket.end(framed(asked));
    await closed(socket);
    return received;
  };
  const open = async (): Promise<Socket> => {
    const socket = connect({ ...responder, allowHalfOpen: true });
    socket.on('error', () => {});
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  const held = await Promise.all(Array.from({ length: 256 }, open));
  assert.equal(await ask(await open()), 0, 'one more is not taken');
  const udp = createSocket('udp4');
  t.after(() => udp.close());
  udp.send(asked, responder.port, '127.0.0.1');
  assert.ok(((await once(udp, 'message')) as [Buffer])[0].length > 12);
  const gone = timers.cancelled();
  held[0]?.destroy();
  await gone;
  assert.ok((await ask(await open())) > 12, 'where one ends, another is taken');
});

test('says SERVFAIL where the database fails', async (t) => {
  const warnings: string[] = [];
  const broken = { asked: [], values: () => Promise.reject(new Error('gone')) };
  const { responder, counts } = await start(t, { answers: broken, log: { warn: () => void warnings.push('') } });
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  socket.send(query(`${LABEL}.acme.desk.test`, 'TXT'), responder.port, '127.0.0.1');
  const [reply] = (await once(socket, 'message')) as [Buffer];
  assert.equal(reply.readUInt8(3) & 15, 2);
  assert.deepEqual([counts.failed, warnings.length], [1, 1]);
});

test('floods nobody: a network gets its burst, then half of the replies, cut off', () => {
  const clock = fixedClock(NOON);
  const rate = createRate(clock);
  const count = (address: string, times: number): Record<string, number> => {
    const verdicts: Record<string, number> = {};
    for (let n = 0; n < times; n += 1) {
      const verdict = rate(address);
      verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
    }
    return verdicts;
  };
  assert.deepEqual(count('192.0.2.1', 300), { answer: 200, slip: 50, drop: 50 });
  assert.deepEqual(count('192.0.2.200', 10), { slip: 5, drop: 5 });
  assert.deepEqual(count('192.0.3.1', 10), { answer: 10 });
  assert.deepEqual(count('2001:db8::1', 200), { answer: 200 });
  assert.deepEqual(count('2001:db8:0:0:1::1', 2), { drop: 1, slip: 1 });
  assert.deepEqual(count('2001:db8:0:100::1', 2), { answer: 2 });
  clock.set(NOON + 1_000);
  assert.deepEqual(count('192.0.2.1', 52), { answer: 50, slip: 1, drop: 1 });
  for (let n = 0; n < 12_000; n += 1) rate(`10.${n >> 8}.${n & 255}.1`);
});
