import { invalidValue } from '../../core/errors.ts';
import type { Query } from './endpoint.ts';
import { tidyText } from './read-body.ts';

/** Query parameters: read once, tidied, and refused by name where they make no sense. */

const LONGEST_VALUE = 2_000;
const MOST_VALUES = 1_000;

/** All values of a parameter, in the URL's order. @throws DeskError `invalid-value` */
export function readAll(query: Query, name: string): string[] {
  const value = query[name];
  const values = value === undefined ? [] : Array.isArray(value) ? value : [value];
  if (values.length > MOST_VALUES) throw invalidValue(name, `must not be given more than ${MOST_VALUES} times`);
  return values.map((text) => {
    if (text.length > LONGEST_VALUE * 16) throw invalidValue(name, `size must be between 0 and ${LONGEST_VALUE * 16}`);
    return tidyText(text, name);
  });
}

/** The first value of a parameter; undefined where it is absent or empty. @throws DeskError `invalid-value` */
export function readOne(query: Query, name: string): string | undefined {
  const [value] = readAll(query, name);
  return value === undefined || value === '' ? undefined : value;
}

/** `true`, `1`, or `false`, `0`. @throws DeskError `invalid-value` */
export function readFlag(query: Query, name: string, otherwise: boolean): boolean {
  const value = readOne(query, name)?.toLowerCase();
  if (value === undefined) return otherwise;
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw invalidValue(name, 'must be true or false', value);
}

/** A whole number between the limits. @throws DeskError `invalid-value` */
export function readNumber(
  query: Query,
  name: string,
  limits: { min: number; max: number; otherwise: number },
): number {
  const value = readOne(query, name);
  if (value === undefined) return limits.otherwise;
  const number = Number(value);
  if (!/^-?\d{1,15}$/.test(value) || number < limits.min || number > limits.max) {
    throw invalidValue(name, `must be between ${limits.min} and ${limits.max}`, value);
  }
  return number;
}

/** Names of the members wanted, as a comma list, a repeated parameter or both; null where all are. */
export function readFields(query: Query): ReadonlySet<string> | null {
  const names = readAll(query, 'fields').flatMap((text) => text.split(',').map((name) => name.trim()));
  const wanted = names.filter((name) => name !== '');
  return wanted.length === 0 ? null : new Set(wanted);
}

/** The members wanted, the identifying one always among them, in the order in which they stand. */
export function pick(entity: object, wanted: ReadonlySet<string> | null, identifier: string): object {
  if (wanted === null) return entity;
  return Object.fromEntries(Object.entries(entity).filter(([name]) => name === identifier || wanted.has(name)));
}
