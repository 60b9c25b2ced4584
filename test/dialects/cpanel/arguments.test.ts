import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT_ARGUMENTS } from '../../../src/dialects/cpanel/account/arguments.ts';
import { MODULES } from '../../../src/dialects/cpanel/modules.ts';
import { openApi } from '../../../src/dialects/cpanel/openapi.ts';
import { SSL_ARGUMENTS } from '../../../src/dialects/cpanel/ssl/arguments.ts';
import { forEachStore } from '../../support/stores.ts';
import { openShop } from './ssl-world.ts';

const TABLES = { SSL: SSL_ARGUMENTS, ...ACCOUNT_ARGUMENTS };

test('arguments are described of functions that are served, and in the document', () => {
  const paths = openApi().paths as Record<string, { get: { parameters: { name: string; required: boolean }[] } }>;
  for (const [module, functions] of Object.entries(TABLES)) {
    for (const [func, args] of Object.entries(functions)) {
      assert.ok(Object.hasOwn(MODULES.get(module) ?? {}, func), `${module}::${func}`);
      const shown = paths[`/execute/${module}/${func}`]?.get.parameters.map(
        ({ name, required }) => `${name}${required ? '*' : ''}`,
      );
      assert.deepEqual(shown, Object.keys(args), `${module}::${func}`);
    }
  }
});

forEachStore((open) => {
  test('what is described as needed is what a function asks for first', async () => {
    const client = await openShop(await open());
    for (const [module, functions] of Object.entries(TABLES)) {
      for (const [func, args] of Object.entries(functions)) {
        const needed = Object.keys(args).filter((name) => name.endsWith('*'));
        if (needed.length === 0) continue;
        const [error] = await client.errors(`${module}::${func}`);
        const names = needed.map((name) => name.slice(0, -1));
        const hasItem = Object.hasOwn(args, 'id');
        const told = hasItem && error?.startsWith('You must provide either');
        assert.ok(
          told || names.some((name) => error === `Provide the ‘${name}’ argument.`),
          `${module}::${func} ${error}`,
        );
      }
    }
  });
});
