import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { runDns } from './dns/run.ts';
import {
  type Install,
  installForBrowser,
  installNpm,
  installPython3,
  installTarget,
  type Runnable,
} from './install.ts';
import { runPebble } from './pebble/run.ts';
import { createReport } from './report.ts';

/**
 * Runs programs that others published against ours: clients against a live server of the sandbox, then DNS tools and
 * servers, and the ACME CA Pebble: `npm run test:peers`. What cannot be
 * installed here is named and skipped. Not part of `npm test`: it installs packages by name from their registry.
 */

interface Peer {
  /** As the registry has it, with its version. */
  package: string;
  /** Ours: calls the package and prints `ok WHAT` or `not ok WHAT: WHY`, a line for each call. */
  program: string;
  install: Install;
}

const PEERS: readonly Peer[] = [
  { package: 'certmesh==3.0.38', program: 'certmesh-calls.py', install: installPython3 },
  // Of 2015, for Python 2.
  { package: 'digicert-client==1.1.5', program: 'digicert-client-calls.py', install: installTarget('python2.7') },
  { package: 'aiocpanel==0.1.0', program: 'aiocpanel-calls.py', install: installPython3 },
  { package: 'cpanel-api==0.3.0', program: 'cpanel-api-calls.py', install: installPython3 },
  { package: 'cpanel-api==0.3.0', program: 'cpanel-market-calls.py', install: installPython3 },
  // With certbot, which it is a plugin of.
  { package: 'certbot-dns-cpanel==0.4.0', program: 'certbot-dns-cpanel-calls.py', install: installPython3 },
  {
    package: '@elasticapi/wpengine-typescript-sdk@0.0.3',
    program: 'wpengine-sdk-calls.mjs',
    install: installNpm,
  },
  // No client: walks the pages of the shop as people do.
  { package: 'puppeteer-core@25.16.0 axe-core@4.14.1', program: 'market-pages.mjs', install: installForBrowser },
];

/** Clients that were run by hand: whole applications, or in no registry that every machine of ours reaches. */
const BY_HAND = [
  'Netflix/lemur, plugin lemur_digicert',
  'sapcc/go-certcentral',
  'grindsa/acme2certifier, handler digicert',
  'riboseinc/digicert',
  'myklst/terraform-provider-st-digicert',
  'JupiterOne/graph-digicert',
  'CpanelInc/cpanel-node-api',
  'jpollock/local-wpe-mcp-addon',
] as const;

/** Milliseconds for all calls of one client. */
const LONGEST_RUN = 180_000;

const directory = mkdtempSync(join(tmpdir(), 'chancery-peers-'));
const data = join(directory, 'data');
const report = createReport();
const { server, url } = await start();
try {
  for (const peer of PEERS) run(peer);
  for (const name of BY_HAND) report.skip(name, 'not installed here, it was run by hand');
} finally {
  if (server.exitCode === null) {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
}
await runDns(directory, report);
await runPebble(directory, report);
rmSync(directory, { recursive: true });
const { counts } = report;
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
if (counts.failed > 0 || counts.passed === 0) process.exitCode = 1;

async function start(): Promise<{ server: ChildProcess; url: string }> {
  const args = [resolve('bin/chancery'), 'serve', '--listen', '127.0.0.1:0', '--data', data];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const found = /^listening on (http:\S+)$/.exec(line)?.[1];
    if (found !== undefined) return { server: child, url: found };
  }
  throw new Error(`the server ended with ${child.exitCode} before it served`);
}

function run(peer: Peer): void {
  console.log(`# ${peer.package}`);
  const runnable = peer.install(peer.package, join(directory, peer.program));
  if ('missing' in runnable) return report.skip(peer.package, runnable.missing);
  const lines = call(peer, runnable);
  for (const line of lines) {
    if (line.startsWith('ok ')) report.ok(line.slice(3));
    else if (line.startsWith('not ok ')) report.notOk(line.slice(7));
    else console.log(line);
  }
}

/** The lines that our program printed; one more where it did not come to its end. */
function call({ package: name, program }: Peer, { command, environment }: Runnable): string[] {
  const { digicert, cpanel } = JSON.parse(readFileSync(join(data, 'credentials.json'), 'utf8')) as {
    digicert: { apiKey: string; organizationId: number; readyDomain: string };
    cpanel: { user: string; token: string; password: string };
  };
  const env = {
    PATH: process.env.PATH,
    ...environment,
    PYTHONDONTWRITEBYTECODE: '1',
    CHANCERY_URL: url,
    CHANCERY_CREDENTIALS: join(data, 'credentials.json'),
    CHANCERY_KEY: digicert.apiKey,
    CHANCERY_ORGANIZATION: String(digicert.organizationId),
    CHANCERY_DOMAIN: digicert.readyDomain,
    CHANCERY_CPANEL_USER: cpanel.user,
    CHANCERY_CPANEL_TOKEN: cpanel.token,
    CHANCERY_CPANEL_PASSWORD: cpanel.password,
  };
  const args = [join(import.meta.dirname, program)];
  const { stdout, stderr, status } = spawnSync(command, args, { env, encoding: 'utf8', timeout: LONGEST_RUN });
  const lines = stdout.split('\n').filter((line) => line !== '');
  if (status !== 0) lines.push(`not ok ${name} ended with ${status}: ${stderr.trim().slice(-2000)}`);
  return lines;
}
