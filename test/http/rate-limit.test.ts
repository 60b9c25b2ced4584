import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRateLimiter } from '../../src/http/rate-limit.ts';

function fakeClock(): { now: () => number; advance: (milliseconds: number) => void } {
  let at = 1_700_000_000_000;
  return { now: () => at, advance: (milliseconds) => void (at += milliseconds) };
}

test('grants a burst, then one call an interval, and says how long to wait', () => {
  const clock = fakeClock();
  const limiter = createRateLimiter({ perSecond: 0.5, burst: 3 }, clock);
  assert.deepEqual(
    [1, 2, 3].map(() => limiter.take('a')),
    [0, 0, 0],
  );
  assert.equal(limiter.take('a'), 2);
  clock.advance(1_001);
  assert.equal(limiter.take('a'), 1);
  clock.advance(999);
  assert.equal(limiter.take('a'), 0);
  assert.equal(limiter.take('a'), 2);
});

test('one key takes nothing from another', () => {
  const limiter = createRateLimiter({ perSecond: 1, burst: 1 }, fakeClock());
  assert.equal(limiter.take('a'), 0);
  assert.equal(limiter.take('b'), 0);
  assert.equal(limiter.take('a'), 1);
});

test('no limit at 0', () => {
  const limiter = createRateLimiter({ perSecond: 0, burst: 1 }, fakeClock());
  for (let index = 0; index < 1_000; index++) assert.equal(limiter.take('a'), 0);
});

test('remembers at most so many keys, however many call', () => {
  const clock = fakeClock();
  const limiter = createRateLimiter({ perSecond: 1, burst: 1, maxKeys: 10 }, clock);
  for (let index = 0; index < 1_000; index++) {
    limiter.take(`key${index}`);
    assert.ok(limiter.size <= 10);
  }
  assert.equal(limiter.take('key999'), 1, 'the newest are still held');
  assert.equal(limiter.take('key0'), 0, 'the longest unseen was forgotten');
});

test('never grants more than the burst and the rate allow', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 200 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (waits, perSecond, burst) => {
      const clock = fakeClock();
      const limiter = createRateLimiter({ perSecond, burst }, clock);
      const start = clock.now();
      let granted = 0;
      for (const wait of waits) {
        clock.advance(wait);
        const seconds = limiter.take('a');
        if (seconds === 0) granted += 1;
        else assert.ok(seconds >= 1 && Number.isInteger(seconds));
        assert.ok(granted <= burst + ((clock.now() - start) / 1_000) * perSecond + 1e-6);
      }
    }),
  );
});

test('after the seconds it told, a call is granted', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 50, noNaN: true }), fc.integer({ min: 1, max: 9 }), (perSecond, burst) => {
      const clock = fakeClock();
      const limiter = createRateLimiter({ perSecond, burst }, clock);
      let wait = 0;
      for (let index = 0; index < 12 && wait === 0; index++) wait = limiter.take('a');
      clock.advance(wait * 1_000);
      assert.equal(limiter.take('a'), 0);
    }),
  );
});
