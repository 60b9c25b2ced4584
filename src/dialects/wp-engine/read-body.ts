import type { z } from 'zod';
import { DeskError } from '../../core/errors.ts';
import { type BodyRules, pathOf, tidyBody, valueAt } from '../../http/tidy-body.ts';
import type { BodyForm } from './endpoint.ts';
import { BadRequest, type ResourceError } from './errors.ts';

const RULES: BodyRules = {
  notAnObject: 'The request body must be a JSON object',
  tooDeep: 'The request body is nested too deeply',
  tooLong: (most) => `may hold at most ${most} entries`,
  badText: 'must not contain invalid characters',
  dropEmpty: false,
};

/**
 * A body as its schema makes it. Null members count as absent, text loses the white space around it, and members that
 * are not named are ignored.
 * @throws BadRequest with every mistake; DeskError `malformed-message`
 */
export function readBody({ schema, resource }: BodyForm, body: unknown): unknown {
  const tidied = tidiedFor(resource, body);
  const result = schema.safeParse(tidied);
  if (result.success) return result.data;
  const mistakes = result.error.issues.map((issue) => mistakeOf(resource, issue, tidied));
  // Of several mistakes in one field the first says what there is to say.
  throw new BadRequest(
    mistakes.filter(({ field }, index) => mistakes.findIndex((one) => one.field === field) === index),
  );
}

function tidiedFor(resource: string, body: unknown): Record<string, unknown> {
  try {
    return tidyBody(body, RULES);
  } catch (error) {
    if (!(error instanceof DeskError) || error.violations.length === 0) throw error;
    throw new BadRequest(
      error.violations.map(({ field, message }) => {
        return { resource, field, type: 'invalid_value', code: 'invalid', message: `${field} ${message}` };
      }),
    );
  }
}

function mistakeOf(resource: string, issue: z.core.$ZodIssue, body: unknown): ResourceError {
  const field = pathOf(issue.path);
  const value = valueAt(body, issue.path);
  const [code, says] = codeAndWords(issue, value);
  return { resource, field, type: 'invalid_value', code, message: `${field} ${says}` };
}

function codeAndWords(issue: z.core.$ZodIssue, value: unknown): [code: string, says: string] {
  if (value === undefined && issue.code !== 'custom') return ['missing', 'is required'];
  switch (issue.code) {
    case 'too_big':
      return ['too_long', `is too long (maximum is ${issue.maximum} ${unitOf(value)})`];
    case 'too_small':
      return typeof value === 'string' && value === ''
        ? ['blank', 'cannot be empty']
        : ['too_short', `is too short (minimum is ${issue.minimum} ${unitOf(value)})`];
    case 'invalid_type':
      return ['invalid_type', `must be ${issue.expected === 'array' ? 'a list' : `a ${issue.expected}`}`];
    default:
      return ['invalid', issue.message];
  }
}

function unitOf(value: unknown): string {
  return typeof value === 'string' ? 'characters' : 'entries';
}
