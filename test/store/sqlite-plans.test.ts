import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { mock, test } from 'node:test';
import type { Reader } from '../../src/core/store.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';

/** What the heart looks up for every order, and the index by which it must be found. */
const LOOKUPS: readonly [index: string, lookup: (reader: Reader) => Promise<unknown>][] = [
  [
    'requests_twin_key_unique',
    (reader) => reader.find('requests', { twinKey: 'a', state: ['needs-approval', 'waiting', 'issuing'] }),
  ],
  [
    'issuances_request_id_unique',
    (reader) => reader.find('issuances', { requestId: 1, state: ['prepared', 'signed'] }),
  ],
  ['certificates_request_id_unique', (reader) => reader.find('certificates', { requestId: 1 })],
  ['validations_request_id_index', (reader) => reader.find('validations', { requestId: 1 })],
  ['charges_request_id_index', (reader) => reader.find('charges', { requestId: 1 })],
  ['caa_answers_name_unique', (reader) => reader.find('caaAnswers', { name: ['a.test', 'b.test'] })],
  ['blocked_keys_spki_hash_unique', (reader) => reader.find('blockedKeys', { spkiHash: 'a' })],
  ['validations_account_id_domain_validated_at_some', (reader) => reader.reusableValidations(1, ['a.test'], 0)],
];

test('what every order looks up is found by its own index on SQLite', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'chancery-plans-'));
  const file = join(directory, 'chancery.sqlite');
  const store = await openSqliteStore(file, { now: () => 0 });
  const database = new DatabaseSync(file);
  try {
    for (const [index, lookup] of LOOKUPS) {
      const prepare = mock.method(DatabaseSync.prototype, 'prepare');
      await lookup(store);
      const text = prepare.mock.calls.at(-1)?.arguments[0] as string;
      prepare.mock.restore();
      const plan = database.prepare(`explain query plan ${text}`).all();
      assert.match(String(plan[0]?.['detail']), new RegExp(`USING INDEX ${index} `), text);
    }
  } finally {
    database.close();
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
