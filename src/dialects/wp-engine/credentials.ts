import type { Random } from '../../core/ports.ts';

/** A user id, which looks like a UUID as known clients demand, and a password with 256 random bits. */
export function newSecret(_handle: string, random: Random): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const userId = bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return `${userId}:${Buffer.from(random.bytes(32)).toString('base64url')}`;
}

/** The two parts of a secret. */
export function partsOf(secret: string): { userId: string; password: string } {
  const colon = secret.indexOf(':');
  return { userId: secret.slice(0, colon), password: secret.slice(colon + 1) };
}

/**
 * The secret in `Authorization: Basic …` (RFC 7617): user id and password with their colon, as `newSecret` makes them.
 * Null for everything else; the scheme's case does not matter.
 */
export function secretOfHeader(header: string | undefined): string | null {
  const encoded = /^basic +([A-Za-z0-9+/_-]+={0,2}) *$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const { userId, password } = partsOf(text);
  // A user id in capitals is the same UUID.
  return userId === '' || password === '' || !text.includes(':') ? null : `${userId.toLowerCase()}:${password}`;
}
