import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Outcome } from '../../src/core/desk.ts';
import type { Certificate } from '../../src/core/records.ts';
import { DeskError } from '../../src/core/errors.ts';
import { baseOf } from '../../src/core/names.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import { askFor, createCoreWorld, paperCsr, runDueJobs, type CoreWorld } from '../support/core-world.ts';
import { forEachStore } from '../support/stores.ts';

/** Random action sequences against a model of what the desk should do. */

type Action =
  | { do: 'place'; name: number; product: 'dv-single' | 'dv-multi'; key: number; months: 12 | 24 }
  | { do: 'publish' | 'unpublish'; name: number }
  | { do: 'pass'; hours: number }
  | { do: 'jobs' }
  | { do: 'cancel' | 'check' | 'revoke' | 'reissue' | 'renew'; pick: number; key: number }
  | { do: 'fail-issuer' };

const NAMES = ['one.com', 'two.com', 'shop.two.com', 'three.org'];
const nat = (max: number) => fc.nat(max);

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('place' as const),
      name: nat(3),
      product: fc.constantFrom('dv-single' as const, 'dv-multi' as const),
      key: nat(30),
      months: fc.constantFrom(12 as const, 24 as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('publish' as const, 'unpublish' as const), name: nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      hours: fc.constantFrom(1, 24, 24 * 31, 24 * 120, 24 * 201),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: 'jobs' as const }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('cancel' as const, 'check' as const, 'revoke' as const, 'reissue' as const, 'renew' as const),
      pick: nat(20),
      key: nat(30),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'fail-issuer' as const }) },
);

/** What the model knows: requests and certificates by the order in which they came. */
interface Model {
  requests: number[];
  certificates: number[];
  published: Set<string>;
  spent: number;
}

const RUNS = process.env['CHANCERY_NIGHTLY'] === '1' ? 300 : 25;

forEachStore((open) => {
  test('random actions keep money, states, jobs and certificates together', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (actions) => {
        const world = await createCoreWorld(await open(), 'model', 40_000);
        const model: Model = { requests: [], certificates: [], published: new Set(), spent: 0 };
        for (const one of actions) {
          await act(world, model, one);
          await invariants(world, model);
        }
      }),
      { numRuns: RUNS },
    );
  });
});

async function act(world: CoreWorld, model: Model, one: Action): Promise<void> {
  const { desk } = world.office;
  switch (one.do) {
    case 'place': {
      const name = NAMES[one.name] as string;
      const ask = askFor(name, {
        product: one.product,
        periodMonths: one.months,
        refuseTwin: true,
        csr: paperCsr(`${world.actor.handle} ${one.key}`),
      });
      return note(model, () => desk.placeOrder(world.actor, ask), [
        'already-exists',
        'insufficient-balance',
        'invalid-csr',
      ]);
    }
    case 'publish':
    case 'unpublish':
      return publish(world, model, NAMES[one.name] as string, one.do === 'publish');
    case 'pass':
      return world.clock.forward(one.hours * HOUR);
    case 'jobs':
      await world.office.expireCertificates();
      await runJobs(world);
      return;
    case 'fail-issuer':
      world.issuer.failures.push(new DeskError('issuer-unavailable', 'The issuer is away'));
      return;
    default:
      return actOnPicked(world, model, one.do, one.pick, one.key);
  }
}

async function actOnPicked(world: CoreWorld, model: Model, what: string, pick: number, key: number): Promise<void> {
  const { desk } = world.office;
  const requestId = model.requests[pick % Math.max(1, model.requests.length)];
  const certificateId = model.certificates[pick % Math.max(1, model.certificates.length)];
  const csr = paperCsr(`${world.actor.handle} ${key}`);
  if ((what === 'cancel' || what === 'check') && requestId !== undefined) {
    const deed =
      what === 'cancel'
        ? () => desk.cancel(world.actor, requestId)
        : () => desk.checkNow(world.actor, requestId, new Map());
    return tolerate(deed, ['wrong-state']);
  }
  if (certificateId === undefined) return;
  const target = (await world.engine.store.get('certificates', certificateId)) as Certificate;
  if (what === 'revoke')
    return note(model, () => desk.revoke(world.actor, certificateId, null, 'test', {}), ['wrong-state']);
  const errors = ['wrong-state', 'already-exists', 'insufficient-balance', 'invalid-csr'];
  const ask = askFor(target.commonName, { csr, product: target.product });
  if (what === 'reissue') return note(model, () => desk.reissue(world.actor, certificateId, ask), errors);
  if (what === 'renew') return note(model, () => desk.renew(world.actor, certificateId, ask), errors);
}

function publish(world: CoreWorld, model: Model, name: string, there: boolean): void {
  const record = `_dcv.${name}`;
  if (there) model.published.add(record);
  else model.published.delete(record);
  if (there) world.domains.published.add(record);
  else world.domains.published.delete(record);
}

async function note(model: Model, deed: () => Promise<Outcome>, allowed: string[]): Promise<void> {
  await tolerate(async () => {
    const outcome = await deed();
    model.requests.push(outcome.request.id);
    if (outcome.certificate !== null && outcome.request.kind !== 'revoke')
      model.certificates.push(outcome.certificate.id);
  }, allowed);
}

async function tolerate(deed: () => Promise<unknown>, allowed: string[]): Promise<void> {
  try {
    await deed();
  } catch (error) {
    assert.ok(error instanceof DeskError && allowed.includes(error.kind), String(error));
  }
}

/** A job whose issuer is away throws; the runner would try again later. */
async function runJobs(world: CoreWorld): Promise<void> {
  await tolerate(() => runDueJobs(world), ['issuer-unavailable']);
  // What was claimed when it threw is leased for a day: let the lease end.
  world.clock.forward(DAY + 1);
  await tolerate(() => runDueJobs(world), ['issuer-unavailable']);
}

async function invariants(world: CoreWorld, model: Model): Promise<void> {
  const { store, rules } = world.engine;
  const { accountId } = world.actor;
  const account = await store.get('accounts', accountId);
  const charges = await store.find('charges', { accountId });
  const sum = (state: string) =>
    charges.filter((one) => one.state === state).reduce((total, one) => total + one.amount, 0);
  assert.equal(account?.balance, 40_000 - sum('captured'), 'balance');
  assert.equal(account?.reserved, sum('reserved'), 'reserved');
  assert.ok((account?.balance ?? -1) >= (account?.reserved ?? 0), 'never below zero');

  const requests = await store.find('requests', { accountId });
  assert.deepEqual(
    new Set(requests.map((one) => one.id)),
    new Set([...model.requests, ...requests.map((one) => one.id)]),
  );
  for (const request of requests) {
    const certificates = await store.find('certificates', { requestId: request.id });
    const wantsCertificate = request.kind !== 'revoke' && request.state === 'completed';
    assert.equal(certificates.length, wantsCertificate ? 1 : 0, `certificates of ${request.kind} ${request.state}`);
    const signatures = world.issuer.signed.filter((one) => one.requestId === request.id);
    assert.equal(signatures.length, certificates.length, 'signed once each');
    const jobs = await store.find('jobs', { key: `advance:${request.id}` });
    const open = request.state === 'waiting' || request.state === 'issuing';
    assert.equal(jobs.length, open ? 1 : 0, `jobs of ${request.kind} ${request.state}`);
    for (const certificate of certificates) {
      const life = certificate.notAfter - certificate.notBefore + 1000;
      assert.ok(life <= rules.longestValidity(certificate.notBefore), 'lives too long');
      const order = await store.get('orders', certificate.orderId as number);
      assert.ok(certificate.notAfter <= (order?.endsAt ?? 0), 'outlives its order');
      const validations = await store.find('validations', { requestId: request.id });
      const since = rules.domainProofSince(certificate.createdAt);
      const proved = validations.some(
        (one) =>
          one.state === 'valid' &&
          (one.validatedAt ?? 0) >= since &&
          baseOf(certificate.commonName).endsWith(one.domain),
      );
      assert.ok(proved, 'issued without proof');
    }
    const charge = charges.find((one) => one.requestId === request.id);
    if (charge !== undefined) {
      const wanted = open ? 'reserved' : request.state === 'completed' ? 'captured' : 'released';
      assert.equal(charge.state, wanted, 'charge follows request');
    }
  }
}
