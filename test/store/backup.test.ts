import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { DeskError } from '../../src/core/errors.ts';
import { verifyAuditChain } from '../../src/store/audit-chain.ts';
import { backup } from '../../src/store/backup.ts';
import type { ChanceryStore } from '../../src/store/open.ts';
import { restore } from '../../src/store/restore.ts';
import { KINDS } from '../../src/store/tables.ts';
import { createWorld, fixedClock, type StorePlace } from '../support/stores.ts';
import { SAMPLES } from './samples.ts';

const directory = mkdtempSync(join(tmpdir(), 'chancery-backup-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const random = { bytes: (length: number) => new Uint8Array(length) };

const ENGINES = ['sqlite', 'postgres'] as const;
const worlds = { sqlite: createWorld('sqlite'), postgres: createWorld('postgres') };
after(() => Promise.all(ENGINES.map((engine) => worlds[engine].end())));

async function everything(store: ChanceryStore): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {};
  for (const kind of KINDS) found[kind] = await store.find(kind, {});
  return found;
}

async function fill(store: ChanceryStore): Promise<void> {
  for (const kind of KINDS) {
    if (kind === 'auditEvents') continue;
    await store.transact(async (unit) => {
      for (let id = 1; id <= 3; id += 1) unit.insert(kind, SAMPLES[kind](id) as never);
      unit.audit({ at: 5, actor: 'system', accountId: null, action: 'filled', target: kind, details: {} });
    });
  }
}

/** Opens where another store was closed. */
async function reopen(engine: 'sqlite' | 'postgres', empty: ChanceryStore, file: string): Promise<ChanceryStore> {
  const place: StorePlace = worlds[engine].open.place(empty);
  await restore(file, { ...place, clock: fixedClock(), random });
  return worlds[engine].open.again(empty);
}

for (const from of ENGINES) {
  for (const to of ENGINES) {
    test(`a backup of ${from} is restored into ${to}, everything in it, and new ids do not meet old ones`, async () => {
      const store = await worlds[from].open();
      await fill(store);
      const used = await store.transact(async (unit) => unit.newId('orders'));
      const file = join(directory, `${from}-${to}.backup`);
      const seen: number[] = [];
      const summary = await backup(store, file, ({ done }) => seen.push(done));
      assert.equal(summary.rows['notes'], 3);
      assert.deepEqual(
        seen,
        seen.toSorted((one, other) => one - other),
      );
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.ok(!existsSync(`${file}.part`));
      const restored = await reopen(to, await worlds[to].open(), file);
      assert.deepStrictEqual(await everything(restored), await everything(store));
      assert.deepEqual(await verifyAuditChain(restored), { events: KINDS.length - 1, brokenAt: null });
      assert.ok((await restored.transact(async (unit) => unit.newId('orders'))) > used);
      await restored.transact(async (unit) =>
        unit.audit({ at: 6, actor: 'system', accountId: null, action: 'restored', target: 'x', details: {} }),
      );
      assert.equal((await verifyAuditChain(restored)).brokenAt, null);
    });
  }
}

for (const engine of ENGINES) {
  describe(engine, () => {
    test('a backup while others write is of one moment: whole units, in order', async () => {
      const store = await worlds[engine].open();
      let stop = false;
      let written = 0;
      const write = async (): Promise<void> => {
        while (!stop) {
          written += 1;
          const n = written;
          await store.transact(async (unit) => {
            unit.insert('notes', SAMPLES.notes(n));
            unit.audit({ at: n, actor: 'system', accountId: null, action: 'note', target: `note:${n}`, details: {} });
            unit.insert('settings', SAMPLES.settings(n));
          });
        }
      };
      const writers = Array.from({ length: 4 }, write);
      while (written < 1_200) await new Promise((resolve) => setImmediate(resolve));
      const file = join(directory, `busy-${engine}.backup`);
      const before = written;
      const summary = await backup(store, file);
      const after = written;
      stop = true;
      await Promise.all(writers);
      assert.ok(after > before, 'nothing was written meanwhile');
      assert.ok((summary.rows['notes'] ?? 0) >= before - 4 && (summary.rows['notes'] ?? 0) <= after);
      assert.equal(summary.rows['notes'], summary.rows['settings']);
      assert.equal(summary.rows['notes'], summary.rows['audit_events']);
      const restored = await reopen(engine, await worlds[engine].open(), file);
      const notes = (await restored.find('notes', {})).map(({ id }) => id);
      assert.deepEqual(
        notes,
        (await restored.find('settings', {})).map(({ id }) => id),
      );
      assert.deepEqual(await verifyAuditChain(restored), { events: notes.length, brokenAt: null });
    });

    test('a database that holds something, and files that are no whole backup, are refused and change nothing', async () => {
      const store = await worlds[engine].open();
      await fill(store);
      const good = join(directory, `good-${engine}.backup`);
      await backup(store, good);
      const target = await worlds[engine].open();
      const place = worlds[engine].open.place(target);
      const attempt = (file: string) => restore(file, { ...place, clock: fixedClock(), random });
      const lines = gunzipSync(readFileSync(good)).toString().split('\n');
      const note = lines.findIndex((line) => line.includes('"Hello"'));
      const event = lines.findIndex((line) => line.includes('"filled"'));
      const file = join(directory, `bad-${engine}.backup`);
      const damages: [RegExp, Buffer][] = [
        [/read to its end/, readFileSync(good).subarray(0, -20)],
        [/cannot be read|not JSON/, Buffer.from('hello')],
        [/ends too early/, gzipSync(lines.slice(0, -2).join('\n'))],
        [/notes has 2 rows instead of 3/, gzipSync(lines.toSpliced(note, 1).join('\n'))],
        [
          /audit chain is broken at event 1/,
          gzipSync(lines.with(event, (lines[event] ?? '').replace('"filled"', '"other"')).join('\n')),
        ],
        [/is of schema 0/, gzipSync(lines.with(0, '{"format":"chancery-backup","migration":0}').join('\n'))],
        [/first line/, gzipSync(lines.with(0, '{"format":"other"}').join('\n'))],
        [/unknown table/, gzipSync(lines.with(1, '{"table":"sqlite_schema","columns":[]}').join('\n'))],
        [/not JSON/, gzipSync(lines.with(note, '[1,').join('\n'))],
      ];
      for (const [message, content] of damages) {
        writeFileSync(file, content);
        await assert.rejects(attempt(file), (error) => {
          assert.ok(error instanceof DeskError && error.kind === 'invalid-value', String(error));
          assert.match(error.message, message);
          return true;
        });
      }
      await assert.rejects(
        attempt(join(directory, 'none')),
        (error) => error instanceof DeskError && error.kind === 'not-found',
      );
      assert.deepEqual(await target.find('accounts', {}), []);
      await target.transact(async (unit) => unit.insert('notes', SAMPLES.notes(1)));
      await assert.rejects(attempt(good), (error) => error instanceof DeskError && error.kind === 'conflict');
      assert.equal((await target.find('notes', {})).length, 1);
    });
  });
}
