import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DeskError } from '../../src/core/errors.ts';
import { readCsr, readCsrNames, readKeptCsr } from '../../src/pki/csr.ts';
import { createPkiTools } from '../../src/pki/tools.ts';
import {
  attribute,
  base64,
  dnsName,
  extension,
  extensionRequest,
  hex,
  keyOf,
  makeRequest,
  OID,
  primitive,
  sanOf,
  sequence,
  set,
  spkiOf,
  utf8,
} from './make-der.ts';

const REQUEST = makeRequest({
  subject: sequence(attribute(OID.o, utf8('Müller, Söhne')), attribute(OID.cn, utf8('a.test'))),
  attributes: [extensionRequest(sanOf(dnsName('A.test'), dnsName('b.test'), dnsName('a.TEST')))],
});
const LINES = base64(REQUEST).match(/.{1,64}/g) as string[];
const pem = (label: string, newline: string): string =>
  [`-----BEGIN ${label}-----`, ...LINES, `-----END ${label}-----`, ''].join(newline);
const PEM = pem('CERTIFICATE REQUEST', '\n');

const refuses = (work: () => unknown, message: RegExp): void =>
  assert.throws(work, (error) => {
    assert.ok(error instanceof DeskError, String(error));
    assert.equal(error.kind, 'invalid-csr');
    assert.match(error.message, message);
    return true;
  });

const FORMS: [string, string][] = [
  ['PEM', PEM],
  ['the label of Microsoft', pem('NEW CERTIFICATE REQUEST', '\n')],
  ['CRLF', pem('CERTIFICATE REQUEST', '\r\n')],
  ['CR alone', pem('CERTIFICATE REQUEST', '\r')],
  ['no line breaks', pem('CERTIFICATE REQUEST', '')],
  ['spaces for line breaks', pem('CERTIFICATE REQUEST', ' ')],
  ['line breaks escaped twice', pem('CERTIFICATE REQUEST', '\\n')],
  ['CRLF escaped twice', pem('CERTIFICATE REQUEST', '\\r\\n')],
  ['no line break at the end', PEM.trimEnd()],
  ['text around it', `Certificate Request:\n    Data:\n${PEM}\nKind regards`],
  ['a byte order mark', `\ufeff${PEM}`],
  ['indented lines', PEM.replaceAll('\n', '\n\t  ')],
  ['bare base64', base64(REQUEST)],
  ['bare base64 in lines', ` ${LINES.join('\r\n')}\n`],
];
for (const [what, text] of FORMS) {
  test(`reads ${what}`, () => assert.deepEqual(Buffer.from(readCsr(text).der), REQUEST));
}

const NOT_FORMS: [string, string, RegExp][] = [
  ['nothing', '', /is empty/],
  ['white space', ' \n ', /is empty/],
  ['an empty PEM', '-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----', /is empty/],
  ['prose', 'please sign this', /neither PEM nor base64/],
  ['a certificate', PEM.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE'), /holds a CERTIFICATE where/],
  ['two requests', PEM + PEM, /more than one/],
  ['no end', PEM.slice(0, -20), /END CERTIFICATE REQUEST----- is missing/],
  ['other label at the end', PEM.replace('END CERT', 'END NEW CERT'), /is missing/],
  ['characters outside base64', PEM.replace('M', '$'), /neither PEM nor base64/],
  ['base64url', base64(REQUEST).replace(/[A-Z]/, '_'), /neither PEM nor base64/],
  ['a character too few', base64(REQUEST).slice(1), /neither PEM nor base64/],
  ['a private key too', `-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----\n${PEM}`, /private key/],
  ['headers of encrypted PEM', PEM.replace('-\n', '-\nProc-Type: 4,ENCRYPTED\n'), /neither PEM nor base64/],
  ['128 kB of base64', 'A'.repeat(131_073), /more than 131072 characters/],
  ['bytes after the end', base64(Buffer.concat([REQUEST, hex('00')])), /after the end/],
  ['a cut off request', base64(REQUEST.subarray(0, -1)), /malformed/],
];
for (const [what, text, message] of NOT_FORMS) {
  test(`refuses ${what}`, () => refuses(() => readCsr(text), message));
}

test('tells everything of the request', () => {
  const csr = readCsr(PEM);
  assert.equal(csr.commonName, 'a.test');
  assert.deepEqual(csr.subject, { organization: 'Müller, Söhne' });
  assert.deepEqual(csr.attributes, [
    { type: 'O', value: 'Müller, Söhne' },
    { type: 'CN', value: 'a.test' },
  ]);
  assert.deepEqual(csr.dnsNames, ['a.test', 'b.test']);
  assert.equal(csr.emailAddress, null);
  assert.equal(csr.mustStaple, false);
  assert.deepEqual([csr.keyAlgorithm, csr.keyBits], ['ECDSA', 256]);
  assert.deepEqual(Buffer.from(csr.spki), spkiOf(keyOf.ec));
  assert.equal(csr.spkiHash, createHash('sha256').update(spkiOf(keyOf.ec)).digest('hex'));
  assert.equal(csr.md5, createHash('md5').update(REQUEST).digest('hex'));
  assert.equal(csr.sha256, createHash('sha256').update(REQUEST).digest('hex'));
});

test('reads an RSA key of 8192 bits', () => {
  const csr = readCsr(readFileSync(new URL('../vectors/csr/rsa-8192.pem', import.meta.url), 'utf8'));
  assert.deepEqual([csr.keyAlgorithm, csr.keyBits], ['RSA', 8192]);
});

test('reads a request without the attributes that RFC 2986 demands', () => {
  assert.deepEqual(readCsr(base64(makeRequest({ attributes: null }))).dnsNames, []);
});

test("reads the extensions where Microsoft's older tools put them", () => {
  const old = sequence(primitive(6, '2b060104018237' + '02010e'), set(sequence(sanOf(dnsName('old.test')))));
  assert.deepEqual(readCsr(base64(makeRequest({ attributes: [old] }))).dnsNames, ['old.test']);
});

test('ignores attributes that it does not know', () => {
  const challengePassword = sequence(primitive(6, '2a864886f70d010907'), set(utf8('secret')));
  const csr = readCsr(
    base64(makeRequest({ attributes: [challengePassword, extensionRequest(sanOf(dnsName('a.test')))] })),
  );
  assert.deepEqual(csr.dnsNames, ['a.test']);
});

test('finds must-staple among the TLS features', () => {
  const asking = (...features: string[]): boolean => {
    const value = sequence(...features.map((feature) => primitive(2, feature)));
    return readCsr(base64(makeRequest({ attributes: [extensionRequest(extension(OID.tlsFeature, value))] })))
      .mustStaple;
  };
  assert.equal(asking('05'), true);
  assert.equal(asking('11', '05'), true);
  assert.equal(asking('11'), false);
  assert.equal(asking(), false);
});

test('an empty subject and empty values are no names', () => {
  const empty = readCsr(base64(makeRequest({ subject: sequence() })));
  assert.deepEqual([empty.commonName, empty.attributes, empty.subject], [null, [], {}]);
  const blank = readCsr(
    base64(makeRequest({ subject: sequence(attribute(OID.cn, utf8('')), attribute(OID.o, utf8(''))) })),
  );
  assert.deepEqual([blank.commonName, blank.subject], [null, {}]);
  assert.equal(blank.attributes.length, 2);
});

const many = (count: number, make: (index: number) => Buffer): Buffer[] =>
  Array.from({ length: count }, (_, i) => make(i));
const MALFORMED: [string, Parameters<typeof makeRequest>[0], RegExp][] = [
  ['another version', { version: primitive(2, '01') }, /version is not 1/],
  ['a negative version', { version: primitive(2, 'ff') }, /negative/],
  ['an unknown signature algorithm', { identifier: hex('300506032b6570') }, /not supported/],
  ['MD5', { key: keyOf.rsa, identifier: hex('300d06092a864886f70d0101040500') }, /not supported/],
  ['an algorithm for another key', { identifier: hex('300d06092a864886f70d01010b0500') }, /ECDSA key cannot sign/],
  ['a text that is none', { subject: sequence(attribute(OID.cn, primitive(4, '61'))) }, /CN is not a text/],
  ['a long value', { subject: sequence(attribute(OID.o, utf8('x'.repeat(513)))) }, /O has more than 512/],
  [
    'many attributes in the name',
    { subject: sequence(...many(65, () => attribute(OID.o, utf8('x')))) },
    /more than 64/,
  ],
  ['an empty relative name', { subject: sequence(set()) }, /missing/],
  ['many attributes', { attributes: many(33, () => sequence(primitive(6, '2a03'), set())) }, /more than 32 attributes/],
  ['two extension requests', { attributes: many(2, () => extensionRequest()) }, /more than one extension request/],
  ['an extension twice', { attributes: [extensionRequest(sanOf(dnsName('a')), sanOf(dnsName('b')))] }, /twice/],
  [
    'many extensions',
    {
      attributes: [
        extensionRequest(...many(65, (i) => extension(`2a03${i.toString(16).padStart(2, '0')}`, hex('0500')))),
      ],
    },
    /more than 64 extensions/,
  ],
  [
    'many names',
    { attributes: [extensionRequest(sanOf(...many(2001, (i) => dnsName(`${i}.test`))))] },
    /more than 2000/,
  ],
  ['an empty list of names', { attributes: [extensionRequest(sanOf())] }, /empty/],
  ['an unknown type of name', { attributes: [extensionRequest(sanOf(primitive(0x89, '61')))] }, /unknown type/],
  [
    'an address of five octets',
    { attributes: [extensionRequest(sanOf(primitive(0x87, '0102030405')))] },
    /wrong length/,
  ],
  ['a key of another kind', { spki: hex(`302a300506032b6570032100${'11'.repeat(32)}`) }, /neither RSA nor/],
];
for (const [what, parts, message] of MALFORMED) {
  test(`refuses ${what}`, () => refuses(() => readCsr(base64(makeRequest(parts))), message));
}

test('refuses a signature of another key, a changed one and one that is none', () => {
  const signature = hex('3006020101020101');
  refuses(() => readCsr(base64(makeRequest({ signature }))), /signature of the CSR does not match/);
  refuses(() => readCsr(base64(makeRequest({ signature: hex('') }))), /does not match/);
  refuses(() => readCsr(base64(makeRequest({ key: keyOf.rsa, signature: Buffer.alloc(256, 1) }))), /does not match/);
  const changed = Buffer.from(REQUEST);
  changed[changed.indexOf('a.test')] = 0x62;
  refuses(() => readCsr(base64(changed)), /does not match/);
});

test('the tools read in place or where they are told, and refuse blocked keys either way', async () => {
  const csr = readCsr(PEM);
  assert.equal((await createPkiTools().readCsr(PEM)).sha256, csr.sha256);
  await assert.rejects(createPkiTools().readCsr('x'), { kind: 'invalid-csr' });
  const asked: string[] = [];
  const elsewhere = async (text: string) => {
    asked.push(text);
    return csr;
  };
  assert.equal(await createPkiTools({ readCsr: elsewhere }).readCsr('any'), csr);
  assert.deepEqual(asked, ['any']);
  const blockedKeys = new Set([csr.spkiHash]);
  const message = /reported as compromised/;
  await assert.rejects(createPkiTools({ blockedKeys }).readCsr(PEM), { kind: 'invalid-csr', message });
  await assert.rejects(createPkiTools({ readCsr: elsewhere, blockedKeys }).readCsr('any'), {
    kind: 'invalid-csr',
    message,
  });
  refuses(() => readCsr(PEM, { blockedKeys }), message);
});

test('a kept CSR gives its key again without being verified, and damage is told', () => {
  const text = execFileSync(
    'openssl',
    ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=a.com'],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const { der, spki, mustStaple } = readCsr(text);
  assert.deepEqual(readKeptCsr(der), { spki, mustStaple });
  assert.throws(() => readKeptCsr(der.subarray(1)), { kind: 'internal' });
});

test('names of a kept CSR: an address counts where it is an iPAddress, and nowhere else', () => {
  const names = (commonName: string, ...san: Parameters<typeof sanOf>) =>
    readCsrNames(
      makeRequest({
        subject: sequence(attribute(OID.cn, utf8(commonName))),
        attributes: san.length === 0 ? [] : [extensionRequest(sanOf(...san))],
      }),
    );
  const v4 = primitive(0x87, 'c0000207');
  const v6 = primitive(0x87, '20010db8 00000000 00000000 00000007');
  assert.deepEqual(names('A.test', dnsName('b.test'), v4, v6), ['a.test', 'b.test', '192.0.2.7', '2001:db8::7']);
  assert.deepEqual(names('2001:DB8::0:7', v6), ['2001:db8::7']);
  assert.deepEqual(names('192.0.2.7'), ['']);
  assert.deepEqual(names('192.0.2.7', dnsName('192.0.2.7')), ['', '']);
  assert.deepEqual(names('a.test', dnsName('2001:db8::7')), ['a.test', '']);
  // Of another kind: an e-mail address.
  assert.deepEqual(names('a.test', primitive(0x81, '7840612e74657374')), ['a.test', '']);
  assert.equal(readCsrNames(Buffer.from('no CSR')), null);
});
