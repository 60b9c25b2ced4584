import { DeskError, invalidValue, notFound } from '../core/errors.ts';
import { DEFAULT_SETTINGS } from '../core/settings.ts';
import type { Account } from '../core/records.ts';
import type { Reader } from '../core/store.ts';
import { type Office, record } from './office.ts';

export interface NewAccount {
  handle: string;
  name?: string;
  currency?: string;
  /** Cents. */
  balance?: number;
}

/** Two hundred million, so that no sum of a few leaves the safe integers or PostgreSQL's integer. */
const LARGEST_BALANCE = 20_000_000_000;

/**
 * Opens an account.
 * @throws DeskError `invalid-value`, `already-exists`
 */
export async function createAccount(office: Office, ask: NewAccount, by: string): Promise<Account> {
  const { handle, name = handle, currency = office.accountDefaults.currency } = ask;
  const { balance = office.accountDefaults.startBalance } = ask;
  if (!/^[a-zA-Z0-9\-_@.]{3,40}$/.test(handle)) {
    throw invalidValue('handle', 'An account handle is 3 to 40 letters, digits, and - _ @ .', handle);
  }
  if (!/^[A-Z]{3}$/.test(currency)) throw invalidValue('currency', 'A currency is three capital letters', currency);
  checkCents('balance', balance, 0);
  if (!office.catalogue.all().some((product) => product.pricesByCurrency[currency] !== undefined)) {
    throw invalidValue('currency', `No product has a price in ${currency}`, currency);
  }
  return office.store.transact(async (unit) => {
    const [taken] = await unit.find('accounts', { handle }, { limit: 1 });
    if (taken !== undefined)
      throw new DeskError('already-exists', `Account ${handle} exists already`, { field: 'handle' });
    const account: Account = {
      id: unit.newId('accounts'),
      handle,
      name,
      currency,
      balance,
      reserved: 0,
      state: 'active',
      settings: DEFAULT_SETTINGS,
      createdAt: office.clock.now(),
    };
    unit.insert('accounts', account);
    const details = { handle, name, currency, balance };
    record(unit, office, { by, action: 'account.created', target: target(account), accountId: account.id, details });
    return account;
  });
}

/**
 * Adds cents to the balance, or takes them off where negative; never below what is reserved.
 * @throws DeskError `not-found`, `invalid-value`, `conflict`
 */
export async function creditAccount(
  office: Office,
  handle: string,
  cents: number,
  note: string,
  by: string,
): Promise<Account> {
  checkCents('cents', Math.abs(cents), 1);
  return office.store.transact(async (unit) => {
    const account = await accountByHandle(unit, handle);
    const balance = account.balance + cents;
    if (balance < account.reserved || balance > LARGEST_BALANCE) {
      throw invalidValue('cents', `The balance would be ${balance}, with ${account.reserved} reserved`, String(cents));
    }
    await unit.update('accounts', account.id, { balance }, { balance: account.balance });
    const details = { cents, balance, note };
    record(unit, office, { by, action: 'account.credited', target: target(account), accountId: account.id, details });
    return { ...account, balance };
  });
}

/** Locks an account, so that none of its keys works, or opens it again. @throws DeskError `not-found` */
export async function setAccountState(
  office: Office,
  handle: string,
  state: Account['state'],
  by: string,
): Promise<Account> {
  return office.store.transact(async (unit) => {
    const account = await accountByHandle(unit, handle);
    if (account.state === state) return account;
    await unit.update('accounts', account.id, { state });
    const action = state === 'locked' ? 'account.locked' : 'account.unlocked';
    record(unit, office, { by, action, target: target(account), accountId: account.id });
    return { ...account, state };
  });
}

/** @throws DeskError `not-found` */
export async function accountByHandle(reader: Reader, handle: string): Promise<Account> {
  const [account] = await reader.find('accounts', { handle }, { limit: 1 });
  if (account === undefined) throw notFound(`Account ${handle}`);
  return account;
}

function checkCents(field: string, cents: number, least: number): void {
  if (!Number.isSafeInteger(cents) || cents < least || cents > LARGEST_BALANCE) {
    throw invalidValue(field, `Must be a whole number of cents from ${least} to ${LARGEST_BALANCE}`, String(cents));
  }
}

function target(account: Account): string {
  return `account:${account.id}`;
}
