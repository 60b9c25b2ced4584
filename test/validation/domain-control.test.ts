import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, beforeEach, test } from 'node:test';
import type { Challenge } from '../../src/core/records.ts';
import { createAddressGuard } from '../../src/validation/address-guard.ts';
import { createDomainControl } from '../../src/validation/domain-control.ts';
import { createResolver } from '../../src/validation/resolver.ts';
import { fixedClock } from '../support/manual-timers.ts';
import { startScriptedDns } from '../support/scripted-dns.ts';
import { response, startScriptedHttp } from '../support/scripted-http.ts';

const dns = await startScriptedDns();
const web = await startScriptedHttp((socket) => socket.end(response(200, 'token')));
after(() => Promise.all([dns.close(), web.close()]));
beforeEach(() => {
  dns.zone = {};
});

const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
const control = createDomainControl({
  resolver: createResolver({ serversFor: () => [dns], timeoutMs: 5_000, attempts: 2, random, clock: fixedClock }),
  guard: createAddressGuard(),
  caIdentifiers: ['ca.test'],
  clock: fixedClock,
  http: { route: (host) => (host === 'own.test' ? { address: '127.0.0.1', port: web.port } : null) },
});

const txt = (name: string, value = 'token'): Challenge => ({ method: 'dns', record: 'TXT', name, value });
const cname = (name: string, value = 'h1.h2.ca.test.'): Challenge => ({ method: 'dns', record: 'CNAME', name, value });
const file = (host: string): Challenge => ({ method: 'http', host, path: '/x.txt', content: 'token' });
const mail: Challenge = { method: 'email', address: 'admin@a.test' };

test('TXT: one record among several, strings joined, name with or without final dot, over a CNAME', async () => {
  dns.zone = { 'a.test': { TXT: ['v=spf1 -all', ['to', 'ken']] }, '_x.a.test': { CNAME: 'a.test' } };
  for (const name of ['a.test', 'a.test.', 'A.Test', '_x.a.test']) {
    const result = await control.check([txt(name)]);
    assert.equal(result.outcome, 'passed', result.message);
  }
});

test('TXT: near misses do not pass', async () => {
  for (const value of ['TOKEN', 'token ', ' token', '"token"', 'tokentoken', 'tok', 'token\n']) {
    dns.zone = { 'a.test': { TXT: [value] } };
    assert.equal((await control.check([txt('a.test')])).outcome, 'mismatch', JSON.stringify(value));
  }
  dns.zone = { 'a.test': { TXT: ['to', 'ken'] } };
  assert.equal((await control.check([txt('a.test')])).outcome, 'mismatch', 'two records are not one');
  dns.zone = { 'a.test': { TXT: [''] } };
  assert.equal((await control.check([txt('a.test', '')])).outcome, 'refused', 'nothing must never be a proof');
});

test('CNAME: the direct target counts, without regard to case and final dot', async () => {
  dns.zone = {
    '_h.a.test': { CNAME: 'H1.h2.CA.test' },
    '_i.a.test': { CNAME: '_h.a.test' },
    '_j.a.test': { CNAME: 'xh1.h2.ca.test' },
  };
  for (const value of ['h1.h2.ca.test', 'h1.h2.ca.test.', 'H1.H2.ca.test.']) {
    assert.equal((await control.check([cname('_h.a.test.', value)])).outcome, 'passed', value);
  }
  assert.equal((await control.check([cname('_i.a.test')])).outcome, 'mismatch');
  assert.equal((await control.check([cname('_j.a.test')])).outcome, 'mismatch');
});

test('tells what is missing, what fails and what is wrong apart', async () => {
  dns.zone = {
    'a.test': { A: ['192.0.2.1'] },
    'bad.test': { fail: 'SERVFAIL' },
    'broken.test': { fail: 'malformed' },
    'wrong.test': { TXT: ['other'] },
  };
  const outcomes = new Map([
    ['a.test', 'not-found'],
    ['none.test', 'not-found'],
    ['bad.test', 'unreachable'],
    ['broken.test', 'unreachable'],
    ['wrong.test', 'mismatch'],
  ]);
  for (const [name, outcome] of outcomes) {
    const result = await control.check([txt(name)]);
    assert.equal(result.outcome, outcome, name);
    assert.ok(result.message.includes(name), result.message);
    assert.equal((result.evidence['queries'] as unknown[]).length >= 1, true);
  }
});

test('any challenge is enough; e-mail is passed over', async () => {
  dns.zone = { 'wrong.test': { TXT: ['other'] } };
  const result = await control.check([mail, txt('wrong.test'), txt('none.test'), file('own.test')]);
  assert.equal(result.outcome, 'passed', result.message);
  assert.deepEqual(
    (result.evidence['tried'] as { outcome: string }[]).map((tried) => tried.outcome),
    ['mismatch', 'not-found', 'passed'],
  );
});

test('of several failures the most telling one is told, with the evidence of all', async () => {
  dns.zone = { 'wrong.test': { TXT: ['other'] }, 'inside.test': { A: ['10.0.0.1'] }, 'bad.test': { fail: 'SERVFAIL' } };
  assert.equal((await control.check([txt('none.test'), txt('wrong.test'), file('inside.test')])).outcome, 'mismatch');
  assert.equal((await control.check([txt('none.test'), file('inside.test'), txt('bad.test')])).outcome, 'refused');
  assert.equal((await control.check([txt('none.test'), txt('bad.test')])).outcome, 'unreachable');
});

test('without anything to look up it says so', async () => {
  for (const challenges of [[], [mail]]) assert.equal((await control.check(challenges)).outcome, 'not-found');
});

test('CAA goes by the identifiers, and evidence can be stored as JSON', async () => {
  dns.zone = {
    'a.test': { CAA: [[0, 'issue', 'ca.test']] },
    'b.test': { CAA: [[0, 'issue', 'other.test']] },
    'c.test': { CAA: [[0, 'issue', 'ca.test; validationmethods=ca-tbr-7']] },
  };
  assert.equal((await control.caa('a.test')).status, 'allowed');
  assert.equal((await control.caa('*.b.test')).status, 'denied');
  assert.equal((await control.caa('c.test', { method: 'dns' })).status, 'allowed');
  const denied = await control.caa('c.test', { method: 'http' });
  assert.equal(denied.status, 'denied');
  assert.deepEqual(JSON.parse(JSON.stringify(denied.evidence)), denied.evidence);
});
