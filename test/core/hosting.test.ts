import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Actor } from '../../src/core/desk.ts';
import type { Hosting } from '../../src/core/hosting.ts';
import { createHosting, createOperatorHosting } from '../../src/core/hosting/create-hosting.ts';
import { mayAnswerFor } from '../../src/core/hosting/trust.ts';
import type { Hostname } from '../../src/core/records.ts';
import type { Store } from '../../src/core/store.ts';
import { SECOND } from '../../src/core/time.ts';
import { addAccount, createCoreWorld, isKind, type CoreWorld } from '../support/core-world.ts';
import { forEachStore } from '../support/stores.ts';

interface HostingWorld extends CoreWorld {
  store: Store;
  hosting: Hosting;
  /** A second customer of the same platform. */
  other: Actor;
}

async function createWorld(store: Store): Promise<HostingWorld> {
  const world = await createCoreWorld(store);
  const hosting = createHosting(world.engine, 'hoster', '_proof');
  return { ...world, store, hosting, other: await addAccount(store, 'other', 0, world.clock.now()) };
}

let counter = 0;

/** A website of the actor that serves these names. */
async function claim(hosting: Hosting, actor: Actor, ...names: string[]): Promise<[Hostname, ...Hostname[]]> {
  counter += 1;
  const website = await hosting.createWebsite(actor, { name: `site${counter}`, groupId: null, extra: {} });
  const added = await hosting.addHostnames(
    actor,
    website.id,
    names.map((name) => ({ name, extra: {} })),
  );
  return added as [Hostname, ...Hostname[]];
}

forEachStore((open) => {
  test('keeps groups, websites and names, each with an audit event', async () => {
    const { hosting, actor, store, clock } = await createWorld(await open());
    const group = await hosting.createGroup(actor, { name: 'Shop', extra: { sandbox: false } });
    assert.match(group.uid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const renamed = await hosting.changeGroup(actor, group.id, { name: 'Shops' });
    assert.deepEqual(renamed, { ...group, name: 'Shops' });
    const website = await hosting.createWebsite(actor, { name: 'shopprod', groupId: group.id, extra: { php: '8' } });
    const [first, second] = await hosting.addHostnames(actor, website.id, [
      { name: 'shop.test', isPrimary: true, extra: {} },
      { name: 'www.shop.test', extra: {}, uid: 'given' },
    ]);
    assert.ok(first && second);
    assert.deepEqual([first.isPrimary, second.isPrimary, second.uid], [true, false, 'given']);
    assert.equal(Buffer.from(first.verificationToken ?? '', 'base64url').length, 24);
    assert.deepEqual(await store.get('hostnames', second.id), second);
    const moved = await hosting.changeHostname(actor, first.id, { isPrimary: false, redirectsTo: second.id });
    assert.deepEqual(moved, { ...first, isPrimary: false, redirectsTo: second.id });
    await hosting.changeHostname(actor, second.id, { isPrimary: true });
    await hosting.deleteHostname(actor, second.id);
    assert.equal((await store.get('hostnames', first.id))?.redirectsTo, null);
    const changed = await hosting.changeWebsite(actor, website.id, { groupId: null, extra: { php: '9' } });
    assert.deepEqual(changed, { ...website, groupId: null, extra: { php: '9' } });
    await hosting.changeWebsite(actor, website.id, { groupId: group.id });
    await hosting.deleteGroup(actor, group.id);
    assert.deepEqual(await store.find('websites', {}), []);
    assert.deepEqual(await store.find('hostnames', {}), []);
    const events = await store.find('auditEvents', { accountId: actor.accountId });
    assert.deepEqual(
      events.map(({ action }) => action),
      [
        'website-group.created',
        'website-group.changed',
        'website.created',
        'hostname.added',
        'hostname.changed',
        'hostname.changed',
        'hostname.deleted',
        'website.changed',
        'website.changed',
        'website.deleted',
        'website-group.deleted',
      ],
    );
    assert.ok(events.every((event) => event.actor === 'acme/ada' && event.at === clock.now()));
  });

  test('one primary name per website; a redirect leads to another name of it that answers by itself', async () => {
    const { hosting, actor, store, other } = await createWorld(await open());
    const [a, b, c] = await claim(hosting, actor, 'a.test', 'b.test', 'c.test');
    assert.ok(b && c);
    const primaries = async () => (await store.find('hostnames', { isPrimary: true })).map(({ name }) => name);
    await hosting.changeHostname(actor, a.id, { isPrimary: true });
    await hosting.changeHostname(actor, b.id, { isPrimary: true });
    assert.deepEqual(await primaries(), ['b.test']);
    await hosting.addHostnames(actor, a.websiteId, [{ name: 'd.test', isPrimary: true, extra: {} }]);
    assert.deepEqual(await primaries(), ['d.test']);
    const [foreign] = await claim(hosting, other, 'foreign.test');
    const redirect = (id: number, redirectsTo: number) => hosting.changeHostname(actor, id, { redirectsTo });
    await assert.rejects(redirect(a.id, a.id), isKind('invalid-value'));
    await assert.rejects(redirect(a.id, foreign.id), isKind('invalid-value'));
    await redirect(a.id, b.id);
    await assert.rejects(redirect(b.id, c.id), isKind('invalid-value'));
    await assert.rejects(redirect(c.id, a.id), isKind('invalid-value'));
    await assert.rejects(hosting.changeHostname(actor, a.id, { isPrimary: true }), isKind('invalid-value'));
  });

  test('two calls at once leave one primary name', async () => {
    const { hosting, actor, store } = await createWorld(await open());
    const [a, b, c] = await claim(hosting, actor, 'a.test', 'b.test', 'c.test');
    assert.ok(b && c);
    await Promise.all([a, b, c].map(({ id }) => hosting.changeHostname(actor, id, { isPrimary: true })));
    assert.equal((await store.find('hostnames', { isPrimary: true })).length, 1);
  });

  test('refuses what cannot be kept', async () => {
    const { hosting, actor, other } = await createWorld(await open());
    const [name] = await claim(hosting, actor, 'a.test');
    const add = (...names: string[]) =>
      hosting.addHostnames(
        actor,
        name.websiteId,
        names.map((one) => ({ name: one, extra: {} })),
      );
    await assert.rejects(add('a.test'), isKind('already-exists'));
    await assert.rejects(add('b.test', 'b.test'), isKind('invalid-value'));
    await assert.rejects(add('no name'), isKind('invalid-value'));
    await assert.rejects(add(...Array.from({ length: 1_000 }, (_, i) => `n${i}.test`)), isKind('invalid-value'));
    const site = `site${counter}`;
    const twin = (by: Actor) => hosting.createWebsite(by, { name: site, groupId: null, extra: {} });
    await assert.rejects(twin(actor), isKind('already-exists'));
    await assert.rejects(twin(other), isKind('already-exists'));
    for (const bad of ['', ' ', 'a\u0000b', 'x'.repeat(256)]) {
      const ask = { name: bad, groupId: null, extra: {} };
      await assert.rejects(hosting.createWebsite(actor, ask), isKind('invalid-value'), bad);
      await assert.rejects(hosting.createGroup(actor, ask), isKind('invalid-value'), bad);
    }
  });

  test('nobody sees or changes what belongs to another account or another dialect', async () => {
    const { hosting, engine, actor, other, store } = await createWorld(await open());
    const group = await hosting.createGroup(actor, { name: 'Mine', extra: {} });
    const [name] = await claim(hosting, actor, 'mine.test');
    const site = name.websiteId;
    const install = { certificatePem: '', keyId: 1, certificateId: null };
    const before = [await store.find('websites', {}), await store.find('hostnames', {})];
    for (const [stranger, of] of [
      [other, hosting],
      [actor, createHosting(engine, 'elsewhere')],
    ] as const) {
      const calls: (() => Promise<unknown>)[] = [
        () => of.changeGroup(stranger, group.id, { name: 'x' }),
        () => of.deleteGroup(stranger, group.id),
        () => of.createWebsite(stranger, { name: 'x', groupId: group.id, extra: {} }),
        () => of.changeWebsite(stranger, site, { extra: {} }),
        () => of.deleteWebsite(stranger, site),
        () => of.addHostnames(stranger, site, [{ name: 'x.test', extra: {} }]),
        () => of.changeHostname(stranger, name.id, { isPrimary: true }),
        () => of.deleteHostname(stranger, name.id),
        () => of.verifyHostname(stranger, name.id),
        () => of.uninstall(stranger, site),
      ];
      for (const call of calls) await assert.rejects(call(), isKind('not-found'), String(call));
    }
    const viewer: Actor = { ...actor, role: 'view' };
    await assert.rejects(hosting.deleteWebsite(viewer, site), isKind('not-allowed'));
    await assert.rejects(hosting.install(viewer, site, install), isKind('not-allowed'));
    assert.deepEqual([await store.find('websites', {}), await store.find('hostnames', {})], before);
  });

  test('a name is proved by its TXT record, or by that of a domain above it', async () => {
    const { hosting, actor, domains, store, clock } = await createWorld(await open());
    const [name, wildcard] = await claim(hosting, actor, 'deep.shop.test', '*.shop.test');
    assert.ok(wildcard);
    assert.deepEqual(hosting.proofRecord(name), { name: '_proof.deep.shop.test', value: name.verificationToken });
    assert.equal(hosting.proofRecord(wildcard)?.name, '_proof.shop.test');
    await assert.rejects(hosting.verifyHostname(actor, name.id), isKind('validation-failed'));
    assert.equal((await store.get('hostnames', name.id))?.verifiedAt, null);
    domains.published.add('_proof.shop.test');
    clock.forward(SECOND);
    const proved = await hosting.verifyHostname(actor, name.id);
    assert.deepEqual([proved.verifiedAt, proved.verificationToken], [clock.now(), null]);
    assert.equal(hosting.proofRecord(proved), null);
    assert.deepEqual(await hosting.verifyHostname(actor, name.id), proved);
    const looks = await store.find('attempts', { accountId: actor.accountId });
    assert.deepEqual(
      looks.map(({ outcome }) => outcome),
      ['not-found', 'passed'],
    );
  });

  test('looks in vain do not pile up: the newest is kept, and each that found the record', async () => {
    const { hosting, actor, domains, store, clock } = await createWorld(await open());
    const names = await claim(hosting, actor, 'shop.test', 'other.test');
    for (let look = 0; look < 5; look += 1) {
      clock.forward(SECOND);
      for (const { id } of names) await assert.rejects(hosting.verifyHostname(actor, id), isKind('validation-failed'));
    }
    const vain = clock.now();
    domains.published.add('_proof.shop.test');
    clock.forward(SECOND);
    await hosting.verifyHostname(actor, names[0].id);
    const looks = await store.find('attempts', { accountId: actor.accountId });
    assert.deepEqual(
      looks.map(({ name, outcome, at }) => [name, outcome, at]),
      [
        ['shop.test', 'not-found', vain],
        ['other.test', 'not-found', vain],
        ['shop.test', 'passed', clock.now()],
      ],
    );
  });

  test('a record below a name proves nothing for it', async () => {
    const { hosting, actor, domains } = await createWorld(await open());
    const [name] = await claim(hosting, actor, 'shop.test');
    domains.published.add('_proof.deep.shop.test');
    await assert.rejects(hosting.verifyHostname(actor, name.id), isKind('validation-failed'));
  });

  test('an uncontested name of the account is trusted, a wildcard or a stranger never', async () => {
    const { hosting, engine, actor, other } = await createWorld(await open());
    const [name, wildcard] = await claim(hosting, actor, 'shop.test', '*.shop.test');
    assert.ok(wildcard);
    assert.equal(await hosting.isTrusted(actor, name), true);
    assert.equal(await hosting.isTrusted(actor, wildcard), false);
    assert.equal(await hosting.isTrusted(other, name), false);
    assert.equal(await mayAnswerFor(engine, actor.accountId, 'unclaimed.shop.test'), false);
  });

  test('attack: a name that two accounts claim is trusted for neither, whoever came first, until one proves it', async () => {
    const { hosting, engine, actor, other, domains, clock } = await createWorld(await open());
    const [early] = await claim(hosting, other, 'victim.test');
    assert.equal(await hosting.isTrusted(other, early), true);
    // The victim comes later, and over another dialect.
    const elsewhere = createHosting(engine, 'elsewhere', '_proof');
    const [late] = await claim(elsewhere, actor, 'victim.test');
    assert.deepEqual([await hosting.isTrusted(other, early), await elsewhere.isTrusted(actor, late)], [false, false]);
    assert.deepEqual([await hosting.isContested(early), await elsewhere.isContested(late)], [true, true]);
    domains.published.add('_proof.victim.test');
    await elsewhere.verifyHostname(actor, late.id);
    assert.deepEqual([await hosting.isTrusted(other, early), await elsewhere.isTrusted(actor, late)], [false, true]);
    // The domain is sold: who proves it last is believed, and the former owner no longer.
    clock.forward(SECOND);
    await hosting.verifyHostname(other, early.id);
    assert.deepEqual([await hosting.isTrusted(other, early), await elsewhere.isTrusted(actor, late)], [true, false]);
  });

  test('attack: another account below a claimed domain, or beside its www, is not trusted without proof', async () => {
    const { hosting, actor, other } = await createWorld(await open());
    const [apex] = await claim(hosting, actor, 'victim.test', '*.wild.test', 'www.only.test');
    const [below, wild, bare] = await claim(hosting, other, 'shop.victim.test', 'a.wild.test', 'only.test');
    assert.ok(wild && bare);
    for (const name of [below, wild, bare]) assert.equal(await hosting.isTrusted(other, name), false, name.name);
    // A claim far below takes nothing from who holds the domain.
    assert.equal(await hosting.isTrusted(actor, apex), true);
  });

  test('who has proved the parent is believed below it, unless somebody proved the name itself', async () => {
    const { hosting, actor, other, store, clock, engine } = await createWorld(await open());
    const operator = createOperatorHosting(engine, 'hoster');
    const [apex, sub] = await claim(hosting, actor, 'victim.test', 'shop.victim.test');
    const [rival] = await claim(hosting, other, 'shop.victim.test');
    assert.ok(sub);
    await operator.vouchFor(actor, apex.id);
    assert.deepEqual([await hosting.isTrusted(actor, sub), await hosting.isTrusted(other, rival)], [true, false]);
    clock.forward(SECOND);
    await operator.vouchFor(other, rival.id);
    assert.deepEqual([await hosting.isTrusted(actor, sub), await hosting.isTrusted(other, rival)], [false, true]);
    const [event] = await store.find('auditEvents', { action: 'hostname.proved', target: `hostname:${rival.id}` });
    assert.deepEqual(event?.details, { name: 'shop.victim.test', by: 'operator' });
  });

  test('two verifications of one name at once both answer', async () => {
    const { hosting, actor, domains } = await createWorld(await open());
    const [name] = await claim(hosting, actor, 'shop.test');
    domains.published.add('_proof.shop.test');
    const both = await Promise.all([1, 2].map(() => hosting.verifyHostname(actor, name.id)));
    assert.ok(both.every(({ verifiedAt }) => verifiedAt !== null));
  });
});
