import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildCatalogue } from '../../src/config/catalogue.ts';
import { warnOfMadeKeys } from '../../src/config/made-keys.ts';
import { loadConfig } from '../../src/config/load.ts';
import { Catalogue, type Product } from '../../src/core/products.ts';

const desk = (changes: { profile?: 'private'; sandbox?: boolean; products?: (one: Product) => Product } = {}) => {
  const products = buildCatalogue().all();
  return {
    ca: { ...loadConfig().ca, profile: changes.profile ?? ('public' as const) },
    sandbox: { enabled: changes.sandbox ?? false },
    catalogue: new Catalogue(changes.products === undefined ? products : products.map(changes.products)),
  };
};

test('BR 6.1.1.3: each dialect that makes keys is told which of its products lack an issuer outside', () => {
  const [warning, ...others] = warnOfMadeKeys(desk(), ['cpanel']);
  assert.deepEqual(others, []);
  assert.match(warning ?? '', /^cpanel makes keys .*BR 6\.1\.1\.3.*dv-single, dv-multi/);
  assert.match(warning ?? '', /put cpanel = false into \[dialects\]; else name an issuer outside/);
  assert.equal(warnOfMadeKeys(desk(), ['cpanel', 'wp-engine']).length, 2);
});

test('only those that lack one are named, and none where all have one', () => {
  const outsideFor = (lacks: (id: string) => boolean) => (one: Product) =>
    lacks(one.id) ? one : { ...one, issuers: ['letsencrypt', 'embedded'] };
  const [warning] = warnOfMadeKeys(desk({ products: outsideFor((id) => id === 'dv-wildcard') }), ['cpanel']);
  assert.match(warning ?? '', /in the issuers of dv-wildcard, or leave cpanel/);
  assert.deepEqual(warnOfMadeKeys(desk({ products: outsideFor(() => false) }), ['cpanel']), []);
  // What the configuration would refuse is not advised: CAs outside sign domain validation alone.
  const [both] = warnOfMadeKeys(desk({ products: outsideFor((id) => /^(dv|ov|ev)-multi$/.test(id)) }), ['cpanel']);
  assert.match(both ?? '', /in the issuers of dv-multi, or leave cpanel out of their dialects; CAs outside sign no OV/);
  assert.match(both ?? '', /leave cpanel out of the dialects of ov-multi, ev-multi$/);
});

test('nothing is said of a private CA, of the sandbox, and of dialects that make no keys', () => {
  assert.deepEqual(warnOfMadeKeys(desk({ profile: 'private' }), ['cpanel']), []);
  assert.deepEqual(warnOfMadeKeys(desk({ sandbox: true }), ['cpanel']), []);
  assert.deepEqual(warnOfMadeKeys(desk(), []), []);
});
