import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Actor, NewOrderAsk } from '../../src/core/desk.ts';
import { bareDetails } from '../../src/core/order-details.ts';
import type { AccountSettings, Role } from '../../src/core/records.ts';
import { DEFAULT_SETTINGS } from '../../src/core/settings.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import { askFor, createCoreWorld, isKind, paperCsr, runDueJobs, type CoreWorld } from '../support/core-world.ts';
import { forEachStore } from '../support/stores.ts';

const approval = { skip: false, comments: 'for the shop' };
const details = bareDetails();

async function setUp(world: CoreWorld, settings: Partial<AccountSettings>): Promise<void> {
  const changed = { settings: { ...DEFAULT_SETTINGS, ...settings } };
  await world.engine.store.transact((unit) => unit.update('accounts', world.actor.accountId, changed));
  for (const name of ['one.com', 'two.com']) world.domains.published.add(`_dcv.${name}`);
}

const as = (world: CoreWorld, userName: string, role: Role): Actor => ({ ...world.actor, userName, role });
const ask = (name: string, changes: Partial<NewOrderAsk> = {}): NewOrderAsk =>
  askFor(name, { approval, details, ...changes });

forEachStore((open) => {
  test('a request waits for a person, nothing is asked of the world before, and a yes takes it on at once', async () => {
    const world = await createCoreWorld(await open());
    await setUp(world, { approval: 'required' });
    const { desk } = world.office;
    const { request } = await desk.placeOrder(as(world, 'stan', 'standard'), ask('one.com'));
    assert.equal(request.state, 'needs-approval');
    await runDueJobs(world);
    assert.deepEqual(world.domains.asked, []);
    for (const role of ['orders', 'standard', 'view', 'finance', 'users'] as const) {
      await assert.rejects(desk.approve(as(world, 'x', role), request.id, null), isKind('not-allowed'));
      await assert.rejects(desk.reject(as(world, 'x', role), request.id, null), isKind('not-allowed'));
    }
    world.clock.forward(40 * DAY);
    const { certificate } = await desk.approve(as(world, 'mia', 'manager'), request.id, 'fine');
    assert.ok(certificate, 'the thirty days of validation begin with the approval');
    const kept = await world.engine.store.get('approvals', request.id);
    assert.deepEqual([kept?.state, kept?.requesterName, kept?.processorName], ['approved', 'acme/stan', 'acme/mia']);
    await assert.rejects(desk.approve(world.actor, request.id, null), isKind('wrong-state'));
  });

  test('a no ends request and order and gives the money back', async () => {
    const world = await createCoreWorld(await open());
    await setUp(world, { approval: 'required' });
    const { request } = await world.office.desk.placeOrder(as(world, 'stan', 'standard'), ask('one.com'));
    const rejected = await world.office.desk.reject(world.actor, request.id, 'not ours');
    assert.deepEqual([rejected.state, rejected.detail], ['rejected', 'not ours']);
    assert.equal((await world.engine.store.get('orders', request.orderId as number))?.state, 'rejected');
    assert.equal((await world.engine.store.get('accounts', world.actor.accountId))?.reserved, 0);
    assert.deepEqual(await world.engine.store.find('jobs', { kind: 'advance' }), []);
  });

  test('skipping is for those who approve; others wait', async () => {
    const world = await createCoreWorld(await open());
    await setUp(world, { approval: 'required' });
    const skip = { skip: true, comments: null };
    const { desk } = world.office;
    assert.ok((await desk.placeOrder(world.actor, ask('one.com', { approval: skip }))).certificate);
    const waiting = await desk.placeOrder(as(world, 'olga', 'orders'), ask('two.com', { approval: skip }));
    assert.equal(waiting.request.state, 'needs-approval');
  });

  test('an account that approves by itself keeps the approval', async () => {
    const world = await createCoreWorld(await open());
    await setUp(world, { approval: 'automatic' });
    const { request, certificate } = await world.office.desk.placeOrder(world.actor, ask('one.com'));
    assert.ok(certificate);
    assert.equal((await world.engine.store.get('approvals', request.id))?.state, 'approved');
    const other = await world.office.desk.placeOrder(as(world, 'olga', 'orders'), ask('two.com'));
    assert.equal(other.request.state, 'needs-approval', 'a key that may not approve cannot approve itself');
  });

  test('where two people are demanded nobody approves their own request, by whatever key', async () => {
    const world = await createCoreWorld(await open());
    await setUp(world, { approval: 'automatic', twoPeople: true });
    const { desk } = world.office;
    const ada = { ...world.actor, userId: 7, userRole: 'admin' as const };
    const { request } = await desk.placeOrder(ada, ask('one.com', { approval: { skip: true, comments: null } }));
    assert.equal(request.state, 'needs-approval');
    await assert.rejects(desk.approve(ada, request.id, null), isKind('not-allowed'));
    await assert.rejects(desk.approve({ ...ada, userName: 'second-key' }, request.id, null), isKind('not-allowed'));
    const bob = { ...world.actor, userName: 'bob', userId: 8, userRole: 'admin' as const };
    assert.ok((await desk.approve(bob, request.id, null)).certificate);
  });

  test('two who answer at once: one answer counts', async () => {
    const world = await createCoreWorld(await open());
    await setUp(world, { approval: 'required' });
    const { desk } = world.office;
    const { request } = await desk.placeOrder(as(world, 'stan', 'standard'), ask('one.com'));
    const answers = await Promise.allSettled([
      desk.approve(as(world, 'a', 'admin'), request.id, null),
      desk.reject(as(world, 'b', 'admin'), request.id, null),
    ]);
    assert.equal(answers.filter((one) => one.status === 'fulfilled').length, 1);
    const after = await world.engine.store.get('requests', request.id);
    const kept = await world.engine.store.get('approvals', request.id);
    assert.equal(after?.state === 'completed', kept?.state === 'approved');
  });

  test('a request that nobody answers fails after 90 days', async () => {
    const world = await createCoreWorld(await open());
    await setUp(world, { approval: 'required' });
    const { request } = await world.office.desk.placeOrder(as(world, 'stan', 'standard'), ask('one.com'));
    world.clock.forward(90 * DAY + HOUR);
    await runDueJobs(world);
    assert.equal((await world.engine.store.get('requests', request.id))?.state, 'failed');
  });

  test('a whole order is revoked by one approved request, and may end with it', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    await setUp(world, { approval: 'required', revokingEndsOrder: true });
    const { desk } = world.office;
    const skip = { skip: true, comments: null };
    const first = await desk.placeOrder(world.actor, ask('one.com', { approval: skip }));
    const orderId = first.request.orderId as number;
    await desk.reissueOrder(world.actor, orderId, ask('one.com', { csr: paperCsr('2'), approval: skip }));
    await desk.duplicate(world.actor, orderId, ask('one.com', { csr: paperCsr('3'), approval: skip }));
    const revokeAsk = { reason: 'superseded' as const, dialect: 'test', approval, extra: {} };
    const { request } = await desk.revokeOrder(as(world, 'stan', 'standard'), orderId, revokeAsk);
    assert.equal(request.state, 'needs-approval');
    const states = async () => (await store.find('certificates', { orderId })).map((one) => one.state);
    assert.deepEqual(await states(), ['reissued', 'active', 'active']);
    await desk.approve(world.actor, request.id, null);
    assert.deepEqual(await states(), ['revoked', 'revoked', 'revoked']);
    assert.equal((await store.get('orders', orderId))?.state, 'ended');
    await assert.rejects(desk.revokeOrder(world.actor, orderId, revokeAsk), isKind('wrong-state'));
  });

  test('a duplicate holds the same names, costs nothing, replaces nothing and needs a fresh proof', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    await setUp(world, {});
    const { desk } = world.office;
    const first = await desk.placeOrder(world.actor, ask('one.com'));
    const orderId = first.request.orderId as number;
    const balance = (await store.get('accounts', world.actor.accountId))?.balance;
    const twin = await desk.duplicate(world.actor, orderId, ask('one.com', { csr: paperCsr('2') }));
    assert.ok(twin.certificate);
    assert.equal((await store.get('certificates', first.certificate?.id as number))?.state, 'active');
    assert.equal((await store.get('accounts', world.actor.accountId))?.balance, balance);
    await assert.rejects(desk.duplicate(world.actor, orderId, ask('two.com')), isKind('invalid-value'));
    await store.transact(async (unit) => {
      for (const one of await unit.find('validations', {}))
        await unit.update('validations', one.id, { validatedAt: 1 });
    });
    await assert.rejects(
      desk.duplicate(world.actor, orderId, ask('one.com', { csr: paperCsr('3') })),
      isKind('wrong-state'),
    );
  });

  test('cancelling calls off what is open: the new order, or the reissue alone', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    await setUp(world, {});
    const { desk } = world.office;
    const first = await desk.placeOrder(world.actor, ask('one.com', { product: 'dv-multi' }));
    const orderId = first.request.orderId as number;
    await assert.rejects(desk.cancelOrder(world.actor, orderId, null), isKind('wrong-state'));
    const more = ask('one.com', { otherNames: ['new.org'], csr: paperCsr('2') });
    const reissue = await desk.reissueOrder(world.actor, orderId, more);
    assert.equal(reissue.request.state, 'waiting');
    await assert.rejects(desk.reissueOrder(world.actor, orderId, more), isKind('wrong-state'));
    await desk.cancelOrder(world.actor, orderId, null);
    const again = (key: string) => desk.reissueOrder(world.actor, orderId, { ...more, csr: paperCsr(key) });
    const atOnce = await Promise.allSettled(['3', '4', '5'].map(again));
    assert.equal(atOnce.filter((one) => one.status === 'fulfilled').length, 1, 'one of those that come at once');
    await desk.cancelOrder(world.actor, orderId, null);
    const last = await again('6');
    await desk.cancelOrder(world.actor, orderId, 'changed our mind');
    assert.equal((await store.get('orders', orderId))?.state, 'active');
    assert.equal((await store.get('requests', last.request.id))?.detail, 'changed our mind');
  });

  test('an alternative id is unique where the account wants it, also under concurrency', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    await setUp(world, { uniqueAlternativeIds: true });
    const { desk } = world.office;
    const place = (key: string) =>
      desk.placeOrder(
        world.actor,
        ask('one.com', { csr: paperCsr(key), details: { ...details, alternativeId: 'ours-1' } }),
      );
    const all = await Promise.allSettled(['a', 'b', 'c', 'd'].map(place));
    assert.equal(all.filter((one) => one.status === 'fulfilled').length, 1);
    for (const one of all) if (one.status === 'rejected') assert.ok(isKind('already-exists')(one.reason));
    assert.equal((await store.find('orders', {})).length, 1);
    await setUp(world, { uniqueAlternativeIds: false });
    await place('e');
    await assert.rejects(
      desk.placeOrder(world.actor, ask('two.com', { details: { ...details, alternativeId: 'x'.repeat(65) } })),
      isKind('invalid-value'),
    );
  });

  test('a certificate lives no longer than asked, and an order ends when asked', async () => {
    const world = await createCoreWorld(await open());
    await setUp(world, {});
    const { desk } = world.office;
    const now = world.clock.now();
    const short = await desk.placeOrder(world.actor, ask('one.com', { validity: { days: 10 } }));
    assert.equal(short.certificate?.notAfter, now + 10 * DAY);
    const until = await desk.placeOrder(
      world.actor,
      ask('two.com', { endsAt: now + 30 * DAY, validity: { until: now + 50 * DAY } }),
    );
    assert.equal(until.certificate?.notAfter, now + 30 * DAY);
    assert.equal(until.certificate?.subscriptionEndsAt, null);
  });

  test("a guest's link shows one order until it ends, is disabled, or guests are shut out", async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    await setUp(world, {});
    const { desk } = world.office;
    const placed = await desk.placeOrder(world.actor, ask('one.com', { details: { ...details, guestAccess: true } }));
    const closed = await desk.placeOrder(world.actor, ask('two.com'));
    const orderId = placed.request.orderId as number;
    await assert.rejects(
      desk.createGuestLink(world.actor, closed.request.orderId as number, 1e15),
      isKind('not-allowed'),
    );
    const secret = await desk.createGuestLink(world.actor, orderId, world.clock.now() + DAY);
    assert.equal((await desk.orderOfGuest(secret))?.id, orderId);
    assert.equal(await desk.orderOfGuest(`${secret}x`), null);
    const [link] = await store.find('guestLinks', {});
    assert.ok(!JSON.stringify(link).includes(secret));
    await setUp(world, { guestAccess: false });
    assert.equal(await desk.orderOfGuest(secret), null);
    await assert.rejects(desk.changeOrder(world.actor, orderId, { guestAccess: true }), isKind('invalid-value'));
    await setUp(world, {});
    assert.equal((await desk.orderOfGuest(secret))?.id, orderId);
    world.clock.forward(DAY);
    assert.equal(await desk.orderOfGuest(secret), null);
    const second = await desk.createGuestLink(world.actor, orderId, world.clock.now() + DAY);
    await desk.disableGuestLinks(world.actor, orderId);
    assert.equal(await desk.orderOfGuest(second), null);
  });
});
