import { BadRequest } from './errors.ts';
import type { Call, Query } from './endpoint.ts';

const MOST = 100;

/** Query parameters of a list that is paged. */
export const PAGED = {
  limit: 'How many results at most, 0 to 100 (default 100). More than 100 counts as 100.',
  offset: 'How many results to pass over (default 0).',
} as const;

export interface Page {
  limit: number;
  offset: number;
}

/**
 * Limit and offset of a call. A limit above 100, which known clients send, counts as 100.
 * @throws BadRequest for what is no whole number, and for a parameter that stands there twice
 */
export function pageOf(query: Query): Page {
  return { limit: Math.min(wholeNumber(query, 'limit', MOST), MOST), offset: wholeNumber(query, 'offset', 0) };
}

function wholeNumber(query: Query, field: 'limit' | 'offset', fallback: number): number {
  const text = query[field];
  if (text === undefined || text === '') return fallback;
  if (typeof text === 'string' && /^\d{1,9}$/.test(text)) return Number(text);
  const message = `${field} must be a whole number, 0 or more`;
  throw new BadRequest([{ resource: 'Request', field, type: 'invalid_value', code: 'invalid', message }]);
}

/** A page with absolute links to its neighbours, which clients follow as they stand. */
export function pageAnswer<Result>(
  call: Pick<Call, 'origin' | 'query'>,
  path: string,
  { limit, offset }: Page,
  { count, results }: { count: number; results: Result[] },
) {
  const link = (at: number): string => {
    const parameters = new URLSearchParams({ limit: String(limit), offset: String(at) });
    const account = call.query['account_id'];
    if (typeof account === 'string') parameters.set('account_id', account);
    return `${call.origin}${path}?${parameters.toString()}`;
  };
  return {
    previous: offset > 0 ? link(Math.max(0, offset - limit)) : null,
    next: limit > 0 && offset + limit < count ? link(offset + limit) : null,
    count,
    results,
  };
}
