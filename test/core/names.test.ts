import assert from 'node:assert/strict';
import { test } from 'node:test';
import { climb, orderedNames } from '../../src/core/names.ts';
import { priceOfReissue, priceOfTerm } from '../../src/core/prices.ts';
import type { Product } from '../../src/core/products.ts';
import { addMonths } from '../../src/core/time.ts';
import { isKind, plainNames, PRODUCTS, START } from '../support/core-world.ts';

const product = (id: string): Product => PRODUCTS.find((one) => one.id === id) as Product;
const names = (id: string, first: string, others?: string[]) => orderedNames(product(id), first, others, plainNames);

test('a single product adds the free www name unless the caller said which names', () => {
  assert.deepEqual(names('dv-single', 'example.com').names, ['example.com', 'www.example.com']);
  assert.deepEqual(names('dv-single', 'www.example.com').names, ['www.example.com', 'example.com']);
  assert.deepEqual(names('dv-single', 'example.com', []).names, ['example.com']);
  assert.deepEqual(names('dv-single', 'example.com', ['www.example.com']).names, ['example.com', 'www.example.com']);
  assert.throws(() => names('dv-single', 'example.com', ['shop.example.com']), isKind('invalid-value'));
});

test('a wildcard product adds the name below the star, and needs a star', () => {
  assert.deepEqual(names('dv-wildcard', '*.example.com').names, ['*.example.com', 'example.com']);
  assert.throws(() => names('dv-wildcard', 'example.com'), isKind('invalid-value'));
  assert.throws(() => names('dv-single', '*.example.com'), isKind('invalid-value'));
});

test('a multi-domain product counts what goes beyond the names that it includes', () => {
  const ordered = names('dv-multi', 'a.com', ['b.com', 'c.com', '*.d.com', 'a.com']);
  assert.deepEqual(ordered.names, ['a.com', 'b.com', 'c.com', '*.d.com']);
  assert.deepEqual([ordered.extraDomains, ordered.extraWildcards], [1, 1]);
  const many = Array.from({ length: 20 }, (_, index) => `n${index}.com`);
  assert.throws(() => names('dv-multi', 'a.com', many), isKind('invalid-value'));
});

test('a term is paid for every started year', () => {
  const quote = priceOfTerm(
    product('dv-multi'),
    names('dv-multi', 'a.com', ['b.com', 'c.com', '*.d.com']),
    24,
    'EUR',
    'request',
  );
  assert.equal(quote.total, 2 * 1000 + 2 * 500 + 2 * 3000);
  assert.deepEqual(
    quote.billables.map((line) => line.action),
    ['request', 'extra-domain', 'extra-wildcard'],
  );
  assert.throws(
    () => priceOfTerm(product('dv-multi'), names('dv-multi', 'a.com'), 13, 'EUR', 'request'),
    isKind('invalid-value'),
  );
  assert.throws(
    () => priceOfTerm(product('dv-multi'), names('dv-multi', 'a.com'), 12, 'USD', 'request'),
    isKind('product-not-available'),
  );
});

test('a reissue is free but for names beyond those paid for', () => {
  const before = { names: [], extraDomains: 1, extraWildcards: 0 };
  const end = addMonths(START, 14);
  const price = (extraDomains: number) =>
    priceOfReissue(product('dv-multi'), before, { names: [], extraDomains, extraWildcards: 0 }, START, end, 'EUR')
      .total;
  assert.equal(price(0), 0);
  assert.equal(price(1), 0);
  assert.equal(price(3), 2 * 2 * 500);
});

test('climbing stops at the registrable domain', () => {
  assert.deepEqual(climb('a.b.example.com', 'example.com'), ['a.b.example.com', 'b.example.com', 'example.com']);
  assert.deepEqual(climb('example.com', 'example.com'), ['example.com']);
});

test('a term ends on the last day of a shorter month', () => {
  const end = (text: string, months: number) => new Date(addMonths(Date.parse(text), months)).toISOString();
  assert.equal(end('2026-11-30T10:00:00Z', 3), '2027-02-28T10:00:00.000Z');
  assert.equal(end('2027-11-30T10:00:00Z', 3), '2028-02-29T10:00:00.000Z');
  assert.equal(end('2026-11-22T10:00:00Z', 12), '2027-11-22T10:00:00.000Z');
});
