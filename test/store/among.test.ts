import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Certificate, Order } from '../../src/core/records.ts';
import { among, type Filter, type ListQuery } from '../../src/core/store.ts';
import { forEachStore } from '../support/stores.ts';
import { SAMPLES } from './samples.ts';

const query = (accountId: number | null, filters: Filter<Order>[], more: Partial<ListQuery<Order>> = {}) => ({
  accountId,
  filters,
  order: [{ field: 'id' as const, descending: false }],
  limit: 10,
  offset: 0,
  count: true,
  ...more,
});

forEachStore((open) => {
  test('a list is filtered by what other tables of the same account hold', async () => {
    const store = await open();
    const certificate = (id: number, accountId: number, orderId: number | null, serial: string): Certificate => ({
      ...SAMPLES.certificates(id),
      accountId,
      orderId,
      serial,
    });
    await store.transact(async (unit) => {
      for (const id of [1, 2, 3, 4]) {
        const renewsOrderId = id === 3 ? 1 : null;
        unit.insert('orders', { ...SAMPLES.orders(id), accountId: id === 4 ? 8 : 7, renewsOrderId });
      }
      unit.insert('certificates', certificate(11, 7, 1, 'AA'));
      unit.insert('certificates', certificate(12, 7, 2, 'BB'));
      unit.insert('certificates', certificate(13, 7, null, 'BC'));
      unit.insert('certificates', certificate(14, 8, 3, 'BD'));
    });
    const idsOf = async (
      filters: Filter<Order>[],
      more: Partial<ListQuery<Order>> = {},
      accountId: number | null = 7,
    ) => {
      const { records, total } = await store.list('orders', query(accountId, filters, more));
      assert.equal(total, records.length);
      return records.map(({ id }) => id);
    };
    const withSerial = (serial: string, not = false): Filter<Order> =>
      among(
        'id',
        { kind: 'certificates', field: 'orderId', filters: [{ field: 'serial', op: 'like', value: serial }] },
        not,
      );
    assert.deepEqual(await idsOf([withSerial('A%')]), [1]);
    // Of what another account holds nothing is told, not even where it speaks of an own order.
    assert.deepEqual(await idsOf([withSerial('B%')]), [2]);
    assert.deepEqual(await idsOf([withSerial('BD')]), []);
    assert.deepEqual(await idsOf([withSerial('BD')], {}, null), [3]);
    // A record without an order does not make the opposite empty.
    assert.deepEqual(await idsOf([withSerial('B%', true)]), [1, 3]);
    assert.deepEqual(await idsOf([withSerial('Z')]), []);
    assert.deepEqual(await idsOf([withSerial('Z', true)]), [1, 2, 3]);
    const renewed = among<Order, 'orders'>('id', { kind: 'orders', field: 'renewsOrderId', filters: [] });
    assert.deepEqual(await idsOf([renewed]), [1]);
    assert.deepEqual(await idsOf([], { anyOf: [[renewed, withSerial('BB')]] }), [1, 2]);
    // A field that may be null is not among anything.
    const odd = among<Order, 'orders'>('renewsOrderId', { kind: 'orders', field: 'id', filters: [] }, true);
    assert.deepEqual(await idsOf([odd]), [1, 2]);
  });
});
