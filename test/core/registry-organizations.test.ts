import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeskError } from '../../src/core/errors.ts';
import type { Organization } from '../../src/core/records.ts';
import { createRegistry } from '../../src/core/registry/create-registry.ts';
import type { NewOrganization, Registry } from '../../src/core/registry.ts';
import { DAY } from '../../src/core/time.ts';
import type { Store } from '../../src/core/store.ts';
import {
  addAccount,
  askFor,
  createCoreWorld,
  isKind,
  paperCsr,
  runDueJobs,
  START,
  type CoreWorld,
} from '../support/core-world.ts';
import { forEachStore } from '../support/stores.ts';

const ACME: NewOrganization = {
  name: 'Acme B.V.',
  subject: {
    country: 'NL',
    state: 'Overijssel',
    locality: 'Zwolle',
    street: 'Ceintuurbaan 32A',
    postalCode: '8024 AA',
  },
  details: { phone: '+31.384530759' },
  contacts: [{ kind: 'organization', firstName: 'Ada', lastName: 'Byron', email: 'ada@example.com' }],
  containerId: null,
};

interface OrganizationWorld extends CoreWorld {
  store: Store;
  kept: Registry['organizations'];
}

async function createWorld(store: Store): Promise<OrganizationWorld> {
  const world = await createCoreWorld(store);
  return { ...world, store, kept: world.office.registry('test').organizations };
}

const vetting = (level: 'OV' | 'EV') => ({ level, evidence: 'KvK 12345678', by: 'eve' });

async function vetted(world: OrganizationWorld): Promise<Organization> {
  const { id } = await world.kept.create(world.actor, ACME, false);
  await world.kept.submit(world.actor, id, ['OV']);
  await world.office.vetOrganization(id, vetting('OV'));
  return (await world.store.get('organizations', id)) as Organization;
}

forEachStore((open) => {
  test('an organization is kept with all that was told, and vetted for what was submitted', async () => {
    const world = await createWorld(await open());
    const { store, kept, actor } = world;
    const made = await kept.create(actor, ACME, false);
    assert.deepEqual(await store.get('organizations', made.id), made);
    assert.deepEqual(made.subject, { ...ACME.subject, organization: 'Acme B.V.' });
    assert.deepEqual(
      [made.details, made.contacts, made.state, made.submitted],
      [ACME.details, ACME.contacts, 'waiting', []],
    );
    await kept.submit(actor, made.id, ['OV']);
    await kept.submit(actor, made.id, ['EV', 'OV']);
    assert.deepEqual((await store.get('organizations', made.id))?.submitted, ['OV', 'EV']);

    await world.office.vetOrganization(made.id, vetting('OV'));
    const valid = await store.get('organizations', made.id);
    assert.deepEqual([valid?.state, valid?.level, valid?.submitted], ['valid', 'OV', ['EV']]);
    const [told] = await store.find('notifications', {});
    assert.deepEqual([told?.kind, told?.organizationId, told?.dialect], ['organization-validated', made.id, 'test']);

    await world.office.vetOrganization(made.id, vetting('EV'));
    assert.deepEqual((await store.get('organizations', made.id))?.submitted, ['EV']);
    await world.office.confirmVetting(made.id, 'mallory');
    const extended = await store.get('organizations', made.id);
    assert.deepEqual([extended?.state, extended?.level, extended?.submitted], ['valid', 'EV', []]);
    assert.equal((await store.find('notifications', {})).length, 2);
  });

  test('the same name and address are known, however they are written, unless they are wanted twice', async () => {
    const world = await createWorld(await open());
    const { kept, actor, store } = world;
    const first = await kept.create(actor, ACME, false);
    const written = { ...ACME, name: 'ACME  b.v', subject: { ...ACME.subject, street: 'ceintuurbaan 32a' } };
    await assert.rejects(
      () => kept.create(actor, written, false),
      (error: unknown) => isKind('already-exists')(error) && (error as DeskError).value === String(first.id),
    );
    const second = await kept.create(actor, written, true);
    const third = await kept.create(actor, ACME, true);
    assert.equal(new Set([first.id, second.id, third.id]).size, 3);
    await kept.create(actor, { ...ACME, subject: { ...ACME.subject, locality: 'Kampen' } }, false);
    const other = await addAccount(store, 'other', 0, START);
    await kept.create(other, ACME, false);
  });

  test('of two who make the same at once one is told the id of the other', async () => {
    const world = await createWorld(await open());
    const { kept, actor, store } = world;
    const results = await Promise.allSettled([1, 2, 3].map(() => kept.create(actor, ACME, false)));
    const [made, ...more] = await store.find('organizations', {});
    assert.equal(more.length, 0);
    const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason as DeskError] : []));
    assert.deepEqual(
      refused.map(({ kind, value }) => [kind, value]),
      [1, 2].map(() => ['already-exists', String(made?.id)]),
    );
  });

  test('a second process that makes the same is stopped by the database, and told the id', async () => {
    const store = await open();
    const world = await createWorld(store);
    const { actor, engine } = world;
    // What another process sees that looked before this one wrote.
    const blind = new Proxy(store, {
      get: (target, member) =>
        member === 'transact'
          ? (work: (unit: object) => Promise<unknown>) =>
              target.transact((unit) => {
                blindness -= 1;
                if (blindness < 0) return work(unit);
                const find = (kind: string, ...rest: unknown[]) =>
                  kind === 'organizations' ? Promise.resolve([]) : unit.find(kind as never, ...(rest as [never]));
                return work(new Proxy(unit, { get: (own, name) => (name === 'find' ? find : Reflect.get(own, name)) }));
              })
          : Reflect.get(target, member),
    });
    let blindness = 0;
    const first = await world.kept.create(actor, ACME, false);
    blindness = 1;
    const elsewhere = createRegistry({ ...engine, store: blind }, 'test').organizations;
    await assert.rejects(
      () => elsewhere.create(actor, ACME, false),
      (error: unknown) => isKind('already-exists')(error) && (error as DeskError).value === String(first.id),
    );
    assert.equal((await store.find('organizations', {})).length, 1);
  });

  test('a change of what was vetted ends the vetting, anything else keeps it', async () => {
    const world = await createWorld(await open());
    const { kept, actor, store } = world;
    const { id } = await vetted(world);
    const same = await kept.change(actor, id, { contacts: [], details: { assumedName: 'Acme' } });
    assert.deepEqual([same.state, same.level, same.contacts], ['valid', 'OV', []]);
    const moved = await kept.change(actor, id, { subject: { ...ACME.subject, street: 'Elsewhere 1' } });
    assert.deepEqual([moved.state, moved.level, moved.validatedAt, moved.evidence], ['waiting', null, null, null]);
    assert.deepEqual(await store.get('organizations', id), moved);
    const [first, event] = await store.find('auditEvents', { action: 'organization.changed' });
    assert.equal(first?.details['vettingEnded'], false);
    assert.equal(event?.details['vettingEnded'], true);
    await kept.create(actor, ACME, false);
    await world.office.vetOrganization(id, vetting('OV'));
    const renamed = await kept.change(actor, id, { name: 'Acme Holding B.V.' });
    assert.deepEqual([renamed.state, renamed.subject.organization], ['waiting', 'Acme Holding B.V.']);
  });

  test('a certificate says nothing that was not vetted: not by reissue, not by a change in between', async () => {
    const world = await createWorld(await open());
    const { kept, actor, store, office } = world;
    const { id, subject } = await vetted(world);
    world.domains.published.add('_dcv.shop.example.com');
    const named = { product: 'ev-single', subject, organizationId: id };
    const ask = askFor('shop.example.com', named);
    await assert.rejects(
      () => office.desk.placeOrder(actor, { ...ask, subject: { ...subject, organization: 'Evil Bank' } }),
      isKind('invalid-value'),
    );
    const waiting = await office.desk.placeOrder(actor, ask);
    assert.equal(waiting.request.state, 'waiting');
    await kept.change(actor, id, { name: 'Acme Holding B.V.' });
    await office.vetOrganization(id, vetting('EV'));
    await office.confirmVetting(id, 'mallory');
    await runDueJobs(world);
    const failed = await store.get('requests', waiting.request.id);
    assert.deepEqual([failed?.state, failed?.detail?.slice(0, 28)], ['failed', 'The organization was changed']);

    const now = (await store.get('organizations', id)) as Organization;
    const again = { ...ask, subject: now.subject, csr: paperCsr('again') };
    const issued = await office.desk.placeOrder(actor, again);
    assert.equal(issued.request.state, 'completed');
    const evil = { ...again, subject: { ...now.subject, organization: 'Evil Bank' } };
    const { organizationId: _, ...unnamed } = evil;
    await assert.rejects(
      () => office.desk.reissue(actor, issued.certificate?.id as number, unnamed),
      isKind('invalid-value'),
    );
    assert.equal(world.issuer.signed.length, 1);
  });

  test('what is used is not deleted; what is inactive is not ordered with; all within the account', async () => {
    const world = await createWorld(await open());
    const { kept, actor, store } = world;
    const used = await vetted(world);
    const domain = {
      name: 'example.com',
      organizationId: used.id,
      containerId: null,
      choice: { method: 'email' as const, challenges: [] },
      extra: {},
    };
    await world.office.registry('test').domains.create(actor, domain);
    await assert.rejects(() => kept.delete(actor, used.id), isKind('wrong-state'));
    await kept.setActive(actor, used.id, false);
    const ask = askFor('example.com', { product: 'ev-single', subject: used.subject, organizationId: used.id });
    await assert.rejects(() => world.office.desk.placeOrder(actor, ask), isKind('invalid-value'));
    const free = await kept.create(actor, { ...ACME, name: 'Free' }, false);
    const other = await addAccount(store, 'other', 0, START);
    for (const call of [
      () => kept.change(other, free.id, { name: 'Mine' }),
      () => kept.setActive(other, free.id, false),
      () => kept.submit(other, free.id, ['OV']),
      () => kept.delete(other, free.id),
    ]) {
      await assert.rejects(call, isKind('not-found'));
    }
    await kept.delete(actor, free.id);
    await assert.rejects(() => kept.delete(actor, free.id), isKind('not-found'));
    for (const role of ['view', 'orders', 'standard', 'users'] as const) {
      await assert.rejects(() => kept.create({ ...actor, role }, ACME, true), isKind('not-allowed'));
    }
    for (const name of ['', '  ', 'a\u0000b', 'x'.repeat(256)]) {
      await assert.rejects(() => kept.create(actor, { ...ACME, name }, false), isKind('invalid-value'));
    }
  });

  test('a vetting grows old by the table', async () => {
    const world = await createWorld(await open());
    const { subject, id } = await vetted(world);
    world.domains.published.add('_dcv.shop.example.com');
    world.clock.forward(399 * DAY);
    const ask = askFor('shop.example.com', { product: 'ev-single', subject, organizationId: id });
    assert.equal((await world.office.desk.placeOrder(world.actor, ask)).request.state, 'waiting');
  });
});
