import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { faultsOf } from '../support/crash-books.ts';
import { nothingSeen, startLoad } from '../support/crash-load.ts';
import { createPlaces, type EngineName, newSeed, randomFrom, withStore } from '../support/crash-places.ts';
import { end, finish, targetOf } from '../support/crash-rounds.ts';
import { killAll, runCommand, type ServerPlace, spawnServer } from '../support/server-process.ts';

const places = createPlaces();
after(() => killAll());
after(() => places.remove());

const WAYS: readonly (readonly [EngineName, EngineName])[] = [
  ['sqlite', 'sqlite'],
  ['sqlite', 'postgres'],
  ['postgres', 'sqlite'],
];

async function command(place: ServerPlace, args: readonly string[]): Promise<void> {
  const { code, output, errors } = await runCommand(place, args);
  assert.equal(code, 0, output + errors);
}

for (const [from, to] of WAYS) {
  test(`a backup of ${from} under load, restored to ${to}, holds all that was answered before and goes on`, async (t) => {
    const seed = newSeed();
    t.diagnostic(`CHANCERY_SEED=${seed}`);
    const random = randomFrom(seed);
    const place = await places.make(from);
    const server = spawnServer(place);
    const target = await targetOf(server);
    const seen = nothingSeen();
    const load = startLoad({ targets: () => [target], seen, random, workers: 8 });
    await pause(300 + random() * 500);
    const before = structuredClone(seen);
    const file = join(places.directory(), 'chancery.backup');
    await command(place, ['backup', '--out', file]);
    await load.stop();
    await finish(place, [target], seen);
    await end(server);
    assert.deepEqual(await withStore(place, (store) => faultsOf(store, seen)), [], `seed ${seed}`);
    assert.equal(seen.unanswered, 0, 'serving did not suffer from it');

    // The configuration, and with it the key file, is the same.
    const { databaseUrl } = await places.make(to);
    const { directory, configFile = '' } = places.beside(place);
    const restored = { directory, configFile, ...(databaseUrl === undefined ? {} : { databaseUrl }) };
    await command(restored, ['restore', file]);
    const again = spawnServer(restored);
    const newTarget = { ...target, url: await again.listening };
    await finish(restored, [newTarget], before);
    const later = nothingSeen();
    const laterLoad = startLoad({ targets: () => [newTarget], seen: later, random, workers: 4 });
    await pause(300);
    await laterLoad.stop();
    await finish(restored, [newTarget], later);
    await end(again);
    for (const known of [before, later]) {
      assert.deepEqual(await withStore(restored, (store) => faultsOf(store, known)), [], `seed ${seed}`);
      assert.ok(known.certificates.size > 0);
    }
    await command(restored, ['doctor']);
  });
}
