/**
 * RSA moduli that can be factored (BR 6.1.1.3, 6.1.6). All checks together take about as long as one verification:
 * residues are taken of few large products first, and candidates of Fermat's method are sieved with small primes.
 */

const SMALL_PRIMES = primesBelow(752);
/** Odd primes that divide the product M from which ROCA keys of every size are made. */
const ROCA_START = SMALL_PRIMES.indexOf(3);
const ROCA_PRIMES = SMALL_PRIMES.slice(ROCA_START, SMALL_PRIMES.indexOf(167) + 1);
/** The primes whose product still fits a double exactly. */
const SIEVE_PRIMES = SMALL_PRIMES.filter((prime) => prime > 2 && prime <= 37);

/** Boulder's number of rounds; BR 6.1.1.3 asks for 100. */
const FERMAT_ROUNDS = 110;

const PRIMORIAL = product(SMALL_PRIMES);
const CHUNKS = chunksOf(SMALL_PRIMES);
const SIEVE_PRODUCT = product(SIEVE_PRIMES);
const SIEVE_SQUARES = SIEVE_PRIMES.map((prime) => membership(prime, (value) => (value * value) % prime));
/** For each ROCA prime the residues that are powers of 65537. */
const ROCA_POWERS = ROCA_PRIMES.map((prime) => powersOf65537(prime));

/**
 * Why this modulus (magnitude, big-endian) is weak, as a sentence for the customer; null where nothing was found:
 * a factor below 752, the ROCA fingerprint (CVE-2017-15361), or primes so close that Fermat's method splits it.
 */
export function rsaWeakness(modulus: Uint8Array): string | null {
  const n = BigInt(`0x${Buffer.from(modulus.buffer, modulus.byteOffset, modulus.length).toString('hex')}`);
  const residues = smallResidues(n);
  const zero = residues.indexOf(0);
  if (zero >= 0) return `the RSA modulus is divisible by ${SMALL_PRIMES[zero]}`;
  if (ROCA_POWERS.every((powers, index) => powers[residues[ROCA_START + index] as number])) {
    return 'the RSA key has the fingerprint of ROCA (CVE-2017-15361); make a new key with another device or library';
  }
  return splitsByFermat(n, modulus.length * 8) ? 'the primes of the RSA modulus are too close to each other' : null;
}

/** The modulus modulo every prime below 752, in their order. */
function smallResidues(n: bigint): Uint16Array {
  const residues = new Uint16Array(SMALL_PRIMES.length);
  const reduced = n % PRIMORIAL;
  let index = 0;
  for (const chunk of CHUNKS) {
    const residue = Number(reduced % chunk.product);
    for (const prime of chunk.primes) residues[index++] = residue % prime;
  }
  return residues;
}

/** Fermat's method: from a = ⌈√n⌉ upwards, a² - n is a square. `bits` is at least the bit length of n. */
function splitsByFermat(n: bigint, bits: number): boolean {
  const root = squareRoot(n, bits);
  if (root * root === n) return true;
  const first = root + 1n;
  const starts = sieveResidues(first);
  const targets = sieveResidues(n);
  for (let round = 0; round < FERMAT_ROUNDS; round++) {
    if (!mayBeSquare(starts, round, targets)) continue;
    const a = first + BigInt(round);
    const rest = a * a - n;
    const candidate = squareRoot(rest, rest.toString(16).length * 4);
    if (candidate * candidate === rest) return true;
  }
  return false;
}

function sieveResidues(value: bigint): number[] {
  const residue = Number(value % SIEVE_PRODUCT);
  return SIEVE_PRIMES.map((prime) => residue % prime);
}

/** Whether (start + round)² - target is a square modulo every sieve prime; of other numbers, one in a thousand passes. */
function mayBeSquare(starts: readonly number[], round: number, targets: readonly number[]): boolean {
  for (let i = 0; i < SIEVE_PRIMES.length; i++) {
    const prime = SIEVE_PRIMES[i] as number;
    const a = (starts[i] as number) + round;
    if (!SIEVE_SQUARES[i]?.[(a * a + prime - (targets[i] as number)) % prime]) return false;
  }
  return true;
}

/** ⌊√n⌋ by Newton's method, precision doubled at each step. `bits` is at least the bit length of n. */
function squareRoot(n: bigint, bits: number): bigint {
  if (bits <= 52) return BigInt(Math.floor(Math.sqrt(Number(n))));
  const shift = bits >> 2;
  const high = squareRoot(n >> BigInt(2 * shift), bits - 2 * shift);
  if (high === 0n) return squareRoot(n, 2 * shift);
  const estimate = high << BigInt(shift);
  let root = (estimate + n / estimate) >> 1n;
  while (root * root > n) root -= 1n;
  return root;
}

function primesBelow(limit: number): number[] {
  const primes: number[] = [];
  for (let n = 2; n < limit; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes;
}

function product(primes: readonly number[]): bigint {
  return primes.reduce((total, prime) => total * BigInt(prime), 1n);
}

/** Groups of primes whose products stay below 2^53. */
function chunksOf(primes: readonly number[]): { primes: number[]; product: bigint }[] {
  const chunks: { primes: number[]; product: bigint }[] = [];
  for (const prime of primes) {
    const last = chunks.at(-1);
    if (last && last.product * BigInt(prime) <= BigInt(Number.MAX_SAFE_INTEGER)) {
      last.primes.push(prime);
      last.product *= BigInt(prime);
    } else {
      chunks.push({ primes: [prime], product: BigInt(prime) });
    }
  }
  return chunks;
}

/** A table of `size` flags, set where the map leads to. */
function membership(size: number, map: (value: number) => number): Uint8Array {
  const table = new Uint8Array(size);
  for (let value = 0; value < size; value++) table[map(value)] = 1;
  return table;
}

function powersOf65537(prime: number): Uint8Array {
  const table = new Uint8Array(prime);
  for (let power = 1; !table[power]; power = (power * 65537) % prime) table[power] = 1;
  return table;
}
