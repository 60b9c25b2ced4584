import { DeskError, invalidValue, notFound } from '../core/errors.ts';
import type { Random } from '../core/ports.ts';
import type { Credential, Role } from '../core/records.ts';
import { hashSecret } from '../http/authenticate.ts';
import { accountByHandle } from './accounts.ts';
import { type KeyMaker, type Office, record } from './office.ts';

/** Keys of the admin API. They are the operator's; the account only says beside whom they were made. */
export const adminKeys: KeyMaker & { firstRole?: Role } = {
  name: 'admin',
  newSecret: (_handle: string, random: Random) =>
    `chancery_admin_${Buffer.from(random.bytes(32)).toString('base64url')}`,
};

export interface NewKey {
  /** Handle of the account. */
  account: string;
  /** A dialect's name, or `admin`. */
  dialect: string;
  /** Who acts with it, as the audit trail shows. */
  userName?: string;
  role?: Role;
  /** Of a dialect whose clients know several kinds of secrets. */
  kind?: string;
  /** Whose key it is, where the account has users. */
  userId?: number | null;
}

/** A credential without the hash of its secret. */
export type KeyView = Omit<Credential, 'secretHash'>;

/**
 * Makes a key. The secret is in the answer and nowhere else.
 * @throws DeskError `not-found`, `invalid-value`
 */
export async function createKey(office: Office, ask: NewKey, by: string): Promise<{ key: KeyView; secret: string }> {
  const { dialect, userName = 'api', userId = null, role = dialect === 'admin' ? 'admin' : 'orders' } = ask;
  const makers = [...office.dialects, adminKeys];
  const maker = makers.find(({ name }) => name === dialect);
  if (maker === undefined) {
    throw invalidValue('dialect', `Must be one of ${makers.map(({ name }) => name).join(', ')}`, dialect);
  }
  const { secretKinds } = maker;
  const kind = ask.kind ?? secretKinds?.[0];
  if (kind !== undefined && secretKinds?.includes(kind) !== true) {
    throw invalidValue('kind', `Must be one of ${secretKinds?.join(', ') ?? 'no kinds'}`, kind);
  }
  if (!/^[\w.@-]{1,40}$/.test(userName)) {
    throw invalidValue('userName', 'A user name is 1 to 40 letters, digits, and _ - @ .', userName);
  }
  return office.store.transact(async (unit) => {
    const account = await accountByHandle(unit, ask.account);
    const secret = maker.newSecret(account.handle, office.random, kind);
    const key: KeyView = {
      id: unit.newId('credentials'),
      accountId: account.id,
      dialect,
      userName,
      userId,
      role,
      label: kind ?? null,
      createdAt: office.clock.now(),
      expiresAt: null,
      revokedAt: null,
    };
    unit.insert('credentials', { ...key, secretHash: hashSecret(secret) });
    const details = { dialect, userName, role, ...(kind === undefined ? {} : { kind }) };
    record(unit, office, { by, action: 'key.created', target: `key:${key.id}`, accountId: account.id, details });
    return { key, secret };
  });
}

/**
 * Ends a key; servers believe it for at most a second more.
 * @throws DeskError `not-found`, `wrong-state` where it was revoked before
 */
export async function revokeKey(office: Office, id: number, by: string): Promise<KeyView> {
  return office.store.transact(async (unit) => {
    const credential = await unit.get('credentials', id);
    if (credential === null) throw notFound(`Key ${id}`);
    if (credential.revokedAt !== null) throw new DeskError('wrong-state', `Key ${id} was revoked before`);
    const revokedAt = office.clock.now();
    await unit.update('credentials', id, { revokedAt }, { revokedAt: null });
    record(unit, office, { by, action: 'key.revoked', target: `key:${id}`, accountId: credential.accountId });
    return viewKey({ ...credential, revokedAt });
  });
}

export function viewKey({ secretHash: _, ...view }: Credential): KeyView {
  return view;
}
