import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Store } from '../../../src/core/store.ts';
import { forEachStore } from '../../support/stores.ts';
import type { Client, Json } from './client.ts';
import { addWebsite, openShop, otherAccount } from './ssl-world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** The first account serves shop.test and www.shop.test, a squatter www.shop.test as well; nobody holds either. */
async function openDispute(store: Store): Promise<{ owner: Client; squatter: Client; squatterId: number }> {
  const owner = await openShop(store);
  const squatter = await otherAccount(owner);
  const [account] = await store.find('accounts', { handle: squatter.user });
  const squatterId = account?.id ?? 0;
  await addWebsite(squatter, 'stolen', ['www.shop.test'], squatterId);
  return { owner, squatter, squatterId };
}

async function check(client: Client): Promise<void> {
  await client.data('SSL::start_autossl_check');
  for (let round = 0; round < 5; round++) await client.desk.runJobs();
}

const problems = (client: Client): Promise<Json[]> => client.data('SSL::get_autossl_problems');

/** The records that problems ask for. */
async function asked(client: Client): Promise<{ domain: string; name: string; value: string }[]> {
  return (await problems(client)).flatMap(({ domain, problem }) => {
    const [, name = '', value = ''] = /Publish a TXT record at (\S+) with the value “(\S+)”\.$/.exec(problem) ?? [];
    return name === '' ? [] : { domain, name, value };
  });
}

/** The names of every certificate in place on the account's websites. */
async function secured(client: Client): Promise<string[][]> {
  return (await client.data('SSL::installed_hosts')).map(({ certificate }: Json) => certificate?.domains ?? []);
}

/** Counts the names whose records are looked for. */
function countLooks({ desk: { domains } }: Client, meanwhile: () => void = () => undefined): string[] {
  const looked: string[] = [];
  const published = domains.check.bind(domains);
  domains.check = async (challenges) => {
    const [first] = challenges;
    if (first?.method === 'dns') {
      looked.push(first.name);
      meanwhile();
    }
    return published(challenges);
  };
  return looked;
}

forEachStore((open) => {
  test('who publishes the record that a problem names gets the certificate with the next check', async () => {
    const { owner, squatter, squatterId } = await openDispute(await open());
    const { domains, clock, store } = owner.desk;
    await check(owner);
    await check(squatter);
    assert.deepEqual(await secured(owner), []);
    const records = await asked(owner);
    const [apex, www] = await store.find('hostnames', { accountId: owner.desk.actor.accountId });
    assert.deepEqual(records, [
      { domain: 'shop.test', name: 'cpanel-domain-verification.shop.test', value: apex?.verificationToken },
      { domain: 'www.shop.test', name: 'cpanel-domain-verification.www.shop.test', value: www?.verificationToken },
    ]);
    const [before] = await asked(squatter);
    for (const { name, value } of records) domains.publishRecord('TXT', name, value);
    clock.forward(SECOND);
    await check(owner);
    assert.deepEqual(await problems(owner), []);
    assert.deepEqual(await secured(owner), [['shop.test', 'www.shop.test']]);
    // The squatter reads its problem with the value that counts from now on, and goes on getting nothing.
    const [after] = await asked(squatter);
    assert.deepEqual([after?.domain, after?.name], ['www.shop.test', 'cpanel-domain-verification.www.shop.test']);
    assert.notEqual(after?.value, before?.value);
    domains.publishRecord('TXT', before?.name ?? '', before?.value ?? '');
    await check(squatter);
    const certificates = await store.find('certificates', { accountId: squatterId });
    assert.ok(certificates.every(({ names }) => !names.includes('www.shop.test')));
    const [last] = (await problems(squatter)).filter(({ domain }) => domain === 'www.shop.test');
    assert.match(last?.problem, /^Another account claims the domain “www\.shop\.test”/);
  });

  test('the record of the domain proves what lies below it', async () => {
    const { owner } = await openDispute(await open());
    await check(owner);
    const [apex] = await asked(owner);
    owner.desk.domains.publishRecord('TXT', apex?.name ?? '', apex?.value ?? '');
    await check(owner);
    assert.deepEqual(await problems(owner), []);
    assert.deepEqual(await secured(owner), [['shop.test', 'www.shop.test']]);
  });

  test('attack: a value of another account, or of another name, proves nothing', async () => {
    const { owner, squatter } = await openDispute(await open());
    const { domains, store } = owner.desk;
    await check(owner);
    await check(squatter);
    const [apex, www] = await asked(owner);
    const [theirs] = await asked(squatter);
    assert.ok(apex && www && theirs);
    // The owner's values below the name and at another one, and the squatter's in a zone of the squatter's own.
    domains.publishRecord('TXT', 'cpanel-domain-verification.deep.www.shop.test', www.value);
    domains.publishRecord('TXT', 'cpanel-domain-verification.www.shop.test', apex.value);
    domains.publishRecord('TXT', 'cpanel-domain-verification.globex.test', theirs.value);
    await check(owner);
    await check(squatter);
    assert.deepEqual(await asked(owner), [apex, www]);
    assert.deepEqual(await asked(squatter), [theirs]);
    const certificates = await store.find('certificates', {});
    assert.deepEqual(
      certificates.filter(({ names }) => names.some((name) => name.endsWith('shop.test'))),
      [],
    );
  });

  test('the squatter’s value in the owner’s zone proves the name for the squatter alone', async () => {
    const { owner, squatter } = await openDispute(await open());
    await check(squatter);
    const [theirs] = await asked(squatter);
    owner.desk.domains.publishRecord('TXT', theirs?.name ?? '', theirs?.value ?? '');
    await check(owner);
    assert.deepEqual(await secured(owner), []);
    assert.equal((await asked(owner)).length, 2);
    await check(squatter);
    assert.deepEqual(await secured(squatter), [['globex.test'], ['www.shop.test']]);
    assert.equal((await asked(owner)).length, 2);
  });

  test('a look is made where problems are shown, once a minute, and by nobody who may only read', async () => {
    const { owner } = await openDispute(await open());
    const { domains, clock } = owner.desk;
    await check(owner);
    const [apex] = await asked(owner);
    domains.publishRecord('TXT', apex?.name ?? '', apex?.value ?? '');
    const looked = countLooks(owner);
    assert.equal((await asked(owner)).length, 2);
    assert.deepEqual(looked, []);
    clock.forward(MINUTE);
    const reader = owner.as(owner.user, (await owner.desk.addKey('acme', 'view')).secret);
    assert.equal((await asked(reader)).length, 2);
    assert.deepEqual(looked, []);
    const status = await owner.data('SSL::get_autossl_renewal_status', { domain: 'shop.test' });
    assert.equal(status.has_problems, 1);
    assert.equal(looked.length, 2);
    const settled = await problems(owner);
    assert.deepEqual(
      settled.map(({ problem }) => problem),
      ['shop.test', 'www.shop.test'].map(
        (name) =>
          `Nobody else’s claim of the domain “${name}” stands in the way any more: the next AutoSSL check includes it.`,
      ),
    );
    assert.equal(looked.length, 2);
    await check(owner);
    assert.deepEqual(await problems(owner), []);
    assert.deepEqual(await secured(owner), [['shop.test', 'www.shop.test']]);
  });

  test('a problem goes with its name', async () => {
    const { owner } = await openDispute(await open());
    await check(owner);
    const hostnames = await owner.desk.store.find('hostnames', { name: 'www.shop.test' });
    await owner.desk.store.transact(async (unit) => {
      for (const { id } of hostnames) await unit.delete('hostnames', id);
    });
    assert.deepEqual(
      (await problems(owner)).map(({ domain, problem }) => [domain, /any more/.test(problem)]),
      [['shop.test', true]],
    );
  });

  test('attack: very many doubted names are looked for a hundred a minute, one after the other, none left out', async () => {
    const { owner, squatterId } = await openDispute(await open());
    const names = Array.from({ length: 150 }, (_, at) => `shop${at}.test`);
    await addWebsite(owner, 'many', names, squatterId);
    await addWebsite(owner, 'mine', names);
    const looked = countLooks(owner);
    await Promise.all([1, 2].map(() => owner.data('SSL::start_autossl_check')));
    await owner.data('SSL::start_autossl_check');
    await problems(owner);
    assert.equal(looked.length, 100);
    owner.desk.clock.forward(MINUTE);
    await owner.data('SSL::start_autossl_check');
    assert.equal(looked.length, 200);
    // Two of shop.test, and all others.
    assert.equal(new Set(looked).size, 152);
  });

  test('slow name servers end the round, and the next one begins behind it', async () => {
    const { owner, squatterId } = await openDispute(await open());
    const names = Array.from({ length: 20 }, (_, at) => `shop${at}.test`);
    await addWebsite(owner, 'many', names, squatterId);
    await addWebsite(owner, 'mine', names);
    const { clock } = owner.desk;
    const looked = countLooks(owner, () => clock.forward(5 * SECOND));
    await owner.data('SSL::start_autossl_check');
    const first = looked.length;
    assert.ok(first >= 3 && first <= 8, `${first}`);
    clock.forward(MINUTE);
    await owner.data('SSL::start_autossl_check');
    assert.ok(looked.length > first);
    assert.equal(new Set(looked).size, looked.length);
  });
});
