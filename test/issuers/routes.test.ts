import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fastify from 'fastify';
import { DAY } from '../../src/core/time.ts';
import { ROOT_SHARD } from '../../src/issuers/embedded/addresses.ts';
import { createCrlPublisher } from '../../src/issuers/embedded/crls.ts';
import { caRoutes } from '../../src/issuers/embedded/routes.ts';
import { openssl } from '../support/openssl.ts';
import { createWorld } from '../support/stores.ts';
import { embeddedCa } from './embedded-ca.ts';

describe('addresses of the CA', () => {
  const world = createWorld('sqlite');
  const app = fastify();
  let made: Awaited<ReturnType<typeof embeddedCa>>;
  let publisher: ReturnType<typeof createCrlPublisher>;
  before(async () => {
    made = await embeddedCa(await world.open());
    publisher = createCrlPublisher({ ca: made.ca, store: made.store, clock: made.clock });
    await publisher.publish(0);
    await publisher.publish(ROOT_SHARD);
    await app.register(caRoutes, { ca: made.ca, store: made.store, clock: made.clock });
  });
  after(async () => {
    await app.close();
    await world.end();
  });

  for (const name of ['root', 'intermediate'] as const) {
    it(`serves the ${name} as DER`, async () => {
      const answer = await app.inject(`/ca/embedded/${name}.crt`);
      assert.equal(answer.statusCode, 200);
      assert.equal(answer.headers['content-type'], 'application/pkix-cert');
      assert.deepEqual(new Uint8Array(answer.rawPayload), new Uint8Array(made.ca[name].certificate));
    });
  }

  for (const [file, shard] of [
    ['0.crl', 0],
    ['root.crl', ROOT_SHARD],
  ] as const) {
    it(`serves ${file} at the address that stands in the certificates`, async () => {
      const answer = await app.inject(new URL(made.ca.addresses().crl(shard)).pathname);
      assert.equal(answer.statusCode, 200);
      assert.equal(answer.headers['content-type'], 'application/pkix-crl');
      assert.equal(answer.headers['cache-control'], 'public, max-age=600');
      assert.match(openssl(['crl', '-inform', 'DER', '-noout', '-text'], answer.rawPayload), /Version 2/);
    });
  }

  it('answers 304 to whoever has the newest, and again 200 after the next', async () => {
    const etag = String((await app.inject('/crl/embedded/0.crl')).headers.etag);
    const again = { url: '/crl/embedded/0.crl', headers: { 'if-none-match': `"x", W/${etag}` } };
    const same = await app.inject(again);
    assert.equal(same.statusCode, 304);
    assert.equal(same.rawPayload.length, 0);
    await publisher.publish(0);
    assert.equal((await app.inject(again)).statusCode, 200);
  });

  it('does not let caches keep a CRL beyond its end', async () => {
    made.clock.at += 7 * DAY - 100_000;
    try {
      assert.match(String((await app.inject('/crl/embedded/0.crl')).headers['cache-control']), /max-age=(99|100)$/);
    } finally {
      made.clock.at -= 7 * DAY - 100_000;
    }
  });

  for (const path of [
    '7.crl',
    '00.crl',
    '-1.crl',
    '0',
    '0.crl.bak',
    '1e1.crl',
    '..%2froot.crt',
    '%00.crl',
    `${'9'.repeat(40)}.crl`,
  ]) {
    it(`knows no ${path.slice(0, 20)}`, async () => {
      assert.equal((await app.inject(`/crl/embedded/${path}`)).statusCode, 404);
    });
  }
});
