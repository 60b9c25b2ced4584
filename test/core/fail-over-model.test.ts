import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeskError } from '../../src/core/errors.ts';
import type { Store } from '../../src/core/store.ts';
import { DAY, HOUR, MINUTE } from '../../src/core/time.ts';
import { askFor, createCoreWorld, paperCsr, runDueJobs, type CoreWorld } from '../support/core-world.ts';
import { addIssuer, away, type Move, type ScriptedIssuer, signWith } from '../support/scripted-issuer.ts';
import { forEachStore } from '../support/stores.ts';

/** Random sequences of what issuers do, with crashes in between, against what must hold whatever they do. */

const ISSUERS = ['first', 'second', 'embedded'] as const;
type Name = (typeof ISSUERS)[number];

type Action =
  | { do: 'place'; name: number }
  | { do: 'order-of-issuers'; issuers: Name[] }
  | { do: 'script'; issuer: number; moves: ('sign' | 'later' | 'soon' | 'refuse' | 'unavailable' | 'throw')[] }
  | { do: 'switch'; issuer: number; what: 'objects' | 'away' }
  | { do: 'jobs' | 'crash' }
  | { do: 'pass'; minutes: number }
  | { do: 'cancel' | 'reissue' | 'revoke'; pick: number };

const nat = (max: number) => fc.nat(max);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('place' as const), name: nat(3) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('order-of-issuers' as const),
      issuers: fc.shuffledSubarray([...ISSUERS], { minLength: 1 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('script' as const),
      issuer: nat(1),
      moves: fc.array(
        fc.constantFrom(
          'sign' as const,
          'later' as const,
          'soon' as const,
          'refuse' as const,
          'unavailable' as const,
          'throw' as const,
        ),
        { minLength: 1, maxLength: 4 },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('switch' as const),
      issuer: nat(1),
      what: fc.constantFrom('objects' as const, 'away' as const),
    }),
  },
  { weight: 7, arbitrary: fc.record({ do: fc.constantFrom('jobs' as const, 'jobs' as const, 'crash' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('pass' as const), minutes: fc.constantFrom(3, 70, 24 * 60, 31 * 24 * 60) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('cancel' as const, 'reissue' as const, 'revoke' as const),
      pick: nat(20),
    }),
  },
);

interface World extends CoreWorld {
  outside: [ScriptedIssuer, ScriptedIssuer];
  store: Store;
}

const RUNS = process.env['CHANCERY_NIGHTLY'] === '1' ? 300 : 25;
const START_BALANCE = 30_000;

forEachStore((open) => {
  test('whatever issuers do: one certificate a request, no money kept for nothing, nothing forgotten', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 8, maxLength: 45 }), async (actions) => {
        const world = await createWorld(await open());
        for (const one of actions) {
          await act(world, one);
          await invariants(world);
        }
        await settleAll(world);
        await invariants(world);
      }),
      { numRuns: RUNS },
    );
  });
});

async function createWorld(store: Store): Promise<World> {
  const world = await createCoreWorld(store, 'model', START_BALANCE);
  const outside: World['outside'] = [addIssuer(world.engine, 'first'), addIssuer(world.engine, 'second')];
  signWith(world.engine, ['first', 'second']);
  const made = { ...world, outside, store };
  for (let name = 0; name < 4; name += 1) world.domains.published.add(`_dcv.${nameOf(name)}`);
  return made;
}

const nameOf = (name: number): string => `shop${name}.com`;

async function act(world: World, one: Action): Promise<void> {
  const { desk } = world.office;
  switch (one.do) {
    case 'place':
      return tolerate(
        () => desk.placeOrder(world.actor, askFor(nameOf(one.name))),
        ['insufficient-balance', 'invalid-csr'],
      );
    case 'order-of-issuers':
      return signWith(world.engine, one.issuers);
    case 'script':
      world.outside[one.issuer]?.moves.push(...one.moves.map(moveOf));
      return;
    case 'switch':
      return turn(world.outside[one.issuer] as ScriptedIssuer, one.what);
    case 'pass':
      return world.clock.forward(one.minutes * MINUTE);
    case 'jobs':
      return runJobs(world);
    case 'crash':
      return crash(world);
    default:
      return actOnPicked(world, one.do, one.pick);
  }
}

function moveOf(move: Extract<Action, { do: 'script' }>['moves'][number]): Move {
  if (move === 'sign') return 'sign';
  if (move === 'later') return { again: HOUR };
  if (move === 'soon') return { again: 0 };
  if (move === 'throw') return away();
  return { cannot: move === 'refuse' ? 'refused' : 'unavailable' };
}

function turn(issuer: ScriptedIssuer, what: 'objects' | 'away'): void {
  if (what === 'away') issuer.away = issuer.away === null ? away() : null;
  else issuer.against = issuer.against({} as never) === null ? () => 'Never' : () => null;
}

async function actOnPicked(world: World, what: 'cancel' | 'reissue' | 'revoke', pick: number): Promise<void> {
  const { desk } = world.office;
  const records = await world.store.find(what === 'cancel' ? 'requests' : 'certificates', {});
  const picked = records[pick % Math.max(1, records.length)];
  if (picked === undefined) return;
  const errors = ['wrong-state', 'already-exists', 'insufficient-balance', 'invalid-csr', 'issuer-unavailable'];
  if (what === 'cancel') return tolerate(() => desk.cancel(world.actor, picked.id), errors);
  if (what === 'revoke') return tolerate(() => desk.revoke(world.actor, picked.id, null, 'test', {}), errors);
  const { commonName } = picked as { commonName: string };
  return tolerate(
    () => desk.reissue(world.actor, picked.id, askFor(commonName, { csr: paperCsr(`another of ${commonName}`) })),
    errors,
  );
}

async function tolerate(deed: () => Promise<unknown>, allowed: string[]): Promise<void> {
  try {
    await deed();
  } catch (error) {
    assert.ok(error instanceof DeskError && allowed.includes(error.kind), String(error));
  }
}

/** A job whose issuer throws is tried again later, as the runner does. */
async function runJobs(world: World): Promise<void> {
  for (let tries = 0; tries < 4; tries += 1) {
    await tolerate(() => runDueJobs(world), ['issuer-unavailable']);
    // What was claimed when it threw is leased for a day.
    const leased = (await world.store.find('jobs', {})).some((job) => job.leaseUntil !== null);
    if (!leased) return;
    world.clock.forward(DAY + 1);
  }
}

/** The process dies the moment that an issuer has answered. */
async function crash(world: World): Promise<void> {
  const answers = (): number => world.outside.reduce((sum, { asks }) => sum + asks.length, world.issuer.signed.length);
  const before = answers();
  world.engine.store = new Proxy(world.store, {
    get: (target, member) => {
      const value = Reflect.get(target, member) as unknown;
      if (typeof value !== 'function') return value;
      if (member !== 'transact') return value.bind(target) as unknown;
      return (work: never) => (answers() > before ? Promise.reject(new Error('killed')) : target.transact(work));
    },
  });
  try {
    await runDueJobs(world);
  } catch (error) {
    const expected =
      error instanceof DeskError ? error.kind === 'issuer-unavailable' : (error as Error).message === 'killed';
    assert.ok(expected, String(error));
  } finally {
    world.engine.store = world.store;
  }
  world.clock.forward(DAY + 1);
}

/** Everybody signs again, and time passes: every request comes to an end. */
async function settleAll(world: World): Promise<void> {
  for (const issuer of world.outside) {
    issuer.moves = [];
    issuer.away = null;
    issuer.against = () => null;
  }
  signWith(world.engine, [...ISSUERS]);
  for (let rounds = 0; rounds < 3; rounds += 1) {
    world.clock.forward(5 * HOUR);
    await runJobs(world);
  }
  const open = await world.store.find('requests', { state: ['waiting', 'issuing', 'needs-approval'] });
  assert.deepEqual(
    open.map(({ id, kind, state, detail }) => ({ id, kind, state, detail })),
    [],
  );
  assert.deepEqual(await world.store.find('jobs', { kind: 'advance' }), []);
}

async function invariants(world: World): Promise<void> {
  const { store } = world;
  const now = world.clock.now();
  const account = await store.get('accounts', world.actor.accountId);
  const charges = await store.find('charges', {});
  const sum = (state: string): number =>
    charges.reduce((total, one) => total + (one.state === state ? one.amount : 0), 0);
  assert.equal(account?.balance, START_BALANCE - sum('captured'), 'balance');
  assert.equal(account?.reserved, sum('reserved'), 'reserved');
  for (const request of await store.find('requests', {})) {
    const { id, kind, state, triedIssuers } = request;
    const open = state === 'waiting' || state === 'issuing';
    const certificates = await store.find('certificates', { requestId: id });
    assert.equal(certificates.length, kind !== 'revoke' && state === 'completed' ? 1 : 0, `certificates: ${state}`);
    const made = world.outside.flatMap(({ signed }) => signed).filter((one) => one.requestId === id);
    const issuances = await store.find('issuances', { requestId: id });
    // What was signed in a process that died has left it nowhere: once it lay for 12 hours, another is made.
    const outdated = issuances.filter((one) => one.state === 'abandoned' && one.preparedAt + 12 * HOUR <= now);
    const own = new Set(world.issuer.signed.filter((one) => one.requestId === id).map(({ serial }) => serial));
    for (const { serial } of outdated) own.delete(serial);
    assert.ok(made.length + own.size <= 1, 'never two for one request');
    if (state === 'completed' && kind !== 'revoke') assert.equal(made.length + own.size > 0, true);
    const [charge] = charges.filter((one) => one.requestId === id);
    const wanted = open ? 'reserved' : state === 'completed' ? 'captured' : 'released';
    if (charge !== undefined) assert.equal(charge.state, wanted, `charge of ${state}`);
    const jobs = await store.find('jobs', { key: `advance:${id}` });
    assert.equal(jobs.length, open ? 1 : 0, `job of ${state}`);
    const going = issuances.filter((one) => one.state !== 'abandoned');
    assert.ok(going.length <= 1, 'one issuance at a time');
    if (state === 'completed' && kind !== 'revoke') assert.equal(going[0]?.issuer, certificates[0]?.issuer);
    const tried = triedIssuers?.names ?? [];
    assert.equal(new Set(tried).size, tried.length, 'nobody is asked twice in a round');
    assert.ok(
      going.every(({ issuer }) => !tried.includes(issuer)),
      'who could not is not at work',
    );
    const skips = await store.find('auditEvents', { action: 'issuer.skipped', target: `request:${id}` });
    const passed = skips.filter(({ details }) => details['kind'] !== 'objects').length;
    assert.ok(passed >= tried.length && passed >= issuances.length - going.length, 'every change is on the trail');
  }
}
