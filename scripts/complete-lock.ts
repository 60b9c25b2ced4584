import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Completes package-lock.json after `npm install` against a registry mirror that lacks packages of other platforms:
 * npm leaves them out there, and `npm ci` then refuses the whole lock file. Each missing optional package is entered
 * with the exact version that its parent names, and with the platform that its name tells, so that no other platform
 * asks for it. Run: node scripts/complete-lock.ts
 */

interface LockEntry {
  version?: string;
  optional?: boolean;
  dev?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, LockEntry> };
const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32', 'wasi'];
const PROCESSORS = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'wasm32'];

for (const parent of Object.values({ ...lock.packages })) {
  for (const [name, range] of Object.entries(parent.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    const version = /^[~^]?(\d+\.\d+\.\d+.*)$/.exec(range)?.[1];
    if (path in lock.packages || version === undefined) continue;
    const os = SYSTEMS.filter((system) => name.includes(system));
    const cpu = PROCESSORS.filter((processor) => name.includes(processor)).slice(0, 1);
    // A name without a platform, or for this one, would be asked for: it must come from the registry itself.
    if (os.length === 0) throw new Error(`${name} tells no platform; install it by name`);
    const libc = name.includes('musl') ? { libc: ['musl'] } : {};
    const only = { os, ...(cpu.length > 0 ? { cpu } : {}), ...libc };
    lock.packages[path] = { version, ...(parent.dev ? { dev: true } : {}), optional: true, ...only };
    console.log(`entered ${name}@${version}`);
  }
}

lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([left], [right]) => (left < right ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
