import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Actor, NewOrderAsk } from '../../src/core/desk.ts';
import { DeskError } from '../../src/core/errors.ts';
import { removeExpired } from '../../src/core/expired-records.ts';
import { Catalogue } from '../../src/core/products.ts';
import type { Store } from '../../src/core/store.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import { addAccount, askFor, createCoreWorld, isKind, type CoreWorld, PRODUCTS } from '../support/core-world.ts';
import { forEachStore } from '../support/stores.ts';

const MOST = 3;

const NO_PRICE = { EUR: { base: 0, extraName: 0, extraWildcard: 0 } };

/** Where an account may order so many free certificates a day. */
async function createWorld(store: Store, freeOrdersPerDay = MOST): Promise<CoreWorld> {
  const world = await createCoreWorld(store);
  const [single] = PRODUCTS as [(typeof PRODUCTS)[0]];
  world.engine.catalogue = new Catalogue([...PRODUCTS, { ...single, id: 'free', pricesByCurrency: NO_PRICE }]);
  world.engine.freeOrdersPerDay = freeOrdersPerDay;
  return world;
}

let counter = 0;

function place({ office, actor }: CoreWorld, changes: Partial<NewOrderAsk> = {}, by: Actor = actor) {
  counter += 1;
  const installOn = { websiteIds: [], hostnameIds: [] };
  return office.desk.placeOrder(by, askFor(`n${counter}.shop.test`, { product: 'free', installOn, ...changes }));
}

const count = async ({ engine }: CoreWorld): Promise<number> => (await engine.store.find('orders', {})).length;

forEachStore((open) => {
  test('an account places as many free orders in 24 hours as it may, and then again', async () => {
    const world = await createWorld(await open());
    const { clock } = world;
    for (let placed = 0; placed < MOST; placed += 1) {
      await place(world);
      clock.forward(HOUR);
    }
    const error = await place(world).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof DeskError);
    assert.deepEqual([error.kind, error.retryAfter], ['too-many-requests', (21 * HOUR) / 1000]);
    assert.match(error.message, /ordered 3 free certificates within 24 hours.* accounts\.freeOrdersPerDay$/);
    assert.equal(await count(world), MOST, 'nothing is left behind');
    clock.forward(21 * HOUR - 1);
    await assert.rejects(place(world), isKind('too-many-requests'));
    clock.forward(1);
    await place(world);
    await assert.rejects(place(world), isKind('too-many-requests'), 'one for each that has become old');
    clock.forward(2 * DAY);
    await removeExpired(world.engine);
    assert.deepEqual(await world.engine.store.find('issuerUses', {}), []);
    for (let placed = 0; placed < MOST; placed += 1) await place(world);
    await assert.rejects(place(world), isKind('too-many-requests'));
  });

  test('what was counted is removed from the oldest on, and the rest goes on counting', async () => {
    const world = await createWorld(await open());
    const { clock } = world;
    await place(world);
    clock.forward(12 * HOUR);
    await place(world);
    await place(world);
    clock.forward(12 * HOUR);
    await removeExpired(world.engine);
    await place(world);
    await assert.rejects(place(world), isKind('too-many-requests'));
  });

  test('attack: orders that are cancelled or never proved count, and another account is not hindered', async () => {
    const world = await createWorld(await open());
    const { office, actor, engine, clock } = world;
    for (let placed = 0; placed < MOST; placed += 1) await office.desk.cancel(actor, (await place(world)).request.id);
    await assert.rejects(place(world), isKind('too-many-requests'));
    const other = await addAccount(engine.store, 'other', 0, clock.now());
    await place(world, {}, other);
  });

  test('attack: calls at once place no more than one after the other', async () => {
    const world = await createWorld(await open());
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => place(world)));
    const failed = all.filter((one) => one.status === 'rejected');
    assert.equal(await count(world), MOST);
    assert.equal(failed.length, 8 - MOST);
    for (const { reason } of failed) assert.ok(isKind('too-many-requests')(reason), String(reason));
  });

  test('what is paid, what is not served here, and what goes on with a certificate is not counted', async () => {
    const world = await createWorld(await open(), 1);
    const { office, actor, domains } = world;
    domains.published.add(`_dcv.n${counter + 1}.shop.test`);
    const { certificate } = await place(world);
    assert.ok(certificate);
    await place(world, { product: 'dv-single' });
    await place(world, { installOn: null });
    const { id, commonName } = certificate;
    const names = { ...askFor(commonName), product: 'free' };
    const installOn = { websiteIds: [], hostnameIds: [] };
    await office.desk.reissue(actor, id, { ...names, installOn });
    await office.desk.renew(actor, id, { ...names, installOn });
    await assert.rejects(place(world), isKind('too-many-requests'));
  });

  test('without a limit none is kept, nor counted', async () => {
    const world = await createWorld(await open(), 0);
    for (let placed = 0; placed < 2 * MOST; placed += 1) await place(world);
    assert.deepEqual(await world.engine.store.find('issuerUses', {}), []);
  });
});
