import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditEvent, CertificateRequest } from '../../src/core/records.ts';
import type { Store } from '../../src/core/store.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/time.ts';
import { askFor, createCoreWorld, isKind, paperCsr, runDueJobs, START, type CoreWorld } from '../support/core-world.ts';
import { addIssuer, away, type Move, type ScriptedIssuer, signWith } from '../support/scripted-issuer.ts';
import { forEachStore } from '../support/stores.ts';

const NAME = 'shop.example.com';

interface World extends CoreWorld {
  first: ScriptedIssuer;
  second: ScriptedIssuer;
}

/** A desk whose products are signed by the issuers of this list. */
async function createWorld(store: Store, issuers: readonly string[]): Promise<World> {
  const world = await createCoreWorld(store);
  const first = addIssuer(world.engine, 'first');
  const second = addIssuer(world.engine, 'second');
  signWith(world.engine, issuers);
  world.domains.published.add(`_dcv.${NAME}`);
  return { ...world, first, second };
}

const place = async (world: World, changes: Parameters<typeof askFor>[1] = {}): Promise<CertificateRequest> =>
  (await world.office.desk.placeOrder(world.actor, askFor(NAME, changes))).request;

const requestOf = async (world: World, { id }: CertificateRequest): Promise<CertificateRequest> =>
  (await world.engine.store.get('requests', id)) as CertificateRequest;

const certificateOf = async (world: World, { id }: CertificateRequest) =>
  (await world.engine.store.find('certificates', { requestId: id }))[0];

async function skipped(world: World, { id }: CertificateRequest): Promise<AuditEvent['details'][]> {
  const events = await world.engine.store.find('auditEvents', { action: 'issuer.skipped', target: `request:${id}` });
  return events.map(({ details }) => details);
}

async function money(world: World, { id }: CertificateRequest) {
  const [charge] = await world.engine.store.find('charges', { requestId: id });
  const account = await world.engine.store.get('accounts', world.actor.accountId);
  return { charge: charge?.state, reserved: account?.reserved, balance: account?.balance };
}

forEachStore((open) => {
  test('a client does not wait for a CA outside: its job asks it, at once', async () => {
    const world = await createWorld(await open(), ['first', 'embedded']);
    const request = await place(world);
    assert.equal(request.state, 'issuing');
    assert.equal(world.first.asks.length, 0);
    const [job] = await world.engine.store.find('jobs', { key: `advance:${request.id}` });
    assert.equal(job?.leaseUntil, null);
    assert.equal(job?.runAt, START);
    await runDueJobs(world);
    assert.equal((await requestOf(world, request)).state, 'completed');
    assert.equal((await certificateOf(world, request))?.issuer, 'first');
    assert.deepEqual(await skipped(world, request), []);
    assert.equal(world.issuer.signed.length, 0);
  });

  test('also where the client’s call has looked at the domain itself', async () => {
    const world = await createWorld(await open(), ['first']);
    world.domains.published.clear();
    const request = await place(world);
    world.domains.published.add(`_dcv.${NAME}`);
    await world.office.desk.checkNow(world.actor, request.id, new Map());
    assert.equal(world.first.asks.length, 0);
    const [job] = await world.engine.store.find('jobs', { key: `advance:${request.id}` });
    assert.equal(job?.leaseUntil, null, 'nobody holds the job');
    await runDueJobs(world);
    assert.equal((await requestOf(world, request)).state, 'completed');
  });

  test('a CA outside looks at CAA itself; the own one has it looked at, when it is its turn', async () => {
    const world = await createWorld(await open(), ['first', 'embedded']);
    world.domains.caaAnswers.set(NAME, { status: 'denied', ttl: 300, message: 'Not here', evidence: {} });
    const one = await place(world);
    await runDueJobs(world);
    assert.equal((await requestOf(world, one)).state, 'completed');
    assert.ok(!world.domains.asked.includes(`caa:${NAME}`));

    world.first.moves = [{ cannot: 'refused' }];
    const other = await place(world);
    await runDueJobs(world);
    assert.ok(world.domains.asked.includes(`caa:${NAME}`));
    const waiting = await requestOf(world, other);
    assert.equal(waiting.state, 'waiting');
    assert.match(waiting.detail ?? '', /CAA/);
    world.domains.caaAnswers.clear();
    world.clock.forward(HOUR);
    await runDueJobs(world);
    assert.equal((await certificateOf(world, other))?.issuer, 'embedded');
  });

  test('the next one is asked where one refuses, cannot now, or cannot even begin', async () => {
    const world = await createWorld(await open(), ['first', 'second', 'embedded']);
    world.first.moves = [{ cannot: 'refused', message: 'No such profile' }];
    world.second.away = away('The account is suspended');
    const request = await place(world);
    await runDueJobs(world);
    const certificate = await certificateOf(world, request);
    assert.equal(certificate?.issuer, 'embedded');
    assert.deepEqual(await skipped(world, request), [
      { issuer: 'first', kind: 'refused', reason: 'No such profile' },
      { issuer: 'second', kind: 'unavailable', reason: 'The account is suspended' },
    ]);
    assert.deepEqual((await requestOf(world, request)).triedIssuers?.names, ['first', 'second']);
    const issuances = await world.engine.store.find('issuances', { requestId: request.id });
    assert.deepEqual(
      issuances.map(({ issuer, state }) => [issuer, state]),
      [
        ['first', 'abandoned'],
        ['embedded', 'signed'],
      ],
    );
    assert.equal((await money(world, request)).charge, 'captured');
  });

  test('where all refuse, the request fails with the last word and nothing stays charged', async () => {
    const world = await createWorld(await open(), ['first', 'second']);
    world.first.moves = [{ cannot: 'refused', message: 'Not this name' }];
    world.second.moves = [{ cannot: 'refused', message: 'Nor here' }];
    const request = await place(world);
    assert.equal((await money(world, request)).reserved, 1000);
    await runDueJobs(world);
    const after = await requestOf(world, request);
    assert.equal(after.state, 'failed');
    assert.equal(after.detail, 'Nor here');
    assert.deepEqual(await money(world, request), { charge: 'released', reserved: 0, balance: 1_000_000 });
    assert.equal((await world.engine.store.find('jobs', { key: `advance:${request.id}` })).length, 0);
  });

  test('where one was only away, all are asked again, from the first, after growing rests', async () => {
    const world = await createWorld(await open(), ['first', 'second']);
    const rests: number[] = [];
    const cannot = { cannot: 'unavailable', message: 'Too many orders' } as const;
    const request = await place(world);
    for (let round = 0; round < 8; round += 1) {
      world.first.moves = [cannot];
      world.second.moves = [{ cannot: 'refused' }];
      await runDueJobs(world);
      const { triedIssuers, state, detail } = await requestOf(world, request);
      assert.equal(state, 'waiting');
      assert.equal(detail, 'Waiting for an issuer: second cannot');
      assert.deepEqual(triedIssuers?.names, []);
      assert.equal(world.first.asks.length, round + 1);
      assert.equal(world.second.asks.length, round + 1);
      const until = triedIssuers?.restUntil ?? 0;
      rests.push((until - world.clock.now()) / MINUTE);
      world.clock.set(until - 1);
      await runDueJobs(world);
      assert.equal(world.first.asks.length, round + 1, 'nobody is asked during the rest');
      world.clock.set(until);
    }
    assert.deepEqual(rests, [2, 5, 15, 30, 60, 120, 240, 240]);
    await runDueJobs(world);
    assert.equal((await certificateOf(world, request))?.issuer, 'first');
  });

  test('where issuers say from when on they can, the next round begins with the first of those', async () => {
    const world = await createWorld(await open(), ['first', 'second']);
    const start = world.clock.now();
    const cannot = (hours: number) => ({ cannot: 'unavailable', until: start + hours * HOUR }) as const;
    world.first.moves = [cannot(170)];
    world.second.moves = [cannot(9)];
    const request = await place(world);
    await runDueJobs(world);
    assert.equal((await requestOf(world, request)).triedIssuers?.restUntil, start + 9 * HOUR);
    world.clock.set(start + 9 * HOUR);
    world.first.moves = [cannot(170)];
    await runDueJobs(world);
    assert.equal((await certificateOf(world, request))?.issuer, 'second');
  });

  test('a round in which nobody was merely away ends the request', async () => {
    const world = await createWorld(await open(), ['first', 'second']);
    world.first.moves = [{ cannot: 'unavailable' }, { cannot: 'refused' }];
    world.second.moves = [{ cannot: 'refused' }, { cannot: 'refused', message: 'Never' }];
    const request = await place(world);
    await runDueJobs(world);
    assert.equal((await requestOf(world, request)).state, 'waiting');
    world.clock.forward(2 * MINUTE);
    await runDueJobs(world);
    const after = await requestOf(world, request);
    assert.deepEqual([after.state, after.detail], ['failed', 'Never']);
  });

  test('after 30 days nothing is waited for any more', async () => {
    const world = await createWorld(await open(), ['first']);
    world.first.moves = Array.from({ length: 500 }, () => ({ cannot: 'unavailable', message: 'Down' }) as const);
    const request = await place(world);
    for (let hours = 0; hours <= 30 * 24; hours += 2) {
      await runDueJobs(world);
      world.clock.forward(2 * HOUR);
    }
    const after = await requestOf(world, request);
    assert.deepEqual([after.state, after.detail], ['failed', 'No certificate was issued within 30 days: Down']);
    assert.equal((await money(world, request)).reserved, 0);
  });

  test('what was begun at an issuer is gone on with there: it throws, waits, and ends', async () => {
    const world = await createWorld(await open(), ['first', 'embedded']);
    world.first.moves = [{ again: 0 }, { again: 5 * MINUTE }, away(), 'sign'];
    const request = await place(world);
    await runDueJobs(world);
    assert.equal(world.first.asks.length, 2, 'what may go on at once does');
    assert.equal((await requestOf(world, request)).detail, 'Waiting for the issuer');
    world.clock.forward(5 * MINUTE);
    await assert.rejects(runDueJobs(world), isKind('issuer-unavailable'));
    assert.deepEqual(await skipped(world, request), []);
    world.clock.forward(DAY + SECOND);
    await runDueJobs(world);
    assert.equal((await certificateOf(world, request))?.issuer, 'first');
    const ids = new Set(world.first.asks.map(({ issuance }) => issuance.id));
    assert.equal(ids.size, 1, 'one issuance all the time');
    assert.deepEqual(world.first.asks.at(-1)?.issuance.progress, { step: 'ordered', resumeAt: START + 5 * MINUTE });
  });

  test('a process that dies before it has kept an answer: the same is asked again, and nothing is made twice', async () => {
    const world = await createWorld(await open(), ['first', 'second']);
    const { store } = world.engine;
    const request = await place(world);
    const dying = (moves: Move[]) => {
      world.first.moves = moves;
      let asks = world.first.asks.length + world.second.asks.length;
      world.engine.store = new Proxy(store, {
        get: (target, member) => {
          const value = Reflect.get(target, member) as unknown;
          if (member !== 'transact' || typeof value !== 'function') {
            return typeof value === 'function' ? value.bind(target) : value;
          }
          return (work: never) => {
            const now = world.first.asks.length + world.second.asks.length;
            if (now === asks) return store.transact(work);
            asks = now;
            return Promise.reject(new Error('killed'));
          };
        },
      });
    };
    const restart = (): void => {
      world.engine.store = store;
      world.clock.forward(DAY + SECOND);
    };
    dying([{ cannot: 'unavailable' }]);
    await assert.rejects(runDueJobs(world), /killed/);
    restart();
    assert.deepEqual(await skipped(world, request), []);
    world.first.moves = [{ cannot: 'refused' }];
    dying(world.first.moves);
    await assert.rejects(runDueJobs(world), /killed/);
    restart();
    dying(['sign']);
    await assert.rejects(runDueJobs(world), /killed/);
    assert.equal(world.first.signed.length, 1);
    restart();
    await runDueJobs(world);
    assert.equal((await certificateOf(world, request))?.issuer, 'first');
    assert.equal(world.first.signed.length, 1, 'asked twice, signed once');
    assert.equal(world.second.signed.length, 0);
    assert.equal(new Set(world.first.asks.map(({ issuance }) => issuance.id)).size, 1);
    assert.deepEqual(await money(world, request), { charge: 'captured', reserved: 0, balance: 999_000 });
  });

  test('an issuer that neither ends nor answers is waited for 30 days', async () => {
    const world = await createWorld(await open(), ['first', 'embedded']);
    world.first.moves = Array.from({ length: 40 }, () => ({ again: DAY }));
    const request = await place(world);
    for (let days = 0; days <= 30; days += 1) {
      await runDueJobs(world);
      world.clock.forward(DAY);
    }
    const after = await requestOf(world, request);
    assert.deepEqual([after.state, after.detail], ['failed', 'No certificate was issued within 30 days']);
    assert.equal((await money(world, request)).reserved, 0);
  });

  test('an issuer with an objection is not asked, and the trail says so', async () => {
    const world = await createWorld(await open(), ['first', 'gone', 'embedded']);
    world.first.against = ({ names, csr }) => `${names.join(' ')} is not in ${Buffer.from(csr).toString()}`;
    const request = await place(world);
    assert.equal(request.state, 'completed', 'the own CA signs within the call');
    assert.equal(world.first.asks.length, 0);
    assert.deepEqual(await skipped(world, request), [
      { issuer: 'first', kind: 'objects', reason: `${NAME} is not in key of ${NAME}` },
      { issuer: 'gone', kind: 'objects', reason: 'Issuer gone is not configured' },
    ]);
  });

  test('what every issuer objects to is refused at once, and nothing is stored', async () => {
    const world = await createWorld(await open(), ['first', 'second', 'gone']);
    const { store } = world.engine;
    world.first.against = () => 'The CSR has other names';
    world.second.against = () => 'The CSR has other names';
    const refused = (error: unknown) =>
      isKind('invalid-csr')(error) && (error as Error).message === 'The CSR has other names';
    await assert.rejects(world.office.desk.quoteOrder(world.actor, askFor(NAME)), refused);
    await assert.rejects(place(world), refused);
    await assert.rejects(place(world, { validateNow: true }), refused);
    assert.deepEqual(world.domains.asked, [], 'no domain was looked at');
    for (const kind of ['orders', 'requests', 'charges', 'validations', 'jobs'] as const) {
      assert.equal((await store.find(kind, {})).length, 0, kind);
    }
    world.second.against = () => null;
    const request = await place(world);
    await runDueJobs(world);
    assert.equal((await certificateOf(world, request))?.issuer, 'second');

    world.second.against = () => 'Not any more';
    const before = (await store.find('requests', {})).length;
    await assert.rejects(world.office.desk.reissue(world.actor, request.id, askFor(NAME)), isKind('invalid-csr'));
    await assert.rejects(world.office.desk.quoteReissue(world.actor, request.id, askFor(NAME)), isKind('invalid-csr'));
    await assert.rejects(world.office.desk.renew(world.actor, request.id, askFor(NAME)), isKind('invalid-csr'));
    await assert.rejects(world.office.desk.quoteRenewal(world.actor, request.id, askFor(NAME)), isKind('invalid-csr'));
    assert.equal((await store.find('requests', {})).length, before);
  });

  test('an objection that comes later ends the request with it', async () => {
    const world = await createWorld(await open(), ['first']);
    world.domains.published.clear();
    const request = await place(world);
    world.domains.published.add(`_dcv.${NAME}`);
    world.first.against = () => 'No wildcards here';
    world.clock.forward(HOUR);
    await runDueJobs(world);
    const after = await requestOf(world, request);
    assert.deepEqual([after.state, after.detail], ['failed', 'No wildcards here']);
  });

  test('an issuer that is taken out of the configuration is waited for, and one that is put in takes over after', async () => {
    const world = await createWorld(await open(), ['first', 'embedded']);
    world.first.moves = [{ again: MINUTE }];
    const request = await place(world);
    await runDueJobs(world);
    const all = world.engine.issuers;
    world.engine.issuers = new Map([...all].filter(([name]) => name !== 'first'));
    world.clock.forward(MINUTE);
    await assert.rejects(runDueJobs(world), /Issuer first is not configured/);
    world.engine.issuers = all;
    world.clock.forward(DAY + SECOND);
    await runDueJobs(world);
    assert.equal((await certificateOf(world, request))?.issuer, 'first');
  });

  test('what a certificate takes the place of is told to its own issuer, and of nothing else', async () => {
    const world = await createWorld(await open(), ['first', 'second']);
    const { desk } = world.office;
    const replacedBy = () => world.first.asks.at(-1)?.ask.replaces ?? world.second.asks.at(-1)?.ask.replaces ?? null;
    const request = await place(world);
    await runDueJobs(world);
    const old = await certificateOf(world, request);
    assert.equal(replacedBy(), null, 'a first certificate');
    assert.deepEqual(Buffer.from(world.first.asks.at(-1)?.ask.csr ?? []).toString(), `key of ${NAME}`);

    await desk.duplicate(world.actor, request.orderId as number, askFor(NAME));
    await runDueJobs(world);
    assert.equal(replacedBy(), null, 'a duplicate takes nobody’s place');

    await desk.reissue(world.actor, old?.id as number, askFor(NAME, { csr: paperCsr('new key') }));
    await runDueJobs(world);
    assert.deepEqual(replacedBy(), old?.der, 'a reissue');

    const newest = (await world.engine.store.find('certificates', { state: 'active' })).at(-1);
    await desk.renew(world.actor, newest?.id as number, askFor(NAME));
    await runDueJobs(world);
    assert.deepEqual(replacedBy(), newest?.der, 'a renewal');

    await desk.renew(world.actor, old?.id as number, askFor(NAME));
    await runDueJobs(world);
    assert.equal(replacedBy(), null, 'its place is taken already');

    world.first.moves = [{ cannot: 'refused' }];
    const last = (await world.engine.store.find('certificates', { state: 'active' })).at(-1);
    await desk.renew(world.actor, last?.id as number, askFor(NAME));
    await runDueJobs(world);
    assert.deepEqual(world.first.asks.at(-1)?.ask.replaces, last?.der);
    assert.equal(world.second.asks.length, 1);
    assert.equal(world.second.asks[0]?.ask.replaces, null, 'another CA knows nothing of it');
  });

  test('a revocation is told to the issuer of each certificate; what is on the own list needs nobody', async () => {
    const world = await createWorld(await open(), ['first', 'embedded']);
    const told: string[] = [];
    Object.assign(world.first, {
      revoke: (der: Uint8Array, reason: string | null) => {
        told.push(`${JSON.parse(Buffer.from(der).toString()).serial} ${reason}`);
        return Promise.resolve();
      },
    });
    const request = await place(world);
    await runDueJobs(world);
    world.first.moves = [{ cannot: 'refused' }];
    await world.office.desk.duplicate(world.actor, request.orderId as number, askFor(NAME));
    await runDueJobs(world);
    const certificates = await world.engine.store.find('certificates', {});
    assert.deepEqual(
      certificates.map(({ issuer }) => issuer),
      ['first', 'embedded'],
    );
    const ask = { reason: 'superseded' as const, dialect: 'test', extra: {} };
    await world.office.desk.revokeOrder(world.actor, request.orderId as number, ask);
    assert.deepEqual(told, [`${certificates[0]?.serial} superseded`]);
    const states = (await world.engine.store.find('certificates', {})).map(({ state }) => state);
    assert.deepEqual(states, ['revoked', 'revoked']);
  });
});
