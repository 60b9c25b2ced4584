import type { z } from 'zod';
import { DeskError, invalidValue, type Violation } from '../../core/errors.ts';

const DEEPEST = 8;
const LONGEST_LIST = 1000;

/**
 * A body that meets its schema. Strings are stripped of white space around them and nulls count as absent; then
 * unknown properties and wrong types come before broken restrictions.
 * @throws DeskError `malformed-message`, `unknown-property` or `invalid-value` with a violation per field.
 */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    throw new DeskError('malformed-message', 'The body must be a JSON object');
  }
  const tidied = tidy(body, '', 0);
  const result = schema.safeParse(tidied);
  if (result.success) return result.data;
  throw errorOf(result.error.issues, tidied);
}

/**
 * Text without white space around it.
 * @throws DeskError `invalid-value` for text that no database keeps: NUL, and halves of surrogate pairs.
 */
export function tidyText(text: string, field: string): string {
  if (text.includes('\u0000') || !text.isWellFormed()) throw invalidValue(field, 'must not contain invalid characters');
  return text.trim();
}

function tidy(value: unknown, path: string, depth: number): unknown {
  if (typeof value === 'string') return tidyText(value, path);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEEPEST) throw new DeskError('malformed-message', 'The body is nested too deeply');
  if (Array.isArray(value)) {
    if (value.length > LONGEST_LIST) throw invalidValue(path, `size must be between 0 and ${LONGEST_LIST}`);
    return value.map((item, index) => tidy(item, `${path}[${index}]`, depth + 1));
  }
  const object: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const memberPath = path === '' ? key : `${path}.${key}`;
    // Assigned, it would change the object's prototype.
    if (key === '__proto__') throw unknownProperty(memberPath);
    if (member !== null) object[key] = tidy(member, memberPath, depth + 1);
  }
  return object;
}

type Issue = z.core.$ZodIssue;

function errorOf(issues: readonly Issue[], body: unknown): DeskError {
  const violations: Violation[] = [];
  for (const issue of issues) {
    const path = pathOf(issue.path);
    if (issue.code === 'unrecognized_keys') {
      return unknownProperty(pathOf([...issue.path, issue.keys[0] ?? '']));
    }
    const value = valueAt(body, issue.path);
    if (issue.code === 'invalid_type' || issue.code === 'invalid_union') {
      if (value !== undefined) {
        return new DeskError('unknown-property', `The value of ${path} has the wrong type`, { field: path });
      }
      violations.push({ field: path, message: 'may not be null' });
      continue;
    }
    const shown = typeof value === 'string' || typeof value === 'number' ? { value: String(value) } : {};
    violations.push({ field: path, message: issue.message, ...shown });
  }
  return new DeskError('invalid-value', 'Validation failed', { violations });
}

function unknownProperty(path: string): DeskError {
  return new DeskError('unknown-property', `Unrecognized field "${path.slice(0, 100)}"`, { field: path });
}

/** `dcv[0].email` */
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
