import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildCatalogue } from '../../src/config/catalogue.ts';
import { Catalogue } from '../../src/core/products.ts';
import { Rules } from '../../src/core/rules.ts';
import { keyObjection } from '../../src/serve/platform.ts';

const own = buildCatalogue();
const outside = new Catalogue(own.all().map((product) => ({ ...product, issuers: ['letsencrypt'] })));
const ways = (catalogue: Catalogue, profile: 'public' | 'private', sandboxed: boolean): string | null =>
  keyObjection({ engine: { rules: new Rules(profile), catalogue }, sandboxed }, 'cpanel');

test('a CA that others trust does not make its subscribers’ keys (BR 6.1.1.3)', () => {
  assert.match(ways(own, 'public', false) ?? '', /BR 6\.1\.1\.3.*only issuers outside/);
  const mixed = outside
    .all()
    .map((product, at) => (at === 0 ? { ...product, issuers: ['letsencrypt', 'embedded'] } : product));
  assert.match(ways(new Catalogue(mixed), 'public', false) ?? '', /BR 6\.1\.1\.3/);
});

test('a hosting platform before outside issuers, a private CA and the sandbox may', () => {
  assert.equal(ways(outside, 'public', false), null);
  assert.equal(ways(own, 'private', false), null);
  assert.equal(ways(own, 'public', true), null);
  const elsewhere = own.all().map((product) => ({ ...product, dialects: ['digicert'] }));
  assert.equal(ways(new Catalogue(elsewhere), 'public', false), null);
});
