import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import type { Store } from '../../../src/core/store.ts';
import { DAY, HOUR } from '../../../src/core/time.ts';
import { certIdOf } from '../../../src/issuers/acme/renewal-info.ts';
import type { TestDeskOptions } from '../../support/desk.ts';
import { ACME_FIRST, leafUnder, type OverAcme, putAcmeFirst, replacedBy } from '../../support/over-acme.ts';
import { forEachStore } from '../../support/stores.ts';
import { HOLDER, type Json, newDomain, openClient, openPlace } from './client.ts';

/** An order that a CA outside fulfils, from the call to the file that the CA looks for. */

async function openOrdered(t: TestContext, store: Store, options: TestDeskOptions = {}) {
  const client = await openClient(store, { catalogue: ACME_FIRST, ...options });
  const acme = await putAcmeFirst(t, client.desk, (host) => client.pointed.has(host));
  const name = newDomain();
  const { path, install } = await openPlace(client, [name, `www.${name}`]);
  const order = async (): Promise<void> => {
    const reply = await client.post(`${path}/ssl_certificate`, HOLDER);
    assert.deepEqual([reply.status, reply.text], [202, '']);
  };
  const shown = async (): Promise<Json> => {
    const reply = await client.get(`${path}/ssl_certificate`);
    assert.equal(reply.status, 200, reply.text);
    return reply.json;
  };
  return { client, acme, name, path, install, order, shown, clock: client.desk.clock };
}

/** What is shown is in place, from the CA outside, and goes with the key beside it. */
function enabled({ ca }: OverAcme, { certificate, cert_info: info }: Json, name: string): X509Certificate {
  const leaf = leafUnder(ca, info.cert);
  assert.ok(leaf.checkPrivateKey(createPrivateKey(info.key)));
  assert.equal(leaf.subjectAltName, `DNS:${name}, DNS:www.${name}`);
  assert.deepEqual(
    [certificate.status, certificate.cert_source, certificate.serial_number, certificate.auto_renew],
    ['ENABLED', 'LETS_ENCRYPT', leaf.serialNumber, true],
  );
  return leaf;
}

forEachStore((open) => {
  test('an order is fulfilled by the CA outside, with a key that is made here and kept encrypted', async (t) => {
    const store = await open();
    const { client, acme, name, path, install, order, shown } = await openOrdered(t, store);
    await order();
    const waiting = await shown();
    assert.deepEqual([waiting.certificate.status, waiting.cert_info], ['SUBMITTED', undefined]);
    await acme.settle();
    const json = await shown();
    enabled(acme, json, name);
    assert.equal(acme.ca.certificatesIssued([name, `www.${name}`]), 1);
    assert.deepEqual([acme.ca.certificatesIssued(), await acme.signedBy('embedded')], [1, []]);
    assert.ok(acme.ca.orders.every(({ status }) => status === 'valid'));
    assert.deepEqual(await store.find('challengeAnswers', {}), [], 'no answer is left');
    assert.equal((await client.get(path)).json.network_details.network_info.ssl.status, 'active');
    const list = await client.get(`/installs/${install.uid}/ssl_certificates`);
    assert.deepEqual(list.json, { certificates: [json.certificate] });

    const [key, ...more] = await store.find('subscriberKeys', {});
    assert.equal(more.length, 0);
    const pkcs8 = createPrivateKey(json.cert_info.key).export({ format: 'der', type: 'pkcs8' });
    const { d, p } = createPrivateKey(json.cert_info.key).export({ format: 'jwk' });
    const kept = Buffer.from(JSON.stringify(key, (_, value) => hexOf(value)));
    for (const secret of [pkcs8, Buffer.from(d as string, 'base64url'), Buffer.from(p as string, 'base64url')]) {
      assert.equal(kept.includes(secret.toString('hex')), false);
    }
  });

  test('it renews itself when its CA advises, under the same key, and the new one is put in place', async (t) => {
    const { acme, name, order, shown, clock, client } = await openOrdered(t, await open());
    acme.ca.script.renewalWindow = ({ notBefore }) => ({ start: notBefore + 20 * DAY, end: notBefore + 22 * DAY });
    await order();
    await acme.settle();
    const first = await shown();
    const leaf = enabled(acme, first, name);
    clock.forward(2 * HOUR);
    assert.equal(await acme.runPlans(), 0);
    clock.set(Date.parse(leaf.validFrom) + 19 * DAY);
    assert.equal(await acme.runPlans(), 0, 'the window has not begun');
    clock.set(Date.parse(leaf.validFrom) + 23 * DAY);
    assert.equal(await acme.runPlans(), 1);
    assert.equal((await shown()).cert_info.cert, first.cert_info.cert, 'the old one stays until the new one is there');
    await acme.settle();
    const second = await shown();
    const renewed = enabled(acme, second, name);
    assert.notEqual(renewed.serialNumber, leaf.serialNumber);
    assert.ok(Date.parse(renewed.validTo) > Date.parse(leaf.validTo));
    assert.equal(second.cert_info.key, first.cert_info.key);
    assert.deepEqual(replacedBy(acme.ca), [undefined, certIdOf(new Uint8Array(leaf.raw))]);
    assert.equal(await acme.runPlans(), 0);
    assert.equal((await client.desk.store.find('orders', {})).length, 1, 'within its term');
    assert.deepEqual(await acme.signedBy('embedded'), []);
  });

  test('without advice it renews itself 30 days before its end, over the year and into the next', async (t) => {
    const store = await open();
    const { acme, name, order, shown, clock } = await openOrdered(t, store);
    acme.ca.script.renewalWindow = () => null;
    const begun = clock.now();
    await order();
    await acme.settle();
    let current = enabled(acme, await shown(), name);
    for (let renewals = 1; renewals <= 7; renewals += 1) {
      const end = Date.parse(current.validTo);
      clock.set(end - 31 * DAY);
      const early = await acme.runPlans();
      clock.set(end - 30 * DAY + HOUR);
      const due = await acme.runPlans();
      assert.equal(early + due, 1, `renewal ${renewals}`);
      await acme.settle();
      const next = enabled(acme, await shown(), name);
      assert.notEqual(next.serialNumber, current.serialNumber);
      assert.ok(clock.now() < end, 'before the old one ends');
      current = next;
    }
    assert.ok(clock.now() - begun > 400 * DAY);
    assert.equal((await store.find('orders', {})).length, 2);
    assert.deepEqual([(await acme.signedBy('acme-test')).length, await acme.signedBy('embedded')], [8, []]);
  });

  for (const options of [{}, { profile: 'private', sandboxed: false }] as const) {
    const where = 'profile' in options ? 'private profile' : 'sandbox';
    test(`${where}: while the CA outside is away the embedded CA signs, and the next time the CA does`, async (t) => {
      const { acme, name, order, shown, clock } = await openOrdered(t, await open(), options);
      const comeBack = acme.goAway();
      await order();
      await acme.settle();
      const { certificate, cert_info: info } = await shown();
      const leaf = new X509Certificate(info.cert);
      assert.ok(leaf.checkPrivateKey(createPrivateKey(info.key)));
      assert.deepEqual([certificate.status, certificate.serial_number], ['ENABLED', leaf.serialNumber]);
      assert.deepEqual([(await acme.signedBy('embedded')).length, acme.ca.certificatesIssued()], [1, 0]);
      comeBack();
      clock.set(Date.parse(leaf.validTo) - 29 * DAY);
      assert.equal(await acme.runPlans(), 1);
      await acme.settle();
      enabled(acme, await shown(), name);
    });
  }

  test('a public CA never signs for the key that it made: the order waits for the CA outside', async (t) => {
    const store = await open();
    const { acme, name, order, shown } = await openOrdered(t, store, { sandboxed: false });
    const comeBack = acme.goAway();
    await order();
    await acme.settle(3 * DAY);
    assert.deepEqual(await store.find('certificates', {}), []);
    assert.deepEqual(await store.find('issuances', { issuer: 'embedded' }), []);
    const waiting = await shown();
    assert.deepEqual([waiting.certificate.status, waiting.cert_info], ['SUBMITTED', undefined]);
    comeBack();
    await acme.settle();
    enabled(acme, await shown(), name);
    assert.deepEqual(await store.find('issuances', { issuer: 'embedded' }), []);
  });

  test('a renewal that the CA outside is away for is tried until it is back, and the old one serves on', async (t) => {
    const store = await open();
    const { acme, name, order, shown, clock } = await openOrdered(t, store, { sandboxed: false });
    await order();
    await acme.settle();
    const first = await shown();
    clock.set(Date.parse(first.certificate.expires_time) - 14 * DAY);
    const comeBack = acme.goAway();
    assert.equal(await acme.runPlans(), 1);
    await acme.settle(5 * DAY);
    assert.equal((await shown()).cert_info.cert, first.cert_info.cert);
    comeBack();
    await acme.settle();
    const renewed = enabled(acme, await shown(), name);
    assert.notEqual(renewed.serialNumber, first.certificate.serial_number);
    assert.deepEqual(await acme.signedBy('embedded'), []);
  });

  test('a name that leads elsewhere gets nothing, from nobody', async (t) => {
    const store = await open();
    const { client, acme, name, order, shown } = await openOrdered(t, store);
    client.pointed.clear();
    await order();
    await acme.settle();
    assert.equal((await shown()).cert_info, undefined);
    assert.deepEqual([acme.ca.orders.length, await store.find('certificates', {})], [0, []]);
    for (const one of [name, `www.${name}`]) client.pointed.add(one);
    await acme.settle();
    leafUnder(acme.ca, (await shown()).cert_info.cert);
  });

  test('the CA looks for itself: what it does not find it refuses, and the next order may succeed', async (t) => {
    const store = await open();
    const { client, acme, name, order, shown } = await openOrdered(t, store, { sandboxed: false });
    await order();
    client.pointed.clear();
    await acme.settle();
    assert.equal(acme.ca.orders.length, 1);
    assert.deepEqual([acme.ca.orders[0]?.status, acme.ca.certificatesIssued()], ['invalid', 0]);
    const { certificate, cert_info: info } = await shown();
    assert.deepEqual([certificate.status, info], ['REJECTED', undefined]);
    assert.deepEqual(await store.find('issuances', { issuer: 'embedded' }), []);
    for (const one of [name, `www.${name}`]) client.pointed.add(one);
    await order();
    await acme.settle();
    enabled(acme, await shown(), name);
  });
});

function hexOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  const { type, data } = (value ?? {}) as { type?: unknown; data?: unknown };
  return type === 'Buffer' && Array.isArray(data) ? Buffer.from(data as number[]).toString('hex') : value;
}
