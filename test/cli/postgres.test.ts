import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import pino from 'pino';
import { loadConfig } from '../../src/config/load.ts';
import { startServer } from '../../src/server.ts';
import { createPlaces } from '../support/crash-places.ts';

const places = createPlaces();
const { directory: folder, databaseUrl = '' } = await places.make('postgres');
after(() => places.remove());

const secrets = { DATABASE_URL: databaseUrl, CHANCERY_PASSPHRASE: 'correct horse battery' };

function chancery(args: readonly string[], directory: string): { code: number | null; out: string; err: string } {
  const ran = spawnSync(process.execPath, ['bin/chancery', ...args, '--data', directory], {
    encoding: 'utf8',
    env: { ...process.env, ...secrets },
  });
  return { code: ran.status, out: ran.stdout, err: ran.stderr };
}

// The key is a passphrase: credentials.json is all that init leaves there.
test('init makes the data directory, and no command makes another one where it is mistyped', () => {
  const data = join(folder, 'data');
  assert.equal(chancery(['init'], data).code, 0);
  assert.ok(existsSync(join(data, 'credentials.json')));
  const mistyped = join(folder, 'dta');
  const file = join(folder, 'whole.backup');
  const commands = [
    ['accounts', 'list'],
    ['orders', 'list'],
    ['ca', 'show'],
    ['doctor'],
    ['accounts', 'create', 'acme'],
    ['migrate'],
    ['backup', '--out', file],
  ];
  for (const args of commands) {
    const { code, err } = chancery(args, mistyped);
    assert.deepEqual([code, existsSync(mistyped)], [0, false], `${args.join(' ')}: ${err}`);
  }
  assert.match(chancery(['accounts', 'list'], mistyped).out, /^demo .*\nacme /m);
});

test('serving makes the data directory', async () => {
  const data = join(folder, 'served');
  const config = loadConfig({ data, listen: '127.0.0.1:0', environment: secrets });
  const server = await startServer(config, pino({ level: 'silent' }));
  await server.close();
  assert.equal(statSync(data).mode & 0o777, 0o700);
});
