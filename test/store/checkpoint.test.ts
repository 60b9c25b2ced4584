import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createWorld } from '../support/stores.ts';
import { SAMPLES } from './samples.ts';

const world = createWorld('sqlite');
after(() => world.end());

test('the write-ahead log is emptied while units go on, and starts again from its beginning', async () => {
  const store = await world.open();
  const log = join(world.open.place(store).directory, 'chancery.sqlite-wal');
  const message = 'x'.repeat(100_000);
  let largest = 0;
  for (let n = 1; n <= 3_000; n += 1) {
    await store.transact(async (unit) => unit.insert('notes', { ...SAMPLES.notes(n), message }));
    largest = Math.max(largest, statSync(log).size);
  }
  assert.ok(largest > 64 * 2 ** 20, 'the log never grew to where it is emptied');
  assert.ok(largest < 200 * 2 ** 20, `the log grew to ${largest} bytes out of 300 MB written`);
  assert.deepEqual(await store.integrity(), []);
  assert.equal(
    (await store.list('notes', { accountId: null, filters: [], order: [], limit: 0, offset: 0, count: true })).total,
    3_000,
  );
});
