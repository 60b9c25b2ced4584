import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeskError } from '../../src/core/errors.ts';
import type { CertificateRequest, Confirmation } from '../../src/core/records.ts';
import { addMonths, DAY, HOUR, MINUTE, SECOND } from '../../src/core/time.ts';
import type { Store } from '../../src/core/store.ts';
import {
  addAccount,
  askFor,
  createCoreWorld,
  isKind,
  paperCsr,
  runDueJobs,
  type CoreWorld,
} from '../support/core-world.ts';
import { forEachStore } from '../support/stores.ts';

const person = { firstName: 'Ada', lastName: 'Byron', email: 'ada@acme.com', phone: '+31.201234567' };
const acme = { organization: 'Acme', country: 'NL', locality: 'Zwolle' };

async function everything(store: Store): Promise<number[]> {
  const kinds = ['orders', 'requests', 'validations', 'charges', 'jobs', 'auditEvents', 'notifications'] as const;
  return Promise.all(kinds.map(async (kind) => (await store.find(kind, {})).length));
}

async function issued(world: CoreWorld, name: string, changes = {}) {
  world.domains.published.add(`_dcv.${name}`);
  const outcome = await world.office.desk.placeOrder(world.actor, askFor(name, changes));
  assert.ok(outcome.certificate, outcome.request.detail ?? '');
  return outcome.certificate;
}

forEachStore((open) => {
  test('an order waits for its domain and is issued by its job once the domain answers', async () => {
    const world = await createCoreWorld(await open());
    const { desk } = world.office;
    const { request, certificate } = await desk.placeOrder(world.actor, askFor('shop.com'));
    assert.equal(certificate, null);
    assert.equal(request.state, 'waiting');
    assert.equal(await runDueJobs(world), 0);
    world.domains.published.add('_dcv.shop.com');
    world.clock.forward(MINUTE);
    assert.ok((await runDueJobs(world)) > 0);
    const [found] = await world.engine.store.find('certificates', { requestId: request.id });
    assert.equal(found?.state, 'active');
    assert.equal((await world.engine.store.get('requests', request.id))?.state, 'completed');
    assert.deepEqual(await world.engine.store.find('jobs', {}), []);
  });

  test('a domain that was proved counts again, for names below it too, until the rule table says no', async () => {
    const world = await createCoreWorld(await open());
    await issued(world, 'shop.com');
    world.domains.published.clear();
    const below = await world.office.desk.placeOrder(world.actor, askFor('www.shop.com'));
    assert.ok(below.certificate);
    world.clock.forward(200 * DAY + SECOND);
    const late = await world.office.desk.placeOrder(world.actor, askFor('late.shop.com'));
    assert.equal(late.certificate, null);
    const [reused] = await world.engine.store.find('validations', { requestId: below.request.id });
    assert.ok(reused?.reusedFrom);
  });

  test('a proof by file counts for its name alone', async () => {
    const world = await createCoreWorld(await open());
    const byFile = (domain: string) => ({
      method: 'http' as const,
      challenges: [{ method: 'http' as const, host: domain, path: '/.well-known/pki-validation/x.txt', content: 'x' }],
    });
    world.domains.published.add('shop.com');
    const first = await world.office.desk.placeOrder(world.actor, askFor('shop.com', { chooseValidation: byFile }));
    assert.ok(first.certificate);
    const below = await world.office.desk.placeOrder(world.actor, askFor('www.shop.com', { chooseValidation: byFile }));
    assert.equal(below.certificate, null);
    const star = askFor('*.shop.com', { product: 'dv-wildcard', chooseValidation: byFile });
    await assert.rejects(world.office.desk.placeOrder(world.actor, star), isKind('invalid-value'));
  });

  test("another account's proof, certificates and requests are out of reach", async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    const { desk } = world.office;
    const certificate = await issued(world, 'shop.com');
    world.domains.published.clear();
    const eve = await addAccount(store, 'eve', 100_000, world.clock.now());
    const open1 = await desk.placeOrder(world.actor, askFor('mine.com'));
    const hers = await desk.placeOrder(eve, askFor('shop.com', { csr: paperCsr('eve') }));
    assert.equal(hers.certificate, null, "the other account's proof does not count");
    const before = await everything(store);
    const ask = askFor('shop.com', { csr: paperCsr('eve2') });
    const attacks = [
      () => desk.reissue(eve, certificate.id, ask),
      () => desk.renew(eve, certificate.id, ask),
      () => desk.revoke(eve, certificate.id, 'keyCompromise', 'test', {}),
      () => desk.cancel(eve, open1.request.id),
      () => desk.checkNow(eve, open1.request.id, new Map()),
      () => desk.remind(eve, open1.request.id),
      () => desk.sendAgreement(eve, open1.request.id, 'eve@evil.com', null),
      () => desk.addNote(eve, open1.request.id, 'hello'),
      () => desk.quoteReissue(eve, certificate.id, ask),
    ];
    for (const attack of attacks) await assert.rejects(attack, isKind('not-found'));
    assert.deepEqual(await everything(store), before);
  });

  test('a key that may only read changes nothing', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    const viewer = { ...world.actor, role: 'view' as const };
    const certificate = await issued(world, 'shop.com');
    const before = await everything(store);
    await assert.rejects(world.office.desk.placeOrder(viewer, askFor('x.com')), isKind('not-allowed'));
    await assert.rejects(world.office.desk.revoke(viewer, certificate.id, null, 'test', {}), isKind('not-allowed'));
    assert.deepEqual(await everything(store), before);
  });

  test('what cannot be paid is refused and leaves nothing', async () => {
    const store = await open();
    const world = await createCoreWorld(store, 'poor', 1500);
    await world.office.desk.placeOrder(world.actor, askFor('one.com'));
    const before = await everything(store);
    await assert.rejects(world.office.desk.placeOrder(world.actor, askFor('two.com')), isKind('insufficient-balance'));
    assert.deepEqual(await everything(store), before);
    assert.equal((await store.get('accounts', world.actor.accountId))?.reserved, 1000);
  });

  test('a cancelled order gives back what it reserved, and is not issued when its domain answers later', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    const { request } = await world.office.desk.placeOrder(world.actor, askFor('one.com'));
    const cancelled = await world.office.desk.cancel(world.actor, request.id);
    assert.equal(cancelled.state, 'cancelled');
    world.domains.published.add('_dcv.one.com');
    world.clock.forward(DAY);
    await runDueJobs(world);
    assert.deepEqual(world.issuer.signed, []);
    const account = await store.get('accounts', world.actor.accountId);
    assert.deepEqual([account?.balance, account?.reserved], [1_000_000, 0]);
    await assert.rejects(world.office.desk.cancel(world.actor, request.id), isKind('wrong-state'));
    const [order] = await store.find('orders', {});
    assert.equal(order?.state, 'cancelled');
  });

  test('validate-now answers with why it did not pass, and leaves nothing', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    const before = await everything(store);
    const ask = askFor('one.com', { validateNow: true });
    await assert.rejects(world.office.desk.placeOrder(world.actor, ask), isKind('validation-failed'));
    assert.deepEqual(await everything(store), before);
    world.domains.published.add('_dcv.one.com');
    const { certificate, request } = await world.office.desk.placeOrder(world.actor, ask);
    assert.ok(certificate);
    const evidence = await store.find('attempts', { requestId: request.id });
    assert.deepEqual(evidence.map((one) => one.kind).sort(), ['caa', 'domain']);
  });

  test('CAA is asked for every name, stops issuance, and is asked again', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    world.domains.published.add('_dcv.a.com').add('_dcv.b.com');
    world.domains.caaAnswers.set('b.com', {
      status: 'denied',
      ttl: 300,
      message: 'b.com allows other.example',
      evidence: {},
    });
    const ask = askFor('a.com', { product: 'dv-multi', otherNames: ['b.com'] });
    const { request } = await world.office.desk.placeOrder(world.actor, ask);
    assert.equal(request.state, 'waiting');
    assert.match(request.detail ?? '', /CAA/);
    assert.deepEqual(world.issuer.signed, []);
    world.domains.caaAnswers.clear();
    world.clock.forward(31 * MINUTE);
    await runDueJobs(world);
    assert.equal((await store.get('requests', request.id))?.state, 'completed');
    const asked = world.domains.asked.filter((one) => one.startsWith('caa:'));
    assert.deepEqual(asked.sort(), ['caa:a.com', 'caa:b.com', 'caa:b.com'], 'a.com was usable for 8 hours');
  });

  test('a CAA permission for one account or method is asked for again by the next', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    world.domains.caaAnswers.set('a.com', {
      status: 'allowed',
      ttl: 300,
      message: 'yes',
      evidence: {},
      personal: true,
    });
    await issued(world, 'a.com');
    const eve = await addAccount(store, 'eve', 100_000, world.clock.now());
    world.domains.caaAnswers.set('a.com', { status: 'denied', ttl: 300, message: 'not you', evidence: {} });
    const hers = await world.office.desk.placeOrder(eve, askFor('a.com', { csr: paperCsr('eve') }));
    assert.equal(hers.certificate, null);
    assert.match(hers.request.detail ?? '', /CAA/);
    world.domains.caaAnswers.clear();
    world.clock.forward(SECOND);
    const mine = await world.office.desk.placeOrder(world.actor, askFor('a.com', { csr: paperCsr('mine') }));
    assert.ok(mine.certificate, 'a refusal of an earlier request does not delay');
    assert.deepEqual(await world.office.desk.checkNow(eve, hers.request.id, new Map()), []);
    assert.equal((await store.get('requests', hers.request.id))?.state, 'completed', 'checked at once');
  });

  test('an answer of CAA is not used after 8 hours', async () => {
    const world = await createCoreWorld(await open());
    await issued(world, 'a.com');
    world.clock.forward(8 * HOUR + SECOND);
    world.domains.caaAnswers.set('a.com', { status: 'denied', ttl: 300, message: 'no', evidence: {} });
    const again = await world.office.desk.placeOrder(world.actor, askFor('a.com', { csr: paperCsr('second') }));
    assert.equal(again.certificate, null);
  });

  test('an issuer that is away costs nothing and is asked again; nothing is signed twice', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    world.domains.published.add('_dcv.one.com');
    world.issuer.failures.push(new DeskError('issuer-unavailable', 'away'));
    const { request, certificate } = await world.office.desk.placeOrder(world.actor, askFor('one.com'));
    assert.deepEqual([request.state, certificate], ['issuing', null]);
    await assert.rejects(world.office.desk.cancel(world.actor, request.id), isKind('wrong-state'));
    world.clock.forward(MINUTE);
    await runDueJobs(world);
    assert.equal((await store.get('requests', request.id))?.state, 'completed');
    assert.equal(world.issuer.signed.length, 1);
    assert.equal((await store.find('issuances', { requestId: request.id })).length, 1);
  });

  test('an issuance that lay too long is abandoned, and its serial stays on record', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    world.domains.published.add('_dcv.one.com');
    world.issuer.failures.push(new DeskError('issuer-unavailable', 'away'));
    const { request } = await world.office.desk.placeOrder(world.actor, askFor('one.com'));
    world.clock.forward(3 * DAY);
    await runDueJobs(world);
    const issuances = await store.find('issuances', { requestId: request.id });
    assert.deepEqual(issuances.map((one) => one.state).sort(), ['abandoned', 'signed']);
    const [certificate] = await store.find('certificates', { requestId: request.id });
    assert.ok((certificate?.notBefore ?? 0) > world.clock.now() - DAY);
  });

  test('the same ask twice is refused while the first is under way', async () => {
    const world = await createCoreWorld(await open());
    const { desk } = world.office;
    await desk.placeOrder(world.actor, askFor('one.com', { refuseTwin: true }));
    await assert.rejects(
      desk.placeOrder(world.actor, askFor('one.com', { refuseTwin: true })),
      isKind('already-exists'),
    );
    const many = ['x', 'x', 'x', 'x'].map(() => desk.placeOrder(world.actor, askFor('two.com', { refuseTwin: true })));
    const results = await Promise.allSettled(many);
    assert.equal(results.filter((one) => one.status === 'fulfilled').length, 1);
  });

  test('a key reported as compromised is not certified again, for anybody', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    const certificate = await issued(world, 'one.com');
    const { csr } = askFor('one.com');
    // The paper issuer does not carry the CSR's key over; the record does for this test.
    await store.transact((unit) => unit.update('certificates', certificate.id, { spkiHash: csr.spkiHash }));
    await world.office.desk.revoke(world.actor, certificate.id, 'keyCompromise', 'test', {});
    const eve = await addAccount(store, 'eve', 100_000, world.clock.now());
    await assert.rejects(world.office.desk.placeOrder(eve, askFor('two.com', { csr })), isKind('invalid-csr'));
  });

  test('a revocation is on record at once and renews its list', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    const certificate = await issued(world, 'one.com');
    const { request } = await world.office.desk.revoke(world.actor, certificate.id, 'superseded', 'test', {
      reason: 'moved',
    });
    assert.equal(request.state, 'completed');
    const after = await store.get('certificates', certificate.id);
    assert.deepEqual(
      [after?.state, after?.revocationReason, after?.revokedAt],
      ['revoked', 'superseded', world.clock.now()],
    );
    const [job] = await store.find('jobs', { kind: 'renew-crl' });
    assert.deepEqual(job?.payload, { shard: 0 });
    await assert.rejects(
      world.office.desk.revoke(world.actor, certificate.id, null, 'test', {}),
      isKind('wrong-state'),
    );
    const both = await Promise.allSettled(
      [1, 2].map(async () =>
        world.office.desk.revoke(
          world.actor,
          (await issued(world, 'two.com', { csr: paperCsr('t') })).id,
          null,
          'test',
          {},
        ),
      ),
    );
    assert.ok(both.some((one) => one.status === 'fulfilled'));
  });

  test('a reissue replaces, costs nothing without new names, and ends with the order', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    const first = await issued(world, 'one.com', { product: 'dv-multi', otherNames: [] });
    const paid = (await store.get('accounts', world.actor.accountId))?.balance;
    world.clock.forward(180 * DAY);
    const second = await world.office.desk.reissue(
      world.actor,
      first.id,
      askFor('one.com', { csr: paperCsr('second') }),
    );
    assert.ok(second.certificate);
    assert.equal((await store.get('certificates', first.id))?.state, 'reissued');
    world.clock.forward(180 * DAY);
    world.domains.published.add('_dcv.one.com');
    const third = await world.office.desk.reissue(
      world.actor,
      second.certificate.id,
      askFor('one.com', { csr: paperCsr('third') }),
    );
    const order = await store.get('orders', first.orderId as number);
    assert.ok(third.certificate);
    assert.ok(third.certificate.notAfter <= (order?.endsAt as number));
    assert.equal(third.certificate.subscriptionEndsAt, null);
    assert.equal((await store.get('accounts', world.actor.accountId))?.balance, paid);
    await assert.rejects(
      world.office.desk.reissue(world.actor, first.id, askFor('one.com', { csr: paperCsr('4') })),
      isKind('wrong-state'),
    );
  });

  test('names added by a reissue are charged once and stay paid for', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    const first = await issued(world, 'one.com', { product: 'dv-multi' });
    const start = (await store.get('accounts', world.actor.accountId))?.balance as number;
    const more = ['a.one.com', 'b.one.com', 'c.one.com'];
    const reissue = async (id: number, otherNames: string[], key: string) => {
      const outcome = await world.office.desk.reissue(
        world.actor,
        id,
        askFor('one.com', { otherNames, csr: paperCsr(key) }),
      );
      return outcome.certificate?.id as number;
    };
    const quote = await world.office.desk.quoteReissue(world.actor, first.id, askFor('one.com', { otherNames: more }));
    assert.equal(quote.total, 1000);
    const second = await reissue(first.id, more, '2');
    assert.equal((await store.get('accounts', world.actor.accountId))?.balance, start - 1000);
    const third = await reissue(second, [], '3');
    await reissue(third, more, '4');
    assert.equal((await store.get('accounts', world.actor.accountId))?.balance, start - 1000);
  });

  test('a renewal inside the window keeps what is left, and the old certificate becomes renewed', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    const first = await issued(world, 'one.com');
    const order = await store.get('orders', first.orderId as number);
    world.clock.set((order?.endsAt as number) - 20 * DAY);
    const renewal = await world.office.desk.renew(world.actor, first.id, {
      ...askFor('one.com', { csr: paperCsr('2') }),
      periodMonths: 12,
    });
    assert.ok(renewal.certificate);
    const next = await store.get('orders', renewal.certificate.orderId as number);
    assert.equal(next?.renewsOrderId, order?.id);
    assert.equal((await store.get('certificates', first.id))?.state, 'renewed');
    assert.equal(next?.endsAt, addMonths(order?.endsAt as number, 12));
    await assert.rejects(
      world.office.desk.renew(world.actor, renewal.certificate.id, {
        ...askFor('one.com', { product: 'dv-multi' }),
        periodMonths: 13,
      }),
      isKind('invalid-value'),
    );
  });

  test('a three-year plan runs across 2027-03-15 and 2029-03-15 without a certificate that is too long', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    let current = await issued(world, 'one.com', { periodMonths: 36 });
    const order = await store.get('orders', current.orderId as number);
    const end = order?.endsAt as number;
    const lives = [];
    while (current.subscriptionEndsAt !== null) {
      lives.push((current.notAfter - current.notBefore + SECOND) / DAY);
      world.clock.set(current.notAfter - DAY);
      const outcome = await world.office.desk.reissue(
        world.actor,
        current.id,
        askFor('one.com', { csr: paperCsr(String(lives.length)) }),
      );
      assert.ok(outcome.certificate);
      assert.ok(outcome.certificate.notBefore <= current.notAfter, 'no gap');
      assert.ok(outcome.certificate.notAfter <= end);
      current = outcome.certificate;
    }
    assert.deepEqual([...new Set(lives)], [200, 100, 47]);
    assert.equal(current.notAfter, end);
  });

  test('an organization is vetted by people; EV needs a second one', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    const { office } = world;
    world.domains.published.add('_dcv.ev.com').add('_dcv.ov.com');
    const place = (name: string, product: string) =>
      office.desk.placeOrder(world.actor, askFor(name, { product, subject: acme, contact: person }));
    await assert.rejects(
      office.desk.placeOrder(world.actor, askFor('no.com', { product: 'ev-single' })),
      isKind('invalid-value'),
    );
    const { request } = await place('ev.com', 'ev-single');
    assert.match(request.detail ?? '', /organization/);
    const [organization] = await store.find('organizations', {});
    const id = organization?.id as number;
    await office.vetOrganization(id, { level: 'EV', evidence: 'register extract', by: 'olga' });
    await assert.rejects(office.confirmVetting(id, 'olga'), isKind('not-allowed'));
    await runDueJobs(world);
    assert.equal((await store.get('requests', request.id))?.state, 'waiting');
    await office.confirmVetting(id, 'piet');
    await runDueJobs(world);
    assert.equal((await store.get('requests', request.id))?.state, 'completed');
    const ov = await place('ov.com', 'ov-single');
    assert.equal((await store.find('organizations', {})).length, 1);
    assert.deepEqual(ov.request.checks, { organization: 'passed', callback: 'waiting', agreement: 'waiting' });
  });

  test('a mailed link validates the domain or accepts the agreement, once, and only while it may', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    const { office } = world;
    const byMail = () => ({
      method: 'email' as const,
      challenges: [{ method: 'email' as const, address: 'admin@ov.com' }],
    });
    const ask = askFor('ov.com', { product: 'ov-single', subject: acme, contact: person, chooseValidation: byMail });
    const { request } = await office.desk.placeOrder(world.actor, ask);
    const mails = await store.find('jobs', { kind: 'send-confirmation' });
    assert.deepEqual(new Set(mails.map((one) => one.payload['address'])), new Set(['ada@acme.com', 'admin@ov.com']));
    const [validation] = await store.find('validations', { requestId: request.id });
    const link = (id: number, changes: Partial<Confirmation>): Confirmation => ({
      id,
      accountId: world.actor.accountId,
      purpose: 'domain',
      requestId: request.id,
      validationId: validation?.id ?? null,
      address: 'admin@ov.com',
      secretHash: Buffer.from(`hash ${id}`),
      createdAt: world.clock.now(),
      expiresAt: world.clock.now() + DAY,
      confirmedAt: null,
      ...changes,
    });
    const ids = await store.transact(async (unit) => {
      const links = [
        {},
        { address: 'mallory@ov.com' },
        { expiresAt: 1 },
        { purpose: 'agreement' as const, validationId: null },
      ].map((changes) => link(unit.newId('confirmations'), changes));
      for (const one of links) unit.insert('confirmations', one);
      return links.map((one) => one.id);
    });
    assert.equal(await office.confirm(ids[1] as number), 'gone', 'an address that is not asked');
    assert.equal(await office.confirm(ids[2] as number), 'expired');
    assert.equal(await office.decline(ids[0] as number), 'declined');
    assert.equal((await store.get('validations', validation?.id as number))?.state, 'attention');
    assert.equal(await office.confirm(ids[0] as number), 'confirmed');
    assert.equal(await office.confirm(ids[0] as number), 'already');
    assert.equal(await office.confirm(ids[3] as number), 'confirmed');
    await office.passCheck(request.id, 'callback', 'olga', 'called 2026-11-22');
    await assert.rejects(office.passCheck(request.id, 'callback', 'olga', 'again'), isKind('wrong-state'));
    const [organization] = await store.find('organizations', {});
    await office.vetOrganization(organization?.id as number, { level: 'OV', evidence: 'register', by: 'olga' });
    await runDueJobs(world);
    assert.equal((await store.get('requests', request.id))?.state, 'completed');
  });

  test('check-now changes the way of validation and says why it does not pass', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    const { desk } = world.office;
    const { request } = await desk.placeOrder(world.actor, askFor('one.com'));
    assert.deepEqual(await desk.checkNow(world.actor, request.id, new Map()), ['one.com: No such record']);
    const file = {
      method: 'http' as const,
      challenges: [{ method: 'http' as const, host: 'one.com', path: '/x', content: 'x' }],
    };
    world.domains.published.add('one.com');
    assert.deepEqual(await desk.checkNow(world.actor, request.id, new Map([['one.com', file]])), []);
    assert.equal((await store.get('requests', request.id))?.state, 'completed');
    const validations = await store.find('validations', { requestId: request.id });
    assert.deepEqual(
      validations.map((one) => [one.method, one.state]),
      [
        ['dns', 'cancelled'],
        ['http', 'valid'],
      ],
    );
    await assert.rejects(desk.checkNow(world.actor, request.id, new Map()), isKind('wrong-state'));
  });

  test('a request that nobody validates fails after 30 days and gives back what it reserved', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    const { request } = await world.office.desk.placeOrder(world.actor, askFor('one.com'));
    world.clock.forward(30 * DAY + MINUTE);
    await runDueJobs(world);
    const after = (await store.get('requests', request.id)) as CertificateRequest;
    assert.equal(after.state, 'failed');
    assert.equal((await store.get('accounts', world.actor.accountId))?.reserved, 0);
    const [notice] = await store.find('notifications', { requestId: request.id });
    assert.equal(notice?.kind, 'request-failed');
  });

  test('two processes that finish the same request agree on one certificate', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    world.issuer.failures.push(new DeskError('issuer-unavailable', 'away'));
    world.domains.published.add('_dcv.one.com');
    const { request } = await world.office.desk.placeOrder(world.actor, askFor('one.com'));
    const job = (await store.find('jobs', {}))[0];
    assert.ok(job);
    const both = await Promise.allSettled([world.office.advance(job), world.office.advance(job)]);
    assert.ok(both.some((one) => one.status === 'fulfilled'));
    assert.equal((await store.find('certificates', { requestId: request.id })).length, 1);
  });

  test('calls that finish the same request at once answer with it, or that it waits no more', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    const { request } = await world.office.desk.placeOrder(world.actor, askFor('one.com'));
    world.domains.published.add('_dcv.one.com');
    const check = () => world.office.desk.checkNow(world.actor, request.id, new Map());
    const all = await Promise.allSettled([check(), check(), check(), check()]);
    assert.ok(all.some((one) => one.status === 'fulfilled'));
    for (const one of all) {
      if (one.status === 'rejected')
        assert.ok(isKind('wrong-state')(one.reason) || isKind('conflict')(one.reason), one.reason);
    }
    assert.equal((await store.get('requests', request.id))?.state, 'completed');
    assert.equal((await store.find('certificates', { requestId: request.id })).length, 1);
  });

  test('of two reissues at the same time each ends or is refused, and the one they replace is replaced once', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    const first = await issued(world, 'one.com');
    const reissue = (key: string) =>
      world.office.desk.reissue(world.actor, first.id, askFor('one.com', { csr: paperCsr(key) }));
    const both = await Promise.allSettled([reissue('a'), reissue('b')]);
    world.clock.forward(MINUTE);
    await runDueJobs(world);
    const requests = await store.find('requests', { kind: 'reissue' });
    assert.equal(requests.length, both.filter((one) => one.status === 'fulfilled').length);
    assert.ok(requests.length > 0);
    for (const request of requests) assert.equal(request.state, 'completed');
    assert.equal((await store.get('certificates', first.id))?.state, 'reissued');
  });

  test('certificates expire, and their account is told ahead, once per notice', async () => {
    const store = await open();
    const world = await createCoreWorld(store);
    const first = await issued(world, 'one.com');
    await world.office.sendExpiryNotices();
    world.clock.set(first.notAfter - 30 * DAY + HOUR);
    assert.equal(await world.office.sendExpiryNotices(), 1);
    assert.equal(await world.office.sendExpiryNotices(), 0);
    world.clock.set(first.notAfter - 14 * DAY + HOUR);
    assert.equal(await world.office.sendExpiryNotices(), 1);
    world.clock.set(first.notAfter + SECOND);
    assert.equal(await world.office.expireCertificates(), 1);
    assert.equal((await store.get('certificates', first.id))?.state, 'expired');
  });
});
