import { createHash, createPrivateKey } from 'node:crypto';
import type { KeyType } from '../../../core/ports.ts';
import type { SubscriberKey } from '../../../core/records.ts';
import { type Answer, type Call, CallFailure } from '../call.ts';
import { missing } from '../parameters.ts';
import { readAccount, writeAccount } from '../account-settings.ts';
import { DIALECT } from '../world.ts';
import { filesOf, keyOfFile, MOST_LISTED } from './files.ts';
import { askedKey } from './find.ts';
import { keyNumbers } from './key-numbers.ts';
import { changedLabel, newLabel } from './labels.ts';
import { keyText } from './openssl-text.ts';
import { certificateRecord, csrRecord, keyRecord } from './records.ts';

/** Private keys: SSL::generate_key, upload_key, list_keys, show_key, delete_key and what goes by a key. */

export async function generateKey(call: Call): Promise<Answer> {
  const { actor, world } = call;
  const type = await askedType(call);
  const label = await newLabel(call, 'key', newName(type, world.clock.now()));
  const key = await world.subscriberKeys.make(actor, { dialect: DIALECT, label, type });
  const text = vendorPem(await world.subscriberKeys.show(actor, key.id, 'SSL::generate_key'));
  return { data: { ...keyRecord(key), text } };
}

/** `keytype` and, from older clients, `keysize`: one of them, or the account's own choice. */
async function askedType(call: Call): Promise<KeyType> {
  const { parameters } = call;
  const keyType = parameters.optional('keytype');
  const keySize = parameters.integer('keysize');
  if (keyType !== undefined && keySize !== undefined) {
    throw new CallFailure('The “keytype” and “keysize” arguments are mutually exclusive.');
  }
  if (keySize !== undefined) return typeNamed('keysize', `rsa-${keySize}`, String(keySize));
  if (keyType !== undefined && keyType !== 'system') return typeNamed('keytype', keyType, keyType);
  return keyType === undefined ? defaultKeyType(call) : SYSTEM_TYPE;
}

/** What the account has set with SSL::set_default_key_type, else the system's. */
export async function defaultKeyType({ actor, world }: Pick<Call, 'actor' | 'world'>): Promise<KeyType> {
  const { keyType } = await readAccount(world, actor);
  return TYPES[keyType] ?? SYSTEM_TYPE;
}

const TYPES: Readonly<Record<string, KeyType>> = {
  'rsa-2048': 'RSA-2048',
  'rsa-4096': 'RSA-4096',
  'ecdsa-prime256v1': 'P-256',
  'ecdsa-secp384r1': 'P-384',
};
const SYSTEM_TYPE: KeyType = 'RSA-2048';

function typeNamed(argument: string, name: string, sent: string): KeyType {
  const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  if (type !== undefined) return type;
  throw new CallFailure(`“${sent}” is not a valid value for the “${argument}” argument.`);
}

export async function setDefaultKeyType({ actor, world, parameters }: Call): Promise<Answer> {
  const keyType = parameters.required('type');
  if (keyType !== 'system') typeNamed('type', keyType, keyType);
  await writeAccount(world, actor, (settings) => ({ ...settings, keyType }));
  return { data: null };
}

/** `RSA, 2,048-bit (Nov 22, 2026 12:00:00 UTC)` */
function newName(type: KeyType, now: number): string {
  const [algorithm, size] = type.split('-') as [string, string];
  const kind = algorithm === 'RSA' ? `RSA, ${size.replace(/^(.)/, '$1,')}-bit` : `ECDSA, P-${size}`;
  return `${kind} (${new Date(now).toISOString().slice(0, 19).replace('T', ' ')} UTC)`;
}

export async function uploadKey(call: Call): Promise<Answer> {
  const { parameters } = call;
  // The published form of multipart uploads names the part `crt`.
  const text = parameters.optional('key') ?? parameters.optional('crt');
  if (text === undefined) throw missing('key');
  return { data: [keyRecord(await keepKey(call, text))] };
}

/** Keeps a key under `friendly_name`, or under a name of its own; the one on record where it is kept already. */
export async function keepKey(call: Call, text: string): Promise<SubscriberKey> {
  const { actor, world } = call;
  const { spki, keyAlgorithm, keyBits } = world.keyTools.readKey(text);
  const known = await keyOfFile(call, createHash('sha256').update(spki).digest('hex'));
  if (known !== null) return known;
  const type = keyAlgorithm === 'RSA' ? `RSA-${keyBits}` : `P-${keyBits}`;
  const label = await newLabel(call, 'key', newName(type as KeyType, world.clock.now()));
  return world.subscriberKeys.keep(actor, { dialect: DIALECT, label, key: text });
}

export async function listKeys({ actor, world }: Call): Promise<Answer> {
  const { accountId } = actor;
  const keys = await world.store.find('subscriberKeys', { accountId, dialect: DIALECT }, { limit: MOST_LISTED });
  return { data: keys.map(keyRecord) };
}

export async function showKey(call: Call): Promise<Answer> {
  const key = await askedKey(call);
  const pem = vendorPem(await call.world.subscriberKeys.show(call.actor, key.id, 'SSL::show_key'));
  return { data: { details: { ...keyRecord(key), key: pem }, text: keyText(pem) } };
}

/** PKCS #1 for RSA and SEC 1 for ECDSA: what the vendor's clients have always been shown. */
export function vendorPem(pkcs8Pem: string): string {
  const key = createPrivateKey(pkcs8Pem);
  const type = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1';
  return key.export({ format: 'pem', type }).toString();
}

export async function deleteKey(call: Call): Promise<Answer> {
  const key = await askedKey(call);
  await call.world.subscriberKeys.remove(call.actor, key.id);
  const { id: _, ...shown } = keyRecord(key);
  return { data: [shown] };
}

export async function setKeyFriendlyName(call: Call): Promise<Answer> {
  const key = await askedKey(call);
  await call.world.subscriberKeys.rename(call.actor, key.id, await changedLabel(call, 'key', key.label));
  return { data: null };
}

export async function findCertificatesForKey(call: Call): Promise<Answer> {
  const { spkiHash } = await askedKey(call);
  const files = await filesOf(call, { type: 'certificate', spkiHash });
  return { data: files.map((file) => withoutSerial(certificateRecord(file))) };
}

function withoutSerial({ serial: _, ...record }: ReturnType<typeof certificateRecord>) {
  return record;
}

export async function findCsrsForKey(call: Call): Promise<Answer> {
  const { spkiHash, spki } = await askedKey(call);
  const files = await filesOf(call, { type: 'csr', spkiHash });
  return { data: files.map((file) => csrRecord(file, keyNumbers(spki))) };
}
