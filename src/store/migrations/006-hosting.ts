import type { Migration } from '../migrate.ts';
import { createIndex, createTable } from './001-records.ts';

const TABLES: Readonly<Record<string, string>> = {
  subscriber_keys:
    'account_id:int dialect:text label:text key_algorithm:text key_bits:int spki:blob spki_hash:text ' +
    'encrypted_key:blob created_at:int',
  kept_files:
    'account_id:int dialect:text type:text label:text common_name:text? names:json der:blob chain_pem:text? ' +
    'spki_hash:text fingerprint:text not_before:int? not_after:int? created_at:int',
  website_groups: 'account_id:int dialect:text uid:text name:text extra:json created_at:int',
  websites:
    'account_id:int dialect:text group_id:int? uid:text name:text certificate_pem:text? key_id:int? ' +
    'certificate_id:int? installed_at:int? extra:json created_at:int',
  hostnames:
    'account_id:int dialect:text website_id:int uid:text name:text is_primary:bool redirects_to:int? ' +
    'verification_token:text? verified_at:int? certificate_pem:text? key_id:int? certificate_id:int? ' +
    'installed_at:int? extra:json created_at:int',
};

const UNIQUE = [
  'subscriber_keys: account_id dialect spki_hash',
  'kept_files: account_id dialect fingerprint',
  'website_groups: dialect uid',
  'websites: dialect uid',
  'websites: dialect name',
  'hostnames: dialect uid',
  'hostnames: website_id name',
];

const LOOKUPS = [
  'subscriber_keys: spki_hash',
  'kept_files: account_id dialect spki_hash',
  'kept_files: account_id dialect label',
  'subscriber_keys: account_id dialect label',
  'website_groups: account_id id',
  'websites: account_id id',
  'websites: group_id where group_id is not null',
  'websites: certificate_id where certificate_id is not null',
  'hostnames: website_id id',
  'hostnames: account_id name',
  'hostnames: name',
  'hostnames: certificate_id where certificate_id is not null',
  'hostnames: key_id where key_id is not null',
  'websites: key_id where key_id is not null',
];

/** Websites of hosting platforms, with their keys and files. */
export const hosting: Migration = {
  id: 6,
  name: 'hosting',
  statements: (engine) => [
    ...Object.entries(TABLES).map(([name, columns]) => createTable(engine, name, columns)),
    ...UNIQUE.map((line) => createIndex(engine, line, true)),
    ...LOOKUPS.map((line) => createIndex(engine, line, false)),
  ],
};
