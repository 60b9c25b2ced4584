import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job } from '../../src/core/records.ts';
import type { Timers } from '../../src/core/time.ts';
import { BACK_OFF } from '../../src/jobs/backoff.ts';
import { createJobRunner, type JobHandler, type JobRunnerOptions } from '../../src/jobs/runner.ts';
import type { ChanceryStore } from '../../src/store/open.ts';
import { fixedClock, forEachStore } from '../support/stores.ts';

/** Timers that run when the test says so. */
function manualTimers(): Timers & { fire(): void; waits: number[] } {
  let waiting = new Map<object, [number, () => void]>();
  return {
    after(milliseconds, work) {
      const key = {};
      waiting.set(key, [milliseconds, work]);
      return () => waiting.delete(key);
    },
    fire() {
      const due = waiting;
      waiting = new Map();
      for (const [, work] of due.values()) work();
    },
    get waits() {
      return [...waiting.values()].map(([milliseconds]) => milliseconds).sort((a, b) => a - b);
    },
  };
}

const random = { bytes: (length: number) => new Uint8Array(length) };
const silent = { warn: () => undefined };

function enqueue(store: ChanceryStore, key: string, runAt: number, kind = 'work'): Promise<void> {
  return store.transact((unit) => unit.enqueue({ kind, key, payload: { key }, runAt }));
}

forEachStore((open) => {
  async function world(handlers: Record<string, JobHandler>, options: Partial<JobRunnerOptions> = {}) {
    const clock = fixedClock(1_000_000);
    const store = await open({ clock });
    const timers = manualTimers();
    const runner = createJobRunner({ store, clock, timers, random, log: silent, handlers, ...options });
    return { clock, store, timers, runner };
  }

  test('runs what is due, once, and what that makes due; leaves the rest', async () => {
    const seen: string[] = [];
    const { store, clock, runner } = await world({
      work: async (job) => {
        seen.push(job.key);
        if (job.key === 'a') await enqueue(store, 'a2', clock.now());
        return job.key === 'again' && seen.length < 5 ? { runAgainAt: clock.now() } : {};
      },
    });
    await enqueue(store, 'a', clock.now());
    await enqueue(store, 'again', clock.now() - 5);
    await enqueue(store, 'later', clock.now() + 1);
    await enqueue(store, 'foreign', clock.now(), 'unknown');
    assert.equal(await runner.runDue(), seen.length);
    assert.deepEqual(
      seen.filter((key) => key === 'a' || key === 'a2'),
      ['a', 'a2'],
    );
    assert.deepEqual((await store.find('jobs', {})).map(({ key }) => key).sort(), ['foreign', 'later']);
  });

  test('a failing job comes back after longer and longer waits, with its error', async () => {
    let fails = true;
    const outcomes: string[] = [];
    const { store, clock, runner } = await world(
      {
        work: async () => {
          if (fails) throw new Error('no\0 route');
          return {};
        },
      },
      { onJob: (_kind, outcome) => outcomes.push(outcome) },
    );
    await enqueue(store, 'a', clock.now());
    for (const wait of [...BACK_OFF, BACK_OFF.at(-1) as number]) {
      assert.equal(await runner.runDue(), 1);
      const job = (await store.find('jobs', {}))[0] as Job;
      assert.equal(job.runAt, clock.now() + wait);
      assert.equal(job.lastError, 'Error: no route');
      clock.set(job.runAt - 1);
      assert.equal(await runner.runDue(), 0);
      clock.set(job.runAt);
    }
    fails = false;
    assert.equal(await runner.runDue(), 1);
    assert.deepEqual(await store.find('jobs', {}), []);
    assert.deepEqual(outcomes, [...BACK_OFF.map(() => 'failed'), 'failed', 'done']);
  });

  test('started, it runs at most so many at once, sleeps until the next is due, wakes, and stops when all has ended', async () => {
    const running = new Map<string, () => void>();
    let most = 0;
    let arrived = (): void => undefined;
    const { store, clock, timers, runner } = await world(
      {
        work: (job) =>
          new Promise((resolve) => {
            running.set(job.key, () => {
              running.delete(job.key);
              resolve({});
            });
            most = Math.max(most, running.size);
            arrived();
          }),
      },
      { concurrency: 2 },
    );
    const until = (condition: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => (condition() ? resolve() : void setImmediate(look));
        arrived = look;
        look();
      });
    for (const key of ['a', 'b', 'c']) await enqueue(store, key, clock.now());
    runner.start();
    await until(() => running.size === 2);
    running.values().next().value?.();
    await until(() => running.has('c'));
    await enqueue(store, 'soon', clock.now() + 700);
    running.get('b')?.();
    running.get('c')?.();
    await until(() => timers.waits.includes(700));
    clock.set(clock.now() + 700);
    timers.fire();
    await until(() => running.has('soon'));
    await enqueue(store, 'woken', clock.now());
    runner.wake();
    await until(() => running.has('woken'));
    assert.equal(most, 2);
    let stopped = false;
    const stopping = runner.stop().then(() => (stopped = true));
    await enqueue(store, 'not any more', clock.now());
    runner.wake();
    running.get('soon')?.();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(stopped, false);
    running.get('woken')?.();
    await stopping;
    assert.deepEqual(
      (await store.find('jobs', {})).map(({ key }) => key),
      ['not any more'],
    );
  });

  test('a long job keeps its lease by heartbeats; without them another process takes over', async () => {
    const ends: (() => void)[] = [];
    const begun: string[] = [];
    const handlers = {
      work: (job: Job) =>
        new Promise<object>((resolve) => {
          begun.push(`${job.leaseOwner}`);
          ends.push(() => resolve({}));
        }),
    };
    const { store, clock, timers, runner } = await world(handlers, { leaseMs: 900 });
    const second = createJobRunner({
      store: await open.again(store, { clock }),
      clock,
      log: silent,
      handlers,
      leaseMs: 900,
    });
    await enqueue(store, 'a', clock.now());
    runner.start();
    while (begun.length < 1) await new Promise((resolve) => setImmediate(resolve));
    const lease = async (): Promise<number> => (await store.find('jobs', {}))[0]?.leaseUntil ?? 0;
    clock.set(clock.now() + 600);
    timers.fire();
    while ((await lease()) < clock.now() + 900) await new Promise((resolve) => setImmediate(resolve));
    clock.set(clock.now() + 500);
    assert.equal(await second.runDue(), 0);
    clock.set(clock.now() + 400);
    const takenOver = second.runDue();
    while (begun.length < 2) await new Promise((resolve) => setImmediate(resolve));
    assert.notEqual(begun[0], begun[1]);
    ends[0]?.();
    await runner.stop();
    assert.equal((await store.find('jobs', {})).length, 1);
    ends[1]?.();
    assert.equal(await takenOver, 1);
    assert.deepEqual(await store.find('jobs', {}), []);
  });

  test('a heartbeat that meets the end of a job is no lost lease; one that meets a take-over is', async () => {
    const clock = fixedClock(1_000_000);
    const store = await open({ clock });
    const timers = manualTimers();
    const warnings: string[] = [];
    const log = { warn: (_: unknown, message: string) => warnings.push(message) };
    const renewed: Promise<boolean>[] = [];
    const beat = async (): Promise<void> => {
      timers.fire();
      assert.deepEqual(await Promise.all(renewed.splice(0)), [false]);
    };
    const watched: JobRunnerOptions['store'] = {
      engine: store.engine,
      nextJobAt: (kinds) => store.nextJobAt(kinds),
      claimJobs: (...claim) => store.claimJobs(...claim),
      failJob: (...failed) => store.failJob(...failed),
      extendLease: (job, until) => {
        const kept = store.extendLease(job, until);
        renewed.push(kept);
        return kept;
      },
      finishJob: async (...finished) => {
        const answer = await store.finishJob(...finished);
        await beat();
        return answer;
      },
    };
    const taken: JobHandler = async (job) => {
      if (job.key === 'taken') {
        await store.finishJob(job, null);
        await beat();
      }
      return {};
    };
    const runner = createJobRunner({ store: watched, clock, timers, random, log, handlers: { work: taken } });
    runner.start();
    const ran = async (key: string): Promise<void> => {
      await enqueue(store, key, clock.now());
      runner.wake();
      while ((await store.find('jobs', {})).length > 0) await new Promise((resolve) => setImmediate(resolve));
      await runner.stop();
    };
    await ran('plain');
    assert.deepEqual(warnings, []);
    runner.start();
    await ran('taken');
    assert.deepEqual(warnings, ['the lease of a running job was lost']);
  });

  test('check tells when it cannot look for work', async () => {
    const { clock, store, runner } = await world({});
    runner.check();
    runner.start();
    runner.check();
    await store.close();
    clock.set(clock.now() + 120_000);
    assert.throws(() => runner.check(), /for a minute/);
    await runner.stop();
  });
});
