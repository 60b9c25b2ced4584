import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs `openssl` and returns its standard output. Fails with its standard error in the message. */
export function openssl(args: readonly string[], input?: string | Uint8Array, cwd?: string): Buffer {
  return execFileSync('openssl', args, {
    input: input ?? '',
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    maxBuffer: 64 << 20,
  });
}

/** Runs `work` with a directory that is gone afterwards. */
export function inTemporaryDirectory<T>(work: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'chancery-pki-'));
  try {
    return work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A request made by `openssl req -new`, PEM. `key` are arguments such as `-newkey rsa:2048`. */
export function opensslRequest(key: readonly string[], subject: string, ...more: string[]): string {
  const args = ['req', '-new', ...key, '-nodes', '-keyout', '/dev/null', '-subj', subject, '-utf8', ...more];
  return openssl(args).toString('utf8');
}

export const P256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] as const;
