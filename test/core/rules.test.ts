import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rules } from '../../src/core/rules.ts';
import { DAY } from '../../src/core/time.ts';

const at = (text: string): number => Date.parse(text);
const rules = new Rules('public');

const VALIDITY: [string, number][] = [
  ['2026-03-14T23:59:59Z', 398],
  ['2026-03-15T00:00:00Z', 200],
  ['2027-03-14T23:59:59Z', 200],
  ['2027-03-15T00:00:00Z', 100],
  ['2029-03-14T23:59:59Z', 100],
  ['2029-03-15T00:00:00Z', 47],
  ['2035-01-01T00:00:00Z', 47],
];

for (const [moment, days] of VALIDITY) {
  test(`BR 6.3.2: a certificate signed ${moment} lives at most ${days} days`, () => {
    assert.equal(rules.longestValidity(at(moment)), days * DAY);
  });
}

const REUSE: [string, number][] = [
  ['2026-11-22T00:00:00Z', 200],
  ['2027-03-15T00:00:00Z', 100],
  ['2029-03-15T00:00:00Z', 10],
];

for (const [moment, days] of REUSE) {
  test(`BR 4.2.1: a domain proof counts for ${days} days on ${moment}`, () => {
    assert.equal(at(moment) - rules.domainProofSince(at(moment)), days * DAY);
  });
}

test('BR 4.2.1: a proof ends when its days are over, or on the day from which the rules no longer count it', () => {
  const ends = (moment: string): string => new Date(rules.domainProofEnds(at(moment))).toISOString().slice(0, 10);
  assert.equal(ends('2026-04-01'), '2026-10-18', '200 days');
  assert.equal(ends('2025-06-01'), '2026-03-15', 'over 200 days old as the rules change');
  assert.equal(ends('2026-01-01'), '2026-07-20', 'the days of the rules to come');
  assert.equal(ends('2026-11-22'), '2027-03-15', 'over 100 days old as they change again');
  assert.equal(ends('2029-03-10'), '2029-03-20', '10 days');
  const moments = ['2025-06-01', '2026-01-01', '2026-11-22', '2027-02-01', '2029-01-01', '2029-03-10'];
  for (const moment of moments) {
    for (const [proved, end, since] of [
      [at(moment), rules.domainProofEnds(at(moment)), (now: number) => rules.domainProofSince(now)],
      [at(moment), rules.organizationProofEnds(at(moment)), (now: number) => rules.organizationProofSince(now)],
    ] as const) {
      assert.ok(proved >= since(end - 1), `${moment} counts before its end`);
      assert.ok(proved < since(end + 1), `${moment} counts no more after it`);
    }
  }
});

test('SC-090: constructed e-mail ends on 2028-03-15', () => {
  assert.equal(rules.methodAllowed('email', at('2028-03-14T23:59:59Z')), true);
  assert.equal(rules.methodAllowed('email', at('2028-03-15T00:00:00Z')), false);
  assert.equal(rules.methodAllowed('dns', at('2029-04-01T00:00:00Z')), true);
});

test('a public profile cannot be relaxed, a private one can', () => {
  const now = at('2026-11-22T00:00:00Z');
  assert.equal(new Rules('public', { validityDays: 825 }).longestValidity(now), 200 * DAY);
  assert.equal(new Rules('private', { validityDays: 825 }).longestValidity(now), 825 * DAY);
  assert.equal(new Rules('private').methodAllowed('email', at('2030-01-01T00:00:00Z')), true);
});
