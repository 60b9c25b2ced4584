import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import type { ChallengeAsk } from '../../src/core/ports.ts';
import type { Store } from '../../src/core/store.ts';
import { createAnswers } from '../../src/responders/answers.ts';
import {
  type ChallengeBoardOptions,
  createChallengeBoard,
  type TxtPublisher,
} from '../../src/responders/challenge-board.ts';
import { createDelegation } from '../../src/responders/delegation.ts';
import { startDnsResponder } from '../../src/responders/dns-responder.ts';
import { startHttpResponder } from '../../src/responders/http-responder.ts';
import { startTlsAlpnResponder } from '../../src/responders/tls-alpn-responder.ts';
import { createResolver } from '../../src/validation/resolver.ts';
import { lookupsTo } from '../support/acme-server/lookups.ts';
import { lookAt } from '../support/acme-server/validate.ts';
import { startScriptedDns, type Zone } from '../support/scripted-dns.ts';
import { fixedClock, forEachStore } from '../support/stores.ts';
import { ask, counter, LATER, LOOPBACK, NOON, noWarning, random, using } from './world.ts';

const delegation = createDelegation('acme.desk.test', Buffer.alloc(32, 1));
const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');
const clock = fixedClock(NOON);

function resolverAt(server: { host: string; port: number }) {
  return createResolver({ serversFor: () => [server], timeoutMs: 500, attempts: 2, random, clock });
}

/** Keeps what it was asked, and covers what ends in `suffix`. */
function recorder(suffix: string): TxtPublisher & { calls: string[] } {
  const calls: string[] = [];
  return {
    calls,
    covers: (owner) => owner.endsWith(suffix),
    present: async (owner, value) => void calls.push(`present ${owner} ${value}`),
    cleanup: async (owner, value) => void calls.push(`cleanup ${owner} ${value}`),
  };
}

async function boardOver(t: TestContext, store: Store, zone: Zone = {}, options: Partial<ChallengeBoardOptions> = {}) {
  const dns = await using(t, startScriptedDns(zone, { followsAliases: false }));
  const answers = createAnswers({ store, clock });
  const board = createChallengeBoard({
    answers,
    http: true,
    tlsAlpn: true,
    delegation,
    publishers: [],
    resolver: resolverAt(dns),
    log: noWarning,
    ...options,
  });
  return { board, answers, dns };
}

const delegated = (name: string): Zone => ({ [`_acme-challenge.${name}`]: { CNAME: delegation.targetFor(name) } });

forEachStore((open) => {
  test('offers each way that is configured, DNS only where the name leads to us', async (t) => {
    const store = await open();
    const { board } = await boardOver(t, store, {
      ...delegated('shop.test'),
      '_acme-challenge.stolen.test': { CNAME: delegation.targetFor('shop.test') },
      '_acme-challenge.far.test': { CNAME: '_acme-challenge.far.elsewhere.test' },
      '_acme-challenge.via.test': { CNAME: 'hop.test' },
      'hop.test': { CNAME: delegation.targetFor('via.test') },
      '_acme-challenge.broken.test': { fail: 'SERVFAIL' },
    });
    assert.deepEqual(await board.ways('shop.test'), ['http-01', 'dns-01', 'tls-alpn-01']);
    assert.deepEqual(await board.ways('SHOP.test.'), ['http-01', 'dns-01', 'tls-alpn-01']);
    assert.deepEqual(await board.ways('*.shop.test'), ['dns-01']);
    assert.deepEqual(await board.ways('via.test'), ['http-01', 'dns-01', 'tls-alpn-01']);
    for (const name of ['stolen.test', 'far.test', 'none.test', 'broken.test']) {
      assert.deepEqual([name, await board.ways(name)], [name, ['http-01', 'tls-alpn-01']]);
      assert.deepEqual(await board.ways(`*.${name}`), []);
    }
    assert.deepEqual(await board.ways('192.0.2.7'), ['http-01', 'tls-alpn-01']);
    assert.deepEqual(await board.ways('2001:db8::1'), ['http-01', 'tls-alpn-01']);
    const bare = await boardOver(t, store, delegated('shop.test'), { http: false, tlsAlpn: false, delegation: null });
    assert.deepEqual(await bare.board.ways('shop.test'), []);
  });

  test('keeps answers until they are withdrawn or end, each once, for its name alone', async (t) => {
    const store = await open();
    const { board, answers } = await boardOver(t, store, delegated('shop.test'));
    const http = ask('http-01', 'Shop.TEST');
    await Promise.all([board.publish(http), board.publish(http), board.publish(http)]);
    await board.publish({ ...http, keyAuthorization: 'tok-en_1.other' });
    const path = '/.well-known/acme-challenge/tok-en_1';
    assert.deepEqual((await answers.values('http', 'shop.test', path)).toSorted(), [
      'tok-en_1.other',
      'tok-en_1.thumb',
    ]);
    assert.deepEqual(await answers.values('http', 'other.test', path), []);
    await board.publish(ask('tls-alpn-01', '2001:DB8:0:0::1'));
    assert.deepEqual(await answers.values('tls-alpn', '2001:db8::1'), [digest('tok-en_1.thumb')]);
    await board.publish(ask('dns-01', 'shop.test'));
    await board.publish(ask('dns-01', 'shop.test', { keyAuthorization: 'second.thumb' }));
    const label = delegation.targetFor('shop.test');
    assert.deepEqual(await answers.values('dns', label), [digest('second.thumb'), digest('tok-en_1.thumb')]);

    await board.withdraw(http);
    await board.withdraw(http);
    assert.deepEqual(await answers.values('http', 'shop.test', path), ['tok-en_1.other']);
    await board.withdraw(ask('dns-01', 'shop.test', { keyAuthorization: 'second.thumb' }));
    assert.deepEqual(await answers.values('dns', label), [digest('tok-en_1.thumb')]);
    const later = createAnswers({ store, clock: fixedClock(LATER) });
    assert.deepEqual(await later.values('dns', label), []);
    assert.deepEqual(await later.values('http', 'shop.test', path), []);
  });

  test('moves the end of what is published again', async (t) => {
    const store = await open();
    const { board } = await boardOver(t, store);
    await board.publish(ask('http-01', 'shop.test'));
    await board.publish(ask('http-01', 'shop.test', { expiresAt: LATER + 5 }));
    const later = createAnswers({ store, clock: fixedClock(LATER) });
    assert.equal((await later.values('http', 'shop.test', '/.well-known/acme-challenge/tok-en_1')).length, 1);
    assert.equal((await store.find('challengeAnswers', {})).length, 1);
  });

  test('publishes no answer of a monstrous size', async (t) => {
    const { answers } = await boardOver(t, await open());
    const key = { kind: 'http', name: 'shop.test', path: '/x', value: 'v'.repeat(1_025) } as const;
    await assert.rejects(answers.put(key, LATER), { kind: 'invalid-value' });
  });

  test('another process answers what this one published', async (t) => {
    const store = await open();
    const { board } = await boardOver(t, store);
    await board.publish(ask('http-01', 'shop.test'));
    const { count } = counter();
    const answers = createAnswers({ store: await open.again(store), clock });
    const http = await using(t, startHttpResponder({ answers, listen: LOOPBACK, count, log: noWarning }));
    const view = viewOf(ask('http-01', 'shop.test'));
    assert.equal(await lookAt(view, lookupsTo({ http })), null);
  });

  test('a CA that looks at every way finds what was published', async (t) => {
    const store = await open();
    const zone: Zone = delegated('shop.test');
    const { board, answers, dns } = await boardOver(t, store, zone);
    const { count } = counter();
    const shared = { answers, clock, listen: LOOPBACK, count, log: noWarning };
    const http = await using(t, startHttpResponder(shared));
    const tls = await using(t, startTlsAlpnResponder({ ...shared, random }));
    const own = await using(
      t,
      startDnsResponder({ ...shared, zone: { zone: 'acme.desk.test', nameServers: [], addresses: [] } }),
    );
    const lookups = lookupsTo({ http, tls, dns: (name) => [name.endsWith('.acme.desk.test') ? own : dns] });
    for (const type of ['http-01', 'dns-01', 'tls-alpn-01'] as const) {
      const asked = ask(type, 'shop.test');
      assert.notEqual(await lookAt(viewOf(asked), lookups), null, `${type} before`);
      await board.publish(asked);
      assert.equal(await lookAt(viewOf(asked), lookups), null, type);
      const other = { ...asked, keyAuthorization: 'tok-en_1.another-account' };
      assert.equal((await lookAt(viewOf(other), lookups))?.type, 'unauthorized', `${type} of another account`);
      await board.withdraw(asked);
      assert.notEqual(await lookAt(viewOf(asked), lookups), null, `${type} after`);
    }
  });
});

function viewOf({ type, identifier, token, keyAuthorization }: ChallengeAsk) {
  return { type, token, keyAuthorization, wildcard: false, identifier: { type: 'dns', value: identifier } } as const;
}

test('changes other zones through the first that covers the name, where its aliases lead', async (t) => {
  const store = { transact: () => assert.fail('nothing is kept here') } as unknown as Store;
  const first = recorder('.one.test');
  const second = recorder('.test');
  const { board } = await boardOver(
    t,
    store,
    {
      '_acme-challenge.led.two.test': { CNAME: 'led.one.test' },
      '_acme-challenge.out.one.test': { CNAME: 'x.example' },
    },
    { delegation: null, publishers: [first, second] },
  );
  const value = digest('tok-en_1.thumb');
  await board.publish(ask('dns-01', 'a.one.test'));
  await board.publish(ask('dns-01', 'b.two.test'));
  await board.publish(ask('dns-01', 'led.two.test'));
  await board.withdraw(ask('dns-01', 'a.one.test'));
  assert.deepEqual(first.calls, [
    `present _acme-challenge.a.one.test ${value}`,
    `present led.one.test ${value}`,
    `cleanup _acme-challenge.a.one.test ${value}`,
  ]);
  assert.deepEqual(second.calls, [`present _acme-challenge.b.two.test ${value}`]);
  assert.deepEqual(await board.ways('*.out.one.test'), []);
  await assert.rejects(board.publish(ask('dns-01', 'out.one.test')), { kind: 'issuer-unavailable' });
});

test('tells which CNAME is missing where a name does not lead to us', async (t) => {
  const store = {} as Store;
  const { board } = await boardOver(t, store);
  await assert.rejects(board.publish(ask('dns-01', 'shop.test')), {
    kind: 'issuer-unavailable',
    message: `_acme-challenge.shop.test does not lead to where this desk answers; it must be a CNAME to ${delegation.targetFor('shop.test')}`,
  });
});

test('withdraw never throws, and says what stays', async (t) => {
  const warnings: string[] = [];
  const store = { transact: () => Promise.reject(new Error('gone')) } as unknown as Store;
  const { board } = await boardOver(
    t,
    store,
    {},
    { log: { warn: (_details, message) => void warnings.push(message) } },
  );
  await board.withdraw(ask('http-01', 'shop.test'));
  await board.withdraw(ask('dns-01', 'shop.test'));
  assert.equal(warnings.length, 2);
});

test('labels are the same for a name and its wildcard, and tell nothing without the key', () => {
  const label = delegation.targetFor('shop.test');
  assert.match(label, /^[a-z2-7]{32}\.acme\.desk\.test$/);
  assert.equal(delegation.targetFor('*.Shop.Test.'), label);
  assert.notEqual(delegation.targetFor('www.shop.test'), label);
  assert.notEqual(createDelegation('acme.desk.test', Buffer.alloc(32, 2)).targetFor('shop.test'), label);
});
