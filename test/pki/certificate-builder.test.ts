import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { DeskError } from '../../src/core/errors.ts';
import type { Subject } from '../../src/core/records.ts';
import { DAY, SECOND } from '../../src/core/time.ts';
import {
  createLeafBuilder,
  type LeafContent,
  serialFrom,
  SIGNATURE_ALGORITHM,
  signed,
} from '../../src/pki/certificate-builder.ts';
import { readCertificate } from '../../src/pki/certificate-reader.ts';
import { lintFindings } from '../../src/pki/lint.ts';
import { toPem } from '../../src/pki/pem.ts';
import { signNow } from '../../src/pki/signer.ts';
import { caSubject } from '../../src/pki/subject-writer.ts';
import { newSpki } from '../issuers/embedded-ca.ts';
import { openssl } from '../support/openssl.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const NAME = caSubject('XX', 'Chancery', 'Chancery TLS');
const KEY_ID = Buffer.alloc(20, 7);
const CRL_PATH = '/crl/embedded/0.crl';
const AIA_PATH = '/ca/embedded/intermediate.crt';
const HOST = 'http://ca.example.test';
const build = createLeafBuilder({
  algorithm: 'ecdsa-sha256',
  name: NAME,
  keyId: KEY_ID,
  caIssuersUrl: HOST + AIA_PATH,
});
const SPKIS = (['P-256', 'P-384', 'P-521', 'RSA'] as const).map((kind) => newSpki(kind));

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
// No last label of digits: such names are addresses, which the name policy refuses.
const name = fc
  .tuple(fc.boolean(), fc.array(label, { minLength: 1, maxLength: 4 }), fc.stringMatching(/^[a-z][a-z0-9]{1,20}$/))
  .map(([wildcard, labels, last]) => [...(wildcard ? ['*'] : []), ...labels, last].join('.'));
const names = fc.uniqueArray(name, { minLength: 1, maxLength: 100 });
const text = fc.string({ unit: 'grapheme', maxLength: 140 });
const subject: fc.Arbitrary<Subject> = fc.record(
  {
    organization: text,
    department: text,
    country: fc.oneof(fc.constantFrom('DE', 'NL', 'XX'), text),
    state: text,
    locality: text,
    street: text,
    postalCode: text,
    registrationNumber: fc.oneof(fc.stringMatching(/^[A-Z0-9 ]{1,70}$/), text),
    businessCategory: text,
    jurisdictionCountry: fc.oneof(fc.constantFrom('DE', 'NL'), text),
    jurisdictionState: text,
    jurisdictionLocality: text,
  },
  { requiredKeys: [] },
);
const leaf: fc.Arbitrary<LeafContent> = fc
  .record({
    level: fc.constantFrom('DV', 'OV', 'EV'),
    names,
    subject,
    spki: fc.constantFrom(...SPKIS),
    mustStaple: fc.boolean(),
    serial: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(serialFrom),
    notBefore: fc.integer({ min: Date.UTC(2020, 0) / SECOND, max: Date.UTC(2060, 0) / SECOND }).map((s) => s * SECOND),
    days: fc.integer({ min: 1, max: 200 }),
  })
  .map(({ days, ...rest }) => ({
    ...rest,
    commonName: rest.names[0] as string,
    notAfter: rest.notBefore + days * DAY - SECOND,
    crlUrl: HOST + CRL_PATH,
  }));

function findingsOf(tbs: Uint8Array, one: LeafContent): string[] {
  return lintFindings(tbs, {
    ...one,
    serial: Buffer.from(one.serial).toString('hex').toUpperCase(),
    notAfterAtMost: one.notAfter,
    signedAt: one.notBefore,
    longestValidity: 200 * DAY,
    issuer: {
      signatureAlgorithm: SIGNATURE_ALGORITHM['ecdsa-sha256'],
      name: NAME,
      keyId: KEY_ID,
      notAfter: one.notAfter,
    },
    crlPath: CRL_PATH,
    caIssuersPath: AIA_PATH,
  });
}

const certificateOf = (tbs: Uint8Array) => signed(tbs, 'ecdsa-sha256', signNow(privateKey, tbs));

describe('building leaves', () => {
  it('gives what lint and the reader find to be what was asked, or says which value is at fault', () => {
    let built = 0;
    fc.assert(
      fc.property(leaf, (one) => {
        let tbs: Uint8Array;
        try {
          tbs = build(one);
        } catch (error) {
          assert.ok(
            error instanceof DeskError && error.kind === 'invalid-value' && error.field?.startsWith('subject.'),
          );
          return;
        }
        built += 1;
        assert.deepEqual(findingsOf(tbs, one), []);
        const read = readCertificate(certificateOf(tbs));
        assert.deepEqual(read.dnsNames, one.names);
        assert.equal(read.notBefore, one.notBefore);
        assert.equal(read.notAfter, one.notAfter);
        assert.equal(read.serial, Buffer.from(one.serial).toString('hex').toUpperCase());
        assert.deepEqual(Buffer.from(read.spki), Buffer.from(one.spki));
        assert.equal(read.commonName, one.commonName.length <= 64 ? one.commonName : null);
        const { organization, country } = one.level === 'DV' ? ({} as Subject) : one.subject;
        assert.equal(read.subject.organization, organization);
        assert.equal(read.subject.country, country);
        assert.equal(read.subject.department, undefined);
      }),
      { numRuns: 500 },
    );
    assert.ok(built > 100, `only ${built} were built`);
  });

  it('reaches beyond 2050, as OpenSSL reads it', () => {
    const notBefore = Date.parse('2049-12-01T00:00:00Z');
    const one: LeafContent = {
      level: 'DV',
      commonName: 'www.example.test',
      names: ['www.example.test'],
      subject: {},
      spki: SPKIS[0] as Uint8Array,
      mustStaple: false,
      serial: serialFrom(Buffer.alloc(16)),
      notBefore,
      notAfter: notBefore + 100 * DAY - SECOND,
      crlUrl: HOST + CRL_PATH,
    };
    const shown = openssl(['x509', '-noout', '-dates'], toPem('CERTIFICATE', certificateOf(build(one))));
    assert.equal(shown, 'notBefore=Dec  1 00:00:00 2049 GMT\nnotAfter=Mar 10 23:59:59 2050 GMT\n');
  });

  it('makes serials of 16 octets, positive and below 2^159, that keep 126 bits of what was random', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (octets) => {
        const serial = serialFrom(octets);
        assert.equal(serial.length, 16);
        assert.equal((serial[0] as number) >> 6, 1);
        assert.equal((serial[0] as number) & 0x3f, (octets[0] as number) & 0x3f);
        assert.deepEqual(serial.subarray(1), octets.subarray(1));
      }),
    );
  });
});
