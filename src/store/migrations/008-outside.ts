import type { Migration } from '../migrate.ts';
import { createIndex, createTable } from './001-records.ts';

const TABLES: Readonly<Record<string, string>> = {
  challenge_answers: 'kind:text name:text path:text value:text created_at:int expires_at:int',
  acme_accounts:
    'issuer:text directory_url:text account_url:text? encrypted_key:blob encrypted_next_key:blob? created_at:int ' +
    'retired_at:int?',
  outside_chains: 'issuer:text fingerprint:text pem:text created_at:int',
  renewal_hints:
    'account_id:int issuer:text renew_from:int window_start:int? window_end:int? explanation_url:text? checked_at:int check_again_at:int',
  issuer_uses: 'issuer:text bucket:text number:int at:int expires_at:int',
};

const UNIQUE = [
  'challenge_answers: kind name path value',
  'acme_accounts: issuer directory_url where retired_at is null',
  'outside_chains: fingerprint',
  'issuer_uses: issuer bucket number',
];

const LOOKUPS = [
  'challenge_answers: expires_at',
  'renewal_hints: check_again_at',
  'renewal_hints: renew_from',
  'issuer_uses: expires_at',
];

/** What outside issuers need: answers to their challenges, accounts, chains, hints and counts. */
export const outside: Migration = {
  id: 8,
  name: 'outside',
  statements: (engine) => [
    ...Object.entries(TABLES).map(([name, columns]) => createTable(engine, name, columns)),
    ...UNIQUE.map((line) => createIndex(engine, line, true)),
    ...LOOKUPS.map((line) => createIndex(engine, line, false)),
  ],
};
