import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Where Go's module proxy has it; the version is the newest that was looked at. */
const MODULE = 'github.com/letsencrypt/pebble/v2/cmd/pebble@v2.10.1';

/**
 * The Pebble that `PEBBLE` names, that of this machine, else Debian's package, else built from its source.
 * @param directory for what is built
 */
export function installPebble(directory: string): { command: string } | { missing: string } {
  const { PEBBLE } = process.env;
  if (PEBBLE !== undefined) return runs(PEBBLE) ? { command: PEBBLE } : { missing: `${PEBBLE} does not run` };
  if (runs('pebble')) return { command: 'pebble' };
  const debian = spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'pebble'], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (debian.status === 0 && runs('pebble')) return { command: 'pebble' };
  const go = spawnSync('go', ['install', MODULE], { encoding: 'utf8', env: { ...process.env, GOBIN: directory } });
  const built = join(directory, 'pebble');
  if (go.status === 0 && runs(built)) return { command: built };
  const why = [debian, go].map(({ error, stderr }) => error?.message ?? stderr.trim().split('\n').at(-1) ?? '');
  return { missing: `apt-get: ${why[0]}; go: ${why[1]}` };
}

function runs(command: string): boolean {
  return spawnSync(command, ['-version'], { timeout: 10_000 }).error === undefined;
}
