import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { configurationReference } from '../src/config/reference.ts';

/** Writes the pages that are made from the code; with `--check` only says which differ from it. */
const PAGES: Readonly<Record<string, () => string>> = {
  'docs/configuration.md': configurationReference,
};

const check = process.argv.includes('--check');
for (const [path, make] of Object.entries(PAGES)) {
  const fresh = make();
  const stored = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (stored === fresh) continue;
  if (!check) writeFileSync(path, fresh);
  console.log(check ? `${path} is not what the code says: run npm run generate` : `wrote ${path}`);
  if (check) process.exitCode = 1;
}
