import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kind } from '../../../src/core/records.ts';
import type { Store } from '../../../src/core/store.ts';
import { forEachStore } from '../../support/stores.ts';
import type { Arguments } from './client.ts';
import { certificate, DONE, openBuyer } from './market-world.ts';
import { PARAMETERS } from './market-parameters.ts';

const NAME = 'Market::request_ssl_certificates';

/** Everything that an order can leave behind. */
const KINDS: readonly Kind[] = [
  'checkouts',
  'checkoutItems',
  'subscriberKeys',
  'keptFiles',
  'orders',
  'charges',
  'auditEvents',
];

async function countAll(store: Store): Promise<Record<string, number>> {
  const counts: [string, number][] = [];
  for (const kind of KINDS) counts.push([kind, (await store.find(kind, {})).length]);
  return Object.fromEntries(counts);
}

forEachStore((open) => {
  for (const { name, good, bad, missing } of PARAMETERS) {
    test(`the parameter ${name}`, async () => {
      const { client, access_token } = await openBuyer(await open());
      await client.data('SSL::set_default_key_type', { type: 'ecdsa-prime256v1' });
      const { store } = client.desk;
      const right: Arguments = {
        access_token,
        provider: 'Chancery',
        certificate: certificate(),
        url_after_checkout: DONE,
      };
      for (const { give, found } of good) {
        const answer = await client.data(NAME, { ...right, ...give });
        const checkout = await store.get('checkouts', answer.order_id);
        assert.ok(checkout);
        const [actual, expected] = found({
          answer,
          checkout,
          items: await store.find('checkoutItems', { checkoutId: checkout.id }),
        });
        assert.deepEqual(actual, expected, JSON.stringify(give).slice(0, 300));
      }
      const before = await countAll(store);
      for (const [give, error] of bad) {
        const errors = await client.errors(NAME, { ...right, ...give });
        assert.match(errors[0] as string, error, JSON.stringify(give).slice(0, 300));
        assert.deepEqual(await countAll(store), before, `${JSON.stringify(give).slice(0, 300)} leaves something`);
      }
      const { [name]: _, ...without } = right;
      if (missing === null) {
        if (name === 'url_after_checkout') assert.equal((await client.data(NAME, without)).order_id > 0, true);
        return;
      }
      for (const args of [without, { ...right, [name]: '' }]) {
        assert.match((await client.errors(NAME, args))[0] as string, missing);
      }
    });
  }

  test('of parameters that do not repeat the first counts', async () => {
    const { client, access_token } = await openBuyer(await open());
    const args = { access_token: [access_token, 'x'], provider: ['Chancery', 'x'], certificate: certificate() };
    const url_after_checkout = [DONE, 'javascript:x'];
    const answer = await client.data(NAME, { ...args, url_after_checkout });
    assert.equal((await client.desk.store.get('checkouts', answer.order_id))?.returnUrl, DONE);
  });

  test('all fields of an identity that are wrong are told at once', async () => {
    const { client, access_token } = await openBuyer(await open());
    const sent = { access_token, provider: 'Chancery', certificate: certificate({ product_id: 213, price: 30 }) };
    assert.equal((await client.errors(NAME, { ...sent, identity_verification: '{}' })).length, 9);
  });

  test('the seed’s own example is understood to the last shape', async () => {
    const { client, access_token } = await openBuyer(await open());
    const example = {
      price: '18',
      product_id: '159',
      subject_names: [{ dNSName: 'shop.test' }, { dNSName: 'www.shop.test' }],
      validity_period: ['1, "year"'],
      vhost_names: ['shop.test'],
    };
    const args = { access_token, provider: 'cPStore', certificate: JSON.stringify(example) };
    const { certificates } = await client.data(NAME, args);
    assert.deepEqual(Object.keys(certificates[0]), ['order_item_id', 'key_id']);
  });
});
