import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpanel } from '../../src/dialects/cpanel/plugin.ts';
import { digicert } from '../../src/dialects/digicert/plugin.ts';
import { realtimeRegister } from '../../src/dialects/realtime-register/plugin.ts';
import { wpEngine } from '../../src/dialects/wp-engine/plugin.ts';
import { createTestDesk } from '../support/desk.ts';
import { forEachStore } from '../support/stores.ts';

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

/** A call of each API that asks the database who it is. */
const CALLS = [
  { dialect: realtimeRegister, url: '/v2/ssl/products', headers: { authorization: 'ApiKey any' } },
  { dialect: digicert, url: '/services/v2/user/me', headers: { 'x-dc-devkey': 'any' } },
  {
    dialect: cpanel,
    url: '/execute/Market/get_all_products',
    headers: { authorization: `cpanel acme:${'A'.repeat(32)}` },
  },
  { dialect: wpEngine, url: '/v1/accounts', headers: { authorization: basic('me:any') } },
];

forEachStore((open) => {
  for (const { dialect, url, headers } of CALLS) {
    test(`${dialect.name}: what breaks is found in the log by the id that the answer shows`, async () => {
      const lines: string[] = [];
      const desk = await createTestDesk(await open(), dialect, { lines });
      desk.store.find = () => Promise.reject(new Error('The disk has gone'));
      const answer = await desk.app.inject({ url, headers });
      assert.equal(answer.statusCode, 500);
      assert.ok(!answer.body.includes('disk'));
      const told = lines.map((line) => JSON.parse(line) as { reqId?: string; err?: { message: string } });
      assert.deepEqual(
        told.map(({ reqId, err }) => [reqId, err?.message]),
        [[answer.headers['x-request-id'], 'The disk has gone']],
      );
    });
  }
});
