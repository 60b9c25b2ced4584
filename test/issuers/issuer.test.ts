import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { DeskError } from '../../src/core/errors.ts';
import type { IssueAsk } from '../../src/core/ports.ts';
import { DAY, HOUR, SECOND } from '../../src/core/time.ts';
import { toPem } from '../../src/pki/pem.ts';
import { readCertificate } from '../../src/pki/certificate-reader.ts';
import { openssl, opensslResult, withFiles } from '../support/openssl.ts';
import { createWorld } from '../support/stores.ts';
import { askFor, embeddedCa, issuanceFrom, issueOne, newSpki, START } from './embedded-ca.ts';

const SUBJECT = {
  organization: 'Bäckerei Müller & Söhne GmbH',
  department: 'IT',
  country: 'DE',
  state: 'Bayern',
  locality: 'München',
  street: 'Hauptstraße 1',
  postalCode: '80331',
  registrationNumber: 'HRB 12345',
  businessCategory: 'Private Organization',
  jurisdictionCountry: 'DE',
  jurisdictionState: 'Bayern',
};

describe('embedded issuer', () => {
  const world = createWorld('sqlite');
  let ec: Awaited<ReturnType<typeof embeddedCa>>;
  let rsa: Awaited<ReturnType<typeof embeddedCa>>;
  before(async () => {
    ec = await embeddedCa(await world.open());
    rsa = await embeddedCa(await world.open(), { keyType: 'RSA-2048' });
  });
  after(() => world.end());

  const textOf = async (ask: IssueAsk, ca = ec) => {
    const { der } = await issueOne(ca.issuer, ask, START);
    return openssl(
      ['x509', '-noout', '-text', '-nameopt', 'RFC2253,-esc_msb,utf8,sep_comma_plus_space'],
      toPem('CERTIFICATE', der),
    );
  };

  for (const [name, get] of [
    ['EC', () => ec],
    ['RSA', () => rsa],
  ] as const) {
    for (const kind of ['P-256', 'P-384', 'P-521', 'RSA'] as const) {
      it(`chains to its root in OpenSSL: ${kind} key under an ${name} CA`, async () => {
        const { ca, issuer } = get();
        const { der } = await issueOne(issuer, askFor({ spki: newSpki(kind) }), START);
        const [intermediate, root] = await issuer.chain(der);
        const files = {
          'leaf.pem': toPem('CERTIFICATE', der),
          'ca.pem': toPem('CERTIFICATE', intermediate!),
          'root.pem': toPem('CERTIFICATE', root!),
        };
        await withFiles(files, (file) => {
          const verify = [
            'verify',
            '-x509_strict',
            '-purpose',
            'sslserver',
            '-attime',
            String(Math.floor(START / 1000)),
          ];
          const chain = ['-CAfile', file('root.pem'), '-untrusted', file('ca.pem'), file('leaf.pem')];
          const good = opensslResult([...verify, '-verify_hostname', 'cart.shop.example.test', ...chain]);
          assert.ok(good.ok, good.text);
          assert.ok(!opensslResult([...verify, '-verify_hostname', 'other.test', ...chain]).ok, 'another host passes');
        });
        assert.ok(new X509Certificate(der).verify(new X509Certificate(ca.intermediate.certificate).publicKey));
      });
    }
  }

  it('writes a DV leaf as the Baseline Requirements ask', async () => {
    const { der, issuance } = await issueOne(ec.issuer, askFor(), START);
    const text = openssl(['x509', '-noout', '-text'], toPem('CERTIFICATE', der));
    const shard = ec.issuer.crlShard(issuance.serial!);
    for (const part of [
      'Version: 3 (0x2)',
      'Signature Algorithm: ecdsa-with-SHA256',
      'Subject: CN = www.example.test\n',
      'X509v3 Key Usage: critical\n                Digital Signature\n',
      'X509v3 Extended Key Usage: \n                TLS Web Server Authentication\n',
      'X509v3 Basic Constraints: critical\n                CA:FALSE\n',
      'Policy: 2.23.140.1.2.1\n',
      'X509v3 Subject Alternative Name: \n                DNS:www.example.test, DNS:example.test, DNS:*.shop.example.test\n',
      `URI:http://ca.example.test:8080/crl/embedded/${shard}.crl\n`,
      'CA Issuers - URI:http://ca.example.test:8080/ca/embedded/intermediate.crt\n',
    ]) {
      assert.ok(text.includes(part), `${part} is not in\n${text}`);
    }
    assert.ok(!/Subject Key Identifier|Client Authentication|OCSP|TLS Feature|, OU/.test(text), text);
    assert.equal(text.match(/Policy: /g)?.length, 1);
  });

  it('marks the SAN critical and leaves the subject empty where the name is too long for a CN', async () => {
    const long = `${'a'.repeat(60)}.example.test`;
    const text = await textOf(askFor({ commonName: long, names: [long] }));
    assert.match(text, /Subject: *\n/);
    assert.ok(text.includes('X509v3 Subject Alternative Name: critical\n'));
  });

  it('writes OV with the organization and where it is, never with an OU', async () => {
    const text = await textOf(askFor({ level: 'OV', subject: SUBJECT }));
    const subject = /Subject: (.*)\n/.exec(text)?.[1];
    // RFC 2253 shows the last attribute first.
    assert.equal(
      subject,
      'CN=www.example.test, O=Bäckerei Müller & Söhne GmbH, street=Hauptstraße 1, postalCode=80331, L=München, ST=Bayern, C=DE',
    );
    assert.ok(text.includes('Policy: 2.23.140.1.2.2\n'));
  });

  it('writes EV with the registration in front', async () => {
    const text = await textOf(askFor({ level: 'EV', subject: SUBJECT }));
    const subject = /Subject: (.*)\n/.exec(text)?.[1] ?? '';
    assert.ok(
      subject.endsWith(
        'C=DE, serialNumber=HRB 12345, businessCategory=Private Organization, jurisdictionST=Bayern, jurisdictionC=DE',
      ),
      subject,
    );
    assert.ok(text.includes('Policy: 2.23.140.1.1\n'));
  });

  it('adds key encipherment for RSA keys and must-staple where asked', async () => {
    const text = await textOf(askFor({ spki: newSpki('RSA'), mustStaple: true }), rsa);
    assert.ok(text.includes('X509v3 Key Usage: critical\n                Digital Signature, Key Encipherment\n'));
    assert.ok(text.includes('TLS Feature: \n                status_request\n'), text);
    assert.ok(text.includes('Signature Algorithm: sha256WithRSAEncryption'));
  });

  it('serves TLS clients as well where asked, in OpenSSL too', async () => {
    const plain = await issueOne(ec.issuer, askFor(), START);
    const both = await issueOne(ec.issuer, askFor({ wishes: { extras: ['client-auth'], signatureHash: null } }), START);
    const [intermediate, root] = await ec.issuer.chain(both.der);
    const files = {
      'plain.pem': toPem('CERTIFICATE', plain.der),
      'both.pem': toPem('CERTIFICATE', both.der),
      'ca.pem': toPem('CERTIFICATE', intermediate!),
      'root.pem': toPem('CERTIFICATE', root!),
    };
    await withFiles(files, (file) => {
      const passes = (leaf: string, purpose: string): boolean => {
        const at = ['-purpose', purpose, '-attime', String(Math.floor(START / 1000))];
        const chain = ['-CAfile', file('root.pem'), '-untrusted', file('ca.pem'), file(leaf)];
        return opensslResult(['verify', '-x509_strict', ...at, ...chain]).ok;
      };
      assert.deepEqual([passes('both.pem', 'sslclient'), passes('both.pem', 'sslserver')], [true, true]);
      assert.deepEqual([passes('plain.pem', 'sslclient'), passes('plain.pem', 'sslserver')], [false, true]);
    });
  });

  it('adds data encipherment and the right to delegate where asked', async () => {
    const wishes = { extras: ['data-encipherment', 'delegated-credentials'] as const, signatureHash: null };
    const ask = askFor({ spki: newSpki('RSA'), wishes: { ...wishes, extras: [...wishes.extras] } });
    const text = await textOf(ask, rsa);
    assert.ok(text.includes('Digital Signature, Key Encipherment, Data Encipherment\n'), text);
    assert.match(text, /1\.3\.6\.1\.4\.1\.44363\.44: *\n/);
  });

  it('holds addresses where the product may, and else refuses to sign them', async () => {
    const names = ['192.0.2.1', '2001:db8::1', 'intranet'];
    const ask = askFor({ commonName: '192.0.2.1', names, privateNames: true });
    const text = await textOf(ask);
    assert.ok(text.includes('IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1, DNS:intranet'), text);
    await assert.rejects(issueOne(ec.issuer, { ...ask, privateNames: false }, START), /san-name-form/);
  });

  for (const hash of ['sha384', 'sha512'] as const) {
    it(`signs over ${hash} where the key of the CA does that`, async () => {
      const ask = askFor({ wishes: { extras: [], signatureHash: hash } });
      const { der } = await issueOne(rsa.issuer, ask, START);
      const text = openssl(['x509', '-noout', '-text'], toPem('CERTIFICATE', der));
      assert.equal(text.match(new RegExp(`Signature Algorithm: ${hash}WithRSAEncryption`, 'g'))?.length, 2);
      assert.ok(new X509Certificate(der).verify(new X509Certificate(rsa.ca.intermediate.certificate).publicKey));
      assert.throws(
        () => ec.issuer.prepare(ask, START),
        (error: DeskError) => error.kind === 'invalid-value' && error.field === 'signatureHash',
      );
      assert.deepEqual(ec.issuer.offers?.signatureHashes, ['sha256']);
    });
  }

  const refusals: [string, Partial<IssueAsk>, string][] = [
    ['OV without organization', { level: 'OV', subject: { ...SUBJECT, organization: '' } }, 'subject.organization'],
    ['OV without country', { level: 'OV', subject: { organization: 'X', locality: 'Y' } }, 'subject.country'],
    ['OV without place', { level: 'OV', subject: { organization: 'X', country: 'DE' } }, 'subject.locality'],
    ['a country of three letters', { level: 'OV', subject: { ...SUBJECT, country: 'DEU' } }, 'subject.country'],
    ['a country in small letters', { level: 'OV', subject: { ...SUBJECT, country: 'de' } }, 'subject.country'],
    [
      'an organization of 65 characters',
      { level: 'OV', subject: { ...SUBJECT, organization: 'x'.repeat(65) } },
      'subject.organization',
    ],
    ['a NUL in a locality', { level: 'OV', subject: { ...SUBJECT, locality: 'a\0b' } }, 'subject.locality'],
    ['text that runs backwards', { level: 'OV', subject: { ...SUBJECT, locality: 'a\u202eb' } }, 'subject.locality'],
  ];
  for (const [what, changes, field] of refusals) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => ec.issuer.prepare(askFor(changes), START),
        (error: DeskError) => error.kind === 'invalid-value' && error.field === field,
      );
    });
  }

  describe('validity', () => {
    it('counts both ends: 200 days end one second before', async () => {
      const { der, issuance } = await issueOne(ec.issuer, askFor(), START);
      const read = readCertificate(der);
      assert.equal(issuance.notAfter! + SECOND - issuance.notBefore!, 200 * DAY);
      assert.equal(read.notBefore, issuance.notBefore);
      assert.equal(read.notAfter, issuance.notAfter);
      assert.ok(issuance.notBefore! <= START - HOUR && issuance.notBefore! > START - HOUR - SECOND);
    });

    it('ends with the term', () => {
      const end = START + 30 * DAY + 777;
      const prepared = ec.issuer.prepare(askFor({ notAfterAtMost: end }), START);
      assert.equal(prepared.notAfter, Math.floor(end / SECOND) * SECOND);
    });

    it('ends with the intermediate, and then nothing is issued any more', () => {
      const end = ec.ca.intermediate.notAfter;
      const late = askFor({ notAfterAtMost: end + 500 * DAY });
      assert.equal(ec.issuer.prepare(late, end - 10 * DAY).notAfter, end);
      assert.throws(
        () => ec.issuer.prepare(late, end),
        (error: DeskError) => error.kind === 'issuer-unavailable',
      );
    });

    it('is refused where the term is over', () => {
      assert.throws(
        () => ec.issuer.prepare(askFor({ notAfterAtMost: START - SECOND }), START),
        (error: DeskError) => error.kind === 'wrong-state',
      );
    });
  });

  it('gives serials of 16 octets that never repeat, spread over all shards', () => {
    const serials = Array.from({ length: 2_000 }, () => ec.issuer.prepare(askFor({ spki: SPKI }), START).serial!);
    assert.equal(new Set(serials).size, serials.length);
    assert.ok(serials.every((serial) => /^[4-7][0-9A-F]{31}$/.test(serial)));
    const counts = new Map<number | null, number>();
    for (const serial of serials)
      counts.set(ec.issuer.crlShard(serial), (counts.get(ec.issuer.crlShard(serial)) ?? 0) + 1);
    assert.deepEqual(
      [...counts.keys()].sort((left, right) => Number(left) - Number(right)),
      [0, 1, 2, 3, 4, 5, 6, 7],
    );
    assert.ok(
      [...counts.values()].every((count) => count > 150 && count < 350),
      JSON.stringify([...counts]),
    );
  });

  it('signs the very bytes on record, also when asked again', async () => {
    const ask = askFor();
    const issuance = issuanceFrom(ec.issuer, ask, START);
    for (const attempt of [1, 2]) {
      const result = await ec.issuer.issue(ask, issuance);
      assert.ok(result.kind === 'issued', `attempt ${attempt}`);
      assert.ok(Buffer.from(result.certificate).includes(Buffer.from(issuance.tbs!)));
    }
  });

  it('signs what was prepared before the public address changed', async () => {
    const ask = askFor();
    const issuance = issuanceFrom(ec.issuer, ask, START);
    ec.settings.caUrl = 'http://elsewhere.test';
    try {
      assert.equal((await ec.issuer.issue(ask, issuance)).kind, 'issued');
      const { der } = await issueOne(ec.issuer, askFor(), START);
      assert.ok(Buffer.from(der).includes('http://elsewhere.test/ca/embedded/intermediate.crt'));
    } finally {
      ec.settings.caUrl = 'http://ca.example.test:8080';
    }
  });

  const mismatches: [string, (ask: IssueAsk) => IssueAsk, string][] = [
    ['another key', (ask) => ({ ...ask, spki: newSpki() }), 'key-asked-for'],
    [
      'another name',
      (ask) => ({ ...ask, names: ['www.example.test', 'evil.test', '*.shop.example.test'] }),
      'san-names',
    ],
    ['one name less', (ask) => ({ ...ask, names: ask.names.slice(0, 2) }), 'san-names'],
    ['another level', (ask) => ({ ...ask, level: 'OV' as const }), 'policy'],
    ['a shorter term', (ask) => ({ ...ask, notAfterAtMost: START + DAY }), 'within-term'],
    ['a stricter rule', (ask) => ({ ...ask, longestValidity: 100 * DAY }), 'validity-length'],
    ['must-staple', (ask) => ({ ...ask, mustStaple: true }), 'must-staple-as-asked'],
  ];
  for (const [what, change, rule] of mismatches) {
    it(`signs nothing where the ask has ${what}`, async () => {
      const ask = askFor();
      const issuance = issuanceFrom(ec.issuer, ask, START);
      await assert.rejects(
        ec.issuer.issue(change(ask), issuance),
        (error: DeskError) => error.kind === 'internal' && error.message.includes(rule),
      );
    });
  }

  it('signs nothing prepared more than 48 hours ago', async () => {
    const ask = askFor();
    const issuance = issuanceFrom(ec.issuer, ask, START);
    ec.clock.at = START + 48 * HOUR;
    try {
      await assert.rejects(ec.issuer.issue(ask, issuance), /not-before-near-signing/);
    } finally {
      ec.clock.at = START;
    }
  });
});

const SPKI = newSpki();
