import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { DeskError } from '../../src/core/errors.ts';
import { DAY, HOUR, SECOND } from '../../src/core/time.ts';
import { createLeafBuilder, type LeafContent, SIGNATURE_ALGORITHM } from '../../src/pki/certificate-builder.ts';
import * as der from '../../src/pki/der-writer.ts';
import * as write from '../../src/pki/extension-writer.ts';
import { LEAF_RULES } from '../../src/pki/lint-rules.ts';
import { type LintExpectation, lintFindings, lintLeaf } from '../../src/pki/lint.ts';
import { caSubject, leafSubject } from '../../src/pki/subject-writer.ts';
import { newSpki } from '../issuers/embedded-ca.ts';

const NOW = Date.parse('2026-11-22T10:00:00Z');
const NAME = caSubject('XX', 'Chancery', 'Chancery TLS');
const KEY_ID = Buffer.alloc(20, 7);
const SPKI = newSpki();
const CRL_URL = 'http://ca.example.test/crl/embedded/3.crl';
const AIA_URL = 'http://ca.example.test/ca/embedded/intermediate.crt';
const ALGORITHM = SIGNATURE_ALGORITHM['ecdsa-sha256'];
const NAMES = ['www.example.test', '*.example.test'];

const LEAF: LeafContent = {
  level: 'DV',
  commonName: 'www.example.test',
  names: NAMES,
  subject: {},
  spki: SPKI,
  mustStaple: false,
  serial: Buffer.alloc(16, 0x45),
  notBefore: NOW - HOUR,
  notAfter: NOW - HOUR + 200 * DAY - SECOND,
  crlUrl: CRL_URL,
};
const EXPECTED: LintExpectation = {
  ...LEAF,
  serial: '45'.repeat(16),
  notAfterAtMost: NOW + 365 * DAY,
  signedAt: NOW,
  longestValidity: 200 * DAY,
  issuer: { signatureAlgorithm: ALGORITHM, name: NAME, keyId: KEY_ID, notAfter: NOW + 3650 * DAY },
  crlPath: '/crl/embedded/3.crl',
  caIssuersPath: '/ca/embedded/intermediate.crt',
};
const build = createLeafBuilder({ algorithm: 'ecdsa-sha256', name: NAME, keyId: KEY_ID, caIssuersUrl: AIA_URL });

type Part =
  | 'version'
  | 'serial'
  | 'algorithm'
  | 'issuer'
  | 'validity'
  | 'subject'
  | 'spki'
  | 'usage'
  | 'purpose'
  | 'constraints'
  | 'authorityKey'
  | 'access'
  | 'policy'
  | 'crl'
  | 'more'
  | 'san';

/** The same leaf put together by hand, so that any part can be wrong. */
const PARTS: Record<Part, Uint8Array> = {
  version: der.explicit(0, [der.integer(2)]),
  serial: der.integer(LEAF.serial),
  algorithm: ALGORITHM,
  issuer: NAME,
  validity: der.sequence([der.time(LEAF.notBefore), der.time(LEAF.notAfter)]),
  subject: leafSubject('DV', {}, 'www.example.test'),
  spki: SPKI,
  usage: write.keyUsage(['digitalSignature']),
  purpose: write.serverAuth(),
  constraints: write.notACa(),
  authorityKey: write.authorityKeyIdentifier(KEY_ID),
  access: write.caIssuers(AIA_URL),
  policy: write.certificatePolicy('DV'),
  crl: write.crlDistributionPoint(CRL_URL),
  more: new Uint8Array(),
  san: write.subjectAltName(NAMES, false),
};

function byHand(changes: Partial<typeof PARTS>): Uint8Array {
  const { version, serial, algorithm, issuer, validity, subject, spki, ...extensions } = { ...PARTS, ...changes };
  const list = der.sequence(Object.values(extensions));
  return der.sequence([version, serial, algorithm, issuer, validity, subject, spki, der.explicit(3, [list])]);
}

const NONE = new Uint8Array();
const sanOf = (...names: string[]) => write.subjectAltName(names, false);
const validity = (from: number, to: number) => der.sequence([der.time(from), der.time(to)]);
const attribute = (type: string, value: Uint8Array) => der.set([der.sequence([der.oid(type), value])]);
const commonName = (text: string) => attribute('2.5.4.3', der.utf8String(text));
const extension = (type: string, critical: boolean, value: Uint8Array) =>
  der.sequence([der.oid(type), ...(critical ? [der.booleanTrue()] : []), der.octetString(value)]);
const OV = {
  subject: leafSubject('OV', { organization: 'X', country: 'DE', locality: 'Y' }, 'www.example.test'),
  policy: write.certificatePolicy('OV'),
};

/** One broken certificate for each rule: the rule, what is broken, and what else was expected than usual. */
const BROKEN: [string, string, Partial<typeof PARTS>, Partial<LintExpectation>?][] = [
  ['version-3', 'version 2', { version: der.explicit(0, [der.integer(1)]) }],
  ['serial-positive', 'a negative serial', { serial: Buffer.from(`0210${'85'.repeat(16)}`, 'hex') }],
  ['serial-positive', 'a serial of zero', { serial: der.integer(0) }],
  ['serial-length', 'a serial of 8 octets', { serial: der.integer(Buffer.alloc(8, 1)) }],
  ['serial-length', 'a serial of 21 octets', { serial: der.integer(Buffer.alloc(21, 1)) }],
  ['serial-on-record', 'another serial', { serial: der.integer(Buffer.alloc(16, 0x46)) }],
  ['signature-algorithm', 'another algorithm', { algorithm: SIGNATURE_ALGORITHM['rsa-sha256'] }],
  [
    'signature-algorithm',
    'an algorithm with NULL',
    { algorithm: der.sequence([der.oid('1.2.840.10045.4.3.2'), der.nullValue()]) },
  ],
  ['issuer-name', 'another issuer', { issuer: caSubject('XX', 'Chancery', 'Other') }],
  [
    'time-form',
    'GeneralizedTime before 2050',
    { validity: der.sequence([der.time(LEAF.notBefore), der.tlv(0x18, [Buffer.from('20270101000000Z')])]) },
  ],
  ['validity-on-record', 'an earlier end', { validity: validity(LEAF.notBefore, LEAF.notAfter - SECOND) }],
  ['validity-length', 'one second too much', { validity: validity(LEAF.notBefore, LEAF.notAfter + SECOND) }],
  ['validity-length', 'an end before the beginning', { validity: validity(LEAF.notBefore, LEAF.notBefore) }],
  ['not-before-near-signing', 'a beginning three days ago', { validity: validity(NOW - 3 * DAY, NOW + DAY) }],
  ['not-before-near-signing', 'a beginning in three days', { validity: validity(NOW + 3 * DAY, NOW + 9 * DAY) }],
  ['within-term', 'an end after the term', {}, { notAfterAtMost: LEAF.notAfter - 1 }],
  ['within-issuer', 'an end after the issuer', {}, { issuer: { ...EXPECTED.issuer, notAfter: LEAF.notAfter - 1 } }],
  ['subject-attributes', 'an organization in DV', { subject: OV.subject }],
  [
    'subject-attributes',
    'an OU',
    { subject: der.sequence([attribute('2.5.4.11', der.utf8String('IT')), commonName('www.example.test')]) },
  ],
  ['subject-attributes', 'OV without organization', { policy: OV.policy }, { level: 'OV' }],
  [
    'subject-attributes',
    'a registration in OV',
    {
      ...OV,
      subject: leafSubject('EV', { organization: 'X', country: 'DE', locality: 'Y', registrationNumber: '1' }, null),
    },
    { level: 'OV' },
  ],
  [
    'subject-order',
    'the common name twice',
    { subject: der.sequence([commonName('www.example.test'), commonName('www.example.test')]) },
  ],
  [
    'subject-order',
    'the organization before the country',
    {
      ...OV,
      subject: der.sequence([
        attribute('2.5.4.10', der.utf8String('X')),
        attribute('2.5.4.6', der.printableString('DE')),
        attribute('2.5.4.7', der.utf8String('Y')),
      ]),
    },
    { level: 'OV' },
  ],
  [
    'subject-encoding',
    'an IA5String',
    { subject: der.sequence([attribute('2.5.4.3', der.ia5String('www.example.test'))]) },
  ],
  [
    'subject-encoding',
    'two attributes in one set',
    {
      subject: der.sequence([
        der.set([
          der.sequence([der.oid('2.5.4.3'), der.utf8String('www.example.test')]),
          der.sequence([der.oid('2.5.4.3'), der.utf8String('a')]),
        ]),
      ]),
    },
  ],
  ['common-name-in-san', 'a common name of its own', { subject: leafSubject('DV', {}, 'example.test') }],
  ['common-name-in-san', 'the common name in other letters', { subject: leafSubject('DV', {}, 'WWW.example.test') }],
  ['key-asked-for', 'another key', { spki: newSpki() }],
  [
    'key-algorithm',
    'a key on another curve',
    {
      spki: der.sequence([
        der.sequence([der.oid('1.2.840.10045.2.1'), der.oid('1.3.132.0.10')]),
        der.bitString(Buffer.alloc(65, 4)),
      ]),
    },
  ],
  ['extensions-once', 'an extension twice', { more: PARTS.usage }],
  ['extensions-known', 'an unknown extension', { more: extension('1.2.3.4', false, der.nullValue()) }],
  ['san-names', 'a name more', { san: sanOf(...NAMES, 'evil.test') }],
  ['san-names', 'a name less', { san: sanOf(NAMES[0]!) }],
  ['san-names', 'no SAN', { san: NONE }],
  [
    'san-name-form',
    'an underscore',
    { san: sanOf('a_b.example.test', NAMES[1]!) },
    { names: ['a_b.example.test', NAMES[1]!] },
  ],
  ['san-name-form', 'capital letters', { san: sanOf('WWW.example.test') }, { names: ['WWW.example.test'] }],
  ['san-name-form', 'a dot at the end', { san: sanOf('www.example.test.') }, { names: ['www.example.test.'] }],
  ['san-name-form', 'a wildcard over a single label', { san: sanOf('*.test') }, { names: ['*.test'] }],
  ['san-name-form', 'an empty label', { san: sanOf('a..test') }, { names: ['a..test'] }],
  ['san-name-form', 'a wildcard inside', { san: sanOf('www.*.test') }, { names: ['www.*.test'] }],
  ['san-name-form', 'two wildcards', { san: sanOf('*.*.example.test') }, { names: ['*.*.example.test'] }],
  ['san-name-form', 'a label with a hyphen first', { san: sanOf('-a.example.test') }, { names: ['-a.example.test'] }],
  ['san-name-form', 'an address', { san: sanOf('10.0.0.1') }, { names: ['10.0.0.1'] }],
  ['san-name-form', 'a label of 64', { san: sanOf(`${'a'.repeat(64)}.test`) }, { names: [`${'a'.repeat(64)}.test`] }],
  ['san-names-once', 'a name twice', { san: sanOf(NAMES[0]!, NAMES[0]!) }, { names: [NAMES[0]!, NAMES[0]!] }],
  ['san-critical-iff-empty-subject', 'critical with a subject', { san: write.subjectAltName(NAMES, true) }],
  ['san-critical-iff-empty-subject', 'not critical without', { subject: der.sequence([]) }],
  ['authority-key', 'another key identifier', { authorityKey: write.authorityKeyIdentifier(Buffer.alloc(20)) }],
  ['authority-key', 'no authority key', { authorityKey: NONE }],
  [
    'purpose',
    'client authentication as well',
    {
      purpose: extension(
        '2.5.29.37',
        false,
        der.sequence([der.oid('1.3.6.1.5.5.7.3.1'), der.oid('1.3.6.1.5.5.7.3.2')]),
      ),
    },
  ],
  ['purpose', 'no purpose', { purpose: NONE }],
  ['key-usage', 'key encipherment on EC', { usage: write.keyUsage(['digitalSignature', 'keyEncipherment']) }],
  ['key-usage', 'the right to sign certificates', { usage: write.keyUsage(['digitalSignature', 'keyCertSign']) }],
  ['not-a-ca', 'a CA', { constraints: write.caConstraints(0) }],
  ['policy', 'another level', { policy: OV.policy }],
  ['policy', 'no policy', { policy: NONE }],
  [
    'policy',
    'two policies',
    {
      policy: extension(
        '2.5.29.32',
        false,
        der.sequence([der.sequence([der.oid('2.23.140.1.2.1')]), der.sequence([der.oid('2.23.140.1.2.2')])]),
      ),
    },
  ],
  ['crl-distribution-point', 'another shard', { crl: write.crlDistributionPoint(CRL_URL.replace('3', '4')) }],
  ['crl-distribution-point', 'HTTPS', { crl: write.crlDistributionPoint(CRL_URL.replace('http', 'https')) }],
  ['crl-distribution-point', 'none', { crl: NONE }],
  ['authority-information', 'HTTPS', { access: write.caIssuers(AIA_URL.replace('http', 'https')) }],
  ['authority-information', 'none', { access: NONE }],
  [
    'authority-information',
    'OCSP',
    {
      access: extension(
        '1.3.6.1.5.5.7.1.1',
        false,
        der.sequence([der.sequence([der.oid('1.3.6.1.5.5.7.48.1'), der.implicit(6, Buffer.from(AIA_URL))])]),
      ),
    },
  ],
  ['must-staple-as-asked', 'must-staple that nobody asked for', { more: write.mustStaple() }],
  [
    'san-name-form',
    'an address where only names may be',
    { subject: leafSubject('DV', {}, null), san: write.subjectAltName(['192.0.2.1'], true) },
    { commonName: 'x', names: ['192.0.2.1'] },
  ],
  [
    'san-name-form',
    'an address as a name',
    {
      subject: leafSubject('DV', {}, null),
      san: extension('2.5.29.17', true, der.sequence([der.tlv(0x82, [Buffer.from('192.0.2.1')])])),
    },
    { commonName: 'x', names: ['192.0.2.1'], privateNames: true },
  ],
  ['must-staple-as-asked', 'no must-staple', {}, { mustStaple: true }],
  ['purpose', 'no client authentication where it was asked for', {}, { extras: ['client-auth'] }],
  [
    'key-usage',
    'data encipherment that nobody asked for',
    { usage: write.keyUsage(['digitalSignature', 'dataEncipherment']) },
  ],
  ['delegation-as-asked', 'delegation that nobody asked for', { more: write.delegationUsage() }],
  ['delegation-as-asked', 'no delegation', {}, { extras: ['delegated-credentials'] }],
  [
    'delegation-as-asked',
    'delegation that is not NULL',
    { more: extension('1.3.6.1.4.1.44363.44', false, der.sequence([])) },
    { extras: ['delegated-credentials'] },
  ],
  ['no-subject-key-identifier', 'a subject key identifier', { more: write.subjectKeyIdentifier(KEY_ID) }],
  [
    'criticality',
    'a critical policy',
    { policy: extension('2.5.29.32', true, der.sequence([der.sequence([der.oid('2.23.140.1.2.1')])])) },
  ],
];

describe('lint before signing', () => {
  it('finds nothing in what the builder writes, which is the same as by hand', () => {
    assert.deepEqual(lintFindings(build(LEAF), EXPECTED), []);
    assert.equal(Buffer.from(build(LEAF)).toString('hex'), Buffer.from(byHand({})).toString('hex'));
  });

  it('passes a host of a single label, which a private CA may name', () => {
    const leaf = { ...LEAF, commonName: 'intranet', names: ['intranet'] };
    assert.deepEqual(lintFindings(build(leaf), { ...EXPECTED, commonName: 'intranet', names: ['intranet'] }), []);
  });

  for (const [rule, what, changes, expected] of BROKEN) {
    it(`${rule}: ${what}`, () => {
      const findings = lintFindings(byHand(changes), { ...EXPECTED, ...expected });
      assert.ok(findings.includes(rule), `found ${findings.join() || 'nothing'}`);
    });
  }

  it('has a broken certificate for each rule, and a section for each', () => {
    assert.deepEqual([...new Set(BROKEN.map(([rule]) => rule))].sort(), LEAF_RULES.map(({ id }) => id).sort());
    assert.ok(LEAF_RULES.every(({ cite }) => cite.length > 0));
  });

  it('throws with the rule and its section', () => {
    assert.throws(
      () => lintLeaf(byHand({ version: der.explicit(0, [der.integer(1)]) }), EXPECTED),
      (error: DeskError) => error.kind === 'internal' && error.message.includes('version-3 (BR 7.1.1)'),
    );
    assert.throws(() => lintLeaf(Uint8Array.of(0x30, 0), EXPECTED), /structure/);
  });

  it('passes no certificate of which a bit was changed, except in the host of its two addresses', () => {
    const good = Buffer.from(build(LEAF));
    const hosts = [...good.toString('latin1').matchAll(/ca\.example\.test(?=\/)/g)].map(({ index }) => index);
    assert.equal(hosts.length, 2);
    const free = (at: number) => hosts.some((host) => at >= host && at < host + 'ca.example.test'.length);
    for (let bit = 0; bit < good.length * 8; bit++) {
      if (free(bit >> 3)) continue;
      const changed = Uint8Array.from(good);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      assert.ok(
        lintFindings(changed, EXPECTED).length > 0,
        `bit ${bit} of ${good.subarray((bit >> 3) - 4, (bit >> 3) + 5).toString('hex')}`,
      );
    }
  });

  it('ends in findings for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => assert.ok(lintFindings(bytes, EXPECTED).length > 0)),
    );
  });
});
