import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import type { Store } from '../../../src/core/store.ts';
import { DAY, HOUR } from '../../../src/core/time.ts';
import { certIdOf } from '../../../src/issuers/acme/renewal-info.ts';
import type { TestDeskOptions } from '../../support/desk.ts';
import { ACME_FIRST, leafUnder, putAcmeFirst, replacedBy } from '../../support/over-acme.ts';
import { forEachStore } from '../../support/stores.ts';
import type { Json } from './client.ts';
import { certificate, DONE, moneyOf, openBuyer, order, pay } from './market-world.ts';

/** A purchase that a CA outside fulfils, from the checkout to the website. */

const CALL = { provider: 'Chancery' };
const NAMES = ['shop.test', 'www.shop.test'];

async function openBought(t: TestContext, store: Store, options: TestDeskOptions = {}) {
  const buyer = await openBuyer(store, { catalogue: ACME_FIRST, ...options });
  const { client } = buyer;
  const acme = await putAcmeFirst(t, client.desk);
  /** request_ssl_certificates, and the page; answers with the item. */
  const buy = async (): Promise<{ id: number; keyId: string }> => {
    const names = NAMES.map((name) => ({ type: 'dNSName', name, dcv_method: 'http' }));
    const placed = await order(buyer, [certificate({ price: 18, subject_names: names, vhost_names: ['*'] })]);
    assert.equal(await pay(buyer, placed.checkout_url), `${DONE}?order_status=success`);
    const [{ order_item_id: id, key_id: keyId }] = placed.certificates;
    await client.data('Market::set_status_of_pending_queue_items', { ...CALL, order_item_id: id, status: 'confirmed' });
    return { id, keyId };
  };
  const available = (id: number): Promise<Json> =>
    client.data('Market::get_ssl_certificate_if_available', { ...CALL, order_item_id: id });
  /** What the website serves, with the key that is kept for it. */
  const installed = async (): Promise<{ chain: string; leaf: X509Certificate; key: string }> => {
    const [host, ...more] = await client.data('SSL::installed_hosts');
    assert.deepEqual([host.servername, more], ['shop.test', []]);
    const chain: string = host.certificate_text;
    const leaf = new X509Certificate(chain);
    const { key } = await client.data('SSL::fetch_key_and_cabundle_for_certificate', { certificate: leaf.toString() });
    assert.ok(leaf.checkPrivateKey(createPrivateKey(key)));
    assert.equal(leaf.subjectAltName, NAMES.map((name) => `DNS:${name}`).join(', '));
    return { chain, leaf, key };
  };
  return { buyer, client, acme, buy, available, installed, clock: client.desk.clock };
}

forEachStore((open) => {
  test('what was bought is signed by the CA outside for the key made here, and put on its website', async (t) => {
    const store = await open();
    const { buyer, client, acme, buy, available, installed } = await openBought(t, store);
    const before = await moneyOf(buyer);
    const { id, keyId } = await buy();
    assert.deepEqual(await moneyOf(buyer), { balance: before.balance, reserved: 1_800 }, 'until it is issued');
    const early = await available(id);
    assert.deepEqual([early.certificate_pem, early.status_code], [null, 'CertificateNotFound']);
    const [still] = await client.data('Market::process_ssl_pending_queue');
    assert.deepEqual([still.deleted, still.installed, still.certificate_pem], [0, 0, null]);
    await acme.settle();

    const [processed] = await client.data('Market::process_ssl_pending_queue');
    assert.deepEqual([processed.deleted, processed.installed, processed.last_status_message], [1, 1, '']);
    assert.equal((await available(id)).certificate_pem, processed.certificate_pem);
    const { chain, leaf } = await installed();
    assert.equal(leafUnder(acme.ca, chain).serialNumber, leaf.serialNumber);
    assert.equal(new X509Certificate(processed.certificate_pem).serialNumber, leaf.serialNumber);
    assert.deepEqual(
      (await client.data('SSL::list_keys')).map((key: { id: string }) => key.id),
      [keyId],
    );
    assert.deepEqual([acme.ca.certificatesIssued(NAMES), acme.ca.certificatesIssued()], [1, 1]);
    assert.deepEqual(await acme.signedBy('embedded'), []);
    assert.deepEqual(await store.find('challengeAnswers', {}), [], 'no answer is left');
    assert.deepEqual(await moneyOf(buyer), { balance: before.balance - 1_800, reserved: 0 });
  });

  for (const advice of ['by advice', 'without advice']) {
    test(`${advice} it is replaced by itself before its end, under the same key, at no charge`, async (t) => {
      const { buyer, acme, buy, installed, clock } = await openBought(t, await open());
      const advised = advice === 'by advice';
      acme.ca.script.renewalWindow = ({ notBefore }) =>
        advised ? { start: notBefore + 20 * DAY, end: notBefore + 22 * DAY } : null;
      await buy();
      await acme.settle();
      const paid = await moneyOf(buyer);
      const first = await installed();
      clock.forward(2 * HOUR);
      assert.equal(await acme.runPlans(), 0);
      const due = Date.parse(first.leaf.validFrom) + (advised ? 23 : 60) * DAY;
      clock.set(due - 4 * DAY);
      assert.equal(await acme.runPlans(), 0);
      clock.set(due + HOUR);
      assert.equal(await acme.runPlans(), 1);
      await acme.settle();
      const second = await installed();
      leafUnder(acme.ca, second.chain);
      assert.notEqual(second.leaf.serialNumber, first.leaf.serialNumber);
      assert.ok(Date.parse(second.leaf.validTo) > Date.parse(first.leaf.validTo));
      assert.equal(second.key, first.key);
      assert.deepEqual(replacedBy(acme.ca), [undefined, certIdOf(new Uint8Array(first.leaf.raw))]);
      assert.deepEqual(await acme.signedBy('embedded'), []);
      assert.deepEqual(await moneyOf(buyer), paid);
    });
  }

  for (const options of [{}, { profile: 'private', sandboxed: false }] as const) {
    const where = 'profile' in options ? 'private profile' : 'sandbox';
    test(`${where}: while the CA outside is away the embedded CA signs`, async (t) => {
      const { acme, buy, available, installed } = await openBought(t, await open(), options);
      acme.goAway();
      const { id } = await buy();
      await acme.settle();
      const { leaf } = await installed();
      assert.equal(new X509Certificate((await available(id)).certificate_pem).serialNumber, leaf.serialNumber);
      assert.deepEqual([(await acme.signedBy('embedded')).length, acme.ca.certificatesIssued()], [1, 0]);
    });
  }

  test('a public CA never signs for the key that it made: the purchase waits for the CA outside', async (t) => {
    const store = await open();
    const { buyer, acme, buy, available, installed } = await openBought(t, store, { sandboxed: false });
    const before = await moneyOf(buyer);
    const comeBack = acme.goAway();
    const { id } = await buy();
    await acme.settle(3 * DAY);
    assert.equal((await available(id)).certificate_pem, null);
    assert.deepEqual(await store.find('certificates', {}), []);
    assert.deepEqual(await store.find('issuances', { issuer: 'embedded' }), []);
    assert.deepEqual(await moneyOf(buyer), { balance: before.balance, reserved: 1_800 });
    comeBack();
    await acme.settle();
    leafUnder(acme.ca, (await installed()).chain);
    assert.deepEqual(await store.find('issuances', { issuer: 'embedded' }), []);
  });

  test('certificates that websites get by themselves come from the CA outside as well, and renew', async (t) => {
    const store = await open();
    const { buyer, client, acme, installed, clock } = await openBought(t, store, { sandboxed: false });
    const before = await moneyOf(buyer);
    await client.data('SSL::start_autossl_check');
    await acme.settle();
    const first = await installed();
    leafUnder(acme.ca, first.chain);
    clock.set(Date.parse(first.leaf.validTo) - 10 * DAY);
    assert.equal(await acme.runPlans(), 1);
    await acme.settle();
    const second = await installed();
    leafUnder(acme.ca, second.chain);
    assert.notEqual(second.leaf.serialNumber, first.leaf.serialNumber);
    assert.deepEqual(await acme.signedBy('embedded'), []);
    assert.deepEqual(await moneyOf(buyer), before);
  });
});
