import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { faultsOf } from '../support/crash-books.ts';
import { call, makeCsr, type Reply, type Target } from '../support/crash-client.ts';
import { nothingSeen, startLoad } from '../support/crash-load.ts';
import { createPlaces, newSeed, query, randomFrom, withStore } from '../support/crash-places.ts';
import { end, finish, targetOf } from '../support/crash-rounds.ts';
import { killAll, spawnServer } from '../support/server-process.ts';
import { setTimeout as pause } from 'node:timers/promises';

const NIGHTLY = process.env['CHANCERY_NIGHTLY'] === '1';
const GROUPS = NIGHTLY ? 100 : 10;
/** Orders placed at the same moment, each fourth of them twice. */
const AT_ONCE = 12;

const places = createPlaces();
after(() => killAll());
after(() => places.remove());

function order(target: Target, domain: string, csr: string): Promise<Reply> {
  const body = { customer: target.customer, product: 'ssl_chancery_dv', period: 12, csr };
  return call(target, 'POST', '/v2/ssl/certificates', body);
}

for (const engine of ['sqlite', 'postgres'] as const) {
  test(`${engine}: orders that fail take none of those with them that share their commit`, async () => {
    const place = await places.make(engine);
    const server = spawnServer(place);
    const target = await targetOf(server);
    const seen = nothingSeen();
    let twins = 0;
    for (let group = 0; group < GROUPS; group += 1) {
      const asks = Array.from({ length: AT_ONCE }, (_, number) => {
        const domain = `group${group}-${number}.example`;
        return { domain, csr: makeCsr(domain), twice: number % 4 === 0 };
      });
      const replies = await Promise.all(
        asks.map(async ({ domain, csr, twice }) => {
          const both = await Promise.all(Array.from({ length: twice ? 3 : 1 }, () => order(target, domain, csr)));
          return { domain, twice, both };
        }),
      );
      for (const { domain, twice, both } of replies) {
        const good = both.filter(({ status }) => status === 202);
        assert.equal(good.length, 1, both.map(({ status, text }) => `${status} ${text}`).join('\n'));
        for (const reply of both.filter((one) => !good.includes(one))) {
          assert.ok(twice && reply.json.type === 'ObjectExists' && reply.status < 500, reply.text);
          twins += 1;
        }
        const processId = good[0]?.processId ?? 0;
        seen.placed.set(processId, { kind: 'new', status: 202, domain, records: null });
      }
    }
    await finish(place, [target], seen);
    await end(server);
    assert.deepEqual(await withStore(place, (store) => faultsOf(store, seen)), []);
    const placed = await withStore(place, (store) => store.find('requests', {}));
    assert.equal(placed.length, GROUPS * AT_ONCE, 'a refused order leaves nothing');
    assert.equal(twins, GROUPS * (AT_ONCE / 4) * 2);
  });
}

test('a server whose connections to PostgreSQL are cut loses no order and signs none twice', async (t) => {
  const seed = newSeed();
  t.diagnostic(`CHANCERY_SEED=${seed}`);
  const random = randomFrom(seed);
  const place = await places.make('postgres');
  const server = spawnServer(place);
  const target = await targetOf(server);
  const seen = nothingSeen();
  const load = startLoad({ targets: () => [target], seen, random, workers: 12, mayFail: true });
  for (let cut = 0; cut < (NIGHTLY ? 100 : 8); cut += 1) {
    await pause(random() * 400);
    await query(place.databaseUrl ?? '', CUT);
  }
  await load.stop();
  await finish(place, [target], seen);
  const reply = await order(target, 'after.example', makeCsr('after.example'));
  assert.equal(reply.status, 202, reply.text);
  await end(server);
  assert.deepEqual(await withStore(place, (store) => faultsOf(store, seen)), [], `seed ${seed}`);
  t.diagnostic(`${seen.placed.size} requests, ${seen.unanswered} without a good answer`);
  assert.ok(seen.certificates.size > 0 && seen.unanswered > 0);
});

const CUT = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid()`;
