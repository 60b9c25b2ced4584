import type { Kind, Records } from '../core/records.ts';

/** How a field is stored; `?` where it may be null. `json` is text, so that both databases give back what was put in. */
export type ColumnType = 'int' | 'bool' | 'text' | 'json' | 'blob';

type Storage<T> = [T] extends [number]
  ? 'int'
  : [T] extends [boolean]
    ? 'bool'
    : [T] extends [string]
      ? 'text'
      : [T] extends [Uint8Array]
        ? 'blob'
        : 'json';
type Column<T> = null extends T ? `${Storage<NonNullable<T>>}?` : Storage<T>;

/** Every field of every record has a column of the fitting type: the type checker proves it. */
type Schema = { readonly [K in Kind]: { readonly [F in keyof Records[K]]-?: Column<Records[K][F]> } };

export const SCHEMA: Schema = {
  accounts: {
    id: 'int',
    handle: 'text',
    name: 'text',
    currency: 'text',
    balance: 'int',
    reserved: 'int',
    state: 'text',
    settings: 'json',
    createdAt: 'int',
  },
  users: {
    id: 'int',
    accountId: 'int',
    kind: 'text',
    userName: 'text',
    firstName: 'text',
    lastName: 'text',
    email: 'text',
    jobTitle: 'text?',
    phone: 'text?',
    role: 'text',
    containerId: 'int?',
    state: 'text',
    createdAt: 'int',
    lastSeenAt: 'int?',
  },
  containers: {
    id: 'int',
    accountId: 'int',
    parentId: 'int?',
    name: 'text',
    description: 'text?',
    state: 'text',
    createdAt: 'int',
  },
  customFields: {
    id: 'int',
    accountId: 'int',
    label: 'text',
    required: 'bool',
    state: 'text',
    dataType: 'text',
    createdAt: 'int',
  },
  credentials: {
    id: 'int',
    accountId: 'int',
    dialect: 'text',
    userName: 'text',
    userId: 'int?',
    role: 'text',
    label: 'text?',
    secretHash: 'blob',
    createdAt: 'int',
    revokedAt: 'int?',
  },
  orders: {
    id: 'int',
    accountId: 'int',
    product: 'text',
    dialect: 'text',
    state: 'text',
    periodMonths: 'int',
    commonName: 'text',
    startsAt: 'int?',
    endsAt: 'int?',
    renewsOrderId: 'int?',
    organizationId: 'int?',
    extraDomains: 'int',
    extraWildcards: 'int',
    createdAt: 'int',
  },
  orderDetails: {
    id: 'int',
    accountId: 'int',
    containerId: 'int?',
    userId: 'int?',
    alternativeId: 'text?',
    alternativeKey: 'text?',
    autoRenew: 'bool',
    autoReissue: 'bool',
    renewalNotices: 'bool',
    guestAccess: 'bool',
    customFields: 'json',
    contacts: 'json',
    emails: 'json',
    extra: 'json',
  },
  approvals: {
    id: 'int',
    accountId: 'int',
    state: 'text',
    requesterId: 'int?',
    requesterName: 'text',
    comments: 'text?',
    processorId: 'int?',
    processorName: 'text?',
    processorComment: 'text?',
    processedAt: 'int?',
    createdAt: 'int',
  },
  guestLinks: {
    id: 'int',
    accountId: 'int',
    orderId: 'int',
    secretHash: 'blob',
    createdAt: 'int',
    expiresAt: 'int',
    disabledAt: 'int?',
  },
  requests: {
    id: 'int',
    accountId: 'int',
    orderId: 'int?',
    kind: 'text',
    state: 'text',
    detail: 'text?',
    dialect: 'text',
    requestedBy: 'text',
    product: 'text',
    commonName: 'text',
    names: 'json',
    subject: 'json',
    contact: 'json?',
    language: 'text?',
    certificateId: 'int?',
    revocationReason: 'text?',
    validity: 'json?',
    csr: 'blob?',
    spkiHash: 'text?',
    checks: 'json',
    extra: 'json',
    version: 'int',
    createdAt: 'int',
    updatedAt: 'int',
    startedAt: 'int?',
  },
  validations: {
    id: 'int',
    accountId: 'int',
    requestId: 'int?',
    domainId: 'int?',
    domain: 'text',
    method: 'text',
    coversSubdomains: 'bool',
    state: 'text',
    challenges: 'json',
    detail: 'text?',
    attempts: 'int',
    nextAttemptAt: 'int?',
    validatedAt: 'int?',
    reusedFrom: 'int?',
    createdAt: 'int',
  },
  attempts: {
    id: 'int',
    accountId: 'int',
    requestId: 'int?',
    validationId: 'int?',
    kind: 'text',
    name: 'text',
    outcome: 'text',
    message: 'text',
    evidence: 'json',
    at: 'int',
  },
  caaAnswers: { id: 'int', name: 'text', status: 'text', checkedAt: 'int', validUntil: 'int' },
  issuances: {
    id: 'int',
    requestId: 'int',
    issuer: 'text',
    serial: 'text?',
    tbs: 'blob?',
    notBefore: 'int?',
    notAfter: 'int?',
    progress: 'json?',
    preparedAt: 'int',
    state: 'text',
  },
  certificates: {
    id: 'int',
    accountId: 'int',
    orderId: 'int?',
    requestId: 'int',
    product: 'text',
    issuer: 'text',
    state: 'text',
    commonName: 'text',
    names: 'json',
    organization: 'text?',
    department: 'text?',
    street: 'text?',
    postalCode: 'text?',
    locality: 'text?',
    province: 'text?',
    country: 'text?',
    registrationNumber: 'text?',
    serial: 'text',
    notBefore: 'int',
    notAfter: 'int',
    subscriptionEndsAt: 'int?',
    keyAlgorithm: 'text',
    keyBits: 'int',
    spkiHash: 'text',
    fingerprint: 'text',
    sha1: 'text',
    der: 'blob',
    crlShard: 'int?',
    revokedAt: 'int?',
    revocationReason: 'text?',
    archivedAt: 'int?',
    createdAt: 'int',
  },
  blockedKeys: { id: 'int', spkiHash: 'text', reportedBy: 'text', createdAt: 'int' },
  domains: {
    id: 'int',
    accountId: 'int',
    containerId: 'int?',
    organizationId: 'int?',
    name: 'text',
    method: 'text',
    active: 'bool',
    extra: 'json',
    createdAt: 'int',
  },
  organizations: {
    id: 'int',
    accountId: 'int',
    containerId: 'int?',
    name: 'text',
    subject: 'json',
    details: 'json',
    contacts: 'json',
    active: 'bool',
    submitted: 'json',
    state: 'text',
    level: 'text?',
    collectedBy: 'text?',
    confirmedBy: 'text?',
    evidence: 'text?',
    validatedAt: 'int?',
    createdAt: 'int',
  },
  charges: {
    id: 'int',
    accountId: 'int',
    orderId: 'int',
    requestId: 'int',
    state: 'text',
    amount: 'int',
    currency: 'text',
    billables: 'json',
    createdAt: 'int',
    settledAt: 'int?',
  },
  notifications: {
    id: 'int',
    accountId: 'int',
    dialect: 'text',
    kind: 'text',
    requestId: 'int?',
    certificateId: 'int?',
    message: 'text',
    firedAt: 'int',
    readAt: 'int?',
    acknowledgedAt: 'int?',
    deliveredAt: 'int?',
  },
  notes: { id: 'int', accountId: 'int', requestId: 'int', direction: 'text', message: 'text', createdAt: 'int' },
  confirmations: {
    id: 'int',
    accountId: 'int',
    purpose: 'text',
    requestId: 'int',
    validationId: 'int?',
    address: 'text',
    secretHash: 'blob',
    createdAt: 'int',
    expiresAt: 'int',
    confirmedAt: 'int?',
  },
  webhooks: {
    id: 'int',
    accountId: 'int',
    dialect: 'text',
    url: 'text',
    encryptedKey: 'blob',
    encryptedBasic: 'blob?',
    state: 'text',
    settings: 'json',
    failures: 'int',
    nextAttemptAt: 'int?',
    createdAt: 'int',
  },
  caKeys: { id: 'int', name: 'text', certificate: 'blob', encryptedKey: 'blob', createdAt: 'int', retiredAt: 'int?' },
  crls: {
    id: 'int',
    issuer: 'text',
    shard: 'int',
    number: 'int',
    thisUpdate: 'int',
    nextUpdate: 'int',
    der: 'blob',
  },
  auditEvents: {
    id: 'int',
    at: 'int',
    actor: 'text',
    accountId: 'int?',
    action: 'text',
    target: 'text',
    details: 'json',
    hash: 'blob',
  },
  jobs: {
    id: 'int',
    kind: 'text',
    key: 'text',
    payload: 'json',
    runAt: 'int',
    attempts: 'int',
    leaseOwner: 'text?',
    leaseUntil: 'int?',
    lastError: 'text?',
    createdAt: 'int',
  },
  settings: { id: 'int', name: 'text', value: 'text' },
};

/** Columns that no record shows. `again_at`: when a leased job is to run again after its present run. */
export const HIDDEN_COLUMNS: Partial<Record<Kind, Readonly<Record<string, string>>>> = { jobs: { again_at: 'int?' } };

/** What must be unique beside `id`, by fields; `where` is the condition of a partial index, in SQL. */
export const UNIQUE: { readonly [K in Kind]?: readonly { fields: readonly (keyof Records[K])[]; where?: string }[] } = {
  accounts: [{ fields: ['handle'] }],
  credentials: [{ fields: ['secretHash'] }],
  users: [{ fields: ['accountId', 'userName'] }],
  orderDetails: [{ fields: ['alternativeKey'] }],
  guestLinks: [{ fields: ['secretHash'] }],
  domains: [{ fields: ['accountId', 'name'] }],
  requests: [
    { fields: ['accountId', 'spkiHash', 'kind', 'product', 'commonName'], where: "state in ('waiting', 'issuing')" },
  ],
  caaAnswers: [{ fields: ['name'] }],
  issuances: [{ fields: ['serial'] }, { fields: ['requestId'], where: "state in ('prepared', 'signed')" }],
  certificates: [{ fields: ['requestId'] }, { fields: ['issuer', 'serial'] }],
  blockedKeys: [{ fields: ['spkiHash'] }],
  confirmations: [{ fields: ['secretHash'] }],
  webhooks: [{ fields: ['accountId', 'dialect'] }],
  caKeys: [{ fields: ['name'], where: 'retired_at is null' }],
  crls: [{ fields: ['issuer', 'shard', 'number'] }],
  jobs: [{ fields: ['key'] }],
  settings: [{ fields: ['name'] }],
};

export const KINDS = Object.keys(SCHEMA) as Kind[];

/** First id of every table: six digits for people, far below 2^31 for clients that parse 32 bits. */
export const FIRST_ID = 100_001;

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export interface Field {
  readonly name: string;
  readonly column: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
}

export interface Table {
  readonly kind: Kind;
  readonly name: string;
  readonly fields: readonly Field[];
  readonly byName: ReadonlyMap<string, Field>;
  /** Whether its records belong to an account. */
  readonly scoped: boolean;
}

function readTable(kind: Kind): Table {
  const fields = Object.entries(SCHEMA[kind]).map(([name, type]): Field => {
    const nullable = type.endsWith('?');
    return { name, column: snakeCase(name), type: type.replace('?', '') as ColumnType, nullable };
  });
  const byName = new Map(fields.map((field) => [field.name, field]));
  return { kind, name: snakeCase(kind), fields, byName, scoped: byName.has('accountId') };
}

/** The tables as the queries and the mapper need them: snake-case names, fields in column order. */
export const TABLES = Object.fromEntries(KINDS.map((kind) => [kind, readTable(kind)])) as Record<Kind, Table>;

/** The field of a table. @throws TypeError where there is none: a mistake of the caller, never of a client. */
export function fieldOf(table: Table, name: string): Field {
  const field = table.byName.get(name);
  if (field === undefined) throw new TypeError(`${table.kind} has no field ${name}`);
  return field;
}

/** Name of the index that keeps fields unique; it tells in an error which fields clashed. */
export function uniqueIndexName(kind: Kind, fields: readonly string[]): string {
  return `${snakeCase(kind)}_${fields.map(snakeCase).join('_')}_unique`;
}

/** Fields in which a list's search looks; other tables are searched in all their text. */
const SEARCHABLE: { readonly [K in Kind]?: readonly (keyof Records[K] & string)[] } = {
  certificates: ['product', 'commonName', 'names', 'organization', 'department', 'locality', 'serial', 'fingerprint'],
  requests: ['product', 'commonName', 'names', 'requestedBy'],
  credentials: ['dialect', 'userName'],
};

/** The fields of a table in which a search looks. */
export function searchableFields(table: Table): readonly Field[] {
  const names = SEARCHABLE[table.kind] as readonly string[] | undefined;
  return names?.map((name) => fieldOf(table, name)) ?? table.fields.filter((field) => field.type === 'text');
}
