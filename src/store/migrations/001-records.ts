import { sql } from 'kysely';
import type { Migration } from '../migrate.ts';
import { BUILDERS, type Engine } from '../sql.ts';

/** Columns as `name:type`, `?` where null may stand. Every table has `id` as its primary key beside these. */
const TABLES: Readonly<Record<string, string>> = {
  accounts: 'handle:text name:text currency:text balance:int reserved:int state:text settings:json created_at:int',
  users:
    'account_id:int kind:text user_name:text first_name:text last_name:text email:text job_title:text? phone:text? ' +
    'role:text container_id:int? state:text created_at:int last_seen_at:int?',
  containers: 'account_id:int parent_id:int? name:text description:text? state:text created_at:int',
  custom_fields: 'account_id:int label:text required:bool state:text data_type:text created_at:int',
  credentials:
    'account_id:int dialect:text user_name:text user_id:int? role:text label:text? secret_hash:blob ' +
    'created_at:int expires_at:int? revoked_at:int?',
  orders:
    'account_id:int product:text dialect:text state:text period_months:int common_name:text starts_at:int? ' +
    'ends_at:int? renews_order_id:int? organization_id:int? container_id:int? user_id:int? ' +
    'certificate_ends_at:int? extra_domains:int extra_wildcards:int created_at:int',
  order_details:
    'account_id:int alternative_id:text? alternative_key:text? auto_renew:bool ' +
    'auto_reissue:bool renewal_notices:bool guest_access:bool custom_fields:json contacts:json emails:json extra:json',
  field_values: 'account_id:int order_id:int field_id:int value:text',
  approvals:
    'account_id:int owner_id:int? container_id:int? state:text requester_id:int? requester_name:text comments:text? processor_id:int? ' +
    'processor_name:text? processor_comment:text? processed_at:int? created_at:int',
  guest_links: 'account_id:int order_id:int secret_hash:blob created_at:int expires_at:int disabled_at:int?',
  requests:
    'account_id:int order_id:int? kind:text state:text detail:text? dialect:text requested_by:text product:text ' +
    'common_name:text names:json subject:json contact:json? language:text? certificate_id:int? ' +
    'revocation_reason:text? validity:json? wishes:json? csr:blob? spki_hash:text? twin_key:text? checks:json extra:json version:int created_at:int ' +
    'updated_at:int started_at:int? tried_issuers:json? install_on:json?',
  validations:
    'account_id:int request_id:int? domain_id:int? domain:text method:text covers_subdomains:bool state:text challenges:json ' +
    'detail:text? attempts:int next_attempt_at:int? validated_at:int? reused_from:int? created_at:int',
  attempts:
    'account_id:int request_id:int? validation_id:int? kind:text name:text outcome:text message:text ' +
    'evidence:json at:int',
  caa_answers: 'name:text status:text checked_at:int valid_until:int',
  issuances:
    'request_id:int issuer:text serial:text? tbs:blob? not_before:int? not_after:int? progress:json? ' +
    'prepared_at:int state:text',
  certificates:
    'account_id:int order_id:int? request_id:int product:text issuer:text state:text common_name:text names:json ' +
    'organization:text? department:text? street:text? postal_code:text? locality:text? province:text? country:text? ' +
    'registration_number:text? serial:text not_before:int not_after:int subscription_ends_at:int? ' +
    'key_algorithm:text key_bits:int spki_hash:text fingerprint:text sha1:text der:blob crl_shard:int? revoked_at:int? ' +
    'revocation_reason:text? archived_at:int? created_at:int',
  blocked_keys: 'spki_hash:text reported_by:text created_at:int',
  domains:
    'account_id:int container_id:int? organization_id:int? dialect:text name:text method:text active:bool extra:json created_at:int',
  organizations:
    'account_id:int container_id:int? dialect:text? name:text identity_key:text? subject:json details:json contacts:json active:bool submitted:json ' +
    'state:text level:text? collected_by:text? confirmed_by:text? ' +
    'evidence:text? validated_at:int? created_at:int',
  charges:
    'account_id:int order_id:int request_id:int state:text amount:int currency:text billables:json created_at:int ' +
    'settled_at:int?',
  notifications:
    'account_id:int dialect:text kind:text request_id:int? certificate_id:int? domain_id:int? organization_id:int? days:int? message:text fired_at:int ' +
    'read_at:int? acknowledged_at:int? delivered_at:int?',
  notes: 'account_id:int request_id:int direction:text message:text created_at:int',
  confirmations:
    'account_id:int purpose:text request_id:int? validation_id:int? address:text secret_hash:blob created_at:int ' +
    'expires_at:int confirmed_at:int?',
  webhooks:
    'account_id:int dialect:text url:text encrypted_key:blob encrypted_basic:blob? state:text settings:json failures:int ' +
    'next_attempt_at:int? created_at:int',
  ca_keys: 'name:text certificate:blob encrypted_key:blob created_at:int retired_at:int?',
  crls: 'issuer:text shard:int number:int this_update:int next_update:int der:blob',
  audit_events: 'at:int actor:text account_id:int? action:text target:text details:json hash:blob',
  jobs:
    'kind:text key:text payload:json run_at:int attempts:int lease_owner:text? lease_until:int? last_error:text? ' +
    'created_at:int again_at:int?',
  settings: 'name:text value:text',
};

/** `table: columns [where condition]`. */
const UNIQUE = [
  'accounts: handle',
  'credentials: secret_hash',
  'users: account_id user_name',
  'order_details: alternative_key',
  'guest_links: secret_hash',
  'containers: account_id where parent_id is null',
  'domains: account_id name',
  'organizations: account_id identity_key',
  "requests: twin_key where state in ('needs-approval', 'waiting', 'issuing')",
  'caa_answers: name',
  'issuances: serial',
  "issuances: request_id where state in ('prepared', 'signed')",
  'certificates: request_id',
  'certificates: serial issuer',
  'blocked_keys: spki_hash',
  'confirmations: secret_hash',
  'webhooks: account_id dialect',
  'ca_keys: name where retired_at is null',
  'crls: issuer shard number',
  'jobs: key',
  'settings: name',
];

/** What is looked up by the heart. The lists' indexes are in the next migration. */
const LOOKUPS = [
  'credentials: account_id',
  'order_details: account_id alternative_id',
  'field_values: account_id field_id order_id',
  'field_values: order_id',
  'order_details: auto_reissue id',
  'order_details: auto_renew id',
  'orders: renews_order_id where renews_order_id is not null',
  'credentials: user_id where user_id is not null',
  'approvals: account_id state id',
  'approvals: account_id owner_id state id where owner_id is not null',
  'approvals: account_id container_id state id where container_id is not null',
  'guest_links: order_id',
  'containers: account_id id',
  'custom_fields: account_id id',
  'validations: domain_id where domain_id is not null',
  'requests: order_id',
  "validations: account_id where state = 'attention'",
  "validations: account_id domain where state in ('waiting', 'attention')",
  'orders: organization_id where organization_id is not null',
  'requests: certificate_id where certificate_id is not null',
  'validations: request_id',
  "validations: account_id domain validated_at where state = 'valid' and reused_from is null",
  'attempts: request_id',
  'attempts: validation_id where validation_id is not null',
  'attempts: account_id name where request_id is null',
  'certificates: order_id',
  'certificates: state not_after',
  "certificates: issuer crl_shard not_after where state = 'revoked'",
  'organizations: account_id name',
  'charges: request_id',
  'notes: request_id',
  'confirmations: request_id',
  'audit_events: account_id id',
  'jobs: kind run_at id where lease_until is null',
  'jobs: lease_until where lease_until is not null',
];

/**
 * SQLite: what was written since the database of lists was last brought up to date (sqlite-lists-copy.ts), one row for
 * each commit, and by what that database knows whose lists it holds.
 */
const CHANGES = [
  'create table list_changes (seq integer primary key not null, entries text not null)',
  'create table list_source (id integer primary key not null, token text not null)',
  'insert into list_source (id, token) values (1, hex(randomblob(16)))',
];

const TYPES: Readonly<Record<Engine, Readonly<Record<string, string>>>> = {
  sqlite: { int: 'integer', bool: 'integer', text: 'text', json: 'text', blob: 'blob' },
  // Collation C: the same order as SQLite's, and usable for prefixes.
  postgres: { int: 'bigint', bool: 'bigint', text: 'text collate "C"', json: 'text', blob: 'bytea' },
};

/** One table from its line. Also used by later migrations. */
export function createTable(engine: Engine, name: string, columns: string): string {
  let table = BUILDERS[engine].schema
    .createTable(name)
    .addColumn('id', sql.raw(TYPES[engine]['int'] as string) as never, (column) => column.primaryKey().notNull());
  for (const column of columns.split(' ')) {
    const [columnName = '', type = ''] = column.replace('?', '').split(':');
    const dataType = sql.raw(TYPES[engine][type] as string);
    table = table.addColumn(columnName, dataType as never, (c) => (column.endsWith('?') ? c : c.notNull()));
  }
  return table.compile().sql;
}

/** One index from its line. Also used by later migrations. */
export function createIndex(engine: Engine, line: string, unique: boolean): string {
  const [, table = '', columns = '', where] = /^(\w+): ([\w ]+?)(?: where (.+))?$/.exec(line) ?? [];
  const suffix = unique ? 'unique' : where === undefined ? 'index' : 'some';
  let index = BUILDERS[engine].schema
    .createIndex(`${table}_${columns.replaceAll(' ', '_')}_${suffix}`)
    .on(table)
    .columns(columns.split(' '));
  if (unique) index = index.unique();
  if (where !== undefined) index = index.where(sql<boolean>`${sql.raw(where)}`);
  return index.compile().sql;
}

/** All tables of the records, what is unique in them, ids in blocks and the head of the audit chain. */
export const records: Migration = {
  id: 1,
  name: 'records',
  statements: (engine) => [
    ...Object.entries(TABLES).map(([name, columns]) => createTable(engine, name, columns)),
    ...UNIQUE.map((line) => createIndex(engine, line, true)),
    ...LOOKUPS.map((line) => createIndex(engine, line, false)),
    ...(engine === 'sqlite' ? CHANGES : []),
    `create table id_blocks (kind text primary key not null, next ${TYPES[engine]['int']} not null)`,
    `create table chain_head (id integer primary key not null, events ${TYPES[engine]['int']} not null,
      hash ${TYPES[engine]['blob']} not null)`,
  ],
};
