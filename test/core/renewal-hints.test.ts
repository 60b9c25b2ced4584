import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DetailsAsk } from '../../src/core/desk.ts';
import { bareDetails } from '../../src/core/order-details.ts';
import type { Certificate, RenewalHint } from '../../src/core/records.ts';
import { replacedFrom } from '../../src/core/renewal-hints.ts';
import { DeskError } from '../../src/core/errors.ts';
import type { Store } from '../../src/core/store.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/time.ts';
import { askFor, createCoreWorld, paperCsr, runDueJobs, START, type CoreWorld } from '../support/core-world.ts';
import { addIssuer, away, type ScriptedIssuer, signWith } from '../support/scripted-issuer.ts';
import { forEachStore } from '../support/stores.ts';

const NAME = 'shop.example.com';

interface World extends CoreWorld {
  outside: ScriptedIssuer;
}

async function createWorld(store: Store): Promise<World> {
  const world = await createCoreWorld(store);
  const outside = addIssuer(world.engine, 'outside');
  signWith(world.engine, ['outside'], { periods: [1, 3, 12] });
  return { ...world, outside };
}

async function place(world: World, details: Partial<DetailsAsk> = {}, months = 12, name = NAME): Promise<Certificate> {
  world.domains.published.add(`_dcv.${name}`);
  const ask = askFor(name, { periodMonths: months, details: bareDetails(details), csr: paperCsr(`key of ${name}`) });
  const { request } = await world.office.desk.placeOrder(world.actor, ask);
  await runDueJobs(world);
  return (await world.engine.store.find('certificates', { requestId: request.id }))[0] as Certificate;
}

const hintOf = (world: World, { id }: Certificate): Promise<RenewalHint | null> =>
  world.engine.store.get('renewalHints', id);

const advice = (start: number, end: number, checkAgainAt = 0) => ({ start, end, explanationUrl: null, checkAgainAt });

for (const [days, ahead] of [
  [398, 30],
  [200, 30],
  [90, 30],
  [47, 47 / 3],
  [10, 10 / 3],
  [6, 3],
  [1, 0.5],
] as const) {
  test(`a certificate of ${days} days is replaced ${ahead} days before its end`, () => {
    const certificate = { notBefore: START, notAfter: START + days * DAY - SECOND };
    assert.equal(replacedFrom(certificate), certificate.notAfter - ahead * DAY);
  });
}

forEachStore((open) => {
  test('an issuer is asked when to replace its certificate, and again when it says', async () => {
    const world = await createWorld(await open());
    const certificate = await place(world);
    assert.deepEqual(await hintOf(world, certificate), {
      id: certificate.id,
      accountId: world.actor.accountId,
      issuer: 'outside',
      renewFrom: replacedFrom(certificate),
      windowStart: null,
      windowEnd: null,
      explanationUrl: null,
      checkedAt: START,
      checkAgainAt: START + HOUR,
    });
    assert.equal(await world.office.refreshRenewalHints(), 0, 'not at once');
    world.clock.forward(HOUR);
    const [start, end] = [START + 55 * DAY, START + 57 * DAY];
    const again = world.clock.now() + 6 * HOUR;
    world.outside.advice = { start, end, explanationUrl: 'https://ca.example/why', checkAgainAt: again };
    assert.equal(await world.office.refreshRenewalHints(), 1);
    assert.deepEqual(world.outside.hinted, [certificate.der]);
    const hint = await hintOf(world, certificate);
    assert.ok((hint?.renewFrom ?? 0) >= start && (hint?.renewFrom ?? 0) < end);
    assert.equal(hint?.explanationUrl, 'https://ca.example/why');
    assert.equal(hint?.checkAgainAt, again);
    world.clock.set(again - 1);
    assert.equal(await world.office.refreshRenewalHints(), 0);
  });

  test('RFC 9773 §4.2: a moment is drawn evenly, once a window, and anew for another', async () => {
    const world = await createWorld(await open());
    const [start, end] = [START + 50 * DAY, START + 60 * DAY];
    const certificates: Certificate[] = [];
    for (let count = 0; count < 40; count += 1) certificates.push(await place(world, {}, 12, `a${count}.example.com`));
    world.clock.forward(HOUR);
    world.outside.advice = advice(start, end, START + DAY);
    assert.equal(await world.office.refreshRenewalHints(), 40);
    const drawn = async () =>
      (await Promise.all(certificates.map((one) => hintOf(world, one)))).map((hint) => hint?.renewFrom ?? 0);
    const first = await drawn();
    for (let tenth = 0; tenth < 4; tenth += 1) {
      const from = start + (tenth * (end - start)) / 4;
      assert.ok(first.filter((at) => at >= from && at < from + (end - start) / 4).length >= 3, `quarter ${tenth}`);
    }
    world.clock.forward(DAY);
    assert.equal(await world.office.refreshRenewalHints(), 40);
    assert.deepEqual(await drawn(), first, 'the same window');
    world.outside.advice = advice(start, end + SECOND, START + 3 * DAY);
    world.clock.forward(DAY);
    await world.office.refreshRenewalHints();
    assert.notDeepEqual(await drawn(), first, 'another window');
  });

  test('when to ask again is the issuer’s word within reason; its silence and its absence are borne', async () => {
    const world = await createWorld(await open());
    const certificate = await place(world);
    const again = async () => ((await hintOf(world, certificate))?.checkAgainAt ?? 0) - world.clock.now();
    const ask = async () => {
      world.clock.set((await hintOf(world, certificate))?.checkAgainAt ?? 0);
      return world.office.refreshRenewalHints();
    };
    world.outside.advice = advice(START + 60 * DAY, START + 61 * DAY, 0);
    assert.equal(await ask(), 1);
    assert.equal(await again(), 5 * MINUTE, 'not all the time');
    world.outside.advice = advice(START + 60 * DAY, START + 61 * DAY, START + 365 * DAY);
    await ask();
    assert.equal(await again(), DAY, 'every day at least (RFC 9773 §4.3.1)');
    const known = await hintOf(world, certificate);
    world.outside.advice = away();
    assert.equal(await ask(), 0);
    assert.equal(await again(), HOUR);
    world.outside.advice = new DeskError('issuer-unavailable', 'Slower', { retryAfter: 7_200 });
    await ask();
    assert.equal(await again(), 2 * HOUR);
    world.outside.advice = null;
    await ask();
    assert.equal(await again(), DAY);
    assert.equal((await hintOf(world, certificate))?.renewFrom, known?.renewFrom);
    world.outside.advice = new Error('not JSON');
    await assert.rejects(ask(), /not JSON/);
    assert.equal(await again(), HOUR, 'one that fails does not stand in the way of others');
  });

  test('an issuer that is away is asked once a run, and others are asked all the same', async () => {
    const world = await createWorld(await open());
    const other = addIssuer(world.engine, 'other');
    for (let count = 0; count < 3; count += 1) await place(world, {}, 12, `a${count}.example.com`);
    world.outside.against = () => 'Not here';
    signWith(world.engine, ['outside', 'other']);
    await place(world, {}, 12, 'b.example.com');
    world.clock.forward(HOUR);
    world.outside.advice = away();
    other.advice = advice(START + 60 * DAY, START + 61 * DAY);
    assert.equal(await world.office.refreshRenewalHints(), 1);
    assert.deepEqual([world.outside.hinted.length, other.hinted.length], [1, 1]);
  });

  test('no more than 200 in a run, the longest waiting first', async () => {
    const world = await createWorld(await open());
    const certificate = await place(world);
    await world.engine.store.transact(async (unit) => {
      for (let count = 1; count <= 250; count += 1) {
        const { id, requestId, serial, ...rest } = certificate;
        const one = { id: id + count * 1_000, requestId: requestId + count * 1_000, serial: `${serial}${count}` };
        unit.insert('certificates', { ...rest, ...one });
        const hint = (await unit.get('renewalHints', id)) as RenewalHint;
        unit.insert('renewalHints', { ...hint, id: one.id, checkAgainAt: START + count });
      }
    });
    world.clock.forward(HOUR);
    world.outside.advice = advice(START + 60 * DAY, START + 61 * DAY, START + 2 * DAY);
    assert.equal(await world.office.refreshRenewalHints(), 200);
    const waiting = await world.engine.store.find('renewalHints', { windowStart: null });
    assert.ok(waiting.every(({ checkAgainAt }) => checkAgainAt > START + 200));
    assert.equal(await world.office.refreshRenewalHints(), 51);
  });

  test('what needs no replacing is not asked for any more', async () => {
    const world = await createWorld(await open());
    const certificate = await place(world);
    await world.office.desk.reissue(world.actor, certificate.id, askFor(NAME, { csr: paperCsr('new') }));
    await runDueJobs(world);
    world.clock.forward(HOUR);
    assert.equal(await world.office.refreshRenewalHints(), 1, 'the new one alone');
    assert.equal(await hintOf(world, certificate), null);
  });

  test('an order goes on when the issuer advises, and not before', async () => {
    const world = await createWorld(await open());
    const certificate = await place(world, { autoReissue: true });
    world.clock.forward(HOUR);
    const [start, end] = [START + 70 * DAY, START + 71 * DAY];
    world.outside.advice = advice(start, end);
    await world.office.refreshRenewalHints();
    world.clock.set(certificate.notAfter - 29 * DAY);
    assert.equal(await world.office.runAutoOrders(), 0, '30 days before is not what it says');
    world.clock.set(end);
    assert.equal(await world.office.runAutoOrders(), 1);
    await runDueJobs(world);
    const certificates = await world.engine.store.find('certificates', { orderId: certificate.orderId });
    assert.deepEqual(
      certificates.map(({ state }) => state),
      ['reissued', 'active'],
    );
    assert.deepEqual(world.outside.asks.at(-1)?.ask.replaces, certificate.der);
    assert.equal(await world.office.runAutoOrders(), 0);
  });

  test('what the issuer wants replaced now is replaced by the next run', async () => {
    const world = await createWorld(await open());
    const certificate = await place(world, { autoReissue: true, autoRenew: true }, 3);
    assert.ok((await world.engine.store.get('orders', certificate.orderId as number))?.endsAt);
    world.clock.forward(HOUR);
    world.outside.advice = advice(world.clock.now() - 1, world.clock.now() + 5 * DAY);
    await world.office.refreshRenewalHints();
    assert.equal(await world.office.runAutoOrders(), 1, 'a reissue, though nothing of the order is left beyond it');
    await runDueJobs(world);
    assert.equal((await world.engine.store.find('orders', {})).length, 1, 'no new term is bought');
    assert.equal((await world.engine.store.get('certificates', certificate.id))?.state, 'reissued');
  });

  test('a certificate is not left until its last day, whatever the issuer says', async () => {
    const world = await createWorld(await open());
    const certificate = await place(world, { autoReissue: true });
    world.clock.forward(HOUR);
    world.outside.advice = advice(certificate.notAfter + DAY, certificate.notAfter + 2 * DAY);
    await world.office.refreshRenewalHints();
    assert.ok(((await hintOf(world, certificate))?.renewFrom ?? 0) <= certificate.notAfter - 8 * DAY);
  });

  test('certificates of six days follow one another for a year, without a gap and without a rush', async () => {
    const world = await createWorld(await open());
    world.outside.life = 6 * DAY;
    const first = await place(world, { autoReissue: true, autoRenew: true });
    for (let hours = 0; hours < 380 * 24; hours += 6) {
      world.clock.forward(6 * HOUR);
      await world.office.runAutoOrders();
      await runDueJobs(world);
      await world.office.expireCertificates();
    }
    const certificates = await world.engine.store.find('certificates', {});
    let until = START;
    for (const { notBefore, notAfter } of certificates) {
      assert.ok(notBefore <= until, `a gap before ${new Date(notBefore).toISOString()}`);
      until = Math.max(until, notAfter);
    }
    assert.ok(until > START + 380 * DAY);
    assert.ok(certificates.length > 380 / 6 && certificates.length <= 380 / 2.5, `${certificates.length}`);
    const renewals = await world.engine.store.find('orders', { renewsOrderId: first.orderId });
    assert.equal(renewals.length, 1);
  });

  test('orders of a month renew in their last third, one after the other', async () => {
    const world = await createWorld(await open());
    await place(world, { autoReissue: true, autoRenew: true }, 1);
    for (let days = 0; days < 120; days += 1) {
      world.clock.forward(DAY);
      await world.office.runAutoOrders();
      await runDueJobs(world);
      await world.office.expireCertificates();
    }
    const orders = await world.engine.store.find('orders', {});
    assert.ok(orders.length >= 4 && orders.length <= 6, `${orders.length} orders`);
    assert.ok(Math.max(...orders.map(({ endsAt }) => endsAt ?? 0)) > START + 120 * DAY);
  });
});
