import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Store } from '../../../src/core/store.ts';
import { MINUTE } from '../../../src/core/time.ts';
import { forEachStore } from '../../support/stores.ts';
import { acmeWorld, askFor, drive, issuanceOf, keep } from './acme-world.ts';

/** A CA that found nobody, because the desk was away while it looked; then the desk is there again. */
async function lookedAtWhileAway(t: TestContext, store: Store) {
  const world = await acmeWorld(store);
  t.after(() => world.ca.close());
  let away = true;
  world.ca.script.verdict = () => (away ? { type: 'connection', detail: 'connection refused' } : 'valid');
  const ask = await askFor(['a.test']);
  let issuance = issuanceOf(world.issuer, ask, world.clock.at);
  // Until the CA has been told that the answers are there.
  while (!world.ca.seen.some(({ endpoint, payload }) => endpoint === 'challenge' && payload !== null)) {
    const result = await world.issuer.issue(ask, issuance);
    assert.equal(result.kind, 'waiting');
    if (result.kind === 'waiting') issuance = keep(issuance, result);
    if (result.kind === 'waiting') world.clock.at = Math.max(world.clock.at, result.at);
  }
  world.clock.at += MINUTE;
  return { world, ask, issuance, comeBack: () => (away = false) };
}

forEachStore((open) => {
  test('orders again where the CA looked while the desk was away', async (t) => {
    const { world, ask, issuance, comeBack } = await lookedAtWhileAway(t, await open());
    const restarted = world.again();
    comeBack();
    const { result } = await drive(restarted, ask, world.clock, issuance);
    assert.equal(result.kind, 'issued');
    assert.equal(world.ca.orders.length, 2);
    assert.equal(world.ca.certificatesIssued('a.test'), 1);
    assert.equal(world.board.published.size, 0);
  });

  test('believes the CA where it finds nobody once more', async (t) => {
    const { world, ask, issuance } = await lookedAtWhileAway(t, await open());
    const { result } = await drive(world.again(), ask, world.clock, issuance);
    assert.deepEqual(result, { kind: 'refused', message: 'The CA could not validate a.test: connection refused' });
    assert.equal(world.ca.orders.length, 2);
  });

  test('believes it at once where the desk was there all the time', async (t) => {
    const { world, ask, issuance } = await lookedAtWhileAway(t, await open());
    const { result } = await drive(world.issuer, ask, world.clock, issuance);
    assert.equal(result.kind, 'refused');
    assert.equal(world.ca.orders.length, 1);
  });
});
