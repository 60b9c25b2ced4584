import type { Kind, Records } from '../core/records.ts';
import type { Among, ListQuery } from '../core/store.ts';
import type { AnyFilter } from './list-conditions.ts';
import { findsFew, isAmong } from './list-indexes.ts';
import { type Field, searchableFields, type Table, TABLES } from './tables.ts';

/** The kinds of which an account may have very many: SQLite keeps their lists in a database of its own. */
export const LIST_KINDS = ['orders', 'orderDetails', 'requests', 'certificates', 'charges', 'notifications'] as const;

/** Not filtered or sorted by in any list, and larger than the rest of a record. */
const OMITTED: { readonly [K in Kind]?: readonly string[] } = {
  orderDetails: ['customFields', 'contacts', 'emails', 'extra'],
  requests: ['csr', 'subject', 'contact', 'validity', 'checks', 'wishes', 'extra', 'triedIssuers', 'installOn'],
  certificates: ['der'],
  charges: ['billables'],
  notifications: ['message'],
};

/** The fields of a record that the database of lists holds. */
export function listedFields(table: Table): readonly Field[] {
  const omitted = OMITTED[table.kind] ?? [];
  return table.fields.filter(({ name }) => !omitted.includes(name));
}

const listed: ReadonlyMap<Kind, ReadonlySet<string>> = new Map(
  LIST_KINDS.map((kind) => [kind, new Set(listedFields(TABLES[kind]).map(({ name }) => name))]),
);

/**
 * Whether the database of lists answers: for one account, and what it holds. What finds few records by a lookup of the
 * heart is asked of the records themselves, and so is everything that the operator asks of all accounts.
 */
export function isListed<K extends Kind>(kind: K, asked: ListQuery<Records[K]>): boolean {
  const fields = listed.get(kind);
  if (fields === undefined || asked.accountId === null) return false;
  const own = asked.filters as readonly AnyFilter[];
  const filters = [...own, ...((asked.anyOf ?? []) as readonly (readonly AnyFilter[])[]).flat()];
  if (!filters.every((one) => isHeld(kind, one)) || !asked.order.every(({ field }) => fields.has(field))) return false;
  if ((asked.search ?? '') !== '') return searchableFields(TABLES[kind]).every(({ name }) => fields.has(name));
  return filters.some(isAmong) || !own.some((one) => findsFew(kind, one));
}

/** Tables of which there is no copy are the records' own, with all that they hold. */
function isHeld(kind: Kind, filter: AnyFilter): boolean {
  if (listed.get(kind)?.has(filter.field) === false) return false;
  if (!isAmong(filter)) return true;
  const inner = filter.value as Among<Kind>;
  return inner.filters.every((one) => isHeld(inner.kind, one as AnyFilter));
}
