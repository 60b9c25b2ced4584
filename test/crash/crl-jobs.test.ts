import assert from 'node:assert/strict';
import { it } from 'node:test';
import { HOUR } from '../../src/core/time.ts';
import { createCrlPublisher, crlJobKey } from '../../src/issuers/embedded/crls.ts';
import { knownBases, rememberBase } from '../../src/issuers/embedded/crl-addresses.ts';
import { readCrl } from '../../src/pki/crl-reader.ts';
import { embeddedCa, START } from '../issuers/embedded-ca.ts';
import { forEachStore } from '../support/stores.ts';

forEachStore((open) => {
  it('a start does not put off the list that a revocation before the crash has asked for', async () => {
    const { ca, store, clock } = await embeddedCa(await open(), { crlShards: 1 });
    await createCrlPublisher({ ca, store, clock, crlShards: 1 }).publishDue();
    clock.at = START + HOUR;
    const key = crlJobKey(0);
    const asked = { kind: 'renew-crl', key, payload: { shard: 0 }, runAt: clock.at };
    await store.transact((unit) => unit.enqueue(asked));
    // The process dies here, and the next one starts.
    clock.at = START + 2 * HOUR;
    await createCrlPublisher({ ca, store, clock, crlShards: 1 }).publishDue();
    const claimed = await store.claimJobs(['renew-crl'], 'next process', clock.at, clock.at + HOUR, 10);
    assert.deepEqual(
      claimed.map((job) => job.key),
      [key],
    );
  });

  it('processes with different addresses that start at once are both named by every list', async () => {
    const store = await open();
    const { ca, clock } = await embeddedCa(store, { crlShards: 2 });
    const urls = ['http://one.test', 'http://two.test'];
    const publishers = await Promise.all(
      urls.map(async (url) => {
        const other = await open.again(store);
        return createCrlPublisher({ ca: { ...ca, ...addressesAt(ca, url) }, store: other, clock, crlShards: 2 });
      }),
    );
    await Promise.all(publishers.map((publisher) => publisher.publishDue()));
    assert.deepEqual((await knownBases(store, ca.issuer)).sort(), urls);
    for (const { shard, der } of await store.find('crls', { shard: [0, 1] })) {
      const wanted = urls.map((url) => `${url}/crl/embedded/${shard}.crl`);
      assert.deepEqual(readCrl(der).distributionPoints.sort(), wanted);
    }
  });

  it('many processes remember their addresses at once, and none is lost', async () => {
    const store = await open();
    const bases = Array.from({ length: 5 }, (_, number) => `http://server${number}.test`);
    const stores = await Promise.all(bases.map(() => open.again(store)));
    await Promise.all(bases.map((base, number) => rememberBase(stores[number] ?? store, 'embedded', base)));
    assert.deepEqual((await knownBases(store, 'embedded')).sort(), bases);
    await rememberBase(store, 'embedded', bases[0] ?? '');
    assert.equal((await knownBases(store, 'embedded')).length, 5);
  });
});

type OpenCa = Awaited<ReturnType<typeof embeddedCa>>['ca'];

function addressesAt(ca: OpenCa, url: string): Pick<OpenCa, 'addresses' | 'baseUrl'> {
  const addresses = ca.addresses();
  return {
    baseUrl: () => url,
    addresses: () => ({ ...addresses, crl: (shard) => `${url}/crl/embedded/${shard}.crl` }),
  };
}
