import { invalidParameter } from './errors.ts';
import type { Query } from './endpoint.ts';

/** How a filter compares. */
export type Comparison = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte';

/** One filter as it stood in the URL: `filters[status]=issued`, `filters[valid_till]=>2024-01-01`. */
export interface Condition {
  /** `filters[valid_till]`, for messages. */
  parameter: string;
  property: string;
  op: Comparison;
  /** Several where any of them will do. */
  values: string[];
}

export interface ListAsk {
  limit: number;
  offset: number;
  sort: { property: string; descending: boolean }[];
  conditions: Condition[];
}

export const MOST_PER_PAGE = 1_000;
const HIGHEST_OFFSET = 1_000_000_000;
const MOST_CONDITIONS = 50;
const LONGEST_VALUE = 300;

/** Query parameters of every list, for the documentation. */
export const LIST_PARAMETERS: Readonly<Record<string, string>> = {
  'filters[property]':
    'Shows what has this value; with a leading `>`, `>=`, `<`, `<=` or `!` it compares, `a...b` is a range',
  sort: 'Properties to sort by, comma between, descending with a leading -',
  offset: 'How many to skip, by default 0',
  limit: `How many to show, at most and by default ${MOST_PER_PAGE}`,
};

/**
 * Reads paging, sorting and filters.
 * @throws VendorError `invalid_value:…`
 */
export function readListQuery(query: Query): ListAsk {
  return {
    limit: readNumber(query, 'limit', MOST_PER_PAGE, MOST_PER_PAGE) || MOST_PER_PAGE,
    offset: readNumber(query, 'offset', HIGHEST_OFFSET, 0),
    sort: (readOne(query, 'sort') ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map(readSort),
    conditions: readConditions(query),
  };
}

/** `page` of a list. */
export function pageOf(ask: Pick<ListAsk, 'limit' | 'offset'>, total: number) {
  return { total, limit: ask.limit, offset: ask.offset };
}

/** The last value of a parameter; undefined where it is empty or not there. */
export function readOne(query: Query, name: string): string | undefined {
  const value = query[name];
  const text = Array.isArray(value) ? value.at(-1) : value;
  return text === undefined || text.trim() === '' ? undefined : text.trim();
}

/** `true`, `True` and `1`, or `false`, `False` and `0`. @throws VendorError `invalid_value:…` */
export function readFlag(query: Query, name: string): boolean {
  const text = readOne(query, name);
  if (text === undefined || /^(false|0)$/i.test(text)) return false;
  if (/^(true|1)$/i.test(text)) return true;
  throw invalidParameter(name, 'It must be true or false');
}

/** An id in the query; zero and nothing are undefined. @throws VendorError `invalid_value:…` */
export function readId(query: Query, name: string): number | undefined {
  return readNumber(query, name, Number.MAX_SAFE_INTEGER, 0) || undefined;
}

/** A whole number from 0; what is above `most` counts as `most`. @throws VendorError `invalid_value:…` */
export function readNumber(query: Query, name: string, most: number, otherwise: number): number {
  const text = readOne(query, name);
  if (text === undefined) return otherwise;
  if (!/^\d{1,16}$/.test(text)) throw invalidParameter(name, 'It must be a whole number');
  return Math.min(Number(text), most);
}

function readSort(text: string): ListAsk['sort'][number] {
  return text.startsWith('-')
    ? { property: text.slice(1), descending: true }
    : { property: text.replace(/^\+/, ''), descending: false };
}

const FILTER = /^filters\[([a-z0-9_.]{1,60})\](?:\[\d{0,4}\])?$/i;

function readConditions(query: Query): Condition[] {
  const told = new Map<string, string[]>();
  for (const [parameter, value] of Object.entries(query)) {
    const property = FILTER.exec(parameter)?.[1];
    if (property === undefined || value === undefined) continue;
    const values = (Array.isArray(value) ? value : [value]).map((one) => one.trim()).filter((one) => one !== '');
    told.set(property, [...(told.get(property) ?? []), ...values]);
  }
  const conditions = [...told].flatMap(([property, values]) => readCondition(`filters[${property}]`, property, values));
  if (conditions.length > MOST_CONDITIONS)
    throw invalidParameter('filters', `A list takes at most ${MOST_CONDITIONS} filters`);
  return conditions;
}

const SIGNS: readonly (readonly [string, Comparison])[] = [
  ['>=', 'gte'],
  ['<=', 'lte'],
  ['>', 'gt'],
  ['<', 'lt'],
  ['!', 'ne'],
];

function readCondition(parameter: string, property: string, values: string[]): Condition[] {
  const [first] = values;
  if (first === undefined) return [];
  if (values.some((value) => value.length > LONGEST_VALUE)) throw invalidParameter(parameter, 'It is too long');
  if (values.length > 1) return [{ parameter, property, op: 'eq', values }];
  const range = /^(.*?)\.\.\.(.*)$/.exec(first);
  if (range !== null) {
    const [, from = '', to = ''] = range;
    return [
      ...(from === '' ? [] : [{ parameter, property, op: 'gte' as const, values: [from.trim()] }]),
      ...(to === '' ? [] : [{ parameter, property, op: 'lte' as const, values: [to.trim()] }]),
    ];
  }
  const [sign, op] = SIGNS.find(([text]) => first.startsWith(text)) ?? ['', 'eq' as const];
  return [{ parameter, property, op, values: [first.slice(sign.length).trim()] }];
}
