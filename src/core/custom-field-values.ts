import { DeskError } from './errors.ts';
import { isEmail } from './registry/checked.ts';
import type { CustomField, OrderDetails } from './records.ts';

type Values = OrderDetails['customFields'];

const LONGEST = 4_096;

const FITS: Readonly<Record<CustomField['dataType'], { test(value: string): boolean; wanted: string }>> = {
  any: { test: () => true, wanted: 'anything' },
  text: { test: (value) => !/[\p{Cc}--[\n\r\t]]/v.test(value), wanted: 'text' },
  int: { test: (value) => /^[+-]?\d{1,18}$/.test(value), wanted: 'a whole number' },
  email: { test: isEmail, wanted: 'an e-mail address' },
  'email-list': { test: isEmailList, wanted: 'e-mail addresses, separated by commas' },
};

/**
 * Checks what an order says in an account's fields: every active field that is required has a value, and every value
 * fits its field. A value of a field that is not active any more may stay as it is.
 * @throws DeskError `invalid-value` that names the field's label, with its id in `value`
 */
export function checkFieldValues(fields: readonly CustomField[], values: Values): Values {
  const byId = new Map(fields.filter((field) => field.state !== 'deleted').map((field) => [field.id, field]));
  const seen = new Set<number>();
  for (const { fieldId, value } of values) {
    const field = byId.get(fieldId);
    if (field === undefined) throw refused('customFields', 'The account has no such field', fieldId);
    if (seen.has(fieldId)) throw refused(field.label, 'has more than one value', fieldId);
    seen.add(fieldId);
    const { test, wanted } = FITS[field.dataType];
    if (value.length > LONGEST) throw refused(field.label, `has at most ${LONGEST} characters`, fieldId);
    if (value !== '' && !test(value)) throw refused(field.label, `must be ${wanted}`, fieldId);
  }
  const given = new Set(values.filter(({ value }) => value.trim() !== '').map(({ fieldId }) => fieldId));
  const missing = fields.find((field) => field.state === 'active' && field.required && !given.has(field.id));
  if (missing !== undefined) throw refused(missing.label, 'needs a value', missing.id);
  return values.filter(({ value }) => value !== '');
}

function isEmailList(value: string): boolean {
  const addresses = value.split(/[,;\s]+/).filter((address) => address !== '');
  return addresses.length > 0 && addresses.every(isEmail);
}

function refused(field: string, message: string, fieldId: number): DeskError {
  const violation = { field, message, value: String(fieldId) };
  return new DeskError('invalid-value', `${field}: ${message}`, { ...violation, violations: [violation] });
}
