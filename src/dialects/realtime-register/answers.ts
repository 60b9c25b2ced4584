import { z } from 'zod';

/** What goes out, for the OpenAPI document and the tests. Answers are written by hand-made mappers, not by these. */

const timestamp = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})$/);
const id = z.int().min(1);
const validationState = z.enum(['WAITING', 'ATTENTION', 'VALIDATED']);
export const validationType = z.enum(['DOMAIN_VALIDATION', 'ORGANIZATION_VALIDATION', 'EXTENDED_VALIDATION']);
export const certificateType = z.enum(['SINGLE_DOMAIN', 'MULTI_DOMAIN', 'WILDCARD']);

export const dcvStatus = z.strictObject({
  commonName: z.string(),
  type: z.enum(['EMAIL', 'FILE', 'DNS']),
  status: validationState,
  email: z.string().optional(),
  dnsRecord: z.string().optional(),
  dnsType: z.enum(['CNAME', 'TXT']).optional(),
  dnsContents: z.string().optional(),
  fileLocation: z.string().optional(),
  fileContents: z.string().optional(),
  caaRecordStatus: z.enum([
    'UNKNOWN',
    'VALID',
    'INVALID',
    'WAITING',
    'EMPTY',
    'TIMEOUT',
    'UNRECOGNIZED_CRITICAL_TAG',
    'MALFORMED_RESPONSE',
  ]),
});

export const infoProcess = z.strictObject({
  commonName: z.string(),
  requiresAttention: z.boolean(),
  certificateId: id.optional(),
  validations: z.strictObject({
    organization: validationState.optional(),
    voice: validationState.optional(),
    agreement: validationState.optional(),
    dcv: z.array(dcvStatus),
  }),
  notes: z
    .array(z.strictObject({ createdDate: timestamp, type: z.enum(['INCOMING', 'OUTGOING']), message: z.string() }))
    .optional(),
});

export const billable = z.strictObject({
  product: z.string(),
  action: z.enum(['REQUEST', 'RENEW', 'EXTRA_DOMAIN', 'EXTRA_WILDCARD']),
  quantity: z.int(),
  amount: z.int(),
  refundable: z.boolean(),
  total: z.int(),
});

export const quote = z.strictObject({
  command: z.string(),
  quote: z.strictObject({ total: z.int(), currency: z.string().optional(), billables: z.array(billable).optional() }),
});

export const certificate = z.strictObject({
  id,
  process: id,
  customer: z.string(),
  product: z.string(),
  validationType,
  certificateType,
  domainName: z.string(),
  organization: z.string().optional(),
  department: z.string().optional(),
  addressLine: z.array(z.string()).optional(),
  postalCode: z.string().optional(),
  city: z.string().optional(),
  state: z.string().optional(),
  country: z.string().optional(),
  coc: z.string().optional(),
  providerId: z.string().regex(/^\d+$/).optional(),
  startDate: timestamp,
  expiryDate: timestamp,
  subscriptionEndDate: timestamp.optional(),
  san: z.array(z.string()).optional(),
  status: z.enum(['ACTIVE', 'EXPIRED', 'REVOKED', 'REISSUED', 'RENEWED']),
  publicKeyAlgorithm: z.enum(['RSA', 'ECDSA']),
  publicKeySize: z.int(),
  csr: z.string().startsWith('-----BEGIN CERTIFICATE REQUEST-----\n').optional(),
  certificate: z.string().startsWith('-----BEGIN CERTIFICATE-----\n'),
  fingerprint: z.string().regex(/^[0-9A-F]{64}$/),
});

export const product = z.strictObject({
  product: z.string().startsWith('ssl_'),
  brand: z.string(),
  name: z.string(),
  validationType,
  certificateType,
  features: z.array(z.enum(['REISSUE', 'WILDCARD', 'WWW_INCLUDED', 'NON_WWW_INCLUDED', 'OCSP_MUST_STAPLE'])),
  periods: z.array(z.int()),
  warranty: z.int(),
  issueTime: z.string(),
  renewalWindow: z.int(),
  includedDomains: z.int(),
  maxDomains: z.int(),
  requiredFields: z.array(z.string()),
  optionalFields: z.array(z.string()),
  renewFrom: z.array(z.string()),
});

const money = z.record(z.string(), z.int());

export const process = z.strictObject({
  id,
  user: z.string(),
  customer: z.string(),
  status: z.enum(['RUNNING', 'SUSPENDED', 'COMPLETED', 'CANCELLED', 'FAILED']),
  statusDetail: z.string().optional(),
  resumeTypes: z.array(z.enum(['PROVIDER', 'TIMER', 'MANUAL', 'RESEND', 'CANCEL'])).optional(),
  createdDate: timestamp,
  updatedDate: timestamp,
  startedDate: timestamp.optional(),
  type: z.literal('certificate'),
  identifier: z.string(),
  action: z.enum(['request', 'renew', 'reissue', 'revoke', 'import']),
  reservation: money.optional(),
  transaction: money.optional(),
  command: z.record(z.string(), z.unknown()),
  billables: z.array(billable).optional(),
  error: z.strictObject({ type: z.string(), message: z.string() }).optional(),
});

export const csrInfo = z.strictObject({
  subject: z.string(),
  country: z.string().optional(),
  state: z.string().optional(),
  locality: z.string().optional(),
  organization: z.string().optional(),
  organizationalUnit: z.string().optional(),
  commonName: z.string().optional(),
  street: z.array(z.string()),
  postalCode: z.string().optional(),
  emailAddress: z.string().optional(),
  publicKeySize: z.int(),
  publicKeyAlgorithm: z.enum(['RSA', 'ECDSA']),
  altNames: z.array(z.string()).optional(),
  md5: z.string().regex(/^[0-9a-f]{32}$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

export const authKey = z.strictObject({ authKey: z.string(), validity: timestamp });
export const addresses = z.array(z.string());
export const warning = z.strictObject({ warning: z.string().optional() });

const price = z.strictObject({
  product: z.string(),
  action: billable.shape.action,
  currency: z.string(),
  price: z.int(),
});
export const priceList = z.strictObject({
  prices: z.array(price),
  priceChanges: z.array(price),
  promos: z.array(price),
});

export const credit = z.strictObject({
  accounts: z.array(z.strictObject({ currency: z.string(), balance: z.int(), reservation: z.int(), locked: z.int() })),
});

export const transaction = z.strictObject({
  id,
  customer: z.string(),
  date: timestamp,
  amount: z.int(),
  currency: z.string(),
  processId: id,
  processType: z.literal('certificate'),
  processIdentifier: z.string(),
  processAction: process.shape.action,
  chargesPerAccount: money,
  billables: z.array(billable),
});

export const notification = z.strictObject({
  id,
  eventType: z.string(),
  notificationType: z.string(),
  fireDate: timestamp,
  readDate: timestamp.optional(),
  acknowledgeDate: timestamp.optional(),
  deliveryDate: timestamp.optional(),
  message: z.string(),
  reason: z.string().optional(),
  customer: z.string(),
  process: id.optional(),
  isAsync: z.boolean(),
  processType: z.literal('certificate').optional(),
  processIdentifier: z.string().optional(),
  subjectStatus: z.enum(['OK', 'PENDING', 'COMPLETED', 'WARNING', 'FAILED']),
  statusDetail: z.string().optional(),
  validationType: validationType.optional(),
  product: z.string().optional(),
  provider: z.string().optional(),
  providerId: z.string().optional(),
  certificateId: id.optional(),
  domainName: z.string().optional(),
  expiryDate: timestamp.optional(),
  startDate: timestamp.optional(),
  endDate: timestamp.optional(),
});

export const poll = z.strictObject({ count: z.int(), notification: notification.optional() });

/** A page of a list. With `fields` the entities hold fewer members. */
export function page(entity: z.ZodObject) {
  return z.strictObject({
    entities: z.array(entity.partial()),
    pagination: z.strictObject({ total: z.int().optional(), offset: z.int(), limit: z.int() }),
  });
}

export const imported = z.strictObject({ id });

const violation = z.strictObject({ field: z.string(), message: z.string(), value: z.string().optional() });

export const failure = z.strictObject({
  type: z.string(),
  message: z.string(),
  violations: z.array(violation).optional(),
  property: z.string().optional(),
});
