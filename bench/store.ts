import { mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_SETTINGS } from '../src/core/settings.ts';
import { openStore, type ChanceryStore, type StoreOptions } from '../src/store/open.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { writeOrder } from './order-shape.ts';

export interface WriteResult {
  ordersPerSecond: number;
  /** Milliseconds from the first write of an order to its last. */
  p50: number;
  p99: number;
  unitsPerCommit: number;
  /** Microseconds of this process per order, on all its threads. */
  cpu: number;
}

/** Writes orders for some seconds, so many at once. The account must exist. */
export async function measureWrites(
  store: ChanceryStore,
  accountId: number,
  options: { seconds: number; concurrency: number; reads: boolean },
): Promise<WriteResult> {
  const times: number[] = [];
  const before = store.stats();
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const end = start + options.seconds * 1_000;
  const worker = async (): Promise<void> => {
    for (;;) {
      const from = performance.now();
      if (from >= end) return;
      await writeOrder(store, accountId, options.reads);
      times.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, worker));
  const seconds = (performance.now() - start) / 1_000;
  const cpu = process.cpuUsage(cpuBefore);
  const after = store.stats();
  times.sort((one, other) => one - other);
  return {
    ordersPerSecond: Math.round(times.length / seconds),
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    unitsPerCommit: round((after.units - before.units) / (after.commits - before.commits)),
    cpu: Math.round((cpu.user + cpu.system) / times.length),
  };
}

export function quantile(sorted: readonly number[], share: number): number {
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
}

const round = (value: number): number => Math.round(value * 100) / 100;

/** A store in a new place, with an account that can pay. PostgreSQL runs with its own defaults for durability. */
export async function openBenchStore(
  engine: 'sqlite' | 'postgres',
  more: Partial<StoreOptions> = {},
): Promise<{ store: ChanceryStore; accountId: number; directory: string; end(): Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'chancery-bench-'));
  const server =
    engine === 'postgres' ? await startPostgres(['fsync=on', 'max_wal_size=4GB', 'shared_buffers=512MB']) : null;
  const store = await openStore({
    directory,
    ...(server === null ? {} : { url: server.url }),
    clock: { now: () => Date.now() },
    random: { bytes: (length) => new Uint8Array(randomBytes(length)) },
    ...more,
  });
  const accountId = await store.transact(async (unit) => {
    const id = unit.newId('accounts');
    const money = { balance: 1_000_000_000, reserved: 0, currency: 'EUR', settings: DEFAULT_SETTINGS };
    unit.insert('accounts', { id, handle: 'bench', name: 'bench', ...money, state: 'active', createdAt: Date.now() });
    return id;
  });
  return {
    store,
    accountId,
    directory,
    async end() {
      await store.close();
      await server?.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      engine: { type: 'string', multiple: true, default: ['sqlite', 'postgres'] },
      seconds: { type: 'string', default: '4' },
      lanes: { type: 'string', default: '2' },
      concurrency: { type: 'string', default: '32' },
    },
  });
  for (const engine of values.engine as ('sqlite' | 'postgres')[]) {
    const bench = await openBenchStore(engine, { lanes: Number(values.lanes) });
    try {
      for (const reads of [false, true]) {
        const concurrency = Number(values.concurrency);
        const result = await measureWrites(bench.store, bench.accountId, {
          seconds: Number(values.seconds),
          concurrency,
          reads,
        });
        console.log(engine, reads ? 'with reads in the units' : 'writes alone', JSON.stringify(result));
      }
    } finally {
      await bench.end();
    }
  }
}

if (import.meta.main) await main();
