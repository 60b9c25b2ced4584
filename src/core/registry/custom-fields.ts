import type { Actor } from '../desk.ts';
import type { Engine } from '../parts.ts';
import { notFound } from '../errors.ts';
import type { CustomField } from '../records.ts';
import type { Reader } from '../store.ts';
import { checkedText } from './checked.ts';
import { note } from './note.ts';

type FieldAsk = Pick<CustomField, 'label' | 'required' | 'dataType'>;

/** @throws DeskError `invalid-value` */
export async function createField(engine: Engine, actor: Actor, ask: FieldAsk): Promise<CustomField> {
  const label = checkedText('label', ask.label, 100);
  const { required, dataType } = ask;
  const now = engine.clock.now();
  return engine.store.transact(async (unit) => {
    const id = unit.newId('customFields');
    const { accountId } = actor;
    const field: CustomField = { id, accountId, label, required, state: 'active', dataType, createdAt: now };
    unit.insert('customFields', field);
    note(unit, actor, 'field.created', `field:${id}`, { label, required, dataType }, now);
    return field;
  });
}

/** What orders hold already stays as it is. @throws DeskError `not-found`, also for a deleted one; `invalid-value` */
export async function changeField(
  engine: Engine,
  actor: Actor,
  fieldId: number,
  changes: Partial<FieldAsk & Pick<CustomField, 'state'>>,
): Promise<CustomField> {
  return engine.store.transact(async (unit) => {
    const before = await ownField(unit, actor, fieldId);
    const { required = before.required, state = before.state, dataType = before.dataType } = changes;
    const label = checkedText('label', changes.label ?? before.label, 100);
    const written = { label, required, state, dataType };
    // One that was deleted in the meantime stays deleted.
    await unit.update('customFields', fieldId, written, { state: before.state });
    note(unit, actor, 'field.changed', `field:${fieldId}`, { ...changes }, engine.clock.now());
    return { ...before, ...written };
  });
}

async function ownField(reader: Reader, actor: Actor, fieldId: number): Promise<CustomField> {
  const field = await reader.get('customFields', fieldId);
  if (field === null || field.accountId !== actor.accountId || field.state === 'deleted') {
    throw notFound(`Field ${fieldId}`);
  }
  return field;
}
