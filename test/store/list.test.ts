import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { DeskError } from '../../src/core/errors.ts';
import type { Certificate } from '../../src/core/records.ts';
import type { Filter, ListQuery } from '../../src/core/store.ts';
import { DAY } from '../../src/core/time.ts';
import type { ChanceryStore } from '../../src/store/open.ts';
import { createFoundCounts } from '../../src/store/found-counts.ts';
import { LIST_LIMITS } from '../../src/store/list-run.ts';
import { type ListedIds, listIds } from '../../src/store/list.ts';
import { forEachStore } from '../support/stores.ts';
import { listOf } from './list-model.ts';
import { SAMPLES } from './samples.ts';

const ACCOUNTS = [100_001, 100_002];
const DAY_0 = Math.trunc(Date.parse('2026-11-22T00:00:00Z') / DAY) * DAY;

/** Certificates with many equal values, nulls, edges of days, and text that means something to LIKE. */
function certificates(): Certificate[] {
  const organizations = [null, 'Acme', 'acme 100%', 'A_me', 'Ünï \\ co', ''];
  return Array.from({ length: 160 }, (_, i): Certificate => {
    const name = `${['shop', 'WWW', 'mail', 'x_y'][i % 4]}-${i % 40}.example.${i % 3 === 0 ? 'com' : 'org'}`;
    return {
      ...SAMPLES.certificates(i + 1),
      accountId: ACCOUNTS[i % 5 === 0 ? 1 : 0] as number,
      product: ['dv', 'ov', 'imported'][i % 3] as string,
      state: (['active', 'active', 'expired', 'revoked'] as const)[i % 4] as 'active',
      commonName: name,
      names: i % 7 === 0 ? [] : [name, `alt-${i % 5}.example.net`],
      organization: organizations[i % 6] as string | null,
      country: [null, 'NL', 'DE'][i % 3] as string | null,
      keyAlgorithm: i % 2 === 0 ? 'RSA' : 'ECDSA',
      keyBits: [2_048, 256, 4_096][i % 3] as number,
      notBefore: DAY_0 + (i % 9) * (DAY / 4) - DAY,
      notAfter: DAY_0 + (i % 13) * (DAY / 3) + (i % 2),
      subscriptionEndsAt: i % 4 === 0 ? null : (i % 3) * DAY - DAY,
      fingerprint: `${i}`.padStart(8, 'AB'),
      orderId: i % 10,
    };
  });
}

const moment = fc
  .integer({ min: -2, max: 14 })
  .chain((n) => fc.constantFrom(DAY_0 + n * (DAY / 3), DAY_0 + n * (DAY / 3) + 1, n * DAY, n * DAY - 1));
const text = fc.constantFrom(
  'Acme',
  'acme',
  'dv',
  'ov',
  'NL',
  'active',
  'shop-1.example.org',
  'alt-1.example.net',
  '',
  'zz',
);
const pattern = fc.constantFrom(
  '%',
  '%example%',
  'shop%',
  '%ACME%',
  'a_me',
  '%100\\%%',
  '%.ORG',
  'alt-_.%',
  '%ü%',
  'x%y%',
  '',
);
const texts = ['product', 'commonName', 'organization', 'country', 'names', 'keyAlgorithm', 'fingerprint'] as const;
const numbers = ['id', 'keyBits', 'orderId', 'requestId'] as const;
const moments = ['notBefore', 'notAfter', 'subscriptionEndsAt'] as const;
const order = ['gt', 'gte', 'lt', 'lte'] as const;

const filter = fc.oneof(
  fc.record({ field: fc.constantFrom(...texts), op: fc.constantFrom('eq', 'ne', ...order), value: text }),
  fc.record({ field: fc.constantFrom(...texts), op: fc.constantFrom('like', 'not-like'), value: pattern }),
  fc.record({
    field: fc.constantFrom(...texts),
    op: fc.constantFrom('in', 'not-in'),
    value: fc.array(text, { maxLength: 3 }),
  }),
  fc.record({ field: fc.constantFrom(...texts, ...moments, 'orderId'), op: fc.constantFrom('null', 'not-null') }),
  fc.record({
    field: fc.constant('state'),
    op: fc.constantFrom('eq', 'ne'),
    value: fc.constantFrom('active', 'revoked', 'renewed'),
  }),
  fc.record({
    field: fc.constant('state'),
    op: fc.constantFrom('in', 'not-in'),
    value: fc.subarray(['active', 'revoked', "x' or 1=1"]),
  }),
  fc.record({
    field: fc.constantFrom(...numbers),
    op: fc.constantFrom('eq', 'ne', ...order),
    value: fc.constantFrom(1, 7, 90, 256, 4_096),
  }),
  fc.record({
    field: fc.constantFrom(...numbers),
    op: fc.constantFrom('like', 'not-like'),
    value: fc.constantFrom('1%', '%6', '%'),
  }),
  fc.record({ field: fc.constantFrom(...moments), op: fc.constantFrom('eq', 'ne', ...order), value: moment }),
  fc.record({
    field: fc.constantFrom(...moments),
    op: fc.constantFrom('in', 'not-in'),
    value: fc.array(moment, { maxLength: 3 }),
  }),
) as fc.Arbitrary<Filter<Certificate>>;

const sortable = [
  ...texts.filter((field) => field !== 'names'),
  ...numbers,
  ...moments,
  'state',
] as (keyof Certificate)[];
const query: fc.Arbitrary<ListQuery<Certificate>> = fc.record(
  {
    accountId: fc.constantFrom(100_001, 100_001, 100_002, 7, null),
    filters: fc.array(filter, { maxLength: 3 }),
    anyOf: fc.array(fc.array(filter, { maxLength: 2 }), { maxLength: 1 }),
    search: fc.constantFrom(
      '',
      'example',
      'SHOP-1',
      'acme',
      '100%',
      '_',
      '12',
      '7',
      'AB',
      'alt-1',
      '","',
      "'",
      '\0',
      'ü',
      '\\',
    ),
    order: fc.array(fc.record({ field: fc.constantFrom(...sortable), descending: fc.boolean() }), { maxLength: 2 }),
    limit: fc.constantFrom(0, 1, 10, 1_000),
    offset: fc.constantFrom(0, 0, 1, 9, 50),
    count: fc.boolean(),
  },
  { requiredKeys: ['accountId', 'filters', 'order', 'limit', 'offset', 'count'] },
);

async function indexAll(store: ChanceryStore): Promise<void> {
  await store.indexTexts();
}

forEachStore((open, engine) => {
  let store: ChanceryStore;
  const all = certificates();
  before(async () => {
    store = await open();
    await store.transact(async (unit) => {
      for (const one of all) unit.insert('certificates', one);
    });
    await indexAll(store);
    // What changes afterwards must change the totals as well.
    await store.transact(async (unit) => {
      for (const one of all.filter(({ id }) => id % 11 === 0)) {
        Object.assign(one, { state: 'revoked', country: 'BE', notAfter: one.notAfter + DAY, organization: null });
        const { state, country, notAfter, organization } = one;
        await unit.update('certificates', one.id, { state, country, notAfter, organization });
      }
      for (const one of all.filter(({ id }) => id % 17 === 0)) await unit.delete('certificates', one.id);
    });
  });
  const left = all.filter(({ id }) => id % 17 !== 0);

  // With low limits the ways for a million records are taken with a hundred.
  const tiny = { lookups: 8, candidates: 3 };
  for (const limits of [LIST_LIMITS, tiny, { lookups: 40, candidates: 1_000 }]) {
    const counts = createFoundCounts();
    test(`lists as a plain filter over all records would: ${JSON.stringify(limits)}`, async () => {
      await matchesModel((asked) =>
        store.isolated('lists', (run) => listIds(engine, run, 'certificates', asked, { limits, counts })),
      );
    });
  }

  async function matchesModel(list: (asked: ListQuery<Certificate>) => Promise<ListedIds>): Promise<void> {
    await fc.assert(
      fc.asyncProperty(query, async (asked) => {
        const { ids, total } = listOf(left, asked);
        const result = await list(asked);
        assert.deepEqual(result.ids, ids);
        assert.equal(result.total, asked.count ? total : undefined);
      }),
      { numRuns: process.env['CHANCERY_NIGHTLY'] === undefined ? 400 : 3_000 },
    );
  }

  test('the store itself lists so', () =>
    matchesModel(async (asked) => {
      const { records, total } = await store.list('certificates', asked);
      return { ids: records.map(({ id }) => id), ...(total === undefined ? {} : { total }) };
    }));

  test('a search finds what was written a moment ago, what is indexed, and what has changed since, once each', async () => {
    const other = await open();
    const search = async (text: string): Promise<number[]> => {
      const asked = { accountId: 100_001, filters: [], order: [], limit: 1_000, offset: 0, search: text, count: true };
      const { records, total } = await other.list('requests', asked);
      assert.equal(total, records.length);
      return records.map(({ id }) => id);
    };
    await other.transact(async (unit) => {
      for (let id = 1; id <= 300; id += 1) unit.insert('requests', SAMPLES.requests(id));
    });
    assert.deepEqual(await search('SHOP-77.'), [77]);
    await indexAll(other);
    assert.deepEqual(await search('shop-77.'), [77]);
    assert.equal((await search('www.shop-1')).length, 111);
    await other.transact(async (unit) => {
      await unit.update('requests', 77, { commonName: 'new.example.net', names: ['new.example.net'] });
      unit.insert('requests', { ...SAMPLES.requests(301), names: ['shop-77.example.org'] });
      await unit.delete('requests', 78);
    });
    for (const step of [async () => {}, () => indexAll(other)]) {
      await step();
      assert.deepEqual(await search('shop-77.'), [301]);
      assert.deepEqual(await search('new.example'), [77]);
      assert.deepEqual(await search('shop-78.'), []);
      assert.deepEqual(await search('77'), [77, 177, 277, 301]);
    }
  });

  test('an account never sees what is another’s, whatever it asks', async () => {
    const asked = { filters: [], order: [], limit: 1_000, offset: 0, count: true };
    for (const accountId of ACCOUNTS) {
      const { records, total } = await store.list('certificates', { ...asked, accountId });
      assert.ok(records.every((record) => record.accountId === accountId));
      assert.equal(total, left.filter((record) => record.accountId === accountId).length);
    }
    const nothing = { ...asked, accountId: 1, anyOf: [[]], filters: [] };
    assert.deepEqual(await store.list('certificates', nothing), { records: [], total: 0 });
    const injected = {
      ...asked,
      accountId: 1,
      filters: [{ field: 'commonName' as const, op: 'eq' as const, value: "' or 1=1 --" }],
    };
    assert.deepEqual(await store.list('certificates', injected), { records: [], total: 0 });
  });

  test('values that do not fit a field, fields that are none, and tables of no account are refused', async () => {
    const asked = { accountId: 100_001, order: [], limit: 1, offset: 0, count: true };
    for (const field of ['notAfter', 'keyBits', 'requestId'] as const) {
      for (const value of ['abc', 1.5, Number.NaN, 2 ** 60, undefined]) {
        await assert.rejects(
          store.list('certificates', { ...asked, filters: [{ field, op: 'gt', value }] }),
          (error) => error instanceof DeskError && error.kind === 'invalid-value' && error.field === field,
        );
      }
    }
    await assert.rejects(
      store.list('certificates', { ...asked, filters: [{ field: 'id; drop' as never, op: 'null' }] }),
      TypeError,
    );
    await assert.rejects(
      store.list('settings', { ...asked, filters: [] }),
      (error) => error instanceof DeskError && error.kind === 'internal',
    );
  });

  test('requests, charges and notifications are counted right as they come and change', async () => {
    const other = await open();
    const { accountId } = SAMPLES.requests(1);
    for (let id = 1; id <= 12; id += 1) {
      await other.transact(async (unit) => {
        unit.insert('requests', { ...SAMPLES.requests(id), kind: id % 3 === 0 ? 'renew' : 'new', createdAt: id * DAY });
        unit.insert('charges', { ...SAMPLES.charges(id), createdAt: DAY + id });
        unit.insert('notifications', { ...SAMPLES.notifications(id), firedAt: DAY - id });
      });
      await other.transact(async (unit) => {
        await unit.update('requests', id, { state: 'completed', version: 2, updatedAt: 5 });
        if (id % 4 === 0) await unit.update('requests', id, { createdAt: DAY });
        if (id % 5 === 0) await unit.delete('charges', id);
        await unit.update('notifications', id, { acknowledgedAt: 4 });
      });
    }
    const asked = { accountId, order: [], limit: 0, offset: 0, count: true, filters: [] };
    const count = async (kind: 'requests' | 'charges' | 'notifications', filters: object[] = []) =>
      (await other.list(kind, { ...asked, filters: filters as never })).total;
    assert.equal(await count('requests'), 12);
    assert.equal(await count('requests', [{ field: 'kind', op: 'eq', value: 'renew' }]), 4);
    assert.equal(await count('requests', [{ field: 'createdAt', op: 'lte', value: DAY }]), 4);
    assert.equal(await count('requests', [{ field: 'createdAt', op: 'lt', value: DAY }]), 0);
    assert.equal(await count('requests', [{ field: 'state', op: 'eq', value: 'completed' }]), 12);
    assert.equal(await count('charges'), 10);
    assert.equal(await count('charges', [{ field: 'createdAt', op: 'gt', value: DAY + 6 }]), 5);
    assert.equal(await count('notifications', [{ field: 'firedAt', op: 'gte', value: DAY - 3 }]), 3);
  });
});
