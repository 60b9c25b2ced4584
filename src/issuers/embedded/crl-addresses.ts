import { againOnConflict } from '../../core/again.ts';
import type { Store, Unit } from '../../core/store.ts';

/**
 * Public addresses under which certificates were issued, newest first. A CRL names the shard under each of them,
 * so that certificates from before a move still find theirs byte for byte (BR 7.2.2.1).
 */

const MOST_BASES = 16;

function settingName(issuer: string): string {
  return `crl-addresses:${issuer}`;
}

export async function knownBases(store: Pick<Store, 'find'>, issuer: string): Promise<string[]> {
  const [setting] = await store.find('settings', { name: settingName(issuer) });
  return setting === undefined ? [] : (JSON.parse(setting.value) as string[]);
}

/** Adds an address to the known ones. Processes that do so at the same time all find theirs in the end. */
export async function rememberBase(store: Store, issuer: string, base: string): Promise<void> {
  await againOnConflict(() => store.transact((unit) => addBase(unit, issuer, base)));
}

async function addBase(unit: Unit, issuer: string, base: string): Promise<void> {
  const name = settingName(issuer);
  const [setting] = await unit.find('settings', { name });
  const known = setting === undefined ? [] : (JSON.parse(setting.value) as string[]);
  if (known.includes(base)) return;
  const value = JSON.stringify([base, ...known].slice(0, MOST_BASES));
  if (setting === undefined) unit.insert('settings', { id: unit.newId('settings'), name, value });
  else await unit.update('settings', setting.id, { value }, { value: setting.value });
}
