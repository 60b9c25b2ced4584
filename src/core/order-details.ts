import { checkFieldValues } from './custom-field-values.ts';
import type { Actor, DetailsAsk, DetailsChange } from './desk.ts';
import type { Engine } from './parts.ts';
import { DeskError, invalidValue } from './errors.ts';
import { ownOrder } from './own.ts';
import type { OrderDetails } from './records.ts';
import type { Unit } from './store.ts';

const LONGEST_ALTERNATIVE_ID = 64;

/** What an order carries where nothing is said of it, with these changes. */
export function bareDetails(changes: Partial<DetailsAsk> = {}): DetailsAsk {
  return {
    alternativeId: null,
    autoRenew: false,
    autoReissue: false,
    renewalNotices: true,
    guestAccess: false,
    customFields: [],
    contacts: [],
    emails: [],
    extra: {},
    ...changes,
  };
}

/**
 * What an order may carry, as the account allows it, with the key that keeps its alternative id unique where the
 * account wants that.
 * @throws DeskError `invalid-value`, `already-exists` for an alternative id
 */
export async function checkDetails(
  unit: Unit,
  actor: Actor,
  details: DetailsAsk,
  orderId: number,
): Promise<Omit<OrderDetails, 'id' | 'accountId'>> {
  const account = await unit.get('accounts', actor.accountId);
  if (details.guestAccess && account?.settings.guestAccess !== true) {
    throw invalidValue('guestAccess', 'Guest access is off for this account');
  }
  const { alternativeId } = details;
  if (alternativeId !== null && alternativeId.length > LONGEST_ALTERNATIVE_ID) {
    throw invalidValue('alternativeId', `An alternative order id has at most ${LONGEST_ALTERNATIVE_ID} characters`);
  }
  const unique = alternativeId !== null && account?.settings.uniqueAlternativeIds === true;
  const alternativeKey = unique ? `${actor.accountId} ${alternativeId}` : null;
  if (alternativeKey !== null) await refuseTaken(unit, alternativeKey, orderId);
  return { ...details, alternativeKey };
}

/** The values as they are kept. @throws DeskError `invalid-value` as `checkFieldValues` */
export async function checkFields(
  unit: Unit,
  accountId: number,
  values: DetailsAsk['customFields'],
): Promise<DetailsAsk['customFields']> {
  return checkFieldValues(await unit.find('customFields', { accountId }), values);
}

async function refuseTaken(unit: Unit, alternativeKey: string, orderId: number): Promise<void> {
  const [taken] = await unit.find('orderDetails', { alternativeKey });
  if (taken !== undefined && taken.id !== orderId) {
    const details = { field: 'alternativeId', value: String(taken.id) };
    throw new DeskError('already-exists', 'An order with this alternative id exists', details);
  }
}

/** Writes the values beside the details, in the place of those that were there. */
async function replaceFieldValues(unit: Unit, { id, accountId, customFields }: OrderDetails): Promise<void> {
  for (const { id: before } of await unit.find('fieldValues', { orderId: id }))
    await unit.delete('fieldValues', before);
  keepFieldValues(unit, accountId, id, customFields);
}

export function keepFieldValues(
  unit: Unit,
  accountId: number,
  orderId: number,
  values: OrderDetails['customFields'],
): void {
  for (const { fieldId, value } of values) {
    unit.insert('fieldValues', { id: unit.newId('fieldValues'), accountId, orderId, fieldId, value });
  }
}

/** So often a change begins anew that another one came before. */
const TRIES = 10;

/**
 * Changes what an order carries; a function gets what it carries now, so that nothing of others is lost.
 * @throws DeskError `not-found`, `conflict`, and as `checkDetails` for what is changed
 */
export async function changeOrder(
  engine: Engine,
  actor: Actor,
  orderId: number,
  change: DetailsChange,
): Promise<OrderDetails> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await engine.store.transact((unit) => recordChange(engine, unit, actor, orderId, change));
    } catch (error) {
      if (!(error instanceof DeskError) || error.kind !== 'conflict' || tries === TRIES) throw error;
    }
  }
}

async function recordChange(
  engine: Engine,
  unit: Unit,
  actor: Actor,
  orderId: number,
  change: DetailsChange,
): Promise<OrderDetails> {
  await ownOrder(unit, actor, orderId);
  const before = await unit.get('orderDetails', orderId);
  const bare = { ...bareDetails(), id: orderId, accountId: actor.accountId, alternativeKey: null };
  const { id, accountId, alternativeKey, ...carried } = before ?? bare;
  const asked = typeof change === 'function' ? change(carried) : change;
  const checked = await checkDetails(unit, actor, { ...carried, guestAccess: false, ...asked }, orderId);
  const changes: Partial<OrderDetails> = { ...asked };
  // What the account wanted when an id was given stays.
  if ('alternativeId' in asked) changes.alternativeKey = checked.alternativeKey;
  if (asked.customFields !== undefined) {
    changes.customFields = await checkChangedFields(unit, accountId, carried.customFields, asked.customFields);
  }
  const details = { id, accountId, alternativeKey, ...carried, ...changes };
  if (before === null) unit.insert('orderDetails', details);
  else await unit.update('orderDetails', orderId, changes, seen(before, changes));
  if (changes.customFields !== undefined) await replaceFieldValues(unit, details);
  const fields = Object.keys(asked);
  const by = `${actor.handle}/${actor.userName}`;
  const what = { accountId, action: 'order.changed', target: `order:${orderId}`, details: { fields } };
  unit.audit({ at: engine.clock.now(), actor: by, ...what });
  return details;
}

/** What the fields that are changed held. */
function seen(before: OrderDetails, changes: Partial<OrderDetails>): Partial<OrderDetails> {
  const fields = Object.keys(changes) as (keyof OrderDetails)[];
  return Object.fromEntries(fields.map((field) => [field, before[field]]));
}

/** A field that became required after the order may stay without a value. */
async function checkChangedFields(
  unit: Unit,
  accountId: number,
  before: DetailsAsk['customFields'],
  after: DetailsAsk['customFields'],
): Promise<DetailsAsk['customFields']> {
  const known = new Set(before.map(({ fieldId }) => fieldId));
  const fields = await unit.find('customFields', { accountId });
  return checkFieldValues(
    fields.map((field) => ({ ...field, required: field.required && known.has(field.id) })),
    after,
  );
}
