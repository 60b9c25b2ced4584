import { z } from 'zod';
import { DeskError } from '../../core/errors.ts';
import type { Random } from '../../core/ports.ts';
import type { Store } from '../../core/store.ts';
import type { Clock } from '../../core/time.ts';
import { fromPem, toPem } from '../../pki/pem.ts';
import { PASSPHRASE_COST, stretchPassphrase } from '../../secrets/master-key.ts';
import { createSecretBox, type SecretBox } from '../../secrets/secret-box.ts';
import { neededKeys } from './admin.ts';
import { openKey } from './ca.ts';
import { keyContext } from './create-ca.ts';

/** Shortest passphrase of a backup, in characters: the file may be carried anywhere and tried at leisure. */
const SHORTEST_PASSPHRASE = 12;
const CONTEXT = 'ca-backup';

const bundleSchema = z.strictObject({
  format: z.literal('chancery-ca-backup'),
  version: z.literal(1),
  createdAt: z.iso.datetime(),
  kdf: z.strictObject({
    name: z.literal('argon2id'),
    // Only our own cost is taken: a foreign file must not make us spend memory as it likes.
    memory: z.literal(PASSPHRASE_COST.memory),
    passes: z.literal(PASSPHRASE_COST.passes),
    parallelism: z.literal(PASSPHRASE_COST.parallelism),
    salt: z.base64().length(24),
  }),
  sealed: z.base64().max(64 * 1024),
});

const keysSchema = z.tuple([keySchema('root'), keySchema('intermediate')]);

function keySchema<Name extends string>(name: Name) {
  return z.strictObject({ name: z.literal(name), certificate: z.string(), privateKey: z.base64() });
}

/** One CA key, open. */
export interface BackedUpKey {
  name: 'root' | 'intermediate';
  /** DER. */
  certificate: Uint8Array;
  /** PKCS #8, DER. */
  privateKey: Uint8Array;
}

/**
 * The CA's keys and certificates as one text (JSON), encrypted under a passphrase of at least 12 characters.
 * @throws DeskError `invalid-value` for a short passphrase, `not-found` where there is no CA
 */
export async function backupCa(
  options: { store: Pick<Store, 'find'>; box: SecretBox; random: Random; clock: Clock },
  passphrase: string,
): Promise<string> {
  const { store, box, random, clock } = options;
  if (Array.from(passphrase).length < SHORTEST_PASSPHRASE) {
    throw new DeskError('invalid-value', `The passphrase of a backup needs at least ${SHORTEST_PASSPHRASE} characters`);
  }
  const { root, intermediate } = await neededKeys(store);
  const keys = [root, intermediate].map((record) => ({
    name: record.name,
    certificate: toPem('CERTIFICATE', record.certificate),
    privateKey: Buffer.from(openKey(record, box).pkcs8).toString('base64'),
  }));
  const salt = random.bytes(16);
  const sealed = boxOf(passphrase, salt, random).seal(Buffer.from(JSON.stringify(keys)), CONTEXT);
  const bundle = {
    format: 'chancery-ca-backup',
    version: 1,
    createdAt: new Date(clock.now()).toISOString(),
    kdf: { name: 'argon2id', ...PASSPHRASE_COST, salt: Buffer.from(salt).toString('base64') },
    sealed: Buffer.from(sealed).toString('base64'),
  };
  return `${JSON.stringify(bundle, null, 2)}\n`;
}

/** Reads a backup back. @throws DeskError `invalid-value` for a damaged file or the wrong passphrase */
export function readCaBackup(text: string, passphrase: string, random: Random): [BackedUpKey, BackedUpKey] {
  const bundle = parsed(bundleSchema, text, 'This is not a backup of a CA');
  const { salt } = bundle.kdf;
  let plain: Uint8Array;
  try {
    plain = boxOf(passphrase, Buffer.from(salt, 'base64'), random).open(Buffer.from(bundle.sealed, 'base64'), CONTEXT);
  } catch (cause) {
    throw new DeskError('invalid-value', 'The passphrase is wrong, or the backup was damaged', { cause });
  }
  const [root, intermediate] = parsed(keysSchema, Buffer.from(plain).toString('utf8'), 'The backup holds no CA keys');
  return [opened(root), opened(intermediate)];
}

/**
 * Stores the CA of a backup in a database that has none.
 * @throws DeskError `already-exists` where there is a CA, `internal` where a key does not belong to its certificate
 */
export async function restoreCa(
  options: { store: Store; box: SecretBox; clock: Clock },
  keys: readonly BackedUpKey[],
): Promise<void> {
  const { store, box, clock } = options;
  const records = keys.map(({ name, certificate, privateKey }) => ({
    name,
    certificate,
    encryptedKey: box.seal(privateKey, keyContext(name, certificate)),
    createdAt: clock.now(),
    retiredAt: null,
  }));
  for (const record of records) openKey({ ...record, id: 0 }, box);
  await store.transact(async (unit) => {
    const existing = await unit.find('caKeys', { retiredAt: null });
    if (existing.length > 0) throw new DeskError('already-exists', 'This database has a CA already');
    for (const record of records) unit.insert('caKeys', { ...record, id: unit.newId('caKeys') });
    unit.audit({
      at: clock.now(),
      actor: 'system',
      accountId: null,
      action: 'ca-restored',
      target: 'issuer',
      details: {},
    });
  });
}

function boxOf(passphrase: string, salt: Uint8Array, random: Random): SecretBox {
  return createSecretBox({ bytes: stretchPassphrase(passphrase, salt), source: 'passphrase of the backup' }, random);
}

function opened<Name extends BackedUpKey['name']>(key: {
  name: Name;
  certificate: string;
  privateKey: string;
}): BackedUpKey {
  const { name, certificate, privateKey } = key;
  return { name, certificate: fromPem(certificate, 'CERTIFICATE'), privateKey: Buffer.from(privateKey, 'base64') };
}

function parsed<Schema extends z.ZodType>(schema: Schema, text: string, message: string): z.infer<Schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new DeskError('invalid-value', message, { cause });
  }
}
