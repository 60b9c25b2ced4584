import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE, SECOND } from '../../../src/core/time.ts';
import { PROBLEM_STATUS, type ProblemType } from '../../support/acme-server/problems.ts';
import type { Endpoint, Trouble } from '../../support/acme-server/script.ts';
import { askFor, drive, sqliteWorld } from './acme-world.ts';

/** Every error of RFC 8555 §6.7 and its later documents, and what troubles of the network do. Records: SQLite alone. */

const problem = (type: ProblemType, more = {}): Trouble => ({
  kind: 'problem',
  problem: { type, detail: `it is ${type}` },
  ...more,
});

/** What a problem that never ends brings where it strikes newOrder. */
const AT_NEW_ORDER: Readonly<Record<Exclude<ProblemType, 'badNonce'>, RegExp>> = {
  accountDoesNotExist: /^unavailable .*come to nothing/,
  alreadyReplaced: /^unavailable .*cannot be reached, or does not answer/,
  alreadyRevoked: /^unavailable .*does not answer/,
  badCSR: /^refused .*it is badCSR/,
  badPublicKey: /^refused .*it is badPublicKey/,
  badRevocationReason: /^unavailable .*does not answer/,
  badSignatureAlgorithm: /^unavailable .*operator has been told/,
  caa: /^refused .*it is caa/,
  compound: /^refused .*it is compound/,
  connection: /^refused .*it is connection/,
  dns: /^refused .*it is dns/,
  externalAccountRequired: /^unavailable .*operator has been told/,
  incorrectResponse: /^refused .*it is incorrectResponse/,
  invalidContact: /^unavailable .*operator has been told/,
  invalidProfile: /^unavailable .*operator has been told/,
  malformed: /^refused .*it is malformed/,
  orderNotReady: /^unavailable .*does not answer/,
  rateLimited: /^unavailable .*asks to wait: it is rateLimited/,
  rejectedIdentifier: /^refused .*it is rejectedIdentifier/,
  serverInternal: /^unavailable .*does not answer/,
  tls: /^refused .*it is tls/,
  unauthorized: /^unavailable .*operator has been told/,
  unsupportedContact: /^unavailable .*operator has been told/,
  unsupportedIdentifier: /^refused .*it is unsupportedIdentifier/,
  userActionRequired: /^unavailable .*operator has been told/,
};

test('every problem of newOrder ends as its kind demands, and an operator is told', async (t) => {
  assert.deepEqual(
    Object.keys(PROBLEM_STATUS).filter((type) => !(type in AT_NEW_ORDER)),
    ['badNonce'],
  );
  for (const [type, expected] of Object.entries(AT_NEW_ORDER)) {
    const { ca, issuer, clock, complaints } = await sqliteWorld(t);
    ca.script.rules.push({ at: 'new-order', trouble: problem(type as ProblemType), times: 1_000 });
    const { result } = await drive(issuer, await askFor(['a.test']), clock);
    assert.match(`${result.kind} ${'message' in result ? result.message : ''}`, expected, type);
    if (result.kind === 'unavailable') assert.ok(complaints.length > 0, type);
    assert.equal(ca.orders.length, 0);
  }
});

test('every problem of newOrder that passes is overcome, or final at once', async (t) => {
  for (const [type, expected] of Object.entries(AT_NEW_ORDER)) {
    const { ca, issuer, clock } = await sqliteWorld(t);
    ca.script.rules.push({ at: 'new-order', trouble: problem(type as ProblemType, { retryAfter: 30 }) });
    const { result } = await drive(issuer, await askFor(['a.test']), clock);
    const passes = [
      'accountDoesNotExist',
      'malformed',
      'orderNotReady',
      'rateLimited',
      'serverInternal',
      'unauthorized',
    ];
    const other = ['alreadyReplaced', 'alreadyRevoked', 'badRevocationReason'];
    const ends = [...passes, ...other].includes(type)
      ? 'issued'
      : String(expected).includes('refused')
        ? 'refused'
        : 'unavailable';
    assert.equal(result.kind, ends, type);
    assert.equal(ca.certificatesIssued(), ends === 'issued' ? 1 : 0, type);
  }
});

test('each call may fail in each way, and the certificate comes all the same, once', async (t) => {
  const endpoints: Endpoint[] = [
    'directory',
    'new-nonce',
    'new-account',
    'new-order',
    'order',
    'authorization',
    'challenge',
    'finalize',
    'certificate',
  ];
  const troubles: Trouble[] = [
    problem('serverInternal'),
    problem('serverInternal', { retryAfter: { seconds: 40, as: 'date' } }),
    problem('rateLimited', { retryAfter: 20 }),
    problem('badNonce'),
    { kind: 'reset-before' },
    { kind: 'reset-after' },
    { kind: 'reset-within' },
    { kind: 'truncate' },
    { kind: 'oversize', bytes: 600_000 },
    { kind: 'answer', answer: { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad gateway</h1>' } },
    { kind: 'answer', answer: { status: 302, headers: { location: '/elsewhere' }, body: '' } },
    { kind: 'answer', answer: { status: 403, headers: {}, body: 'no' } },
  ];
  for (const at of endpoints) {
    for (const trouble of troubles) {
      const { ca, issuer, clock, board } = await sqliteWorld(t);
      ca.script.rules.push({ at, trouble });
      ca.script.processingLooks = 1;
      const ask = await askFor(['a.test', 'b.test']);
      const { result } = await drive(issuer, ask, clock);
      const label = `${at} ${JSON.stringify(trouble)}`;
      assert.equal(result.kind, 'issued', `${label} ${JSON.stringify(result)}`);
      assert.equal(ca.certificatesIssued(), 1, label);
      assert.equal(ca.accounts.length, 1, label);
      assert.equal(board.published.size, 0, label);
    }
  }
});

test('an answer that is no JSON, or lacks what it must hold, is no answer', async (t) => {
  for (const at of ['directory', 'new-order', 'order', 'authorization', 'finalize'] as const) {
    for (const body of ['not json', '[]', '{}', '{"status":"odd"}', 'null']) {
      const { ca, issuer, clock } = await sqliteWorld(t);
      const edit = (answer: object) => ({ ...answer, body }) as never;
      ca.script.rules.push({ at, trouble: { kind: 'edit', edit } });
      const { result } = await drive(issuer, await askFor(['a.test']), clock);
      assert.equal(result.kind, 'issued', `${at} ${body} ${JSON.stringify(result)}`);
      assert.equal(ca.certificatesIssued(), 1, `${at} ${body}`);
    }
  }
});

test('nonces are rejected again and again: tried with the new one, and not for ever', async (t) => {
  const { ca, issuer, clock } = await sqliteWorld(t);
  ca.script.badNonceEvery = 2;
  assert.equal((await drive(issuer, await askFor(['a.test']), clock)).result.kind, 'issued');
  ca.script.badNonceShare = 1;
  const before = ca.seen.length;
  const { result } = await drive(issuer, await askFor(['b.test']), clock);
  assert.equal(result.kind, 'unavailable');
  assert.ok(ca.seen.length - before < 40, `${ca.seen.length - before} calls`);
});

test('a CA that never answers is left after the time-out', async (t) => {
  const { ca, again, clock, parts } = await sqliteWorld(t);
  const issuer = again({ settings: { ...parts.settings, timeout: 0.05 } });
  ca.script.rules.push({ at: 'new-order', trouble: { kind: 'silent' }, times: 10 });
  const { result } = await drive(issuer, await askFor(['a.test']), clock);
  assert.equal(result.kind, 'unavailable');
});

test('subproblems are told by name, cleaned of what could steer a terminal or a page', async (t) => {
  const { ca, issuer, clock } = await sqliteWorld(t);
  ca.script.rejectName = ({ value }) =>
    value.startsWith('bad')
      ? { type: 'rejectedIdentifier', detail: `no \u001b[31m\u202e${value}\n\u0000policy${'x'.repeat(3_000)}` }
      : null;
  const { result } = await drive(issuer, await askFor(['bad1.test', 'good.test', 'bad2.test']), clock);
  assert.equal(result.kind, 'refused');
  const message = result.kind === 'refused' ? result.message : '';
  assert.match(message, /bad1\.test: no \[31m bad1\.test policyx+…/);
  assert.match(message, /bad2\.test: no/);
  assert.ok(message.length < 1_200, String(message.length));
  assert.doesNotMatch(message, /\p{Cc}|\p{Cf}/u);
  assert.doesNotMatch(message, /good\.test:/);
});

test('a name that cannot be validated ends the order, and what was published', async (t) => {
  const { ca, issuer, clock, board } = await sqliteWorld(t);
  ca.script.pendingLooks = 1;
  ca.script.verdict = ({ identifier }) =>
    identifier.value === 'bad.test' ? { type: 'connection', detail: 'Timeout during connect' } : 'valid';
  const { result } = await drive(issuer, await askFor(['a.test', 'bad.test', 'c.test']), clock);
  assert.deepEqual(result, { kind: 'refused', message: 'The CA could not validate bad.test: Timeout during connect' });
  assert.equal(board.published.size, 0);
  assert.equal(ca.certificatesIssued(), 0);
});

test('a validation that failed by the CA itself lets the next issuer have it', async (t) => {
  const { ca, issuer, clock } = await sqliteWorld(t);
  ca.script.verdict = () => ({ type: 'serverInternal', detail: 'a remote perspective was away' });
  const { result } = await drive(issuer, await askFor(['a.test']), clock);
  assert.equal(result.kind, 'unavailable');
});

test('once finalized it is never unavailable: refused, or waited for', async (t) => {
  const { ca, issuer, clock } = await sqliteWorld(t);
  ca.script.issuanceProblem = () => ({ type: 'caa', detail: 'CAA forbids it by now' });
  const { result } = await drive(issuer, await askFor(['a.test']), clock);
  assert.deepEqual(result, { kind: 'refused', message: 'The CA did not sign: CAA forbids it by now' });

  for (const type of [
    'serverInternal',
    'unauthorized',
    'userActionRequired',
    'rateLimited',
    'orderNotReady',
  ] as const) {
    const other = await sqliteWorld(t);
    other.ca.script.rules.push({ at: 'finalize', trouble: problem(type, { retryAfter: 900 }), times: 12 });
    const { result: later } = await drive(other.issuer, await askFor(['a.test']), other.clock);
    assert.equal(later.kind, 'issued', type);
    assert.equal(other.ca.certificatesIssued(), 1);
  }
});

test('a finalized order is asked after for a week, then given up', async (t) => {
  const { ca, issuer, clock } = await sqliteWorld(t);
  ca.script.rules.push({ at: 'certificate', trouble: problem('serverInternal'), times: 100_000 });
  const started = clock.at;
  const { result } = await drive(issuer, await askFor(['a.test']), clock, undefined, 5_000);
  assert.equal(result.kind, 'refused');
  assert.ok(clock.at - started > 7 * 24 * 60 * MINUTE);
});

test('the Retry-After of an order is kept to, in seconds and as a date', async (t) => {
  for (const as of ['seconds', 'date'] as const) {
    const { ca, issuer, clock } = await sqliteWorld(t);
    ca.script.retryAfter = { seconds: 120, as };
    ca.script.processingLooks = 1;
    const before = clock.at;
    await drive(issuer, await askFor(['a.test']), clock);
    const took = clock.at - before;
    assert.ok(took >= 240 * SECOND && took < 270 * SECOND, `${as} ${took}`);
  }
});
