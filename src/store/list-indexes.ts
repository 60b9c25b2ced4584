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
    'requestId',
  ],
  requests: ['state', 'kind', 'commonName', 'product', 'createdAt', 'updatedAt', 'startedAt'],
  orders: ['product', 'state', 'commonName', 'organizationId', 'endsAt', 'createdAt'],
  orderDetails: ['containerId', 'userId', 'renewalNotices'],
  charges: ['state', 'createdAt'],
  notifications: ['firedAt', 'acknowledgedAt'],
};

/** Lookups by these need no account, and find few. */
const FEW: { readonly [K in Kind]?: readonly string[] } = {
  certificates: ['requestId', 'orderId', 'serial', 'sha1'],
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

/** Whether the index by its field leads to what the filter wants. */
export function leads(filter: AnyFilter): boolean {
  if (isNegative(filter) || filter.op === 'not-null') return false;
  return filter.op !== 'like' && filter.op !== 'among';
}

/** Whether the filter finds few records by an index that the database picks itself. */
export function findsFew(kind: Kind, { field, op }: AnyFilter): boolean {
  if (op !== 'eq' && op !== 'in') return false;
  return field === 'id' || FEW[kind]?.includes(field) === true;
}
