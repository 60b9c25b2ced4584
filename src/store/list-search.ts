import { sql } from 'kysely';
import type { Kind } from '../core/records.ts';
import { type AnyFilter, idIn, textCondition } from './list-conditions.ts';
import { BY_ROWID, countRows, run, type Search } from './list-run.ts';
import { among, candidates, indexedCount, isIndexed, pending } from './search-index.ts';
import { fieldOf, searchableFields, TABLES } from './tables.ts';

/**
 * A text that every match holds and the search index knows: what is searched for, or the longest piece of a filter by
 * `like`, or a name. Null where there is none.
 */
export function textToLeadBy(kind: Kind, text: string, filters: readonly AnyFilter[]): string | null {
  const texts = [text, ...filters.flatMap((filter) => piecesOf(kind, filter))];
  const longest = texts.reduce((one, other) => (other.length > one.length ? other : one));
  return isIndexed(kind, longest) ? longest : null;
}

function piecesOf(kind: Kind, { field, op, value }: AnyFilter): string[] {
  const table = TABLES[kind];
  if (typeof value !== 'string' || !searchableFields(table).some(({ name }) => name === field)) return [];
  if (op === 'like') return value.split('%');
  return op === 'eq' && fieldOf(table, field).type === 'json' ? [value] : [];
}

/** The list with a condition that leads to the few records that may hold the text; null where these are many. */
export async function leadByText(search: Search, text: string, searched: string): Promise<Search | null> {
  const { engine, table, asked, conditions, limits } = search;
  const found = await run(search, candidates(engine, table.kind, text, asked.accountId, limits.candidates + 1));
  if (found.length > limits.candidates) return null;
  const ids = found.map((row) => row[0] as number);
  const named = idIn(searched);
  if (named !== null) ids.push(named);
  return { ...search, conditions: [...conditions, among(engine, table.kind, ids)] };
}

/** A search alone, counted by its index; what is pending and what has the text as its id are looked at. */
export async function countFound(search: Search, text: string): Promise<number> {
  const { engine, table, asked } = search;
  const [row] = await run(search, indexedCount(engine, table.kind, text, asked.accountId));
  const isPending = sql<boolean>`id in (${pending(table.kind)})`;
  const found = Number(row?.[0]) + (await countRows(search, [isPending], engine === 'sqlite' ? BY_ROWID : null));
  const named = idIn(text);
  if (named === null) return found;
  const byIdAlone = [
    sql<boolean>`id = ${named}`,
    sql<boolean>`not ${isPending}`,
    sql<boolean>`not ${textCondition(engine, table, text)}`,
  ];
  return found + (await countRows(search, byIdAlone, null));
}
