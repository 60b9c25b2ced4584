import { DeskError, type ErrorKind, type Violation } from '../../core/errors.ts';

/** One field that was refused, as this API tells it. */
export interface ResourceError {
  resource: string;
  field: string;
  type: 'invalid_value' | 'access_error' | 'value_unavailable';
  code: string;
  message: string;
}

/** A body or query with mistakes: 400 with each of them. */
export class BadRequest extends Error {
  readonly errors: readonly ResourceError[];

  constructor(errors: readonly ResourceError[]) {
    super(errors[0]?.message ?? 'The request is not valid');
    this.errors = errors;
  }
}

/** An answer of this API that no kind of the heart says as exactly. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** One mistake in a field. */
export function badField(resource: string, field: string, message: string, code = 'invalid'): BadRequest {
  return new BadRequest([{ resource, field, type: 'invalid_value', code, message }]);
}

export const NOT_FOUND = 'Not Found';
const FORBIDDEN = "You don't have permission to perform that action";
const UNEXPECTED = 'An unexpected error occurred, please try again in a few minutes';

interface Rendering {
  readonly status: number;
  /** What is told; the error's own message where none stands here. */
  readonly message?: string;
}

/** What every kind of error of the heart is called here. */
export const API_ERRORS: Readonly<Record<ErrorKind, Rendering>> = {
  'not-authenticated': { status: 401, message: 'Bad Credentials' },
  'not-allowed': { status: 403, message: FORBIDDEN },
  'not-found': { status: 404, message: NOT_FOUND },
  'already-exists': { status: 400 },
  'invalid-value': { status: 400 },
  'invalid-csr': { status: 400 },
  'unknown-property': { status: 400 },
  'malformed-message': { status: 400 },
  'product-not-available': { status: 403, message: FORBIDDEN },
  'wrong-state': { status: 409 },
  conflict: { status: 409 },
  'insufficient-balance': { status: 403 },
  'validation-failed': { status: 400 },
  'too-many-requests': { status: 429, message: 'Too many requests' },
  'issuer-unavailable': { status: 503, message: 'Service unavailable' },
  internal: { status: 500, message: UNEXPECTED },
};

export interface RenderedError {
  status: number;
  body: { message: string; errors?: ResourceError[] };
  /** Seconds, for a header. */
  retryAfter?: number;
}

/** A hostile body breaks thousands of restrictions; the first ones tell enough. */
const MOST_ERRORS = 20;

/** Any error in this API's shape. `resource` is what the call was about. What is unknown tells nothing of itself. */
export function renderError(error: unknown, resource = 'Request'): RenderedError {
  if (error instanceof ApiError) return { status: error.status, body: { message: error.message } };
  if (error instanceof BadRequest) return badRequest(error.errors);
  const known = asDeskError(error);
  const { status, message = known.message } = API_ERRORS[known.kind];
  const { retryAfter } = known;
  const wait = retryAfter === undefined ? {} : { retryAfter };
  // What a limit of its own says, not that of calls, is told as it stands.
  if (known.kind === 'too-many-requests' && known.field !== undefined) {
    return { status, body: { message: known.message }, ...wait };
  }
  if (known.kind === 'already-exists') {
    const field = known.field ?? 'name';
    return badRequest([{ resource, field, type: 'value_unavailable', code: 'taken', message: known.message }]);
  }
  if (known.violations.length > 0) return badRequest(known.violations.map((one) => resourceError(resource, one)));
  return { status: httpStatusOf(error) ?? status, body: { message }, ...wait };
}

function badRequest(all: readonly ResourceError[]): RenderedError {
  const errors = all.slice(0, MOST_ERRORS);
  const [first] = errors;
  return { status: 400, body: { message: `Invalid ${first?.resource}: ${first?.message}`, errors } };
}

function resourceError(resource: string, { field, message }: Violation): ResourceError {
  return { resource, field: fieldOf(field), type: 'invalid_value', code: 'invalid', message };
}

/** What the heart calls otherwise than callers of this API. */
function fieldOf(field: string): string {
  if (field.startsWith('names')) return 'name';
  if (field === 'redirectsTo') return 'redirect_to';
  return field === 'isPrimary' ? 'primary' : field;
}

function asDeskError(error: unknown): DeskError {
  if (error instanceof DeskError) return error;
  const status = httpStatusOf(error);
  if (status === 429) return new DeskError('too-many-requests', 'Too many requests');
  if (status !== undefined) return new DeskError('malformed-message', (error as Error).message);
  return new DeskError('internal', UNEXPECTED, { cause: error });
}

/** Status of an error of the HTTP server that is the caller's fault, such as 413 and 415. */
function httpStatusOf(error: unknown): number | undefined {
  if (error instanceof DeskError || !(error instanceof Error) || !('statusCode' in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}
