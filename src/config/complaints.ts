import type { z } from 'zod';
import { DeskError, type Violation } from '../core/errors.ts';
import { locate } from './locate.ts';
import { nearest } from './nearest.ts';
import { configSchema } from './schema.ts';
import { knownKeys } from './schema-keys.ts';

/** By file, then line. */
const collator = new Intl.Collator('en', { numeric: true });

/** The mistakes of a configuration as one error, a line each: `FILE:LINE: what is wrong`. */
export function complaint(violations: readonly Violation[]): DeskError {
  const sorted = violations.toSorted((a, b) => collator.compare(`${a.field} ${a.message}`, `${b.field} ${b.message}`));
  const lines = sorted.map(({ field, message }) => `${field}: ${message}`);
  return new DeskError('invalid-value', lines.join('\n'), { violations: sorted });
}

/** What the schema complains of, with the line and, for an unknown key, the nearest known one. */
export function mistakes(issues: readonly z.core.$ZodIssue[], source: string, file: string | undefined): DeskError {
  return complaint(
    issues.flatMap((issue) => {
      if (issue.code !== 'unrecognized_keys') {
        return [{ field: place(source, file, issue.path), message: `${pathText(issue.path)} ${issueText(issue)}` }];
      }
      return issue.keys.map((key) => ({
        field: place(source, file, [...issue.path, key]),
        message: unknownKey([...issue.path, key]),
      }));
    }),
  );
}

function unknownKey(path: readonly PropertyKey[]): string {
  const guess = nearest(String(path.at(-1)), knownKeys(configSchema, path.slice(0, -1)));
  return `${pathText(path)} is not known${guess === null ? '' : `; did you mean ${guess}?`}`;
}

function issueText(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined && issue.message.includes('undefined'))
    return 'is missing';
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  return issue.message
    .replace(/^Invalid input: /, 'is wrong: ')
    .replace(/^Invalid option: expected /, 'must be ')
    .replace(/^Too /, 'is too ');
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('');
}

/** `FILE:LINE` of a path; the file alone where no line is known; `command line` without a file. */
export function place(source: string, file: string | undefined, path: readonly PropertyKey[]): string {
  if (file === undefined) return 'command line';
  const line = locate(source, path);
  return line === null ? file : `${file}:${line}`;
}
