import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs `openssl` and gives its standard output. Throws where it fails. */
export function openssl(args: readonly string[], input?: Uint8Array | string): string {
  return execFileSync('openssl', args, { input: input ?? '', encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Runs `openssl` and gives both outputs and whether it succeeded. */
export function opensslResult(args: readonly string[], input?: Uint8Array | string): { ok: boolean; text: string } {
  const { status, stdout, stderr } = spawnSync('openssl', args, { input: input ?? '', encoding: 'utf8' });
  return { ok: status === 0, text: stdout + stderr };
}

/** Writes the files into a folder of their own and removes it after the work. `file(name)` gives the path. */
export async function withFiles<T>(
  files: Readonly<Record<string, Uint8Array | string>>,
  work: (file: (name: string) => string) => T | Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'chancery-openssl-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    return await work((name) => join(folder, name));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
