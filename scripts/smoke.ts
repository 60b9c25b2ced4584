import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * Starts a real server in an empty directory and does what the README shows, word for word: order, publish, resend,
 * download, verify with OpenSSL, order with an authKey, revoke. Then stops it and lets `doctor` look at what is left.
 */

const chancery = resolve('bin/chancery');
const readme = readFileSync('README.md', 'utf8');

/** The shell blocks of the README's flow, one after the other. */
function flow(): string {
  const section = readme.slice(readme.indexOf('<!-- The smoke test'), readme.indexOf('<!-- end of the flow -->'));
  const blocks = [...section.matchAll(/```bash\n(.*?)```/gs)].map((match) => match[1] ?? '');
  if (blocks.length < 6) throw new Error('the README has lost its flow');
  return blocks.join('\necho\n');
}

async function start(directory: string): Promise<{ server: ChildProcess; url: string }> {
  const args = [chancery, 'serve', '--listen', '127.0.0.1:0', '--data', join(directory, 'data')];
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: server.stdout as NodeJS.ReadableStream });
  for await (const line of lines) {
    const url = /^listening on (http:\S+)$/.exec(line)?.[1];
    if (url !== undefined) return { server, url };
  }
  throw new Error(`the server ended with ${server.exitCode} before it served`);
}

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(`smoke: ${what}`);
  console.log(`smoke: ${what}: ok`);
}

const directory = mkdtempSync(join(tmpdir(), 'chancery-smoke-'));
const { server, url } = await start(directory);
try {
  const script = flow().replace(/^API=.*$/m, `API=${url}`);
  const ran = spawnSync('bash', ['-euo', 'pipefail', '-c', script], { cwd: directory, encoding: 'utf8' });
  process.stdout.write(ran.stdout);
  process.stderr.write(ran.stderr);
  check(ran.status === 0, 'every command of the README succeeds');
  check(ran.stdout.includes('"dnsType"'), 'the order waits for a DNS record');
  check(/"status":\s*"COMPLETED"/.test(ran.stdout), 'the process is completed');
  check(ran.stdout.includes('shop.crt: OK'), 'OpenSSL verifies the certificate');
  check(/"certificateId":\s*\d+/.test(ran.stdout), 'an order with authKey is issued in the same call');
  check(/"status":\s*"REVOKED"/.test(ran.stdout), 'the certificate is revoked');
  check(/CN ?= ?www\.ready\.test/.test(ran.stdout), 'an order over the DigiCert API is issued in the same call');
  check(/^202$/m.test(ran.stdout), 'an order over the WP Engine API is accepted');
  check(/CN ?= ?wp\.ready\.test/.test(ran.stdout), 'its certificate is there, for its domain');
  check(/^https:\/\/panel\.test\/done\?order_status=success$/m.test(ran.stdout), 'a purchase is paid on its page');
  check(/DNS:shop\.test, DNS:www\.shop\.test/.test(ran.stdout), 'its certificate comes out of the queue');
  check(/"order_status":"issued"/.test(ran.stdout), 'check-dcv issues what has waited for its random value');
} finally {
  server.kill('SIGTERM');
}
const [code] = server.exitCode === null ? await once(server, 'exit') : [server.exitCode];
check(code === 0, 'SIGTERM ends the server cleanly');
const doctor = spawnSync(process.execPath, [chancery, 'doctor', '--data', join(directory, 'data')], {
  encoding: 'utf8',
});
process.stdout.write(doctor.stdout);
check(doctor.status === 0, 'doctor finds no fault');
rmSync(directory, { recursive: true });
