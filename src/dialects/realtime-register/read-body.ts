import type { z } from 'zod';
import { DeskError, type Violation } from '../../core/errors.ts';
import { type BodyRules, pathOf, tidyBody, tidyText as tidy, valueAt } from '../../http/tidy-body.ts';

const RULES: BodyRules = {
  notAnObject: 'The body must be a JSON object',
  tooDeep: 'The body is nested too deeply',
  tooLong: (most) => `size must be between 0 and ${most}`,
  badText: 'must not contain invalid characters',
  onProto: (path) => {
    throw unknownProperty(path);
  },
  dropEmpty: false,
};

/**
 * A body that meets its schema. Strings are stripped of white space around them and nulls count as absent; then
 * unknown properties and wrong types come before broken restrictions.
 * @throws DeskError `malformed-message`, `unknown-property` or `invalid-value` with a violation per field.
 */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const tidied = tidyBody(body, RULES);
  const result = schema.safeParse(tidied);
  if (result.success) return result.data;
  throw errorOf(result.error.issues, tidied);
}

/** @throws DeskError `invalid-value` for text that no database keeps: NUL, and halves of surrogate pairs. */
export function tidyText(text: string, field: string): string {
  return tidy(text, field, RULES.badText);
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
