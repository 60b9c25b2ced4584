import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Catalogue } from '../../../src/core/products.ts';
import { DAY, MINUTE } from '../../../src/core/time.ts';
import { toPem } from '../../../src/pki/pem.ts';
import { createPkiTools } from '../../../src/pki/tools.ts';
import { askFor as orderFor, createCoreWorld, PRODUCTS, runDueJobs, START } from '../../support/core-world.ts';
import { forEachStore, type OpenTestStore } from '../../support/stores.ts';
import { acmeWorld, askFor, type Fixture } from './acme-world.ts';

/** The heart with the issuer: orders as jobs take them, on a clock set by hand. */

async function createWorld(open: OpenTestStore, issuers: readonly string[], fixture: Fixture = {}) {
  const store = await open();
  const core = await createCoreWorld(store);
  const acme = await acmeWorld(store, fixture);
  Object.defineProperty(acme.clock, 'at', { get: core.clock.now, set: core.clock.set });
  core.engine.issuers = new Map([
    [acme.issuer.name, acme.issuer],
    [core.issuer.name, core.issuer],
  ] as const);
  core.engine.catalogue = new Catalogue(PRODUCTS.map((product) => ({ ...product, includesWww: false, issuers })));
  core.engine.pki = createPkiTools();
  const place = async (name: string) => {
    const { csr } = await askFor([name]);
    core.domains.published.add(`_dcv.${name}`);
    const parsed = await core.engine.pki.readCsr(toPem('CERTIFICATE REQUEST', csr));
    const { request } = await core.office.desk.placeOrder(core.actor, orderFor(name, { csr: parsed }));
    return request.id;
  };
  /** Runs what is due, and sets the clock to what comes next, until the request rests for good. */
  const settle = async (id: number, until = START + 60 * DAY) => {
    for (;;) {
      await runDueJobs(core);
      const request = await store.get('requests', id);
      const next = await store.nextJobAt(['advance']);
      if (request === null || ['completed', 'failed'].includes(request.state) || next === null || next > until)
        return request;
      core.clock.set(Math.max(core.clock.now(), next));
    }
  };
  return { store, core, acme, place, settle };
}

forEachStore((open) => {
  test('an order is signed by the CA outside, its chain kept, its charge taken', async (t) => {
    const { store, acme, place, settle } = await createWorld(open, ['letsencrypt']);
    t.after(() => acme.ca.close());
    acme.ca.script.pendingLooks = 1;
    acme.ca.script.processingLooks = 2;
    acme.ca.script.retryAfter = 30;
    acme.ca.script.badNonceEvery = 5;
    const id = await place('shop.example.com');
    assert.equal((await settle(id))?.state, 'completed');
    const [certificate] = await store.find('certificates', { requestId: id });
    assert.ok(certificate !== undefined);
    assert.deepEqual(
      [certificate.issuer, certificate.names, certificate.crlShard],
      ['letsencrypt', ['shop.example.com'], null],
    );
    assert.equal((await acme.issuer.chain(certificate.der)).length, 1);
    assert.equal((await store.find('charges', { requestId: id }))[0]?.state, 'captured');
    assert.equal(acme.ca.certificatesIssued(), 1);
    const hint = await store.get('renewalHints', certificate.id);
    assert.equal(hint?.issuer, 'letsencrypt');
  });

  test('a CA that is away is waited for, and where there is another issuer that one signs', async (t) => {
    const down = { kind: 'problem', problem: { type: 'serverInternal', detail: 'down' } } as const;
    const alone = await createWorld(open, ['letsencrypt']);
    t.after(() => alone.acme.ca.close());
    alone.acme.ca.script.rules.push({ at: 'new-order', trouble: down, times: 8 });
    const id = await alone.place('shop.example.com');
    assert.equal((await alone.settle(id))?.state, 'completed');
    assert.equal(alone.acme.ca.certificatesIssued(), 1);

    const both = await createWorld(open, ['letsencrypt', 'embedded']);
    t.after(() => both.acme.ca.close());
    both.core.engine.pki = { ...both.core.engine.pki, readCertificate: () => assert.fail('not the paper one') };
    both.acme.ca.script.rules.push({ at: 'new-order', trouble: down, times: 1_000 });
    const other = await both.place('shop.example.com');
    await assert.rejects(both.settle(other), /not the paper one/);
    assert.equal(both.core.issuer.signed.length, 1);
  });

  test('a refusal ends the request with what the CA said, and gives the charge back', async (t) => {
    const { store, acme, place, settle } = await createWorld(open, ['letsencrypt']);
    t.after(() => acme.ca.close());
    acme.ca.script.verdict = () => ({ type: 'dns', detail: 'NXDOMAIN looking up A for shop.example.com' });
    const id = await place('shop.example.com');
    const request = await settle(id);
    assert.equal(request?.state, 'failed');
    assert.equal(
      request?.detail,
      'The CA could not validate shop.example.com: NXDOMAIN looking up A for shop.example.com',
    );
    assert.equal((await store.find('charges', { requestId: id }))[0]?.state, 'released');
  });

  test('limits: the request rests until there is room, to the moment', async (t) => {
    const settings = { limits: { ordersPerAccount: { most: 1, seconds: 6 * 3_600 } } };
    const { store, core, acme, place, settle } = await createWorld(open, ['letsencrypt'], { settings });
    t.after(() => acme.ca.close());
    await settle(await place('one.example.com'));
    const id = await place('two.example.com');
    await runDueJobs(core);
    const resting = await store.get('requests', id);
    assert.match(resting?.detail ?? '', /leave no room for now/);
    const until = resting?.triedIssuers?.restUntil ?? 0;
    assert.ok(until > START + 6 * 60 * MINUTE && until < START + 6 * 60 * MINUTE + 2 * MINUTE, String(until - START));
    assert.equal((await settle(id))?.state, 'completed');
    assert.equal(acme.ca.orders.length, 2);
  });

  test('a process that dies again and again brings every order to its end, none twice', async (t) => {
    const { store, core, acme, place } = await createWorld(open, ['letsencrypt']);
    t.after(() => acme.ca.close());
    acme.ca.script.pendingLooks = 1;
    acme.ca.script.processingLooks = 1;
    acme.ca.script.badNonceShare = 0.05;
    let calls = 0;
    const { issuer } = acme;
    // What the CA was asked has happened; the answer never reaches the record.
    core.engine.issuers = new Map([
      [
        issuer.name,
        {
          ...issuer,
          issue: async (...ask: Parameters<typeof issuer.issue>) => {
            const result = await issuer.issue(...ask);
            calls += 1;
            if (calls % 3 === 0) throw new Error('the process died');
            return result;
          },
        },
      ],
    ]);
    const names = Array.from({ length: 6 }, (_, index) => `n${index}.example.com`);
    const ids: number[] = [];
    for (const name of names) ids.push(await place(name));
    for (let rounds = 0; rounds < 400; rounds += 1) {
      try {
        await runDueJobs(core);
      } catch (error) {
        assert.equal((error as Error).message, 'the process died');
      }
      const requests = await store.find('requests', { id: ids });
      if (requests.every(({ state }) => state === 'completed')) break;
      // Leases of the dead run out.
      core.clock.forward(DAY / 24);
    }
    for (const name of names) assert.equal(acme.ca.certificatesIssued([name]), 1, name);
    assert.equal((await store.find('certificates', {})).length, names.length);
  });
});
