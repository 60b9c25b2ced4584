import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ValidationChoice } from '../../src/core/desk.ts';
import type { Domain } from '../../src/core/records.ts';
import type { NewDomain, Registry } from '../../src/core/registry.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/core/time.ts';
import type { Store } from '../../src/core/store.ts';
import {
  addAccount,
  askFor,
  createCoreWorld,
  isKind,
  runDueJobs,
  START,
  type CoreWorld,
} from '../support/core-world.ts';
import { forEachStore } from '../support/stores.ts';

const byRecord = (name: string): ValidationChoice => ({
  method: 'dns',
  challenges: [{ method: 'dns', record: 'TXT', name, value: 'yes' }],
});
const byMail = (...addresses: string[]): ValidationChoice => ({
  method: 'email',
  challenges: addresses.map((address) => ({ method: 'email', address })),
});
const newDomain = (name: string, choice = byRecord(`_dcv.${name}`)): NewDomain => ({
  name,
  organizationId: null,
  containerId: null,
  choice,
  extra: { scope: 'base' },
});

interface DomainWorld extends CoreWorld {
  store: Store;
  domainsOf: Registry['domains'];
}

async function createWorld(store: Store): Promise<DomainWorld> {
  const world = await createCoreWorld(store);
  return { ...world, store, domainsOf: world.office.registry('test').domains };
}

/** The link of a mail, as `send-confirmation` stores it. */
async function mailed({ store, actor }: DomainWorld, validationId: number, address: string): Promise<number> {
  return store.transact(async (unit) => {
    const id = unit.newId('confirmations');
    const link = { id, accountId: actor.accountId, purpose: 'domain' as const, requestId: null, validationId, address };
    const secretHash = Buffer.from(`${id}`.padStart(32, '0'));
    unit.insert('confirmations', {
      ...link,
      secretHash,
      createdAt: START,
      expiresAt: START + 30 * DAY,
      confirmedAt: null,
    });
    return id;
  });
}

forEachStore((open) => {
  test('a domain is kept, looked for on the schedule, proved, told of, and good for orders of its names', async () => {
    const world = await createWorld(await open());
    const { store, actor, domainsOf } = world;
    const { domain, validation } = await domainsOf.create(actor, newDomain('example.com'));
    assert.deepEqual(domain.extra, { scope: 'base' });
    assert.equal(domain.dialect, 'test');
    assert.deepEqual([validation?.requestId, validation?.domainId, validation?.state], [null, domain.id, 'waiting']);
    await runDueJobs(world);
    world.clock.forward(14 * SECOND);
    assert.equal(await runDueJobs(world), 0);
    world.clock.forward(SECOND);
    assert.equal(await runDueJobs(world), 1);
    world.domains.published.add('_dcv.example.com');
    world.clock.forward(30 * SECOND);
    await runDueJobs(world);
    const proof = await domainsOf.validationOf(domain.id);
    assert.deepEqual([proof?.state, proof?.attempts, proof?.validatedAt], ['valid', 3, START + 45 * SECOND]);
    const attempts = await store.find('attempts', { validationId: proof?.id as number });
    assert.deepEqual(
      attempts.map(({ outcome, requestId, accountId }) => [outcome, requestId, accountId]),
      [
        ['not-found', null, actor.accountId],
        ['not-found', null, actor.accountId],
        ['passed', null, actor.accountId],
      ],
    );
    const [told, ...more] = await store.find('notifications', {});
    assert.deepEqual([told?.kind, told?.domainId, told?.dialect], ['domain-validated', domain.id, 'test']);
    assert.equal(more.length, 0);
    assert.deepEqual(await store.find('jobs', { kind: 'validate-domain' }), []);

    const { request, certificate } = await world.office.desk.placeOrder(actor, askFor('www.example.com'));
    assert.equal(request.state, 'completed');
    assert.ok(certificate);
    const [reused] = await store.find('validations', { requestId: request.id });
    assert.deepEqual([reused?.reusedFrom, reused?.domainId], [proof?.id, null]);
    world.clock.forward(201 * DAY);
    assert.equal(await domainsOf.validationOf(domain.id), null);
    const later = await world.office.desk.placeOrder(actor, askFor('mail.example.com'));
    assert.equal(later.request.state, 'waiting');
  });

  test('a proof of one account is none for another', async () => {
    const world = await createWorld(await open());
    const { domainsOf, actor, store } = world;
    world.domains.published.add('_dcv.example.com');
    const { domain } = await domainsOf.create(actor, newDomain('example.com'));
    await domainsOf.check(actor, domain.id);
    const other = await addAccount(store, 'other', 1_000_000, START);
    world.domains.published.clear();
    const { request } = await world.office.desk.placeOrder(other, askFor('example.com'));
    assert.equal(request.state, 'waiting');
    for (const call of [
      () => domainsOf.check(other, domain.id),
      () => domainsOf.choose(other, domain.id, byRecord('x')),
      () => domainsOf.remind(other, domain.id),
      () => domainsOf.setActive(other, domain.id, false),
      () => domainsOf.delete(other, domain.id),
    ]) {
      await assert.rejects(call, isKind('not-found'));
    }
    const own = await domainsOf.create(other, newDomain('example.com'));
    assert.notEqual(own.domain.id, domain.id);
  });

  test('a check looks at once, with evidence, and answers with how it stands', async () => {
    const world = await createWorld(await open());
    const { domainsOf, actor, store } = world;
    const { domain } = await domainsOf.create(actor, newDomain('example.com'));
    await runDueJobs(world);
    const failed = await domainsOf.check(actor, domain.id);
    assert.deepEqual([failed.validation?.state, failed.validation?.detail], ['waiting', 'No such record']);
    world.domains.published.add('_dcv.example.com');
    const passed = await domainsOf.check(actor, domain.id);
    assert.equal(passed.validation?.state, 'valid');
    assert.equal((await store.find('attempts', {})).length, 3);
    const again = await domainsOf.check(actor, domain.id);
    assert.deepEqual(again.validation, passed.validation);
    assert.equal((await store.find('attempts', {})).length, 3);
  });

  test('an order that waits for a domain goes on when the domain is proved beside it, not before', async () => {
    const world = await createWorld(await open());
    const { domainsOf, actor, store } = world;
    const desk = world.office.desk;
    world.domains.published.add('_dcv.example.com');
    const { domain } = await domainsOf.create(actor, newDomain('example.com'));
    await domainsOf.check(actor, domain.id);
    world.domains.published.clear();
    world.clock.forward(HOUR);
    // One that wants everything proved anew waits, whatever counts for others.
    const anew = await desk.placeOrder(actor, { ...askFor('example.com'), proveAgain: true });
    const below = await desk.placeOrder(actor, { ...askFor('www.example.com'), proveAgain: true });
    const stranger = await addAccount(store, 'other', 1_000_000, START);
    const theirs = await desk.placeOrder(stranger, askFor('example.com'));
    await runDueJobs(world);
    const stateOf = async (outcome: typeof anew) => (await store.get('requests', outcome.request.id))?.state;
    assert.deepEqual([await stateOf(anew), await stateOf(below)], ['waiting', 'waiting']);

    world.domains.published.add('_other.example.com');
    await domainsOf.choose(actor, domain.id, byRecord('_other.example.com'));
    await domainsOf.check(actor, domain.id);
    await runDueJobs(world);
    assert.equal(await stateOf(anew), 'completed');
    world.clock.forward(DAY);
    await runDueJobs(world);
    assert.deepEqual([await stateOf(below), await stateOf(theirs)], ['completed', 'waiting']);
    const proof = await domainsOf.validationOf(domain.id);
    const [asked, used] = await store.find('validations', { requestId: anew.request.id });
    assert.deepEqual([asked?.state, used?.state, used?.reusedFrom], ['cancelled', 'valid', proof?.id]);
    assert.equal((await store.find('auditEvents', { action: 'validation.reused' })).length, 2);
  });

  test('two checks and the job at once leave one proof and one notice', async () => {
    const world = await createWorld(await open());
    const { domainsOf, actor, store } = world;
    world.domains.published.add('_dcv.example.com');
    const { domain } = await domainsOf.create(actor, newDomain('example.com'));
    await Promise.all([domainsOf.check(actor, domain.id), domainsOf.check(actor, domain.id), runDueJobs(world)]);
    const validations = await store.find('validations', { domainId: domain.id });
    assert.deepEqual(
      validations.map((one) => one.state),
      ['valid'],
    );
    assert.equal((await store.find('notifications', { kind: 'domain-validated' })).length, 1);
    assert.equal((await store.find('auditEvents', { action: 'domain.validated' })).length, 1);
  });

  test('another way calls off what was open; the same ask again keeps its age', async () => {
    const world = await createWorld(await open());
    const { domainsOf, actor, store } = world;
    const { domain, validation: first } = await domainsOf.create(actor, newDomain('example.com'));
    world.clock.forward(HOUR);
    const same = await domainsOf.choose(actor, domain.id, byRecord('_dcv.example.com'));
    assert.equal(same.validation?.id, first?.id);
    const { validation: second, domain: changed } = await domainsOf.choose(
      actor,
      domain.id,
      byMail('admin@example.com'),
    );
    assert.equal(changed.method, 'email');
    assert.equal((await store.get('validations', first?.id as number))?.state, 'cancelled');
    world.domains.published.add('_dcv.example.com');
    await runDueJobs(world);
    assert.equal((await store.get('validations', second?.id as number))?.state, 'waiting');
    await Promise.all(
      ['a', 'b', 'c'].map((label) => domainsOf.choose(actor, domain.id, byRecord(`_${label}.example.com`))),
    );
    const left = (await store.find('validations', { domainId: domain.id })).filter((one) => one.state === 'waiting');
    assert.equal(left.length, 1);
  });

  test('after 30 days a challenge is not looked for any more', async () => {
    const world = await createWorld(await open());
    const { domainsOf, actor, store } = world;
    const { domain, validation } = await domainsOf.create(actor, newDomain('example.com'));
    const byPost = await domainsOf.create(actor, newDomain('example.org', byMail('admin@example.org')));
    await runDueJobs(world);
    world.clock.set(START + 30 * DAY - MINUTE);
    await runDueJobs(world);
    assert.equal((await store.get('validations', validation?.id as number))?.state, 'waiting');
    world.domains.published.add('_dcv.example.com');
    const asked = world.domains.asked.length;
    const link = await mailed(world, byPost.validation?.id as number, 'admin@example.org');
    await store.transact((unit) => unit.update('confirmations', link, { expiresAt: START + 60 * DAY }));
    world.clock.set(START + 30 * DAY);
    assert.equal((await domainsOf.check(actor, domain.id)).validation?.state, 'cancelled');
    assert.equal(await world.office.confirm(link), 'gone');
    await runDueJobs(world);
    assert.equal(world.domains.asked.length, asked);
    const mail = await store.get('validations', byPost.validation?.id as number);
    assert.deepEqual([mail?.state, mail?.detail], ['cancelled', 'Not validated within 30 days']);
    assert.equal(await domainsOf.validationOf(domain.id), null);
    assert.deepEqual(await store.find('jobs', { kind: 'validate-domain' }), []);
  });

  test('mails go to every address, can be sent again, and any one yes proves the domain', async () => {
    const world = await createWorld(await open());
    const { domainsOf, actor, store } = world;
    const addresses = ['admin@example.com', 'webmaster@example.com'];
    const { domain, validation } = await domainsOf.create(actor, newDomain('example.com', byMail(...addresses)));
    const validationId = validation?.id as number;
    const jobs = await store.find('jobs', { kind: 'send-confirmation' });
    assert.deepEqual(
      jobs.map(({ payload }) => [payload['address'], payload['requestId'], payload['validationId']]),
      addresses.map((address) => [address, null, validationId]),
    );
    await store.transact(async (unit) => {
      for (const { key } of jobs) await unit.done(key);
    });
    await domainsOf.remind(actor, domain.id);
    assert.equal((await store.find('jobs', { kind: 'send-confirmation' })).length, 2);

    const wrong = await mailed(world, validationId, 'somebody@example.net');
    assert.equal(await world.office.confirm(wrong), 'gone');
    const no = await mailed(world, validationId, addresses[0] as string);
    assert.equal(await world.office.decline(no), 'declined');
    assert.equal((await store.get('validations', validationId))?.state, 'attention');
    const yes = await mailed(world, validationId, addresses[1] as string);
    assert.deepEqual(await Promise.all([world.office.confirm(yes), world.office.confirm(yes)]), [
      'confirmed',
      'already',
    ]);
    assert.equal((await domainsOf.validationOf(domain.id))?.state, 'valid');
    const [event] = await store.find('auditEvents', { action: 'domain.validated' });
    assert.equal(event?.actor, 'mail:webmaster@example.com');
    await assert.rejects(() => domainsOf.remind(actor, domain.id), isKind('wrong-state'));
    const late = await mailed(world, validationId, addresses[0] as string);
    assert.equal(await world.office.confirm(late), 'gone');
  });

  test('a domain is kept once, also where two come at once; bad asks leave nothing behind', async () => {
    const world = await createWorld(await open());
    const { domainsOf, actor, store } = world;
    const both = await Promise.allSettled([1, 2, 3].map(() => domainsOf.create(actor, newDomain('example.com'))));
    assert.equal(both.filter((one) => one.status === 'fulfilled').length, 1);
    for (const one of both) if (one.status === 'rejected') assert.ok(isKind('already-exists')(one.reason));
    const counts = async () => [
      (await store.find('domains', {})).length,
      (await store.find('validations', {})).length,
      (await store.find('auditEvents', {})).length,
    ];
    const before = await counts();
    for (const [ask, kind] of [
      [newDomain('*.example.org'), 'invalid-value'],
      [newDomain('not a name'), 'invalid-value'],
      [{ ...newDomain('example.org'), organizationId: 999 }, 'not-found'],
      [{ ...newDomain('example.org'), containerId: 999 }, 'not-found'],
      [newDomain('example.com'), 'already-exists'],
    ] as const) {
      await assert.rejects(() => domainsOf.create(actor, ask), isKind(kind));
    }
    await assert.rejects(
      () => domainsOf.create({ ...actor, role: 'orders' }, newDomain('example.org')),
      isKind('not-allowed'),
    );
    assert.deepEqual(await counts(), before);
  });

  test('inactive and deleted: open asks end, the record goes, the evidence stays', async () => {
    const world = await createWorld(await open());
    const { domainsOf, actor, store } = world;
    const { domain, validation } = await domainsOf.create(actor, newDomain('example.com'));
    await domainsOf.setActive(actor, domain.id, false);
    assert.equal(((await store.get('domains', domain.id)) as Domain).active, false);
    await domainsOf.delete(actor, domain.id);
    assert.equal(await store.get('domains', domain.id), null);
    assert.equal((await store.get('validations', validation?.id as number))?.state, 'cancelled');
    assert.deepEqual(await store.find('jobs', { kind: 'validate-domain' }), []);
    await assert.rejects(() => domainsOf.delete(actor, domain.id), isKind('not-found'));
    const actions = (await store.find('auditEvents', {})).map((event) => event.action);
    assert.deepEqual(actions, ['domain.created', 'validation.asked', 'domain.deactivated', 'domain.deleted']);
    const again = await domainsOf.create(actor, newDomain('example.com'));
    assert.equal(again.validation?.state, 'waiting');
  });
});
