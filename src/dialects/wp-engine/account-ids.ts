import { createHash } from 'node:crypto';
import type { Actor } from '../../core/desk.ts';

/** The id of an account, or of who acts in it, as this API's clients know it: a UUID that stays the same for ever. */
function uidOf(what: string): string {
  const bytes = createHash('sha256').update(`wp-engine ${what}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function accountUid({ accountId }: Pick<Actor, 'accountId'>): string {
  return uidOf(`account ${accountId}`);
}

export function userUid({ accountId, userId, userName }: Actor): string {
  return userId === null ? uidOf(`name ${accountId} ${userName}`) : uidOf(`user ${userId}`);
}

/** Whether an id that a client sent is that of its own account. */
export function isOwnAccount(actor: Actor, uid: string): boolean {
  return uid.toLowerCase() === accountUid(actor);
}
