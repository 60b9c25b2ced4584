import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeskError } from '../../src/core/errors.ts';
import type { Unit } from '../../src/core/store.ts';
import type { ChanceryStore } from '../../src/store/open.ts';
import { forEachStore } from '../support/stores.ts';
import { SAMPLES } from './samples.ts';

const isKind = (kind: string) => (error: unknown) => error instanceof DeskError && error.kind === kind;

/** Runs it again after a conflict, as a caller does. */
async function persist<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isKind('conflict')(error)) throw error;
    }
  }
}

forEachStore((open, engine) => {
  test('concurrent units share commits', async () => {
    const store = await open();
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => store.transact(async (unit) => unit.insert('notes', SAMPLES.notes(i + 1)))),
    );
    assert.equal((await store.find('notes', {})).length, 100);
    const { units, commits } = store.stats();
    assert.equal(units, 100);
    assert.ok(commits <= 4, `${commits} commits`);
  });

  if (engine === 'sqlite') {
    test('what arrives while units are gathered shares their commit; a unit alone waits for none', async () => {
      const store = await open();
      const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
      const insert = (id: number) => store.transact(async (unit) => unit.insert('notes', SAMPLES.notes(id)));
      const first = [insert(1), insert(2)];
      await turn();
      const second = insert(3);
      await Promise.all([...first, second]);
      assert.deepEqual(store.stats(), { units: 3, commits: 1 });
      const alone = insert(4);
      await turn();
      const later = insert(5);
      await Promise.all([alone, later]);
      assert.deepEqual(store.stats(), { units: 5, commits: 3 });
    });
  }

  test('a failing unit undoes itself alone: by an exception, a clash, a conflict, a lack of money', async () => {
    const store = await open();
    await store.transact(async (unit) => {
      unit.insert('accounts', { ...SAMPLES.accounts(1), balance: 5 });
      unit.insert('notes', SAMPLES.notes(1_000));
    });
    const failures: Record<number, (unit: Unit) => Promise<unknown>> = {
      1: async () => assert.fail('on purpose'),
      2: async (unit) => unit.insert('accounts', { ...SAMPLES.accounts(2), handle: 'account-1' }),
      3: (unit) => unit.update('notes', 1_000, { message: 'x' }, { message: 'y' }),
      4: (unit) => unit.reserve(1, 6),
      5: async (unit) => {
        assert.equal((await unit.find('notes', { id: 5 })).length, 1);
        throw new Error('after its writes were sent');
      },
    };
    const results = await Promise.allSettled(
      Array.from({ length: 48 }, (_, i) =>
        store.transact(async (unit) => {
          unit.insert('notes', SAMPLES.notes(i + 1));
          unit.audit({ at: i, actor: 'system', accountId: null, action: 'test', target: `note:${i + 1}`, details: {} });
          await failures[(i + 1) % 12]?.(unit);
        }),
      ),
    );
    const good = results.flatMap((result, i) => (result.status === 'fulfilled' ? [i + 1] : []));
    assert.deepEqual(
      good,
      Array.from({ length: 48 }, (_, i) => i + 1).filter((id) => failures[id % 12] === undefined),
    );
    const kept = (await store.find('notes', {})).map(({ id }) => id);
    assert.deepEqual(kept, [...good, 1_000]);
    const events = await store.find('auditEvents', {});
    assert.deepEqual(new Set(events.map(({ target }) => target)), new Set(good.map((id) => `note:${id}`)));
    assert.deepEqual(
      events.map(({ id }) => id),
      events.map((_, i) => i + 1),
    );
  });

  test('reads outside see what is committed; a read after an answer sees the answer', async () => {
    const store = await open();
    await store.transact(async (unit) => {
      unit.insert('notes', SAMPLES.notes(1));
      assert.equal((await unit.find('notes', {})).length, 1);
      assert.equal(await store.get('notes', 1), null);
    });
    assert.notEqual(await store.get('notes', 1), null);
  });

  test('no update is lost between two stores over one database', async () => {
    const one = await open();
    const other = await open.again(one);
    await one.transact(async (unit) => unit.insert('requests', SAMPLES.requests(1)));
    const increment = (store: ChanceryStore): Promise<void> =>
      persist(() =>
        store.transact(async (unit) => {
          const version = (await unit.get('requests', 1))?.version ?? 0;
          await unit.update('requests', 1, { version: version + 1 }, { version });
        }),
      );
    await Promise.all(Array.from({ length: 40 }, (_, i) => increment(i % 2 === 0 ? one : other)));
    assert.equal((await one.get('requests', 1))?.version, 41);
  });

  test('an account never spends more than it has, whatever runs at once', async () => {
    const first = await open();
    const stores = [first, await open.again(first)];
    let account = 0;
    const step = fc.record({
      cents: fc.integer({ min: 0, max: 60 }),
      after: fc.constantFrom('capture', 'release', 'keep', 'capture later', 'fail' as const),
      store: fc.integer({ min: 0, max: 1 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 200 }), fc.array(step, { maxLength: 24 }), async (balance, steps) => {
        account += 1;
        const id = account;
        await first.transact(async (unit) => unit.insert('accounts', { ...SAMPLES.accounts(id), balance }));
        const results = await Promise.allSettled(
          steps.map(async ({ cents, after: then, store }) => {
            const desk = stores[store] as ChanceryStore;
            await desk.transact(async (unit) => {
              await unit.reserve(id, cents);
              if (then === 'capture' || then === 'release') await unit.settle(id, cents, then);
              if (then === 'fail') throw new Error('on purpose');
            });
            if (then === 'capture later') await desk.transact((unit) => unit.settle(id, cents, 'capture'));
          }),
        );
        const sum = (wanted: string[]): number =>
          steps.reduce((total, { cents, after: then }, i) => {
            return results[i]?.status === 'fulfilled' && wanted.includes(then) ? total + cents : total;
          }, 0);
        const after = await first.get('accounts', id);
        assert.equal(after?.balance, balance - sum(['capture', 'capture later']));
        assert.equal(after.reserved, sum(['keep']));
        assert.ok(after.balance - after.reserved >= 0);
        const refused = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason as Error);
        for (const reason of refused) {
          if (reason.message !== 'on purpose') assert.ok(isKind('insufficient-balance')(reason), String(reason));
        }
      }),
      { numRuns: engine === 'sqlite' ? 60 : 40 },
    );
    await assert.rejects(
      first.transact((unit) => unit.settle(1, 1_000_000, 'release')),
      isKind('conflict'),
    );
    await assert.rejects(
      first.transact((unit) => unit.reserve(1, -1)),
      TypeError,
    );
    await assert.rejects(
      first.transact((unit) => unit.reserve(1, 0.5)),
      TypeError,
    );
  });

  test('ids are unique between stores, rise in each, fit 32 bits, and come as many as a unit needs', async () => {
    const one = await open();
    const other = await open.again(one);
    const seen = new Set<number>();
    let count = 0;
    for (const [store, many] of [
      [one, 3],
      [other, 3],
      [one, 500],
      [other, 20_000],
      [one, 40],
      [other, 1],
    ] as const) {
      const ids = await store.transact(async (unit) => Array.from({ length: many }, () => unit.newId('orders')));
      assert.deepEqual(
        ids,
        [...ids].sort((a, b) => a - b),
      );
      for (const id of ids) seen.add(id);
      count += many;
    }
    const both = await Promise.all(
      Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? one : other).transact(async (unit) => unit.newId('orders'))),
    );
    for (const id of both) seen.add(id);
    assert.equal(seen.size, count + 300);
    assert.ok(Math.min(...seen) === 100_001 && Math.max(...seen) < 2 ** 31);
    const third = await open.again(one);
    const late = await third.transact(async (unit) => unit.newId('orders'));
    assert.ok(!seen.has(late) && late > 100_001);
  });

  test('many units that meet the end of a block at once do not waste ids', async () => {
    const store = await open();
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(
        Array.from({ length: 100 }, (_, i) =>
          store.transact(async (unit) => {
            for (let n = 0; n < 20 + (i % 7); n += 1) unit.newId('notes');
          }),
        ),
      );
    }
    const last = await store.transact(async (unit) => unit.newId('notes'));
    assert.ok(last < 100_001 + 60_000, `${last}`);
  });

  test('a unit cannot be used after its end, nor the store after its close, which finishes what waits', async () => {
    const store = await open();
    const unit = await store.transact(async (it) => it);
    assert.throws(() => unit.insert('notes', SAMPLES.notes(1)), TypeError);
    await assert.rejects(async () => unit.update('notes', 1, { message: 'x' }), TypeError);
    await assert.rejects(async () => unit.get('notes', 1), TypeError);
    const last = store.transact(async (it) => it.insert('notes', SAMPLES.notes(2)));
    await store.close();
    await last;
    await assert.rejects(
      store.transact(async () => {}),
      isKind('internal'),
    );
    const again = await open.again(store);
    assert.equal((await again.find('notes', {})).length, 1);
  });
});
