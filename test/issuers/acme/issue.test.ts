import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { forEachStore } from '../../support/stores.ts';
import { acmeWorld, askFor, certificateIn, drive } from './acme-world.ts';

forEachStore((open) => {
  test('orders, proves, finalizes and keeps the chain', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    world.ca.script.pendingLooks = 2;
    world.ca.script.processingLooks = 2;
    world.ca.script.retryAfter = { seconds: 7, as: 'date' };
    const ask = await askFor(['a.test', 'www.a.test', '*.b.test']);
    const { result } = await drive(world.issuer, ask, world.clock);
    const certificate = certificateIn(result);
    const leaf = new X509Certificate(certificate);
    assert.equal(leaf.subjectAltName?.split(', ').toSorted().join(' '), 'DNS:*.b.test DNS:a.test DNS:www.a.test');
    const chain = await world.issuer.chain(certificate);
    assert.equal(chain.length, 1);
    assert.ok(leaf.verify(new X509Certificate(chain[0] as Uint8Array).publicKey));
    assert.equal(world.ca.certificatesIssued(), 1);
    assert.equal(world.board.published.size, 0);
    assert.equal(world.board.publications, 3);
    assert.equal(world.ca.accounts.length, 1);
    assert.deepEqual(world.complaints, []);
  });
});
