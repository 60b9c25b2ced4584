import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';

import { DeskError } from '../../src/core/errors.ts';
import { readCertificate, readCertificateDetails } from '../../src/pki/certificate-reader.ts';
import { isSignedBy } from '../../src/pki/signature-algorithms.ts';
import { hex } from './make-der.ts';
import { openssl } from './openssl-command.ts';
import { makeSamples } from './samples.ts';
import { X509Certificate as PeculiarCertificate } from './second-opinion.ts';

const { root, leaf } = makeSamples();
const refused = (work: () => unknown, message: RegExp): void =>
  assert.throws(work, (error) => {
    assert.ok(error instanceof DeskError, String(error));
    assert.equal(error.kind, 'invalid-value');
    assert.match(error.message, message);
    return true;
  });
/** The DER with one stretch of hex changed. */
const changed = (der: Buffer, from: string, to: string): Buffer => {
  assert.ok(der.toString('hex').includes(from), `${from} is in the certificate`);
  return hex(der.toString('hex').replace(from, to));
};

test('says what node:crypto says of the same certificate', () => {
  for (const der of [root, leaf]) {
    const ours = readCertificate(der);
    const theirs = new X509Certificate(der);
    assert.equal(ours.serial, theirs.serialNumber);
    assert.equal(ours.fingerprint, theirs.fingerprint256.replaceAll(':', ''));
    assert.equal(ours.notBefore, Date.parse(theirs.validFrom));
    assert.equal(ours.notAfter, Date.parse(theirs.validTo));
    assert.deepEqual(Buffer.from(ours.spki), theirs.publicKey.export({ format: 'der', type: 'spki' }));
  }
  const ours = readCertificate(leaf);
  assert.equal(ours.serial, 'F00000000000000000000003');
  assert.equal(ours.commonName, 'a.test');
  assert.deepEqual(ours.subject, { organization: 'Zürich', country: 'NL' });
  assert.deepEqual(ours.dnsNames, ['a.test', '*.b.test']);
  assert.equal(ours.issuerName, 'CN=Root,O=Desk\\, \\"Ltd\\" \\+ Sons,C=NL');
});

test('reads PEM, DER and base64 alike', () => {
  const pem = openssl(['x509', '-inform', 'DER'], leaf).toString();
  const { fingerprint } = readCertificate(leaf);
  for (const input of [pem, pem.replaceAll('\n', ' '), leaf.toString('base64'), new Uint8Array(leaf), `text\n${pem}`]) {
    assert.equal(readCertificate(input).fingerprint, fingerprint);
  }
  refused(() => readCertificate(pem + pem), /more than one certificate/);
  refused(() => readCertificate(''), /empty/);
  refused(() => readCertificate(new Uint8Array()), /ends inside/);
  refused(() => readCertificate(Buffer.concat([leaf, hex('00')])), /after the end/);
});

test('decodes the extensions', () => {
  const { known, extensions, signatureAlgorithm } = readCertificateDetails(leaf);
  assert.equal(signatureAlgorithm.name, 'ecdsa-with-SHA256');
  assert.equal(extensions.length, 10);
  assert.deepEqual(known.alternativeNames, {
    dnsNames: ['a.test', '*.b.test'],
    ipAddresses: ['192.0.2.7', '2001:db8::1'],
    others: 1,
  });
  assert.deepEqual(known.keyUsage, ['digitalSignature', 'keyEncipherment']);
  assert.deepEqual(known.extendedKeyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  assert.deepEqual(known.policies, ['2.23.140.1.2.2', '1.3.6.1.4.1.99999.1']);
  assert.deepEqual(known.crlDistributionPoints, ['http://crl.test/7.crl']);
  assert.deepEqual(known.caIssuers, ['http://ca.test/ca.der']);
  assert.deepEqual(known.ocsp, ['http://ocsp.test/']);
  assert.deepEqual(known.basicConstraints, { ca: false, pathLength: null });
  assert.equal(known.mustStaple, true);
  const above = readCertificateDetails(root);
  assert.deepEqual(above.known.basicConstraints, { ca: true, pathLength: 1 });
  assert.deepEqual(above.known.keyUsage, ['keyCertSign', 'cRLSign']);
  assert.equal(known.authorityKeyId, above.known.subjectKeyId);
  assert.match(String(known.subjectKeyId), /^[0-9a-f]{40}$/);
});

test('agrees with @peculiar/x509', () => {
  const theirs = new PeculiarCertificate(leaf);
  const { parsed, extensions } = readCertificateDetails(leaf);
  assert.equal(parsed.serial.toLowerCase(), theirs.serialNumber);
  assert.equal(parsed.notAfter, theirs.notAfter.getTime());
  assert.deepEqual(
    extensions.map(({ oid, critical, value }) => [oid, critical, Buffer.from(value).toString('hex')]),
    Array.from(theirs.extensions, ({ type, critical, value }) => [type, critical, Buffer.from(value).toString('hex')]),
  );
});

test('tells by whom a certificate was signed, for every kind of CA key', () => {
  const keys = [
    ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
    ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  ];
  for (const samples of [{ root, leaf }, ...keys.map((key) => makeSamples(key))]) {
    const issuer = readCertificate(samples.root);
    assert.equal(isSignedBy(readCertificateDetails(samples.leaf), issuer.spki), true);
    assert.equal(isSignedBy(readCertificateDetails(samples.leaf), readCertificate(samples.leaf).spki), false);
    assert.equal(isSignedBy(readCertificateDetails(samples.leaf), hex('3000')), false);
  }
});

const SERIAL = '020d00f00000000000000000000003';
const ECDSA_SHA256 = '300a06082a8648ce3d040302';
const BAD: [string, string, string, RegExp][] = [
  ['a negative serial', SERIAL, '020d80f00000000000000000000003', /negative/],
  ['a padded serial', SERIAL, '020d0000f000000000000000000003', /not minimal/],
  ['version 1', 'a003020102', 'a003020100', /not an X.509 v3/],
  ['version 4', 'a003020102', 'a003020103', /not an X.509 v3/],
  // The first of the two is the one inside.
  ['another algorithm inside', ECDSA_SHA256, '300a06082a8648ce3d040303', /two different/],
  ['an extension twice', '0603551d0f', '0603551d13', /twice/],
  ['a time without Z', '5a170d', '30170d', /time is malformed/],
  ['a name with NUL', '8206612e74657374', '8206610074657374', /visible ASCII/],
  ['names cut off', '30348206612e74', '30348235612e74', /beyond the data/],
];
for (const [what, from, to, message] of BAD) {
  test(`refuses ${what}`, () => refused(() => readCertificate(changed(leaf, from, to)), message));
}

test('refuses other algorithms of keys, and too much of it', () => {
  const ed25519 = openssl([
    'req',
    '-x509',
    '-newkey',
    'ed25519',
    '-nodes',
    '-keyout',
    '/dev/null',
    '-subj',
    '/CN=a.test',
  ]);
  refused(() => readCertificate(ed25519.toString()), /not supported/);
  refused(() => readCertificate(Buffer.alloc(200_000, 0x30)), /more than/);
});
