import type { Random } from '../../core/ports.ts';

/** 64 capitals and digits in base 32, which holds more than 256 bits: what the vendor's keys look like. */
export function newSecret(_handle: string, random: Random): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return Array.from(random.bytes(64), (byte) => alphabet[byte & 31]).join('');
}
