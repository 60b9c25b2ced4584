import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { DAY } from '../../src/core/time.ts';
import type { Mail } from '../../src/notify/mailer.ts';
import { createSendConfirmation } from '../../src/notify/send-confirmation.ts';
import { memoryStore } from './memory-store.ts';
import { account, NOW, productName, request, validation } from './records.ts';

function setUp(changes: { request?: object; validation?: object } = {}, sendMail?: (mail: Mail) => Promise<void>) {
  const memory = memoryStore();
  memory.insert('accounts', account);
  memory.insert('requests', { ...request, ...changes.request });
  memory.insert('validations', { ...validation, ...changes.validation });
  const mails: Mail[] = [];
  const send = sendMail ?? (async (mail: Mail) => void mails.push(mail));
  const handle = createSendConfirmation({
    store: memory.store,
    clock: { now: () => NOW },
    random: { bytes: (length) => randomBytes(length) },
    mailer: { send },
    publicUrl: () => 'https://desk.example',
    productName,
  });
  return { memory, mails, handle };
}

const payload = { requestId: 10, validationId: 20, purpose: 'domain', address: 'admin@shop.example', language: null };
const agreement = {
  ...payload,
  validationId: null,
  purpose: 'agreement',
  address: 'jane@firm.example',
  language: 'nl',
};

test('the mail holds a 256-bit secret of which only the hash is stored', async () => {
  const { memory, mails, handle } = setUp();
  assert.deepEqual(await handle({ payload }), {});
  assert.equal(mails.length, 1);
  assert.equal(mails[0]?.to, 'admin@shop.example');
  const secret = /^https:\/\/desk\.example\/confirm\/([\w-]{43})$/m.exec(mails[0]?.text ?? '')?.[1] ?? '';
  const bytes = Buffer.from(secret, 'base64url');
  assert.equal(bytes.length, 32);

  const [stored, ...more] = memory.all('confirmations');
  assert.equal(more.length, 0);
  assert.ok(stored);
  assert.deepEqual(Buffer.from(stored.secretHash), createHash('sha256').update(bytes).digest());
  assert.equal(stored.expiresAt, NOW + 30 * DAY);
  assert.deepEqual(
    { ...stored, id: 0, secretHash: null },
    {
      id: 0,
      accountId: 1,
      purpose: 'domain',
      requestId: 10,
      validationId: 20,
      address: 'admin@shop.example',
      secretHash: null,
      createdAt: NOW,
      expiresAt: NOW + 30 * DAY,
      confirmedAt: null,
    },
  );
  assert.ok(!JSON.stringify(stored).includes(secret));
});

test('sent again, it is a new secret and the old one stays', async () => {
  const { memory, mails, handle } = setUp();
  await handle({ payload });
  await handle({ payload });
  assert.equal(new Set(mails.map((mail) => mail.text)).size, 2);
  const stored = memory.all('confirmations');
  assert.equal(new Set(stored.map((one) => Buffer.from(one.secretHash).toString('hex'))).size, 2);
  assert.ok(stored.every((one) => one.confirmedAt === null && one.expiresAt === NOW + 30 * DAY));
});

test('the agreement goes to the contact, in the language asked for, with every name', async () => {
  const { mails, handle } = setUp();
  await handle({ payload: agreement });
  assert.match(mails[0]?.subject ?? '', /abonneeovereenkomst/);
  assert.equal(mails[0]?.to, 'jane@firm.example');
  for (const name of request.names) assert.ok(mails[0]?.text.includes(`  ${name}\n`));
});

test('a kept domain is asked for without a request, and without a product', async () => {
  const kept = { requestId: null, domainId: 30 };
  const { memory, mails, handle } = setUp({ validation: kept });
  await handle({ payload: { ...payload, requestId: null } });
  assert.equal(mails[0]?.subject, 'Approve certificates for shop.example');
  assert.match(mails[0]?.text ?? '', /Shop & Söhne wants to order TLS certificates/);
  assert.doesNotMatch(mails[0]?.text ?? '', /\{\w+\}|undefined|null/);
  assert.equal(memory.all('confirmations')[0]?.requestId, null);

  for (const [validation, asked] of [
    [{ ...kept, state: 'valid' }, {}],
    [{ ...kept, state: 'cancelled' }, {}],
    // A question of a request is not asked without it.
    [{}, {}],
    [kept, { address: 'webmaster@shop.example' }],
    [kept, { purpose: 'agreement' }],
    [kept, { validationId: null }],
    [kept, { validationId: 99 }],
  ] as const) {
    const closed = setUp({ validation });
    assert.deepEqual(await closed.handle({ payload: { ...payload, requestId: null, ...asked } }), {});
    assert.equal(closed.mails.length, 0, JSON.stringify([validation, asked]));
  }
});

test('nothing is sent where the question is not open any more', async () => {
  const closed = [
    { request: { state: 'cancelled' } },
    { request: { state: 'completed' } },
    { validation: { state: 'valid' } },
    { validation: { state: 'cancelled' } },
    { validation: { requestId: 11 } },
    { validation: { challenges: [{ method: 'dns', record: 'TXT', name: 'a', value: 'b' }] } },
    { validation: { challenges: [{ method: 'email', address: 'webmaster@shop.example' }] } },
  ];
  for (const changes of closed) {
    const { memory, mails, handle } = setUp(changes);
    assert.deepEqual(await handle({ payload }), {});
    assert.deepEqual([mails.length, memory.all('confirmations').length], [0, 0], JSON.stringify(changes));
  }
  for (const checks of [{}, { agreement: 'passed' }]) {
    const { mails, handle } = setUp({ request: { checks } });
    await handle({ payload: agreement });
    assert.equal(mails.length, 0);
  }
});

test('a mail that is not taken makes the job come again', async () => {
  const { handle } = setUp({}, () => Promise.reject(new Error('451 later')));
  await assert.rejects(handle({ payload }), /451 later/);
});

test('a payload that cannot be read is an error, not a mail', async () => {
  const { mails, handle } = setUp();
  await assert.rejects(handle({ payload: { ...payload, purpose: 'money' } }), { kind: 'internal' });
  assert.equal(mails.length, 0);
});
