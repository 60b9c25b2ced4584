import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { readCrl } from '../../src/pki/crl-reader.ts';
import { faultsOf } from '../support/crash-books.ts';
import type { Target } from '../support/crash-client.ts';
import { nothingSeen, startLoad } from '../support/crash-load.ts';
import { createPlaces, newSeed, OWN_ADDRESSES, randomFrom, withStore } from '../support/crash-places.ts';
import { end, finish, kill, targetOf } from '../support/crash-rounds.ts';
import {
  credentialsOf,
  killAll,
  type ServerPlace,
  type ServerProcess,
  spawnServer,
} from '../support/server-process.ts';

const NIGHTLY = process.env['CHANCERY_NIGHTLY'] === '1';
const ROUNDS = NIGHTLY ? 15 : 2;
const STARTS = NIGHTLY ? 20 : 4;
/** Milliseconds of load on both, and then on the one that is left. */
const LOAD = 1_000;

const places = createPlaces();
after(() => killAll());
after(() => places.remove());

test('of two servers on one PostgreSQL one is killed, and the other takes over what it left', async (t) => {
  const seed = newSeed();
  t.diagnostic(`CHANCERY_SEED=${seed}`);
  const random = randomFrom(seed);
  const place = await places.make('postgres');
  const seen = nothingSeen();
  let survivor = spawnServer(place);
  let target = await targetOf(survivor);
  for (let round = 0; round < ROUNDS; round += 1) {
    // Keys are good at every server; this directory has no credentials of its own.
    const other = spawnServer(places.beside(place));
    let targets = [{ ...target, url: await other.listening }, target];
    const load = startLoad({ targets: () => targets, seen, random, workers: 12 });
    await pause(LOAD * random());
    // Which of the two goes on must not matter.
    const [victim, left] = random() < 0.5 ? [other, survivor] : [survivor, other];
    const url = await left.listening;
    await kill(victim);
    targets = targets.filter((one) => one.url === url);
    await pause(LOAD * random());
    await load.stop();
    survivor = left;
    target = { ...target, url };
  }
  await finish(survivor.place, [target], seen);
  await end(survivor);
  assert.deepEqual(await withStore(place, (store) => faultsOf(store, seen)), [], `seed ${seed}`);
  t.diagnostic(`${seen.placed.size} requests, ${seen.certificates.size} certificates seen`);
  assert.ok(seen.certificates.size > 0 && seen.unanswered > 0);
});

/** Who was first wrote credentials, perhaps both did; any of them is good at both. */
async function targetsOf(servers: readonly ServerProcess[]): Promise<Target[]> {
  const urls = await Promise.all(servers.map((server) => server.listening));
  const written = servers.filter(({ place }) => existsSync(join(place.directory, 'credentials.json')));
  assert.ok(written.length > 0);
  return urls.flatMap((url) => written.map(({ place }) => ({ url, ...credentialsOf(place) })));
}

test('servers that start at the same moment on an empty database end with one CA and one account', async () => {
  for (let start = 0; start < STARTS; start += 1) {
    const place = await places.make('postgres', OWN_ADDRESSES);
    // In one directory, or in two that share nothing but a passphrase.
    const second: ServerPlace = start % 2 === 0 ? place : { ...places.beside(place), passphrase: 'correct horse' };
    const first: ServerPlace = start % 2 === 0 ? place : { ...place, passphrase: 'correct horse' };
    const servers = [spawnServer(first), spawnServer(second)];
    const targets = await targetsOf(servers);
    const seen = nothingSeen();
    const load = startLoad({ targets: () => targets, seen, random: randomFrom(start), workers: 4 });
    await pause(200);
    await load.stop();
    await finish(first, targets, seen);
    const crls = await withStore(place, (store) => store.find('crls', {}));
    for (const { shard, der } of crls.filter((one) => one.shard >= 0)) {
      const wanted = [...new Set(targets.map(({ url }) => url))]
        .map((url) => `${url}/crl/embedded/${shard}.crl`)
        .sort();
      assert.deepEqual(readCrl(der).distributionPoints.sort(), wanted, 'both addresses stand in certificates');
    }
    await Promise.all(servers.map(end));
    assert.deepEqual(await withStore(place, (store) => faultsOf(store, seen)), []);
    assert.ok(seen.placed.size > 0);
  }
});
