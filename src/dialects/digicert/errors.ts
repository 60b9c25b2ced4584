import { DeskError, type ErrorKind, type Violation } from '../../core/errors.ts';

/** An error with this vendor's own code, where no kind of the heart says it as exactly. */
export class VendorError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'VendorError';
    this.status = status;
    this.code = code;
  }
}

/** `not_found|order` and the like, for what does not exist in the account. */
export function unknownObject(what: string): VendorError {
  return new VendorError(404, `not_found|${what}`, `The specified ${what.replaceAll('_', ' ')} was not found.`);
}

/** A parameter with a value that it cannot have. `reason` is a sentence for people. */
export function invalidParameter(parameter: string, reason?: string): VendorError {
  return new VendorError(400, `invalid_value:${parameter}`, invalidText(parameter, reason));
}

/** A parameter that is not there and must be. */
export function missingParameter(parameter: string): VendorError {
  return new VendorError(400, `missing_value:${parameter}`, `${parameter} is required.`);
}

interface Rendering {
  readonly status: number;
  readonly code: string;
}

/** What every kind of error of the heart is called here. */
export const VENDOR_ERRORS: Readonly<Record<ErrorKind, Rendering>> = {
  'not-authenticated': { status: 403, code: 'access_denied|access_denied_invalid_key' },
  'not-allowed': { status: 403, code: 'access_denied|missing_permission' },
  'not-found': { status: 404, code: 'not_found' },
  'already-exists': { status: 400, code: 'already_exists' },
  'invalid-value': { status: 400, code: 'invalid_value' },
  'invalid-csr': { status: 400, code: 'csr_invalid_cannot_parse' },
  'unknown-property': { status: 400, code: 'invalid_value' },
  'malformed-message': { status: 400, code: 'bad_request_format' },
  'product-not-available': { status: 400, code: 'invalid_product' },
  'wrong-state': { status: 400, code: 'invalid_status' },
  conflict: { status: 409, code: 'conflict' },
  'insufficient-balance': { status: 400, code: 'insufficient_funds' },
  'validation-failed': { status: 400, code: 'validation_failed' },
  'too-many-requests': { status: 429, code: 'request_limit_exceeded' },
  'issuer-unavailable': { status: 503, code: 'service_unavailable' },
  internal: { status: 500, code: 'general_error' },
};

const INVALID_KEY = 'Access denied due to access_denied_invalid_key.';
const TOO_MANY = 'Service unavailable, please limit request volume';

/** A hostile body breaks thousands of restrictions; the first ones tell enough. */
const MOST_ERRORS = 20;

export interface RenderedError {
  status: number;
  body: { errors: { code: string; message: string }[] };
}

/** Any error in the vendor's shape. What is unknown becomes the vendor's general error, without its message. */
export function renderError(error: unknown): RenderedError {
  if (error instanceof VendorError) return one(error.status, error.code, error.message);
  const known = asDeskError(error);
  const { status, code } = VENDOR_ERRORS[known.kind];
  switch (known.kind) {
    case 'not-authenticated':
      return one(status, code, INVALID_KEY);
    case 'too-many-requests':
      return one(status, code, TOO_MANY);
    case 'internal':
      return one(status, code, 'An error occurred while processing your request.');
    case 'not-found':
      return one(status, codeOfMissing(known.message), `${known.message}.`);
    case 'already-exists':
      return twin(known, VENDOR_ERRORS[known.kind]);
    case 'invalid-value':
    case 'unknown-property':
      return { status, body: { errors: violationsOf(known).slice(0, MOST_ERRORS).map(renderViolation) } };
    default:
      return one(httpStatusOf(error) ?? status, code, known.message);
  }
}

function one(status: number, code: string, message: string): RenderedError {
  return { status, body: { errors: [{ code, message }] } };
}

/** What the heart's records are called in `not_found|…`, by the first word of its message. */
const OBJECTS: Readonly<Record<string, string>> = {
  Order: 'order',
  Certificate: 'certificate',
  Request: 'request',
  Organization: 'organization',
  Domain: 'domain',
  Container: 'container',
  User: 'user',
  Key: 'key',
  Credential: 'key',
  Product: 'product',
  Webhook: 'webhook',
  Field: 'metadata',
};

function codeOfMissing(message: string): string {
  const what = OBJECTS[message.split(' ', 1)[0] ?? ''];
  return what === undefined ? 'not_found' : `not_found|${what}`;
}

/** Told by the heart where it looks beforehand, and by the database where two came at once. */
function twin({ field = '', message }: DeskError, { status, code }: Rendering): RenderedError {
  if (field === 'alternativeId' || field === 'alternativeKey') {
    const parameter = 'alternative_order_id';
    return one(status, `invalid_value:${parameter}`, invalidText(parameter, 'An order with this id exists'));
  }
  if (field === 'organization' || field === 'identityKey' || message.startsWith('Organization')) {
    return one(status, 'duplicate_organization', 'An organization with these details exists.');
  }
  return one(status, code, `${message}.`);
}

function violationsOf(error: DeskError): readonly Violation[] {
  if (error.violations.length > 0) return error.violations;
  return [{ field: error.field ?? 'request', message: error.message }];
}

function renderViolation({ field, message }: Violation): { code: string; message: string } {
  const parameter = parameterOf(field);
  if (message === MISSING) return { code: `missing_value:${parameter}`, message: `${parameter} is required.` };
  return { code: `invalid_value:${parameter}`, message: invalidText(parameter, message) };
}

/** What `readBody` says of a value that is not there. */
export const MISSING = 'is missing';

function invalidText(parameter: string, reason = ''): string {
  const text = `${parameter} contains an invalid value.`;
  return reason === '' ? text : `${text} ${reason.replace(/\.?$/, '.')}`;
}

/** What the heart calls otherwise than this vendor's callers. */
const PARAMETERS: Readonly<Record<string, string>> = {
  commonName: 'certificate.common_name',
  guestAccess: 'enable_guest_access',
  alternativeId: 'alternative_order_id',
  period: 'validity_years',
  validation: 'dcv_method',
  validity: 'certificate.cert_validity',
  'wishes.signatureHash': 'certificate.signature_hash',
  'wishes.extras': 'certificate.profile_option',
};

function parameterOf(field: string): string {
  return PARAMETERS[field] ?? field.replace(/^names(?=$|\[)/, 'certificate.dns_names');
}

function asDeskError(error: unknown): DeskError {
  if (error instanceof DeskError) return error;
  const status = httpStatusOf(error);
  if (status === 429) return new DeskError('too-many-requests', TOO_MANY);
  if (status !== undefined) return new DeskError('malformed-message', (error as Error).message);
  return new DeskError('internal', 'Internal error', { cause: error });
}

/** Status of an error of the HTTP server that is the caller's fault, such as 413 and 415. */
function httpStatusOf(error: unknown): number | undefined {
  if (error instanceof DeskError || !(error instanceof Error) || !('statusCode' in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}
