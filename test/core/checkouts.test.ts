import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Checkouts, NewCheckoutItem, OperatorCheckouts } from '../../src/core/checkouts.ts';
import { createCheckouts, createOperatorCheckouts } from '../../src/core/checkouts/create-checkouts.ts';
import type { NewOrderAsk } from '../../src/core/desk.ts';
import { DeskError } from '../../src/core/errors.ts';
import type { CheckoutItem } from '../../src/core/records.ts';
import type { Store } from '../../src/core/store.ts';
import { HOUR } from '../../src/core/time.ts';
import { forEachStore } from '../support/stores.ts';
import { addAccount, askFor, type CoreWorld, createCoreWorld, isKind, runDueJobs } from './../support/core-world.ts';

interface Shop {
  world: CoreWorld;
  checkouts: Checkouts;
  operator: OperatorCheckouts;
  asks: { of: (item: CheckoutItem) => Promise<NewOrderAsk> };
}

async function openShop(store: Store, balance = 10_000): Promise<Shop> {
  const world = await createCoreWorld(store, 'acme', balance);
  const asks = {
    of: async (item: CheckoutItem) => askFor(item.commonName, { dialect: 'test', product: item.product }),
  };
  const parts = {
    engine: world.engine,
    dialect: 'test',
    openFor: 3_600,
    askOf: () => (item: CheckoutItem) => asks.of(item),
  };
  return { world, checkouts: createCheckouts(parts), operator: createOperatorCheckouts(parts), asks };
}

function itemOf(commonName: string, amount = 1_000): NewCheckoutItem {
  const names = [commonName];
  return { product: 'dv-single', periodMonths: 12, commonName, names, amount, keyId: null, csr: null, extra: {} };
}

async function openTwo({ world, checkouts }: Shop) {
  const items = [itemOf('one.test'), itemOf('two.test')];
  return checkouts.open(world.actor, { returnUrl: 'https://panel.test/done', currency: 'EUR', items });
}

async function moneyOf({ world }: Shop): Promise<{ balance: number; reserved: number }> {
  const account = await world.engine.store.get('accounts', world.actor.accountId);
  return { balance: account?.balance as number, reserved: account?.reserved as number };
}

forEachStore((open) => {
  test('paid from the balance, every item becomes an order, and money is set aside once', async () => {
    const shop = await openShop(await open());
    const { world, checkouts } = shop;
    const { store } = world.engine;
    const { checkout, items, secret } = await openTwo(shop);
    assert.deepEqual([checkout.state, checkout.total, items.length], ['open', 2_000, 2]);
    assert.deepEqual(await moneyOf(shop), { balance: 10_000, reserved: 0 });
    assert.deepEqual(await store.find('orders', {}), []);
    assert.equal((await checkouts.bySecret(secret))?.checkout.id, checkout.id);
    assert.equal(await checkouts.bySecret(`${secret.slice(1)}A`), null);
    assert.ok(!JSON.stringify(await store.find('checkouts', {})).includes(secret), 'only a hash is kept');

    const paid = await checkouts.payFromBalance(checkout.id);
    assert.equal(paid.checkout.state, 'paid');
    assert.deepEqual(await moneyOf(shop), { balance: 10_000, reserved: 2_000 });
    const requests = await store.find('requests', { id: paid.items.map((item) => item.requestId as number) });
    assert.deepEqual(
      requests.map((request) => request.commonName),
      ['one.test', 'two.test'],
    );
    assert.ok(paid.items.every((item) => item.orderId !== null && item.queue === 'unconfirmed'));
    await assert.rejects(checkouts.payFromBalance(checkout.id), isKind('wrong-state'));
    await assert.rejects(checkouts.cancel(checkout.id), isKind('wrong-state'));

    for (const name of ['_dcv.one.test', '_dcv.two.test']) world.domains.published.add(name);
    world.clock.forward(HOUR);
    await runDueJobs(world);
    assert.deepEqual(await moneyOf(shop), { balance: 8_000, reserved: 0 });
    assert.equal((await store.find('certificates', {})).length, 2);
  });

  test('paid several times at once, it is paid once', async () => {
    const shop = await openShop(await open());
    const { checkout } = await openTwo(shop);
    const answers = await Promise.allSettled(
      Array.from({ length: 6 }, () => shop.checkouts.payFromBalance(checkout.id)),
    );
    assert.equal(answers.filter((answer) => answer.status === 'fulfilled').length, 1);
    assert.deepEqual(await moneyOf(shop), { balance: 10_000, reserved: 2_000 });
    assert.equal((await shop.world.engine.store.find('orders', {})).length, 2);
  });

  test('with too little on the balance nothing is ordered, and it stays open', async () => {
    const shop = await openShop(await open(), 1_500);
    const { checkout, secret } = await openTwo(shop);
    await assert.rejects(shop.checkouts.payFromBalance(checkout.id), isKind('insufficient-balance'));
    assert.deepEqual(await moneyOf(shop), { balance: 1_500, reserved: 0 });
    assert.deepEqual(await shop.world.engine.store.find('orders', {}), []);
    assert.deepEqual(await shop.world.engine.store.find('requests', {}), []);
    assert.equal((await shop.checkouts.bySecret(secret))?.checkout.state, 'open');
  });

  test('where one item cannot be ordered any more, none is, and it has failed', async () => {
    const shop = await openShop(await open());
    const { checkout } = await openTwo(shop);
    const before = shop.asks.of;
    shop.asks.of = async (item) => ({
      ...(await before(item)),
      ...(item.commonName === 'two.test' ? { product: 'gone' } : {}),
    });
    const failed = await shop.checkouts.payFromBalance(checkout.id);
    assert.deepEqual([failed.checkout.state, failed.checkout.detail], ['failed', 'The product is not offered']);
    assert.deepEqual(await moneyOf(shop), { balance: 10_000, reserved: 0 });
    assert.deepEqual(await shop.world.engine.store.find('orders', {}), []);
  });

  test('the price that was shown is what is charged', async () => {
    const shop = await openShop(await open());
    const items = [itemOf('one.test', 777)];
    const { checkout } = await shop.checkouts.open(shop.world.actor, { returnUrl: null, currency: 'EUR', items });
    await shop.checkouts.payFromBalance(checkout.id);
    assert.deepEqual(await moneyOf(shop), { balance: 10_000, reserved: 777 });
    const [charge] = await shop.world.engine.store.find('charges', {});
    assert.deepEqual(charge?.billables, [{ product: 'dv-single', action: 'request', quantity: 1, amount: 777 }]);
  });

  test('money that came another way is put on the balance and taken from there, once', async () => {
    const shop = await openShop(await open(), 0);
    const { operator, world } = shop;
    const { checkout } = await openTwo(shop);
    const payment = { reference: 'INV-7', cents: 2_000, by: 'olga' };
    const all = await Promise.allSettled(Array.from({ length: 4 }, () => operator.payOutside(checkout.id, payment)));
    assert.ok(all.some((one) => one.status === 'fulfilled' && one.value.checkout.state === 'paid'));
    assert.equal((await operator.payOutside(checkout.id, payment)).checkout.state, 'paid', 'told again');
    assert.deepEqual(await moneyOf(shop), { balance: 2_000, reserved: 2_000 });
    await assert.rejects(operator.payOutside(checkout.id, { ...payment, reference: 'INV-8' }), isKind('wrong-state'));
    const other = await openTwo(shop);
    await assert.rejects(operator.payOutside(other.checkout.id, payment), isKind('already-exists'));
    await assert.rejects(
      operator.payOutside(other.checkout.id, { ...payment, reference: 'INV-9', cents: 1 }),
      isKind('invalid-value'),
    );
    for (const reference of ['', ' x', 'a\nb', 'ü', 'x'.repeat(101)]) {
      await assert.rejects(operator.payOutside(other.checkout.id, { ...payment, reference }), isKind('invalid-value'));
    }
    assert.deepEqual(await moneyOf(shop), { balance: 2_000, reserved: 2_000 });
    const events = await world.engine.store.find('auditEvents', { action: 'account.credited' });
    assert.deepEqual(
      events.map((event) => [event.actor, event.details['reference']]),
      [['operator:olga', 'INV-7']],
    );
  });

  test('money for what cannot be ordered any more stays on the balance', async () => {
    const shop = await openShop(await open(), 0);
    const { checkout } = await openTwo(shop);
    shop.asks.of = () => Promise.reject(new DeskError('not-found', 'Website 7 does not exist'));
    const payment = { reference: 'INV-7', cents: 2_000, by: 'olga' };
    assert.equal((await shop.operator.payOutside(checkout.id, payment)).checkout.state, 'failed');
    assert.equal((await shop.operator.payOutside(checkout.id, payment)).checkout.state, 'failed');
    assert.deepEqual(await moneyOf(shop), { balance: 2_000, reserved: 0 });
  });

  test('money that comes late and is told twice at one time is credited once', async () => {
    for (const references of [
      ['INV-7', 'INV-7'],
      ['INV-8', 'INV-9'],
    ] as const) {
      const shop = await openShop(await open(), 0);
      const { checkout } = await openTwo(shop);
      shop.world.clock.forward(HOUR);
      let waiting = 0;
      let both = (): void => undefined;
      const arrived = new Promise<void>((resolve) => (both = resolve));
      shop.asks.of = async () => {
        waiting += 1;
        if (waiting === 2) both();
        await arrived;
        throw new DeskError('not-found', 'Website 7 does not exist');
      };
      await Promise.allSettled(
        references.map((reference) => shop.operator.payOutside(checkout.id, { reference, cents: 2_000, by: 'olga' })),
      );
      assert.deepEqual(await moneyOf(shop), { balance: 2_000, reserved: 0 }, references.join());
      const { store } = shop.world.engine;
      assert.equal((await store.find('auditEvents', { action: 'account.credited' })).length, 1);
    }
  });

  test('what nobody paid in time is over, but money that comes late counts', async () => {
    const shop = await openShop(await open());
    const { checkouts, operator, world } = shop;
    const { checkout, secret } = await openTwo(shop);
    const late = await openTwo(shop);
    world.clock.forward(HOUR - 1);
    assert.equal((await checkouts.bySecret(secret))?.checkout.state, 'open');
    assert.equal(await operator.expireCheckouts(), 0);
    world.clock.forward(1);
    assert.equal((await checkouts.bySecret(secret))?.checkout.state, 'expired');
    await assert.rejects(checkouts.payFromBalance(checkout.id), isKind('wrong-state'));
    await assert.rejects(checkouts.setReturnUrl(world.actor, checkout.id, 'https://a.test/'), isKind('wrong-state'));
    await operator.payOutside(late.checkout.id, { reference: 'INV-1', cents: 2_000, by: 'olga' });
    assert.equal(await operator.expireCheckouts(), 1);
    assert.equal((await world.engine.store.get('checkouts', checkout.id))?.state, 'expired');
    await operator.payOutside(checkout.id, { reference: 'INV-2', cents: 2_000, by: 'olga' });
    assert.equal((await world.engine.store.find('orders', {})).length, 4);
  });

  test('cancelled, it cannot be paid', async () => {
    const shop = await openShop(await open());
    const { checkout } = await openTwo(shop);
    assert.equal((await shop.checkouts.cancel(checkout.id)).checkout.state, 'cancelled');
    await assert.rejects(shop.checkouts.payFromBalance(checkout.id), isKind('wrong-state'));
    await assert.rejects(
      shop.operator.payOutside(checkout.id, { reference: 'x', cents: 2_000, by: 'olga' }),
      isKind('wrong-state'),
    );
    assert.deepEqual(await moneyOf(shop), { balance: 10_000, reserved: 0 });
  });

  test('an item is confirmed once it is paid, by its account alone, all or none', async () => {
    const shop = await openShop(await open());
    const { checkouts, world } = shop;
    const { checkout, items } = await openTwo(shop);
    const ids = items.map((item) => item.id);
    const stranger = await addAccount(world.engine.store, 'eve', 0, world.clock.now());
    await assert.rejects(checkouts.setQueue(world.actor, ids, 'confirmed'), isKind('wrong-state'));
    await checkouts.payFromBalance(checkout.id);
    await assert.rejects(checkouts.setQueue(stranger, ids, 'confirmed'), isKind('not-found'));
    await assert.rejects(checkouts.notePolled(stranger, ids), isKind('not-found'));
    await assert.rejects(checkouts.setReturnUrl(stranger, checkout.id, 'https://eve.test/'), isKind('not-found'));
    await assert.rejects(checkouts.setQueue(world.actor, [...ids, 1], 'confirmed'), isKind('not-found'));
    assert.ok((await world.engine.store.find('checkoutItems', {})).every((item) => item.queue === 'unconfirmed'));
    const view = { ...world.actor, role: 'view' } as const;
    await assert.rejects(checkouts.setQueue(view, ids, 'confirmed'), isKind('not-allowed'));
    assert.deepEqual(
      (await checkouts.setQueue(world.actor, ids, 'confirmed')).map(({ queue }) => queue),
      ['confirmed', 'confirmed'],
    );
    await checkouts.notePolled(world.actor, ids);
    world.clock.forward(5);
    await checkouts.notePolled(world.actor, ids);
    const [polled] = await world.engine.store.find('checkoutItems', {});
    assert.equal((polled?.lastPollAt as number) - (polled?.firstPollAt as number), 5);
    await checkouts.setQueue(world.actor, ids, 'removed');
    await assert.rejects(checkouts.setQueue(world.actor, ids, 'confirmed'), isKind('wrong-state'));
  });

  test('an account that is locked buys nothing', async () => {
    const shop = await openShop(await open());
    const { checkout } = await openTwo(shop);
    await shop.world.engine.store.transact((unit) =>
      unit.update('accounts', shop.world.actor.accountId, { state: 'locked' }),
    );
    await assert.rejects(shop.checkouts.payFromBalance(checkout.id), isKind('not-allowed'));
  });

  test('what is taken out is not paid for, and the last one takes the purchase along', async () => {
    const shop = await openShop(await open());
    const { checkouts, world } = shop;
    const { checkout, items, secret } = await openTwo(shop);
    const [one, two] = items.map((item) => item.id) as [number, number];
    await checkouts.setQueue(world.actor, [one], 'removed');
    assert.equal((await checkouts.bySecret(secret))?.checkout.total, 1_000);
    await checkouts.payFromBalance(checkout.id);
    assert.deepEqual(await moneyOf(shop), { balance: 10_000, reserved: 1_000 });
    assert.deepEqual(
      (await world.engine.store.find('orders', {})).map((order) => order.commonName),
      ['two.test'],
    );
    await checkouts.setQueue(world.actor, [two], 'removed');
    assert.equal((await checkouts.bySecret(secret))?.checkout.state, 'paid');
    const other = await openTwo(shop);
    await checkouts.setQueue(
      world.actor,
      other.items.map((item) => item.id),
      'removed',
    );
    const empty = await checkouts.bySecret(other.secret);
    assert.deepEqual([empty?.checkout.state, empty?.checkout.total], ['cancelled', 0]);
  });

  test('a process that dies after the payment leaves a job that goes on, and nothing is charged twice', async () => {
    const shop = await openShop(await open());
    const { world, checkouts } = shop;
    const { store } = world.engine;
    for (const name of ['_dcv.one.test', '_dcv.two.test']) world.domains.published.add(name);
    const caa = world.domains.caa.bind(world.domains);
    world.domains.caa = () => Promise.reject(new Error('the process dies here'));
    const { checkout } = await openTwo(shop);
    assert.equal((await checkouts.payFromBalance(checkout.id)).checkout.state, 'paid');
    assert.deepEqual(await store.find('certificates', {}), []);
    world.domains.caa = caa;
    await assert.rejects(checkouts.payFromBalance(checkout.id), isKind('wrong-state'));
    world.clock.forward(HOUR);
    await runDueJobs(world);
    assert.equal((await store.find('certificates', {})).length, 2);
    assert.deepEqual(await moneyOf(shop), { balance: 8_000, reserved: 0 });
    assert.deepEqual(
      (await store.find('charges', {})).map(({ state, amount }) => [state, amount]),
      [
        ['captured', 1_000],
        ['captured', 1_000],
      ],
    );
  });

  test('a payment that is undone leaves nothing of itself', async () => {
    const shop = await openShop(await open());
    const { world, checkouts } = shop;
    const { store } = world.engine;
    const { checkout, secret } = await openTwo(shop);
    const transact = store.transact.bind(store);
    store.transact = (work) =>
      transact(async (unit) => {
        const done = await work(unit);
        throw new Error(`the database is gone ${typeof done}`);
      });
    await assert.rejects(checkouts.payFromBalance(checkout.id), /the database is gone/);
    store.transact = transact;
    assert.equal((await checkouts.bySecret(secret))?.checkout.state, 'open');
    for (const kind of ['orders', 'requests', 'charges', 'validations', 'jobs'] as const) {
      assert.deepEqual(await store.find(kind, {}), [], kind);
    }
    assert.deepEqual(await moneyOf(shop), { balance: 10_000, reserved: 0 });
    assert.equal((await checkouts.payFromBalance(checkout.id)).checkout.state, 'paid');
  });
});
