import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHALLENGE_LIFETIME, nextAttemptAfter } from '../../src/core/retry.ts';
import { HOUR, MINUTE, SECOND } from '../../src/core/time.ts';

test('the first attempts follow quickly, later ones every four hours', () => {
  assert.equal(nextAttemptAfter(0), 0);
  assert.equal(nextAttemptAfter(1), 15 * SECOND);
  assert.equal(nextAttemptAfter(3), MINUTE);
  assert.equal(nextAttemptAfter(9), 2 * HOUR);
  assert.equal(nextAttemptAfter(10), 4 * HOUR);
  assert.equal(nextAttemptAfter(100_000), 4 * HOUR);
});

test('delays never shrink, and a challenge sees some 180 attempts in its thirty days', () => {
  let total = 0;
  let attempts = 1;
  for (; total < CHALLENGE_LIFETIME; attempts += 1) {
    assert.ok(nextAttemptAfter(attempts + 1) >= nextAttemptAfter(attempts));
    total += nextAttemptAfter(attempts);
  }
  assert.ok(attempts > 150 && attempts < 200, String(attempts));
});
