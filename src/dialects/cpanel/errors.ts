import { DeskError, type ErrorKind } from '../../core/errors.ts';
import { CallFailure } from './call.ts';

/** How each kind of error of the heart is told: `{message}` stands for its own words. */
const TEXTS: Readonly<Record<ErrorKind, string>> = {
  'not-authenticated': 'Access denied',
  'not-allowed': 'You do not have permission for this: {message}.',
  'not-found': '{message}.',
  'already-exists': '{message}.',
  'invalid-value': '{message}.',
  'invalid-csr': '{message}.',
  'unknown-property': '{message}.',
  'malformed-message': '{message}.',
  'product-not-available': '{message}.',
  'wrong-state': '{message}.',
  conflict: 'Somebody else changed this at the same time. Try again.',
  'insufficient-balance': 'The balance of the account does not suffice: {message}.',
  'validation-failed': '{message}.',
  'too-many-requests': 'There are too many requests. Try again later.',
  'issuer-unavailable': 'The provider cannot be reached now. Try again later.',
  internal: 'The system failed to complete this call. The administrator finds more in the log.',
};

/** Texts of one failure, in the function's order. What is unknown shows nothing of itself. */
export function errorsOf(error: unknown): string[] {
  if (error instanceof CallFailure) return [...error.errors];
  if (!(error instanceof DeskError)) return [TEXTS.internal];
  const { violations } = error;
  if (violations.length < 2) return [textOf(error.kind, error.message)];
  return violations.map(({ message }) => textOf(error.kind, message));
}

function textOf(kind: ErrorKind, message: string): string {
  return TEXTS[kind].replace('{message}', () => message.replace(/\.$/, ''));
}

export function unknownFunction(module: string, func: string): CallFailure {
  return new CallFailure(`The system could not find the function “${func}” in the module “${module}”.`);
}

export function unknownModule(module: string): CallFailure {
  const file = `Cpanel/API/${module}.pm`;
  return new CallFailure(`Failed to load module “${module}”: Can't locate ${file} in @INC`);
}
