import { type Call, CallFailure } from '../call.ts';
import { DIALECT } from '../world.ts';

/** How many of the same name are told apart. */
const MOST_ALIKE = 1_000;

type Kind = 'key' | 'csr' | 'certificate';
type Owner = Pick<Call, 'actor' | 'world'>;

/**
 * The `friendly_name` of a new record: as given, which must be free, or else `fallback`, with a number behind it where
 * that is taken. They are free for each kind of record.
 * @throws CallFailure
 */
export async function newLabel(call: Call, kind: Kind, fallback: string): Promise<string> {
  const given = call.parameters.optional('friendly_name');
  if (given !== undefined) {
    await refuseTaken(call, kind, given);
    return given;
  }
  return freeLabel(call, kind, fallback);
}

/** The name, with a number behind it where it is taken. @throws CallFailure */
export async function freeLabel(owner: Owner, kind: Kind, wanted: string): Promise<string> {
  for (let number = 1; number < MOST_ALIKE; number++) {
    const label = number === 1 ? wanted : `${wanted} (${number})`;
    if (!(await isTaken(owner, kind, label))) return label;
  }
  throw new CallFailure(`There are too many items with the friendly name “${wanted}”.`);
}

/** The name that a record is to have from now on. @throws CallFailure */
export async function changedLabel(call: Call, kind: Kind, present: string): Promise<string> {
  const wanted = call.parameters.required('new_friendly_name');
  if (wanted !== present) await refuseTaken(call, kind, wanted);
  return wanted;
}

async function refuseTaken(call: Call, kind: Kind, label: string): Promise<void> {
  if (await isTaken(call, kind, label)) throw new CallFailure(`The friendly name “${label}” is already in use.`);
}

async function isTaken({ actor: { accountId }, world: { store } }: Owner, kind: Kind, label: string): Promise<boolean> {
  const where = { accountId, dialect: DIALECT, label };
  const found =
    kind === 'key'
      ? await store.find('subscriberKeys', where, { limit: 1 })
      : await store.find('keptFiles', { ...where, type: kind }, { limit: 1 });
  return found.length > 0;
}
