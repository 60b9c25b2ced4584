import assert from 'node:assert/strict';
import { test } from 'node:test';
import { locate } from '../../src/config/locate.ts';

const source = `listen = "a"
products.x = 1

[ca]
  name = "x" # name
"odd key" = 1
[ca.deep]
name = "y"
[[list]]
id = 1
[[list]]
id = 2
`;

test('finds keys in tables, nested tables and lists of tables', () => {
  assert.equal(locate(source, ['listen']), 1);
  assert.equal(locate(source, ['products', 'x']), 2);
  assert.equal(locate(source, ['ca', 'name']), 5);
  assert.equal(locate(source, ['ca', 'odd key']), 6);
  assert.equal(locate(source, ['ca', 'deep', 'name']), 8);
  assert.equal(locate(source, ['list', 0, 'id']), 10);
  assert.equal(locate(source, ['list', 1, 'id']), 12);
});

test('what is not there is placed at the nearest thing above it', () => {
  assert.equal(locate(source, ['ca', 'country']), 4);
  assert.equal(locate(source, ['list', 1, 'zzz']), 11);
  assert.equal(locate(source, ['elsewhere']), null);
  assert.equal(locate('', ['listen']), null);
});
