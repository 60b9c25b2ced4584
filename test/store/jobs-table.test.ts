import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job } from '../../src/core/records.ts';
import type { ChanceryStore } from '../../src/store/open.ts';
import { forEachStore } from '../support/stores.ts';

const KINDS = ['advance', 'mail'];

function enqueue(
  store: ChanceryStore,
  key: string,
  runAt: number,
  more: { heldUntil?: number; version?: number } = {},
) {
  const { version = 1, ...held } = more;
  return store.transact((unit) => unit.enqueue({ kind: 'advance', key, payload: { version }, runAt, ...held }));
}

const only = async (store: ChanceryStore): Promise<Job | undefined> => (await store.find('jobs', {}))[0];

forEachStore((open, engine) => {
  test('jobs that are due are leased oldest first, and to one owner', async () => {
    const store = await open();
    for (const [key, at] of [
      ['c', 30],
      ['a', 10],
      ['b', 20],
      ['later', 1_000],
    ] as const)
      await enqueue(store, key, at);
    const first = await store.claimJobs(KINDS, 'one', 100, 200, 2);
    assert.deepEqual(
      first.map(({ key }) => key),
      ['a', 'b'],
    );
    assert.deepEqual(
      first.map(({ attempts, leaseOwner, leaseUntil }) => [attempts, leaseOwner, leaseUntil]),
      [
        [1, 'one', 200],
        [1, 'one', 200],
      ],
    );
    const second = await store.claimJobs(KINDS, 'two', 100, 200, 10);
    assert.deepEqual(
      second.map(({ key }) => key),
      ['c'],
    );
    assert.deepEqual(await store.claimJobs(['other'], 'two', 2_000, 3_000, 10), []);
    assert.equal(await store.nextJobAt(KINDS), 200);
    assert.equal(await store.nextJobAt(['other']), null);
  });

  test('the lease of a dead process runs out; its late end then changes nothing', async () => {
    const store = await open();
    await enqueue(store, 'a', 10);
    const [dead] = (await store.claimJobs(KINDS, 'dead', 10, 100, 1)) as [Job];
    assert.deepEqual(await store.claimJobs(KINDS, 'next', 99, 200, 1), []);
    const [next] = (await store.claimJobs(KINDS, 'next', 100, 200, 1)) as [Job];
    assert.equal(next.attempts, 2);
    assert.equal(await store.extendLease(dead, 500), false);
    await store.finishJob(dead, null);
    await store.failJob(dead, 'late', 1);
    assert.deepEqual(await only(store), next);
    assert.equal(await store.extendLease(next, 500), true);
    assert.equal((await only(store))?.leaseUntil, 500);
    await store.finishJob(next, null);
    assert.equal(await only(store), undefined);
  });

  test('a job that was enqueued while it ran is not lost', async () => {
    const store = await open();
    await enqueue(store, 'a', 10);
    const [job] = (await store.claimJobs(KINDS, 'one', 10, 100, 1)) as [Job];
    await enqueue(store, 'a', 50, { version: 2 });
    await enqueue(store, 'a', 70, { version: 3 });
    assert.deepEqual(await store.claimJobs(KINDS, 'two', 60, 100, 1), []);
    await store.finishJob(job, null);
    const after = await only(store);
    assert.deepEqual([after?.runAt, after?.payload, after?.attempts, after?.leaseOwner], [50, { version: 3 }, 0, null]);
    const [again] = (await store.claimJobs(KINDS, 'one', 50, 100, 1)) as [Job];
    await store.finishJob(again, null);
    assert.equal(await only(store), undefined);
  });

  test('a wake during a run comes before the time that the run asks for, and the other way round', async () => {
    const store = await open();
    for (const [wake, asked, expected] of [
      [50, 80, 50],
      [80, 50, 50],
    ] as const) {
      await enqueue(store, 'a', 10);
      const [job] = (await store.claimJobs(KINDS, 'one', 20, 100, 1)) as [Job];
      await enqueue(store, 'a', wake);
      await store.finishJob(job, asked);
      assert.equal((await only(store))?.runAt, expected);
      await store.transact((unit) => unit.done('a'));
    }
  });

  test('a failed run is told of and comes back later; a success forgets it', async () => {
    const store = await open();
    await enqueue(store, 'a', 10);
    const [job] = (await store.claimJobs(KINDS, 'one', 10, 100, 1)) as [Job];
    await store.failJob(job, 'no route', 500);
    const failed = await only(store);
    assert.deepEqual(
      [failed?.runAt, failed?.attempts, failed?.lastError, failed?.leaseUntil],
      [500, 1, 'no route', null],
    );
    const [again] = (await store.claimJobs(KINDS, 'one', 500, 600, 1)) as [Job];
    assert.equal(again.attempts, 2);
    await store.finishJob(again, 700);
    const ended = await only(store);
    assert.deepEqual([ended?.runAt, ended?.attempts, ended?.lastError], [700, 0, null]);
  });

  test('an open job takes the new time and payload, earlier or later', async () => {
    const store = await open();
    await enqueue(store, 'a', 50);
    await enqueue(store, 'a', 90, { version: 2 });
    assert.deepEqual([(await only(store))?.runAt, (await only(store))?.payload], [90, { version: 2 }]);
    await enqueue(store, 'a', 20);
    assert.equal((await only(store))?.runAt, 20);
    await Promise.all([enqueue(store, 'b', 5), enqueue(store, 'b', 5), enqueue(store, 'b', 5)]);
    assert.equal((await store.find('jobs', {})).length, 2);
  });

  test('a held job is its enqueuer’s: run by another only after the hold, ended by `done`, released by `enqueue`', async () => {
    const store = await open();
    await enqueue(store, 'a', 10, { heldUntil: 100 });
    assert.deepEqual(await store.claimJobs(KINDS, 'one', 99, 200, 1), []);
    assert.equal(await store.nextJobAt(KINDS), 100);
    await enqueue(store, 'a', 50);
    const released = await only(store);
    assert.deepEqual([released?.runAt, released?.leaseUntil], [50, null]);
    await enqueue(store, 'a', 10, { heldUntil: 100 });
    await store.transact((unit) => unit.done('a'));
    assert.equal(await only(store), undefined);
    await enqueue(store, 'a', 10, { heldUntil: 100 });
    assert.equal((await store.claimJobs(KINDS, 'one', 100, 200, 1)).length, 1);
  });

  test('at start, leases end where no other process can hold them', async () => {
    const store = await open();
    await enqueue(store, 'a', 10);
    await store.claimJobs(KINDS, 'dead', 10, 1_000, 1);
    await store.takeOverLeases();
    const again = await store.claimJobs(KINDS, 'next', 20, 1_000, 1);
    assert.equal(again.length, engine === 'sqlite' ? 1 : 0);
  });

  test('many claimers at once never share a job', async () => {
    const one = await open();
    const other = await open.again(one);
    await one.transact(async (unit) => {
      for (let i = 0; i < 60; i += 1) await unit.enqueue({ kind: 'mail', key: `m${i}`, payload: {}, runAt: i });
    });
    const claims = Array.from({ length: 20 }, (_, i) =>
      (i % 2 === 0 ? one : other).claimJobs(KINDS, `owner ${i}`, 100, 200, 5),
    );
    const ids = (await Promise.all(claims)).flat().map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    const rest = await one.claimJobs(KINDS, 'rest', 100, 200, 100);
    assert.equal(ids.length + rest.length, 60);
  });
});
