import { DeskError, invalidValue } from '../../core/errors.ts';
import type { Filter, Operator } from '../../core/store.ts';
import type { Condition, Matcher } from './list-query.ts';
import { parseTimestamp } from './timestamps.ts';

/** Groups of filters: of each group one must hold. A group without filters never holds. */
export type Groups<R> = Filter<R>[][];

/** A field of the vendor's lists: what it means in our records, and by which column it is sorted. */
export interface ListField<R> {
  /** Null where it cannot be sorted by. */
  sort: (keyof R & string) | null;
  filter(condition: Condition): Groups<R> | Promise<Groups<R>>;
}

const OPERATORS: Readonly<Record<Matcher, Operator>> = {
  eq: 'eq',
  ne: 'ne',
  not_like: 'not-like',
  gt: 'gt',
  lt: 'lt',
  lte: 'lte',
  gte: 'gte',
  null: 'null',
  not_null: 'not-null',
  like: 'like',
  in: 'in',
  not_in: 'not-in',
};

export function always<R>(): Groups<R> {
  return [];
}

export function never<R>(): Groups<R> {
  return [[]];
}

/** A text column. */
export function textField<R>(column: keyof R & string): ListField<R> {
  return { sort: column, filter: (condition) => [[filterOn(column, condition, (value) => value)]] };
}

/** A list of texts; a condition holds where an entry meets it. */
export function entriesField<R>(column: keyof R & string): ListField<R> {
  return { ...textField(column), sort: null };
}

/** A whole number. */
export function numberField<R>(column: keyof R & string): ListField<R> {
  return {
    sort: column,
    filter: (condition) => [[filterOn(column, comparable(condition), (value) => toNumber(value, condition))]],
  };
}

/** A moment. */
export function dateField<R>(column: keyof R & string): ListField<R> {
  return {
    sort: column,
    filter: (condition) => [[filterOn(column, comparable(condition), (value) => toInstant(value, condition))]],
  };
}

/** A field that is the same for every record. */
export function constantField<R>(value: string | null): ListField<R> {
  return { sort: null, filter: (condition) => (matches(value, condition) ? always() : never()) };
}

/** A field whose values are all known and stand for values of a column; sorted by the column. */
export function choiceField<R>(
  column: keyof R & string,
  table: readonly (readonly [vendor: string, core: string])[],
): ListField<R> {
  return {
    sort: column,
    filter: (condition) => {
      const fits = ([vendor]: readonly [string, string]): boolean => matches(vendor, condition);
      if (table.every(fits)) return always();
      // A value outside the table, such as a product that is no longer offered, is never excluded by name.
      const excluded = isNegative(condition.matcher);
      const named = table.filter((row) => fits(row) !== excluded).map(([, core]) => core);
      return named.length === 0 ? never() : [[{ field: column, op: excluded ? 'not-in' : 'in', value: named }]];
    },
  };
}

export function isNegative(matcher: Matcher): boolean {
  return matcher === 'ne' || matcher === 'not_in' || matcher === 'not_like';
}

function filterOn<R>(column: keyof R & string, condition: Condition, convert: (value: string) => unknown): Filter<R> {
  const { matcher, values } = condition;
  const op = OPERATORS[matcher];
  if (matcher === 'null' || matcher === 'not_null') return { field: column, op };
  const converted = values.map(convert);
  return { field: column, op, value: matcher === 'in' || matcher === 'not_in' ? converted : converted[0] };
}

function comparable(condition: Condition): Condition {
  if (condition.matcher !== 'like' && condition.matcher !== 'not_like') return condition;
  throw invalidValue(condition.parameter, `Matcher ${condition.matcher} cannot be used with this field`);
}

function toNumber(value: string, { parameter }: Condition): number {
  const number = Number(value);
  if (!/^-?\d{1,16}$/.test(value) || !Number.isSafeInteger(number))
    throw invalidValue(parameter, 'must be a whole number', value);
  return number;
}

function toInstant(value: string, { parameter }: Condition): number {
  const instant = parseTimestamp(value);
  if (instant === null) throw invalidValue(parameter, "must be a date as yyyy-MM-dd'T'HH:mm:ssZ", value);
  return instant;
}

/** Whether a value meets a condition, for what is not looked up in the database. Text compares as text. */
export function matches(value: string | number | null, condition: Condition): boolean {
  const { matcher, values } = condition;
  if (matcher === 'null') return value === null;
  if (matcher === 'not_null') return value !== null;
  if (value === null) return false;
  const [first = ''] = values;
  switch (matcher) {
    case 'eq':
      return String(value) === first;
    case 'ne':
      return String(value) !== first;
    case 'in':
      return values.includes(String(value));
    case 'not_in':
      return !values.includes(String(value));
    case 'like':
      return isLike(String(value), first);
    case 'not_like':
      return !isLike(String(value), first);
    case 'gt':
      return compare(value, first) > 0;
    case 'gte':
      return compare(value, first) >= 0;
    case 'lt':
      return compare(value, first) < 0;
    case 'lte':
      return compare(value, first) <= 0;
  }
}

function compare(value: string | number, other: string): number {
  if (typeof value === 'number') return value - Number(other);
  return value < other ? -1 : Number(value > other);
}

/** `%` stands for any run of characters; case does not count. Walks the pieces in order, so its time is bounded. */
function isLike(value: string, pattern: string): boolean {
  const text = value.toLowerCase();
  const pieces = pattern.toLowerCase().split('%');
  const [first = '', ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const piece of rest) {
    const at = text.indexOf(piece, from);
    if (at < 0) return false;
    from = at + piece.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}

/** @throws DeskError `unknown-property` for a filter or an order by what is no field: ignored, it would show too much. */
export function fieldOf<R>(
  fields: Readonly<Record<string, ListField<R>>>,
  name: string,
  parameter: string,
): ListField<R> {
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field === undefined) {
    throw new DeskError('unknown-property', `There is no field "${name.slice(0, 40)}" in this list`, {
      field: parameter.slice(0, 100),
    });
  }
  return field;
}
