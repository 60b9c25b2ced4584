import assert from 'node:assert/strict';
import { test } from 'node:test';
import { removeExpired } from '../../../src/core/expired-records.ts';
import type { IssueAsk, Issuer } from '../../../src/core/ports.ts';
import type { Issuance } from '../../../src/core/records.ts';
import { DAY, HOUR, MINUTE } from '../../../src/core/time.ts';
import { limitsOf } from '../../../src/issuers/acme/limits.ts';
import type { AcmeFetch } from '../../../src/issuers/acme/settings.ts';
import type { AcmeServer } from '../../support/acme-server/server.ts';
import { forEachStore } from '../../support/stores.ts';
import { acmeWorld, askFor, certificateIn, drive, issuanceOf, keep, sqliteWorld } from './acme-world.ts';

/** Let's Encrypt's limits, as the scripted CA holds them. */
const LETSENCRYPT = {
  newAccounts: { count: 10, seconds: 3 * 3_600 },
  newOrders: { count: 300, seconds: 3 * 3_600 },
  certificatesPerDomain: { count: 50, seconds: 7 * 86_400 },
  duplicateCertificates: { count: 5, seconds: 7 * 86_400 },
  failedValidations: { count: 5, seconds: 3_600 },
};
const asRates = {
  accountsPerAddress: { most: 10, seconds: 3 * 3_600 },
  ordersPerAccount: { most: 300, seconds: 3 * 3_600 },
  certificatesPerDomain: { most: 50, seconds: 7 * 86_400 },
  certificatesPerNames: { most: 5, seconds: 7 * 86_400 },
  failuresPerName: { most: 5, seconds: 3_600 },
};

/** As the guarded fetch, but with connections that are kept: thousands of calls are made. */
const quickFetch: AcmeFetch = async (url, { method, headers, body }) => {
  const response = await fetch(url, { method, headers, redirect: 'manual', ...(body === undefined ? {} : { body }) });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { status: response.status, headers: Object.fromEntries(response.headers), body: bytes };
};

const limited = (ca: AcmeServer) =>
  ca.seen.filter(({ problem }) => problem === 'rateLimited').map(({ payload }) => payload);

interface Waiting {
  at: number;
  ask: IssueAsk;
  issuance: Issuance;
  issuer: Issuer;
}

/**
 * Many issuances at once, as jobs run them: whoever is due takes a step, some at the same time; the clock goes on to
 * the next who is. What is unavailable comes again when it may, at the latest after an hour.
 */
async function driveFleet(
  fleet: Waiting[],
  clock: { at: number },
  atOnce: number,
): Promise<{ issued: number; steps: number }> {
  let issued = 0;
  let steps = 0;
  const queue = [...fleet];
  while (queue.length > 0) {
    queue.sort((one, other) => one.at - other.at);
    clock.at = Math.max(clock.at, queue[0]?.at ?? 0);
    const due = queue.findIndex(({ at }) => at > clock.at);
    const turn = queue.splice(0, Math.min(atOnce, due < 0 ? queue.length : due));
    await Promise.all(
      turn.map(async (one) => {
        steps += 1;
        const result = await one.issuer.issue(one.ask, one.issuance);
        if (result.kind === 'issued') issued += 1;
        else if (result.kind === 'waiting') queue.push({ ...one, at: result.at, issuance: keep(one.issuance, result) });
        else if (result.kind === 'unavailable') {
          const at = result.until ?? clock.at + HOUR;
          queue.push({ ...one, at, issuance: issuanceOf(one.issuer, one.ask, at) });
        } else throw new Error(result.message);
      }),
    );
    if (steps > 60_000) throw new Error('It does not come to an end');
  }
  return { issued, steps };
}

const renewal = async (names: readonly string[], issuer: Issuer, at: number): Promise<Waiting> => {
  const ask = await askFor(names);
  return { at, ask, issuer, issuance: issuanceOf(issuer, ask, at) };
};

test('2,000 renewals never run into the limits of Let’s Encrypt', async (t) => {
  const world = await sqliteWorld(t, { settings: { limits: asRates } });
  world.ca.script.limits = LETSENCRYPT;
  world.ca.script.finalizeAtOnce = true;
  const start = world.clock.at;
  // 1,900 domains of their own, and 100 names of one.
  const names = Array.from({ length: 2_000 }, (_, index) =>
    index < 1_900 ? `d${index}.test` : `n${index}.shared.test`,
  );
  const fleet: Waiting[] = [];
  const issuer = world.again({ fetch: quickFetch });
  for (const name of names) fleet.push(await renewal([name], issuer, start));
  const { issued, steps } = await driveFleet(fleet, world.clock, 8);
  assert.equal(issued, 2_000);
  assert.deepEqual(limited(world.ca), []);
  assert.equal(world.ca.certificatesIssued(), 2_000);
  assert.equal(new Set(world.ca.certificates.map((certificate) => certificate.names.join())).size, 2_000);
  // 300 in three hours: the last of 2,000 is ordered after 18 hours, the second half of the shared domain a week later.
  const took = world.clock.at - start;
  assert.ok(took > 7 * DAY && took < 8.5 * DAY, `${took / DAY} days`);
  const placed = world.ca.seen.filter(({ endpoint, problem }) => endpoint === 'new-order' && problem === null).length;
  assert.equal(placed, 2_000);
  assert.ok(steps < 30_000, `${steps} steps`);
});

forEachStore((open) => {
  test('two processes share the places, and do not overrun them together', async (t) => {
    const store = await open();
    const limits = { ordersPerAccount: { most: 20, seconds: 600 }, certificatesPerDomain: { most: 7, seconds: 3_600 } };
    const world = await acmeWorld(store, { settings: { limits } });
    t.after(() => world.ca.close());
    world.ca.script.limits = {
      newOrders: { count: 20, seconds: 600 },
      certificatesPerDomain: { count: 7, seconds: 3_600 },
    };
    const other = world.again({ store: await open.again(store, { clock: world.clock }) });
    const fleet: Waiting[] = [];
    for (let index = 0; index < 60; index += 1) {
      const name = index % 4 === 0 ? `n${index}.shared.test` : `d${index}.test`;
      fleet.push(await renewal([name], index % 2 === 0 ? world.issuer : other, world.clock.at));
    }
    const { issued } = await driveFleet(fleet, world.clock, 10);
    assert.equal(issued, 60);
    assert.deepEqual(limited(world.ca), []);
    assert.equal(world.ca.certificatesIssued(), 60);
  });

  test('renewals that name what they replace wait for nobody', async (t) => {
    const store = await open();
    const world = await acmeWorld(store, { settings: { limits: asRates } });
    t.after(() => world.ca.close());
    world.ca.script.limits = { ...LETSENCRYPT, newOrders: { count: 20, seconds: 3 * 3_600 } };
    const names = Array.from({ length: 20 }, (_, index) => `n${index}.shared.test`);
    const first: Uint8Array[] = [];
    for (const name of names)
      first.push(certificateIn((await drive(world.issuer, await askFor([name]), world.clock)).result));
    const before = world.clock.at;
    const fleet: Waiting[] = [];
    for (const [index, name] of names.entries()) {
      const ask = await askFor([name], { replaces: first[index] ?? null });
      fleet.push({ at: before, ask, issuer: world.issuer, issuance: issuanceOf(world.issuer, ask, before) });
    }
    assert.equal((await driveFleet(fleet, world.clock, 5)).issued, 20);
    assert.deepEqual(limited(world.ca), []);
    assert.ok(world.clock.at - before < MINUTE, String(world.clock.at - before));
    assert.equal((await store.find('issuerUses', { bucket: 'ordersPerAccount' })).length, 20);
  });

  test('a short wait is waited for, a long one is told, with the moment from which on there is room', async (t) => {
    const store = await open();
    const world = await acmeWorld(store, { settings: { limits: { ordersPerAccount: { most: 1, seconds: 240 } } } });
    t.after(() => world.ca.close());
    certificateIn((await drive(world.issuer, await askFor(['a.test']), world.clock)).result);
    const second = await askFor(['b.test']);
    const started = world.clock.at;
    const waiting = await world.issuer.issue(second, issuanceOf(world.issuer, second, started));
    assert.ok(waiting.kind === 'waiting' && waiting.at > started && waiting.at <= started + 300_000);
    // Used much later than its moment, the place would count at the CA when ours counts no more: another is taken.
    const kept = keep(issuanceOf(world.issuer, second, started), waiting);
    const late = world.again({ clock: { now: () => waiting.at + HOUR } });
    assert.equal((await late.issue(second, kept)).kind, 'waiting');
    const uses = await store.find('issuerUses', { bucket: 'ordersPerAccount' });
    assert.ok(uses.some(({ at }) => at === waiting.at + HOUR));
    (world.ca.orders as unknown[]).length = 1;
    const third = await askFor(['c.test']);
    const told = await world.issuer.issue(third, issuanceOf(world.issuer, third, started));
    assert.ok(told.kind === 'unavailable' && told.until !== undefined && told.until > started + 240_000);
    assert.equal(world.ca.orders.length, 1);
  });

  test('the same names more than five times a week wait; a renewal that names what it replaces does not', async (t) => {
    const store = await open();
    const world = await acmeWorld(store, { settings: { limits: asRates } });
    t.after(() => world.ca.close());
    let newest: Uint8Array | null = null;
    for (let round = 0; round < 5; round += 1) {
      newest = certificateIn((await drive(world.issuer, await askFor(['a.test', 'b.test']), world.clock)).result);
    }
    const sixth = await drive(world.issuer, await askFor(['b.test', 'a.test']), world.clock);
    assert.equal(sixth.result.kind, 'unavailable');
    for (let round = 0; round < 3; round += 1) {
      const ask: IssueAsk = await askFor(['a.test', 'b.test'], { replaces: newest });
      newest = certificateIn((await drive(world.issuer, ask, world.clock)).result);
    }
    const uses = await store.find('issuerUses', {});
    assert.deepEqual([...new Set(uses.map(({ bucket }) => bucket))].toSorted(), [
      'accountsPerAddress',
      'certificatesPerDomain a.test',
      'certificatesPerDomain b.test',
      'certificatesPerNames a.test,b.test',
      'ordersPerAccount',
    ]);
    assert.equal(uses.filter(({ bucket }) => bucket === 'ordersPerAccount').length, 5);
  });

  test('a name that failed too often is not tried before the hour is over', async (t) => {
    const store = await open();
    const world = await acmeWorld(store, { settings: { limits: asRates } });
    t.after(() => world.ca.close());
    world.ca.script.limits = LETSENCRYPT;
    world.ca.script.verdict = ({ identifier }) =>
      identifier.value === 'bad.test' ? { type: 'dns', detail: 'NXDOMAIN' } : 'valid';
    const started = world.clock.at;
    for (let round = 0; round < 5; round += 1) {
      assert.equal((await drive(world.issuer, await askFor(['bad.test']), world.clock)).result.kind, 'refused');
    }
    const { result } = await drive(world.issuer, await askFor(['bad.test', 'good.test']), world.clock);
    assert.ok(result.kind === 'unavailable' && (result.until ?? 0) >= started + HOUR);
    certificateIn((await drive(world.issuer, await askFor(['good.test']), world.clock)).result);
    assert.deepEqual(limited(world.ca), []);
  });

  test('rateLimited holds for the whole account, for every process, until its Retry-After', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    certificateIn((await drive(world.issuer, await askFor(['first.test']), world.clock)).result);
    const other = world.again({ store: await open.again(store, { clock: world.clock }) });
    const problem = {
      type: 'rateLimited',
      detail: 'too many new orders (300) from this account in the last 3h0m0s',
    } as const;
    world.ca.script.rules.push({ at: 'new-order', trouble: { kind: 'problem', problem, retryAfter: 1_800 } });
    const { result } = await drive(world.issuer, await askFor(['a.test']), world.clock);
    assert.ok(result.kind === 'unavailable' && result.until === world.clock.at + 1_800_000);
    const calls = world.ca.seen.length;
    assert.equal((await drive(other, await askFor(['b.test']), world.clock)).result.kind, 'unavailable');
    assert.equal(world.ca.seen.length, calls);
    world.clock.at += 30 * MINUTE;
    certificateIn((await drive(other, await askFor(['b.test']), world.clock)).result);
  });

  test('rateLimited for a domain or a set of names holds for those alone', async (t) => {
    const store = await open();
    for (const [detail, names, free, held] of [
      [
        'too many certificates (50) already issued for "shared.test" in the last 168h0m0s',
        ['a.shared.test'],
        ['other.test'],
        ['b.shared.test'],
      ],
      [
        'too many failed authorizations (5) for "a.deep.test" in the last 1h0m0s',
        ['a.deep.test'],
        ['b.deep.test'],
        ['a.deep.test'],
      ],
      [
        'too many certificates (5) already issued for this exact set of identifiers',
        ['x.test', 'y.test'],
        ['x.test'],
        ['y.test', 'x.test'],
      ],
    ] as const) {
      const world = await acmeWorld(store, { settings: { name: `ca-${names.length}-${names[0]}` } });
      t.after(() => world.ca.close());
      const problem = { type: 'rateLimited', detail } as const;
      world.ca.script.rules.push({ at: 'new-order', trouble: { kind: 'problem', problem, retryAfter: 86_400 } });
      assert.equal((await drive(world.issuer, await askFor(names), world.clock)).result.kind, 'unavailable');
      certificateIn((await drive(world.issuer, await askFor(free), world.clock)).result);
      assert.equal((await drive(world.issuer, await askFor(held), world.clock)).result.kind, 'unavailable', detail);
      world.clock.at += DAY;
      certificateIn((await drive(world.issuer, await askFor(held), world.clock)).result);
    }
  });

  test('uses that count no more are cleared away', async (t) => {
    const store = await open();
    const world = await acmeWorld(store, {
      settings: { limits: { certificatesPerDomain: { most: 50, seconds: 60 } } },
    });
    t.after(() => world.ca.close());
    for (let round = 0; round < 6; round += 1) {
      await removeExpired({ store, clock: world.clock });
      certificateIn((await drive(world.issuer, await askFor([`n${round}.test`]), world.clock)).result);
      world.clock.at += 2 * HOUR;
    }
    assert.equal((await store.find('issuerUses', {})).length, 1);
  });
});

test('published limits hold at the directories of Let’s Encrypt, and configuration changes them', () => {
  const live = 'https://acme-v02.api.letsencrypt.org/directory';
  // A little longer than published, for what lies between our note and the CA's.
  assert.deepEqual(limitsOf(live, {}).ordersPerAccount, { most: 300, window: 3 * HOUR + MINUTE });
  assert.deepEqual(limitsOf(live, {}).certificatesPerDomain, { most: 50, window: 7 * DAY + HOUR });
  assert.deepEqual(limitsOf(live, { ordersPerAccount: { most: 10, seconds: 60 } }).ordersPerAccount, {
    most: 10,
    window: 2 * MINUTE,
  });
  assert.equal(limitsOf(live, { ordersPerAccount: null }).ordersPerAccount, undefined);
  assert.deepEqual(limitsOf('https://ca.test/directory', {}), {});
  assert.deepEqual(limitsOf('https://acme-v02.api.letsencrypt.org.evil.test/', {}), {});
});
