import type { Measure } from './measure.ts';
import { measure } from './measure.ts';
import { prepareOrders } from './orders.ts';
import { serve } from './served.ts';

const ORDERS = 100_000;
const STEP = 20_000;

/** Memory of the server: idle, and as it issues certificates, on SQLite. */
export async function benchMemory(log: (line: string) => void): Promise<Measure[]> {
  const served = await serve();
  try {
    const idle = served.memory();
    const bench = await prepareOrders(served);
    const seen: number[] = [];
    for (let done = 0; done < ORDERS; done += STEP) {
      await bench.run(32, STEP, 'known');
      seen.push(served.memory() / 1e6);
      log(`${done + STEP} orders: ${Math.round(seen.at(-1) ?? 0)} MB`);
    }
    return [
      measure('SQLite: memory idle', 'MB', [idle / 1e6]),
      measure(`SQLite: memory while ${ORDERS.toLocaleString('en-US')} orders are issued`, 'MB', seen),
      measure(`SQLite: memory after them`, 'MB', [seen.at(-1) ?? Number.NaN]),
    ];
  } finally {
    await served.stop();
  }
}
