import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { verifyAuditChain } from '../../src/store/audit-chain.ts';
import { forEachStore, type StorePlace } from '../support/stores.ts';
import { SAMPLES } from './samples.ts';

const script = fileURLToPath(new URL('crash-writer.ts', import.meta.url));

/** Runs the writer until it has acknowledged so many units, then kills it. @returns what was acknowledged. */
function writeAndKill(place: StorePlace, first: number, until: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, JSON.stringify(place), String(first)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (output.split('\n').length > until) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', (_, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`The writer ended by itself: ${output}`));
      // A last line that was cut off is not an acknowledgement that anyone has seen.
      else resolve(output.split('\n').slice(0, -1).map(Number));
    });
  });
}

forEachStore((open, engine) => {
  test('killed while writing: every acknowledged unit is there, every other wholly or not at all, the chain holds', async () => {
    const store = await open();
    await store.transact(async (unit) => unit.insert('accounts', SAMPLES.accounts(1)));
    const place = open.place(store);
    const acknowledged: number[] = [];
    for (const [round, until] of [3, 50, 217].entries()) {
      const writers = engine === 'sqlite' ? [0] : [0, 1];
      const seen = await Promise.all(writers.map((i) => writeAndKill(place, 10_000 * (2 * round + i) + 1, until)));
      acknowledged.push(...seen.flat());
      const notes = new Set((await store.find('notes', {})).map(({ id }) => id));
      const jobs = new Set((await store.find('jobs', {})).map(({ key }) => key));
      const pairs = new Set([...notes].map((id) => Math.floor(id / 2)));
      for (const n of acknowledged) assert.ok(pairs.has(n), `unit ${n} was acknowledged and is lost`);
      for (const n of pairs) {
        assert.ok(notes.has(2 * n) && notes.has(2 * n + 1) && jobs.has(`advance:${n}`), `unit ${n} is half there`);
        assert.notEqual(n % 7, 0, `unit ${n} failed and is there`);
      }
      const chain = await verifyAuditChain(store);
      assert.deepEqual(chain, { events: pairs.size, brokenAt: null });
      assert.equal((await store.get('accounts', 1))?.reserved, pairs.size);
      assert.deepEqual(await store.integrity(), []);
    }
  });
});
