import type { Kind, Records } from '../core/records.ts';

/** Columns that no record shows. `again_at`: when a leased job is to run again after its present run. */
export const HIDDEN_COLUMNS: Partial<Record<Kind, Readonly<Record<string, string>>>> = { jobs: { again_at: 'int?' } };

/** What must be unique beside `id`, by fields; `where` is the condition of a partial index, in SQL. */
export const UNIQUE: { readonly [K in Kind]?: readonly { fields: readonly (keyof Records[K])[]; where?: string }[] } = {
  accounts: [{ fields: ['handle'] }],
  credentials: [{ fields: ['secretHash'] }],
  users: [{ fields: ['accountId', 'userName'] }],
  orderDetails: [{ fields: ['alternativeKey'] }],
  guestLinks: [{ fields: ['secretHash'] }],
  containers: [{ fields: ['accountId'], where: 'parent_id is null' }],
  domains: [{ fields: ['accountId', 'name'] }],
  organizations: [{ fields: ['accountId', 'identityKey'] }],
  requests: [{ fields: ['twinKey'], where: "state in ('needs-approval', 'waiting', 'issuing')" }],
  caaAnswers: [{ fields: ['name'] }],
  issuances: [{ fields: ['serial'] }, { fields: ['requestId'], where: "state in ('prepared', 'signed')" }],
  certificates: [{ fields: ['requestId'] }, { fields: ['serial', 'issuer'] }],
  blockedKeys: [{ fields: ['spkiHash'] }],
  confirmations: [{ fields: ['secretHash'] }],
  webhooks: [{ fields: ['accountId', 'dialect'] }],
  caKeys: [{ fields: ['name'], where: 'retired_at is null' }],
  crls: [{ fields: ['issuer', 'shard', 'number'] }],
  subscriberKeys: [{ fields: ['accountId', 'dialect', 'spkiHash'] }],
  keptFiles: [{ fields: ['accountId', 'dialect', 'fingerprint'] }],
  websiteGroups: [{ fields: ['dialect', 'uid'] }],
  websites: [{ fields: ['dialect', 'uid'] }, { fields: ['dialect', 'name'] }],
  hostnames: [{ fields: ['dialect', 'uid'] }, { fields: ['websiteId', 'name'] }],
  grants: [{ fields: ['secretHash'] }],
  checkouts: [{ fields: ['secretHash'] }, { fields: ['reference'], where: 'reference is not null' }],
  challengeAnswers: [{ fields: ['kind', 'name', 'path', 'value'] }],
  acmeAccounts: [{ fields: ['issuer', 'directoryUrl'], where: 'retired_at is null' }],
  outsideChains: [{ fields: ['fingerprint'] }],
  issuerUses: [{ fields: ['issuer', 'bucket', 'number'] }],
  jobs: [{ fields: ['key'] }],
  settings: [{ fields: ['name'] }],
};

/** Fields in which a list's search looks; other tables are searched in all their text. */
export const SEARCHABLE: { readonly [K in Kind]?: readonly (keyof Records[K] & string)[] } = {
  certificates: ['product', 'commonName', 'names', 'organization', 'department', 'locality', 'serial', 'fingerprint'],
  requests: ['product', 'commonName', 'names', 'requestedBy'],
  credentials: ['dialect', 'userName'],
};
