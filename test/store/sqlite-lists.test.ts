import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Certificate, Order, OrderDetails } from '../../src/core/records.ts';
import { among, type Filter } from '../../src/core/store.ts';
import type { ChanceryStore } from '../../src/store/open.ts';
import { backup } from '../../src/store/backup.ts';
import { restore } from '../../src/store/restore.ts';
import { createWorld, fixedClock } from '../support/stores.ts';
import { SAMPLES } from './samples.ts';

const world = createWorld('sqlite');
after(() => world.end());

const random = { bytes: (length: number) => new Uint8Array(length) };
const base = { accountId: 100_001, filters: [], order: [], limit: 1_000, offset: 0, count: true };

async function listed(store: ChanceryStore, search = ''): Promise<number[]> {
  const { records, total } = await store.list('requests', { ...base, ...(search === '' ? {} : { search }) });
  assert.equal(total, records.length);
  return records.map(({ id }) => id);
}

async function insert(store: ChanceryStore, ...ids: number[]): Promise<void> {
  await store.transact(async (unit) => {
    for (const id of ids) unit.insert('requests', SAMPLES.requests(id));
  });
}

function fileOf(store: ChanceryStore, name: string): string {
  return join(world.open.place(store).directory, name);
}

function forgetLists(directory: string): void {
  for (const ending of ['', '-wal', '-shm']) rmSync(join(directory, `chancery-lists.sqlite${ending}`), { force: true });
}

test('a record is in its lists with its commit, whoever keeps them, and in the order it was changed', async () => {
  const store = await world.open();
  // More commits than it takes until a thread keeps the lists.
  for (let id = 1; id <= 200; id += 1) {
    await insert(store, id);
    if (id % 20 === 0) assert.equal((await listed(store)).length, id);
    // The thread looks every 50 ms; some lists are asked for while it works, others while it rests.
    if (id % 50 === 0) await setTimeout(60);
  }
  await store.transact(async (unit) => unit.update('requests', 7, { commonName: 'changed.example.com', names: [] }));
  await store.transact(async (unit) => unit.delete('requests', 8));
  assert.deepEqual(await listed(store, 'CHANGED.example'), [7]);
  assert.equal((await listed(store)).length, 199);
  await store.indexTexts();
  assert.deepEqual(await listed(store, 'CHANGED.example'), [7]);
});

test('what a unit wrote that was undone is in no list', async () => {
  const store = await world.open();
  await insert(store, 1);
  const undone = store.transact(async (unit) => {
    unit.insert('requests', SAMPLES.requests(2));
    throw new Error('undo');
  });
  const beside = insert(store, 3);
  await assert.rejects(undone, /undo/);
  await beside;
  assert.deepEqual(await listed(store), [1, 3]);
});

test('another process sees in its lists what this one wrote, and the other way round', async () => {
  const one = await world.open();
  await insert(one, 1);
  const other = await world.open.again(one);
  assert.deepEqual(await listed(other), [1]);
  await other.transact(async (unit) => unit.insert('requests', SAMPLES.requests(2)));
  assert.deepEqual(await listed(one), [1, 2]);
  await insert(one, 3);
  assert.deepEqual(await listed(other), [1, 2, 3]);
});

test('lists that are missing, behind what is known of the changes, or of another database are made again', async () => {
  const store = await world.open();
  const { directory } = world.open.place(store);
  await insert(store, 1, 2, 3);
  assert.deepEqual(await listed(store), [1, 2, 3]);
  await store.close();

  forgetLists(directory);
  const second = await world.open.again(store);
  assert.deepEqual(await listed(second, 'shop-2.'), [2]);
  await insert(second, 4);
  await second.close();

  // The changes of the last commit are lost, as where the file of the lists was put back from an older copy.
  const database = new DatabaseSync(join(directory, 'chancery.sqlite'));
  database.exec('insert into list_changes (entries) values (\'{"requests":[4]}\')');
  database.exec('delete from list_changes where seq < (select max(seq) from list_changes)');
  database.exec("update requests set common_name = 'unnoticed.example.com' where id = 1");
  database.close();
  const third = await world.open.again(store);
  assert.deepEqual(await listed(third, 'unnoticed'), [1]);
  assert.deepEqual(await listed(third), [1, 2, 3, 4]);
});

test('after a restore the lists are those of what was restored', async () => {
  const store = await world.open();
  await insert(store, 1, 2);
  const file = fileOf(store, 'all.backup');
  await backup(store, file);
  const empty = await world.open();
  assert.deepEqual(await listed(empty), []);
  await empty.close();
  await restore(file, { ...world.open.place(empty), clock: fixedClock(), random });
  assert.deepEqual(await listed(await world.open.again(empty)), [1, 2]);
});

test('requests are counted by their state as they change it', async () => {
  const store = await world.open();
  const count = async (...states: string[]): Promise<number | undefined> => {
    const filters = [{ field: 'state', op: 'in', value: states }] as const;
    return (await store.list('requests', { ...base, limit: 0, filters })).total;
  };
  await store.transact(async (unit) => {
    for (let id = 1; id <= 9; id += 1) unit.insert('requests', { ...SAMPLES.requests(id), state: 'waiting' });
  });
  assert.deepEqual([await count('waiting'), await count('completed')], [9, 0]);
  await store.transact(async (unit) => {
    for (const id of [1, 2, 3]) await unit.update('requests', id, { state: 'issuing' });
    for (const id of [1, 2]) await unit.update('requests', id, { state: 'completed' });
    await unit.delete('requests', 9);
  });
  assert.deepEqual([await count('waiting'), await count('issuing'), await count('completed')], [5, 1, 2]);
  await store.transact(async (unit) => unit.update('requests', 3, { state: 'failed' }));
  assert.deepEqual([await count('waiting', 'failed'), await count('issuing')], [6, 0]);
});

test('what the lists do not hold is asked of the records', async () => {
  const store = await world.open();
  await store.transact(async (unit) => {
    for (const id of [1, 2]) {
      unit.insert('orders', SAMPLES.orders(id));
      unit.insert('orderDetails', { ...SAMPLES.orderDetails(id), emails: [`${id}@example.com`] });
      unit.insert('certificates', SAMPLES.certificates(id));
    }
  });
  const find = async (filters: readonly Filter<Order>[]): Promise<number[]> =>
    (await store.list('orders', { ...base, filters })).records.map(({ id }) => id);
  const emails: Filter<OrderDetails> = { field: 'emails', op: 'eq', value: '2@example.com' };
  assert.deepEqual(await find([among('id', { kind: 'orderDetails', field: 'id', filters: [emails] })]), [2]);
  const active: Filter<OrderDetails> = { field: 'renewalNotices', op: 'not-null' };
  assert.deepEqual(await find([among('id', { kind: 'orderDetails', field: 'id', filters: [active] })]), [1, 2]);
  const der: Filter<Certificate> = { field: 'der', op: 'eq', value: SAMPLES.certificates(2).der };
  const certificates = await store.list('certificates', { ...base, filters: [der] });
  assert.ok(certificates.records.some(({ id }) => id === 2));
});

test('what the lists have taken in is forgotten', async () => {
  const store = await world.open();
  for (let id = 1; id <= 30; id += 1) {
    await insert(store, id);
    await listed(store);
  }
  const rows = await store.isolated('read', (query) => query('select count(*) from list_changes'));
  assert.equal(rows[0]?.[0], 2);
});

test('a damaged file of lists is told by the integrity check', async () => {
  const store = await world.open();
  await insert(store, ...Array.from({ length: 200 }, (_, at) => at + 1));
  await listed(store);
  assert.deepEqual(await store.integrity(), []);
  await store.close();
  const file = fileOf(store, 'chancery-lists.sqlite');
  const bytes = readFileSync(file);
  const [page] = tablePages(file, 'requests_by_common_name');
  bytes.fill(0xa5, (page as number) * 4_096 - 2_000, (page as number) * 4_096);
  writeFileSync(file, bytes);
  const faults = await (await world.open.again(store)).integrity();
  assert.match(
    String(faults[0]),
    /chancery-lists\.sqlite: .*; stop the server and remove this file, it is made again/s,
  );
});

function tablePages(file: string, name: string): number[] {
  const database = new DatabaseSync(file);
  const rows = database.prepare("select pageno from dbstat where name = ? and pagetype = 'leaf'").all(name);
  database.close();
  return rows.map((row) => Number(row['pageno']));
}
