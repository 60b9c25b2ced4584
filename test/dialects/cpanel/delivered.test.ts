import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepDelivered } from '../../../src/dialects/cpanel/ssl/delivered.ts';
import { forEachStore } from '../../support/stores.ts';
import type { Client } from './client.ts';
import { addWebsite, openShop } from './ssl-world.ts';

async function ordered(client: Client): Promise<void> {
  await client.data('SSL::start_autossl_check');
  for (let round = 0; round < 5; round++) await client.desk.runJobs();
}

const names = async (client: Client): Promise<string[]> =>
  (await client.data('SSL::list_certs')).map((one: { friendly_name: string }) => one.friendly_name);

forEachStore((open) => {
  test('what was written late, with an earlier time, is not missed', async () => {
    const client = await openShop(await open());
    await ordered(client);
    assert.deepEqual(await names(client), ['shop.test']);
    await addWebsite(client, 'pay.test', ['pay.test']);
    client.desk.clock.forward(-30_000);
    await ordered(client);
    assert.deepEqual(await names(client), ['shop.test', 'pay.test']);
  });

  test('one that was deleted does not come back with the next', async () => {
    const client = await openShop(await open());
    await ordered(client);
    await names(client);
    await client.data('SSL::delete_cert', { friendly_name: 'shop.test' });
    await addWebsite(client, 'pay.test', ['pay.test']);
    await ordered(client);
    assert.deepEqual(await names(client), ['pay.test']);
    assert.deepEqual(await names(client), ['pay.test']);
  });

  test('two calls at one time keep one', async () => {
    const client = await openShop(await open());
    await ordered(client);
    const lists = await Promise.all([1, 2, 3].map(() => names(client)));
    assert.ok(
      lists.every((list) => list.length === 1),
      JSON.stringify(lists),
    );
  });

  test('who may only read writes nothing by looking', async () => {
    const client = await openShop(await open());
    await ordered(client);
    const { actor, secret } = await client.desk.addKey('acme', 'view');
    assert.deepEqual(await names(client.as('acme', secret)), []);
    const world = { store: client.desk.store } as unknown as Parameters<typeof keepDelivered>[0]['world'];
    await keepDelivered({ actor, world });
    assert.deepEqual(await client.desk.store.find('keptFiles', {}), []);
  });
});
