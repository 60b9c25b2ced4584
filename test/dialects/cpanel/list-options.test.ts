import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CallFailure } from '../../../src/dialects/cpanel/call.ts';
import { applyListOptions } from '../../../src/dialects/cpanel/list-options.ts';
import { createParameters } from '../../../src/dialects/cpanel/parameters.ts';

const ROWS = [
  { id: 1, name: 'beta', size: '10', ip: '192.0.2.10', 'issuer.commonName': 'Root', none: null },
  { id: 2, name: 'Alpha', size: 'unlimited', ip: '192.0.2.9', owner: { name: 'ada' } },
  { id: 3, name: 'gamma', size: '2', ip: '10.0.0.1', none: 'x' },
  { id: 4, name: 'alphabet', size: '0', ip: '192.0.2.100', list: [1, 2] },
];

function idsOf(query: string): number[] {
  const { data } = applyListOptions({ data: ROWS }, createParameters([...new URLSearchParams(query)]));
  return (data as { id: number }[]).map(({ id }) => id);
}

function filtered(column: string, type: string, term: string): number[] {
  return idsOf(`api.filter_column_0=${column}&api.filter_type_0=${type}&api.filter_term_0=${encodeURIComponent(term)}`);
}

test('every way to filter', () => {
  const table: [column: string, type: string, term: string, ids: number[]][] = [
    ['name', 'eq', 'Alpha', [2]],
    ['name', 'ne', 'Alpha', [1, 3, 4]],
    ['name', 'contains', 'PHA', [2, 4]],
    ['name', 'begins', 'al', [2, 4]],
    ['name', 'ends', 'MA', [3]],
    ['name', 'matches', '^[ab].*a$', [1, 2]],
    ['size', 'lt', '10', [3, 4]],
    ['size', 'gt', '1', [1, 3]],
    ['size', 'lt_equal', '2', [3, 4]],
    ['size', 'gt_equal', '10', [1]],
    ['size', 'lt_handle_unlimited', 'unlimited', [1, 3, 4]],
    ['size', 'gt_handle_unlimited', '5', [1, 2]],
    ['none', 'defined', '', [3]],
    ['none', 'undefined', '', [1, 2, 4]],
    ['issuer.commonName', 'eq', 'Root', [1]],
    ['owner.name', 'eq', 'ada', [2]],
    ['list', 'eq', '[1,2]', [4]],
    ['__proto__.x', 'defined', '', []],
    ['constructor', 'defined', '', []],
  ];
  for (const [column, type, term, ids] of table) {
    assert.deepEqual(filtered(column, type, term), ids, `${column} ${type} ${term}`);
  }
  assert.deepEqual(
    idsOf(
      'api.filter_column_0=name&api.filter_type_0=contains&api.filter_term_0=a&api.filter_column_1=id&api.filter_type_1=gt&api.filter_term_1=2',
    ),
    [3, 4],
  );
  assert.throws(() => filtered('name', 'like', 'x'), CallFailure);
  assert.throws(() => filtered('name', 'constructor', 'x'), CallFailure);
});

test('an expression that would run for ever is refused', () => {
  const rows = [{ name: `${'a'.repeat(40)}!` }];
  const parameters = createParameters([
    ['api.filter_column_0', 'name'],
    ['api.filter_type_0', 'matches'],
    ['api.filter_term_0', '^(a+)+$'],
  ]);
  const start = performance.now();
  assert.throws(() => applyListOptions({ data: rows }, parameters), CallFailure);
  assert.ok(performance.now() - start < 5_000);
  assert.throws(() => filtered('name', 'matches', '('), CallFailure);
  assert.deepEqual(filtered('name', 'matches', '"; throw 1; "'), []);
});

test('every way to sort', () => {
  const sorted = (column: string, method: string, more = ''): number[] =>
    idsOf(`api.sort=1&api.sort_column_0=${column}&api.sort_method_0=${method}${more}`);
  assert.deepEqual(sorted('name', 'lexicographic'), [2, 4, 1, 3]);
  assert.deepEqual(sorted('name', 'lexicographic', '&api.sort_reverse_0=1'), [3, 1, 4, 2]);
  assert.deepEqual(sorted('name', 'lexicographic_caseless'), [2, 4, 1, 3]);
  assert.deepEqual(sorted('id', 'numeric', '&api.sort_reverse_0=1'), [4, 3, 2, 1]);
  assert.deepEqual(sorted('size', 'numeric_zero_as_max'), [3, 1, 2, 4]);
  for (const method of ['ipv4', 'ipv_4']) assert.deepEqual(sorted('ip', method), [3, 2, 1, 4]);
  assert.throws(() => sorted('ip', 'toString'), CallFailure);
});

test('pages hold everything once, whatever their size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 12 }), (length, size) => {
      const data = Array.from({ length }, (_, at) => ({ at }));
      const seen: unknown[] = [];
      for (let start = 1; start <= Math.max(length, 1); start += size) {
        const pairs = [
          ['api.paginate', '1'],
          ['api.paginate_start', String(start)],
          ['api.paginate_size', String(size)],
        ];
        const answer = applyListOptions({ data }, createParameters(pairs as [string, string][]));
        seen.push(...(answer.data as unknown[]));
        assert.deepEqual(answer.metadata?.['paginate'], {
          start_result: start,
          current_page: Math.ceil(start / size),
          results_per_page: size,
          total_pages: Math.ceil(length / size),
          total_results: length,
        });
      }
      assert.deepEqual(seen, data);
    }),
  );
  assert.deepEqual(idsOf('api.paginate=1&api.paginate_start=-1'), [1, 2, 3, 4]);
  assert.deepEqual(idsOf('api.paginate=1&api.paginate_size=3&api.paginate_page=2'), [4]);
  for (const hostile of ['0', '-5', '999999999999']) {
    assert.ok(Array.isArray(idsOf(`api.paginate=1&api.paginate_start=${hostile}&api.paginate_size=${hostile}`)));
  }
});

test('data that is no list stays as it is', () => {
  const answer = { data: { a: 1 } };
  assert.equal(applyListOptions(answer, createParameters([['api.paginate', '1']])), answer);
  assert.equal(applyListOptions({ data: ROWS }, createParameters([])).metadata, undefined);
});
