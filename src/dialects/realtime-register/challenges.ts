import { createHmac } from 'node:crypto';
import type { Random } from '../../core/ports.ts';
import type { Challenge } from '../../core/records.ts';
import { DAY, type Instant } from '../../core/time.ts';

/** Where the CNAME of a DNS validation points below, and the second line of its file, unless configured otherwise. */
export const DEFAULT_DCV_SUFFIX = 'dcv.chancery.internal';

/** What the challenges of one request are made of. */
export interface ChallengeSource {
  /** Lower-case hex over the DER of the CSR. */
  md5: string;
  sha256: string;
  uniqueValue: string;
  suffix: string;
}

/** `_<MD5>.<domain>` CNAME `<SHA-256, two labels>.<unique value>.<suffix>`: a request token of the CSR (BR 3.2.2.4.7). */
export function dnsChallenge(domain: string, source: ChallengeSource): Challenge {
  const { md5, sha256, uniqueValue, suffix } = source;
  const value = `${sha256.slice(0, 32)}.${sha256.slice(32)}.${uniqueValue}.${suffix}`;
  return { method: 'dns', record: 'CNAME', name: `_${md5}.${domain}`, value };
}

/** `/.well-known/pki-validation/<MD5>.txt` with SHA-256, suffix and unique value on a line each (BR 3.2.2.4.18). */
export function fileChallenge(domain: string, source: ChallengeSource): Challenge {
  const { md5, sha256, uniqueValue, suffix } = source;
  const path = `/.well-known/pki-validation/${md5.toUpperCase()}.txt`;
  return { method: 'http', host: domain, path, content: `${sha256}\n${suffix}\n${uniqueValue}` };
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const UNIQUE_LENGTH = 20;

/** 20 lower-case letters and digits: DNS does not keep case. */
export function randomUniqueValue(random: Random): string {
  let value = '';
  while (value.length < UNIQUE_LENGTH) {
    for (const byte of random.bytes(32)) {
      // 252 is the greatest multiple of 36 in an octet: every character is equally likely.
      if (byte < 252 && value.length < UNIQUE_LENGTH) value += ALPHABET[byte % ALPHABET.length];
    }
  }
  return value;
}

/** An auth key counts in the window it was made in and in the next one: never for more than 30 days (BR 3.2.2.4.7). */
const WINDOW = 15 * DAY;

/** Keys that prove a domain before the order is placed. Derived, so that /authkey and the order agree without a table. */
export interface AuthKeys {
  /** The key to publish now, and until when it counts. */
  current(
    accountId: number,
    productId: string,
    csrSha256: string,
    now: Instant,
  ): { authKey: string; validUntil: Instant };
  /** Every key that counts now, newest first. */
  valid(accountId: number, productId: string, csrSha256: string, now: Instant): string[];
}

/** `secret`: 32 octets that only the desk knows. Keys are 160 bits of HMAC-SHA-256, as 40 lower-case hex digits. */
export function authKeys(secret: Uint8Array): AuthKeys {
  const keyOf = (accountId: number, productId: string, csrSha256: string, window: number): string =>
    createHmac('sha256', secret)
      .update(JSON.stringify([accountId, productId, csrSha256, window]))
      .digest('hex')
      .slice(0, 40);
  const windowOf = (now: Instant): number => Math.floor(now / WINDOW);
  return {
    current: (accountId, productId, csrSha256, now) => ({
      authKey: keyOf(accountId, productId, csrSha256, windowOf(now)),
      validUntil: (windowOf(now) + 2) * WINDOW,
    }),
    valid: (accountId, productId, csrSha256, now) =>
      [windowOf(now), windowOf(now) - 1].map((window) => keyOf(accountId, productId, csrSha256, window)),
  };
}

const AUTH_KEY_PATH = '/.well-known/pki-validation/fileauth.txt';

/** TXT record at the domain, with any of the keys. */
export function authKeyRecords(domain: string, keys: readonly string[]): Challenge[] {
  return keys.map((value) => ({ method: 'dns', record: 'TXT', name: domain, value }));
}

/** `fileauth.txt` at the domain, with any of the keys. */
export function authKeyFiles(domain: string, keys: readonly string[]): Challenge[] {
  return keys.map((content) => ({ method: 'http', host: domain, path: AUTH_KEY_PATH, content }));
}
