import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askTheSame } from '../../src/core/ask-again.ts';
import { httpAnswer } from '../../src/core/challenge-answers.ts';
import type { ValidationChoice } from '../../src/core/desk.ts';
import { bareDetails } from '../../src/core/order-details.ts';
import type { DomainCheck } from '../../src/core/ports.ts';
import type { Challenge } from '../../src/core/records.ts';
import type { Store } from '../../src/core/store.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import { askFor, createCoreWorld, paperCsr, runDueJobs, type CoreWorld } from '../support/core-world.ts';
import { forEachStore } from '../support/stores.ts';

const NAME = 'shop.example.com';
const PATH = '/.well-known/pki-validation/file.txt';

const byFile = (content: string, changes: Partial<ValidationChoice> = {}): ValidationChoice => ({
  method: 'http',
  challenges: [{ method: 'http', host: 'Shop.Example.com', path: PATH, content }],
  selfPublished: true,
  ...changes,
});

const place = (world: CoreWorld, choice: ValidationChoice, changes: Parameters<typeof askFor>[1] = {}) =>
  world.office.desk.placeOrder(world.actor, askFor(NAME, { chooseValidation: () => choice, ...changes }));

/** A desk whose account serves the name. */
async function hostingWorld(store: Store): Promise<CoreWorld> {
  const world = await createCoreWorld(store);
  const { accountId } = world.actor;
  const nothing = {
    certificatePem: null,
    keyId: null,
    certificateId: null,
    installedAt: null,
    extra: {},
    createdAt: 0,
  };
  const unproved = { isPrimary: true, redirectsTo: null, verificationToken: null, verifiedAt: null };
  await store.transact(async (unit) => {
    const website = { accountId, dialect: 'test', groupId: null, uid: 'w', name: 'shop', ...nothing };
    unit.insert('websites', { id: unit.newId('websites'), ...website });
    const hostname = { accountId, dialect: 'test', websiteId: 1, uid: 'h', name: NAME, ...unproved, ...nothing };
    unit.insert('hostnames', { id: unit.newId('hostnames'), ...hostname });
  });
  return world;
}

const answers = (world: CoreWorld) => world.engine.store.find('challengeAnswers', {});

const served = (world: CoreWorld) => httpAnswer(world.engine.store, NAME, PATH, world.clock.now());

/** Domains whose files are fetched from what the desk answers, as long as their names lead to it. */
function serveAnswers(world: CoreWorld, leadsHere: () => boolean = () => true): void {
  world.domains.check = async (challenges: readonly Challenge[]): Promise<DomainCheck> => {
    for (const challenge of challenges) {
      if (challenge.method !== 'http' || !leadsHere()) continue;
      const body = await httpAnswer(world.engine.store, challenge.host, challenge.path, world.clock.now());
      if (body === challenge.content) return { outcome: 'passed', message: 'Found', evidence: {} };
    }
    return { outcome: 'not-found', message: 'No such file', evidence: {} };
  };
}

forEachStore((open) => {
  test('a file that the desk answers itself is there when it is looked for, and gone when that is over', async () => {
    const world = await hostingWorld(await open());
    serveAnswers(world);
    const { request } = await place(world, byFile('one'));
    assert.equal(request.state, 'completed', 'within the call');
    assert.deepEqual(await answers(world), []);
    const [validation] = await world.engine.store.find('validations', { requestId: request.id });
    assert.equal(validation?.state, 'valid');
  });

  test('as long as it is open it is answered for its host and path alone', async () => {
    const world = await hostingWorld(await open());
    await place(world, byFile('one'));
    const [answer] = await answers(world);
    assert.equal(answer?.name, NAME);
    assert.equal(answer?.expiresAt, world.clock.now() + 30 * DAY);
    assert.equal(await served(world), 'one');
    const { store } = world.engine;
    const now = world.clock.now();
    assert.equal(await httpAnswer(store, 'SHOP.example.com.', PATH, now), 'one');
    assert.equal(await httpAnswer(store, 'other.example.com', PATH, now), null);
    assert.equal(await httpAnswer(store, NAME, `${PATH}x`, now), null);
    assert.equal(await httpAnswer(store, NAME, PATH, now + 30 * DAY), null, 'no random value is older than 30 days');
  });

  test('a value that ends earlier is answered until then, and what nobody published is not', async () => {
    const world = await hostingWorld(await open());
    const until = world.clock.now() + DAY;
    const challenges = [{ method: 'http' as const, host: NAME, path: PATH, content: 'one', until }];
    await place(world, byFile('', { challenges }));
    assert.equal((await answers(world))[0]?.expiresAt, until);
    const other = { method: 'http' as const, challenges: [{ ...challenges[0], path: '/else' } as Challenge] };
    await place(world, other, { csr: paperCsr('other') });
    assert.equal((await answers(world)).length, 1);
  });

  test('it ends with the request, and stays where another request waits for the same', async () => {
    const world = await hostingWorld(await open());
    const one = await place(world, byFile('same'));
    const other = await place(world, byFile('same'), { csr: paperCsr('other') });
    assert.equal((await answers(world)).length, 1);
    await world.office.desk.cancel(world.actor, one.request.id);
    assert.equal(await served(world), 'same');
    await world.office.desk.cancel(world.actor, other.request.id);
    assert.deepEqual(await answers(world), []);
  });

  test('another way is chosen: the old file goes, the new one is there before it is looked for', async () => {
    const world = await hostingWorld(await open());
    let leadsHere = false;
    serveAnswers(world, () => leadsHere);
    const { request } = await place(world, byFile('one'));
    assert.equal(await served(world), 'one');
    await world.office.desk.checkNow(world.actor, request.id, new Map([[NAME, byFile('two')]]));
    assert.deepEqual(
      (await answers(world)).map(({ value }) => value),
      ['two'],
    );
    leadsHere = true;
    await world.office.desk.checkNow(world.actor, request.id, new Map([[NAME, byFile('three')]]));
    assert.equal((await world.engine.store.get('requests', request.id))?.state, 'completed');
    assert.deepEqual(await answers(world), []);
  });

  test('who wants the certificate at once has it validated before anything is stored', async () => {
    const world = await hostingWorld(await open());
    serveAnswers(world);
    const { request } = await place(world, byFile('one'), { validateNow: true });
    assert.equal(request.state, 'completed');
  });

  test('an order that goes on by itself is answered where its dialect says so, never by what was once', async () => {
    const world = await hostingWorld(await open());
    serveAnswers(world);
    let hosted = true;
    let round = 0;
    const again = new Map([
      [
        'test',
        async () => {
          round += 1;
          const choice = byFile(`again ${round}`, { selfPublished: hosted });
          return { chooseValidation: () => choice, extra: {}, detailsExtra: () => ({}), proveAgain: true };
        },
      ],
    ]);
    world.engine.askAgain = again;
    const details = bareDetails({ autoReissue: true });
    const { request } = await place(world, byFile('one'), { periodMonths: 36, details });
    const { orderId } = request;
    const reissue = async () => {
      const [newest] = await world.engine.store.find('certificates', { orderId, state: 'active' });
      world.clock.set((newest?.notAfter as number) - 29 * DAY);
      assert.equal(await world.office.runAutoOrders(), 1);
      await runDueJobs(world);
      return (await world.engine.store.find('requests', { orderId: orderId as number })).at(-1);
    };
    assert.equal((await reissue())?.state, 'completed');
    hosted = false;
    const unserved = await reissue();
    assert.equal(unserved?.state, 'waiting', 'the name is not served here any more');
    assert.deepEqual(await answers(world), []);

    const validations = await world.engine.store.find('validations', { requestId: request.id });
    assert.equal(
      validations[0]?.challenges.some((one) => 'answeredHere' in one),
      true,
    );
    const same = askTheSame({ request, validations }).chooseValidation(NAME, NAME);
    assert.deepEqual(same.challenges, [{ method: 'http', host: 'Shop.Example.com', path: PATH, content: 'one' }]);
    assert.equal(same.selfPublished, undefined);
  });

  test('what is over is removed, an hour at a time', async () => {
    const world = await hostingWorld(await open());
    const { store } = world.engine;
    const now = world.clock.now();
    await store.transact(async (unit) => {
      for (let count = 0; count < 1_201; count += 1) {
        const [createdAt, expiresAt] = [now - DAY, count === 0 ? now + 1 : now];
        const answer = { kind: 'http' as const, name: NAME, path: PATH, value: `${count}`, createdAt, expiresAt };
        unit.insert('challengeAnswers', { id: unit.newId('challengeAnswers'), ...answer });
      }
      const use = { issuer: 'first', bucket: 'orders', at: now - DAY };
      unit.insert('issuerUses', { id: unit.newId('issuerUses'), ...use, number: 1, expiresAt: now });
      unit.insert('issuerUses', { id: unit.newId('issuerUses'), ...use, number: 2, expiresAt: now + HOUR });
      const grant = { accountId: world.actor.accountId, dialect: 'test', kind: 'code' as const, userName: 'ada' };
      const rest = { bound: null, createdAt: now - DAY, endedAt: null };
      unit.insert('grants', {
        id: unit.newId('grants'),
        ...grant,
        ...rest,
        secretHash: Buffer.from('a'),
        expiresAt: now,
      });
      unit.insert('grants', {
        id: unit.newId('grants'),
        ...grant,
        ...rest,
        secretHash: Buffer.from('b'),
        expiresAt: now + 1,
      });
    });
    assert.equal(await world.office.removeExpired(), 1_202);
    assert.equal(await world.office.removeExpired(), 0);
    assert.deepEqual(
      (await answers(world)).map(({ value }) => value),
      ['0'],
    );
    assert.deepEqual(
      (await store.find('issuerUses', {})).map(({ number }) => number),
      [2],
    );
    assert.equal((await store.find('grants', {})).length, 1);
  });
});
