import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { after, before, test } from 'node:test';
import { DeskError } from '../../src/core/errors.ts';
import { startWebServer, type WebServer } from '../../src/sandbox/web-server.ts';

let server: WebServer;
before(async () => {
  server = await startWebServer();
});
after(() => server.close());

async function get(
  host: string,
  path: string,
  method = 'GET',
  at: WebServer = server,
): Promise<{ status: number; body: string }> {
  const call = request({ host: at.host, port: at.port, path, method, agent: false, headers: { host } });
  call.end();
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  const chunks = await response.toArray();
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() };
}

test('a published file is served under its host and path only', async () => {
  const path = '/.well-known/pki-validation/fileauth.txt';
  server.publish({ host: 'Shop.Example', path, content: 'täglich\n' });
  assert.deepEqual(await get('shop.example', path), { status: 200, body: 'täglich\n' });
  assert.deepEqual(await get('SHOP.example:80', `${path}?x=1`), { status: 200, body: 'täglich\n' });
  assert.deepEqual(await get('shop.example', path, 'HEAD'), { status: 200, body: '' });
  assert.equal((await get('other.example', path)).status, 404);
  assert.equal((await get('shop.example', `${path}x`)).status, 404);
  assert.equal((await get('shop.example', path, 'POST')).status, 405);

  server.publish({ host: 'shop.example', path, content: 'new' });
  assert.equal((await get('shop.example', path)).body, 'new');
  server.remove('shop.example', path);
  assert.equal((await get('shop.example', path)).status, 404);
});

test('what nobody published is asked of the lookup, for reserved names alone', async () => {
  const asked: string[] = [];
  const errors: Error[] = [];
  const hosted = await startWebServer({
    lookup: async (host, path) => {
      asked.push(`${host}${path}`);
      if (path === '/broken') throw new Error('no database');
      return path === '/answer' ? 'from the record' : null;
    },
    onError: (error) => errors.push(error),
  });
  try {
    const from = (host: string, path: string, method?: string) => get(host, path, method, hosted);
    assert.deepEqual(await from('Shop.test:80', '/answer?x'), { status: 200, body: 'from the record' });
    assert.equal((await from('shop.test', '/other')).status, 404);
    assert.equal((await from('shop.dev', '/answer')).status, 404);
    assert.equal((await from('shop.test', '/answer', 'POST')).status, 405);
    hosted.publish({ host: 'shop.test', path: '/answer', content: 'published' });
    assert.equal((await from('shop.test', '/answer')).body, 'published');
    assert.equal((await from('shop.test', '/broken')).status, 500);
    assert.deepEqual(asked, ['shop.test/answer', 'shop.test/other', 'shop.test/broken']);
    assert.deepEqual(
      errors.map(({ message }) => message),
      ['no database'],
    );
  } finally {
    await hosted.close();
  }
});

test('only reserved hosts and paths as clients send them are published', () => {
  const refused = (field: string) => (error: unknown) => error instanceof DeskError && error.field === field;
  for (const host of ['chancery.dev', '', 'a b.example', '127.0.0.1']) {
    assert.throws(() => server.publish({ host, path: '/a', content: '' }), refused('host'), host);
  }
  for (const path of ['', 'a', '/../a', '/a b', '/a?b', '/a#b', '//a', '/\r\n', `/${'a'.repeat(2_048)}`]) {
    assert.throws(() => server.publish({ host: 'a.example', path, content: '' }), refused('path'), path);
  }
  assert.throws(
    () => server.publish({ host: 'a.example', path: '/a', content: 'x'.repeat(65_537) }),
    refused('content'),
  );
});

test('the number of files is bounded', async () => {
  const small = await startWebServer();
  for (let n = 0; n < 1_000; n += 1) small.publish({ host: 'a.example', path: `/${n}`, content: '' });
  assert.throws(() => small.publish({ host: 'a.example', path: '/more', content: '' }), { kind: 'conflict' });
  small.publish({ host: 'a.example', path: '/1', content: 'replaced' });
  assert.equal(small.files().length, 1_000);
  await small.close();
});
