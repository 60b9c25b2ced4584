import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastLooks, lookText, lookView } from '../../src/cli/proof-looks.ts';
import type { Attempt, Validation } from '../../src/core/records.ts';
import type { Store } from '../../src/core/store.ts';
import type { HttpHop } from '../../src/validation/http-check.ts';
import type { DnsQueryEvidence } from '../../src/validation/resolver.ts';
import { SAMPLES } from '../store/samples.ts';
import { forEachStore } from '../support/stores.ts';

const { at: AT } = SAMPLES.attempts(1);
const NEXT = AT + 60_000;
const iso = (at: number): string => new Date(at).toISOString();

const query: DnsQueryEvidence = {
  at: AT,
  server: '127.0.0.1:53',
  protocol: 'udp',
  question: '_dnsauth.a.test TXT',
  outcome: 'NOERROR',
  answers: ['_dnsauth.a.test 60 TXT "stale\u001b[2J"'],
  ignored: 2,
};
const hops: HttpHop[] = [
  {
    at: AT + 1,
    url: 'http://a.test/x',
    queries: [{ ...query, question: 'a.test A', answers: [] }],
    connectedTo: '192.0.2.1 port 80',
    status: 301,
    location: 'https://a.test/x',
  },
  { at: AT + 2, url: 'https://a.test/x', connectedTo: '192.0.2.1 port 443', status: 200 },
];
const dns = { outcome: 'mismatch', message: 'it holds "stale"', evidence: { method: 'dns', queries: [query] } };
const http = { outcome: 'mismatch', message: 'wrong', evidence: { method: 'http', hops, received: 'y'.repeat(300) } };

/** A validation of request 1, and looks at it, oldest first. */
async function keep(store: Store, changes: Partial<Validation>, looks: readonly Partial<Attempt>[]): Promise<number> {
  return store.transact(async (unit) => {
    const id = unit.newId('validations');
    unit.insert('validations', { ...SAMPLES.validations(id), requestId: 1, domain: 'a.test', ...changes });
    for (const look of looks) {
      const lookId = unit.newId('attempts');
      const about = { validationId: id, requestId: 1, kind: 'domain' as const };
      unit.insert('attempts', { ...SAMPLES.attempts(lookId), ...about, ...look });
    }
    return id;
  });
}

forEachStore((open) => {
  test('tells what is wanted, the newest look with each question and answer, and when the next is', async () => {
    const store = await open();
    const told = { state: 'attention', attempts: 2, detail: dns.message, nextAttemptAt: NEXT } as const;
    const id = await keep(store, told, [{ ...http, at: AT - 1 }, dns]);
    await keep(store, { requestId: 2 }, [dns]);
    const found = await lastLooks(store, [1]);
    assert.equal(found.length, 1);
    assert.deepEqual(found.map(lookText)[0]?.split('\n'), [
      `validation  ${id}`,
      'domain      a.test',
      'state       attention',
      `wanted      TXT at _dnsauth.shop-${id}.example.com: abc`,
      'looks       2',
      `last look   ${iso(AT)} mismatch: it holds "stale"`,
      `next look   ${iso(NEXT)}`,
      `AT${' '.repeat(24)}ASKED                OF                CAME BACK`,
      `${iso(AT)}  _dnsauth.a.test TXT  127.0.0.1:53 udp  NOERROR; _dnsauth.a.test 60 TXT "stale?[2J" (and 2 packets that were no answer)`,
    ]);
    const [view] = found.map(lookView);
    assert.deepEqual([view?.nextAttemptAt, view?.lastLook?.at], [iso(NEXT), iso(AT)]);
    assert.deepEqual(view?.lastLook?.evidence, dns.evidence);
  });

  test('shows every request of a file, and every challenge that was tried', async () => {
    const store = await open();
    await keep(store, {}, [{ ...http, evidence: { tried: [dns, http] } }]);
    const [text = ''] = (await lastLooks(store, [1])).map(lookText);
    const rows = text.split('\n').filter((line) => line.startsWith('2') && line.includes('Z  '));
    assert.deepEqual(
      rows.map((line) => line.split(/ {2,}/).slice(1)),
      [
        ['_dnsauth.a.test TXT', '127.0.0.1:53 udp', rows[0]?.split(/ {2,}/)[3]],
        ['a.test A', '127.0.0.1:53 udp', 'NOERROR (and 2 packets that were no answer)'],
        ['GET http://a.test/x', '192.0.2.1 port 80', 'status 301 to https://a.test/x'],
        ['GET https://a.test/x', '192.0.2.1 port 443', `status 200: "${'y'.repeat(200 - 13)}…`],
      ],
    );
  });

  test('a proof that counts again has the look that brought it; without a look there is none', async () => {
    const store = await open();
    const passed = { outcome: 'passed', message: 'it is there', evidence: {} };
    const first = await keep(store, { requestId: 7 }, [passed]);
    await keep(store, { reusedFrom: first, state: 'valid', nextAttemptAt: null }, []);
    const declined = 'Declined by admin@a.test';
    const challenges: Validation['challenges'] = [
      { method: 'email', address: 'admin@a.test' },
      { method: 'http', host: 'a.test', path: '/x', content: 'one\ntwo' },
    ];
    await keep(store, { state: 'attention', detail: declined, challenges }, []);
    const [reused = '', mailed = ''] = (await lastLooks(store, [1])).map(lookText);
    assert.match(reused, new RegExp(`^proved by   validation ${first}$`, 'm'));
    assert.match(reused, /^last look {3}.*Z passed: it is there$/m);
    assert.match(reused, /^next look {3}-$/m);
    assert.match(mailed, /^wanted {6}answer to the mail to admin@a\.test; or file http:\/\/a\.test\/x: "one\\ntwo"$/m);
    assert.match(mailed, /^detail {6}Declined by admin@a\.test$/m);
    assert.match(mailed, /^last look {3}-$/m);
  });
});
