import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachStore } from '../../support/stores.ts';
import { codeOf, openClient, openReady, orderFor, PRO, setSettings } from './client.ts';

forEachStore((open, engine) => {
  // SQLite is one process's alone.
  const options = { skip: engine === 'sqlite' };

  test('an alternative id names one order, also where two processes are asked at once', options, async () => {
    const store = await open();
    const { client, organization, domain } = await openReady(store);
    await setSettings(client, { uniqueAlternativeIds: true });
    const second = await openClient(await open.again(store));
    for (let round = 0; round < 5; round += 1) {
      const order = orderFor(domain, organization.id, { alternative_order_id: `nonce-${round}` });
      const replies = await Promise.all([client, second, client, second].map((one) => one.post(PRO, order)));
      const refused = replies.filter(({ status }) => status !== 201);
      assert.equal(refused.length, 3, replies.map(({ text }) => text.slice(0, 200)).join('\n'));
      for (const reply of refused) assert.equal(codeOf(reply), 'invalid_value:alternative_order_id');
      assert.equal((await store.find('orderDetails', { alternativeId: `nonce-${round}` })).length, 1);
    }
    const charges = await store.find('charges', {});
    assert.equal(charges.length, 5);
  });
});
