import type { Kind } from '../core/records.ts';
import { type AnyFilter, isNegative } from './list-conditions.ts';
import { TABLES } from './tables.ts';

/** Fields by which a list has an index that begins with the account and ends with the id (migrations 002 and 003). */
const LISTED: { readonly [K in Kind]?: readonly string[] } = {
  certificates: [
    'product',
    'state',
    'commonName',
    'organization',
    'department',
    'street',
    'postalCode',
    'locality',
    'province',
    'country',
    'registrationNumber',
    'notBefore',
    'notAfter',
    'subscriptionEndsAt',
    'keyAlgorithm',
    'keyBits',
    'fingerprint',
    'sha1',
    'requestId',
  ],
  requests: ['state', 'kind', 'commonName', 'product', 'createdAt', 'updatedAt', 'startedAt'],
  orders: ['product', 'state', 'commonName', 'organizationId', 'endsAt', 'certificateEndsAt', 'createdAt'],
  orderDetails: ['renewalNotices'],
  charges: ['state', 'createdAt'],
  notifications: ['firedAt', 'acknowledgedAt'],
};

/** Lookups by these need no account, and find few. */
const FEW: { readonly [K in Kind]?: readonly string[] } = {
  certificates: ['requestId', 'orderId', 'serial'],
  requests: ['orderId', 'certificateId'],
  charges: ['requestId'],
};

/** Name of the index by a field; null where there is none. */
export function indexBy(kind: Kind, field: string): string | null {
  if (field !== 'id' && LISTED[kind]?.includes(field) !== true) return null;
  if (LISTED[kind] === undefined) return null;
  if (field === 'id' && (kind === 'orders' || kind === 'orderDetails')) return null;
  return `${TABLES[kind].name}_by_${field === 'id' ? 'id' : TABLES[kind].byName.get(field)?.column}`;
}

/** Indexes by state that go on with another field. */
const AFTER_STATE: { readonly [K in Kind]?: string } = { certificates: 'notAfter', requests: 'createdAt' };

/** The index that gives the order; with one state alone, the one by state goes on in that order. */
export function indexForOrder(kind: Kind, filters: readonly AnyFilter[], order: string): string | null {
  const oneState = filters.some(({ field, op, value }) => {
    if (field !== 'state') return false;
    return (op === 'eq' && value !== null) || (op === 'in' && (value as unknown[]).length === 1);
  });
  return indexBy(kind, oneState && AFTER_STATE[kind] === order ? 'state' : order);
}

/** An index that holds all that the filters look at, so that it alone answers how many match; null without one. */
export function coveringIndex(kind: Kind, filters: readonly AnyFilter[]): string | null {
  const fields = new Set(filters.map(({ field }) => field as string));
  const [first] = fields;
  if (first === undefined || filters.some((filter) => findsFew(kind, filter) || isAmong(filter))) return null;
  if (fields.size === 1) return indexBy(kind, first);
  const byState = [...fields].every((field) => field === 'state' || field === AFTER_STATE[kind]);
  return byState ? indexBy(kind, 'state') : null;
}

/** Whether the index by its field leads to what the filter wants. */
export function leads(filter: AnyFilter): boolean {
  if (isNegative(filter) || filter.op === 'not-null') return false;
  return filter.op !== 'like' && !isAmong(filter);
}

/** Whether the filter finds few records by an index that the database picks itself. */
export function findsFew(kind: Kind, { field, op }: AnyFilter): boolean {
  if (op !== 'eq' && op !== 'in') return false;
  return field === 'id' || FEW[kind]?.includes(field) === true;
}

/** Whether the filter looks at other records. */
export function isAmong({ op }: AnyFilter): boolean {
  return op === 'among' || op === 'not-among';
}
