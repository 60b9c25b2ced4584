import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rules } from '../../src/core/rules.ts';
import type { Reader, Store } from '../../src/core/store.ts';
import { addAccount, askFor, createCoreWorld, isKind, paperCsr, runDueJobs } from '../support/core-world.ts';
import type { CoreWorld } from '../support/core-world.ts';
import { addIssuer, signWith } from '../support/scripted-issuer.ts';
import { forEachStore } from '../support/stores.ts';

const NAME = 'shop.example.com';

/** A desk with a public CA of its own, where one key is kept. */
async function createWorld(store: Store, issuers: readonly string[], kept = `key of ${NAME}`) {
  const world = await createCoreWorld(store);
  const outside = addIssuer(world.engine, 'outside');
  signWith(world.engine, issuers);
  world.engine.keptKeysOutside = true;
  world.domains.published.add(`_dcv.${NAME}`);
  const keeper = await addAccount(store, 'keeper', 0, world.clock.now());
  await keepKey(world, keeper.accountId, kept);
  return { ...world, outside };
}

async function keepKey(world: CoreWorld, accountId: number, word: string): Promise<void> {
  const { spki, spkiHash } = paperCsr(word);
  await world.engine.store.transact(async (unit) => {
    const id = unit.newId('subscriberKeys');
    const about = { dialect: 'test', label: 'x', keyAlgorithm: 'ECDSA' as const, keyBits: 256 };
    unit.insert('subscriberKeys', { id, accountId, ...about, spki, spkiHash, encryptedKey: spki, createdAt: 0 });
  });
}

forEachStore((open) => {
  test('BR 6.1.1.3: the own CA does not sign for a key that is kept here, whoever brings it', async () => {
    const world = await createWorld(await open(), ['embedded']);
    const { desk } = world.office;
    const refused = (error: unknown) =>
      isKind('not-allowed')(error) &&
      /BR 6\.1\.1\.3.*configure an issuer outside.*dv-single/.test((error as Error).message);
    await assert.rejects(desk.placeOrder(world.actor, askFor(NAME)), refused);
    assert.equal((await world.engine.store.find('orders', {})).length, 0);
    assert.equal((await world.engine.store.get('accounts', world.actor.accountId))?.reserved, 0);
    const other = await desk.placeOrder(world.actor, askFor(NAME, { csr: paperCsr('a key of their own') }));
    assert.equal(other.request.state, 'completed');
    await assert.rejects(desk.reissue(world.actor, other.certificate?.id as number, askFor(NAME)), refused);
    assert.equal(world.issuer.signed.length, 1);
  });

  test('an issuer outside signs for it, and the own CA never takes over', async () => {
    const world = await createWorld(await open(), ['embedded', 'outside']);
    world.outside.moves = [{ cannot: 'unavailable' }, { cannot: 'refused', message: 'Not this name' }];
    const { request } = await world.office.desk.placeOrder(world.actor, askFor(NAME));
    await runDueJobs(world);
    assert.equal((await world.engine.store.get('requests', request.id))?.state, 'waiting');
    world.clock.forward(120_000);
    await runDueJobs(world);
    const after = await world.engine.store.get('requests', request.id);
    assert.deepEqual([after?.state, after?.detail], ['failed', 'Not this name']);
    assert.equal(world.issuer.signed.length, 0);

    const again = await world.office.desk.placeOrder(world.actor, askFor(NAME));
    await runDueJobs(world);
    const [certificate] = await world.engine.store.find('certificates', { requestId: again.request.id });
    assert.equal(certificate?.issuer, 'outside');
  });

  test('what the issuers outside have against it is said instead', async () => {
    const world = await createWorld(await open(), ['embedded', 'outside']);
    world.outside.against = () => 'The CSR has other names';
    await assert.rejects(world.office.desk.placeOrder(world.actor, askFor(NAME)), (error) => {
      return isKind('invalid-csr')(error) && (error as Error).message === 'The CSR has other names';
    });
  });

  test('a key that comes to be kept while its request waits', async () => {
    const world = await createWorld(await open(), ['embedded', 'outside'], 'another key');
    world.domains.published.clear();
    const { request } = await world.office.desk.placeOrder(world.actor, askFor(NAME));
    await keepKey(world, world.actor.accountId, `key of ${NAME}`);
    world.domains.published.add(`_dcv.${NAME}`);
    world.clock.forward(60_000);
    await runDueJobs(world);
    const [certificate] = await world.engine.store.find('certificates', { requestId: request.id });
    assert.equal(certificate?.issuer, 'outside');
  });

  test('no key is looked up in the sandbox, in a private profile, or where only outside issuers sign', async () => {
    const world = await createWorld(await open(), ['embedded']);
    let looked = 0;
    world.engine.store = counting(world.engine.store, () => (looked += 1));
    const place = () => world.office.desk.placeOrder(world.actor, askFor(NAME));
    world.engine.keptKeysOutside = false;
    world.engine.rules = new Rules('private');
    assert.equal((await place()).request.state, 'completed');
    world.engine.keptKeysOutside = true;
    signWith(world.engine, ['outside']);
    await place();
    await runDueJobs(world);
    assert.equal(looked, 0);
    signWith(world.engine, ['embedded']);
    await assert.rejects(place(), isKind('not-allowed'));
    assert.equal(looked, 1, 'once, in the transaction that places it');
  });
});

/** The store, with each look at kept keys told. */
function counting(store: Store, tell: () => void): Store {
  const watched = <R extends Pick<Reader, 'find'>>(reader: R): R =>
    new Proxy(reader, {
      get(target, member) {
        const value = Reflect.get(target, member) as unknown;
        if (member === 'transact') {
          return (work: (unit: never) => Promise<unknown>) => store.transact((unit) => work(watched(unit) as never));
        }
        if (typeof value !== 'function') return value;
        return (...parameters: unknown[]) => {
          if (member === 'find' && parameters[0] === 'subscriberKeys') tell();
          return (value as (...all: unknown[]) => unknown).apply(target, parameters);
        };
      },
    });
  return watched(store);
}
