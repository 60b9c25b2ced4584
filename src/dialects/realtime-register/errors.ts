import { DeskError, type ErrorKind, type Violation } from '../../core/errors.ts';

interface VendorError {
  readonly status: number;
  readonly type: string;
}

/** What every kind of error of the heart is called here. Unknown objects are a 400 with this vendor, not a 404. */
export const VENDOR_ERRORS: Readonly<Record<ErrorKind, VendorError>> = {
  'not-authenticated': { status: 401, type: 'AuthenticationError' },
  'not-allowed': { status: 403, type: 'AuthorizationError' },
  'not-found': { status: 400, type: 'ObjectDoesNotExist' },
  'already-exists': { status: 400, type: 'ObjectExists' },
  'invalid-value': { status: 400, type: 'ConstraintViolationException' },
  'invalid-csr': { status: 400, type: 'InvalidCSRException' },
  'unknown-property': { status: 400, type: 'UnrecognizedPropertyException' },
  'malformed-message': { status: 400, type: 'InvalidMessage' },
  'product-not-available': { status: 400, type: 'NoContractException' },
  'wrong-state': { status: 400, type: 'ObjectStatusProhibitsOperation' },
  conflict: { status: 400, type: 'ObjectStatusProhibitsOperation' },
  'insufficient-balance': { status: 400, type: 'InsufficientCreditException' },
  'validation-failed': { status: 400, type: 'ValidationError' },
  'too-many-requests': { status: 429, type: 'TooManyRequests' },
  'issuer-unavailable': { status: 503, type: 'ProviderUnavailable' },
  internal: { status: 500, type: 'InternalSRSError' },
};

/** Longest echo of a refused value, in characters. */
const LONGEST_VALUE = 255;
/** A hostile body breaks thousands of restrictions; the first ones tell enough. */
const MOST_VIOLATIONS = 100;

export interface RenderedError {
  status: number;
  body: Record<string, unknown>;
  /** Seconds, for `Retry-After`. */
  retryAfter: number | undefined;
}

/** Any error in the vendor's shape. What is unknown becomes the vendor's internal error, without its message. */
export function renderError(error: unknown): RenderedError {
  const known = asDeskError(error);
  const { status, type } = VENDOR_ERRORS[known.kind];
  const message = known.kind === 'internal' ? 'An internal error occurred' : known.message;
  const body: Record<string, unknown> = { type, message };
  if (known.kind === 'invalid-value') body['violations'] = violationsOf(known);
  if (known.kind === 'unknown-property') body['property'] = known.field ?? '';
  return { status: httpStatusOf(error) ?? status, body, retryAfter: known.retryAfter };
}

function asDeskError(error: unknown): DeskError {
  if (error instanceof DeskError) return error;
  const status = httpStatusOf(error);
  if (status === 429) return new DeskError('too-many-requests', 'Too many requests');
  if (status !== undefined) return new DeskError('malformed-message', (error as Error).message);
  return new DeskError('internal', 'Internal error', { cause: error });
}

/** Status of an error of the HTTP server that is the caller's fault, such as 413 and 415. */
function httpStatusOf(error: unknown): number | undefined {
  if (error instanceof DeskError || !(error instanceof Error) || !('statusCode' in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}

function violationsOf(error: DeskError): Violation[] {
  const { field, message, value } = error;
  const single: Violation[] =
    field === undefined ? [] : [value === undefined ? { field, message } : { field, message, value }];
  const all = error.violations.length > 0 ? error.violations : single;
  return all.slice(0, MOST_VIOLATIONS).map((violation) => ({
    field: vendorField(violation.field),
    message: violation.message,
    ...(violation.value === undefined ? {} : { value: violation.value.slice(0, LONGEST_VALUE) }),
  }));
}

/** The heart says `commonName` and `names[1]` where this vendor's callers wrote `domainName` and `san[1]`. */
function vendorField(field: string): string {
  if (field === 'commonName') return 'domainName';
  return field.replace(/^names(?=$|\[)/, 'san');
}
