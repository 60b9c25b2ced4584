import { argon2Sync } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DeskError } from '../core/errors.ts';
import type { Random } from '../core/ports.ts';
import type { Store } from '../core/store.ts';

const KEY_BYTES = 32;
const SALT_BYTES = 16;

/** The key that seals all other secrets, 32 octets, and for messages where it came from. */
export interface MasterKey {
  bytes: Uint8Array;
  source: string;
}

/** Where the salt of the passphrase is kept. `keep` stores a salt unless there is one, and gives the one that counts. */
export interface SaltStorage {
  keep(salt: string): Promise<string>;
}

export interface MasterKeyOptions {
  /** Wins over the key file. */
  passphrase?: string | undefined;
  /** Path; 32 octets in base64 or hex. Made with mode 0600 where it does not exist. */
  keyFile: string;
  random: Random;
  salts: SaltStorage;
}

/**
 * The master key: from the passphrase by Argon2id with the stored salt, else from the key file.
 * @throws DeskError `internal` where the file is unreadable or does not hold 32 octets.
 */
export async function loadMasterKey(options: MasterKeyOptions): Promise<MasterKey> {
  const { passphrase, keyFile, random, salts } = options;
  if (passphrase !== undefined && passphrase !== '') {
    const salt = await salts.keep(Buffer.from(random.bytes(SALT_BYTES)).toString('base64'));
    return { bytes: stretchPassphrase(passphrase, Buffer.from(salt, 'base64')), source: 'configured passphrase' };
  }
  if (!existsSync(keyFile)) createKeyFile(keyFile, random);
  return { bytes: readKeyFile(keyFile), source: `key file ${keyFile}` };
}

/** Cost of Argon2id: the second choice of RFC 9106 §4, 64 MiB and about 0.1 s. */
export const PASSPHRASE_COST = { memory: 65_536, passes: 3, parallelism: 4 } as const;

/** 32 octets from a passphrase and a salt of 16 octets (RFC 9106). */
export function stretchPassphrase(passphrase: string, salt: Uint8Array): Uint8Array {
  const message = Buffer.from(passphrase.normalize('NFC'), 'utf8');
  return argon2Sync('argon2id', { message, nonce: salt, tagLength: KEY_BYTES, ...PASSPHRASE_COST });
}

const SALT_SETTING = 'master-key-salt';

/** Keeps the salt as a setting. Processes that start at the same time end with the same one. */
export function storedSalt(store: Store): SaltStorage {
  const read = async () => (await store.find('settings', { name: SALT_SETTING }))[0]?.value;
  return {
    keep: async (salt) => {
      try {
        return await store.transact(async (unit) => {
          const existing = await unit.find('settings', { name: SALT_SETTING });
          if (existing[0] !== undefined) return existing[0].value;
          unit.insert('settings', { id: unit.newId('settings'), name: SALT_SETTING, value: salt });
          return salt;
        });
      } catch (error) {
        // Another process was first, and the unique name refused ours.
        const existing = await read();
        if (existing === undefined) throw error;
        return existing;
      }
    },
  };
}

/** Written beside and linked into place: the file is whole or absent, and the first of several processes wins. */
function createKeyFile(path: string, random: Random): void {
  const suffix = Buffer.from(random.bytes(6)).toString('hex');
  const draft = `${path}.${suffix}`;
  try {
    const key = Buffer.from(random.bytes(KEY_BYTES)).toString('base64');
    writeFileSync(draft, `${key}\n`, { mode: 0o600, flag: 'wx', flush: true });
    linkSync(draft, path);
    syncFolder(dirname(path));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw new DeskError('internal', `The key file ${path} cannot be made; check that its folder is writable`, {
      cause,
    });
  } finally {
    rmSync(draft, { force: true });
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  fsyncSync(folder);
  closeSync(folder);
}

function readKeyFile(path: string): Uint8Array {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new DeskError('internal', `The key file ${path} cannot be read; check its owner and mode`, { cause });
  }
  if (/^[0-9A-Fa-f]{64}$/.test(text)) return Buffer.from(text, 'hex');
  if (/^[A-Za-z0-9+/]{43}=$/.test(text)) return Buffer.from(text, 'base64');
  throw new DeskError('internal', `The key file ${path} must hold 32 octets in base64 or hex; put the right one there`);
}
