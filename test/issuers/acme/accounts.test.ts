import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeAccountKey, type findAccountRecord, openKey } from '../../../src/issuers/acme/accounts.ts';
import { openAccountKey, makeAccountKey } from '../../../src/issuers/acme/account-key.ts';
import { openAcme } from '../../../src/issuers/acme/issuer.ts';
import type { ChanceryStore } from '../../../src/store/open.ts';
import { forEachStore } from '../../support/stores.ts';
import { acmeWorld, askFor, certificateIn, drive, issuanceOf, keep } from './acme-world.ts';

forEachStore((open) => {
  test('an account is made on first need, once, with contacts and agreement', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    assert.equal(world.ca.seen.length, 0);
    const second = await open.again(store, { clock: world.clock });
    const issuers = [world.issuer, world.again({ store: second }), world.again(), world.again({ store: second })];
    const results = await Promise.all(
      issuers.map(async (issuer, index) => drive(issuer, await askFor([`n${index}.test`]), world.clock)),
    );
    for (const { result } of results) certificateIn(result);
    assert.equal(world.ca.accounts.length, 1);
    assert.deepEqual(world.ca.accounts[0]?.contact, ['mailto:ops@desk.test']);
    assert.equal((await store.find('acmeAccounts', {})).length, 1);
    const made = world.ca.seen.filter(({ endpoint }) => endpoint === 'new-account');
    assert.ok(made.every(({ payload }) => (payload as Record<string, unknown>)['termsOfServiceAgreed'] === true));
  });

  test('a crash between the account there and the account here ends with the same one', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    world.ca.script.rules.push({ at: 'new-account', trouble: { kind: 'reset-after' } });
    certificateIn((await drive(world.issuer, await askFor(['a.test']), world.clock)).result);
    assert.equal(world.ca.accounts.length, 1);
  });

  test('the key at rest is sealed, and bound to its issuer', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    await drive(world.issuer, await askFor(['a.test']), world.clock);
    const record = await recordOf(store);
    assert.doesNotMatch(Buffer.from(record.encryptedKey).toString('latin1'), /kty|crv|"d"/);
    const key = await openKey(world.parts, record.encryptedKey);
    assert.equal(key.thumbprint, world.ca.accounts[0]?.thumbprint);
    const other = { ...world.parts, settings: { ...world.parts.settings, name: 'other' } };
    await assert.rejects(async () => openKey(other, record.encryptedKey), /does not open/);
    assert.doesNotMatch(JSON.stringify([await store.find('auditEvents', {}), world.complaints]), /"d"|kty/);
  });

  test('several issuers have accounts of their own in one database', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    const second = world.again({ settings: { ...world.parts.settings, name: 'second', keyAlgorithm: 'P-384' } });
    certificateIn((await drive(world.issuer, await askFor(['a.test']), world.clock)).result);
    certificateIn((await drive(second, await askFor(['b.test']), world.clock)).result);
    assert.deepEqual(
      (await store.find('acmeAccounts', {})).map(({ issuer }) => issuer),
      ['letsencrypt', 'second'],
    );
    assert.equal(new Set(world.ca.accounts.map(({ thumbprint }) => thumbprint)).size, 2);
  });

  test('a CA that wants an external binding gets it; without one the operator is told', async (t) => {
    const store = await open();
    const key = Buffer.from('0123456789abcdef0123456789abcdef').toString('base64url');
    const server = { meta: { externalAccountRequired: true }, bindingKeys: { kid1: key } };
    const world = await acmeWorld(store, { server });
    t.after(() => world.ca.close());
    const { result } = await drive(world.issuer, await askFor(['a.test']), world.clock);
    assert.equal(result.kind, 'unavailable');
    assert.match(world.complaints.map(({ message }) => message).join(), /eabKeyId/);
    const wrong = world.again({
      settings: {
        ...world.parts.settings,
        externalAccount: { keyId: 'kid1', key: Buffer.from('no').toString('base64url') },
      },
    });
    assert.notEqual((await drive(wrong, await askFor(['b.test']), world.clock)).result.kind, 'issued');
    const bound = world.again({
      settings: { ...world.parts.settings, externalAccount: { keyId: 'kid1', key: `${key}=` } },
    });
    certificateIn((await drive(bound, await askFor(['c.test']), world.clock)).result);
    assert.equal(world.ca.accounts[0]?.binding, 'kid1');
  });

  for (const type of ['P-256', 'P-384', 'RSA-2048'] as const) {
    test(`the account's key is changed to ${type}, and orders go on`, async (t) => {
      const store = await open();
      const world = await acmeWorld(store);
      t.after(() => world.ca.close());
      await drive(world.issuer, await askFor(['a.test']), world.clock);
      const before = world.ca.accounts[0]?.thumbprint;
      const acme = openAcme(world.parts);
      const key = await changeAccountKey(acme, acme.client, type);
      assert.notEqual(key.thumbprint, before);
      assert.equal(world.ca.accounts[0]?.thumbprint, key.thumbprint);
      assert.equal((await recordOf(store)).encryptedNextKey, null);
      certificateIn((await drive(world.issuer, await askFor(['b.test']), world.clock)).result);
      assert.equal(world.ca.accounts.length, 1);
    });
  }

  test('a key change that stops half-way is found out, whichever key the CA knows', async (t) => {
    for (const trouble of [{ kind: 'reset-before' }, { kind: 'reset-after' }] as const) {
      const store = await open();
      const world = await acmeWorld(store);
      t.after(() => world.ca.close());
      await drive(world.issuer, await askFor(['a.test']), world.clock);
      const acme = openAcme(world.parts);
      world.ca.script.rules.push({ at: 'key-change', trouble });
      await assert.rejects(changeAccountKey(acme, acme.client, 'P-256'), { name: 'AcmeError' });
      const half = await recordOf(store);
      assert.notEqual(half.encryptedNextKey, null);
      // As after a crash: both keys are on record, one of them counts.
      certificateIn((await drive(world.again(), await askFor(['b.test']), world.clock)).result);
      const next = await openKey(world.parts, half.encryptedNextKey as Uint8Array);
      const finished = await changeAccountKey(openAcme(world.parts), openAcme(world.parts).client, 'P-256');
      assert.equal((await recordOf(store)).encryptedNextKey, null);
      assert.equal(world.ca.accounts[0]?.thumbprint, finished.thumbprint);
      if (trouble.kind === 'reset-before') assert.equal(finished.thumbprint, next.thumbprint);
      certificateIn((await drive(world.again(), await askFor(['c.test']), world.clock)).result);
    }
  });

  test('a key change in the middle of an order publishes its answers anew', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    world.ca.script.verdict = (challenge) => {
      const shown = [...world.board.published.values()].map(({ keyAuthorization }) => keyAuthorization);
      return shown.includes(challenge.keyAuthorization)
        ? 'valid'
        : { type: 'incorrectResponse', detail: 'another key' };
    };
    const ask = await askFor(['a.test']);
    let issuance = issuanceOf(world.issuer, ask, world.clock.at);
    while (issuance.progress?.['stage'] !== 'answer') {
      const result = await world.issuer.issue(ask, issuance);
      assert.equal(result.kind, 'waiting');
      if (result.kind === 'waiting') issuance = keep(issuance, result);
    }
    const acme = openAcme(world.parts);
    await changeAccountKey(acme, acme.client, 'P-256');
    certificateIn((await drive(world.issuer, ask, world.clock, issuance)).result);
    assert.equal(world.board.published.size, 0);
  });

  test('an account that the CA does not know any more is made anew with the same key', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    const other = await acmeWorld(store);
    t.after(() => other.ca.close());
    // The same directory, another memory: as a test CA after its restart.
    await drive(world.issuer, await askFor(['a.test']), world.clock);
    const before = await recordOf(store);
    (world.ca.accounts as unknown[]).length = 0;
    certificateIn((await drive(world.issuer, await askFor(['b.test']), world.clock)).result);
    const after = await recordOf(store);
    assert.deepEqual(after.encryptedKey, before.encryptedKey);
    assert.equal(world.ca.accounts.length, 1);
  });

  async function recordOf(store: ChanceryStore) {
    const records = await store.find('acmeAccounts', { retiredAt: null });
    assert.equal(records.length, 1);
    return records[0] as NonNullable<Awaited<ReturnType<typeof findAccountRecord>>>;
  }
});

test('a key signs with its own algorithm alone, and tells nothing of itself where it is damaged', async () => {
  const json = Buffer.from(await makeAccountKey('P-256')).toString('utf8');
  const jwk = JSON.parse(json) as Record<string, string>;
  const key = await openAccountKey(Buffer.from(json));
  const jws = await key.sign({ url: 'https://ca.test/x', nonce: 'n', jwk: key.publicJwk }, Buffer.from('{}'));
  const header = JSON.parse(Buffer.from(jws.protected ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;
  assert.equal(header['alg'], 'ES256');
  assert.deepEqual(Object.keys(header['jwk'] as object).toSorted(), ['crv', 'kty', 'x', 'y']);
  for (const changes of [
    { alg: 'none' },
    { alg: 'HS256' },
    { alg: 'ES384' },
    { crv: 'P-521' },
    { kty: 'oct' },
    { d: '!!' },
  ]) {
    const damaged = Buffer.from(JSON.stringify({ ...jwk, ...changes }));
    await assert.rejects(openAccountKey(damaged), (error: Error) => {
      assert.match(error.message, /damaged/);
      assert.equal(error.cause, undefined);
      assert.ok(!String(error.stack).includes(jwk['d'] as string));
      return true;
    });
  }
  await assert.rejects(openAccountKey(Buffer.from('{"d":"secret')), /damaged/);
});
