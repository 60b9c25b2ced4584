import { checkPrimeSync, createPrivateKey, generatePrimeSync, type KeyObject, randomBytes } from 'node:crypto';

/** RSA keys with known flaws, made from their primes. */

export function randomBits(bits: number): bigint {
  return BigInt.asUintN(bits, BigInt(`0x${randomBytes(Math.ceil(bits / 8)).toString('hex')}`));
}

/** A random prime whose two highest bits are set, so that the product of two has twice the bits. */
export function randomPrime(bits: number): bigint {
  return generatePrimeSync(bits, { bigint: true });
}

/** The first number from `from` on, in steps of `step`, that passes `fits` and is prime. */
export function primeFrom(from: bigint, step = 2n, fits: (candidate: bigint) => boolean = () => true): bigint {
  for (let candidate = from; ; candidate += step) {
    if (fits(candidate) && checkPrimeSync(candidate)) return candidate;
  }
}

/** ROCA (CVE-2017-15361): primes of the form k·M + (65537^a mod M), M the product of the first 39 primes. */
export function rocaPrime(bits: number): bigint {
  const product = firstPrimes(39).reduce((total, prime) => total * prime, 1n);
  const residue = modPow(65537n, randomBits(64), product);
  const top = 3n << BigInt(bits - 2);
  const k = (top + randomBits(bits - 8)) / product;
  return primeFrom(k * product + residue, product, (candidate) => candidate % 65537n !== 1n);
}

function firstPrimes(count: number): bigint[] {
  const primes: bigint[] = [];
  for (let n = 2n; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0n)) primes.push(n);
  return primes;
}

/** A private key that works, from its primes. */
export function privateKeyOf(p: bigint, q: bigint, e = 65537n): KeyObject {
  const d = modInverse(e, (p - 1n) * (q - 1n));
  const numbers = { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: modInverse(q, p) };
  const jwk = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, base64url(value)]));
  return createPrivateKey({ key: { kty: 'RSA', ...jwk }, format: 'jwk' });
}

function base64url(value: bigint): string {
  const digits = value.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex').toString('base64url');
}

function modPow(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let power = base % modulus, left = exponent; left > 0n; left >>= 1n, power = (power * power) % modulus) {
    if (left & 1n) result = (result * power) % modulus;
  }
  return result;
}

function modInverse(value: bigint, modulus: bigint): bigint {
  let [r, nextR] = [modulus, ((value % modulus) + modulus) % modulus];
  let [t, nextT] = [0n, 1n];
  while (nextR !== 0n) {
    const quotient = r / nextR;
    [r, nextR] = [nextR, r - quotient * nextR];
    [t, nextT] = [nextT, t - quotient * nextT];
  }
  if (r !== 1n) throw new Error('no inverse');
  return ((t % modulus) + modulus) % modulus;
}
