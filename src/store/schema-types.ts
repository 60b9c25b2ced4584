import type { Kind, Records } from '../core/records.ts';

/** How a field is stored; `?` where it may be null. `json` is text, so that both databases give back what was put in. */
export type ColumnType = 'int' | 'bool' | 'text' | 'json' | 'blob';

type Storage<T> = [T] extends [number]
  ? 'int'
  : [T] extends [boolean]
    ? 'bool'
    : [T] extends [string]
      ? 'text'
      : [T] extends [Uint8Array]
        ? 'blob'
        : 'json';
type Column<T> = null extends T ? `${Storage<NonNullable<T>>}?` : Storage<T>;

/** Every field of every record has a column of the fitting type: the type checker proves it. */
export type Schema = { readonly [K in Kind]: { readonly [F in keyof Records[K]]-?: Column<Records[K][F]> } };
