import type { Kind } from '../core/records.ts';
import { SEARCHABLE } from './constraints.ts';
import { SCHEMA } from './schema.ts';
import type { ColumnType } from './schema-types.ts';

export const KINDS = Object.keys(SCHEMA) as Kind[];

/** First id of every table: six digits for people, far below 2^31 for clients that parse 32 bits. */
export const FIRST_ID = 100_001;

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export interface Field {
  readonly name: string;
  readonly column: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
}

export interface Table {
  readonly kind: Kind;
  readonly name: string;
  readonly fields: readonly Field[];
  readonly byName: ReadonlyMap<string, Field>;
  /** Whether its records belong to an account. */
  readonly scoped: boolean;
}

function readTable(kind: Kind): Table {
  const fields = Object.entries(SCHEMA[kind]).map(([name, type]): Field => {
    const nullable = type.endsWith('?');
    return { name, column: snakeCase(name), type: type.replace('?', '') as ColumnType, nullable };
  });
  const byName = new Map(fields.map((field) => [field.name, field]));
  return { kind, name: snakeCase(kind), fields, byName, scoped: byName.has('accountId') };
}

/** The tables as the queries and the mapper need them: snake-case names, fields in column order. */
export const TABLES = Object.fromEntries(KINDS.map((kind) => [kind, readTable(kind)])) as Record<Kind, Table>;

/** The field of a table. @throws TypeError where there is none: a mistake of the caller, never of a client. */
export function fieldOf(table: Table, name: string): Field {
  const field = table.byName.get(name);
  if (field === undefined) throw new TypeError(`${table.kind} has no field ${name}`);
  return field;
}

/** Name of the index that keeps fields unique; it tells in an error which fields clashed. */
export function uniqueIndexName(kind: Kind, fields: readonly string[]): string {
  return `${snakeCase(kind)}_${fields.map(snakeCase).join('_')}_unique`;
}

/** The fields of a table in which a search looks. */
export function searchableFields(table: Table): readonly Field[] {
  const names = SEARCHABLE[table.kind] as readonly string[] | undefined;
  return names?.map((name) => fieldOf(table, name)) ?? table.fields.filter((field) => field.type === 'text');
}
