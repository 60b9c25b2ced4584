import { sql } from 'kysely';
import type { Kind } from '../core/records.ts';
import type { Row } from './rows.ts';
import { type AnyFilter, idIn, textCondition } from './list-conditions.ts';
import { BY_ROWID, countRows, countStatement, run, type Search } from './list-run.ts';
import {
  among,
  candidates,
  changedSince,
  indexedAmong,
  indexedCount,
  indexState,
  isIndexed,
  pending,
} from './search-index.ts';
import { fieldOf, searchableFields, TABLES } from './tables.ts';

/** Shorter labels are `www` and the like. */
const SHORTEST_LABEL = 5;

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

/**
 * A whole name is in few records, but most of its trigrams (`www`, `.com`, those of the domain) are in nearly all, and
 * the index walks every one of them: the longest label before the domain is tried first, and mostly leads to as few.
 */
function piecesToTry(text: string): string[] {
  if (!/^[\w*-]+(\.[\w-]+){2,}$/.test(text)) return [text];
  const labels = text.split('.').slice(0, -2);
  const longest = labels.reduce((one, other) => (other.length > one.length ? other : one));
  return longest.length < SHORTEST_LABEL ? [text] : [longest, text];
}

/** The list with a condition that leads to the few records that may hold the text; null where these are many. */
export async function leadByText(search: Search, text: string, searched: string): Promise<Search | null> {
  const { engine, table, asked, conditions, limits } = search;
  let found: readonly Row[] = [];
  for (const piece of engine === 'sqlite' ? piecesToTry(text) : [text]) {
    found = await run(search, candidates(engine, table.kind, piece, asked.accountId, limits.candidates + 1));
    if (found.length <= limits.candidates) break;
  }
  if (found.length > limits.candidates) return null;
  const ids = found.map((row) => row[0] as number);
  const named = idIn(searched);
  if (named !== null) ids.push(named);
  return { ...search, conditions: [...conditions, among(engine, table.kind, ids)] };
}

/**
 * A search alone, counted by the index, where what was counted before need not be counted again. What is pending, and
 * what has the text as its id, is looked at.
 */
export async function countFound(search: Search, text: string): Promise<number> {
  const { engine, table } = search;
  const byRowid = engine === 'sqlite' ? BY_ROWID : null;
  const isPending = sql<boolean>`id in (${pending(table.kind)})`;
  // At one moment: a record is either pending or within the reach of the index.
  const late = countStatement(search, [isPending], byRowid);
  const [state] = await run(
    search,
    sql`select epoch, reach, (${late}), (${changedSince(engine, table.kind)}) from (${indexState(table.kind)}) as state`,
  );
  const [epoch, reach, found, changed] = state as [number, number, number, string | null];
  const indexed = await countIndexed(search, text, epoch, reach);
  const stale = await countStale(search, text, changed === null ? [] : changed.split(',').map(Number));
  const named = idIn(text);
  if (named === null) return found + indexed - stale;
  const byIdAlone = [
    sql<boolean>`id = ${named}`,
    sql<boolean>`not ${isPending}`,
    sql<boolean>`not ${textCondition(engine, table, text)}`,
  ];
  return found + indexed - stale + (await countRows(search, byIdAlone, null));
}

async function countIndexed(search: Search, text: string, epoch: number, reach: number): Promise<number> {
  const { engine, table, asked, counts, slow } = search;
  const key = `${table.kind} ${asked.accountId} ${text.toLowerCase()}`;
  const before = counts?.get(key, epoch) ?? { upTo: 0, count: 0 };
  if (before.upTo >= reach) return before.count;
  const more = indexedCount(engine, table.kind, text, asked.accountId, before.upTo, reach);
  const count = before.count + Number((await run({ engine, query: slow }, more))[0]?.[0]);
  counts?.put(key, epoch, reach, count);
  return count;
}

/** How many of the records that are to be indexed again are found by what the index still has of them. */
async function countStale(search: Search, text: string, changed: readonly number[]): Promise<number> {
  const { engine, table } = search;
  if (changed.length === 0) return 0;
  const found = await run(search, indexedAmong(engine, table.kind, text, changed));
  const ids = found.map((row) => row[0] as number);
  const own = { ...search, conditions: [among(engine, table.kind, ids, false)] };
  return countRows(own, [], engine === 'sqlite' ? BY_ROWID : null);
}
