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
