import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forbiddenImports } from '../../scripts/check-arrows.ts';

const targets = (file: string, source: string): string[] => forbiddenImports(file, source).map(({ target }) => target);

test('the core imports nothing but itself', () => {
  const source = "import { a } from './time.ts';\nimport type { b } from '../store/open.ts';\n";
  assert.deepEqual(forbiddenImports('core/desk.ts', source), [
    { file: 'core/desk.ts', line: 2, target: 'store/open.ts' },
  ]);
});

test('one dialect never imports another', () => {
  assert.deepEqual(targets('dialects/one/plugin.ts', "import { a } from '../two/plugin.ts';"), [
    'dialects/two/plugin.ts',
  ]);
  assert.deepEqual(targets('dialects/one/deep/file.ts', "import { a } from '../../two/errors.ts';"), [
    'dialects/two/errors.ts',
  ]);
  assert.deepEqual(targets('dialects/one/plugin.ts', "import type { Dialect } from '../dialect.ts';"), []);
  assert.deepEqual(targets('dialects/one/deep/file.ts', "import { a } from '../errors.ts';"), []);
});

test('dynamic imports and re-exports count', () => {
  assert.deepEqual(targets('pki/csr.ts', "const x = await import('../store/open.ts');"), ['store/open.ts']);
  assert.deepEqual(targets('pki/csr.ts', "export { x } from '../jobs/runner.ts';"), ['jobs/runner.ts']);
});

test('only the places of assembly import everything, and nobody imports the command line', () => {
  assert.deepEqual(targets('server.ts', "import { x } from './dialects/one/plugin.ts';"), []);
  assert.deepEqual(targets('server.ts', "import { x } from './cli/main.ts';"), ['cli/main.ts']);
  assert.deepEqual(targets('store/open.ts', "import { x } from '../server.ts';"), ['server.ts']);
});
