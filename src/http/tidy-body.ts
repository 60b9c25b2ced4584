import { DeskError, invalidValue } from '../core/errors.ts';

const DEEPEST = 8;
const LONGEST_LIST = 1000;

/** What differs from API to API in a body before any schema looks at it: words, and what counts as not there. */
export interface BodyRules {
  notAnObject: string;
  tooDeep: string;
  tooLong: (most: number) => string;
  badText: string;
  /** A member that would change the prototype of what it is assigned to: ignored, unless this throws. */
  onProto?: (path: string) => void;
  /** Whether empty text counts as absent, like null. */
  dropEmpty: boolean;
}

/**
 * A JSON body without null members and without white space around text.
 * @throws DeskError `malformed-message` where it is no object or nested too deeply, `invalid-value` for too long a list
 *   and for text that no database keeps
 */
export function tidyBody(body: unknown, rules: BodyRules): Record<string, unknown> {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    throw new DeskError('malformed-message', rules.notAnObject);
  }
  return tidy(body, '', 0, rules) as Record<string, unknown>;
}

function tidy(value: unknown, path: string, depth: number, rules: BodyRules): unknown {
  if (typeof value === 'string') return tidyText(value, path, rules.badText);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEEPEST) throw new DeskError('malformed-message', rules.tooDeep);
  const isThere = (one: unknown): boolean => !rules.dropEmpty || one !== '';
  if (Array.isArray(value)) {
    if (value.length > LONGEST_LIST) throw invalidValue(path, rules.tooLong(LONGEST_LIST));
    return value.map((item, index) => tidy(item, `${path}[${index}]`, depth + 1, rules)).filter(isThere);
  }
  const object: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const memberPath = path === '' ? key : `${path}.${key}`;
    if (key === '__proto__') {
      rules.onProto?.(memberPath);
      continue;
    }
    if (member === null) continue;
    const tidied = tidy(member, memberPath, depth + 1, rules);
    if (isThere(tidied)) object[key] = tidied;
  }
  return object;
}

/**
 * Text without white space around it.
 * @throws DeskError `invalid-value` for text that no database keeps: NUL, and halves of surrogate pairs
 */
export function tidyText(text: string, field: string, complaint: string): string {
  if (text.includes('\u0000') || !text.isWellFormed()) throw invalidValue(field, complaint);
  return text.trim();
}

/** The path of a schema's issue as callers write it: `dcv[0].email`. */
export function pathOf(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? String(part) : `.${String(part)}`;
  }
  return text;
}

/** What lies there; undefined where nothing does. */
export function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body;
  for (const part of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[part];
  return value;
}
