import type { Actor } from '../../core/desk.ts';
import { DeskError } from '../../core/errors.ts';
import { demand } from '../../core/permissions.ts';
import { DIALECT, type World } from './world.ts';

/** What an account has chosen here, and what the last automatic check found. */
export interface AccountSettings {
  /** `system`, or one of SSL::generate_key. */
  keyType: string;
  /** Domains that no certificate is ordered for automatically. */
  excludedDomains: string[];
  /** Domains whose visitors are sent to HTTPS. */
  redirectedDomains: string[];
  /** Servername of the website that answers where no name is sent. */
  primaryWebsite: string | null;
  problems: Problem[];
  /** When a check of all websites began; null where none runs. */
  checkingSince: number | null;
  /**
   * Records looked for that prove names: how many (`count`) in the minute that began at `since` (milliseconds since
   * 1970), and the id of the hostname that was the last.
   */
  proofLooks: { since: number; count: number; upTo: number };
  /** Certificates of requests that were completed until then, and of these, were put among the account's own. */
  deliveredUntil: number;
  deliveredIds: number[];
}

export interface Problem {
  domain: string;
  problem: string;
  /** Milliseconds since 1970. */
  at: number;
  /** Of a name that another account claims too. */
  hostnameId?: number;
}

const FRESH: AccountSettings = {
  keyType: 'system',
  excludedDomains: [],
  redirectedDomains: [],
  primaryWebsite: null,
  problems: [],
  checkingSince: null,
  proofLooks: { since: 0, count: 0, upTo: 0 },
  deliveredUntil: 0,
  deliveredIds: [],
};

const nameOf = ({ accountId }: Pick<Actor, 'accountId'>): string => `${DIALECT}/account/${accountId}`;

export async function readAccount(
  { store }: Pick<World, 'store'>,
  actor: Pick<Actor, 'accountId'>,
): Promise<AccountSettings> {
  const [setting] = await store.find('settings', { name: nameOf(actor) }, { limit: 1 });
  return setting === undefined ? FRESH : read(setting.value);
}

/** Changes them as they are at that moment. @throws DeskError `not-allowed` for who may only read */
export async function writeAccount(
  { store }: Pick<World, 'store'>,
  actor: Actor,
  change: (settings: AccountSettings) => AccountSettings,
): Promise<AccountSettings> {
  const name = nameOf(demand(actor, 'order'));
  const write = (): Promise<AccountSettings> =>
    store.transact(async (unit) => {
      const [setting] = await unit.find('settings', { name }, { limit: 1 });
      const changed = change(setting === undefined ? FRESH : read(setting.value));
      const value = JSON.stringify(changed);
      if (setting === undefined) unit.insert('settings', { id: unit.newId('settings'), name, value });
      else await unit.update('settings', setting.id, { value }, { value: setting.value });
      return changed;
    });
  for (let tries = 1; ; tries++) {
    try {
      return await write();
    } catch (error) {
      // Somebody else of the account has written in between, or for the first time.
      if (tries === TRIES || !isRace(error)) throw error;
    }
  }
}

const TRIES = 5;

function isRace(error: unknown): boolean {
  return error instanceof DeskError && (error.kind === 'conflict' || error.kind === 'already-exists');
}

function read(value: string): AccountSettings {
  return { ...FRESH, ...(JSON.parse(value) as Partial<AccountSettings>) };
}
