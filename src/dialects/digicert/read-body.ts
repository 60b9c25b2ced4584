import type { z } from 'zod';
import { DeskError, invalidValue, type Violation } from '../../core/errors.ts';
import { MISSING } from './errors.ts';

const DEEPEST = 8;
const LONGEST_LIST = 1000;

/**
 * A body as its schema makes it. Null and empty text count as absent, text loses the white space around it, and what
 * the schema does not name is ignored; zero and numbers as text are for the fields to know (`fields.ts`).
 * @throws DeskError `malformed-message`, or `invalid-value` with a violation per field
 */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    throw new DeskError('malformed-message', 'The request body must be a JSON object.');
  }
  const tidied = tidy(body, '', 0);
  const result = schema.safeParse(tidied);
  if (result.success) return result.data;
  const violations = result.error.issues.map((issue) => violationOf(issue, tidied));
  throw new DeskError('invalid-value', 'The request is not valid', { violations });
}

function tidy(value: unknown, path: string, depth: number): unknown {
  if (typeof value === 'string') return tidyText(value, path);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEEPEST) throw new DeskError('malformed-message', 'The request body is nested too deeply.');
  if (Array.isArray(value)) {
    if (value.length > LONGEST_LIST) throw invalidValue(path, `It may hold at most ${LONGEST_LIST} entries`);
    return value.map((item, index) => tidy(item, `${path}[${index}]`, depth + 1)).filter((item) => item !== '');
  }
  const object: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    // Assigned, it would change the object's prototype.
    if (key === '__proto__' || member === null) continue;
    const tidied = tidy(member, path === '' ? key : `${path}.${key}`, depth + 1);
    if (tidied !== '') object[key] = tidied;
  }
  return object;
}

/**
 * Text without white space around it.
 * @throws DeskError `invalid-value` for text that no database keeps: NUL, and halves of surrogate pairs
 */
function tidyText(text: string, field: string): string {
  if (text.includes('\u0000') || !text.isWellFormed()) throw invalidValue(field, 'It must not hold such characters');
  return text.trim();
}

function violationOf(issue: z.core.$ZodIssue, body: unknown): Violation {
  const field = pathOf(issue.path);
  const absent = valueAt(body, issue.path) === undefined;
  if (absent && issue.code !== 'custom') return { field, message: MISSING };
  if (issue.code === 'invalid_type' || issue.code === 'invalid_union') return { field, message: '' };
  return { field, message: issue.message };
}

/** `custom_fields[0].value` */
function pathOf(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? String(part) : `.${String(part)}`;
  }
  return text;
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body;
  for (const part of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[part];
  return value;
}
