import { invalidValue } from '../core/errors.ts';
import type { Field, Table } from './tables.ts';

/** What goes into and comes out of both databases. */
export type Value = number | string | Uint8Array | null;
export type Row = readonly unknown[];

/**
 * A field's value as it is stored.
 * @throws DeskError `invalid-value` for text with a NUL, which PostgreSQL cannot hold.
 */
export function encodeValue(field: Field, value: unknown): Value {
  if (value === null || value === undefined) {
    if (field.nullable) return null;
    throw new TypeError(`${field.name} must not be null`);
  }
  if (field.type === 'text') {
    const text = value as string;
    if (text.includes('\0')) throw invalidValue(field.name, 'must not contain a NUL character');
    return text;
  }
  if (field.type === 'json') return JSON.stringify(value);
  if (field.type === 'bool') return value === true ? 1 : 0;
  return value as Value;
}

/** A stored value as the record shows it. */
export function decodeValue(field: Field, value: unknown): unknown {
  if (value === null) return null;
  if (field.type === 'json') return JSON.parse(value as string);
  if (field.type === 'bool') return value === 1;
  if (field.type === 'blob' && Buffer.isBuffer(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return value;
}

/** A record as values in column order. */
export function encodeRecord(table: Table, record: object): Value[] {
  const source = record as Record<string, unknown>;
  return table.fields.map((field) => encodeValue(field, source[field.name]));
}

/** Values in column order as a record. */
export function decodeRow(table: Table, row: Row): never {
  const record: Record<string, unknown> = {};
  const { fields } = table;
  for (let i = 0; i < fields.length; i += 1) {
    const field = fields[i] as Field;
    record[field.name] = decodeValue(field, row[i]);
  }
  return record as never;
}
