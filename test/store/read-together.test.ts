import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kind } from '../../src/core/records.ts';
import { readTogether } from '../../src/store/read-together.ts';
import { createReader, type TableReader } from '../../src/store/reader.ts';
import { forEachStore } from '../support/stores.ts';
import { SAMPLES } from './samples.ts';

forEachStore((open, engine) => {
  test('lookups of the same moment share statements, and each gets its own answer', async () => {
    const store = await open();
    await store.transact(async (unit) => {
      for (let id = 1; id <= 20; id += 1) {
        unit.insert('requests', {
          ...SAMPLES.requests(id),
          orderId: id % 7,
          state: id % 2 === 0 ? 'failed' : 'completed',
        });
      }
    });
    await store.isolated('read', async (query) => {
      let statements = 0;
      const plain = createReader(engine, (text, parameters) => {
        statements += 1;
        return query(text, parameters);
      });
      const ask = (reader: TableReader) =>
        Promise.all([
          ...[1, 2, 2, 77, 20].map((id) => reader.get('requests', id)),
          ...[0, 3, 3, 50].map((orderId) => reader.find('requests', { orderId })),
          ...[0, 3].map((orderId) => reader.find('requests', { orderId, state: ['failed', 'cancelled'] })),
          ...[0, 3].map((orderId) => reader.find('requests', { orderId, certificateId: null })),
          reader.find('requests', { orderId: [1, 2], state: 'failed' }),
          reader.find('requests', { orderId: 1 }, { limit: 1 }),
          reader.find('requests', {}),
        ]);
      const wanted = await ask(plain);
      const alone = statements;
      const got = await ask(readTogether(plain));
      assert.deepStrictEqual(got, wanted);
      assert.equal(statements - alone, 7);
      assert.notEqual(got[1], got[2]);
    });
  });

  test('a lookup that fails tells all that went with it, and the next goes on', async () => {
    const store = await open();
    await store.isolated('read', async (query) => {
      let broken = true;
      const reader = readTogether(
        createReader(engine, (text, parameters) => {
          if (broken) throw new Error('lost');
          return query(text, parameters);
        }),
      );
      const get = (kind: Kind, id: number) => reader.get(kind, id);
      const results = await Promise.allSettled([get('notes', 1), get('notes', 2), get('notes', 1)]);
      assert.deepEqual(
        results.map((result) => result.status),
        ['rejected', 'rejected', 'rejected'],
      );
      broken = false;
      assert.equal(await get('notes', 1), null);
    });
  });
});
