import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accountByHandle, createAccount } from '../admin/accounts.ts';
import { adminKeys, createKey } from '../admin/keys.ts';
import type { Office } from '../admin/office.ts';
import { againOnConflict } from '../core/again.ts';
import { DeskError } from '../core/errors.ts';
import type { Unit } from '../core/store.ts';
import type { Clock } from '../core/time.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { makeReady } from './ready-account.ts';

/** Handle of the account that the first start opens. */
export const FIRST_ACCOUNT = 'demo';

const DONE = 'first-start';

/** What the first start made, for the console. */
export interface FirstStart {
  handle: string;
  /** By dialect name; of several kinds of secrets the first. */
  secrets: ReadonlyMap<string, string>;
}

export function credentialsFile(data: string): string {
  return join(data, 'credentials.json');
}

/**
 * Opens one account with a key for every dialect and the admin API, and writes them to `credentials.json` (mode
 * 0600). In the sandbox it is made ready. Does nothing on a database where that was done; one that was interrupted is done again with new keys.
 */
export async function firstStart(
  office: Office,
  dialects: readonly Dialect[],
  data: string,
  sandbox: boolean,
): Promise<FirstStart | null> {
  const [done] = await office.store.find('settings', { name: DONE }, { limit: 1 });
  if (done !== undefined) return null;
  await ensureAccount(office);
  const ready = sandbox ? await makeReady(office, FIRST_ACCOUNT, dialects) : null;
  const secrets = new Map<string, string>();
  const all: { dialect: string; secret: string }[] = [];
  for (const { name: dialect, firstRole: role, secretKinds } of [...dialects, adminKeys]) {
    // Dialects that know roles know users as well.
    const powers = role === undefined ? {} : { role, userId: ready?.userId ?? null };
    const ask = { account: FIRST_ACCOUNT, dialect, userName: 'first', ...powers };
    for (const kind of secretKinds ?? [undefined]) {
      const { secret } = await createKey(office, { ...ask, ...(kind === undefined ? {} : { kind }) }, 'first-start');
      all.push({ dialect, secret });
      if (!secrets.has(dialect)) secrets.set(dialect, secret);
    }
  }
  const members = dialects.map((dialect) => {
    const own = all.filter((one) => one.dialect === dialect.name);
    const described = own.map(({ secret }) => dialect.describeCredentials(FIRST_ACCOUNT, secret, ready));
    return [dialect.credentialsKey, Object.assign({}, ...described)];
  });
  writePrivately(credentialsFile(data), { ...Object.fromEntries(members), admin: { apiKey: secrets.get('admin') } });
  await againOnConflict(() => office.store.transact((unit) => noteDone(unit, office.clock)));
  return { handle: FIRST_ACCOUNT, secrets };
}

async function noteDone(unit: Unit, clock: Clock): Promise<void> {
  const [meanwhile] = await unit.find('settings', { name: DONE }, { limit: 1 });
  const value = new Date(clock.now()).toISOString();
  if (meanwhile === undefined) unit.insert('settings', { id: unit.newId('settings'), name: DONE, value });
}

/** Another process, or an interrupted start, may have opened it. */
async function ensureAccount(office: Office): Promise<void> {
  try {
    await createAccount(office, { handle: FIRST_ACCOUNT, name: 'Demo' }, 'first-start');
  } catch (error) {
    if (!(error instanceof DeskError)) throw error;
    await accountByHandle(office.store, FIRST_ACCOUNT);
  }
}

/** The secrets of an earlier first start; null where they are not there any more. */
export function readCredentials(data: string, dialects: readonly Dialect[]): FirstStart | null {
  const file = credentialsFile(data);
  if (!existsSync(file)) return null;
  try {
    const members = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, unknown>>;
    const found = dialects.map(({ name, credentialsKey, secretOf = apiKeyOf }) => {
      return [name, secretOf(members[credentialsKey] ?? {})] as const;
    });
    const secrets = new Map(found.filter((entry): entry is [string, string] => entry[1] !== null));
    return { handle: FIRST_ACCOUNT, secrets };
  } catch {
    return null;
  }
}

function apiKeyOf({ apiKey }: Readonly<Record<string, unknown>>): string | null {
  return typeof apiKey === 'string' ? apiKey : null;
}

function writePrivately(file: string, content: object): void {
  // Several processes may start in one directory.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flush: true });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}
