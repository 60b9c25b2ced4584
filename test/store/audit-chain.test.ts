import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { test } from 'node:test';
import pg from 'pg';
import { canonicalJson, verifyAuditChain } from '../../src/store/audit-chain.ts';
import type { ChanceryStore } from '../../src/store/open.ts';
import { forEachStore, type StorePlace } from '../support/stores.ts';

/** What someone with access to the database does behind the desk's back. */
async function tamper({ url, directory }: StorePlace, statement: string): Promise<void> {
  if (url === undefined) {
    const database = new DatabaseSync(join(directory, 'chancery.sqlite'));
    database.exec(statement);
    return database.close();
  }
  const client = new pg.Client(url);
  await client.connect();
  await client.query(statement);
  await client.end();
}

function append(store: ChanceryStore, n: number): Promise<void> {
  const details = { b: [1, { z: undefined, y: 'ü"\u2028' }], a: null, n };
  return store.transact(async (unit) =>
    unit.audit({
      at: n,
      actor: 'acme/ada',
      accountId: n % 2 === 0 ? null : 7,
      action: 'test',
      target: `t:${n}`,
      details,
    }),
  );
}

test('canonical JSON: members sorted, no spaces, nothing undefined', () => {
  assert.equal(
    canonicalJson({ b: 1, a: [true, null, 'x'], c: { e: undefined, d: {} } }),
    '{"a":[true,null,"x"],"b":1,"c":{"d":{}}}',
  );
});

forEachStore((open) => {
  test('an untouched chain verifies, also an empty one, and one written by two stores', async () => {
    const store = await open();
    assert.deepEqual(await verifyAuditChain(store), { events: 0, brokenAt: null });
    const other = await open.again(store);
    await Promise.all(Array.from({ length: 60 }, (_, i) => append(i % 3 === 0 ? other : store, i)));
    assert.deepEqual(await verifyAuditChain(store), { events: 60, brokenAt: null });
    const events = await store.find('auditEvents', {});
    assert.deepEqual(
      events.map(({ id }) => id),
      Array.from({ length: 60 }, (_, i) => i + 1),
    );
    assert.deepEqual(events[0]?.details, { b: [1, { y: 'ü"\u2028' }], a: null, n: events[0]?.at });
  });

  const attacks: [string, string, number, number][] = [
    ['a changed detail', `update audit_events set details = '{}' where id = 5`, 4, 5],
    ['a changed moment', 'update audit_events set at = at + 1 where id = 1', 0, 1],
    ['a removed event', 'delete from audit_events where id = 3', 2, 3],
    ['a removed end', 'delete from audit_events where id > 7', 7, 8],
    ['an emptied table', 'delete from audit_events', 0, 1],
    ['a head set back', 'update chain_head set events = 8', 8, 9],
  ];
  for (const [name, statement, events, brokenAt] of attacks) {
    test(`${name} is noticed`, async () => {
      const store = await open();
      for (let n = 1; n <= 10; n += 1) await append(store, n);
      await tamper(open.place(store), statement);
      assert.deepEqual(await verifyAuditChain(store), { events, brokenAt });
    });
  }
});
