import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Random } from '../../core/ports.ts';

const SIGNS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const TOKEN_LENGTH = 32;

/** An API token: 32 capital letters and digits, 165 random bits. */
export function newToken(random: Random): string {
  let token = '';
  while (token.length < TOKEN_LENGTH) {
    // Bytes from 252 on would make the first signs more frequent.
    for (const byte of random.bytes(64)) if (byte < 252) token += SIGNS[byte % SIGNS.length];
  }
  return token.slice(0, TOKEN_LENGTH);
}

/** A password: 256 random bits in lower case and digits, so that it cannot be taken for a token. */
export function newPassword(random: Random): string {
  return `pw-${Buffer.from(random.bytes(32)).toString('hex')}`;
}

/** Whether a secret has the form of a token; every other one is a password. */
export function isToken(secret: string): boolean {
  return /^[A-Z0-9]{32}$/.test(secret);
}

/** The ten digits that addresses of a session hold beside its cookie, without which another site's form can do nothing. */
export function securityToken(key: Uint8Array, session: string): string {
  const digest = createHmac('sha256', key).update(session).digest();
  return String(digest.readBigUInt64BE() % 10_000_000_000n).padStart(10, '0');
}

/** Compares texts in a time that does not depend on where they differ. */
export function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
