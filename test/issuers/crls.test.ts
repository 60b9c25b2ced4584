import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeskError } from '../../src/core/errors.ts';
import type { Crl, Job } from '../../src/core/records.ts';
import type { Store } from '../../src/core/store.ts';
import { DAY, HOUR, SECOND } from '../../src/core/time.ts';
import { ROOT_SHARD } from '../../src/issuers/embedded/addresses.ts';
import { createCrlPublisher, newestCrl } from '../../src/issuers/embedded/crls.ts';
import { toPem } from '../../src/pki/pem.ts';
import { openssl, opensslResult, withFiles } from '../support/openssl.ts';
import { forEachStore } from '../support/stores.ts';
import { askFor, embeddedCa, issueOne, random, revokedRecord, START } from './embedded-ca.ts';

const NOW = Math.floor(START / SECOND) * SECOND;

async function desk(store: Store, options: Parameters<typeof embeddedCa>[1] = {}) {
  const made = await embeddedCa(store, { crlShards: 2, ...options });
  const publisher = createCrlPublisher({ ca: made.ca, store, clock: made.clock, crlShards: 2 });
  return { ...made, publisher };
}

const addRevoked = (store: Store, ...records: ReturnType<typeof revokedRecord>[]) =>
  store.transact(async (unit) => {
    for (const record of records) unit.insert('certificates', record);
  });

const textOf = (crl: Pick<Crl, 'der'>) => openssl(['crl', '-inform', 'DER', '-noout', '-text'], crl.der);
const numberIn = (text: string) => Number(/CRL Number: \n\s+(\d+)/.exec(text)?.[1]);
const serialsIn = (text: string) => [...text.matchAll(/Serial Number: ([0-9A-F]+)/g)].map((match) => match[1]);
const hexSerial = () => Buffer.from(random.bytes(16)).toString('hex').toUpperCase().replace(/^./, '5');
const job = (payload: Record<string, unknown>) => ({ id: 1, kind: 'renew-crl', payload }) as unknown as Job;

forEachStore((open) => {
  it('revokes: OpenSSL accepts the certificate before and refuses it after', async () => {
    const { ca, issuer, publisher, store } = await desk(await open());
    const { der, issuance } = await issueOne(issuer, askFor(), START);
    const shard = issuer.crlShard(issuance.serial!)!;
    const verify = async (crls: Crl[]) =>
      withFiles(
        {
          'leaf.pem': toPem('CERTIFICATE', der),
          'ca.pem': toPem('CERTIFICATE', ca.intermediate.certificate),
          'root.pem': toPem('CERTIFICATE', ca.root.certificate),
          'crls.pem': crls.map((crl) => toPem('X509 CRL', crl.der)).join(''),
        },
        (file) =>
          opensslResult([
            'verify',
            '-x509_strict',
            '-crl_check_all',
            '-extended_crl',
            '-attime',
            String(NOW / SECOND),
            '-CAfile',
            file('root.pem'),
            '-untrusted',
            file('ca.pem'),
            '-CRLfile',
            file('crls.pem'),
            file('leaf.pem'),
          ]),
      );
    const rootCrl = await publisher.publish(ROOT_SHARD);
    const before = await verify([rootCrl, await publisher.publish(shard)]);
    assert.ok(before.ok, before.text);
    const wrongShard = await verify([rootCrl, await publisher.publish(1 - shard)]);
    assert.ok(
      !wrongShard.ok && /Different CRL scope|unable to get certificate CRL/i.test(wrongShard.text),
      wrongShard.text,
    );
    await addRevoked(store, revokedRecord(1, issuance.serial!, shard));
    const after = await verify([rootCrl, await publisher.publish(shard)]);
    assert.ok(!after.ok && after.text.includes('certificate revoked'), after.text);
  });

  it('lists what is revoked in its shard, with dates and reasons', async () => {
    const { publisher, store } = await desk(await open());
    const reasons = [
      ...(['keyCompromise', 'affiliationChanged', 'superseded', 'cessationOfOperation', 'privilegeWithdrawn'] as const),
      null,
    ];
    const serials = reasons.map(hexSerial);
    await addRevoked(
      store,
      ...serials.map((serial, at) =>
        revokedRecord(at + 1, serial, 0, { revocationReason: reasons[at]!, revokedAt: NOW - at * DAY }),
      ),
      revokedRecord(50, hexSerial(), 1),
      revokedRecord(51, hexSerial(), 0, { state: 'active', revokedAt: null }),
      revokedRecord(52, hexSerial(), 0, { issuer: 'import' }),
      revokedRecord(53, hexSerial(), 0, { notAfter: NOW - DAY }),
    );
    const text = textOf(await publisher.publish(0));
    assert.deepEqual(serialsIn(text), serials);
    assert.deepEqual(
      [...text.matchAll(/Reason Code: \n\s+(.+)\n/g)].map((match) => match[1]),
      ['Key Compromise', 'Affiliation Changed', 'Superseded', 'Cessation Of Operation', 'Privilege Withdrawn'],
    );
    assert.ok(text.includes('Revocation Date: Nov 20 10:00:00 2026 GMT'));
    assert.ok(text.includes('X509v3 Issuing Distribution Point: critical\n'));
    assert.ok(text.includes('Only User Certificates'));
    assert.ok(text.includes('URI:http://ca.example.test:8080/crl/embedded/0.crl'));
    assert.ok(text.includes('Last Update: Nov 22 10:00:00 2026 GMT'));
    assert.ok(text.includes('Next Update: Nov 29 10:00:00 2026 GMT'));
    assert.ok(text.includes('X509v3 Authority Key Identifier'));
  });

  it('keeps an entry on one CRL after the certificate has ended, then drops it', async () => {
    const { publisher, store, clock } = await desk(await open());
    const serial = hexSerial();
    await addRevoked(store, revokedRecord(1, serial, 0, { notAfter: NOW + 2 * HOUR }));
    const listed: boolean[] = [];
    for (const at of [NOW, NOW + DAY, NOW + 2 * DAY]) {
      clock.at = at;
      listed.push(serialsIn(textOf(await publisher.publish(0))).includes(serial));
    }
    assert.deepEqual(listed, [true, true, false]);
  });

  it('reads more revocations than fit one page of the store', async () => {
    const { publisher, store } = await desk(await open());
    await addRevoked(store, ...Array.from({ length: 1_203 }, (_, at) => revokedRecord(at + 1, hexSerial(), 0)));
    assert.equal(serialsIn(textOf(await publisher.publish(0))).length, 1_203);
  });

  it('raises the number with each CRL, also within a second and where the clock goes back', async () => {
    const { publisher, clock } = await desk(await open());
    const numbers: number[] = [];
    for (const at of [NOW, NOW, NOW - HOUR, NOW + DAY]) {
      clock.at = at;
      numbers.push(numberIn(textOf(await publisher.publish(1))));
    }
    assert.ok(
      numbers.every((number, at) => at === 0 || number > numbers[at - 1]!),
      numbers.join(),
    );
  });

  it('gives each number once where several publish at the same time', async () => {
    const store = await open();
    const first = await desk(store);
    const all = [
      first.publisher,
      createCrlPublisher({ ca: first.ca, store: await open.again(store), clock: first.clock }),
    ];
    const crls = await Promise.all([0, 1, 0, 1].map((who) => all[who]!.publish(0)));
    assert.equal(new Set(crls.map(({ number }) => number)).size, 4);
    const stored = await store.find('crls', { shard: 0 });
    assert.equal(stored.length, 1);
    assert.equal(stored[0]!.number, Math.max(...crls.map(({ number }) => number)));
  });

  it('publishes what is missing or due at the start, and a job for each next one', async () => {
    const { publisher, store, clock } = await desk(await open());
    await publisher.publishDue();
    const shards = async () => (await store.find('crls', {})).map(({ shard, number }) => `${shard}:${number}`).sort();
    const first = await shards();
    assert.equal(first.length, 3);
    assert.deepEqual(
      (await store.find('jobs', {}))
        .map(({ key, runAt, payload }) => `${key} ${runAt} ${String(payload.shard)}`)
        .sort(),
      [`renew-crl:-1 ${NOW + DAY} ${ROOT_SHARD}`, `renew-crl:0 ${NOW + DAY} 0`, `renew-crl:1 ${NOW + DAY} 1`],
    );
    clock.at = NOW + HOUR;
    await publisher.publishDue();
    assert.deepEqual(await shards(), first, 'nothing was due');
    clock.at = NOW + DAY;
    await publisher.publishDue();
    assert.ok(
      (await shards()).every((one) => !first.includes(one)),
      'all were due',
    );
  });

  it('keeps up the shards of an earlier, larger number', async () => {
    const { ca, store, clock } = await desk(await open());
    await createCrlPublisher({ ca, store, clock, crlShards: 4 }).publishDue();
    clock.at = NOW + DAY;
    await createCrlPublisher({ ca, store, clock, crlShards: 1 }).publishDue();
    const crls = await store.find('crls', {});
    assert.deepEqual(crls.map(({ shard }) => String(shard)).sort(), ['-1', '0', '1', '2', '3']);
    assert.ok(crls.every(({ thisUpdate }) => thisUpdate === NOW + DAY));
  });

  it('handles its job: publishes and tells when to run again', async () => {
    const { publisher, store, clock } = await desk(await open());
    const { runAgainAt } = await publisher.crlJobHandler(job({ shard: 1 }));
    assert.equal(runAgainAt, NOW + DAY);
    assert.equal((await newestCrl(store, 'embedded', 1))?.thisUpdate, NOW);
    clock.at = NOW + 60 * SECOND;
    await publisher.crlJobHandler(job({ shard: 1 }));
    assert.equal((await newestCrl(store, 'embedded', 1))?.thisUpdate, NOW + 60 * SECOND);
    for (const shard of ['0', 0.5, -2, undefined]) {
      await assert.rejects(publisher.crlJobHandler(job({ shard })), (error: DeskError) => error.kind === 'internal');
    }
  });

  it('names a shard under earlier public addresses too', async () => {
    const { publisher, settings } = await desk(await open());
    await publisher.publishDue();
    settings.caUrl = 'http://new.example.test/';
    const before = textOf(await publisher.publish(0));
    assert.ok(before.includes('http://new.example.test/crl/embedded/0.crl'));
    assert.ok(before.includes('http://ca.example.test:8080/crl/embedded/0.crl'));
    await publisher.publishDue();
    settings.caUrl = 'http://third.example.test';
    const text = textOf(await publisher.publish(0));
    assert.equal(text.match(/URI:/g)?.length, 3);
  });

  it('signs the root CRL with the root, without a distribution point', async () => {
    const { ca, publisher } = await desk(await open(), { keyType: 'RSA-2048' });
    const rootCrl = await publisher.publish(ROOT_SHARD);
    const leafCrl = await publisher.publish(0);
    await withFiles(
      {
        'root.pem': toPem('CERTIFICATE', ca.root.certificate),
        'ca.pem': toPem('CERTIFICATE', ca.intermediate.certificate),
        'root.crl': rootCrl.der,
        'leaf.crl': leafCrl.der,
      },
      (file) => {
        const check = (crl: string, by: string) =>
          opensslResult(['crl', '-inform', 'DER', '-noout', '-in', file(crl), '-CAfile', file(by)]).text;
        assert.match(check('root.crl', 'root.pem'), /verify OK/);
        assert.match(check('leaf.crl', 'ca.pem'), /verify OK/);
        assert.doesNotMatch(check('leaf.crl', 'root.pem'), /verify OK/);
      },
    );
    assert.ok(!textOf(rootCrl).includes('Issuing Distribution Point'));
  });
});

describe('the times of CRLs', () => {
  it('stay within the Baseline Requirements', () => {
    const make = (renewEvery: number, validFor: number) => () =>
      createCrlPublisher({ ...({} as Parameters<typeof createCrlPublisher>[0]), renewEvery, validFor });
    assert.throws(make(DAY, 11 * DAY), /within 10 days/);
    assert.throws(make(5 * DAY, 8 * DAY), /within 4 days/);
    assert.throws(make(2 * DAY, DAY), /before they end/);
    assert.doesNotThrow(make(4 * DAY, 10 * DAY));
  });
});
