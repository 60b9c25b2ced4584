import { readFileSync, globSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';

/**
 * Holds the arrows between the folders of `src`: which folder may import from which other. Every folder may import
 * from itself. A folder that is not listed here is an error, so that a new one gets its place in the picture.
 */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  pki: ['core'],
  http: ['core'],
  config: ['core'],
  secrets: ['core'],
  store: ['core', 'pki'],
  workers: ['core', 'pki'],
  validation: ['core', 'pki'],
  responders: ['core', 'pki', 'validation'],
  issuers: ['core', 'pki', 'secrets', 'workers'],
  jobs: ['core', 'pki'],
  notify: ['core', 'pki', 'http', 'secrets', 'validation'],
  sandbox: ['core', 'pki'],
  admin: ['core', 'pki', 'http'],
  'dialects/dialect.ts': ['core'],
  'dialects/*': ['core', 'pki', 'http', 'dialects/dialect.ts'],
  serve: ['*'],
  cli: ['*'],
  'server.ts': ['*'],
};

export interface Crossing {
  file: string;
  line: number;
  target: string;
}

/** The imports of one file that cross a border without an arrow. `file` is relative to `src`, with slashes. */
export function forbiddenImports(file: string, source: string): Crossing[] {
  const from = place(file);
  const allowed = ARROWS[rule(from)] ?? [];
  const crossings: Crossing[] = [];
  for (const match of source.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)) {
    const target = normalize(join(dirname(file), match[1] ?? ''))
      .split(sep)
      .join('/');
    const to = place(target);
    if (to === from || allowed.includes(to)) continue;
    if (allowed.includes('*') && (to !== 'cli' || from === 'cli')) continue;
    crossings.push({ file, line: source.slice(0, match.index).split('\n').length, target });
  }
  return crossings;
}

/** The folder that a file counts to: one for each dialect and each issuer's family, the file itself at the top. */
function place(file: string): string {
  const parts = file.split('/');
  return parts[0] === 'dialects' ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}

function rule(from: string): string {
  if (from in ARROWS) return from;
  return from.startsWith('dialects/') ? 'dialects/*' : from;
}

function main(): void {
  const files = globSync('**/*.ts', { cwd: 'src' }).map((file) => file.split(sep).join('/'));
  const unplaced = [...new Set(files.map(place))].filter((folder) => ARROWS[rule(folder)] === undefined);
  for (const folder of unplaced) console.error(`src/${folder}: give this folder its arrows in scripts/check-arrows.ts`);
  const crossings = files.flatMap((file) => forbiddenImports(file, readFileSync(join('src', file), 'utf8')));
  for (const { file, line, target } of crossings) {
    console.error(`src/${file}:${line}: ${place(file)} must not import src/${target}`);
  }
  if (unplaced.length + crossings.length > 0) process.exitCode = 1;
}

if (import.meta.main) main();
