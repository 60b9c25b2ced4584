import type { z } from 'zod';
import { DeskError, type Violation } from '../../core/errors.ts';
import { type BodyRules, pathOf, tidyBody, valueAt } from '../../http/tidy-body.ts';
import { MISSING } from './errors.ts';

const RULES: BodyRules = {
  notAnObject: 'The request body must be a JSON object.',
  tooDeep: 'The request body is nested too deeply.',
  tooLong: (most) => `It may hold at most ${most} entries`,
  badText: 'It must not hold such characters',
  dropEmpty: true,
};

/**
 * A body as its schema makes it. Null and empty text count as absent, text loses the white space around it, and what
 * the schema does not name is ignored; zero and numbers as text are for the fields to know (`fields.ts`).
 * @throws DeskError `malformed-message`, or `invalid-value` with a violation per field
 */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const tidied = tidyBody(body, RULES);
  const result = schema.safeParse(tidied);
  if (result.success) return result.data;
  const violations = result.error.issues.map((issue) => violationOf(issue, tidied));
  throw new DeskError('invalid-value', 'The request is not valid', { violations });
}

function violationOf(issue: z.core.$ZodIssue, body: unknown): Violation {
  const field = pathOf(issue.path);
  const absent = valueAt(body, issue.path) === undefined;
  if (absent && issue.code !== 'custom') return { field, message: MISSING };
  if (issue.code === 'invalid_type' || issue.code === 'invalid_union') return { field, message: '' };
  return { field, message: issue.message };
}
