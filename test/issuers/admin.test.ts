import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, describe, it } from 'node:test';
import type { DeskError } from '../../src/core/errors.ts';
import { exportCa, showCa } from '../../src/issuers/embedded/admin.ts';
import { backupCa, readCaBackup, restoreCa } from '../../src/issuers/embedded/backup.ts';
import { openssl } from '../support/openssl.ts';
import { createWorld } from '../support/stores.ts';
import { askFor, box, embeddedCa, issueOne, random, START, testClock } from './embedded-ca.ts';

const PASSPHRASE = 'correct horse battery';
const clock = testClock();
const kindOf = (kind: string) => (error: DeskError) => error.kind === kind;

describe('the CA on the command line', () => {
  const world = createWorld('sqlite');
  after(() => world.end());

  it('shows names, dates, key types and fingerprints as OpenSSL does', async () => {
    const { store } = await embeddedCa(await world.open(), { keyType: 'RSA-2048' });
    const [root, intermediate] = await showCa(store);
    assert.equal(root!.keyType, 'RSA-2048');
    assert.match(root!.subject, /^C=XX, O=Chancery, CN=Chancery Root [0-9A-F]{6}$/);
    assert.match(intermediate!.subject, /CN=Chancery TLS [0-9A-F]{6}$/);
    const pem = await exportCa(store, 'root');
    const shown = openssl(['x509', '-noout', '-fingerprint', '-sha256', '-serial', '-enddate'], pem);
    assert.ok(shown.replaceAll(':', '').includes(`Fingerprint=${root!.fingerprint}`));
    assert.ok(shown.includes(`serial=${root!.serial}`));
    assert.equal(Date.parse(/notAfter=(.*)/.exec(shown)![1]!), root!.notAfter);
  });

  it('exports the chain, issuing certificate first', async () => {
    const { store } = await embeddedCa(await world.open());
    const blocks = (await exportCa(store, 'chain')).split(/(?<=-----END CERTIFICATE-----\n)/);
    assert.equal(blocks.length, 2);
    assert.ok(new X509Certificate(blocks[0]!).checkIssued(new X509Certificate(blocks[1]!)));
    assert.equal(await exportCa(store, 'intermediate'), blocks[0]);
  });

  it('says so where there is no CA', async () => {
    const store = await world.open();
    await assert.rejects(showCa(store), kindOf('not-found'));
    await assert.rejects(exportCa(store, 'root'), kindOf('not-found'));
    await assert.rejects(backupCa({ store, box, random, clock }, PASSPHRASE), kindOf('not-found'));
  });

  it('backs up and restores: the restored CA goes on issuing under the same root', async () => {
    const first = await embeddedCa(await world.open());
    const text = await backupCa({ store: first.store, box, random, clock }, PASSPHRASE);
    const store = await world.open();
    await restoreCa({ store, box, clock }, readCaBackup(text, PASSPHRASE, random));
    const second = await embeddedCa(store);
    assert.deepEqual(second.ca.root.certificate, first.ca.root.certificate);
    const { der } = await issueOne(second.issuer, askFor(), START);
    assert.ok(new X509Certificate(der).verify(new X509Certificate(first.ca.intermediate.certificate).publicKey));
    await assert.rejects(
      restoreCa({ store, box, clock }, readCaBackup(text, PASSPHRASE, random)),
      kindOf('already-exists'),
    );
  });

  it('opens a backup with nothing but its passphrase, and shows no key in it', async () => {
    const { store } = await embeddedCa(await world.open());
    const text = await backupCa({ store, box, random, clock }, PASSPHRASE);
    assert.ok(!/PRIVATE|BEGIN/.test(text));
    assert.throws(() => readCaBackup(text, `${PASSPHRASE}!`, random), kindOf('invalid-value'));
    const bundle = JSON.parse(text) as { sealed: string; kdf: { memory: number } };
    const sealed = Buffer.from(bundle.sealed, 'base64');
    sealed[40]! ^= 1;
    const damaged = JSON.stringify({ ...bundle, sealed: sealed.toString('base64') });
    assert.throws(() => readCaBackup(damaged, PASSPHRASE, random), kindOf('invalid-value'));
    const greedy = JSON.stringify({ ...bundle, kdf: { ...bundle.kdf, memory: 2 ** 31 } });
    assert.throws(() => readCaBackup(greedy, PASSPHRASE, random), /not a backup/);
    for (const other of ['', '{}', 'null', '[]'])
      assert.throws(() => readCaBackup(other, PASSPHRASE, random), /not a backup/);
    await assert.rejects(backupCa({ store, box, random, clock }, 'too short'), kindOf('invalid-value'));
  });

  it('restores no key that does not belong to its certificate', async () => {
    const { store } = await embeddedCa(await world.open());
    const [root, intermediate] = readCaBackup(
      await backupCa({ store, box, random, clock }, PASSPHRASE),
      PASSPHRASE,
      random,
    );
    const empty = await world.open();
    const crossed = [{ ...root, privateKey: intermediate.privateKey }, intermediate];
    await assert.rejects(restoreCa({ store: empty, box, clock }, crossed), kindOf('internal'));
    assert.equal((await empty.find('caKeys', {})).length, 0);
  });
});
