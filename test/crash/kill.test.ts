import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { faultsOf } from '../support/crash-books.ts';
import { nothingSeen, startLoad } from '../support/crash-load.ts';
import { createPlaces, newSeed, randomFrom, withStore } from '../support/crash-places.ts';
import { end, finish, kill, targetOf } from '../support/crash-rounds.ts';
import { spawnServer, killAll } from '../support/server-process.ts';

const NIGHTLY = process.env['CHANCERY_NIGHTLY'] === '1';
const ROUNDS = NIGHTLY ? 40 : 6;
const STARTS = NIGHTLY ? 30 : 5;
/** Milliseconds of load before a kill. */
const LONGEST_LOAD = 1_200;
/** Milliseconds from a spawn to a kill that comes before it serves. */
const LONGEST_START = 900;

const places = createPlaces();
after(() => killAll());
after(() => places.remove());

for (const engine of ['sqlite', 'postgres'] as const) {
  test(`${engine}: killed at any moment under load, everything promised is kept`, async (t) => {
    const seed = newSeed();
    t.diagnostic(`CHANCERY_SEED=${seed}`);
    const random = randomFrom(seed);
    const place = await places.make(engine);
    const seen = nothingSeen();
    for (let round = 0; round < ROUNDS; round += 1) {
      const server = spawnServer(place);
      const target = await targetOf(server);
      let serving = true;
      const load = startLoad({ targets: () => (serving ? [target] : []), seen, random, workers: 12 });
      await pause(random() * LONGEST_LOAD);
      await kill(server);
      serving = false;
      await load.stop();
    }
    const server = spawnServer(place);
    await finish(place, [await targetOf(server)], seen);
    await end(server);
    const faults = await withStore(place, (store) => faultsOf(store, seen));
    const left = [...seen.placed.values()].filter((one) => one.records === null).length;
    t.diagnostic(`${seen.placed.size} requests (${left} left), ${seen.certificates.size} certificates seen`);
    assert.deepEqual(faults, [], `seed ${seed}`);
    assert.ok(seen.certificates.size > 0 && seen.unanswered > 0 && left > 0);
  });

  test(`${engine}: killed at any moment of its first start, the next one ends with one CA and one account`, async (t) => {
    const seed = newSeed();
    t.diagnostic(`CHANCERY_SEED=${seed}`);
    const random = randomFrom(seed);
    const place = await places.make(engine);
    for (let start = 0; start < STARTS; start += 1) {
      const server = spawnServer(place);
      await pause(random() * LONGEST_START);
      await kill(server);
    }
    const server = spawnServer(place);
    const target = await targetOf(server);
    const seen = nothingSeen();
    const load = startLoad({ targets: () => [target], seen, random, workers: 4 });
    await pause(300);
    await load.stop();
    await finish(place, [target], seen);
    await end(server);
    assert.deepEqual(await withStore(place, (store) => faultsOf(store, seen)), [], `seed ${seed}`);
    assert.ok(seen.placed.size > 0);
  });
}
