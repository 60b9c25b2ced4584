import { createHash } from 'node:crypto';
import type { Actor } from '../desk.ts';
import { DeskError, notFound } from '../errors.ts';
import { demand } from '../permissions.ts';
import type { KeyTools, ReadKeyPair } from '../ports.ts';
import type { SubscriberKey } from '../records.ts';
import { checkedText } from '../registry/checked.ts';
import { note } from '../registry/note.ts';
import type { Reader, Store, Unit } from '../store.ts';
import { keyBySpki, type NewKeyAsk, type SubscriberKeys } from '../subscriber-keys.ts';
import type { Clock, Instant } from '../time.ts';
import { createLines } from './in-line.ts';

export interface SubscriberKeysParts {
  store: Store;
  clock: Clock;
  keyTools: KeyTools;
  /** Encrypts for the database. `context` says what it is and whose; only the same opens it again. */
  seal: (plain: Uint8Array, context: string) => Uint8Array;
  open: (sealed: Uint8Array, context: string) => Uint8Array;
  /** Why no key may be made here for subscribers of the dialect of this folder name; null where it may. */
  objection: (dialect: string) => string | null;
}

/** What a key is sealed under: its account and its public half, so that no row can take another's place. */
export function keyContext({ accountId, spkiHash }: Pick<SubscriberKey, 'accountId' | 'spkiHash'>): string {
  return `subscriber-key:${accountId}:${spkiHash}`;
}

/** Keys of subscribers over a store (`core/subscriber-keys.ts`). */
export function createSubscriberKeys(parts: SubscriberKeysParts): SubscriberKeys {
  const { store, clock, keyTools, open } = parts;
  const inLine = createLines(MADE_AT_ONCE, MOST_WAITING);

  /** The private key, once the event that tells of it is on record. */
  async function opened(actor: Actor, keyId: number, action: string, details: Record<string, unknown>) {
    demand(actor, 'order');
    const key = await store.transact(async (unit) => {
      const own = await ownKey(unit, actor, keyId);
      note(unit, actor, action, `subscriber-key:${keyId}`, { spkiHash: own.spkiHash, ...details }, clock.now());
      return own;
    });
    return open(key.encryptedKey, keyContext(key));
  }

  async function make(actor: Actor, { dialect, label, type }: NewKeyAsk): Promise<SubscriberKey> {
    demand(actor, 'order');
    const objection = parts.objection(dialect);
    if (objection !== null) throw new DeskError('not-allowed', objection);
    const made = await inLine(actor.accountId, () => keyTools.makeKey(type));
    const pair = { ...made, ...KINDS[type] };
    return keepPair(parts, actor, { dialect, label, pair, action: 'subscriber-key.made' });
  }

  return {
    make,
    async makeFor(actor, ask, use) {
      const key = await make(actor, ask);
      try {
        return await use(key);
      } catch (error) {
        await store.transact(async (unit) => {
          if (!(await isUsed(unit, key))) await removeKey(unit, actor, key, clock.now());
        });
        throw error;
      }
    },
    async keep(actor, { dialect, label, key }) {
      demand(actor, 'order');
      return keepPair(parts, actor, { dialect, label, pair: keyTools.readKey(key), action: 'subscriber-key.kept' });
    },
    show: async (actor, keyId, why) => keyTools.toPem(await opened(actor, keyId, 'subscriber-key.shown', { why })),
    async rename(actor, keyId, label) {
      demand(actor, 'order');
      const checked = checkedText('label', label, LONGEST_LABEL);
      return store.transact(async (unit) => {
        const key = await ownKey(unit, actor, keyId);
        await unit.update('subscriberKeys', keyId, { label: checked });
        note(unit, actor, 'subscriber-key.renamed', `subscriber-key:${keyId}`, { label: checked }, clock.now());
        return { ...key, label: checked };
      });
    },
    async remove(actor, keyId) {
      demand(actor, 'order');
      await store.transact(async (unit) => {
        const key = await ownKey(unit, actor, keyId);
        const user = await userOf(unit, keyId);
        if (user !== undefined) throw new DeskError('wrong-state', `The website ${user.name} uses this key`);
        await removeKey(unit, actor, key, clock.now());
      });
    },
    async makeCsr(actor, keyId, ask) {
      const { commonName } = ask;
      return keyTools.makeCsr(await opened(actor, keyId, 'subscriber-key.signed', { what: 'csr', commonName }), ask);
    },
    async makeSelfSigned(actor, keyId, ask) {
      const { commonName } = ask;
      const details = { what: 'self-signed certificate', commonName };
      return keyTools.makeSelfSigned(await opened(actor, keyId, 'subscriber-key.signed', details), ask);
    },
  };
}

/** Characters. */
const LONGEST_LABEL = 255;
/** Keys of one account that are made at one time, and that wait for it. */
const MADE_AT_ONCE = 2;
const MOST_WAITING = 50;

const KINDS = {
  'RSA-2048': { keyAlgorithm: 'RSA', keyBits: 2048 },
  'RSA-4096': { keyAlgorithm: 'RSA', keyBits: 4096 },
  'P-256': { keyAlgorithm: 'ECDSA', keyBits: 256 },
  'P-384': { keyAlgorithm: 'ECDSA', keyBits: 384 },
} as const;

interface Keeping {
  dialect: string;
  label: string;
  pair: ReadKeyPair;
  action: string;
}

async function keepPair(
  { store, clock, seal }: SubscriberKeysParts,
  actor: Actor,
  { dialect, label, pair, action }: Keeping,
): Promise<SubscriberKey> {
  const { accountId } = actor;
  const { pkcs8, keyAlgorithm, keyBits } = pair;
  const spki = Uint8Array.from(pair.spki);
  const spkiHash = createHash('sha256').update(spki).digest('hex');
  const checked = checkedText('label', label, LONGEST_LABEL);
  const encryptedKey = seal(pkcs8, keyContext({ accountId, spkiHash }));
  const createdAt = clock.now();
  const work = store.transact(async (unit) => {
    const known = await keyBySpki(unit, { accountId, dialect }, spkiHash);
    if (known !== null) return known;
    const id = unit.newId('subscriberKeys');
    const owned = { id, accountId, dialect, label: checked, keyAlgorithm, keyBits, spki, spkiHash };
    const key: SubscriberKey = { ...owned, encryptedKey, createdAt };
    unit.insert('subscriberKeys', key);
    const details = { dialect, label: checked, keyAlgorithm, keyBits, spkiHash };
    note(unit, actor, action, `subscriber-key:${id}`, details, createdAt);
    return key;
  });
  try {
    return await work;
  } catch (error) {
    // Two calls with one key at the same time: the first one's record is theirs both.
    const known = isTaken(error) ? await keyBySpki(store, { accountId, dialect }, spkiHash) : null;
    if (known === null) throw error;
    return known;
  }
}

/** Whether a request, a purchase or a website stands on the key. */
async function isUsed(unit: Unit, { id: keyId, accountId, spkiHash }: SubscriberKey): Promise<boolean> {
  const [request] = await unit.find('requests', { accountId, spkiHash }, { limit: 1 });
  if (request !== undefined) return true;
  const [item] = await unit.find('checkoutItems', { accountId, keyId }, { limit: 1 });
  return item !== undefined || (await userOf(unit, keyId)) !== undefined;
}

async function removeKey(unit: Unit, actor: Actor, { id, spkiHash }: SubscriberKey, now: Instant): Promise<void> {
  await unit.delete('subscriberKeys', id);
  note(unit, actor, 'subscriber-key.removed', `subscriber-key:${id}`, { spkiHash }, now);
}

/** What has the key installed. */
async function userOf(unit: Unit, keyId: number): Promise<{ name: string } | undefined> {
  const [website] = await unit.find('websites', { keyId }, { limit: 1 });
  if (website !== undefined) return website;
  const [hostname] = await unit.find('hostnames', { keyId }, { limit: 1 });
  return hostname;
}

function isTaken(error: unknown): boolean {
  return error instanceof DeskError && error.kind === 'already-exists';
}

async function ownKey(reader: Pick<Reader, 'get'>, actor: Actor, keyId: number): Promise<SubscriberKey> {
  const key = await reader.get('subscriberKeys', keyId);
  if (key === null || key.accountId !== actor.accountId) throw notFound(`Key ${keyId}`);
  return key;
}
