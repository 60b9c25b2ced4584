import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import type { DeskError } from '../../src/core/errors.ts';
import type { Store } from '../../src/core/store.ts';
import { DAY } from '../../src/core/time.ts';
import { openCa } from '../../src/issuers/embedded/ca.ts';
import { CA_KEY_TYPES } from '../../src/issuers/embedded/create-ca.ts';
import { toPem } from '../../src/pki/pem.ts';
import { createSecretBox } from '../../src/secrets/secret-box.ts';
import { createCrypto } from '../../src/workers/crypto.ts';
import { openssl, opensslResult, withFiles } from '../support/openssl.ts';
import { forEachStore } from '../support/stores.ts';
import { embeddedCa, random, START, testClock } from './embedded-ca.ts';

forEachStore((open, engine) => {
  it('makes a CA at the first start and opens the same one at the next', async () => {
    const store = await open();
    const first = await embeddedCa(store);
    const second = await embeddedCa(store);
    assert.deepEqual(second.ca.root.certificate, first.ca.root.certificate);
    assert.deepEqual(second.ca.intermediate.certificate, first.ca.intermediate.certificate);
    assert.equal((await store.find('caKeys', {})).length, 2);
  });

  it('ends with one CA where several processes start at once', async () => {
    const store = await open();
    // Only PostgreSQL is shared by processes; there each has its own connections.
    const stores =
      engine === 'sqlite' ? [store, store, store, store] : [store, await open.again(store), await open.again(store)];
    const opened = await Promise.all(stores.map((one) => embeddedCa(one)));
    const roots = new Set(opened.map(({ ca }) => Buffer.from(ca.root.certificate).toString('hex')));
    const intermediates = new Set(opened.map(({ ca }) => Buffer.from(ca.intermediate.certificate).toString('hex')));
    assert.equal(roots.size, 1);
    assert.equal(intermediates.size, 1);
    assert.equal((await store.find('caKeys', {})).length, 2);
  });

  it('leaves nothing behind where the process dies while it stores the CA', async () => {
    const store = await open();
    const dying: Store = {
      ...store,
      find: store.find.bind(store),
      transact: (work) =>
        store.transact(async (unit) => {
          await work(unit);
          throw new Error('killed');
        }),
    };
    await assert.rejects(embeddedCa(dying), /killed/);
    assert.equal((await store.find('caKeys', {})).length, 0);
    assert.equal((await store.find('auditEvents', {})).length, 0);
    await embeddedCa(store);
    assert.equal((await store.find('caKeys', {})).length, 2);
  });

  it('keeps no private key in clear', async () => {
    const store = await open();
    await embeddedCa(store);
    for (const key of await store.find('caKeys', {})) {
      assert.ok(
        !Buffer.from(key.encryptedKey).includes(Buffer.from('2a8648ce3d0201', 'hex')),
        'the key type is visible',
      );
    }
  });

  it('says what to check where the master key is another one', async () => {
    const store = await open();
    await embeddedCa(store);
    const other = createSecretBox({ bytes: random.bytes(32), source: 'key file /data/master.key' }, random);
    await assert.rejects(
      openCa({
        store,
        clock: testClock(),
        random,
        box: other,
        signingKeys: createCrypto({ threads: 0 }),
        caUrl: () => 'http://ca.example.test',
      }),
      (error: DeskError) => error.kind === 'internal' && error.message.includes('key file /data/master.key'),
    );
  });

  it('refuses keys that were exchanged between root and intermediate', async () => {
    const store = await open();
    await embeddedCa(store);
    const [root, intermediate] = await store.find('caKeys', {});
    await store.transact((unit) => unit.update('caKeys', root!.id, { encryptedKey: intermediate!.encryptedKey }));
    await assert.rejects(embeddedCa(store), (error: DeskError) => error.kind === 'internal');
  });

  it('stops at a half CA instead of making a second one', async () => {
    const store = await open();
    await embeddedCa(store);
    const [root] = await store.find('caKeys', { name: 'root' });
    await store.transact((unit) => unit.delete('caKeys', root!.id));
    await assert.rejects(embeddedCa(store), /1 CA keys in use/);
  });

  describe('the certificates', () => {
    // They do not depend on the database, and RSA keys take long to make.
    for (const keyType of engine === 'sqlite' ? CA_KEY_TYPES : []) {
      it(`of a ${keyType} CA chain and say what they must, as OpenSSL reads them`, async () => {
        const { ca } = await embeddedCa(await open(), { keyType });
        await checkCaCertificates(ca.root.certificate, ca.intermediate.certificate, keyType);
      });
    }
  });

  it('refuses an address that is not plain HTTP and an issuer name that is no path', async () => {
    const store = await open();
    await assert.rejects(embeddedCa(store, { caUrl: 'https://ca.example.test' }), /must begin with http:\/\//);
    assert.equal((await store.find('caKeys', {})).length, 0, 'nothing was made');
  });
});

async function checkCaCertificates(root: Uint8Array, intermediate: Uint8Array, keyType: string): Promise<void> {
  const files = { 'root.pem': toPem('CERTIFICATE', root), 'ca.pem': toPem('CERTIFICATE', intermediate) };
  await withFiles(files, (file) => {
    const verified = opensslResult([
      'verify',
      '-x509_strict',
      '-check_ss_sig',
      '-attime',
      String(Math.floor(START / 1000)),
      '-CAfile',
      file('root.pem'),
      file('ca.pem'),
    ]);
    assert.ok(verified.ok, verified.text);
    const text = openssl(['x509', '-in', file('ca.pem'), '-noout', '-text']);
    for (const line of [
      'X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0\n',
      'X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign\n',
      'X509v3 Extended Key Usage: \n                TLS Web Server Authentication, TLS Web Client Authentication\n',
      'Policy: X509v3 Any Policy\n',
      'X509v3 Subject Key Identifier: \n',
      'X509v3 Authority Key Identifier: \n',
      'CA Issuers - URI:http://ca.example.test:8080/ca/embedded/root.crt\n',
      'URI:http://ca.example.test:8080/crl/embedded/root.crl\n',
    ]) {
      assert.ok(text.includes(line), `${line} is not in\n${text}`);
    }
    const rootText = openssl(['x509', '-in', file('root.pem'), '-noout', '-text']);
    assert.ok(rootText.includes('X509v3 Basic Constraints: critical\n                CA:TRUE\n'));
    assert.ok(!rootText.includes('Extended Key Usage'), 'BR 7.1.2.1.2: a root has no EKU');
    assert.ok(rootText.includes(keyType === 'P-256' ? 'NIST CURVE: P-256' : `Public-Key: (${keyType.slice(4)} bit)`));
  });
  const [rootRead, read] = [new X509Certificate(root), new X509Certificate(intermediate)];
  assert.ok(read.checkIssued(rootRead) && read.verify(rootRead.publicKey));
  const years = (certificate: X509Certificate) =>
    (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / (365.25 * DAY);
  assert.equal(Math.round(years(rootRead)), 20);
  assert.equal(Math.round(years(read)), 10);
  assert.ok(Date.parse(read.validFrom) <= START && Date.parse(read.validFrom) > START - DAY);
}
