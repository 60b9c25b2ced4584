import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'chancery-serve-'));
after(() => rmSync(folder, { recursive: true }));

/** Starts a server; resolves with all of standard output once it serves. */
async function serve(
  name: string,
  args: readonly string[] = [],
): Promise<{ child: ChildProcess; out: string; url: string }> {
  const all = ['bin/chancery', '--listen', '127.0.0.1:0', '--data', join(folder, name), ...args];
  const env = { ...process.env, DATABASE_URL: '' };
  const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let out = '';
  for await (const chunk of child.stdout as NodeJS.ReadableStream) {
    out += String(chunk);
    const url = /^listening on (https?:\S+)$/m.exec(out)?.[1];
    if (url !== undefined && out.endsWith('\n')) return { child, out, url };
  }
  throw new Error(`no server: ${out}`);
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

test('one line says where it listens, by itself, and the curl command shown works', async () => {
  const { child, out, url } = await serve('lines');
  assert.equal(out.match(/^listening on http:\/\/127\.0\.0\.1:\d+$/gm)?.length, 1);
  const [, authorization, example] = /curl -H 'Authorization: ([^']+)' (\S+)/.exec(out) ?? [];
  assert.ok(authorization !== undefined && example !== undefined && example.startsWith(url));
  assert.equal((await fetch(example, { headers: { authorization } })).status, 200);
  child.kill('SIGTERM');
  assert.equal(await ended(child), 0);
});

test('SIGTERM waits for a running request; a second one does not', async () => {
  const { child, url } = await serve('signals');
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  const request =
    'POST /admin/v1/accounts HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{';
  socket.write(request);
  socket.on('error', () => undefined);
  // Refused before its body is read, for want of a key: an answer proves that the request had arrived.
  assert.match(String(await once(socket, 'data')), /^HTTP\/1\.1 401 /);
  const from = Date.now();
  child.kill('SIGTERM');
  assert.match(String(await once(child.stderr as NodeJS.ReadableStream, 'data')), /finishing what is running/);
  assert.equal(child.exitCode, null, 'the body of the request may still come');
  child.kill('SIGTERM');
  assert.equal(await ended(child), 1);
  assert.ok(Date.now() - from < 4_000, 'without waiting for the request');
  socket.destroy();
});

test('an address that another program has is told, and what to do', async () => {
  const { child, url } = await serve('first');
  const { host } = new URL(url);
  const second = spawn(process.execPath, ['bin/chancery', '--listen', host, '--data', join(folder, 'second')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, DATABASE_URL: '' },
  });
  let told = '';
  second.stderr.on('data', (bytes: Buffer) => (told += bytes.toString()));
  await once(second, 'close');
  assert.equal(second.exitCode, 1);
  assert.match(told, /EADDRINUSE.*; stop what listens there, or choose another address with --listen/);
  child.kill('SIGTERM');
  assert.equal(await ended(child), 0);
});

test('a server that was killed starts again on the same directory', async () => {
  const first = await serve('killed');
  first.child.kill('SIGKILL');
  await ended(first.child);
  const second = await serve('killed');
  assert.equal((await fetch(`${second.url}/readyz`)).status, 200);
  second.child.kill('SIGINT');
  assert.equal(await ended(second.child), 0);
});
