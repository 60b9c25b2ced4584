import type { Filter, ListQuery, Operator } from '../../core/store.ts';
import { invalidParameter } from './errors.ts';
import type { Condition, ListAsk } from './list-query.ts';
import { spanOf } from './times.ts';

/** Groups of filters: of each group one must hold. A group without filters never holds. */
export type Groups<R> = Filter<R>[][];

/** A property of the vendor's lists: what it means in our records, and by which column it is sorted. */
export interface ListField<R> {
  /** Null where it cannot be sorted by. */
  sort: (keyof R & string) | null;
  filter(condition: Condition): Groups<R> | Promise<Groups<R>>;
}

export type ListFields<R> = Readonly<Record<string, ListField<R>>>;

export function never<R>(): Groups<R> {
  return [[]];
}

/** A text column, or a list of texts of which one must meet the condition. */
export function textField<R>(column: keyof R & string): ListField<R> {
  return { sort: column, filter: (condition) => [[filterOn(column, condition, (value) => value)]] };
}

/** A whole number. */
export function numberField<R>(column: keyof R & string): ListField<R> {
  return { sort: column, filter: (condition) => [[filterOn(column, condition, (value) => wholeOf(condition, value))]] };
}

/** 1 and 0, true and false. */
export function flagField<R>(column: keyof R & string): ListField<R> {
  return { sort: null, filter: (condition) => [[filterOn(column, condition, (value) => flagOf(condition, value))]] };
}

/** A moment: a text that names a day means all of it. */
export function dateField<R>(column: keyof R & string): ListField<R> {
  return { sort: column, filter: (condition) => dateGroups(column, condition) };
}

/** A field whose values are all known and stand for values of a column. */
export function choiceField<R>(
  column: keyof R & string,
  table: readonly (readonly [vendor: string, core: string])[],
): ListField<R> {
  return {
    sort: column,
    filter: (condition) => {
      if (condition.op !== 'eq' && condition.op !== 'ne') throw invalidParameter(condition.parameter);
      const wanted = condition.values.map((value) => value.toLowerCase());
      const cores = table.filter(([vendor]) => wanted.includes(vendor)).map(([, core]) => core);
      const op = condition.op === 'eq' ? 'in' : 'not-in';
      if (cores.length === 0) return op === 'in' ? never() : [];
      return [[{ field: column, op, value: cores }]];
    },
  };
}

export function wholeOf({ parameter }: Pick<Condition, 'parameter'>, value: string): number {
  if (!/^-?\d{1,15}$/.test(value)) throw invalidParameter(parameter, 'It must be a whole number');
  return Number(value);
}

export function flagOf({ parameter }: Pick<Condition, 'parameter'>, value: string): boolean {
  if (!/^(0|1|true|false)$/i.test(value)) throw invalidParameter(parameter, 'It must be 1 or 0');
  return /^(1|true)$/i.test(value);
}

function filterOn<R>(column: keyof R & string, condition: Condition, convert: (value: string) => unknown): Filter<R> {
  const values = condition.values.map(convert);
  if (values.length === 1) return { field: column, op: condition.op, value: values[0] };
  return { field: column, op: condition.op === 'ne' ? 'not-in' : 'in', value: values };
}

function dateGroups<R>(field: keyof R & string, { parameter, op, values }: Condition): Groups<R> {
  const span = spanOf(values[0] ?? '');
  if (span === null || values.length > 1) throw invalidParameter(parameter, 'It must be a date');
  const { from, to } = span;
  const when = (operator: Operator, value: number): Filter<R> => ({ field, op: operator, value });
  switch (op) {
    case 'eq':
      return [[when('gte', from)], [when('lte', to)]];
    case 'ne':
      return [[when('lt', from), when('gt', to)]];
    case 'gt':
      return [[when('gt', to)]];
    case 'gte':
      return [[when('gte', from)]];
    case 'lt':
      return [[when('lt', from)]];
    case 'lte':
      return [[when('lte', to)]];
  }
}

/**
 * What a list asks of the store: its filters over `fields`, sorted as asked and by id.
 * @throws VendorError `invalid_value:…` for a property that the list does not know: ignored, it would show too much
 */
export async function toListQuery<R extends { id: number }>(
  accountId: number,
  fields: ListFields<R>,
  ask: ListAsk,
  fixed: readonly Filter<R>[] = [],
): Promise<ListQuery<R>> {
  const filters = [...fixed];
  const anyOf: Filter<R>[][] = [];
  for (const condition of ask.conditions) {
    for (const group of await fieldOf(fields, condition.property, condition.parameter).filter(condition)) {
      const [only] = group;
      if (only === undefined) filters.push({ field: 'id', op: 'in', value: [] });
      else if (group.length === 1) filters.push(only);
      else anyOf.push(group);
    }
  }
  const { limit, offset } = ask;
  return { accountId, filters, anyOf, order: orderOf(fields, ask), limit, offset, count: true };
}

function orderOf<R extends { id: number }>(fields: ListFields<R>, { sort }: ListAsk): ListQuery<R>['order'] {
  const order = sort.map(({ property, descending }) => {
    const column = fieldOf(fields, property, 'sort').sort;
    if (column === null) throw invalidParameter('sort', `${property} cannot be sorted by`);
    return { field: column, descending };
  });
  return order.some(({ field }) => field === 'id') ? order : [...order, { field: 'id', descending: false }];
}

function fieldOf<R>(fields: ListFields<R>, property: string, parameter: string): ListField<R> {
  const field = Object.hasOwn(fields, property) ? fields[property] : undefined;
  if (field === undefined) throw invalidParameter(parameter, `There is no property ${property.slice(0, 40)} here`);
  return field;
}
