import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { CaaContext } from '../../src/core/ports.ts';
import type { CaaStatus } from '../../src/core/records.ts';
import { checkCaa } from '../../src/validation/caa.ts';
import { parseIssueValue } from '../../src/validation/caa-value.ts';
import { createResolver } from '../../src/validation/resolver.ts';
import { fixedClock, manualTimers } from '../support/manual-timers.ts';
import { startScriptedDns, type Zone } from '../support/scripted-dns.ts';

interface Vector extends CaaContext {
  title: string;
  rule: string;
  zone: Zone;
  name: string;
  expected: CaaStatus;
}

const file = JSON.parse(readFileSync(new URL('../vectors/caa.json', import.meta.url), 'utf8')) as {
  identifiers: string[];
  vectors: Vector[];
};
const dns = await startScriptedDns();
after(() => dns.close());

function optionsFor(zone: Zone) {
  // A question that the zone leaves unanswered times out at once.
  const timers = manualTimers();
  dns.zone = zone;
  dns.script = (call) => {
    if (call.byZone === null) timers.fire();
    else call.send(call.byZone);
  };
  const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
  const resolver = createResolver({
    serversFor: () => [dns],
    timeoutMs: 5_000,
    attempts: 2,
    random,
    clock: fixedClock,
    timers,
  });
  return { resolver, caIdentifiers: file.identifiers };
}

for (const { title, rule, zone, name, expected, method, accountUri } of file.vectors) {
  test(`${title} (${rule})`, async () => {
    const context: CaaContext = {
      ...(method === undefined ? {} : { method }),
      ...(accountUri === undefined ? {} : { accountUri }),
    };
    const result = await checkCaa(name, optionsFor(zone), context);
    assert.equal(result.status, expected, result.message);
    assert.notEqual(result.message, '');
    if (['error', 'timeout', 'malformed'].includes(expected)) assert.equal(result.ttl, 0);
  });
}

test('the TTL is the smallest that the decision rests on, and the evidence shows each lookup', async () => {
  const zone: Zone = {
    'a.b.test': { CNAME: 'c.test', ttl: 20 },
    'c.test': { CAA: [[0, 'issue', 'ca.example']], ttl: 4_000 },
  };
  const found = await checkCaa('a.b.test', optionsFor(zone));
  assert.equal(found.ttl, 20);
  assert.equal(found.evidence['foundAt'], 'a.b.test');
  assert.deepEqual(found.evidence['by'], { flags: 0, tag: 'issue', value: 'ca.example' });

  const empty = await checkCaa('a.b.c.test', optionsFor({}));
  assert.equal(empty.status, 'empty');
  assert.equal(empty.ttl, 60, 'the TTL of the SOA');
  const lookups = empty.evidence['lookups'] as { name: string; queries: unknown[] }[];
  assert.deepEqual(
    lookups.map((lookup) => lookup.name),
    ['a.b.c.test', 'b.c.test', 'c.test', 'test'],
  );
  assert.ok(lookups.every((lookup) => lookup.queries.length === 1));
});

test('a failed lookup is tried again before it counts (BR 3.2.2.8.1)', async () => {
  dns.seen.length = 0;
  await checkCaa('fail.test', optionsFor({ 'fail.test': { fail: 'SERVFAIL' } }));
  assert.equal(dns.seen.length, 2);
});

test("the installation's own account counts where the call names none", async () => {
  const zone: Zone = { 'a.test': { CAA: [[0, 'issue', 'ca.example; accounturi=acct:1']] } };
  assert.equal((await checkCaa('a.test', { ...optionsFor(zone), accountUri: 'acct:1' })).status, 'allowed');
  assert.equal(
    (await checkCaa('a.test', { ...optionsFor(zone), accountUri: 'acct:1' }, { accountUri: 'acct:2' })).status,
    'denied',
  );
});

test('without an identifier of our own every issue property denies', async () => {
  const zone: Zone = { 'a.test': { CAA: [[0, 'issue', ';']] } };
  assert.equal((await checkCaa('a.test', { ...optionsFor(zone), caIdentifiers: [] })).status, 'denied');
});

test('attack: issue values of any form are read in linear time and never permit by accident', () => {
  assert.equal(parseIssueValue(`ca.example${'-'.repeat(60_000)}`), null);
  assert.equal(parseIssueValue(`ca.example; a=b${' '.repeat(60_000)}x`), null);
  assert.equal(parseIssueValue('a'.repeat(60_000))?.issuer.length, 60_000);
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '.', '-', ';', '=', ' ', '\t', '_', '"', 'é', '\0') }),
      (text) => {
        const value = parseIssueValue(text);
        if (value === null || value.issuer === '') return;
        const canonical = [
          value.issuer,
          ...value.parameters.map(({ tag, value: content }) => `${tag}=${content}`),
        ].join('; ');
        assert.deepEqual(parseIssueValue(canonical), value);
      },
    ),
  );
});
