import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LastAsk, NextAsk } from '../../src/core/ask-again.ts';
import type { DetailsAsk, ValidationChoice } from '../../src/core/desk.ts';
import { bareDetails } from '../../src/core/order-details.ts';
import type { CertificateRequest } from '../../src/core/records.ts';
import type { Store } from '../../src/core/store.ts';
import { DAY, HOUR } from '../../src/core/time.ts';
import { askFor, createCoreWorld, isKind, paperCsr, runDueJobs, type CoreWorld } from '../support/core-world.ts';
import { forEachStore } from '../support/stores.ts';

const NAME = 'shop.example.com';

const carried = bareDetails({ extra: { token: 'old' } });

const byValue = (value: string, until?: number): ValidationChoice => ({
  method: 'dns',
  challenges: [
    { method: 'dns', record: 'TXT', name: `_${value}.${NAME}`, value, ...(until === undefined ? {} : { until }) },
  ],
});

/** An order whose proof was reused at its end of life, and grows too old while people vet. */
async function waiting(store: Store, choice: ValidationChoice, details: DetailsAsk | null = carried) {
  const world = await createCoreWorld(store);
  world.domains.check = async (challenges) => {
    const [challenge] = challenges;
    const name = challenge?.method === 'dns' ? challenge.name : '';
    world.domains.asked.push(name);
    const outcome = world.domains.published.has(name) ? ('passed' as const) : ('not-found' as const);
    return { outcome, message: outcome, evidence: {} };
  };
  world.domains.published.add(choice.challenges[0]?.method === 'dns' ? choice.challenges[0].name : '');
  await world.office.desk.placeOrder(world.actor, askFor(NAME, { chooseValidation: () => choice }));
  // 13 March 2027: two days before proofs count for 100 days in place of 200.
  world.clock.forward(111 * DAY);
  const { request } = await world.office.desk.placeOrder(
    world.actor,
    askFor(NAME, {
      product: 'ev-single',
      csr: paperCsr('second'),
      subject: { organization: 'Acme', country: 'NL' },
      chooseValidation: () => choice,
      extra: { note: 'kept', token: 'old' },
      ...(details === null ? {} : { details }),
    }),
  );
  assert.equal(request.state, 'waiting');
  assert.match(request.detail ?? '', /organization/);
  return { world, request };
}

async function vet(world: CoreWorld): Promise<void> {
  const [organization] = await world.engine.store.find('organizations', {});
  const id = organization?.id as number;
  await world.office.vetOrganization(id, { level: 'EV', evidence: 'register', by: 'olga' });
  await world.office.confirmVetting(id, 'otto');
}

const requestOf = async (world: CoreWorld, { id }: CertificateRequest) => world.engine.store.get('requests', id);

forEachStore((open) => {
  test('a proof that grows too old while people vet is asked for again, with fresh values of the dialect', async () => {
    const { world, request } = await waiting(await open(), byValue('old', Date.parse('2026-12-22T12:00:00Z')));
    const asked: LastAsk[] = [];
    world.engine.askAgain = new Map([
      [
        'test',
        async (last: LastAsk): Promise<NextAsk> => {
          asked.push(last);
          return {
            chooseValidation: () => byValue('fresh', world.clock.now() + 30 * DAY),
            extra: { token: 'fresh' },
            detailsExtra: (kept) => ({ ...kept, token: 'fresh' }),
          };
        },
      ],
    ]);
    world.clock.forward(3 * DAY);
    await vet(world);
    await runDueJobs(world);
    assert.ok(world.domains.asked.includes(`_fresh.${NAME}`), world.domains.asked.join());
    const after = await requestOf(world, request);
    assert.equal(after?.detail, 'Waiting for domain validation');
    assert.deepEqual(after?.extra, { note: 'kept', token: 'fresh' });
    assert.deepEqual((await world.engine.store.get('orderDetails', request.orderId as number))?.extra, {
      token: 'fresh',
    });
    assert.equal(asked.length, 1, 'once');
    assert.equal(asked[0]?.details.extra['token'], 'old');
    world.domains.published.add(`_fresh.${NAME}`);
    world.clock.forward(HOUR);
    await runDueJobs(world);
    assert.equal((await requestOf(world, request))?.state, 'completed');
  });

  test('without a word of the dialect it is asked for as before', async () => {
    const { world, request } = await waiting(await open(), byValue('old'), null);
    world.clock.forward(3 * DAY);
    await vet(world);
    await runDueJobs(world);
    assert.equal((await requestOf(world, request))?.state, 'completed', 'what is still published counts');
    const validations = await world.engine.store.find('validations', { requestId: request.id });
    assert.deepEqual(
      validations.map(({ state, reusedFrom }) => [state, reusedFrom === null]),
      [
        ['valid', false],
        ['valid', true],
      ],
    );
  });

  test('where the new way is by mail, the mail is sent', async () => {
    const { world, request } = await waiting(await open(), byValue('old'));
    const byMail = { method: 'email' as const, challenges: [{ method: 'email' as const, address: 'a@example.com' }] };
    const next: NextAsk = { chooseValidation: () => byMail, extra: {}, detailsExtra: (kept) => kept };
    world.engine.askAgain = new Map([['test', () => next]]);
    world.clock.forward(3 * DAY);
    await vet(world);
    await runDueJobs(world);
    const [asked] = await world.engine.store.find('validations', { requestId: request.id, state: 'waiting' });
    const [mail] = await world.engine.store.find('jobs', { kind: 'send-confirmation' });
    assert.equal(mail?.payload['validationId'], asked?.id);
    assert.equal(mail?.payload['address'], 'a@example.com');
  });

  test('a dialect that cannot say how leaves the request as it is, to be tried again until it ends', async () => {
    const { world, request } = await waiting(await open(), byValue('old'));
    const wildcard: NextAsk = {
      chooseValidation: () => ({ ...byValue('x'), domain: 'elsewhere.com' }),
      extra: {},
      detailsExtra: (kept) => kept,
    };
    world.engine.askAgain = new Map([['test', () => wildcard]]);
    world.clock.forward(3 * DAY);
    await vet(world);
    await assert.rejects(runDueJobs(world), isKind('invalid-value'));
    assert.equal((await requestOf(world, request))?.state, 'waiting');
    world.clock.forward(31 * DAY);
    await runDueJobs(world);
    assert.equal((await requestOf(world, request))?.state, 'failed');
  });
});
