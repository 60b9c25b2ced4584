import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../bin/chancery', import.meta.url));

/** Where a server process keeps its data, and how it is configured. */
export interface ServerPlace {
  directory: string;
  /** PostgreSQL; absent for SQLite in the directory. */
  databaseUrl?: string;
  configFile?: string;
  passphrase?: string;
}

export interface ServerEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** `chancery serve` in a process of its own. */
export interface ServerProcess {
  place: ServerPlace;
  /** Its address, once it listens. @throws Error with its log where it ended before that */
  listening: Promise<string>;
  ended: Promise<ServerEnd>;
  signal(name: NodeJS.Signals): void;
  /** What it wrote to standard error. */
  log(): string;
}

const living = new Set<ChildProcess>();
process.once('exit', () => killAll());

/** Ends what a failed test left behind, which would keep its file from ending. */
export function killAll(): void {
  for (const child of living) child.kill('SIGKILL');
}

export function spawnServer(place: ServerPlace): ServerProcess {
  const config = place.configFile === undefined ? [] : ['--config', place.configFile];
  const serve = ['serve', '--listen', '127.0.0.1:0', '--data', place.directory, ...config];
  const child = spawn(process.execPath, [PROGRAM, ...serve], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environmentOf(place),
  });
  living.add(child);
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = new Promise<ServerEnd>((resolve) => {
    child.once('close', (code, signal) => {
      living.delete(child);
      resolve({ code, signal });
    });
  });
  const listening = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const url = /^listening on (\S+)$/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
    });
    void ended.then(({ code, signal }) => reject(new Error(`The server ended (${signal ?? code}): ${log}`)));
  });
  // Whoever kills it while it starts does not ask for its address.
  listening.catch(() => undefined);
  return { place, listening, ended, signal: (name) => child.kill(name), log: () => log };
}

/** Runs one command of the command line to its end. */
export async function runCommand(
  place: ServerPlace,
  args: readonly string[],
): Promise<ServerEnd & { output: string; errors: string }> {
  const config = place.configFile === undefined ? [] : ['--config', place.configFile];
  const child = spawn(process.execPath, [PROGRAM, ...args, '--data', place.directory, ...config], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environmentOf(place),
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, output, errors }));
  });
}

/** Nothing of the test run's own environment but the path. */
function environmentOf({ databaseUrl, passphrase }: ServerPlace): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    ...(passphrase === undefined ? {} : { CHANCERY_PASSPHRASE: passphrase }),
  };
}

/** Key and customer that the first start wrote for the Realtime Register API. */
export function credentialsOf(place: ServerPlace): { apiKey: string; customer: string } {
  const text = readFileSync(join(place.directory, 'credentials.json'), 'utf8');
  return (JSON.parse(text) as { realtimeRegister: { apiKey: string; customer: string } }).realtimeRegister;
}
