import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Issuance } from '../../../src/core/records.ts';
import { forEachStore } from '../../support/stores.ts';
import { acmeWorld, askFor, certificateIn, drive, issuanceOf, keep } from './acme-world.ts';

/** A process may die after any step: what it did at the CA has happened, what it would have kept has not. */

forEachStore((open) => {
  test('a crash after each step brings the certificate all the same, once', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    world.ca.script.pendingLooks = 1;
    world.ca.script.processingLooks = 1;
    const { steps } = await drive(world.issuer, await askFor(['first.test']), world.clock);
    assert.ok(steps >= 6, String(steps));
    for (let lost = 0; lost < steps; lost += 1) {
      const names = [`a${lost}.test`, `b${lost}.test`];
      const ask = await askFor(names);
      let issuance: Issuance = issuanceOf(world.issuer, ask, world.clock.at);
      for (let step = 0; step < lost; step += 1) {
        const result = await world.issuer.issue(ask, issuance);
        assert.equal(result.kind, 'waiting');
        if (result.kind === 'waiting') issuance = keep(issuance, result);
        if (result.kind === 'waiting') world.clock.at = Math.max(world.clock.at, result.at);
      }
      // Done, and lost with the process.
      await world.issuer.issue(ask, issuance);
      const orders = world.ca.orders.length;
      const { result } = await drive(world.again(), ask, world.clock, issuance);
      const certificate = certificateIn(result);
      assert.equal(world.ca.certificatesIssued(names), 1, `lost step ${lost}`);
      if (lost > 0) assert.equal(world.ca.orders.length, orders, `another order after step ${lost}`);
      assert.equal((await world.issuer.chain(certificate)).length, 1);
      assert.equal(world.board.published.size, 0);
    }
    assert.equal(world.ca.accounts.length, 1);
  });

  test('two processes on the same issuance do not bring two certificates', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    const other = world.again({ store: await open.again(store, { clock: world.clock }) });
    const ask = await askFor(['a.test']);
    let issuance = issuanceOf(world.issuer, ask, world.clock.at);
    for (let step = 0; step < 30; step += 1) {
      const [one, two] = await Promise.all([world.issuer.issue(ask, issuance), other.issue(ask, issuance)]);
      const waiting = [one, two].find((result) => result.kind === 'waiting');
      const issued = [one, two].find((result) => result.kind === 'issued');
      if (issued !== undefined) {
        assert.ok(step > 2);
        const finished = world.ca.orders.filter(({ status }) => status === 'valid');
        assert.equal(finished.length, 1);
        assert.equal(world.ca.certificatesIssued('a.test'), 1);
        return;
      }
      assert.ok(waiting !== undefined, JSON.stringify([one, two]));
      if (waiting.kind !== 'waiting') throw new Error('never');
      issuance = keep(issuance, waiting);
      world.clock.at = Math.max(world.clock.at, waiting.at);
    }
    throw new Error('Not done');
  });

  test('an order that the CA forgets before it is finalized is made again, with all that belongs to it', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    const gone = { kind: 'problem', problem: { type: 'malformed', detail: 'No such order', status: 404 } } as const;
    world.ca.script.rules.push({ at: 'order', trouble: gone, times: 2 });
    const { result } = await drive(world.issuer, await askFor(['a.test']), world.clock);
    certificateIn(result);
    assert.equal(world.ca.orders.length, 2);
    assert.equal(world.ca.certificatesIssued(), 1);
  });
});
