import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, beforeEach, test } from 'node:test';
import { createSocket } from 'node:dgram';
import { createResolver, type ResolverOptions } from '../../src/validation/resolver.ts';
import { systemDnsServers } from '../../src/validation/system.ts';
import { fixedClock, manualTimers } from '../support/manual-timers.ts';
import { reply, startScriptedDns, type Call } from '../support/scripted-dns.ts';

const dns = await startScriptedDns();
const second = await startScriptedDns();
after(() => Promise.all([dns.close(), second.close()]));
beforeEach(() => {
  for (const server of [dns, second]) {
    server.zone = {};
    server.script = null;
    server.seen.length = 0;
  }
});

const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };

function resolver(options: Partial<ResolverOptions> = {}) {
  return createResolver({
    serversFor: () => [dns],
    timeoutMs: 5_000,
    attempts: 2,
    random,
    clock: fixedClock,
    ...options,
  });
}

/** A TXT answer `value` for any name, changed as told. */
function txt(call: Call, value: string, changes: Parameters<typeof reply>[3] = {}) {
  const name = call.query.questions?.[0]?.name ?? '';
  return reply(call.query, 0, [{ type: 'TXT', name, ttl: 300, class: 'IN', data: value }], changes);
}

test('reads addresses, texts and CAA, with the smallest TTL and the evidence of the query', async () => {
  dns.zone = {
    'a.test': {
      A: ['192.0.2.1', '192.0.2.2'],
      AAAA: ['2001:db8::1'],
      TXT: [['one ', 'record'], 'two'],
      CAA: [[128, 'issue', 'ca.test']],
      ttl: 42,
    },
  };
  const found = await resolver().resolve('A.test.', 'A');
  assert.deepEqual(found.records, ['192.0.2.1', '192.0.2.2']);
  assert.equal(found.kind, 'answer');
  assert.equal(found.ttl, 42);
  assert.equal(found.server, `127.0.0.1:${dns.port}`);
  assert.equal(found.evidence.length, 1);
  const { answers, ...evidence } = found.evidence[0] ?? assert.fail();
  assert.deepEqual(evidence, {
    at: fixedClock.now(),
    server: `127.0.0.1:${dns.port}`,
    protocol: 'udp',
    question: 'a.test A',
    outcome: 'NOERROR',
  });
  assert.match(answers[0] ?? '', /^a\.test 42 A 192\.0\.2\.1$/i);
  assert.deepEqual((await resolver().resolve('a.test', 'AAAA')).records, ['2001:db8:0:0:0:0:0:1']);
  assert.deepEqual((await resolver().resolve('a.test', 'TXT')).records, ['one record', 'two']);
  assert.deepEqual((await resolver().resolve('a.test', 'CAA')).records, [
    { flags: 128, tag: 'issue', value: 'ca.test' },
  ]);
  assert.ok(dns.seen.every((seen) => seen.edns));
});

test('tells a missing name from a missing record, with the TTL of the SOA', async () => {
  dns.zone = { 'a.test': { A: ['192.0.2.1'] } };
  const missing = await resolver().resolve('b.test', 'TXT');
  assert.deepEqual([missing.kind, missing.ttl, missing.message], ['nxdomain', 60, 'b.test does not exist']);
  const empty = await resolver().resolve('a.test', 'TXT');
  assert.deepEqual([empty.kind, empty.ttl, empty.message], ['nodata', 60, 'a.test has no TXT record']);
  assert.equal(dns.seen.length, 2, 'neither is asked twice');
});

for (const fail of ['SERVFAIL', 'REFUSED', 'NOTIMP'] as const) {
  test(`${fail} is tried again and then told`, async () => {
    dns.zone = { 'a.test': { fail } };
    const found = await resolver({ attempts: 3 }).resolve('a.test', 'A');
    assert.equal(found.kind, 'servfail');
    assert.equal(found.ttl, 0);
    assert.match(found.message, new RegExp(`answered ${fail}`));
    assert.equal(dns.seen.length, 3);
  });
}

test('asks the next server where the first fails', async () => {
  dns.zone = { 'a.test': { fail: 'SERVFAIL' } };
  second.zone = { 'a.test': { A: ['192.0.2.7'] } };
  const found = await resolver({ serversFor: () => [dns, second] }).resolve('a.test', 'A');
  assert.deepEqual(found.records, ['192.0.2.7']);
  assert.deepEqual(
    found.evidence.map((query) => query.outcome),
    ['SERVFAIL', 'NOERROR'],
  );
});

test('silence is a timeout after all tries, each from its own port with its own id', async () => {
  const timers = manualTimers();
  dns.script = () => timers.fire();
  const found = await resolver({ timers, attempts: 8, timeoutMs: 1_234 }).resolve('a.test', 'A');
  assert.equal(found.kind, 'timeout');
  assert.equal(dns.seen.length, 8);
  for (const secret of ['sourcePort', 'id'] as const) {
    assert.ok(new Set(dns.seen.map((seen) => seen[secret])).size >= 7, 'two of eight may be equal by chance, not more');
  }
  assert.deepEqual(timers.pending(), []);
});

test('a closed port is a failure at once, not after the time-out', async () => {
  const closed = await startScriptedDns();
  await closed.close();
  const found = await resolver({ serversFor: () => [closed], timeoutMs: 60_000 }).resolve('a.test', 'A');
  assert.equal(found.kind, 'timeout');
  assert.deepEqual(
    found.evidence.map((query) => query.outcome),
    ['unreachable', 'unreachable'],
  );
});

test('a truncated answer is asked for again over TCP', async () => {
  const long = Array.from({ length: 40 }, (_, n) => `${n} ${'x'.repeat(200)}`);
  dns.zone = { 'a.test': { TXT: long } };
  dns.script = (call) => {
    if (call.seen.protocol === 'udp') call.send(reply(call.query, 0, [], { truncated: true }));
    else if (call.byZone !== null) call.send(call.byZone);
  };
  const found = await resolver().resolve('a.test', 'TXT');
  assert.deepEqual(found.records, long);
  assert.equal(found.evidence[0]?.protocol, 'tcp');
});

test('a TCP server that never answers, or hangs up, does not hang the query', async () => {
  const timers = manualTimers();
  dns.script = (call) => {
    if (call.seen.protocol === 'udp') call.send(reply(call.query, 0, [], { truncated: true }));
    else timers.fire();
  };
  assert.equal((await resolver({ timers }).resolve('a.test', 'TXT')).kind, 'timeout');
});

test('broken answers are told as such', async () => {
  dns.zone = { 'a.test': { fail: 'malformed' } };
  const found = await resolver().resolve('a.test', 'A');
  assert.equal(found.kind, 'malformed');
  assert.match(found.message, /broken answer/);
});

test('attack: forged answers with a wrong id or question are passed over, the true one counts', async () => {
  dns.script = (call) => {
    call.send(txt(call, 'forged', { id: call.seen.id ^ 1 }));
    call.send(txt(call, 'forged', { name: 'other.test' }));
    call.send(txt(call, 'forged', { type: 'A' }));
    call.send(Buffer.from([1, 2, 3]));
    call.send(txt(call, 'true'));
  };
  const found = await resolver().resolve('a.test', 'TXT');
  assert.deepEqual(found.records, ['true']);
  assert.equal(found.evidence[0]?.ignored, 4);
});

test('attack: an answer from another port is not taken, even with the right id', async () => {
  const forger = createSocket('udp4');
  dns.script = (call) => {
    forger.send(txt(call, 'forged'), call.seen.sourcePort, '127.0.0.1', () => call.send(txt(call, 'true')));
  };
  const found = await resolver().resolve('a.test', 'TXT');
  forger.close();
  assert.deepEqual(found.records, ['true']);
});

test('attack: a flood of guesses moves the question to TCP', async () => {
  dns.script = (call) => {
    if (call.seen.protocol === 'tcp') return call.send(txt(call, 'true'));
    for (let n = 1; n <= 40; n += 1) call.send(txt(call, 'forged', { id: (call.seen.id + n) & 0xffff }));
  };
  const found = await resolver().resolve('a.test', 'TXT');
  assert.deepEqual(found.records, ['true']);
  assert.equal(found.evidence[0]?.protocol, 'tcp');
});

test('questions go out in random letter case; an answer in another spelling is asked for again over TCP', async () => {
  const name = 'a-long-name-with-many-letters.example.test';
  dns.zone = { [name]: { TXT: ['yes'] } };
  dns.script = (call) => {
    if (call.seen.protocol === 'udp') call.send(txt(call, 'forged', { name }));
    else if (call.byZone !== null) call.send(call.byZone);
  };
  const found = await resolver().resolve(name, 'TXT');
  assert.deepEqual(found.records, ['yes']);
  assert.notEqual(dns.seen[0]?.name, name);
  assert.equal(dns.seen[0]?.name.toLowerCase(), name);

  dns.seen.length = 0;
  dns.script = null;
  await resolver({ mixCase: false }).resolve(name, 'TXT');
  assert.equal(dns.seen[0]?.name, name);
});

test('attack: a record for another name in the answer section is not used', async () => {
  dns.script = (call) =>
    call.send(reply(call.query, 0, [{ type: 'TXT', name: 'other.test', ttl: 1, class: 'IN', data: 'poison' }]));
  assert.equal((await resolver().resolve('a.test', 'TXT')).kind, 'nodata');
});

test('attack: a label that holds a dot is not the name it looks like', async () => {
  // One label `x.y` of three bytes as the target, followed by `test`.
  dns.script = (call) => {
    const answer = reply(call.query, 0, [
      { type: 'CNAME', name: call.seen.name, ttl: 1, class: 'IN', data: 'xxy.test' },
    ]);
    answer.write('.', answer.indexOf('xxy') + 1, 'latin1');
    call.send(answer);
  };
  const found = await resolver().resolve('a.test', 'TXT');
  assert.equal(found.kind, 'malformed');
  assert.ok(!dns.seen.some((seen) => seen.name.toLowerCase() === 'x.y.test'));
});

test('an old server that does not know EDNS is asked without it', async () => {
  dns.script = (call) => {
    if (call.seen.edns) call.send(reply(call.query, 1, []));
    else call.send(txt(call, 'old'));
  };
  assert.deepEqual((await resolver().resolve('a.test', 'TXT')).records, ['old']);
});

for (const followsAliases of [true, false]) {
  test(`CNAMEs are followed, by a server that ${followsAliases ? 'follows' : 'stops'} itself`, async (context) => {
    const server = await startScriptedDns({}, { followsAliases });
    context.after(() => server.close());
    server.zone = {
      'a.test': { CNAME: 'B.test', ttl: 100 },
      'b.test': { CNAME: 'c.test', ttl: 50 },
      'c.test': { TXT: ['here'], ttl: 70 },
      'gone.test': { CNAME: 'nowhere.test' },
      'bare.test': { CNAME: 'none.test' },
      'none.test': { A: ['192.0.2.1'] },
      'loop.test': { CNAME: 'pool.test' },
      'pool.test': { CNAME: 'loop.test' },
      'self.test': { CNAME: 'self.test' },
    };
    const own = resolver({ serversFor: () => [server] });
    const found = await own.resolve('a.test', 'TXT');
    assert.deepEqual(
      [found.kind, found.records, found.names, found.ttl],
      ['answer', ['here'], ['a.test', 'b.test', 'c.test'], 50],
    );
    assert.equal((await own.resolve('gone.test', 'TXT')).kind, 'nxdomain');
    assert.equal((await own.resolve('bare.test', 'TXT')).kind, 'nodata');
    for (const name of ['loop.test', 'self.test']) {
      const looped = await own.resolve(name, 'TXT');
      assert.equal(looped.kind, 'malformed');
      assert.match(looped.message, /circle/);
    }
    assert.deepEqual(
      (await own.resolve('a.test', 'CNAME')).records.map((data) => (data as string).toLowerCase()),
      ['b.test'],
    );
  });

  test(`at most 8 CNAMEs are followed, by a server that ${followsAliases ? 'follows' : 'stops'} itself`, async (context) => {
    const server = await startScriptedDns({}, { followsAliases });
    context.after(() => server.close());
    server.zone = { 'n0.test': { TXT: ['end'] } };
    for (let n = 1; n <= 9; n += 1) server.zone[`n${n}.test`] = { CNAME: `n${n - 1}.test` };
    const own = resolver({ serversFor: () => [server] });
    assert.deepEqual((await own.resolve('n8.test', 'TXT')).records, ['end']);
    const long = await own.resolve('n9.test', 'TXT');
    assert.equal(long.kind, 'malformed');
    assert.match(long.message, /more than 8/);
  });
}

test('each name of a chain is asked of the servers that own it', async () => {
  dns.zone = { 'a.test': { CNAME: 'b.example' } };
  dns.script = (call) =>
    call.send(reply(call.query, 0, [{ type: 'CNAME', name: call.seen.name, ttl: 9, class: 'IN', data: 'b.example' }]));
  second.zone = { 'b.example': { A: ['192.0.2.9'] } };
  const found = await resolver({ serversFor: (name) => [name.endsWith('.test') ? dns : second] }).resolve(
    'a.test',
    'A',
  );
  assert.deepEqual(found.records, ['192.0.2.9']);
});

test('names that cannot be asked, and a lack of servers, are answers too', async () => {
  for (const name of [
    '',
    'a..test',
    `${'x'.repeat(64)}.test`,
    `${'x.'.repeat(130)}test`,
    'a b.test',
    'bücher.test',
    'a\\046b.test',
  ]) {
    assert.equal((await resolver().resolve(name, 'A')).kind, 'malformed', name);
  }
  assert.equal((await resolver({ serversFor: () => [] }).resolve('a.test', 'A')).kind, 'timeout');
  assert.equal(dns.seen.length, 0);
});

test("reads the system's servers in every spelling", () => {
  assert.deepEqual(systemDnsServers(['192.0.2.1', '192.0.2.1:5353', '2001:db8::1', '[2001:db8::1]:5353']), [
    { host: '192.0.2.1', port: 53 },
    { host: '192.0.2.1', port: 5353 },
    { host: '2001:db8::1', port: 53 },
    { host: '2001:db8::1', port: 5353 },
  ]);
});
