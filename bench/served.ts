import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../bin/chancery', import.meta.url));

/** Sandbox with an account that can pay for everything, and without limits of the caller. */
const CONFIGURATION = `
[sandbox]
enabled = true
[accounts]
startBalance = 900000000
[rateLimits]
perSecond = 0
vendorLimits = false
[log]
level = "warn"
`;

/** A server of our own in a process of its own, as a user starts it. */
export interface Served {
  url: string;
  port: number;
  pid: number;
  data: string;
  apiKey: string;
  customer: string;
  digicert: { apiKey: string; organizationId: number; readyDomain: string };
  /** Seconds of processor time that all its threads have used. */
  cpu(): number;
  /** Resident memory, bytes. */
  memory(): number;
  /** Units of work that the store ran, and the commits that they shared. */
  store(): Promise<{ units: number; commits: number }>;
  stop(): Promise<void>;
}

export interface ServeOptions {
  databaseUrl?: string;
  /** An existing data directory, kept at the end; by default a new one that is removed. */
  data?: string;
  /** Further lines of configuration (TOML). */
  configuration?: string;
  /** Flags for Node, such as `--cpu-prof`. */
  flags?: readonly string[];
}

/** Starts `chancery serve` and resolves when it serves. */
export async function serve(options: ServeOptions = {}): Promise<Served> {
  const { flags = [], configuration = '' } = options;
  const scratch = mkdtempSync(join(tmpdir(), 'chancery-bench-'));
  const data = options.data ?? join(scratch, 'data');
  const file = join(scratch, 'chancery.toml');
  writeFileSync(file, `${CONFIGURATION}${configuration}`);
  const { DATABASE_URL: _, ...environment } = process.env;
  if (options.databaseUrl !== undefined) environment['DATABASE_URL'] = options.databaseUrl;
  const child = spawn(
    process.execPath,
    [...flags, PROGRAM, 'serve', '--listen', '127.0.0.1:0', '--data', data, '--config', file],
    { stdio: ['ignore', 'pipe', 'inherit'], env: environment },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('listening on ')) resolve(line.slice('listening on '.length));
    });
    child.once('error', reject).once('close', (code) => reject(new Error(`The server ended with ${code}`)));
  });
  const credentials = JSON.parse(readFileSync(join(data, 'credentials.json'), 'utf8')) as {
    realtimeRegister: { apiKey: string; customer: string };
    digicert: Served['digicert'];
  };
  const pid = child.pid as number;
  return {
    url,
    port: Number(new URL(url).port),
    pid,
    data,
    ...credentials.realtimeRegister,
    digicert: credentials.digicert,
    cpu: () => cpuOf(pid),
    memory: () => memoryOf(pid),
    store: () => storeOf(url),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** Ticks of /proc are hundredths of a second on every Linux that Node runs on. */
function cpuOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function memoryOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;
}

async function storeOf(url: string): Promise<{ units: number; commits: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  return { units: value('chancery_store_units'), commits: value('chancery_store_commits') };
}
