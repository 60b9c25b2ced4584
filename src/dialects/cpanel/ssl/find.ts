import type { KeptFile, SubscriberKey } from '../../../core/records.ts';
import type { ListQuery } from '../../../core/store.ts';
import { type Call, CallFailure } from '../call.ts';
import { missing } from '../parameters.ts';
import { DIALECT } from '../world.ts';
import { hashInId, keyIdOf } from './ids.ts';
import { keyNumbers } from './key-numbers.ts';
import { idOf } from './files.ts';

/** Keys, requests and certificates by `id` or `friendly_name`, of the caller's account alone. */

/** @throws CallFailure */
export async function askedKey(call: Call): Promise<SubscriberKey> {
  return pick(call, 'private key', {
    byId: (id) => keyById(call, id),
    byLabel: (label) => keysByLabel(call, label),
  });
}

/** @throws CallFailure */
export async function askedFile(call: Call, type: KeptFile['type']): Promise<KeptFile> {
  return pick(call, type === 'csr' ? 'certificate signing request' : 'certificate', {
    byId: (id) => fileById(call, type, id),
    byLabel: (label) => {
      const { accountId } = call.actor;
      return call.world.store.find('keptFiles', { accountId, dialect: DIALECT, type, label }, { limit: 2 });
    },
  });
}

interface Ways<R> {
  byId(id: string): Promise<R | null>;
  byLabel(label: string): Promise<R[]>;
}

/** Both may be given where they name the same. */
async function pick<R extends { id: number; label: string }>(call: Call, what: string, ways: Ways<R>): Promise<R> {
  const id = call.parameters.optional('id');
  const label = call.parameters.optional('friendly_name');
  if (id === undefined && label === undefined) {
    throw new CallFailure('You must provide either the “id” or the “friendly_name” argument.');
  }
  if (id === undefined) {
    const [found, second] = await ways.byLabel(label as string);
    if (found === undefined) throw new CallFailure(`There is no ${what} with the friendly name “${brief(label)}”.`);
    if (second === undefined) return found;
    throw new CallFailure(
      `There is more than one ${what} with the friendly name “${brief(label)}”. Provide the “id” argument.`,
    );
  }
  const found = await ways.byId(id);
  if (found === null) throw new CallFailure(`There is no ${what} with the ID “${brief(id)}”.`);
  if (label === undefined || found.label === label) return found;
  throw new CallFailure(`The “id” and “friendly_name” arguments do not refer to the same ${what}.`);
}

/** By the id of the API; null where the account has none such. */
export async function keyById(
  { actor, world }: Pick<Call, 'actor' | 'world'>,
  id: string,
): Promise<SubscriberKey | null> {
  const hash = hashInId(id);
  if (hash === null) return null;
  const { records } = await world.store.list('subscriberKeys', {
    accountId: actor.accountId,
    filters: [
      { field: 'dialect', op: 'eq', value: DIALECT },
      { field: 'spkiHash', op: 'gte', value: hash },
      { field: 'spkiHash', op: 'lt', value: `${hash}g` },
    ],
    ...FEW,
  });
  return records.find((key) => keyIdOf(key, keyNumbers(key.spki)) === id) ?? null;
}

/** The key of an argument that names it. @throws CallFailure */
export async function requiredKey(call: Call, argument: string): Promise<SubscriberKey> {
  const id = call.parameters.optional(argument);
  if (id === undefined) throw missing(argument);
  const key = await keyById(call, id);
  if (key === null) throw new CallFailure(`There is no private key with the ID “${brief(id)}”.`);
  return key;
}

async function fileById({ actor, world }: Call, type: KeptFile['type'], id: string): Promise<KeptFile | null> {
  const hash = hashInId(id)?.toUpperCase();
  if (hash === undefined) return null;
  const { records } = await world.store.list('keptFiles', {
    accountId: actor.accountId,
    filters: [
      { field: 'dialect', op: 'eq', value: DIALECT },
      { field: 'type', op: 'eq', value: type },
      { field: 'fingerprint', op: 'gte', value: hash },
      { field: 'fingerprint', op: 'lt', value: `${hash}G` },
    ],
    ...FEW,
  });
  return records.find((file) => idOf(world, file) === id) ?? null;
}

function keysByLabel({ actor, world }: Call, label: string): Promise<SubscriberKey[]> {
  const { accountId } = actor;
  return world.store.find('subscriberKeys', { accountId, dialect: DIALECT, label }, { limit: 2 });
}

/** As much of what was sent as an answer repeats. */
function brief(text = ''): string {
  return text.length > 255 ? `${text.slice(0, 255)}…` : text;
}

/** Two records whose hashes begin alike would take 2^64 tries. */
const FEW = { order: [], limit: 5, offset: 0, count: false } satisfies Partial<ListQuery<never>>;
