import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeskError, type ErrorKind, invalidValue } from '../../../src/core/errors.ts';
import { renderError, VENDOR_ERRORS } from '../../../src/dialects/realtime-register/errors.ts';

/** Type and status as the vendor documents them. */
const DOCUMENTED: Record<ErrorKind, [number, string]> = {
  'not-authenticated': [401, 'AuthenticationError'],
  'not-allowed': [403, 'AuthorizationError'],
  'not-found': [400, 'ObjectDoesNotExist'],
  'already-exists': [400, 'ObjectExists'],
  'invalid-value': [400, 'ConstraintViolationException'],
  'invalid-csr': [400, 'InvalidCSRException'],
  'unknown-property': [400, 'UnrecognizedPropertyException'],
  'malformed-message': [400, 'InvalidMessage'],
  'product-not-available': [400, 'NoContractException'],
  'wrong-state': [400, 'ObjectStatusProhibitsOperation'],
  conflict: [400, 'ObjectStatusProhibitsOperation'],
  'insufficient-balance': [400, 'InsufficientCreditException'],
  'validation-failed': [400, 'ValidationError'],
  'too-many-requests': [429, 'TooManyRequests'],
  'issuer-unavailable': [503, 'ProviderUnavailable'],
  internal: [500, 'InternalSRSError'],
};

for (const [kind, [status, type]] of Object.entries(DOCUMENTED) as [ErrorKind, [number, string]][]) {
  test(`${kind} is ${status} ${type}`, () => {
    const rendered = renderError(new DeskError(kind, 'what is wrong', { field: 'csr' }));
    assert.equal(rendered.status, status);
    assert.equal(rendered.body['type'], type);
    assert.equal(typeof rendered.body['message'], 'string');
    assert.deepEqual(VENDOR_ERRORS[kind], { status, type });
    assert.equal('violations' in rendered.body, kind === 'invalid-value');
    assert.equal('property' in rendered.body, kind === 'unknown-property');
  });
}

test('what is unknown tells the caller nothing', () => {
  for (const error of [new Error('password is hunter2'), new DeskError('internal', 'key file /etc/x'), 'text', null]) {
    const { status, body } = renderError(error);
    assert.equal(status, 500);
    assert.deepEqual(body, { type: 'InternalSRSError', message: 'An internal error occurred' });
  }
});

test('the names of the heart become those of the caller, and long values are cut', () => {
  const fields = ['commonName', 'names', 'names[2]', 'dcv[0].commonName', 'namesake'];
  const violations = fields.map((field) => ({ field, message: 'no', value: 'x'.repeat(1000) }));
  const { body } = renderError(new DeskError('invalid-value', 'no', { violations }));
  const rendered = body['violations'] as { field: string; value: string }[];
  assert.deepEqual(
    rendered.map(({ field }) => field),
    ['domainName', 'san', 'san[2]', 'dcv[0].commonName', 'namesake'],
  );
  assert.ok(rendered.every(({ value }) => value.length === 255));
  const many = Array.from({ length: 5000 }, () => ({ field: 'san', message: 'no' }));
  assert.equal(
    (renderError(new DeskError('invalid-value', 'no', { violations: many })).body['violations'] as []).length,
    100,
  );
  assert.equal((renderError(invalidValue('csr', 'no')).body['violations'] as []).length, 1);
});

test('what the HTTP server refuses keeps its status', () => {
  const tooLarge = Object.assign(new Error('Request body is too large'), { statusCode: 413 });
  assert.deepEqual(renderError(tooLarge), {
    status: 413,
    body: { type: 'InvalidMessage', message: 'Request body is too large' },
    retryAfter: undefined,
  });
});
