import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeskError } from '../../src/core/errors.ts';
import type { CsrAsk, KeyType } from '../../src/core/ports.ts';
import { readCertificateDetails } from '../../src/pki/certificate-reader.ts';
import { readCsr } from '../../src/pki/csr.ts';
import { integer, octetString, oid, sequence } from '../../src/pki/der-writer.ts';
import { createKeyTools } from '../../src/pki/key-tools.ts';
import { toPem } from '../../src/pki/pem.ts';
import { isSignedBy } from '../../src/pki/signature-algorithms.ts';
import { opensslResult, openssl as opensslText, withFiles } from '../support/openssl.ts';
import { openssl } from './openssl-command.ts';
import { primeFrom, privateKeyOf, randomPrime } from './rsa-keys.ts';

const tools = createKeyTools();
const isInvalid = (words: RegExp) => (error: unknown) =>
  error instanceof DeskError && error.kind === 'invalid-value' && words.test(error.message);

const pemOf = (csr: Uint8Array): string => toPem('CERTIFICATE REQUEST', csr);

const TYPES: [KeyType, 'RSA' | 'ECDSA', number][] = [
  ['RSA-2048', 'RSA', 2048],
  ['RSA-4096', 'RSA', 4096],
  ['P-256', 'ECDSA', 256],
  ['P-384', 'ECDSA', 384],
];
for (const [type, keyAlgorithm, keyBits] of TYPES) {
  test(`a ${type} key is made, read again, and signs a request that OpenSSL verifies`, async () => {
    const made = await tools.makeKey(type);
    const read = tools.readKey(tools.toPem(made.pkcs8));
    assert.deepEqual([read.keyAlgorithm, read.keyBits], [keyAlgorithm, keyBits]);
    // The canonical form is OpenSSL's own.
    assert.deepEqual(Buffer.from(read.pkcs8), Buffer.from(made.pkcs8));
    assert.deepEqual(Buffer.from(read.spki), Buffer.from(made.spki));
    const names = ['shop.test', '*.shop.test', '192.0.2.1'];
    const ask = { commonName: 'shop.test', names, subject: { country: 'DE', organization: 'Müller & Söhne' } };
    const csr = pemOf(await tools.makeCsr(made.pkcs8, { ...ask, email: 'ada@shop.test' }));
    const { ok, text } = opensslResult(['req', '-verify', '-noout', '-text', '-nameopt', 'utf8,sep_comma_plus'], csr);
    assert.ok(ok, text);
    assert.match(text, /C=DE,O=Müller & Söhne,CN=shop\.test,emailAddress=ada@shop\.test/);
    assert.match(text, /DNS:shop\.test, DNS:\*\.shop\.test, IP Address:192\.0\.2\.1/);
    assert.match(text, /Signature Algorithm: (sha256WithRSAEncryption|ecdsa-with-SHA256)/);
  });
}

const FORMS: [string, readonly string[]][] = [
  ['PKCS #8', ['pkcs8', '-topk8', '-nocrypt']],
  ['PKCS #8 in DER', ['pkcs8', '-topk8', '-nocrypt', '-outform', 'DER']],
];
const KEYS: [string, readonly string[], readonly string[]][] = [
  ['RSA', ['genrsa', '2048'], ['rsa', '-traditional']],
  ['P-256', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout'], ['ec']],
  ['P-384', ['ecparam', '-name', 'secp384r1', '-genkey', '-noout'], ['ec']],
  ['P-521', ['ecparam', '-name', 'secp521r1', '-genkey', '-noout'], ['ec']],
];
for (const [what, generate, old] of KEYS) {
  for (const [form, convert] of [
    ...FORMS,
    ['its older form', old] as const,
    ['DER of it', [...old, '-outform', 'DER']] as const,
  ]) {
    test(`a ${what} key in ${form}`, () => {
      const key = openssl(generate);
      const converted = openssl(convert, key);
      const read = tools.readKey(convert.includes('DER') ? converted : converted.toString('latin1'));
      const spki = createPublicKey(key.toString()).export({ format: 'der', type: 'spki' });
      assert.deepEqual(Buffer.from(read.spki), spki);
      const back = createPrivateKey({ key: Buffer.from(read.pkcs8), format: 'der', type: 'pkcs8' });
      assert.ok(back.equals(createPrivateKey(key.toString())));
    });
  }
}

test('a key with parameters in front, CRLF, bare base64 and escaped line breaks is read', () => {
  const pem = opensslText(['ecparam', '-name', 'prime256v1', '-genkey']);
  assert.match(pem, /BEGIN EC PARAMETERS/);
  const { spki } = tools.readKey(pem);
  const alone = pem.slice(pem.indexOf('-----BEGIN EC PRIVATE'));
  const bare = alone.replace(/-----[^-]+-----|\s/g, '');
  for (const text of [pem.replaceAll('\n', '\r\n'), alone.replaceAll('\n', '\\n'), bare]) {
    assert.deepEqual(tools.readKey(text).spki, spki);
  }
});

test('a point that is written compressed becomes one that may stand in a certificate (BR 7.1.3.1.2)', () => {
  const pem = openssl(['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-conv_form', 'compressed']);
  const { spki } = tools.readKey(pem.toString());
  assert.equal(spki.length, 91);
  const uncompressed = openssl(['ec', '-conv_form', 'uncompressed', '-pubout', '-outform', 'DER'], pem);
  assert.deepEqual(Buffer.from(spki), uncompressed);
});

const rsa = openssl(['genrsa', '2048']).toString();
const other = openssl(['genrsa', '2048']).toString();

/** The numbers of an RSA key with some changed, as PKCS #1. */
function tampered(change: (numbers: Uint8Array[]) => void): Uint8Array {
  const jwk = createPrivateKey(rsa).export({ format: 'jwk' }) as Record<string, string>;
  const numbers = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'].map((name) =>
    Buffer.from(jwk[name] as string, 'base64url'),
  );
  change(numbers);
  return sequence([integer(0), ...numbers.map((number) => integer(number))]);
}

const number = (hex: string): Uint8Array => Buffer.from(hex, 'hex');

const REFUSED: [string, () => string | Uint8Array, RegExp][] = [
  ['nothing', () => '', /it is empty/],
  ['text', () => 'not a key', /neither PEM nor base64/],
  ['a certificate request', () => newCsr(), /no PEM block of a private key/],
  ['half a key', () => rsa.slice(0, 400), /-----END .*PRIVATE KEY----- is missing/],
  ['two keys', () => rsa + other, /more than one private key/],
  ['a huge text', () => 'A'.repeat(40_000), /more than 32768 characters/],
  ['huge bytes', () => new Uint8Array(20_000), /more than 16384 bytes/],
  ['an encrypted key', () => encrypted(['pkcs8', '-topk8', '-passout', 'pass:secret']), /encrypted: send it without/],
  [
    'an encrypted key of the older form',
    () => encrypted(['rsa', '-traditional', '-aes128', '-passout', 'pass:secret']),
    /encrypted: send it without/,
  ],
  [
    'an encrypted key in DER',
    () => openssl(['pkcs8', '-topk8', '-passout', 'pass:secret', '-outform', 'DER'], rsa),
    /it is encrypted/,
  ],
  [
    'an OpenSSH key',
    () => '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n',
    /OPENSSH PRIVATE KEY is not supported/,
  ],
  ['RSA 1024', () => openssl(['genrsa', '1024']).toString(), /1024 bits; at least 2048/],
  ['a small exponent', () => openssl(['genrsa', '-3', '2048']).toString(), /exponent is below 65537/],
  ['close primes', () => closePrimes(), /too close/],
  ['Ed25519', () => openssl(['genpkey', '-algorithm', 'ed25519']).toString(), /neither RSA nor on P-256/],
  [
    'secp256k1',
    () => openssl(['ecparam', '-name', 'secp256k1', '-genkey', '-noout']).toString(),
    /neither RSA nor on P-256/,
  ],
  [
    'another private exponent',
    () =>
      tampered((numbers) => {
        numbers[2] = Buffer.from(createPrivateKey(other).export({ format: 'jwk' }).d as string, 'base64url');
        numbers[3] = number('03');
        numbers[4] = number('05');
      }),
    /do not belong together/,
  ],
  [
    'a number longer than the modulus',
    () =>
      tampered((numbers) => {
        numbers[2] = Buffer.alloc(300, 0x7f);
      }),
    /too large/,
  ],
  [
    'a zero among the numbers',
    () =>
      tampered((numbers) => {
        numbers[3] = number('00');
      }),
    /is zero/,
  ],
  [
    'three primes',
    () => sequence([integer(1), ...Array.from({ length: 8 }, () => integer(3))]),
    /more than two primes/,
  ],
  ['an EC key of zero', () => ecKey(Buffer.alloc(32)), /not a number of its curve/],
  ['an EC key above the order', () => ecKey(Buffer.alloc(32, 0xff)), /not a number of its curve/],
  ['an EC key that is too long', () => ecKey(Buffer.alloc(40, 1)), /longer than its curve/],
  [
    'an EC key without a curve',
    () => sequence([integer(1), octetString(Buffer.alloc(32, 1))]),
    /curve of the EC key is missing/,
  ],
  [
    'bytes after the key',
    () => Buffer.concat([openssl(['rsa', '-traditional', '-outform', 'DER'], rsa), Buffer.alloc(4)]),
    /bytes after the end/,
  ],
];
for (const [what, make, words] of REFUSED) {
  test(`${what} is no private key to be kept`, () => {
    assert.throws(() => tools.readKey(make()), isInvalid(words));
  });
}

test('an EC key whose public half is another one is refused', () => {
  const [one, two] = [1, 2].map(() =>
    openssl(['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-outform', 'DER']),
  );
  const mixed = Buffer.concat([(one as Buffer).subarray(0, -64), (two as Buffer).subarray(-64)]);
  assert.throws(() => tools.readKey(mixed), isInvalid(/do not belong together/));
});

test('no byte of a key stands in what is thrown', () => {
  const der = openssl(['rsa', '-traditional', '-outform', 'DER'], rsa);
  const secret = der.subarray(300, 320).toString('hex');
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = Buffer.from(der);
      damaged[at] = (damaged[at] as number) ^ change;
      try {
        tools.readKey(damaged);
      } catch (error) {
        assert.ok(error instanceof DeskError, String(error));
        assert.equal(error.cause, undefined);
        const shown = `${error.message} ${JSON.stringify(error.violations)} ${error.stack ?? ''}`;
        assert.ok(!shown.includes(secret) && !/[0-9a-f]{16}|[A-Za-z0-9+/]{40}/.test(error.message));
      }
    }),
    { numRuns: 200 },
  );
});

test('keys on the lists of compromised and weak ones are refused', () => {
  const { spki } = tools.readKey(rsa);
  const blocked = createKeyTools({ blockedKeys: new Set([createHash('sha256').update(spki).digest('hex')]) });
  assert.throws(() => blocked.readKey(rsa), isInvalid(/compromised/));
  const weak = createKeyTools({ weakKeys: { has: () => true } });
  assert.throws(() => weak.readKey(rsa), isInvalid(/CVE-2008-0166/));
});

const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?$/).filter((text) => !/^..--/.test(text));
const domain = fc.tuple(label, label).map(([first, second]) => `${first}.${second}.test`);
const text = (longest: number) =>
  fc
    .string({ minLength: 1, maxLength: longest, unit: 'grapheme' })
    .filter((value) => Array.from(value).length <= longest && value.trim() !== '')
    .filter((value) => !/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(value));
const ask: fc.Arbitrary<CsrAsk> = fc.record(
  {
    commonName: domain,
    names: fc.uniqueArray(
      fc.oneof(
        domain,
        domain.map((name) => `*.${name}`),
      ),
      { maxLength: 20 },
    ),
    subject: fc.record(
      { country: fc.constantFrom('NL', 'DE'), organization: text(64), department: text(64), locality: text(128) },
      { requiredKeys: [] },
    ),
    email: label.map((name) => `${name}@shop.test`),
  },
  { requiredKeys: ['commonName', 'names', 'subject'] },
);

test('whatever is asked for stands in the request, in its order', async () => {
  const { pkcs8 } = await tools.makeKey('P-256');
  await fc.assert(
    fc.asyncProperty(ask, async (wanted) => {
      const csr = readCsr(pemOf(await tools.makeCsr(pkcs8, wanted)));
      assert.equal(csr.commonName, wanted.commonName);
      assert.deepEqual(csr.dnsNames, wanted.names);
      assert.deepEqual({ ...csr.subject }, { ...wanted.subject });
      assert.equal(csr.emailAddress, wanted.email ?? null);
    }),
    { numRuns: 100 },
  );
});

const BAD_ASKS: [string, Partial<CsrAsk>, RegExp][] = [
  ['a name with a space', { names: ['a b.test'] }, /neither a domain name nor an address/],
  ['a name with NUL', { names: ['a.test\0.b.test'] }, /neither a domain name/],
  ['a name of 254 characters', { names: [`${'a.'.repeat(125)}test`] }, /neither a domain name/],
  ['a country of three letters', { subject: { country: 'DEU' } }, /longer than 2|two capital letters/],
  ['an organization of 65 characters', { subject: { organization: 'x'.repeat(65) } }, /longer than 64/],
  ['text that runs backwards', { subject: { organization: 'a\u202eb' } }, /must not carry/],
  ['an address beyond ASCII', { email: 'ä@shop.test' }, /must not carry/],
];
for (const [what, change, words] of BAD_ASKS) {
  test(`${what} is not asked for`, async () => {
    const { pkcs8 } = await tools.makeKey('P-256');
    const wanted = { commonName: 'a.test', names: ['a.test'], subject: {}, ...change };
    await assert.rejects(tools.makeCsr(pkcs8, wanted), isInvalid(words));
  });
}

test('a common name beyond 64 characters stands among the names alone', async () => {
  const long = `${'a'.repeat(60)}.shop.test`;
  const { pkcs8 } = await tools.makeKey('P-256');
  const csr = readCsr(pemOf(await tools.makeCsr(pkcs8, { commonName: long, names: [long], subject: {} })));
  assert.equal(csr.commonName, null);
  assert.deepEqual(csr.dnsNames, [long]);
});

for (const [type] of TYPES.filter(([name]) => name !== 'RSA-4096')) {
  test(`a ${type} key signs a certificate of its own`, async () => {
    const { pkcs8, spki } = await tools.makeKey(type);
    const notBefore = Date.parse('2026-11-22T12:00:00Z');
    const term = { serial: new Uint8Array(16).fill(0xff), notBefore, notAfter: notBefore + 365 * 86_400_000 };
    const names = ['shop.test', 'www.shop.test'];
    const der = await tools.makeSelfSigned(pkcs8, { commonName: 'shop.test', names, subject: {}, ...term });
    const details = readCertificateDetails(der);
    assert.ok(isSignedBy(details, spki));
    assert.deepEqual(details.parsed.dnsNames, names);
    assert.equal(details.parsed.issuerName, 'CN=shop.test');
    assert.equal(details.parsed.notAfter, term.notAfter);
    await withFiles({ pem: toPem('CERTIFICATE', der) }, (file) => {
      const at = String(notBefore / 1000 + 60);
      const { ok, text: told } = opensslResult([
        'verify',
        '-x509_strict',
        '-attime',
        at,
        '-CAfile',
        file('pem'),
        file('pem'),
      ]);
      assert.ok(ok, told);
    });
  });
}

test('no more keys are made at one time than told, and nobody queues for ever', async () => {
  const narrow = createKeyTools({ atOnce: 1, waiting: 2 });
  const makes = Array.from({ length: 5 }, () => narrow.makeKey('P-256'));
  const results = await Promise.allSettled(makes);
  const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as DeskError] : []));
  assert.equal(refused.length, 2);
  assert.ok(refused.every(({ kind }) => kind === 'too-many-requests'));
  await narrow.makeKey('P-256');
});

function newCsr(): string {
  return opensslText(['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=a.test']);
}

function encrypted(args: readonly string[]): string {
  return openssl(args, rsa).toString();
}

function closePrimes(): string {
  const p = randomPrime(1024);
  return privateKeyOf(p, primeFrom(p + 2n))
    .export({ format: 'pem', type: 'pkcs1' })
    .toString();
}

function ecKey(scalar: Uint8Array): Uint8Array {
  const curve = oid('1.2.840.10045.3.1.7');
  const key = sequence([integer(1), octetString(scalar)]);
  return sequence([integer(0), sequence([oid('1.2.840.10045.2.1'), curve]), octetString(key)]);
}
