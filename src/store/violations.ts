import type { Kind } from '../core/records.ts';
import { DeskError } from '../core/errors.ts';
import { UNIQUE } from './constraints.ts';
import { TABLES, uniqueIndexName } from './tables.ts';

const WORDS: Partial<Record<Kind, string>> = { caaAnswers: 'CAA answer', caKeys: 'CA key', crls: 'CRL' };

function nameOf(kind: Kind): string {
  return WORDS[kind] ?? kind.replace(/s$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function alreadyExists(kind: Kind, fields: readonly string[], cause: unknown): DeskError {
  const field = fields.join(', ');
  return new DeskError('already-exists', `The ${nameOf(kind)} with this ${field} already exists`, { field, cause });
}

const byColumns = new Map<string, { kind: Kind; fields: readonly string[] }>();
const byIndex = new Map<string, { kind: Kind; fields: readonly string[] }>();
for (const table of Object.values(TABLES)) {
  const { kind, name, byName } = table;
  const uniques = (UNIQUE[kind] ?? []) as readonly { fields: readonly string[] }[];
  for (const { fields } of [{ fields: ['id'] }, ...uniques]) {
    byColumns.set(fields.map((field) => `${name}.${byName.get(field)?.column}`).join(', '), { kind, fields });
    byIndex.set(uniqueIndexName(kind, fields), { kind, fields });
  }
  byIndex.set(`${name}_pkey`, { kind, fields: ['id'] });
}

/** A driver's error as the heart knows it: `already-exists` for what must be unique; others stay as they are. */
export function readSqliteError(error: unknown): unknown {
  const { errcode, message } = error as { errcode?: number; message?: string };
  // SQLITE_CONSTRAINT_PRIMARYKEY and SQLITE_CONSTRAINT_UNIQUE.
  if (errcode !== 1555 && errcode !== 2067) return error;
  const found = byColumns.get(/failed: (.+)$/.exec(message ?? '')?.[1] ?? '');
  return found === undefined ? error : alreadyExists(found.kind, found.fields, error);
}

/** As `readSqliteError`, for PostgreSQL. */
export function readPostgresError(error: unknown): unknown {
  const { code, constraint } = error as { code?: string; constraint?: string };
  if (code !== '23505') return error;
  const found = byIndex.get(constraint ?? '');
  return found === undefined ? error : alreadyExists(found.kind, found.fields, error);
}
