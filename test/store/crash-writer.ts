import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openStore } from '../../src/store/open.ts';
import type { StorePlace } from '../support/stores.ts';
import { SAMPLES } from './samples.ts';

/**
 * A process that writes until it is killed. Each unit inserts a pair of notes, changes a counter and appends an audit
 * event; once it is acknowledged, the number of the pair goes to standard output. Arguments: place as JSON, first number.
 */
const place = JSON.parse(process.argv[2] ?? '') as StorePlace;
let next = Number(process.argv[3]);
const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
const store = await openStore({ ...place, clock: { now: () => Date.now() }, random });

async function write(): Promise<void> {
  for (;;) {
    const n = next;
    next += 1;
    await store
      .transact(async (unit) => {
        unit.insert('notes', { ...SAMPLES.notes(2 * n), message: `left ${n}` });
        unit.audit({ at: n, actor: 'system', accountId: null, action: 'test', target: `pair:${n}`, details: { n } });
        unit.insert('notes', { ...SAMPLES.notes(2 * n + 1), message: `right ${n}` });
        await unit.reserve(1, 1);
        await unit.enqueue({ kind: 'advance', key: `advance:${n}`, payload: { n }, runAt: n });
        if (n % 5 === 0) await unit.find('notes', { id: 2 * n });
        if (n % 7 === 0) throw new Error('on purpose');
      })
      .then(
        () => writeSync(1, `${n}\n`),
        () => undefined,
      );
  }
}

await Promise.all(Array.from({ length: 8 }, write));
