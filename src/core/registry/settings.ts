import { againOnConflict } from '../again.ts';
import type { Actor } from '../desk.ts';
import type { Engine } from '../parts.ts';
import { invalidValue, notFound } from '../errors.ts';
import type { Account, AccountSettings } from '../records.ts';
import { DEFAULT_SETTINGS } from '../settings.ts';
import type { Reader } from '../store.ts';
import { note } from './note.ts';

const CHOICES: Partial<Record<keyof AccountSettings, readonly string[]>> = {
  approval: ['none', 'automatic', 'required'],
  domainScope: ['base', 'name'],
};

export async function settingsOf(engine: Engine, actor: Actor): Promise<AccountSettings> {
  return (await accountOf(engine.store, actor)).settings;
}

/** @throws DeskError `invalid-value` for what is no setting or no value of it */
export async function changeSettings(
  engine: Engine,
  actor: Actor,
  changes: Partial<AccountSettings>,
): Promise<AccountSettings> {
  for (const [name, value] of Object.entries(changes)) checkSetting(name, value);
  return againOnConflict(() =>
    engine.store.transact(async (unit) => {
      const { id, settings: before } = await accountOf(unit, actor);
      const settings: AccountSettings = { ...before, ...changes };
      // Two people who change different settings at once must not undo each other.
      await unit.update('accounts', id, { settings }, { settings: before });
      note(unit, actor, 'settings.changed', `account:${id}`, { ...changes }, engine.clock.now());
      return settings;
    }),
  );
}

function checkSetting(name: string, value: unknown): void {
  const usual = DEFAULT_SETTINGS[name as keyof AccountSettings];
  const choices = CHOICES[name as keyof AccountSettings];
  if (usual === undefined) throw invalidValue(name, 'is no setting of an account');
  const fits = choices === undefined ? typeof value === typeof usual : choices.includes(value as string);
  if (!fits) throw invalidValue(name, `must be ${choices?.join(', ') ?? typeof usual}`, String(value));
}

async function accountOf(reader: Reader, actor: Actor): Promise<Account> {
  const account = await reader.get('accounts', actor.accountId);
  if (account === null) throw notFound(`Account ${actor.accountId}`);
  return account;
}
