import type { Filter, ListQuery } from '../../src/core/store.ts';

/** Lists by plain filtering in memory: what the store must answer. */

type Scalar = string | number | null;

const SEARCHED = ['product', 'commonName', 'names', 'organization', 'department', 'locality', 'serial', 'fingerprint'];

export function listOf<R extends { id: number; accountId: number }>(
  records: readonly R[],
  asked: ListQuery<R>,
): { ids: number[]; total: number } {
  const { accountId, filters, anyOf = [], search = '', order, limit, offset } = asked;
  const found = records.filter(
    (record) =>
      (accountId === null || record.accountId === accountId) &&
      filters.every((filter) => meets(record, filter)) &&
      anyOf.every((group) => group.some((filter) => meets(record, filter))) &&
      (search === '' || isFound(record, search)),
  );
  const last = order.at(-1)?.descending === true ? -1 : 1;
  found.sort((one, other) => {
    for (const { field, descending } of order) {
      const difference = compare(one[field] as Scalar, other[field] as Scalar);
      if (difference !== 0) return descending ? -difference : difference;
    }
    return last * (one.id - other.id);
  });
  return { ids: found.slice(offset, offset + limit).map(({ id }) => id), total: found.length };
}

const OPPOSITES: Readonly<Record<string, string>> = {
  ne: 'eq',
  'not-in': 'in',
  'not-like': 'like',
  'not-null': 'null',
};

function meets<R>(record: R, filter: Filter<R>): boolean {
  const opposite = OPPOSITES[filter.op];
  if (opposite !== undefined) return !meets(record, { ...filter, op: opposite as 'eq' });
  const value = record[filter.field] as Scalar | string[];
  if (Array.isArray(value))
    return filter.op === 'null' ? value.length === 0 : value.some((one) => holds(one, filter.op, filter.value));
  return filter.op === 'null' ? value === null : holds(value, filter.op, filter.value);
}

function holds(value: Scalar, op: string, wanted: unknown): boolean {
  if (value === null) return false;
  if (op === 'in') return (wanted as Scalar[]).includes(value);
  if (op === 'like') return isLike(String(value), String(wanted));
  const difference = compare(value, wanted as Scalar);
  if (op === 'eq') return difference === 0;
  if (op === 'gt') return difference > 0;
  if (op === 'gte') return difference >= 0;
  return op === 'lt' ? difference < 0 : difference <= 0;
}

/** Case of A to Z alone does not count. */
const lower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

function isLike(value: string, pattern: string): boolean {
  const pieces = pattern.split('%').map((piece) => RegExp.escape(lower(piece)));
  return new RegExp(`^${pieces.join('.*')}$`, 's').test(lower(value));
}

/** Null first, then by bytes of UTF-8, which is by code point. */
function compare(one: Scalar, other: Scalar): number {
  if (one === null || other === null) return Number(one !== null) - Number(other !== null);
  if (typeof one === 'number') return one - Number(other);
  return Buffer.compare(Buffer.from(one), Buffer.from(String(other)));
}

function isFound<R extends { id: number }>(record: R, search: string): boolean {
  if (String(record.id) === search) return true;
  const values = SEARCHED.flatMap((field) => (record as Record<string, unknown>)[field] as string | string[] | null);
  return values.some((value) => value !== null && lower(value).includes(lower(search)));
}
