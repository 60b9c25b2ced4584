import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DetailsAsk, NewOrderAsk } from '../../src/core/desk.ts';
import { bareDetails } from '../../src/core/order-details.ts';
import type { Certificate, User } from '../../src/core/records.ts';
import { DEFAULT_SETTINGS } from '../../src/core/settings.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import {
  addAccount,
  askFor,
  createCoreWorld,
  paperCsr,
  runDueJobs,
  START,
  type CoreWorld,
} from '../support/core-world.ts';
import { forEachStore } from '../support/stores.ts';

const NAME = 'shop.example.com';

const carried = (changes: Partial<DetailsAsk> = {}): DetailsAsk =>
  bareDetails({ emails: ['ops@example.com'], extra: { colour: 'green' }, ...changes });

/** An order that is issued at once, as its domain is published. */
async function place(world: CoreWorld, details: Partial<DetailsAsk>, changes: Partial<NewOrderAsk> = {}) {
  const name = changes.commonName ?? NAME;
  world.domains.published.add(`_dcv.${name}`);
  const ask = askFor(name, { details: carried(details), extra: { note: 'first' }, ...changes });
  const { request, certificate } = await world.office.desk.placeOrder(world.actor, ask);
  assert.equal(request.state, 'completed');
  return { orderId: request.orderId as number, request, certificate: certificate as Certificate };
}

/** Lets time pass, with nothing at work but what recurs. */
async function live(world: CoreWorld, days: number, step = DAY): Promise<number> {
  let placed = 0;
  for (const end = world.clock.now() + days * DAY; world.clock.now() < end; ) {
    world.clock.forward(step);
    placed += await world.office.runAutoOrders();
    await runDueJobs(world);
    await world.office.expireCertificates();
  }
  return placed;
}

const attention = (world: CoreWorld) => world.engine.store.find('notifications', { kind: 'request-needs-attention' });

forEachStore((open) => {
  test('a plan of three years runs across both cuts: no gap, nothing too long, no proof too old', async () => {
    const world = await createCoreWorld(await open());
    const { store, rules } = world.engine;
    const { orderId } = await place(world, { autoReissue: true }, { periodMonths: 36 });
    const order = await store.get('orders', orderId);
    const endsAt = order?.endsAt as number;
    assert.equal(new Date(endsAt).toISOString(), '2029-11-22T12:00:00.000Z');
    await live(world, 3 * 365 + 2);

    const certificates = await store.find('certificates', { orderId });
    let until = START;
    for (const { notBefore, notAfter } of certificates) {
      assert.ok(notBefore <= until, `a gap before ${new Date(notBefore).toISOString()}`);
      assert.ok(notAfter - notBefore < rules.longestValidity(notBefore));
      assert.ok(notAfter <= endsAt);
      until = Math.max(until, notAfter);
    }
    assert.equal(until, endsAt);
    const lives = new Set(certificates.map(({ notBefore, notAfter }) => Math.round((notAfter - notBefore) / DAY)));
    assert.ok(
      [200, 100, 47].every((days) => lives.has(days)),
      [...lives].join(),
    );

    for (const { requestId, notBefore } of certificates) {
      const [proof] = await store.find('validations', { requestId, state: 'valid' });
      assert.ok((proof?.validatedAt as number) >= rules.domainProofSince(notBefore));
    }
    const requests = await store.find('requests', { orderId });
    assert.ok(requests.every((one) => one.state === 'completed'));
    assert.deepEqual(
      [...new Set(requests.slice(1).map((one) => `${one.kind} ${one.requestedBy}`))],
      ['reissue system'],
    );
    assert.equal(new Set(requests.map((one) => one.spkiHash)).size, 1);
    assert.deepEqual(requests.at(-1)?.names, requests[0]?.names);
    assert.deepEqual(requests.at(-1)?.extra, { note: 'first' });
    const proofs = await store.find('validations', { reusedFrom: null });
    assert.ok(proofs.length > 5 && proofs.length < certificates.length, `${proofs.length} of ${certificates.length}`);
    assert.equal((await store.find('orders', {})).length, 1);
    assert.equal((await store.find('charges', {})).length, 1);
    assert.deepEqual(await attention(world), []);
  });

  test('an order renews itself with product, term, details and key, once, and from its end on', async () => {
    const world = await createCoreWorld(await open());
    const { store } = world.engine;
    const wish = { autoRenew: true, autoReissue: true, alternativeId: 'PO-1' };
    const { orderId, request } = await place(world, wish, { periodMonths: 12 });
    const first = await store.get('orders', orderId);
    await live(world, 366);
    const renewals = await store.find('orders', { renewsOrderId: orderId });
    assert.equal(renewals.length, 1);
    const [renewal] = renewals;
    assert.equal(renewal?.state, 'active');
    assert.equal(renewal?.product, 'dv-single');
    assert.equal(renewal?.periodMonths, 12);
    assert.equal(renewal?.createdAt, START + 335 * DAY);
    assert.equal(new Date(renewal?.endsAt as number).toISOString(), '2028-11-22T12:00:00.000Z');
    assert.ok((first?.endsAt as number) > (renewal?.startsAt as number));
    const { id: _, ...details } = (await store.get('orderDetails', renewal?.id as number)) ?? {};
    assert.deepEqual(details, { ...carried(wish), accountId: world.actor.accountId, alternativeKey: null });
    const [renew] = await store.find('requests', { orderId: renewal?.id as number, kind: 'renew' });
    assert.equal(renew?.requestedBy, 'system');
    assert.equal(renew?.spkiHash, request.spkiHash);
    assert.equal((await store.find('charges', { state: 'captured' })).length, 2);
  });

  test('nothing twice: runs in a row, two at once, and while a person reissues', async () => {
    const world = await createCoreWorld(await open());
    const { store } = world.engine;
    const { orderId, certificate } = await place(world, { autoReissue: true }, { periodMonths: 24 });
    world.clock.set(certificate.notAfter - 30 * DAY - 2 * HOUR);
    assert.equal(await world.office.runAutoOrders(), 0);
    world.clock.forward(2 * HOUR);
    world.domains.published.clear();
    world.clock.forward(HOUR);
    const counts = await Promise.all([world.office.runAutoOrders(), world.office.runAutoOrders()]);
    assert.deepEqual(
      counts.toSorted((one, other) => one - other),
      [0, 1],
    );
    assert.equal(await world.office.runAutoOrders(), 0);
    const requests = await store.find('requests', { orderId, kind: 'reissue' });
    assert.equal(requests.length, 1);
    assert.deepEqual(await attention(world), []);
  });

  test('a person who cancels what the plan asked for is not asked again; a failure is tried a day later', async () => {
    const world = await createCoreWorld(await open());
    const { store } = world.engine;
    const one = await place(world, { autoReissue: true }, { periodMonths: 24 });
    const other = await place(
      world,
      { autoReissue: true },
      { periodMonths: 24, commonName: 'mail.example.org', csr: paperCsr('other') },
    );
    // Proofs that were good for 200 days are too old by now: domains are asked again, and are not there.
    world.domains.published.clear();
    world.clock.set(Date.parse('2027-05-20T12:00:00Z'));
    assert.equal(await world.office.runAutoOrders(), 2);
    const [asked] = await store.find('requests', { orderId: one.orderId, kind: 'reissue' });
    assert.equal(asked?.state, 'waiting');
    await world.office.desk.cancel(world.actor, asked?.id as number);
    const [failing] = await store.find('requests', { orderId: other.orderId, kind: 'reissue' });
    await store.transact((unit) =>
      unit.update('requests', failing?.id as number, { state: 'failed', updatedAt: world.clock.now() }),
    );
    world.clock.forward(23 * HOUR);
    assert.equal(await world.office.runAutoOrders(), 0);
    world.clock.forward(HOUR);
    assert.equal(await world.office.runAutoOrders(), 1);
    assert.equal((await store.find('requests', { orderId: one.orderId, kind: 'reissue' })).length, 1);
    assert.equal((await store.find('requests', { orderId: other.orderId, kind: 'reissue' })).length, 2);
  });

  test('what cannot be placed is told once a day and stops no other; nothing stays behind', async () => {
    const world = await createCoreWorld(await open(), 'acme', 3_000);
    const { store } = world.engine;
    const poor = await place(world, { autoRenew: true }, { periodMonths: 12 });
    const rich: CoreWorld = { ...world, actor: await addAccount(store, 'rich', 1_000_000, START) };
    const fine = await place(rich, { autoRenew: true }, { periodMonths: 12 });
    await store.transact(async (unit) => {
      await unit.update('accounts', world.actor.accountId, { balance: 0 });
    });
    world.clock.set(START + 340 * DAY);
    for (let hour = 0; hour < 30; hour += 1) {
      await world.office.runAutoOrders();
      world.clock.forward(HOUR);
    }
    assert.deepEqual(await store.find('orders', { renewsOrderId: poor.orderId }), []);
    assert.equal((await store.find('orders', { renewsOrderId: fine.orderId })).length, 1);
    const told = await attention(world);
    assert.equal(told.length, 2);
    assert.equal(told[0]?.accountId, world.actor.accountId);
    assert.equal(told[0]?.dialect, 'test');
    assert.match(told[0]?.message ?? '', /shop\.example\.com does not go on by itself: .*balance/);
    const account = await store.get('accounts', world.actor.accountId);
    assert.deepEqual([account?.balance, account?.reserved], [0, 0]);

    await store.transact(async (unit) => {
      await unit.update('accounts', world.actor.accountId, { balance: 5_000 });
    });
    assert.equal(await world.office.runAutoOrders(), 1);
    assert.equal((await store.find('orders', { renewsOrderId: poor.orderId })).length, 1);
  });

  test('switched off, revoked, locked: nothing goes on', async () => {
    const world = await createCoreWorld(await open());
    const { store } = world.engine;
    await place(world, {});
    const revoked = await place(world, { autoRenew: true, autoReissue: true }, { csr: paperCsr('revoked') });
    await world.office.desk.revokeCertificate(world.actor, revoked.certificate.id, {
      reason: null,
      dialect: 'test',
      extra: {},
    });
    const away: CoreWorld = { ...world, actor: await addAccount(store, 'away', 1_000_000, START) };
    await place(away, { autoRenew: true, autoReissue: true });
    await store.transact((unit) => unit.update('accounts', away.actor.accountId, { state: 'locked' }));
    assert.equal(await live(world, 366, 12 * HOUR), 0);
    assert.deepEqual(await attention(world), []);
  });

  test('a renewal waits for a person where the account wants one, and is not bought for who may buy no more', async () => {
    const world = await createCoreWorld(await open());
    const { store } = world.engine;
    const settings = { ...DEFAULT_SETTINGS, approval: 'required' as const };
    await place(world, { autoRenew: true });
    const user = await addUser(world);
    const actor = { ...world.actor, userId: user.id, userRole: user.role };
    const { orderId } = await place({ ...world, actor }, { autoRenew: true }, { csr: paperCsr('theirs') });
    await store.transact(async (unit) => {
      await unit.update('accounts', world.actor.accountId, { settings });
      await unit.update('users', user.id, { role: 'view' });
    });
    world.clock.set(START + 340 * DAY);
    assert.equal(await world.office.runAutoOrders(), 1);
    assert.equal(await world.office.runAutoOrders(), 0);
    const [waiting] = await store.find('requests', { state: 'needs-approval' });
    assert.equal(waiting?.kind, 'renew');
    const approval = await store.get('approvals', waiting?.id as number);
    assert.equal(approval?.requesterName, 'system');
    assert.deepEqual(await store.find('orders', { renewsOrderId: orderId }), []);
    assert.match((await attention(world))[0]?.message ?? '', /may not order any more/);
    await world.office.desk.reject(world.actor, waiting?.id as number, 'Not needed');
    assert.equal(await world.office.runAutoOrders(), 0);
  });

  test('the dialect makes the new challenges, and what it keeps of them stays with the order', async () => {
    const world = await createCoreWorld(await open());
    const { engine } = world;
    engine.askAgain = new Map([
      [
        'test',
        () => ({
          chooseValidation: (domain) => ({
            method: 'dns',
            challenges: [{ method: 'dns', record: 'TXT', name: `_fresh.${domain}`, value: 'second' }],
          }),
          extra: { note: 'again' },
          proveAgain: true,
          detailsExtra: (kept) => ({ ...kept, value: 'second' }),
        }),
      ],
    ]);
    const { orderId, certificate } = await place(world, { autoReissue: true }, { periodMonths: 24 });
    world.clock.set(certificate.notAfter - 20 * DAY);
    assert.equal(await world.office.runAutoOrders(), 1);
    const [reissue] = await engine.store.find('requests', { orderId, kind: 'reissue' });
    assert.equal(reissue?.state, 'waiting');
    assert.deepEqual(reissue?.extra, { note: 'again' });
    const [asked] = await engine.store.find('validations', { requestId: reissue?.id as number });
    assert.equal(asked?.challenges[0]?.method === 'dns' && asked.challenges[0].name, `_fresh.${NAME}`);
    const details = await engine.store.get('orderDetails', orderId);
    assert.deepEqual(details?.extra, { colour: 'green', value: 'second' });
  });
});

async function addUser({ engine, actor }: CoreWorld): Promise<User> {
  const names = { userName: 'bob', firstName: 'Bob', lastName: 'Byron', email: 'bob@example.com' };
  return engine.store.transact(async (unit) => {
    const user: User = {
      id: unit.newId('users'),
      accountId: actor.accountId,
      kind: 'person',
      ...names,
      jobTitle: null,
      phone: null,
      role: 'standard',
      containerId: null,
      state: 'active',
      createdAt: START,
      lastSeenAt: null,
    };
    unit.insert('users', user);
    return user;
  });
}
