import { DeskError } from '../../core/errors.ts';
import type { AcmeAccount } from '../../core/records.ts';
import type { Store } from '../../core/store.ts';
import type { Clock } from '../../core/time.ts';
import type { SecretBox } from '../../secrets/secret-box.ts';
import { type AccountKey, makeAccountKey, openAccountKey } from './account-key.ts';
import type { AcmeClient, OpenAccount } from './client.ts';
import { AcmeError } from './problems.ts';
import type { AccountKeyType, AcmeSettings } from './settings.ts';

export interface AccountWorld {
  settings: Pick<AcmeSettings, 'name' | 'directory' | 'keyAlgorithm'>;
  store: Store;
  box: SecretBox;
  clock: Clock;
}

/** The account in use at the CA; null where none was made yet. */
export async function findAccountRecord({ settings, store }: AccountWorld): Promise<AcmeAccount | null> {
  const { name: issuer, directory: directoryUrl } = settings;
  const [record] = await store.find('acmeAccounts', { issuer, directoryUrl, retiredAt: null });
  return record ?? null;
}

/**
 * The account as it is used, made at the CA on first need. Its key is on record before the CA hears of it, so that a
 * crash, or a second process at the same time, ends with the same account (RFC 8555 §7.3.1).
 * @param mayRegister asked before the CA is asked for a new account
 * @throws AcmeError where the CA gives none
 */
export async function openAccount(
  world: AccountWorld,
  client: AcmeClient,
  mayRegister: () => Promise<void>,
): Promise<OpenAccount> {
  const record = (await findAccountRecord(world)) ?? (await createRecord(world));
  if (record.accountUrl === null) return register(world, client, record, mayRegister);
  const account = { url: record.accountUrl, key: await openKey(world, record.encryptedKey) };
  return record.encryptedNextKey === null ? account : whichKey(world, client, record, account);
}

async function createRecord(world: AccountWorld): Promise<AcmeAccount> {
  const { settings, store, clock } = world;
  const { name: issuer, directory: directoryUrl } = settings;
  const encryptedKey = sealKey(world, await makeAccountKey(settings.keyAlgorithm));
  const made = { issuer, directoryUrl, accountUrl: null, encryptedKey, encryptedNextKey: null, retiredAt: null };
  try {
    await store.transact(async (unit) => {
      unit.insert('acmeAccounts', { id: unit.newId('acmeAccounts'), ...made, createdAt: clock.now() });
    });
  } catch (error) {
    // Another process was first, and the unique index refused ours.
    if (!(error instanceof DeskError && error.kind === 'already-exists')) throw error;
  }
  const record = await findAccountRecord(world);
  if (record !== null) return record;
  throw new DeskError('internal', 'An ACME account was stored but cannot be read back; check the database');
}

async function register(
  world: AccountWorld,
  client: AcmeClient,
  record: AcmeAccount,
  mayRegister: () => Promise<void>,
): Promise<OpenAccount> {
  await mayRegister();
  const key = await openKey(world, record.encryptedKey);
  const { url, status } = await client.newAccount(key);
  if (status !== 'valid') throw notUsable(status);
  await change(world, record, { accountUrl: url }, { accountUrl: null }, 'issuer.account-made', url);
  return { url, key };
}

function notUsable(status: string): AcmeError {
  const detail = `the account there is ${status}; retire it with "chancery issuers retire" and another is made`;
  return new AcmeError(detail, {
    problem: { status: 0, type: 'userActionRequired', detail, subproblems: [], instance: null },
  });
}

/** In the middle of a key change only the CA knows which key counts (RFC 8555 §7.3.5). */
async function whichKey(
  world: AccountWorld,
  client: AcmeClient,
  record: AcmeAccount,
  account: OpenAccount,
): Promise<OpenAccount> {
  if (record.encryptedNextKey === null) return account;
  const key = await openKey(world, record.encryptedNextKey);
  const found = await client.findAccount(key);
  if (found?.url !== account.url) return account;
  await promoteNextKey(world, record);
  return { url: account.url, key };
}

async function promoteNextKey(world: AccountWorld, record: AcmeAccount): Promise<void> {
  const { encryptedKey, encryptedNextKey } = record;
  if (encryptedNextKey === null) return;
  const changes = { encryptedKey: encryptedNextKey, encryptedNextKey: null };
  await change(world, record, changes, { encryptedKey }, 'issuer.key-changed', record.accountUrl ?? '');
}

/**
 * Gives the account a new key (RFC 8555 §7.3.5). The new key is on record before the CA hears of it; where an earlier
 * change stopped half-way, that one is finished.
 * @throws AcmeError; DeskError `wrong-state` where there is no account yet
 */
export async function changeAccountKey(
  world: AccountWorld,
  client: AcmeClient,
  type: AccountKeyType,
): Promise<AccountKey> {
  const record = await findAccountRecord(world);
  if (record === null || record.accountUrl === null) throw noAccount(world);
  const account = { url: record.accountUrl, key: await openKey(world, record.encryptedKey) };
  const planned = record.encryptedNextKey === null ? await planNextKey(world, record, type) : record;
  const next = await openKey(world, planned.encryptedNextKey as Uint8Array);
  const isDone = (await whichKey(world, client, planned, account)).key.thumbprint === next.thumbprint;
  if (isDone) return next;
  await client.changeKey(account, next);
  await promoteNextKey(world, planned);
  return next;
}

async function planNextKey(world: AccountWorld, record: AcmeAccount, type: AccountKeyType): Promise<AcmeAccount> {
  const encryptedNextKey = sealKey(world, await makeAccountKey(type));
  await world.store.transact((unit) =>
    unit.update('acmeAccounts', record.id, { encryptedNextKey }, { encryptedNextKey: null }),
  );
  return { ...record, encryptedNextKey };
}

/** Puts the account out of use here; the next order makes another. @throws DeskError `wrong-state` */
export async function retireAccount(world: AccountWorld): Promise<AcmeAccount> {
  const record = await findAccountRecord(world);
  if (record === null) throw noAccount(world);
  const changes = { retiredAt: world.clock.now() };
  await change(world, record, changes, { retiredAt: null }, 'issuer.account-retired', record.accountUrl ?? '');
  return record;
}

/** The CA does not know the account (any more): its key is kept, and it is made anew there on next need. */
export async function forgetAccountUrl(world: AccountWorld, accountUrl: string): Promise<void> {
  const record = await findAccountRecord(world);
  if (record === null || record.accountUrl !== accountUrl) return;
  await change(world, record, { accountUrl: null }, { accountUrl }, 'issuer.account-unknown', accountUrl);
}

export function noAccount({ settings }: Pick<AccountWorld, 'settings'>): DeskError {
  return new DeskError(
    'wrong-state',
    `The issuer ${settings.name} has no account at ${settings.directory} yet; its first order makes one`,
  );
}

/** A change that another process may have made first: then theirs counts. */
async function change(
  { store, clock, settings }: AccountWorld,
  record: AcmeAccount,
  changes: Partial<AcmeAccount>,
  expected: Partial<AcmeAccount>,
  action: string,
  accountUrl: string,
): Promise<void> {
  try {
    await store.transact(async (unit) => {
      await unit.update('acmeAccounts', record.id, changes, expected);
      const target = `issuer:${settings.name}`;
      unit.audit({ at: clock.now(), actor: 'system', accountId: null, action, target, details: { accountUrl } });
    });
  } catch (error) {
    if (!(error instanceof DeskError && error.kind === 'conflict')) throw error;
  }
}

function sealKey({ box, settings }: AccountWorld, jwk: Uint8Array): Uint8Array {
  return box.seal(jwk, keyContext(settings));
}

export function openKey({ box, settings }: AccountWorld, sealed: Uint8Array): Promise<AccountKey> {
  return openAccountKey(box.open(sealed, keyContext(settings)));
}

/** What a sealed key is bound to: the issuer and its directory. */
function keyContext({ name, directory }: AccountWorld['settings']): string {
  return `acme-account:${name}:${directory}`;
}
