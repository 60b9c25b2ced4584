import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fastify, { type FastifyInstance } from 'fastify';
import { createTransport } from 'nodemailer';
import { sandboxDisabledRoutes, sandboxHeader, sandboxRoutes } from '../../src/sandbox/routes.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { askUdp, question } from './dns-client.ts';

let sandbox: Sandbox;
let app: FastifyInstance;
before(async () => {
  sandbox = await startSandbox({ clock: { now: () => 0 } });
  app = fastify();
  sandboxHeader(app);
  await app.register(sandboxRoutes, { sandbox });
});
after(async () => {
  await app.close();
  await sandbox.close();
});

const call = (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) =>
  app.inject(payload === undefined ? { method, url } : { method, url, payload });

test('records are published and taken back, and the DNS server says so', async () => {
  const record = { name: '_dnsauth.shop.example', type: 'TXT', value: 'token' };
  const answers = async () => (await askUdp(sandbox.dns, question(record.name, 'TXT'))).answers?.length;
  const published = await call('POST', '/sandbox/dns', record);
  assert.equal(published.statusCode, 204);
  assert.equal(published.body, '');
  assert.equal(await answers(), 1);
  assert.deepEqual((await call('GET', '/sandbox')).json().dns, [record]);
  assert.equal((await call('DELETE', '/sandbox/dns', record)).statusCode, 204);
  assert.equal(await answers(), 0);
});

test('files are published, and the route to the web server follows the DNS', async () => {
  const file = { host: 'files.example', path: '/a.txt', content: 'hello' };
  assert.equal((await call('POST', '/sandbox/files', file)).statusCode, 204);
  const target = sandbox.route('files.example', 80);
  assert.deepEqual(target, { address: sandbox.web.host, port: sandbox.web.port });
  assert.deepEqual((await call('GET', '/sandbox')).json().files, [file]);

  assert.equal(sandbox.route('files.example', 443), null);
  assert.equal(sandbox.route('files.dev', 80), null);
  sandbox.publishDns({ name: 'metadata.example', type: 'A', value: '169.254.169.254' });
  assert.equal(sandbox.route('metadata.example', 80), null, 'a published address is not overruled');
  sandbox.publishDns({ name: 'alias.example', type: 'CNAME', value: 'files.example' });
  assert.deepEqual(sandbox.route('alias.example', 80), target);

  assert.equal((await call('DELETE', '/sandbox/files', { host: 'files.example', path: '/a.txt' })).statusCode, 204);
  assert.deepEqual((await call('GET', '/sandbox')).json().files, []);
});

test('mails are read by recipient', async () => {
  const mail = { from: 'desk@ca.example', to: 'admin+tls@shop.example', subject: 'hi', text: 'text' };
  await createTransport({ host: sandbox.smtp.host, port: sandbox.smtp.port }).sendMail(mail);
  const expected = [{ ...mail, text: 'text\n', date: '1970-01-01T00:00:00.000Z' }];
  for (const to of ['admin%2Btls@shop.example', 'admin+tls@shop.example']) {
    assert.deepEqual((await call('GET', `/sandbox/mail?to=${to}`)).json(), { messages: expected });
  }
  assert.deepEqual((await call('GET', '/sandbox/mail?to=nobody@shop.example')).json(), { messages: [] });
});

test('bad input is a 400 that names the field', async () => {
  const good = { name: 'a.example', type: 'TXT', value: 'x' };
  const cases: [object, string][] = [
    [{ ...good, name: 'a.dev' }, 'name'],
    [{ ...good, type: 'SRV' }, 'type'],
    [{ ...good, type: 'A' }, 'value'],
    [{ ...good, value: 7 }, 'value'],
    [{ name: 'a.example', type: 'TXT' }, 'value'],
    [{ ...good, extra: 1 }, 'extra'],
  ];
  for (const [body, field] of cases) {
    const response = await call('POST', '/sandbox/dns', body);
    assert.equal(response.statusCode, 400);
    assert.equal(response.json().error, 'invalid-value');
    assert.equal(response.json().field, field, JSON.stringify(body));
    assert.ok(response.json().message.length > 5);
  }
  const broken = await app.inject({
    method: 'POST',
    url: '/sandbox/dns',
    headers: { 'content-type': 'application/json' },
    body: '{',
  });
  assert.equal(broken.statusCode, 400);
  assert.equal(broken.json().error, 'malformed-message');
  assert.equal((await app.inject({ method: 'POST', url: '/sandbox/dns' })).statusCode, 400);
});

test('a form of a foreign page publishes nothing', async () => {
  // Browsers send text/plain across origins without asking first.
  const body = JSON.stringify({ name: 'csrf.example', type: 'TXT', value: 'x' });
  const response = await app.inject({
    method: 'POST',
    url: '/sandbox/dns',
    headers: { 'content-type': 'text/plain' },
    body,
  });
  assert.equal(response.statusCode, 400);
  assert.equal(
    sandbox.published().dns.some((record) => record.name === 'csrf.example'),
    false,
  );
});

test('every answer tells that this is the sandbox', async () => {
  for (const url of ['/sandbox', '/sandbox/mail', '/nowhere', '/sandbox/dns']) {
    assert.equal((await call('GET', url)).headers['x-chancery-sandbox'], 'true', url);
  }
  assert.equal((await call('POST', '/sandbox/dns', { bad: 1 })).headers['x-chancery-sandbox'], 'true');
});

test('with sandbox mode off everything is refused', async () => {
  const real = fastify();
  await real.register(sandboxDisabledRoutes);
  real.get('/other', async () => 'ok');
  for (const [method, url] of [
    ['POST', '/sandbox/dns'],
    ['DELETE', '/sandbox/dns'],
    ['GET', '/sandbox/mail?to=a@b.example'],
    ['GET', '/sandbox'],
    ['POST', '/sandbox/files'],
  ] as const) {
    const response = await real.inject({
      method,
      url,
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    assert.equal(response.statusCode, 403, url);
    assert.equal(response.json().error, 'sandbox-off');
    assert.equal(response.headers['x-chancery-sandbox'], undefined);
  }
  assert.equal((await real.inject('/other')).statusCode, 200);
  await real.close();
});
