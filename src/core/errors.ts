/**
 * Everything that can go wrong in the heart, as a closed set of kinds. Each dialect has a total table from
 * kind to its vendor's error; the type checker proves that none is missing.
 */
export type ErrorKind =
  | 'not-authenticated'
  | 'not-allowed'
  | 'not-found'
  | 'already-exists'
  | 'invalid-value'
  | 'invalid-csr'
  | 'unknown-property'
  | 'malformed-message'
  | 'product-not-available'
  | 'wrong-state'
  | 'conflict'
  | 'insufficient-balance'
  | 'validation-failed'
  | 'too-many-requests'
  | 'issuer-unavailable'
  | 'internal';

/** One field that did not meet its restriction. `field` is a path as the caller wrote it: `dcv[0].email`. */
export interface Violation {
  readonly field: string;
  readonly message: string;
  readonly value?: string;
}

export interface ErrorDetails {
  readonly field?: string;
  readonly value?: string;
  readonly violations?: readonly Violation[];
  /** Seconds until the same call may succeed. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

/** The one error type of the heart. Its message may be shown to the caller; its cause goes to the log only. */
export class DeskError extends Error {
  readonly kind: ErrorKind;
  readonly field: string | undefined;
  readonly value: string | undefined;
  readonly violations: readonly Violation[];
  readonly retryAfter: number | undefined;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = 'DeskError';
    this.kind = kind;
    this.field = details.field;
    this.value = details.value;
    this.violations = details.violations ?? [];
    this.retryAfter = details.retryAfter;
  }
}

/** A field that breaks its restriction; `invalid-value` with one violation. */
export function invalidValue(field: string, message: string, value?: string): DeskError {
  const violation: Violation = value === undefined ? { field, message } : { field, message, value };
  return new DeskError('invalid-value', message, { ...violation, violations: [violation] });
}

export function notFound(what: string): DeskError {
  return new DeskError('not-found', `${what} does not exist`);
}
