import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { updateTxt } from '../../src/responders/dns-update.ts';
import { createRfc2136Publisher } from '../../src/responders/rfc2136.ts';
import type { TsigKey } from '../../src/responders/tsig.ts';
import { untilVisible, type VisibleAsk } from '../../src/responders/visible.ts';
import { createAddressGuard } from '../../src/validation/address-guard.ts';
import type { Resolution, Resolver } from '../../src/validation/resolver.ts';
import { systemTimers } from '../../src/validation/system.ts';
import { startScriptedDns, type ZoneEntry } from '../support/scripted-dns.ts';
import { fixedClock } from '../support/stores.ts';
import { startUpdateServer, type UpdateScript } from './update-server.ts';
import { NOON, random, using } from './world.ts';

const SECRET = Buffer.alloc(32, 9);
const OWNER = '_acme-challenge.www.shop.test';

/** Nothing is known of any name. */
const NO_SECONDARIES: Resolver = {
  resolve: async (name) => ({
    kind: 'nxdomain',
    records: [],
    ttl: 0,
    server: '',
    names: [name],
    message: '',
    evidence: [],
  }),
};

interface Options {
  algorithm?: TsigKey['algorithm'];
  resolver?: Resolver;
  zones?: string[];
  allow?: string[];
}

async function start(t: TestContext, script: UpdateScript = {}, options: Options = {}) {
  const clock = fixedClock(NOON);
  const algorithm = options.algorithm ?? 'hmac-sha256';
  const key = { name: 'desk.key', digest: algorithm.slice(5), secret: SECRET };
  const server = await using(
    t,
    startUpdateServer(key, () => clock.now()),
  );
  server.script = script;
  const pauses: number[] = [];
  const settings = {
    server,
    key: { name: 'desk.key', algorithm, secret: SECRET },
    zones: options.zones ?? ['test', 'shop.test'],
    ttl: 60,
    timeoutMs: 1_000,
    propagationMs: 60_000,
  };
  const tools = {
    clock,
    random,
    timers: systemTimers,
    pause: async (milliseconds: number) => {
      pauses.push(milliseconds);
      clock.set(clock.now() + milliseconds);
    },
    resolver: options.resolver ?? NO_SECONDARIES,
    guard: createAddressGuard({ allow: options.allow ?? [] }),
  };
  return { server, clock, pauses, tools, settings, publisher: createRfc2136Publisher(settings, tools) };
}

test('deletes just one value, signed as RFC 8945 has it, with each algorithm', async (t) => {
  for (const algorithm of ['hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const) {
    const { server, publisher } = await start(t, {}, { algorithm });
    await publisher.cleanup(OWNER, 'value');
    assert.deepEqual(server.seen, [
      {
        zone: 'shop.test',
        owner: OWNER,
        class: 254,
        ttl: 0,
        text: 'value',
        macGood: true,
        keyName: 'desk.key',
        algorithm,
      },
    ]);
  }
});

test('covers the zones it is told of, the longest first', async (t) => {
  const { publisher } = await start(t);
  assert.equal(publisher.covers('_acme-challenge.shop.test'), true);
  assert.equal(publisher.covers('test'), true);
  assert.equal(publisher.covers('_acme-challenge.shop.example'), false);
  assert.equal(publisher.covers('_acme-challenge.latest'), false);
});

test('believes no answer that is not signed over its question, by the key, now', async (t) => {
  const broken: [UpdateScript, RegExp][] = [
    [{ breakMac: true }, /the signature of the answer does not match/],
    [{ unsigned: true }, /the answer is not signed/],
    [{ otherId: true }, /an answer to another message/],
    [{ otherKey: 'other.key' }, /signed with another key/],
    [{ shift: -301 }, /too old or too new/],
    [{ shift: 301 }, /too old or too new/],
    [{ tsigError: 16, rcode: 9 }, /BADSIG/],
    [{ tsigError: 17, rcode: 9 }, /BADKEY/],
    [{ tsigError: 18, rcode: 9, other: Buffer.from('00006a000000', 'hex') }, /the server has 2026-05-10T.*BADTIME/],
    [{ tsigError: 18, rcode: 9, breakMac: true }, /the signature of the answer does not match/],
    [{ unsigned: true, rcode: 5 }, /REFUSED: it does not let this key/],
    [{ rcode: 9 }, /NOTAUTH/],
    [{ rcode: 10 }, /NOTZONE/],
    [{ rcode: 2 }, /SERVFAIL/],
    [{ rcode: 14 }, /response code 14/],
    [{ garbage: true }, /did not delete/],
    [{ hangUp: true }, /closed the connection|ECONNRESET/],
    [{ silent: true }, /no answer within 1000 ms/],
  ];
  for (const [script, wanted] of broken) {
    const { publisher } = await start(t, script);
    await assert.rejects(publisher.cleanup(OWNER, 'value'), (error: Error & { kind: string }) => {
      assert.equal(error.kind, 'issuer-unavailable');
      assert.match(error.message, wanted, JSON.stringify(script));
      assert.ok(!error.message.includes(SECRET.toString('base64')));
      return true;
    });
  }
});

test('takes an answer within the fudge', async (t) => {
  for (const shift of [-300, 300]) await (await start(t, { shift })).publisher.cleanup(OWNER, 'value');
});

const lookingAt = (server: { host: string; port: number }, more: Partial<VisibleAsk> = {}): VisibleAsk => ({
  zone: 'shop.test',
  owner: OWNER,
  value: 'value',
  server,
  port: 53,
  timeoutMs: 300,
  propagationMs: 10_000,
  ...more,
});

/** A name server for UDP whose TXT records come after some looks. */
async function secondary(t: TestContext, entry: ZoneEntry) {
  return using(t, startScriptedDns({ [OWNER]: entry }));
}

test('adds a value and waits until the primary shows it', async (t) => {
  const { server, publisher, pauses, settings, tools } = await start(t);
  const dns = await secondary(t, { TXT: ['other'] });
  let looks = 0;
  dns.script = ({ byZone, send }) => {
    looks += 1;
    if (looks === 3) dns.zone[OWNER] = { TXT: ['other', 'value'] };
    if (byZone !== null) send(byZone);
  };
  // The update goes over TCP to one port, the looks over UDP to another: so both are scripted.
  await updateTxt('add', { zone: 'shop.test', owner: OWNER, value: 'value' }, settings, tools);
  assert.deepEqual([server.seen[0]?.class, server.seen[0]?.ttl, server.seen[0]?.macGood], [1, 60, true]);
  const ask = lookingAt(dns, { propagationMs: 60_000 });
  await untilVisible(ask, tools);
  assert.deepEqual(pauses, [250, 500, 1_000]);
  assert.ok(publisher.covers(OWNER));
});

test('gives up where the primary never shows it, bounded in time', async (t) => {
  const { clock, tools } = await start(t);
  const dns = await secondary(t, { TXT: ['other'] });
  const ask = lookingAt(dns, { propagationMs: 10_000 });
  await assert.rejects(untilVisible(ask, tools), {
    kind: 'issuer-unavailable',
    message: `The TXT record at ${OWNER} cannot be seen at 127.0.0.1 port ${dns.port} in time`,
  });
  assert.ok(clock.now() <= NOON + 10_000);
});

/** Names of name servers and their addresses, as a resolver would give them. */
function resolverOf(zone: Record<string, Record<string, string[]>>): Resolver {
  return {
    resolve: async (name, type): Promise<Resolution> => {
      const records = zone[name]?.[type] ?? [];
      const kind = records.length > 0 ? 'answer' : 'nodata';
      return { kind, records, ttl: 1, server: '', names: [name], message: '', evidence: [] };
    },
  };
}

test('does not ask secondaries at addresses that the desk must not reach', async (t) => {
  const resolver = resolverOf({
    'shop.test': { NS: ['ns1.evil.test'] },
    'ns1.evil.test': { A: ['127.0.0.1', '10.0.0.1', '169.254.169.254'], AAAA: ['::1'] },
  });
  const { tools, pauses } = await start(t, {}, { resolver });
  const dns = await secondary(t, { TXT: ['value'] });
  const ask = lookingAt(dns, { propagationMs: 10_000 });
  await untilVisible(ask, tools);
  assert.deepEqual(pauses, []);
});

/** A zone whose one secondary is at 127.0.0.1, which the desk may reach. */
const ONE_SECONDARY = {
  allow: ['127.0.0.1/32'],
  resolver: resolverOf({ 'shop.test': { NS: ['ns2.shop.test'] }, 'ns2.shop.test': { A: ['127.0.0.1'] } }),
};

test('waits for a secondary that is behind, and fails where it stays behind', async (t) => {
  const { tools, pauses } = await start(t, {}, ONE_SECONDARY);
  const primary = await secondary(t, { TXT: ['value'] });
  const behind = await secondary(t, {});
  let looks = 0;
  behind.script = ({ byZone, send }) => {
    looks += 1;
    if (looks === 2) behind.zone[OWNER] = { TXT: ['value'] };
    if (byZone !== null) send(byZone);
  };
  await untilVisible(lookingAt(primary, { port: behind.port }), tools);
  assert.deepEqual(pauses, [250, 500]);
  behind.zone[OWNER] = {};
  await assert.rejects(untilVisible(lookingAt(primary, { port: behind.port }), tools), {
    kind: 'issuer-unavailable',
    message: `The TXT record at ${OWNER} cannot be seen at 127.0.0.1 port ${behind.port} in time`,
  });
});

test('does not wait for a secondary that says nothing', async (t) => {
  const { tools, pauses } = await start(t, {}, ONE_SECONDARY);
  const primary = await secondary(t, { TXT: ['value'] });
  const silent = await secondary(t, { fail: 'timeout' });
  await untilVisible(lookingAt(primary, { port: silent.port }), tools);
  assert.deepEqual(pauses, [250]);
});
