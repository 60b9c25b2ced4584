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
  assert.match(ways(own, 'public', false) ?? '', /BR 6\.1\.1\.3.*configure an issuer outside/);
});

test('a hosting platform before outside issuers, a private CA and the sandbox may', () => {
  assert.equal(ways(outside, 'public', false), null);
  // The own CA beside it signs for no key that is kept here (core/kept-keys.ts).
  const mixed = own.all().map((one, at) => (at === 0 ? { ...one, issuers: ['letsencrypt', 'embedded'] } : one));
  assert.equal(ways(new Catalogue(mixed), 'public', false), null);
  assert.equal(ways(own, 'private', false), null);
  assert.equal(ways(own, 'public', true), null);
  const elsewhere = own.all().map((product) => ({ ...product, dialects: ['digicert'] }));
  assert.equal(ways(new Catalogue(elsewhere), 'public', false), null);
});
