import type { Actor } from '../../../core/desk.ts';
import type { Grant } from '../../../core/records.ts';
import { DeskError } from '../../../core/errors.ts';
import type { Instant } from '../../../core/time.ts';
import { HOUR, MINUTE } from '../../../core/time.ts';
import { hashSecret } from '../../../http/authenticate.ts';
import { type Call, CallFailure } from '../call.ts';
import { DIALECT, type World } from '../world.ts';

/** Between the page that gives a code and its exchange. */
const CODE_LIFETIME = 5 * MINUTE;
const TOKEN_LIFETIME = 12 * HOUR;

type NewGrant = Pick<Grant, 'accountId' | 'userName' | 'kind' | 'bound'> & { secret: string; lifetime: number };

function grantOf({ secret, lifetime, ...grant }: NewGrant, id: number, now: Instant): Grant {
  const times = { createdAt: now, expiresAt: now + lifetime, endedAt: null };
  return { id, dialect: DIALECT, ...grant, secretHash: hashSecret(secret), ...times };
}

/** A login code of an account, to be exchanged once, for the address that the browser is led to with it. */
export async function newCode(
  { store, clock, random }: World,
  { accountId, userName }: Pick<Actor, 'accountId' | 'userName'>,
  address: string,
): Promise<string> {
  const secret = Buffer.from(random.bytes(32)).toString('base64url');
  const grant = { accountId, userName, kind: 'code', bound: address, secret, lifetime: CODE_LIFETIME } as const;
  await store.transact(async (unit) => unit.insert('grants', grantOf(grant, unit.newId('grants'), clock.now())));
  return secret;
}

/**
 * Exchanges a code for an access token, a UUID.
 * @throws CallFailure where it is unknown, of another account or address, over, or exchanged before
 */
export async function exchangeCode({ actor, world }: Call, code: string, address: string): Promise<string> {
  const { store, clock, random } = world;
  const { accountId, userName } = actor;
  const invalid = new CallFailure('The login token is not valid.', { error_type: 'InvalidLoginToken' });
  const token = uuidOf(random.bytes(16));
  try {
    await store.transact(async (unit) => {
      const now = clock.now();
      const [found] = await unit.find('grants', { secretHash: hashSecret(code), dialect: DIALECT, kind: 'code' });
      if (found === undefined || found.accountId !== accountId || found.bound !== address) throw invalid;
      if (found.endedAt !== null || found.expiresAt <= now) throw invalid;
      await unit.update('grants', found.id, { endedAt: now }, { endedAt: null });
      const grant = {
        accountId,
        userName,
        kind: 'token',
        bound: null,
        secret: token,
        lifetime: TOKEN_LIFETIME,
      } as const;
      unit.insert('grants', grantOf(grant, unit.newId('grants'), now));
      const target = `account:${accountId}`;
      unit.audit({ at: now, actor: userName, accountId, action: 'shop.signed-in', target, details: {} });
    });
  } catch (error) {
    // Two exchanges at once: the second is a replay.
    if (error instanceof DeskError && error.kind === 'conflict') throw invalid;
    throw error;
  }
  return token;
}

/**
 * The access token of a call must be one of its account.
 * @throws CallFailure
 */
export async function checkAccessToken({ actor, world, parameters }: Call): Promise<void> {
  const { store, clock } = world;
  const token = parameters.required('access_token').toLowerCase();
  const [grant] = await store.find('grants', { secretHash: hashSecret(token), dialect: DIALECT, kind: 'token' });
  const isValid = grant !== undefined && grant.endedAt === null && grant.expiresAt > clock.now();
  if (isValid && grant.accountId === actor.accountId) return;
  throw new CallFailure('The access token is not valid. Log in to the provider again.', {
    error_type: 'InvalidAccessToken',
  });
}

/** RFC 9562 §5.4 */
function uuidOf(random: Uint8Array): string {
  const bytes = Buffer.from(random);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
