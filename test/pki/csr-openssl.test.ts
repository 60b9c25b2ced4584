import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { readCsr } from '../../src/pki/csr.ts';
import { inTemporaryDirectory, openssl, opensslRequest, P256 } from './openssl-command.ts';
import { Pkcs10CertificateRequest } from './second-opinion.ts';

/** Requests made by the `openssl` command; `openssl` and @peculiar/x509 tell what should be read. */

const KEYS: [string, readonly string[], 'RSA' | 'ECDSA', number][] = [
  ['RSA 2048', ['-newkey', 'rsa:2048'], 'RSA', 2048],
  ['RSA 3072', ['-newkey', 'rsa:3072'], 'RSA', 3072],
  ['RSA 4096', ['-newkey', 'rsa:4096'], 'RSA', 4096],
  ['P-256', P256, 'ECDSA', 256],
  ['P-384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], 'ECDSA', 384],
  ['P-521', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-521'], 'ECDSA', 521],
];
for (const [what, key, algorithm, bits] of KEYS) {
  test(`a request with ${what}`, () => {
    const pem = opensslRequest(key, '/C=NL/O=Desk/CN=a.test', '-addext', 'subjectAltName=DNS:a.test,DNS:b.test');
    const csr = readCsr(pem);
    assert.deepEqual([csr.keyAlgorithm, csr.keyBits], [algorithm, bits]);
    assert.deepEqual(Buffer.from(csr.der), openssl(['req', '-outform', 'DER'], pem));
    const spki = openssl(['pkey', '-pubin', '-outform', 'DER'], openssl(['req', '-noout', '-pubkey'], pem));
    assert.deepEqual(Buffer.from(csr.spki), spki);
    assertSameAsPeculiar(pem);
  });
}

const SIGNATURES: [string, readonly string[]][] = [
  ['SHA-1 with RSA', ['-newkey', 'rsa:2048', '-sha1']],
  ['SHA-384 with RSA', ['-newkey', 'rsa:2048', '-sha384']],
  ['SHA-512 with RSA', ['-newkey', 'rsa:2048', '-sha512']],
  ['SHA-1 with ECDSA', [...P256, '-sha1']],
  ['SHA-384 with ECDSA', [...P256, '-sha384']],
  ['SHA-512 with ECDSA', [...P256, '-sha512']],
  ...['sha256', 'sha384', 'sha512'].map((hash): [string, string[]] => [
    `RSASSA-PSS with ${hash}`,
    ['-newkey', 'rsa:2048', `-${hash}`, '-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:-1'],
  ]),
];
for (const [what, key] of SIGNATURES) {
  test(`a request signed by ${what}`, () =>
    assert.equal(readCsr(opensslRequest(key, '/CN=a.test')).commonName, 'a.test'));
}

const NOT_SUPPORTED: [string, readonly string[]][] = [
  ['MD5 with RSA', ['-newkey', 'rsa:2048', '-md5']],
  ['SHA-224 with RSA', ['-newkey', 'rsa:2048', '-sha224']],
  ['RSASSA-PSS with the longest salt', ['-newkey', 'rsa:2048', '-sha256', '-sigopt', 'rsa_padding_mode:pss']],
  ['an RSA-PSS key', ['-newkey', 'rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048']],
  ['Ed25519', ['-newkey', 'ed25519']],
  ['secp256k1', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1']],
  ['brainpool', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:brainpoolP256r1']],
  ['P-256 with explicit parameters', [...P256, '-pkeyopt', 'ec_param_enc:explicit']],
  ['RSA 1024', ['-newkey', 'rsa:1024']],
  ['RSA 2047', ['-newkey', 'rsa:2047']],
];
for (const [what, key] of NOT_SUPPORTED) {
  test(`a request with ${what} is refused`, () => {
    const pem = opensslRequest(key, '/CN=a.test');
    assert.throws(() => readCsr(pem), { kind: 'invalid-csr' });
  });
}

test('many names: 250 of them', () => {
  const names = Array.from({ length: 250 }, (_, index) => `host-${index}.a.test`);
  const csr = readCsr(
    opensslRequest(P256, '/CN=a.test', '-addext', `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`),
  );
  assert.deepEqual(csr.dnsNames, names);
});

const SUBJECT =
  '/C=NL/ST=Overijssel/L=Zwolle/street=Ceintuurbaan 32A/street=Hof/postalCode=8024 AA/O=Müller & Söhne 東京/OU=Netze/OU=Zwei' +
  '/serialNumber=12345678/businessCategory=Private Organization/jurisdictionC=NL/emailAddress=desk@a.test/dmdName=odd/DC=test/UID=u1/CN=*.a.test';

test('attributes in their order, with short names', () => {
  const csr = readCsr(opensslRequest(P256, SUBJECT));
  assert.deepEqual(
    csr.attributes.map(({ type, value }) => `${type}=${value}`),
    SUBJECT.slice(1).replaceAll('street=', 'STREET=').replace('dmdName', '2.5.4.54').split('/'),
  );
  assert.equal(csr.commonName, '*.a.test');
  assert.equal(csr.emailAddress, 'desk@a.test');
  assert.deepEqual(csr.subject, {
    organization: 'Müller & Söhne 東京',
    department: 'Netze',
    country: 'NL',
    state: 'Overijssel',
    locality: 'Zwolle',
    street: 'Ceintuurbaan 32A',
    postalCode: '8024 AA',
    registrationNumber: '12345678',
  });
  assertSameAsPeculiar(opensslRequest(P256, SUBJECT));
});

test('several attributes in one relative name', () => {
  const csr = readCsr(opensslRequest(P256, '/O=Desk+OU=A+OU=B/CN=a.test'));
  assert.deepEqual(csr.attributes.map(({ type }) => type).sort(), ['CN', 'O', 'OU', 'OU']);
});

const STRINGS: [string, string, number, string][] = [
  ['UTF8String', 'MASK:0x2000', 0x0c, 'Zürich 東京'],
  ['BMPString', 'MASK:0x800', 0x1e, 'Zürich 東京'],
  ['T61String', 'MASK:0x4', 0x14, 'Zürich'],
  ['PrintableString', 'MASK:0x2', 0x13, 'Zurich'],
];
for (const [what, mask, tag, organization] of STRINGS) {
  test(`a name in ${what}`, () => {
    const names = `distinguished_name = dn\nprompt = no\nutf8 = yes\n[dn]\nO = ${organization}\nCN = a.test\n`;
    const pem = inTemporaryDirectory((directory) => {
      writeFileSync(`${directory}/req.cnf`, `[req]\nstring_mask = ${mask}\n${names}`);
      return openssl(
        ['req', '-new', ...P256, '-nodes', '-keyout', 'key', '-config', 'req.cnf'],
        '',
        directory,
      ).toString();
    });
    const csr = readCsr(pem);
    const values = [organization, 'a.test'];
    assert.deepEqual(
      csr.attributes.map(({ value }) => value),
      values,
    );
    // 06 03 55 04 0a is the type O; the string's tag follows.
    const oid = Buffer.from('060355040a', 'hex');
    assert.equal(csr.der[Buffer.from(csr.der).indexOf(oid) + oid.length], tag, 'openssl wrote this type');
  });
}

function assertSameAsPeculiar(pem: string): void {
  const ours = readCsr(pem);
  const theirs = new Pkcs10CertificateRequest(pem);
  const attributes = theirs.subjectName.toJSON().flatMap((relative) => Object.values(relative).flat());
  assert.deepEqual(ours.attributes.map(({ value }) => value).sort(), attributes.sort());
  assert.deepEqual(Buffer.from(ours.spki), Buffer.from(theirs.publicKey.rawData));
  assert.deepEqual(Buffer.from(ours.der), Buffer.from(theirs.rawData));
}
