import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fastify } from 'fastify';
import fc from 'fast-check';
import { docsRoutes } from '../../src/http/docs.ts';
import { healthRoutes } from '../../src/http/health.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { escapeText } from '../../src/http/form-pages.ts';

test('ready only where every check passes, and why not stays in the log', async () => {
  const app = fastify();
  let broken = false;
  healthRoutes(app, {
    database: async () => {
      if (broken) throw new Error('password of the database');
    },
    ca: async () => undefined,
  });
  const good = await app.inject('/readyz');
  assert.equal(good.statusCode, 200);
  assert.deepEqual(good.json(), { status: 'ready', checks: { database: 'ok', ca: 'ok' } });
  broken = true;
  const bad = await app.inject('/readyz');
  assert.equal(bad.statusCode, 503);
  assert.deepEqual(bad.json(), { status: 'not-ready', checks: { database: 'failed', ca: 'ok' } });
  assert.equal((await app.inject('/healthz')).statusCode, 200);
});

test('the documents of every API are served and listed', async () => {
  const app = fastify();
  docsRoutes(app, [{ name: 'one', openApi: () => ({ openapi: '3.1.0' }) }]);
  assert.deepEqual((await app.inject('/docs/one')).json(), { openapi: '3.1.0' });
  assert.equal((await app.inject('/docs/two')).statusCode, 404);
  const list = await app.inject('/docs');
  assert.match(list.body, /<a href="\/docs\/one">/);
  assert.match(String(list.headers['content-security-policy']), /default-src 'none'/);
  assert.equal((await app.inject('/')).statusCode, 200);
});

test('requests are counted by route template, unknown paths together', async () => {
  const metrics = createMetrics({ process: false });
  const app = fastify();
  metrics.observe(app, 'one');
  app.get('/things/:id', async () => 'x');
  for (const url of ['/things/1', '/things/2', '/nowhere/1', '/nowhere/2']) await app.inject(url);
  metrics.asked('new', 'one', 'issued');
  metrics.gauge('chancery_test', 'A test', async () => 42);
  const text = await metrics.text();
  assert.match(text, /duration_seconds_count\{part="one",method="GET",route="\/things\/:id",status="200"\} 2/);
  assert.match(text, /duration_seconds_count\{part="one",method="GET",route="none",status="404"\} 2/);
  assert.match(text, /chancery_requests_total\{kind="new",dialect="one",outcome="issued"\} 1/);
  assert.match(text, /chancery_test 42/);
  assert.ok(!text.includes('/things/1'));
});

test('text cannot become markup', () => {
  assert.equal(escapeText(`<a b="c" d='e'>&`), '&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => !/[<>"']|&(?!(amp|lt|gt|quot|#39);)/.test(escapeText(text))),
  );
});
