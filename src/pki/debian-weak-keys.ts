import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeskError } from '../core/errors.ts';
import type { WeakKeys } from './keys.ts';

/**
 * RSA keys that OpenSSL made on Debian between 2006 and 2008 (CVE-2008-0166, BR 6.1.1.3). The lists are not part of
 * this project: Debian dropped the package, and making them anew takes that old library. Whoever has the files of
 * `openssl-blacklist` (`blacklist.RSA-2048`, `blacklist.RSA-4096` …) puts them into one directory and configures it.
 */

const LIST_FILE = /^blacklist\.RSA-\d+$/;
const ENTRY = /^[0-9a-f]{20}$/;

/**
 * Reads every `blacklist.RSA-*` file of the directory: one key a line, the last 20 hex digits of the SHA-1 of
 * `Modulus=<upper-case hex>\n`; lines with `#` are comments.
 * @throws DeskError `invalid-value` where there is no list or a line is malformed.
 */
export function loadDebianWeakKeys(directory: string): WeakKeys {
  const files = existsSync(directory) ? readdirSync(directory).filter((name) => LIST_FILE.test(name)) : [];
  if (files.length === 0) {
    throw new DeskError('invalid-value', `${directory} holds no file blacklist.RSA-<bits> of openssl-blacklist`);
  }
  const hashes = new BigUint64Array(files.flatMap((name) => readList(join(directory, name)))).sort();
  return { has: (modulus) => includes(hashes, shortHash(modulusHash(modulus))) };
}

/** How openssl-vulnkey names a key: the last 20 hex digits of a SHA-1 over OpenSSL's text of the modulus. */
export function modulusHash(modulus: Uint8Array): string {
  const text = `Modulus=${Buffer.from(modulus).toString('hex').toUpperCase()}\n`;
  return createHash('sha1').update(text).digest('hex').slice(20);
}

function readList(path: string): bigint[] {
  const lines = readFileSync(path, 'latin1').split(/\r?\n/);
  return lines.flatMap((line, index) => {
    if (line === '' || line.startsWith('#')) return [];
    if (!ENTRY.test(line)) throw new DeskError('invalid-value', `${path} line ${index + 1} is not 20 hex digits`);
    return [shortHash(line)];
  });
}

/** 64 of the 80 bits: among a million entries a good key is hit once in 10^13. */
function shortHash(entry: string): bigint {
  return BigInt(`0x${entry.slice(4)}`);
}

function includes(sorted: BigUint64Array, value: bigint): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as bigint) < value) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === value;
}
