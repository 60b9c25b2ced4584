import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fastify from 'fastify';
import type { Store } from '../../src/core/store.ts';
import { DAY, SECOND } from '../../src/core/time.ts';
import { confirmationPage } from '../../src/notify/confirmation-page.ts';
import type { Mail } from '../../src/notify/mailer.ts';
import { createSendConfirmation } from '../../src/notify/send-confirmation.ts';
import { saveWebhook } from '../../src/notify/webhook-settings.ts';
import { createDeliverWebhook } from '../../src/notify/webhooks.ts';
import { fixedClock, forEachStore } from '../support/stores.ts';
import { account, NOW, notification, order, productName, request, validation } from './records.ts';

async function fill(store: Store): Promise<void> {
  await store.transact(async (unit) => {
    unit.insert('accounts', account);
    unit.insert('orders', order);
    unit.insert('requests', request);
    unit.insert('validations', validation);
  });
}

forEachStore((open) => {
  test('the link of a mail finds its confirmation by hash, until it expires', async () => {
    const clock = fixedClock(NOW);
    const store = await open({ clock });
    await fill(store);
    const mails: Mail[] = [];
    const send = createSendConfirmation({
      store,
      clock,
      random: { bytes: (length) => randomBytes(length) },
      mailer: { send: async (mail) => void mails.push(mail) },
      publicUrl: () => 'https://desk.example',
      productName,
    });
    const payload = {
      requestId: 10,
      validationId: 20,
      purpose: 'domain',
      address: 'admin@shop.example',
      language: 'en',
    };
    await send({ payload });
    await send({ payload });

    const asked: number[] = [];
    const confirm = async (id: number) => (asked.push(id), 'confirmed' as const);
    const app = fastify();
    await app.register(confirmationPage, { store, clock, productName, confirm, decline: confirm });
    for (const mail of mails) {
      const path = /https:\/\/desk\.example(\S+)/.exec(mail.text)?.[1] ?? '';
      assert.equal((await app.inject(path)).statusCode, 200);
      assert.equal((await app.inject({ method: 'POST', url: path })).statusCode, 200);
    }
    const stored = await store.find('confirmations', { requestId: 10 });
    assert.deepEqual(
      asked,
      stored.map((one) => one.id),
    );
    clock.set(NOW + 30 * DAY);
    const path = /https:\/\/desk\.example(\S+)/.exec(mails[0]?.text ?? '')?.[1] ?? '';
    assert.equal((await app.inject(path)).statusCode, 404);
  });

  test('a webhook is set, delivers in order and records it', async () => {
    const clock = fixedClock(NOW);
    const store = await open({ clock });
    await fill(store);
    const seal = (plain: Uint8Array) => Uint8Array.from(plain);
    const owner = { accountId: 1, dialect: 'realtime-register' };
    await saveWebhook(
      { store, clock, seal, allowHttp: false },
      { ...owner, url: 'https://a.example', key: Buffer.from('k'), basic: null },
    );
    await store.transact(async (unit) => {
      unit.insert('notifications', notification(3, { firedAt: NOW + 2 }));
      unit.insert('notifications', notification(4, { firedAt: NOW + 1 }));
      unit.insert('notifications', notification(1, { firedAt: NOW - 1 }));
    });
    const ids: number[] = [];
    const states = [500, 200, 200];
    const deliver = createDeliverWebhook({
      store,
      clock,
      fetch: async (_url, { body }) => {
        ids.push(JSON.parse(Buffer.from(body).toString()).id);
        return { status: states.shift() ?? 500 };
      },
      dialects: new Map([[owner.dialect, { render: async ({ id }) => ({ id }), sign: () => ({}) }]]),
      open: (sealed) => sealed,
      log: { warn() {} },
    });
    const [job, ...more] = await store.claimJobs(['deliver-webhook'], 'me', NOW, NOW + 1, 5);
    assert.equal(more.length, 0);
    assert.ok(job);
    assert.deepEqual(await deliver(job), { runAgainAt: NOW + 10 * SECOND });
    clock.set(NOW + 10 * SECOND);
    await deliver(job);
    assert.deepEqual(ids, [4, 4, 3]);
    const delivered = await store.find('notifications', { deliveredAt: NOW + 10 * SECOND });
    assert.deepEqual(
      delivered.map((one) => one.id),
      [3, 4],
    );
    assert.equal((await store.find('webhooks', owner))[0]?.failures, 0);
  });
});
