import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { createDnsWebhook } from '../../src/responders/dns-webhook.ts';
import { createAddressGuard } from '../../src/validation/address-guard.ts';
import { createGuardedFetch } from '../../src/validation/guarded-fetch.ts';
import { response, startScriptedHttp } from '../support/scripted-http.ts';
import { fixedClock } from '../support/stores.ts';
import { NOON, using } from './world.ts';

const fetch = createGuardedFetch({ guard: createAddressGuard({ allow: ['127.0.0.0/8'] }) });
const settings = (port: number, zones: string[] = []) => ({
  url: `http://127.0.0.1:${port}/dns`,
  zones,
  secret: 'between us',
  timeoutMs: 2_000,
});

test('tells the operator’s program what to publish, signed', async (t) => {
  const heads: string[] = [];
  const bodies: string[] = [];
  const http = await using(
    t,
    startScriptedHttp((socket, head) => {
      heads.push(head);
      socket.write(response(204, ''));
    }),
  );
  const spying: typeof fetch = (url, request) => {
    bodies.push(String(request.body));
    return fetch(url, request);
  };
  const webhook = createDnsWebhook(settings(http.port), spying, fixedClock(NOON));
  await webhook.present('_acme-challenge.shop.test', 'value');
  await webhook.cleanup('_acme-challenge.shop.test', 'value');
  assert.deepEqual(bodies, [
    '{"action":"present","name":"_acme-challenge.shop.test","value":"value"}',
    '{"action":"cleanup","name":"_acme-challenge.shop.test","value":"value"}',
  ]);
  assert.match(heads[0] ?? '', /^POST \/dns HTTP\/1.1/);
  const signature = createHmac('sha256', 'between us')
    .update(`${NOON / 1_000}.${bodies[0]}`)
    .digest('hex');
  assert.match(heads[0] ?? '', new RegExp(`chancery-signature: t=${NOON / 1_000},v1=${signature}`));
  assert.match(heads[0] ?? '', /content-type: application\/json/);
});

test('covers every name, or those of its zones', () => {
  const every = createDnsWebhook(settings(1), fetch, fixedClock(NOON));
  assert.equal(every.covers('_acme-challenge.shop.test'), true);
  const some = createDnsWebhook(settings(1, ['shop.test']), fetch, fixedClock(NOON));
  assert.deepEqual(['_acme-challenge.shop.test', 'shop.test', 'xshop.test'].map(some.covers), [true, true, false]);
});

test('fails where the program does: other statuses, redirects, nobody there, addresses that are refused', async (t) => {
  let answer = response(500, 'no');
  const http = await using(
    t,
    startScriptedHttp((socket) => void socket.write(answer)),
  );
  const webhook = createDnsWebhook(settings(http.port), fetch, fixedClock(NOON));
  const fails = async (wanted: RegExp, one = webhook): Promise<void> => {
    await assert.rejects(one.present('_acme-challenge.shop.test', 'v'), (error: Error & { kind: string }) => {
      assert.equal(error.kind, 'issuer-unavailable');
      assert.match(error.message, wanted);
      assert.ok(!error.message.includes('between us'));
      return true;
    });
  };
  await fails(/did not publish a TXT record at _acme-challenge\.shop\.test: it answered 500/);
  answer = response(302, '', { location: 'http://169.254.169.254/' });
  await fails(/it answered 302/);
  answer = response(200, 'x'.repeat(5_000));
  await fails(/more than 4096 bytes/);
  const guarded = createGuardedFetch({ guard: createAddressGuard() });
  await fails(/127\.0\.0\.1 is a special address/, createDnsWebhook(settings(http.port), guarded, fixedClock(NOON)));
  await http.close();
  await fails(/could not be called/);
});
