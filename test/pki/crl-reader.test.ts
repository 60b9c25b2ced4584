import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DeskError } from '../../src/core/errors.ts';
import { readCertificateDetails } from '../../src/pki/certificate-reader.ts';
import { readCrl } from '../../src/pki/crl-reader.ts';
import { isSignedBy } from '../../src/pki/signature-algorithms.ts';
import { hex } from './make-der.ts';
import { openssl } from './openssl-command.ts';
import { makeSamples } from './samples.ts';
import { X509Crl } from './second-opinion.ts';

const { root, crl, emptyCrl } = makeSamples();

test('reads what openssl revoked', () => {
  const list = readCrl(crl);
  assert.deepEqual(
    list.entries.map(({ serial, reason }) => [serial, reason]),
    [
      ['F00000000000000000000001', null],
      ['F00000000000000000000002', 1],
      ['F00000000000000000000003', 4],
    ],
  );
  assert.equal(list.number, 0x8100n);
  assert.equal(list.issuerName, 'CN=Root,O=Desk\\, \\"Ltd\\" \\+ Sons,C=NL');
  assert.deepEqual(list.distributionPoints, ['http://crl.test/7.crl']);
  const text = openssl(['crl', '-inform', 'DER', '-noout', '-lastupdate', '-nextupdate'], crl).toString();
  assert.equal(list.thisUpdate, Date.parse(/lastUpdate=(.*)/.exec(text)?.[1] as string));
  assert.equal(list.nextUpdate, Date.parse(/nextUpdate=(.*)/.exec(text)?.[1] as string));
  const issuer = readCertificateDetails(root);
  assert.equal(list.authorityKeyId, issuer.known.subjectKeyId);
  assert.equal(isSignedBy(list, issuer.parsed.spki), true);
  assert.equal(isSignedBy({ ...list, tbs: list.tbs.subarray(1) }, issuer.parsed.spki), false);
});

test('agrees with @peculiar/x509', () => {
  const theirs = new X509Crl(crl).entries.map((entry) => [
    entry.serialNumber.toUpperCase(),
    entry.revocationDate.getTime(),
  ]);
  assert.deepEqual(
    readCrl(crl).entries.map(({ serial, revokedAt }) => [serial, revokedAt]),
    theirs,
  );
});

test('reads an empty list, and PEM', () => {
  assert.deepEqual(readCrl(emptyCrl).entries, []);
  assert.equal(readCrl(emptyCrl).number, 0x80ffn);
  assert.equal(readCrl(openssl(['crl', '-inform', 'DER'], crl).toString()).entries.length, 3);
});

test('refuses what is no CRL', () => {
  const changed = (from: string, to: string): Buffer => {
    assert.ok(crl.toString('hex').includes(from));
    return hex(crl.toString('hex').replace(from, to));
  };
  for (const input of [
    root,
    crl.subarray(1),
    '',
    Buffer.concat([crl, hex('00')]),
    changed('020101', '020100'),
    changed('0a0101', '020101'),
  ]) {
    assert.throws(
      () => readCrl(input),
      (error) => error instanceof DeskError && error.kind === 'invalid-value',
    );
  }
});
