import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { faultsOf } from '../support/crash-books.ts';
import type { Target } from '../support/crash-client.ts';
import { nothingSeen, startLoad } from '../support/crash-load.ts';
import { createPlaces, newSeed, randomFrom, withStore } from '../support/crash-places.ts';
import { end, finish, targetOf } from '../support/crash-rounds.ts';
import { killAll, spawnServer } from '../support/server-process.ts';

const ROUNDS = process.env['CHANCERY_NIGHTLY'] === '1' ? 15 : 2;
/** Milliseconds that an operator waits after SIGTERM. */
const PATIENCE = 10_000;

const places = createPlaces();
after(() => killAll());
after(() => places.remove());

for (const engine of ['sqlite', 'postgres'] as const) {
  test(`${engine}: SIGTERM under load finishes what runs and exits with 0 within 10 s`, async (t) => {
    const seed = newSeed();
    t.diagnostic(`CHANCERY_SEED=${seed}`);
    const random = randomFrom(seed);
    const place = await places.make(engine);
    const seen = nothingSeen();
    for (let round = 0; round < ROUNDS; round += 1) {
      const server = spawnServer(place);
      const target = await targetOf(server);
      let serving = true;
      const load = startLoad({ targets: () => (serving ? [target] : []), seen, random, workers: 12, mayRefuse: true });
      await pause(200 + random() * 800);
      const from = Date.now();
      await end(server);
      const took = Date.now() - from;
      assert.ok(took < PATIENCE, `it took ${took} ms`);
      t.diagnostic(`ended after ${took} ms`);
      serving = false;
      await load.stop();
      // What was answered is durable without any later job, and what was begun was answered.
      const known = await withStore(place, (store) => store.find('requests', {}));
      assert.deepEqual(new Set(known.map(({ id }) => id)), new Set(seen.placed.keys()), `seed ${seed}`);
    }
    const server = spawnServer(place);
    await finish(place, [await targetOf(server)], seen);
    await end(server);
    assert.deepEqual(await withStore(place, (store) => faultsOf(store, seen)), [], `seed ${seed}`);
    assert.ok(seen.certificates.size > 0);
  });
}

/** A client that has sent half of a body and then says nothing more. */
async function stuckCall(target: Target): Promise<Socket> {
  const { hostname, port } = new URL(target.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  const head = ['POST /v2/ssl/decodecsr HTTP/1.1', `host: ${hostname}`, `authorization: ApiKey ${target.apiKey}`];
  socket.write([...head, 'content-type: application/json', 'content-length: 100', '', '{"csr":'].join('\r\n'));
  // The server has it once it answers somebody who came later.
  await (await fetch(`${target.url}/healthz`)).text();
  return socket;
}

test('a call that never ends does not hold up the end, and a second SIGTERM ends at once', async () => {
  const place = await places.make('sqlite');
  const patient = spawnServer(place);
  const first = await stuckCall(await targetOf(patient));
  let from = Date.now();
  await end(patient);
  const waited = Date.now() - from;
  assert.ok(waited < PATIENCE, `it took ${waited} ms`);
  first.destroy();

  const hurried = spawnServer(place);
  const second = await stuckCall(await targetOf(hurried));
  from = Date.now();
  hurried.signal('SIGTERM');
  await pause(100);
  hurried.signal('SIGTERM');
  const { code, signal } = await hurried.ended;
  const took = Date.now() - from;
  assert.ok(took < 2_000 && took < waited, `it took ${took} ms, and ${waited} ms with one signal`);
  assert.ok(code === 1 && signal === null, `it ended with ${signal ?? code}`);
  second.destroy();
});
