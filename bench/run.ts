import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { styleText } from 'node:util';
import { readCsr } from '../src/pki/csr.ts';
import { makeCsrs } from './csrs.ts';
import { benchDigicertLists, benchDigicertOrders } from './digicert.ts';
import { benchLists } from './list-calls.ts';
import { type Measure, perSecond, table } from './measure.ts';
import { benchMemory } from './memory.ts';
import { benchOrders } from './orders.ts';
import { benchSign } from './sign.ts';

/**
 * `npm run bench` measures everything and prints a table in Markdown; `npm run bench -- sign sqlite` only these parts.
 */
const MILLION = 1_000_000;

const PARTS: Readonly<Record<string, () => Promise<Measure[]>>> = {
  sign: async () => [...(await benchSign()), ...benchCsr()],
  sqlite: () => benchOrders('SQLite', log),
  postgres: () => benchOrders('PostgreSQL', log),
  memory: () => benchMemory(log),
  lists: () => benchLists('SQLite', MILLION, log),
  digicert: async () => [
    ...(await benchDigicertOrders('SQLite', log)),
    ...(await benchDigicertLists('SQLite', MILLION, log)),
  ],
  'digicert-postgres': async () => [
    ...(await benchDigicertOrders('PostgreSQL', log)),
    ...(await benchDigicertLists('PostgreSQL', MILLION, log)),
  ],
  'lists-postgres': () => benchLists('PostgreSQL', MILLION, log),
};

/** A PKCS #10 with a P-256 key: read, checked, and its signature verified. */
function benchCsr(): Measure[] {
  const csrs = makeCsrs(256, 'speed.test');
  return [perSecond('CSR parsed and verified, P-256', 3_000, 7, (at) => readCsr(csrs[at % csrs.length] as string))];
}

function log(line: string): void {
  process.stderr.write(`${styleText('dim', line)}\n`);
}

function machine(): string {
  const [first] = cpus();
  const openssl = execFileSync('openssl', ['version'], { encoding: 'utf8' }).trim();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} × ${first?.model}, ${memory} GiB, Node ${process.version}, ${openssl}, ${new Date().toISOString()}`;
}

async function main(): Promise<void> {
  const asked = process.argv.slice(2);
  const unknown = asked.find((name) => PARTS[name] === undefined);
  if (unknown !== undefined) {
    console.error(`There is no part "${unknown}"; the parts are ${Object.keys(PARTS).join(', ')}`);
    process.exitCode = 2;
    return;
  }
  const wanted = asked.length > 0 ? asked : Object.keys(PARTS).filter((name) => !name.endsWith('-postgres'));
  console.log(`${machine()}\n`);
  const start = performance.now();
  const measures: Measure[] = [];
  for (const name of wanted) measures.push(...((await PARTS[name]?.()) ?? []));
  console.log(table(measures));
  log(`took ${Math.round((performance.now() - start) / 1_000)} s`);
}

await main();
