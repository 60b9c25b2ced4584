import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildCatalogue } from '../../src/config/catalogue.ts';

const products = buildCatalogue().all();

test('every product can be renewed into itself and has a price in euro and dollar for every term', () => {
  assert.ok(products.length > 0);
  for (const product of products) {
    assert.ok(product.renewFrom.includes(product.id), product.id);
    assert.deepEqual(Object.keys(product.pricesByCurrency), ['EUR', 'USD']);
    assert.ok(product.periods.every((months) => months % 12 === 0));
    assert.ok(product.includedNames <= product.maxNames);
  }
});

test('EV holds no wildcards and needs every check (EVG 3.2.2.7)', () => {
  for (const product of products.filter(({ level }) => level === 'EV')) {
    assert.notEqual(product.names, 'wildcard');
    assert.equal(product.wildcardsAllowed, false);
    const callback = product.dialects?.includes('digicert') === true ? [] : ['callback'];
    assert.deepEqual(product.checks, ['organization', ...callback, 'agreement']);
  }
});

test('only multi-domain products sell names beyond the included ones', () => {
  for (const product of products) {
    assert.equal(product.maxNames > product.includedNames, product.names === 'multi', product.id);
  }
});
