import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Actor, ValidationChoice } from '../../src/core/desk.ts';
import type { Hosting, OperatorHosting } from '../../src/core/hosting.ts';
import { createHosting, createOperatorHosting } from '../../src/core/hosting/create-hosting.ts';
import type { Certificate, CertificateRequest, Hostname } from '../../src/core/records.ts';
import type { Store } from '../../src/core/store.ts';
import { DAY, SECOND } from '../../src/core/time.ts';
import { addAccount, askFor, createCoreWorld, isKind, type CoreWorld, paperCsr } from '../support/core-world.ts';
import { forEachStore } from '../support/stores.ts';

const NAME = 'shop.victim.test';

interface TrustWorld extends CoreWorld {
  store: Store;
  hosting: Hosting;
  operator: OperatorHosting;
  /** Who has the name. */
  owner: Actor;
  /** Another customer of the platform. */
  other: Actor;
}

/** A platform to which the name leads: whatever file it serves for it is found. */
async function createWorld(store: Store): Promise<TrustWorld> {
  const world = await createCoreWorld(store);
  world.domains.published.add(NAME);
  return {
    ...world,
    store,
    hosting: createHosting(world.engine, 'hoster', '_proof'),
    operator: createOperatorHosting(world.engine, 'hoster'),
    owner: world.actor,
    other: await addAccount(store, 'other', 1_000_000, world.clock.now()),
  };
}

let counter = 0;

/** A website of the actor that serves the name, a second after what was before. */
async function claim({ hosting, clock }: TrustWorld, actor: Actor, name = NAME): Promise<Hostname> {
  counter += 1;
  clock.forward(SECOND);
  const website = await hosting.createWebsite(actor, { name: `site${counter}`, groupId: null, extra: {} });
  const [added] = await hosting.addHostnames(actor, website.id, [{ name, extra: {} }]);
  return added as Hostname;
}

const byFile = (host: string): ValidationChoice => ({
  method: 'http',
  challenges: [{ method: 'http', host, path: `/.well-known/pki-validation/${counter}.txt`, content: 'yes' }],
  selfPublished: true,
});

/** Orders a certificate that is proved by a file of the platform, as its renewals are: completed where it is believed. */
async function order(world: TrustWorld, actor: Actor, name = NAME): Promise<CertificateRequest> {
  counter += 1;
  world.clock.forward(SECOND);
  const csr = paperCsr(`key ${counter}`);
  const ask = askFor(name, { csr, chooseValidation: byFile });
  return (await world.office.desk.placeOrder(actor, ask)).request;
}

async function hold(world: TrustWorld, actor: Actor, name = NAME): Promise<Certificate> {
  const request = await order(world, actor, name);
  assert.equal(request.state, 'completed');
  const [certificate] = await world.store.find('certificates', { requestId: request.id });
  return certificate as Certificate;
}

/** Who is believed: the owner, the other one. */
async function believed({ hosting, owner, other }: TrustWorld, name = NAME): Promise<[boolean, boolean]> {
  const hostname = { name } as Hostname;
  return [await hosting.isTrusted(owner, hostname), await hosting.isTrusted(other, hostname)];
}

forEachStore((open) => {
  test('attack: a claim that comes after the holder was issued a certificate stops none of its renewals', async () => {
    const world = await createWorld(await open());
    const { owner, other, clock } = world;
    await claim(world, owner);
    await hold(world, owner);
    await claim(world, other);
    assert.deepEqual(await believed(world), [true, false]);
    const attempt = await order(world, other);
    assert.equal(attempt.state, 'waiting');
    const [validation] = await world.store.find('validations', { requestId: attempt.id });
    assert.match(validation?.detail ?? '', /claimed by somebody else too/);
    // Long after the certificate from before that claim has ended.
    for (let renewals = 0; renewals < 6; renewals += 1) {
      clock.forward(90 * DAY);
      await hold(world, owner);
      assert.deepEqual(await believed(world), [true, false]);
    }
  });

  test('what the holder let end is no reason to believe it any more, whatever it once held', async () => {
    const world = await createWorld(await open());
    const { owner, other, clock } = world;
    await claim(world, owner);
    const { notAfter } = await hold(world, owner);
    await claim(world, other);
    clock.set(notAfter - SECOND);
    assert.deepEqual(await believed(world), [true, false]);
    clock.set(notAfter);
    assert.deepEqual(await believed(world), [false, false]);
    assert.equal((await order(world, owner)).state, 'waiting');
  });

  test('a certificate that was issued after a gap does not reach back over it', async () => {
    const world = await createWorld(await open());
    const { owner, other, clock } = world;
    await claim(world, owner);
    const { notAfter } = await hold(world, owner);
    const rival = await claim(world, other);
    clock.set(notAfter + DAY);
    // For a while nobody else claims it; then the same one does again, before the gap by its words.
    await world.store.transact((unit) => unit.delete('hostnames', rival.id));
    await hold(world, owner);
    await world.store.transact(async (unit) => unit.insert('hostnames', rival));
    assert.deepEqual(await believed(world), [false, false]);
  });

  test('a revoked certificate counts no more, unless the next one was proved before', async () => {
    const world = await createWorld(await open());
    const { owner, other, office, clock } = world;
    await claim(world, owner);
    const first = await hold(world, owner);
    await claim(world, other);
    const second = await hold(world, owner);
    clock.forward(SECOND);
    await office.desk.revoke(owner, first.id, 'superseded', 'test', {});
    assert.equal((await world.store.get('certificates', first.id))?.state, 'revoked');
    assert.deepEqual(await believed(world), [true, false]);
    await office.desk.revoke(owner, second.id, 'keyCompromise', 'test', {});
    assert.deepEqual(await believed(world), [false, false]);
  });

  test('attack: who claims first and waits keeps the owner from files, but not from a proof, and is then nobody', async () => {
    const world = await createWorld(await open());
    const { owner, other, operator, hosting, clock } = world;
    await claim(world, other);
    // The name led here before its owner came.
    await hold(world, other);
    const late = await claim(world, owner);
    assert.deepEqual(await believed(world), [false, true]);
    await operator.vouchFor(owner, late.id);
    assert.deepEqual(await believed(world), [true, false]);
    clock.forward(DAY);
    assert.equal((await order(world, other)).state, 'waiting', 'nor does its certificate renew');
    // Nor does it come back with the certificate from before, when the owner moves to another website.
    await hosting.deleteHostname(owner, late.id);
    await claim(world, owner);
    assert.deepEqual(await believed(world), [false, false]);
    assert.equal((await order(world, other)).state, 'waiting');
    const events = await world.store.find('auditEvents', { action: 'hostname.overruled', accountId: other.accountId });
    assert.equal(events.length, 1);
  });

  test('a proof of the wildcard over a name ends what others had proved of the name, and the other way round', async () => {
    for (const [held, proved] of [
      [NAME, `*.${NAME}`],
      [`*.${NAME}`, NAME],
    ] as const) {
      const world = await createWorld(await open());
      const { owner, other, operator, hosting, store, domains } = world;
      const first = await claim(world, owner, held);
      const second = await claim(world, other, proved);
      await operator.vouchFor(owner, first.id);
      await operator.vouchFor(other, second.id);
      const lost = await store.get('hostnames', first.id);
      assert.equal(lost?.verifiedAt, null);
      assert.ok(lost.verificationToken, 'it is told what to publish');
      // Whoever writes there proves it anew, by the new value.
      domains.published.add(`_proof.${NAME}`);
      assert.ok((await hosting.verifyHostname(owner, first.id)).verifiedAt);
      assert.equal((await store.get('hostnames', second.id))?.verifiedAt, null);
    }
  });

  test('attack: a claim that is removed and made again is a later one', async () => {
    const world = await createWorld(await open());
    const { owner, other, hosting } = world;
    const early = await claim(world, other);
    await claim(world, owner);
    assert.deepEqual(await believed(world), [false, false]);
    await hosting.deleteHostname(other, early.id);
    await hold(world, owner);
    await claim(world, other);
    assert.deepEqual(await believed(world), [true, false]);
  });

  test('attack: a second website with the name makes no claim older, and none younger', async () => {
    const world = await createWorld(await open());
    const { owner, other } = world;
    await claim(world, other);
    await claim(world, owner);
    await claim(world, other);
    assert.equal((await order(world, owner)).state, 'waiting');
    assert.deepEqual(await believed(world), [false, false]);
  });

  test('a holder with the name on two websites may take one away', async () => {
    const world = await createWorld(await open());
    const { owner, other, hosting } = world;
    await claim(world, owner);
    const second = await claim(world, owner);
    await hold(world, owner);
    await claim(world, other);
    await hosting.deleteHostname(owner, second.id);
    assert.deepEqual(await believed(world), [true, false]);
  });

  test('attack: who deleted its website comes back as the later one, whatever certificate it still has', async () => {
    const world = await createWorld(await open());
    const { owner, other, hosting } = world;
    // The former owner; the name is sold, and the new one comes.
    const former = await claim(world, other);
    await hold(world, other);
    await hosting.deleteWebsite(other, former.websiteId);
    await claim(world, owner);
    await claim(world, other);
    assert.deepEqual(await believed(world), [false, false]);
  });

  test('who deleted its website and comes back alone holds the name with its next certificate, not the last', async () => {
    const world = await createWorld(await open());
    const { owner, other, hosting } = world;
    const before = await claim(world, owner);
    await hold(world, owner);
    await hosting.deleteWebsite(owner, before.websiteId);
    await claim(world, owner);
    const rival = await claim(world, other);
    assert.deepEqual(await believed(world), [false, false]);
    await hosting.deleteHostname(other, rival.id);
    await hold(world, owner);
    await claim(world, other);
    assert.deepEqual(await believed(world), [true, false]);
  });

  test('attack: a certificate for a parent, a wildcard, or a name below holds nothing of this one', async () => {
    for (const held of ['victim.test', '*.victim.test', 'deep.shop.victim.test']) {
      const world = await createWorld(await open());
      const { owner, other, domains, office } = world;
      domains.published.add('_dcv.victim.test').add('_dcv.deep.shop.victim.test');
      await claim(world, owner);
      const product = held.startsWith('*.') ? 'dv-wildcard' : 'dv-single';
      const { request } = await office.desk.placeOrder(owner, askFor(held, { product }));
      assert.equal(request.state, 'completed', held);
      await claim(world, other);
      assert.deepEqual(await believed(world), [false, false], held);
    }
  });

  test('attack: later claims of parents, wildcards and www. stop no holder either, and earlier ones do', async () => {
    for (const rival of ['victim.test', '*.victim.test', `*.${NAME}`, `www.${NAME}`]) {
      const later = await createWorld(await open());
      await claim(later, later.owner);
      await hold(later, later.owner);
      await claim(later, later.other, rival);
      assert.deepEqual(await believed(later), [true, false], rival);
      const earlier = await createWorld(await open());
      await claim(earlier, earlier.other, rival);
      await claim(earlier, earlier.owner);
      assert.equal((await order(earlier, earlier.owner)).state, 'waiting', rival);
    }
  });

  test('who proves the parent is believed over who holds the name by certificates', async () => {
    const world = await createWorld(await open());
    const { owner, other, operator } = world;
    await claim(world, other);
    await hold(world, other);
    const apex = await claim(world, owner, 'victim.test');
    await claim(world, owner);
    assert.deepEqual(await believed(world), [false, true]);
    await operator.vouchFor(owner, apex.id);
    assert.deepEqual(await believed(world), [true, false]);
  });

  test('who claims the name later and proves it for an order ends what the earlier one holds', async () => {
    for (const domain of [NAME, 'victim.test']) {
      const world = await createWorld(await open());
      const { owner, other, domains, office } = world;
      await claim(world, other);
      await hold(world, other);
      await claim(world, owner);
      assert.deepEqual(await believed(world), [false, true]);
      domains.published.add(`_dcv.${domain}`);
      const { request } = await office.desk.placeOrder(owner, askFor(domain));
      assert.equal(request.state, 'completed');
      assert.deepEqual(await believed(world), [false, false], domain);
      assert.equal((await order(world, other)).state, 'waiting');
    }
  });

  test('attack: what a stranger without a claim proves, or a later one proved before or elsewhere, ends nothing', async () => {
    const world = await createWorld(await open());
    const { owner, other, domains, office } = world;
    for (const domain of [NAME, 'deep.shop.victim.test', 'elsewhere.test']) domains.published.add(`_dcv.${domain}`);
    const prove = (name: string) => office.desk.placeOrder(other, askFor(name, { csr: paperCsr(name) }));
    await prove(NAME);
    await claim(world, owner);
    await hold(world, owner);
    await claim(world, other);
    await prove('deep.shop.victim.test');
    await prove('elsewhere.test');
    assert.deepEqual(await believed(world), [true, false]);
  });

  test('attack: a certificate from elsewhere that was only brought in holds nothing', async () => {
    const world = await createWorld(await open());
    const { owner, other, clock, engine, office } = world;
    await claim(world, other);
    const notBefore = clock.now() - DAY;
    const paper = { serial: 'AB', notBefore, notAfter: notBefore + 90 * DAY, names: [NAME] };
    const certificate = engine.pki.readCertificate(Buffer.from(JSON.stringify(paper)));
    const ask = { dialect: 'test', certificate, commonName: null, csr: null, registrationNumber: null, extra: {} };
    await office.desk.importCertificate(other, ask);
    await claim(world, owner);
    assert.deepEqual(await believed(world), [false, false]);
  });

  test('attack: a claim made while the first look is under way is no later one', async () => {
    const world = await createWorld(await open());
    const { owner, other, domains } = world;
    await claim(world, other);
    const check = domains.check.bind(domains);
    domains.check = async (challenges) => {
      domains.check = check;
      await claim(world, owner);
      return check(challenges);
    };
    // What was asked before is answered; it holds nothing against who came before the proof.
    assert.equal((await order(world, other)).state, 'completed');
    assert.deepEqual(await believed(world), [false, false]);
  });

  test('claims and orders of two accounts at once: at most one of them is believed', async () => {
    const world = await createWorld(await open());
    const { owner, other, hosting } = world;
    const sites = await Promise.all(
      [owner, other].map((actor) => hosting.createWebsite(actor, { name: actor.handle, groupId: null, extra: {} })),
    );
    await Promise.all(
      [owner, other].map((actor, index) =>
        hosting.addHostnames(actor, sites[index]?.id ?? 0, [{ name: NAME, extra: {} }]),
      ),
    );
    const requests = await Promise.all([owner, other].map((actor) => order(world, actor)));
    assert.deepEqual(
      requests.map(({ state }) => state),
      ['waiting', 'waiting'],
    );
    assert.deepEqual(await believed(world), [false, false]);
  });

  test('of two accounts that prove a name at once one is believed, and no proof is left to the other', async () => {
    const world = await createWorld(await open());
    const { owner, other, hosting, domains, store } = world;
    const claims = [await claim(world, other), await claim(world, owner)] as const;
    domains.published.add(`_proof.${NAME}`);
    const proofs = await Promise.allSettled([
      hosting.verifyHostname(other, claims[0].id),
      hosting.verifyHostname(owner, claims[1].id),
    ]);
    const failed = proofs.filter((one) => one.status === 'rejected');
    assert.ok(failed.every(({ reason }) => isKind('validation-failed')(reason)));
    const kept = await store.find('hostnames', { name: NAME });
    assert.equal(kept.filter(({ verifiedAt }) => verifiedAt !== null).length, 1);
    for (const { verifiedAt, verificationToken } of kept) assert.equal(verifiedAt === null, verificationToken !== null);
    assert.equal((await believed(world)).filter(Boolean).length, 1);
  });
});
