import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeskError } from '../../src/core/errors.ts';
import type { Kind, Notification } from '../../src/core/records.ts';
import type { FindOptions } from '../../src/core/store.ts';
import { SCHEMA } from '../../src/store/schema.ts';
import { KINDS } from '../../src/store/tables.ts';
import { forEachStore } from '../support/stores.ts';
import { SAMPLES } from './samples.ts';

const isKind = (kind: string) => (error: unknown) => error instanceof DeskError && error.kind === kind;

forEachStore((open) => {
  test('every record of every table comes back as it was put in', async () => {
    const store = await open();
    for (const kind of KINDS) {
      const record = SAMPLES[kind](500_001);
      const bare = withNulls(kind, SAMPLES[kind](500_002));
      await store.transact(async (unit) => {
        unit.insert(kind, record as never);
        unit.insert(kind, bare as never);
        assert.deepStrictEqual(await unit.get(kind, 500_001), record);
      });
      assert.deepStrictEqual(await store.get(kind, 500_001), record);
      assert.deepStrictEqual(await store.find(kind, { id: 500_002 } as never), [bare]);
      const walked = [];
      for await (const one of store.walk(kind, 500_001)) walked.push(one);
      assert.deepStrictEqual(walked, [bare]);
    }
  });

  test('a changed record is changed in the named fields only', async () => {
    const store = await open();
    const record = SAMPLES.requests(7);
    await store.transact(async (unit) => unit.insert('requests', record));
    const changes = {
      state: 'failed',
      detail: 'because',
      csr: null,
      checks: { callback: 'passed' },
      version: 2,
    } as const;
    await store.transact((unit) => unit.update('requests', 7, changes, { version: 1, detail: null, csr: record.csr }));
    assert.deepStrictEqual(await store.get('requests', 7), { ...record, ...changes });
    const back = { csr: record.csr, detail: null };
    await store.transact((unit) => unit.update('requests', 7, back));
    assert.deepStrictEqual(await store.get('requests', 7), { ...record, ...changes, ...back });
  });

  test('a unit sees its own writes: insert, update, delete, in any order', async () => {
    const store = await open();
    await store.transact(async (unit) => {
      unit.insert('notes', SAMPLES.notes(1));
      await unit.update('notes', 1, { message: 'one' });
      assert.equal((await unit.get('notes', 1))?.message, 'one');
      assert.equal((await unit.find('notes', { message: 'one' })).length, 1);
      await unit.update('notes', 1, { message: 'two' }, { message: 'one' });
      await unit.update('notes', 1, { message: 'three' }, { message: 'two' });
      assert.equal((await unit.find('notes', { message: ['three', 'four'] })).length, 1);
      await unit.delete('notes', 1);
      assert.equal(await unit.get('notes', 1), null);
      unit.insert('notes', SAMPLES.notes(1));
    });
    assert.deepStrictEqual(await store.get('notes', 1), SAMPLES.notes(1));
  });

  test('an update that hits nothing, or other values than expected, is a conflict and undoes the unit', async () => {
    const store = await open();
    await store.transact(async (unit) => unit.insert('notes', SAMPLES.notes(1)));
    await assert.rejects(
      store.transact((unit) => unit.update('notes', 2, { message: 'x' })),
      isKind('conflict'),
    );
    const stale = store.transact(async (unit) => {
      unit.insert('notes', SAMPLES.notes(3));
      await unit.update('notes', 1, { message: 'x' }, { message: 'never' });
    });
    await assert.rejects(stale, isKind('conflict'));
    const swallowed = store.transact(async (unit) => {
      unit.insert('notes', SAMPLES.notes(4));
      await unit.update('notes', 1, { message: 'x' }, { message: 'never' }).catch(() => {});
    });
    await assert.rejects(swallowed, isKind('conflict'));
    assert.deepStrictEqual(await store.find('notes', {}), [SAMPLES.notes(1)]);
  });

  test('what must be unique is refused with the fields that clash', async () => {
    const store = await open();
    const clashes: [Kind, object, string][] = [
      ['accounts', { handle: 'account-1' }, 'handle'],
      ['credentials', { secretHash: SAMPLES.credentials(1).secretHash }, 'secretHash'],
      ['caaAnswers', { name: SAMPLES.caaAnswers(1).name }, 'name'],
      ['issuances', { serial: 'AB1' }, 'serial'],
      ['issuances', { requestId: 1 }, 'requestId'],
      ['certificates', { requestId: 1 }, 'requestId'],
      ['certificates', { serial: 'AB1' }, 'serial, issuer'],
      ['confirmations', { secretHash: SAMPLES.confirmations(1).secretHash }, 'secretHash'],
      ['webhooks', { dialect: 'dialect-1' }, 'accountId, dialect'],
      ['caKeys', { name: 'key-1' }, 'name'],
      ['crls', { number: 1 }, 'issuer, shard, number'],
      ['blockedKeys', { spkiHash: 'ab1' }, 'spkiHash'],
      ['jobs', { key: 'advance:1' }, 'key'],
      ['settings', { name: 'setting-1' }, 'name'],
      ['notes', { id: 1 }, 'id'],
    ];
    for (const kind of new Set(clashes.map(([kind]) => kind))) {
      await store.transact(async (unit) => unit.insert(kind, SAMPLES[kind](1) as never));
    }
    for (const [kind, changes, field] of clashes) {
      const record = { ...SAMPLES[kind](2), ...changes };
      await assert.rejects(
        store.transact(async (unit) => unit.insert(kind, record as never)),
        (error) => error instanceof DeskError && error.kind === 'already-exists' && error.field === field,
        `${kind} ${field}`,
      );
    }
    await store.transact(async (unit) => {
      await unit.update('issuances', 1, { state: 'abandoned' });
      unit.insert('issuances', { ...SAMPLES.issuances(2), requestId: 1 });
      await unit.update('caKeys', 1, { retiredAt: 5 });
      unit.insert('caKeys', { ...SAMPLES.caKeys(2), name: 'key-1' });
      unit.insert('issuances', { ...SAMPLES.issuances(3), serial: null });
      unit.insert('issuances', { ...SAMPLES.issuances(4), serial: null });
    });
  });

  test('find: null matches null, a list any of its values, an empty list nothing; order and limit', async () => {
    const store = await open();
    await store.transact(async (unit) => {
      for (let id = 1; id <= 5; id += 1) {
        unit.insert('notifications', { ...SAMPLES.notifications(id), readAt: id % 2 === 0 ? null : id, requestId: 9 });
      }
    });
    const ids = async (where: Parameters<typeof store.find<'notifications'>>[1], options?: FindOptions<Notification>) =>
      (await store.find('notifications', where, options)).map(({ id }) => id);
    assert.deepEqual(await ids({ readAt: null }), [2, 4]);
    assert.deepEqual(await ids({ id: [5, 1, 77] }), [1, 5]);
    assert.deepEqual(await ids({ id: [] }), []);
    assert.deepEqual(await ids({ requestId: 9 }, { order: { field: 'readAt', descending: false } }), [2, 4, 1, 3, 5]);
    assert.deepEqual(
      await ids({ requestId: 9 }, { order: { field: 'readAt', descending: true }, limit: 3 }),
      [5, 3, 1],
    );
    assert.deepEqual(await ids({ readAt: undefined } as never, { limit: 2 }), [1, 2]);
  });

  test('reusable validations: own, valid, original, recent, newest first', async () => {
    const store = await open();
    const valid = { domain: 'a.example', state: 'valid', validatedAt: 100 } as const;
    await store.transact(async (unit) => {
      unit.insert('validations', { ...SAMPLES.validations(1), ...valid });
      unit.insert('validations', { ...SAMPLES.validations(2), ...valid, validatedAt: 200 });
      unit.insert('validations', { ...SAMPLES.validations(3), ...valid, domain: 'b.example', validatedAt: 150 });
      unit.insert('validations', { ...SAMPLES.validations(4), ...valid, accountId: 5 });
      unit.insert('validations', { ...SAMPLES.validations(5), ...valid, validatedAt: 99 });
      unit.insert('validations', { ...SAMPLES.validations(6), ...valid, reusedFrom: 1 });
      unit.insert('validations', { ...SAMPLES.validations(7), ...valid, state: 'cancelled' });
      unit.insert('validations', { ...SAMPLES.validations(8), ...valid, domain: 'c.example' });
    });
    const found = await store.reusableValidations(100_001, ['a.example', 'b.example'], 100);
    assert.deepEqual(
      found.map(({ id }) => id),
      [2, 3, 1],
    );
    assert.deepEqual(await store.reusableValidations(100_001, [], 0), []);
  });

  test('CAA answers: the newest of a name takes the place of the one before', async () => {
    const store = await open();
    const put = (name: string, validUntil: number) =>
      store.transact(async (unit) => unit.putCaaAnswer({ ...SAMPLES.caaAnswers(0), name, validUntil }));
    await put('a.example', 1);
    await Promise.all([put('a.example', 2), put('b.example', 3)]);
    await put('a.example', 4);
    const found = await store.find('caaAnswers', {}, { order: { field: 'name', descending: false } });
    assert.deepEqual(
      found.map(({ name, validUntil }) => [name, validUntil]),
      [
        ['a.example', 4],
        ['b.example', 3],
      ],
    );
  });

  test('text with a NUL is refused, and so is a number where none fits', async () => {
    const store = await open();
    const insert = (changes: object) =>
      store.transact(async (unit) => unit.insert('notes', { ...SAMPLES.notes(1), ...changes }));
    await assert.rejects(insert({ message: 'a\0b' }), isKind('invalid-value'));
    await assert.rejects(insert({ message: null }), TypeError);
    assert.deepEqual(await store.find('notes', {}), []);
  });
});

/** The sample with null in every field that may be null, and another value where it must be unique. */
function withNulls(kind: Kind, record: object): object {
  const nulls = Object.entries(SCHEMA[kind]).filter(([, type]) => (type as string).endsWith('?'));
  return { ...record, ...Object.fromEntries(nulls.map(([name]) => [name, null])) };
}
