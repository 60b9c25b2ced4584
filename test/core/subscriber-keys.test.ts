import assert from 'node:assert/strict';
import { createHash, createPrivateKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createCheckouts } from '../../src/core/checkouts/create-checkouts.ts';
import { createKeptFiles } from '../../src/core/create-kept-files.ts';
import type { Actor } from '../../src/core/desk.ts';
import type { ParsedCsr } from '../../src/core/ports.ts';
import type { Role, SubscriberKey } from '../../src/core/records.ts';
import type { Store } from '../../src/core/store.ts';
import { createSubscriberKeys, keyContext } from '../../src/core/subscriber-keys/create-subscriber-keys.ts';
import { keyBySpki } from '../../src/core/subscriber-keys.ts';
import { readCsr } from '../../src/pki/csr.ts';
import { createKeyTools } from '../../src/pki/key-tools.ts';
import { toPem } from '../../src/pki/pem.ts';
import { createSecretBox } from '../../src/secrets/secret-box.ts';
import { openSubscriberKeys } from '../../src/serve/open-subscriber-keys.ts';
import { addAccount, askFor, createCoreWorld, isKind, paperCsr, runDueJobs } from '../support/core-world.ts';
import { forEachStore } from '../support/stores.ts';

const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
const keyTools = createKeyTools();
const made = await keyTools.makeKey('P-256');
const KEY = { dialect: 'cpanel', label: 'For the shop', type: 'P-256' } as const;

/** `held`: no key is made before `release` is called. */
async function createWorld(store: Store, held = false) {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const tools = held ? createKeyTools() : keyTools;
  const makeKey: typeof tools.makeKey = (type) =>
    held ? tools.makeKey(type).finally(() => released) : tools.makeKey(type);
  const world = await createCoreWorld(store);
  const box = createSecretBox({ bytes: random.bytes(32), source: 'test' }, random);
  const objections = new Map<string, string>();
  const keys = createSubscriberKeys({
    store,
    clock: world.clock,
    keyTools: { ...tools, makeKey },
    seal: box.seal,
    open: box.open,
    objection: (dialect) => objections.get(dialect) ?? null,
  });
  const files = createKeptFiles({ store, clock: world.clock });
  const other = await addAccount(store, 'globex', 0, world.clock.now());
  return { ...world, store, box, keys, files, other, objections, release };
}

/** A CSR of the key, as the heart knows it. */
const csrOf = ({ spkiHash }: SubscriberKey): ParsedCsr => ({ ...paperCsr(spkiHash), spkiHash });
const as = (actor: Actor, role: Role): Actor => ({ ...actor, role });
const actionsOf = async (store: Store): Promise<string[]> =>
  (await store.find('auditEvents', {})).map(({ action }) => action).filter((action) => /key|file/.test(action));

forEachStore((open) => {
  test('a key is made, shown to its account, used, renamed and removed; all of it on the audit trail', async () => {
    const { keys, actor, store } = await createWorld(await open());
    const key = await keys.make(actor, KEY);
    assert.deepEqual([key.keyAlgorithm, key.keyBits, key.label], ['ECDSA', 256, 'For the shop']);
    const pem = await keys.show(actor, key.id, 'SSL::show_key');
    assert.match(pem, /^-----BEGIN PRIVATE KEY-----\n/);
    const spki = createPrivateKey(pem);
    assert.equal(spki.asymmetricKeyDetails?.namedCurve, 'prime256v1');
    const ask = { commonName: 'shop.test', names: ['shop.test'], subject: {} };
    const csr = readCsr(toPem('CERTIFICATE REQUEST', await keys.makeCsr(actor, key.id, ask)));
    assert.equal(csr.spkiHash, key.spkiHash);
    assert.equal((await keys.rename(actor, key.id, ' Other ')).label, 'Other');
    assert.deepEqual(await keyBySpki(store, { accountId: actor.accountId, dialect: 'cpanel' }, key.spkiHash), {
      ...key,
      label: 'Other',
    });
    await keys.remove(actor, key.id);
    assert.deepEqual(await store.find('subscriberKeys', {}), []);
    const actions = ['made', 'shown', 'signed', 'renamed', 'removed'].map((deed) => `subscriber-key.${deed}`);
    assert.deepEqual(await actionsOf(store), actions);
    const [, shown] = await store.find('auditEvents', {});
    assert.deepEqual([shown?.actor, shown?.target], ['acme/ada', `subscriber-key:${key.id}`]);
    assert.equal(shown?.details.why, 'SSL::show_key');
  });

  test('the many keys of one account do not keep another one from having one made', async () => {
    const { keys, actor, other, release } = await createWorld(await open(), true);
    const flood = Array.from({ length: 60 }, () => keys.make(actor, KEY));
    const settled = Promise.allSettled(flood);
    const theirs = keys.make(other, KEY);
    release();
    assert.equal((await theirs).accountId, other.accountId);
    const refused = (await settled).filter((one) => one.status === 'rejected');
    assert.equal(refused.length, 8);
    assert.ok(refused.every(({ reason }) => isKind('too-many-requests')(reason)));
    await keys.make(actor, KEY);
  });

  test('every showing is one event', async () => {
    const { keys, actor, store } = await createWorld(await open());
    const { id } = await keys.make(actor, KEY);
    await Promise.all([1, 2, 3].map(() => keys.show(actor, id, 'SSL::show_key')));
    assert.equal((await actionsOf(store)).filter((action) => action === 'subscriber-key.shown').length, 3);
  });

  test('nothing of the private key is at rest, or in what is thrown', async () => {
    const { keys, actor, store, box } = await createWorld(await open());
    const key = await keys.keep(actor, { ...KEY, key: made.pkcs8 });
    const secret = Buffer.from(made.pkcs8).subarray(36, 68);
    assert.ok(!Buffer.from(key.encryptedKey).includes(secret));
    const everything = JSON.stringify(await store.find('auditEvents', {}));
    for (const form of ['hex', 'base64', 'latin1'] as const) assert.ok(!everything.includes(secret.toString(form)));
    await store.transact((unit) =>
      unit.update('subscriberKeys', key.id, { encryptedKey: key.encryptedKey.subarray(1) }),
    );
    await assert.rejects(keys.show(actor, key.id, 'x'), isKind('internal'));
    assert.deepEqual(Buffer.from(box.open(key.encryptedKey, keyContext(key))), Buffer.from(made.pkcs8));
  });

  test('a sealed key that is put into another row opens nowhere', async () => {
    const { keys, actor, other, store } = await createWorld(await open());
    const mine = await keys.make(actor, KEY);
    const theirs = await keys.make(other, KEY);
    await store.transact((unit) => unit.update('subscriberKeys', mine.id, { encryptedKey: theirs.encryptedKey }));
    await assert.rejects(keys.show(actor, mine.id, 'x'), isKind('internal'));
    await store.transact((unit) => unit.update('subscriberKeys', theirs.id, { accountId: actor.accountId }));
    await assert.rejects(keys.show(actor, theirs.id, 'x'), isKind('internal'));
  });

  test("another account's key is not there", async () => {
    const { keys, actor, other, store } = await createWorld(await open());
    const { id } = await keys.make(actor, KEY);
    const ask = { commonName: 'shop.test', names: [], subject: {} };
    const term = { serial: random.bytes(16), notBefore: 0, notAfter: 1000 };
    const attempts = [
      () => keys.show(other, id, 'x'),
      () => keys.rename(other, id, 'mine'),
      () => keys.remove(other, id),
      () => keys.makeCsr(other, id, ask),
      () => keys.makeSelfSigned(other, id, { ...ask, ...term }),
    ];
    for (const attempt of attempts) await assert.rejects(attempt, isKind('not-found'));
    assert.deepEqual(await actionsOf(store), ['subscriber-key.made']);
  });

  test('who may only read neither makes, brings, sees nor uses keys', async () => {
    const { keys, actor } = await createWorld(await open());
    const { id } = await keys.make(actor, KEY);
    const reader = as(actor, 'view');
    const attempts = [
      () => keys.make(reader, KEY),
      () => keys.keep(reader, { ...KEY, key: made.pkcs8 }),
      () => keys.show(reader, id, 'x'),
      () => keys.makeCsr(reader, id, { commonName: 'a.test', names: [], subject: {} }),
      () => keys.remove(reader, id),
    ];
    for (const attempt of attempts) await assert.rejects(attempt, isKind('not-allowed'));
  });

  test('a key is kept once per account and dialect, also when two calls bring it at one time', async () => {
    const { keys, actor, other, store } = await createWorld(await open());
    const brought = { ...KEY, key: keyTools.toPem(made.pkcs8) };
    const kept = await Promise.all([1, 2, 3].map((label) => keys.keep(actor, { ...brought, label: `key ${label}` })));
    assert.equal(new Set(kept.map(({ id }) => id)).size, 1);
    const elsewhere = [
      await keys.keep(actor, { ...brought, dialect: 'wp-engine' }),
      await keys.keep(other, brought),
    ].map(({ id }) => id);
    assert.equal(new Set([...elsewhere, kept[0]?.id]).size, 3);
    assert.equal((await store.find('subscriberKeys', {})).length, 3);
    assert.equal(kept[0]?.spkiHash, createHash('sha256').update(made.spki).digest('hex'));
  });

  test('where keys must not be made here they are brought all the same', async () => {
    const { keys, actor, objections, store } = await createWorld(await open());
    objections.set('cpanel', 'A CA must not make keys of its subscribers');
    await assert.rejects(keys.make(actor, KEY), isKind('not-allowed'));
    assert.deepEqual(await store.find('subscriberKeys', {}), []);
    await keys.keep(actor, { ...KEY, key: made.pkcs8 });
    await keys.make(actor, { ...KEY, dialect: 'wp-engine' });
  });

  test('a key that a website uses is not removed', async () => {
    const { keys, actor, store, clock } = await createWorld(await open());
    const { id: keyId } = await keys.make(actor, KEY);
    const { accountId } = actor;
    await store.transact(async (unit) => {
      const id = unit.newId('websites');
      const installed = { certificatePem: 'PEM', keyId, certificateId: null, installedAt: clock.now() };
      const website = { id, accountId, dialect: 'cpanel', groupId: null, uid: 'w1', name: 'shop.test', extra: {} };
      unit.insert('websites', { ...website, ...installed, createdAt: clock.now() });
    });
    await assert.rejects(keys.remove(actor, keyId), isKind('wrong-state'));
    const [website] = await store.find('websites', {});
    await store.transact((unit) => unit.update('websites', website?.id as number, { keyId: null }));
    await keys.remove(actor, keyId);
  });

  test('a key that was made for an order goes with it where it is refused', async () => {
    const { keys, actor, other, store, office } = await createWorld(await open());
    await keys.make(other, KEY);
    await keys.make(actor, KEY);
    const others = await store.find('subscriberKeys', {});
    const order = async (key: SubscriberKey) => {
      assert.equal((await store.find('subscriberKeys', {})).length, 3);
      return office.desk.placeOrder(actor, askFor('not a name', { csr: csrOf(key) }));
    };
    await assert.rejects(keys.makeFor(actor, KEY, order), isKind('invalid-value'));
    assert.deepEqual(await store.find('subscriberKeys', {}), others);
    assert.deepEqual((await actionsOf(store)).slice(2), ['subscriber-key.made', 'subscriber-key.removed']);
  });

  test('it stays where the order is on record before something breaks', async () => {
    const world = await createWorld(await open());
    const { keys, actor, store, office, clock, domains } = world;
    const { check } = domains;
    domains.check = () => Promise.reject(new Error('the machine is on fire'));
    const order = (key: SubscriberKey) => office.desk.placeOrder(actor, askFor('shop.com', { csr: csrOf(key) }));
    await assert.rejects(keys.makeFor(actor, KEY, order), /on fire/);
    const [key, ...more] = await store.find('subscriberKeys', {});
    assert.deepEqual([key?.label, more], ['For the shop', []]);
    domains.check = check;
    domains.published.add('_dcv.shop.com');
    clock.forward(60_000);
    await runDueJobs(world);
    const [request] = await store.find('requests', {});
    assert.deepEqual([request?.state, request?.spkiHash], ['completed', key?.spkiHash]);
  });

  test('it stays where a purchase is open for it, and goes to nobody else’s order', async () => {
    const { keys, actor, other, store, office, engine } = await createWorld(await open());
    const checkouts = createCheckouts({ engine, dialect: 'cpanel', openFor: 60_000, askOf: () => assert.fail() });
    const use = async ({ id: keyId }: SubscriberKey) => {
      const item = { product: 'dv-single', periodMonths: 12, commonName: 'shop.com', names: ['shop.com'] };
      const items = [{ ...item, amount: 1_000, keyId, csr: null, extra: {} }];
      await checkouts.open(actor, { returnUrl: null, currency: 'EUR', items });
      throw new Error('the machine is on fire');
    };
    await assert.rejects(keys.makeFor(actor, KEY, use), /on fire/);
    assert.equal((await store.find('subscriberKeys', {})).length, 1);
    // Another account orders with the public half of a key that it does not have.
    const steal = async (key: SubscriberKey) => {
      await office.desk.placeOrder(other, askFor('shop.net', { csr: csrOf(key) }));
      throw new Error('the machine is on fire');
    };
    await store.transact((unit) => unit.update('accounts', other.accountId, { balance: 100_000 }));
    await assert.rejects(keys.makeFor(actor, KEY, steal), /on fire/);
    assert.equal((await store.find('subscriberKeys', {})).length, 1);
  });

  test('what is used well keeps its key, and its answer is told', async () => {
    const { keys, actor, store } = await createWorld(await open());
    const id = await keys.makeFor(actor, KEY, async (key) => key.id);
    assert.deepEqual(
      (await store.find('subscriberKeys', {})).map((key) => key.id),
      [id],
    );
  });

  for (const label of ['', ' ', 'x'.repeat(256), 'a\nb']) {
    test(`a key is not called ${JSON.stringify(label.slice(0, 9))}`, async () => {
      const { keys, actor } = await createWorld(await open());
      await assert.rejects(keys.make(actor, { ...KEY, label }), isKind('invalid-value'));
    });
  }

  test('doctor finds every key that does not open', async () => {
    const { keys, actor, store, box } = await createWorld(await open());
    const [good, moved, damaged] = await Promise.all([
      keys.make(actor, KEY),
      keys.make(actor, KEY),
      keys.make(actor, KEY),
    ]);
    assert.deepEqual(await openSubscriberKeys(store, box), { looked: '3 keys of subscribers', faults: [] });
    await store.transact(async (unit) => {
      await unit.update('subscriberKeys', moved.id, { spki: made.spki });
      await unit.update('subscriberKeys', damaged.id, { encryptedKey: good.encryptedKey });
    });
    const { faults } = await openSubscriberKeys(store, box);
    assert.equal(faults.length, 2);
    assert.match(faults.join('\n'), new RegExp(`key ${moved.id} of account .*public half[^]*key ${damaged.id} of`));
  });

  const file = {
    dialect: 'cpanel',
    type: 'certificate' as const,
    label: 'For the shop',
    commonName: 'shop.test',
    names: ['shop.test'],
    der: Buffer.from('a certificate'),
    chainPem: null,
    spkiHash: 'aa',
    notBefore: 1,
    notAfter: 2,
  };

  test('a file is kept once; a chain that it lacked is added', async () => {
    const { files, actor, other, store } = await createWorld(await open());
    const kept = await Promise.all([1, 2, 3].map(() => files.keep(actor, file)));
    assert.equal(kept.filter(({ isNew }) => isNew).length, 1);
    const id = kept[0]?.id as number;
    const again = await files.keep(actor, { ...file, chainPem: 'CHAIN', label: 'Another name' });
    assert.deepEqual([again.id, again.isNew, again.chainPem, again.label], [id, false, 'CHAIN', 'For the shop']);
    assert.equal((await files.keep(actor, { ...file, chainPem: 'OTHER' })).chainPem, 'CHAIN');
    assert.ok((await files.keep(other, file)).isNew);
    const fingerprint = createHash('sha256').update(file.der).digest('hex').toUpperCase();
    assert.equal((await store.find('keptFiles', { accountId: actor.accountId, fingerprint }))[0]?.id, id);
  });

  test('a file is renamed and removed by its account alone', async () => {
    const { files, actor, other, store } = await createWorld(await open());
    const { id } = await files.keep(actor, file);
    await assert.rejects(files.rename(other, id, 'mine'), isKind('not-found'));
    await assert.rejects(files.remove(other, id), isKind('not-found'));
    await assert.rejects(files.remove(as(actor, 'view'), id), isKind('not-allowed'));
    assert.equal((await files.rename(actor, id, 'Shop')).label, 'Shop');
    await files.remove(actor, id);
    assert.deepEqual(await store.find('keptFiles', {}), []);
    assert.deepEqual(await actionsOf(store), ['file.kept', 'file.renamed', 'file.removed']);
  });
});
