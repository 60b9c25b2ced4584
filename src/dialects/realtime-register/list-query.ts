import { DeskError, invalidValue } from '../../core/errors.ts';
import type { Query } from './endpoint.ts';
import { readAll, readFields, readFlag, readNumber, readOne } from './query.ts';

export const MATCHERS = [
  'eq',
  'ne',
  'not_like',
  'gt',
  'lt',
  'lte',
  'gte',
  'null',
  'not_null',
  'like',
  'in',
  'not_in',
] as const;
export type Matcher = (typeof MATCHERS)[number];

/** One filter as it stood in the URL. */
export interface Condition {
  /** `status:in`, for messages. */
  parameter: string;
  field: string;
  matcher: Matcher;
  /** One value; several for `in` and `not_in`; none for `null` and `not_null`. */
  values: string[];
}

export interface ListAsk {
  limit: number;
  offset: number;
  order: { field: string; descending: boolean }[];
  /** Whether the number of all matches is wanted. */
  total: boolean;
  search: string | undefined;
  fields: ReadonlySet<string> | null;
  /** Everything at once, by default only what identifies it. */
  export: boolean;
  conditions: Condition[];
}

const DEFAULT_LIMIT = 10;
const HIGHEST_LIMIT = 1_000;
const HIGHEST_OFFSET = 1_000_000_000;
const MOST_CONDITIONS = 50;
const LONGEST_SEARCH = 255;
const PARAMETERS = new Set(['limit', 'offset', 'order', 'total', 'q', 'fields', 'export']);

/** Query parameters of every list, for the documentation. */
export const LIST_PARAMETERS: Readonly<Record<string, string>> = {
  limit: `Number of entities, 0 to ${HIGHEST_LIMIT}, by default ${DEFAULT_LIMIT}; 0 only counts`,
  offset: 'Number of entities to skip',
  order: 'Field to sort by, descending with a leading -; may be repeated',
  total: 'Whether to count all matches, by default true',
  q: 'Text to search for',
  fields: 'Members wanted, as a comma list or repeated',
  export: 'If true, every match; not together with limit and offset',
};

/**
 * Reads the parameters of a list: the common ones, and `field=value` or `field:matcher=value` for each filter.
 * @throws DeskError `invalid-value`, `unknown-property` for a matcher that does not exist
 */
export function readListQuery(query: Query): ListAsk {
  const isExport = readFlag(query, 'export', false);
  for (const name of ['limit', 'offset']) {
    if (isExport && readOne(query, name) !== undefined) throw invalidValue(name, 'cannot be used together with export');
  }
  const search = readOne(query, 'q');
  if (search !== undefined && search.length > LONGEST_SEARCH)
    throw invalidValue('q', `size must be between 0 and ${LONGEST_SEARCH}`);
  return {
    limit: readNumber(query, 'limit', { min: 0, max: HIGHEST_LIMIT, otherwise: DEFAULT_LIMIT }),
    offset: readNumber(query, 'offset', { min: 0, max: HIGHEST_OFFSET, otherwise: 0 }),
    order: readAll(query, 'order')
      .filter((text) => text !== '')
      .map(readOrder),
    total: readFlag(query, 'total', true),
    search,
    fields: readFields(query),
    export: isExport,
    conditions: readConditions(query),
  };
}

function readOrder(text: string): { field: string; descending: boolean } {
  return text.startsWith('-') ? { field: text.slice(1), descending: true } : { field: text, descending: false };
}

function readConditions(query: Query): Condition[] {
  const conditions = Object.keys(query)
    .filter((parameter) => !PARAMETERS.has(parameter))
    .flatMap((parameter) => readAll(query, parameter).map((value) => readCondition(parameter, value)));
  if (conditions.length > MOST_CONDITIONS) {
    throw new DeskError('malformed-message', `A list takes at most ${MOST_CONDITIONS} filters`);
  }
  return conditions;
}

function readCondition(parameter: string, value: string): Condition {
  const colon = parameter.indexOf(':');
  const field = colon < 0 ? parameter : parameter.slice(0, colon);
  const matcher = colon < 0 ? 'eq' : parameter.slice(colon + 1);
  if (!isMatcher(matcher)) {
    const message = `There is no matcher "${matcher.slice(0, 20)}"; use one of ${MATCHERS.join(', ')}`;
    throw new DeskError('unknown-property', message, { field: parameter.slice(0, 100) });
  }
  return { parameter, field, matcher, values: valuesOf(matcher, value) };
}

function isMatcher(text: string): text is Matcher {
  return (MATCHERS as readonly string[]).includes(text);
}

function valuesOf(matcher: Matcher, value: string): string[] {
  if (matcher === 'null' || matcher === 'not_null') return [];
  if (matcher !== 'in' && matcher !== 'not_in') return [value];
  return value.split(',').map((item) => item.trim());
}
