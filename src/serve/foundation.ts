import { hkdfSync } from 'node:crypto';
import type { Logger } from 'pino';
import type { Office } from '../admin/office.ts';
import type { Config } from '../config/load.ts';
import type { OperatorHosting } from '../core/hosting.ts';
import { createOperatorHosting } from '../core/hosting/create-hosting.ts';
import type { Random } from '../core/ports.ts';
import type { Clock } from '../core/time.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { loadMasterKey, storedSalt } from '../secrets/master-key.ts';
import { createSecretBox, type SecretBox } from '../secrets/secret-box.ts';
import { type ChanceryStore, openStore } from '../store/open.ts';
import { DIALECTS, servedDialects } from './dialects.ts';
import { namesOf } from './names.ts';
import { systemClock, systemRandom } from './system.ts';

/** What everything else stands on: configuration, log, database and the box of secrets. */
export interface Foundation {
  config: Config;
  log: Logger;
  clock: Clock;
  random: Random;
  store: ChanceryStore;
  box: SecretBox;
  /** All that are known: orders of each go on, whether it is served or not. */
  dialects: readonly Dialect[];
  served: readonly Dialect[];
  /** 32 octets for one purpose, the same in every process with this master key (HKDF-SHA-256, RFC 5869). */
  deriveKey(purpose: string): Uint8Array;
  close(): Promise<void>;
}

/**
 * Opens the database, brings its schema up to date, and opens the box of secrets. Whoever may begin a new installation
 * makes its data directory before: one with everything elsewhere needs none.
 * @throws DeskError where the database or the master key cannot be used
 */
export async function openFoundation(config: Config, log: Logger): Promise<Foundation> {
  const { databaseUrl, passphrase } = config.secrets;
  const store = await openStore({
    directory: config.data,
    clock: systemClock,
    random: systemRandom,
    log,
    ...(databaseUrl === null ? {} : { url: databaseUrl, poolSize: config.database.poolSize }),
  });
  try {
    const master = await loadMasterKey({
      passphrase: passphrase ?? undefined,
      keyFile: config.keyFile,
      random: systemRandom,
      salts: storedSalt(store),
    });
    return {
      config,
      log,
      clock: systemClock,
      random: systemRandom,
      store,
      box: createSecretBox(master, systemRandom),
      dialects: DIALECTS,
      served: servedDialects(config),
      deriveKey: (purpose) => new Uint8Array(hkdfSync('sha256', master.bytes, '', `chancery/${purpose}`, 32)),
      close: () => store.close(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The operator's desk over a foundation. */
export function officeOf(foundation: Foundation, vetting: Office['vetting']): Office {
  const { store, clock, random, dialects, config } = foundation;
  const { catalogue, accounts: accountDefaults } = config;
  const names = namesOf(config);
  const hosting = (dialect: string): OperatorHosting => createOperatorHosting({ store, clock, random, names }, dialect);
  return { store, clock, random, dialects, catalogue, accountDefaults, hosting, vetting };
}
