import assert from 'node:assert/strict';
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DeskError } from '../../src/core/errors.ts';
import { readCsr } from '../../src/pki/csr.ts';
import { loadDebianWeakKeys, modulusHash } from '../../src/pki/debian-weak-keys.ts';
import { DerError } from '../../src/pki/der-reader.ts';
import { type KeyRules, keyWeakness, readPublicKey } from '../../src/pki/keys.ts';
import { base64, hex, keyOf, makeRequest, rsaSpki, spkiOf } from './make-der.ts';
import { inTemporaryDirectory, openssl } from './openssl-command.ts';
import { primeFrom, privateKeyOf, randomBits, randomPrime, rocaPrime } from './rsa-keys.ts';

const weaknessOf = (spki: Uint8Array, rules: KeyRules = {}): string | null =>
  keyWeakness(readPublicKey(spki), createHash('sha256').update(spki).digest('hex'), rules);
const weaknessOfModulus = (n: bigint, e = 65537n): string | null => weaknessOf(rsaSpki(n, e));

/** A modulus of exactly these bits with two good primes. */
const goodModulus = (bits: number): bigint => randomPrime(bits / 2) * randomPrime(bits / 2);
const GOOD = goodModulus(2048);

test('good keys have no weakness', () => {
  for (const bits of [2048, 2056, 2560, 3072]) assert.equal(weaknessOfModulus(goodModulus(bits)), null);
  for (let i = 0; i < 10; i++) assert.equal(weaknessOfModulus(goodModulus(2048)), null);
  for (const namedCurve of ['P-256', 'P-384', 'P-521']) {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve });
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    assert.equal(weaknessOf(spki), null);
    assert.equal(readPublicKey(spki).bits, Number(namedCurve.slice(2)));
  }
});

test('sizes of RSA keys (BR 6.1.5)', () => {
  assert.match(String(weaknessOfModulus(goodModulus(1024))), /1024 bits; at least 2048/);
  assert.match(String(weaknessOfModulus((1n << 2046n) + 1n)), /2047 bits; at least 2048/);
  assert.match(String(weaknessOfModulus((1n << 2048n) + 1n)), /2049 bits, which is not a multiple of 8/);
  assert.match(String(weaknessOfModulus((1n << 8199n) + 1n)), /8200 bits; at most 8192/);
});

test('incident: an RSA key of 16384 bits is refused before any arithmetic', () => {
  assert.match(String(weaknessOfModulus((1n << 16383n) + 1n)), /16384 bits; at most 8192/);
  assert.throws(() => readPublicKey(rsaSpki((1n << 16384n) + 1n, 65537n)), DerError);
  assert.throws(() => readPublicKey(rsaSpki((1n << 300_000n) + 1n, 65537n)), DerError);
});

test('incident: exponents 1, 3 and others that are weak (BR 6.1.6)', () => {
  assert.match(String(weaknessOfModulus(GOOD, 1n)), /below 65537/);
  assert.match(String(weaknessOfModulus(GOOD, 3n)), /below 65537/);
  assert.match(String(weaknessOfModulus(GOOD, 17n)), /below 65537/);
  assert.match(String(weaknessOfModulus(GOOD, 65535n)), /below 65537/);
  assert.match(String(weaknessOfModulus(GOOD, 65536n)), /even/);
  assert.match(String(weaknessOfModulus(GOOD, 65538n)), /even/);
  assert.match(String(weaknessOfModulus(GOOD, (1n << 64n) + 1n)), /more than 64 bits/);
  assert.equal(weaknessOfModulus(GOOD, (1n << 63n) + 1n), null);
  assert.throws(() => readPublicKey(rsaSpki(GOOD, 0n)), DerError);
});

test('incident: a request signed with exponent 3', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const request = base64(makeRequest({ key: privateKey, spki }));
  assert.throws(() => readCsr(request), { kind: 'invalid-csr', message: /exponent is below 65537/ });
});

test('factors below 752', () => {
  for (const factor of [2n, 3n, 5n, 167n, 173n, 691n, 751n]) {
    assert.match(String(weaknessOfModulus(multipleOf(factor))), new RegExp(`divisible by ${factor}$`));
  }
  assert.equal(weaknessOfModulus(multipleOf(757n)), null);
});

/** A modulus of 2048 bits: the factor times two primes. */
function multipleOf(factor: bigint): bigint {
  const bits = factor.toString(2).length;
  for (;;) {
    const n = factor * randomPrime(1024) * randomPrime(1024 - bits + 1);
    if (n.toString(2).length === 2048) return n;
  }
}

test('incident: the fingerprint of ROCA (CVE-2017-15361)', () => {
  const key = privateKeyOf(rocaPrime(1024), rocaPrime(1024));
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  assert.match(String(weaknessOf(spki)), /ROCA/);
  assert.throws(() => readCsr(base64(makeRequest({ key, spki }))), { kind: 'invalid-csr', message: /ROCA/ });
  // One prime alone is not enough for the fingerprint of the product.
  assert.equal(weaknessOfModulus(rocaPrime(1024) * randomPrime(1024)), null);
});

test('incident: primes so close that Fermat finds them', () => {
  const p = randomPrime(1024);
  const neighbour = primeFrom(p + 2n);
  assert.match(String(weaknessOfModulus(p * neighbour)), /too close/);
  assert.match(String(weaknessOfModulus(p * p)), /too close/);
  const far = primeFrom(p + (1n << 500n) + (randomBits(499) << 1n));
  assert.match(String(weaknessOfModulus(p * far)), /too close/);
  const key = privateKeyOf(p, neighbour);
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  assert.throws(() => readCsr(base64(makeRequest({ key, spki }))), { kind: 'invalid-csr', message: /too close/ });
});

test('Fermat is tried for the 100 rounds that BR 6.1.1.3 asks for, and ends', () => {
  // Rounds needed: (q - p)² / 8√n, with √n about p.
  const p = randomPrime(1024);
  const prime = (rounds: bigint): bigint => primeFrom(p + (squareRoot(rounds * 8n * p) & ~1n));
  assert.match(String(weaknessOfModulus(p * prime(2n))), /too close/);
  assert.match(String(weaknessOfModulus(p * prime(99n))), /too close/);
  assert.equal(weaknessOfModulus(p * prime(200n)), null);
});

function squareRoot(n: bigint): bigint {
  let root = 1n << BigInt(Math.ceil(n.toString(2).length / 2));
  for (;;) {
    const next = (root + n / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

test('weak and strong are told apart at every supported size', () => {
  const p = randomPrime(1536);
  assert.match(String(weaknessOfModulus(p * primeFrom(p + 2n))), /too close/);
  assert.match(String(weaknessOfModulus(rocaPrime(1536) * rocaPrime(1536))), /ROCA/);
  assert.equal(weaknessOfModulus(p * randomPrime(1536)), null);
});

test('incident: a point that is not on its curve', () => {
  const spki = spkiOf(keyOf.ec);
  spki[spki.length - 1] = (spki[spki.length - 1] as number) ^ 1;
  const request = base64(makeRequest({ spki }));
  assert.throws(() => readCsr(request), { kind: 'invalid-csr', message: /not a point on its curve/ });
  const infinity = Buffer.concat([spki.subarray(0, 27), Buffer.alloc(64)]);
  assert.throws(() => readCsr(base64(makeRequest({ spki: infinity }))), {
    kind: 'invalid-csr',
    message: /not a point/,
  });
});

test('EC keys stand in their one encoding (BR 7.1.3.1.2)', () => {
  const pem = openssl(['ecparam', '-name', 'prime256v1', '-genkey', '-noout']);
  const as = (...more: string[]): Buffer => openssl(['pkey', '-pubout', '-outform', 'DER', ...more], pem);
  assert.equal(weaknessOf(as()), null);
  assert.throws(() => readPublicKey(as('-ec_conv_form', 'compressed')), DerError);
  assert.throws(() => readPublicKey(as('-ec_param_enc', 'explicit')), DerError);
  assert.throws(() => readPublicKey(as('-ec_conv_form', 'hybrid')), DerError);
  const other = openssl(['ecparam', '-name', 'secp256k1', '-genkey', '-noout']);
  assert.throws(() => readPublicKey(openssl(['pkey', '-pubout', '-outform', 'DER'], other)), DerError);
  const ed25519 = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' });
  assert.throws(() => readPublicKey(ed25519), DerError);
});

test('RSA keys stand in their one encoding (BR 7.1.3.1.1)', () => {
  const spki = rsaSpki(GOOD, 65537n);
  const withoutNull = Buffer.from(
    spki.toString('hex').replace('300d06092a864886f70d0101010500', '300b06092a864886f70d010101'),
    'hex',
  );
  assert.throws(() => readPublicKey(withoutNull), DerError);
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey.export({ format: 'der', type: 'spki' });
  assert.throws(() => readPublicKey(pss), DerError);
  const negative = hex(spki.toString('hex').replace('0282010100', '02820101ff'));
  assert.throws(() => readPublicKey(negative), DerError);
});

test('Debian weak keys are known by the lists of openssl-blacklist', () => {
  const weak = goodModulus(2048);
  const spki = rsaSpki(weak, 65537n);
  // As openssl-vulnkey does it, with the openssl command.
  const text = openssl(['rsa', '-pubin', '-inform', 'DER', '-noout', '-modulus'], spki);
  const entry = createHash('sha1').update(text).digest('hex').slice(20);
  const key = readPublicKey(spki);
  assert.ok(key.algorithm === 'RSA');
  assert.equal(modulusHash(key.modulus), entry);
  inTemporaryDirectory((directory) => {
    const list = ['# one key a line', ...Array.from({ length: 999 }, () => randomHash()), entry, ''];
    writeFileSync(join(directory, 'blacklist.RSA-2048'), list.join('\n'));
    writeFileSync(join(directory, 'blacklist.RSA-4096'), '# none\n');
    writeFileSync(join(directory, 'other'), 'not a list');
    const weakKeys = loadDebianWeakKeys(directory);
    assert.match(String(weaknessOf(spki, { weakKeys })), /CVE-2008-0166/);
    assert.equal(weaknessOf(rsaSpki(GOOD, 65537n), { weakKeys }), null);
    writeFileSync(join(directory, 'blacklist.RSA-4096'), 'zz\n');
    assert.throws(() => loadDebianWeakKeys(directory), /RSA-4096 line 1 is not/);
    mkdirSync(join(directory, 'empty'));
    assert.throws(() => loadDebianWeakKeys(join(directory, 'empty')), DeskError);
    assert.throws(() => loadDebianWeakKeys(join(directory, 'absent')), DeskError);
  });
});

const randomHash = (): string => randomBits(80).toString(16).padStart(20, '0');
