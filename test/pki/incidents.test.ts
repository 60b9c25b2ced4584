import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeskError } from '../../src/core/errors.ts';
import { readCsr } from '../../src/pki/csr.ts';
import { createNamePolicy } from '../../src/pki/names.ts';
import {
  attribute,
  base64,
  der,
  dnsName,
  ECDSA_SHA256,
  extension,
  extensionRequest,
  hex,
  makeRequest,
  OID,
  primitive,
  sanOf,
  sequence,
  set,
  spkiOf,
  keyOf,
  utf8,
} from './make-der.ts';

/** What went wrong at CAs and in libraries, tried here with requests that are signed rightly. */

const policy = createNamePolicy({ profile: 'public', allowReserved: ['test'] });
const withNames = (...names: Uint8Array[]): string =>
  base64(makeRequest({ attributes: [extensionRequest(sanOf(...names))] }));
const withSubject = (...attributes: Uint8Array[]): string => base64(makeRequest({ subject: sequence(...attributes) }));
const refused = (request: string, message: RegExp): void =>
  assert.throws(
    () => readCsr(request),
    (error) => {
      assert.ok(error instanceof DeskError, String(error));
      assert.equal(error.kind, 'invalid-csr');
      assert.match(error.message, message);
      return true;
    },
  );

test('NUL bytes in names (CVE-2009-2408: bank.test\\0.evil.test)', () => {
  refused(withNames(dnsName('bank.test\0.evil.test')), /visible ASCII/);
  for (const tag of [0x0c, 0x13, 0x14, 0x16]) {
    refused(withSubject(attribute(OID.cn, der(tag, Buffer.from('bank.test\0.evil.test')))), /not allowed/);
  }
  const wide = Buffer.from('bank.test\0.evil.test', 'utf16le').swap16();
  refused(withSubject(attribute(OID.cn, der(0x1e, wide))), /not allowed/);
  assert.throws(() => policy.normalise('bank.test\0.evil.test', 'san[0]'), { kind: 'invalid-value' });
});

test('line breaks and terminal escapes in names', () => {
  refused(withNames(dnsName('a.test\nb.test')), /visible ASCII/);
  refused(withNames(dnsName('a.test b.test')), /visible ASCII/);
  refused(withSubject(attribute(OID.o, utf8('Foo\u001b[2J'))), /not allowed/);
});

test('addresses in the SAN never pass as names (OpenBao GHSA-g892-p242-8g86)', () => {
  const csr = readCsr(withNames(primitive(0x87, '0a000001'), dnsName('a.test'), primitive(0x87, '00'.repeat(16))));
  assert.deepEqual(csr.dnsNames, ['a.test']);
  // The same address as a dNSName is read as what it says, and stopped by the name policy.
  for (const address of ['10.0.0.1', '127.1', '0x7f.0.0.1', '2130706433', '0x7f000001', '::1', '[::1]']) {
    const [name] = readCsr(withNames(dnsName(address))).dnsNames;
    assert.equal(name, address);
    assert.throws(() => policy.normalise(address, 'san[0]'), {
      kind: 'invalid-value',
      message: /IP address|not a domain/,
    });
  }
});

test('other kinds of alternative names are no domain names', () => {
  const email = der(0x81, Buffer.from('admin@a.test'));
  const uri = der(0x86, Buffer.from('https://a.test/'));
  const otherName = der(0xa0, primitive(6, '2a03'), der(0xa0, utf8('a.test')));
  const directoryName = der(0xa4, sequence(attribute(OID.cn, utf8('a.test'))));
  assert.deepEqual(readCsr(withNames(email, uri, otherName, directoryName)).dnsNames, []);
});

test('a second common name that another program would take', () => {
  refused(
    withSubject(attribute(OID.cn, utf8('a.test')), attribute(OID.cn, utf8('bank.test'))),
    /more than one common name/,
  );
  const oneSet = set(sequence(primitive(6, OID.cn), utf8('a.test')), sequence(primitive(6, OID.cn), utf8('bank.test')));
  refused(withSubject(oneSet), /more than one common name/);
});

test('a common name inside the organization stays there', () => {
  const csr = readCsr(
    withSubject(attribute(OID.o, utf8('Foo/CN=bank.test,CN=bank.test')), attribute(OID.cn, utf8('a.test'))),
  );
  assert.equal(csr.commonName, 'a.test');
  assert.deepEqual(csr.subject, { organization: 'Foo/CN=bank.test,CN=bank.test' });
});

test('a dNSName of UTF-8 octets', () => refused(withNames(der(0x82, Buffer.from('münchen.test'))), /visible ASCII/));

test('a SAN hidden behind a second extension request, or a second SAN', () => {
  const [good, evil] = [sanOf(dnsName('a.test')), sanOf(dnsName('bank.test'))];
  refused(base64(makeRequest({ attributes: [extensionRequest(good), extensionRequest(evil)] })), /more than one/);
  refused(base64(makeRequest({ attributes: [extensionRequest(good, evil)] })), /twice/);
  const twoValues = sequence(primitive(6, OID.extensionRequest), set(sequence(good), sequence(evil)));
  refused(base64(makeRequest({ attributes: [twoValues] })), /more than it should/);
});

test('object identifiers that are overlong or spelt with padding', () => {
  const oid = (contentHex: string): string => withSubject(set(sequence(primitive(6, contentHex), utf8('a.test'))));
  // 2.5.4.3 with a leading 80 in its last arc, which a lax reader takes for the common name.
  refused(oid('55048003'), /not minimal/);
  refused(oid('8055 0403'), /not minimal/);
  // 2.5.4.(2^64 + 3), which wraps round to 3 in 64 bits.
  const csr = readCsr(oid('5504 82808080808080808003'));
  assert.equal(csr.commonName, null);
  assert.equal(csr.attributes[0]?.type, `2.5.4.${2n ** 64n + 3n}`);
  refused(oid(`55${'ff'.repeat(30)}7f`), /too long/);
  refused(oid(`55${'04'.repeat(70)}`), /too long/);
  refused(oid('550483'), /cut off/);
});

test('lengths that are not minimal or indefinite (BERserk and others)', () => {
  const info = (lengthHex: string, body: Buffer): Buffer => Buffer.concat([hex('30'), hex(lengthHex), body]);
  const subject = attribute(OID.cn, utf8('a.test'));
  const padded = (name: Buffer): string => base64(makeRequest({ subject: name }));
  refused(padded(info(`81${subject.length.toString(16).padStart(2, '0')}`, subject)), /not minimal/);
  refused(padded(info(`8200${subject.length.toString(16).padStart(2, '0')}`, subject)), /not minimal/);
  refused(padded(info('80', Buffer.concat([subject, hex('0000')]))), /indefinite/);
  // The same below a part that nobody reads.
  const unread = sequence(primitive(6, '2a03'), set(hex('3080 0500 0000')));
  refused(base64(makeRequest({ attributes: [unread] })), /indefinite/);
});

test('integers that are negative or padded', () => {
  refused(base64(makeRequest({ version: primitive(2, '80') })), /negative/);
  refused(base64(makeRequest({ version: primitive(2, '0000') })), /not minimal/);
  refused(base64(makeRequest({ version: primitive(2, '') })), /empty/);
  const feature = (content: string) => extensionRequest(extension(OID.tlsFeature, sequence(primitive(2, content))));
  refused(base64(makeRequest({ attributes: [feature('fb')] })), /negative/);
  refused(base64(makeRequest({ attributes: [feature('0005')] })), /not minimal/);
  refused(base64(makeRequest({ attributes: [feature('0100000005')] })), /too large/);
});

test('a key smuggled beside the signed one: bytes after the key or inside it', () => {
  const spki = spkiOf(keyOf.rsa);
  const widened = der(0x30, spki.subarray(4), hex('0500'));
  refused(base64(makeRequest({ key: keyOf.rsa, spki: widened })), /more than it should/);
});

test('the signature algorithm with other parameters', () => {
  refused(base64(makeRequest({ identifier: sequence(ECDSA_SHA256.subarray(2), hex('0500')) })), /not supported/);
  refused(base64(makeRequest({ identifier: der(0x30, Buffer.alloc(5000, 5)) })), /not supported|malformed/);
});

test('bombs: deep nesting, many elements, promised gigabytes', () => {
  let deep: Buffer = hex('0500');
  for (let i = 0; i < 10_000; i++) deep = deep.length < 60_000 ? der(0x30, deep) : deep;
  refused(base64(deep), /nested more than/);
  refused(base64(der(0x30, ...Array(20_000).fill(hex('0500')))), /more than 8192 elements/);
  refused(base64(hex('3084 7fffffff 3084 7ffffff9')), /beyond the data/);
  refused(base64(der(0x30, Buffer.alloc(90_000))), /more than 81920 bytes/);
});
