import { createHash } from 'node:crypto';
import type { Random } from '../core/ports.ts';

const BYTES = 32;

/** A fresh 256-bit secret as it stands in the link (base64url), and the SHA-256 that is kept of it. */
export function newSecret(random: Random): { text: string; hash: Uint8Array } {
  const bytes = random.bytes(BYTES);
  return { text: Buffer.from(bytes).toString('base64url'), hash: sha256(bytes) };
}

/** SHA-256 of a secret as read from a link; null where the text cannot be one. */
export function hashOfSecret(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, 'base64url');
  // Only the one spelling that was sent.
  if (bytes.length !== BYTES || bytes.toString('base64url') !== text) return null;
  return sha256(bytes);
}

function sha256(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(bytes).digest());
}
