import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { createUrlRule, linksOf } from '../../../src/issuers/acme/urls.ts';
import type { Answer, Endpoint } from '../../support/acme-server/script.ts';
import { createAddressGuard } from '../../../src/validation/address-guard.ts';
import { createGuardedFetch } from '../../../src/validation/guarded-fetch.ts';
import { askFor, certificateIn, drive, sqliteWorld } from './acme-world.ts';

/** A CA, or who speaks in its place, must not send the desk elsewhere (GHSA-xpmj-wjcp-6pww). */

/** A server that nobody should call. */
async function victim(t: TestContext): Promise<{ origin: string; calls: string[] }> {
  const calls: string[] = [];
  const server: Server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

type Edit = (answer: Answer, elsewhere: string) => Answer;

const inBody =
  (change: (body: Record<string, unknown>, elsewhere: string) => Record<string, unknown>): Edit =>
  (answer, elsewhere) => ({ ...answer, body: change(answer.body as Record<string, unknown>, elsewhere) });
const directory = (name: string) => inBody((body, elsewhere) => ({ ...body, [name]: `${elsewhere}/${name}` }));
const location: Edit = (answer, elsewhere) => ({
  ...answer,
  headers: { ...answer.headers, location: `${elsewhere}/it` },
});

const KINDS: readonly { kind: string; at: Endpoint; edit: Edit }[] = [
  { kind: 'newNonce', at: 'directory', edit: directory('newNonce') },
  { kind: 'newAccount', at: 'directory', edit: directory('newAccount') },
  { kind: 'newOrder', at: 'directory', edit: directory('newOrder') },
  { kind: 'revokeCert', at: 'directory', edit: directory('revokeCert') },
  { kind: 'keyChange', at: 'directory', edit: directory('keyChange') },
  { kind: 'renewalInfo', at: 'directory', edit: directory('renewalInfo') },
  { kind: 'Location of the account', at: 'new-account', edit: location },
  { kind: 'Location of the order', at: 'new-order', edit: location },
  {
    kind: 'authorization',
    at: 'order',
    edit: inBody((body, elsewhere) => ({ ...body, authorizations: [`${elsewhere}/authorization`] })),
  },
  {
    kind: 'challenge',
    at: 'authorization',
    edit: inBody((body, elsewhere) => ({
      ...body,
      challenges: (body['challenges'] as object[]).map((one) => ({ ...one, url: `${elsewhere}/challenge` })),
    })),
  },
  {
    kind: 'finalize',
    at: 'order',
    edit: inBody((body, elsewhere) => ({ ...body, finalize: `${elsewhere}/finalize` })),
  },
  {
    kind: 'certificate',
    at: 'order',
    edit: inBody((body, elsewhere) => ({ ...body, certificate: `${elsewhere}/certificate` })),
  },
];

for (const { kind, at, edit } of KINDS) {
  test(`a URL elsewhere is not followed: ${kind}`, async (t) => {
    const { ca, again, clock, parts, complaints } = await sqliteWorld(t);
    const { origin, calls } = await victim(t);
    const issuer = again({ settings: { ...parts.settings, preferredChain: 'Scripted Root 2' } });
    ca.script.rules.push({ at, trouble: { kind: 'edit', edit: (answer) => edit(answer, origin) }, times: 100_000 });
    const ended = await drive(issuer, await askFor(['a.test']), clock, undefined, 400).catch((error: Error) => error);
    assert.ok(ended instanceof Error || ended.result.kind !== 'issued');
    assert.deepEqual(calls, []);
    assert.ok(
      complaints.some(({ message }) => message.includes('not followed')),
      JSON.stringify(complaints),
    );
  });
}

test('an alternate chain elsewhere is left out', async (t) => {
  const { ca, again, clock, parts } = await sqliteWorld(t);
  const { origin, calls } = await victim(t);
  const issuer = again({ settings: { ...parts.settings, preferredChain: 'Scripted Root 2' } });
  const link = `<${origin}/chain>;rel="alternate"`;
  const edit = (answer: Answer): Answer => ({ ...answer, headers: { ...answer.headers, link } });
  ca.script.rules.push({ at: 'certificate', trouble: { kind: 'edit', edit }, times: 100 });
  certificateIn((await drive(issuer, await askFor(['a.test']), clock)).result);
  assert.deepEqual(calls, []);
});

test('a redirect is not followed, not even on the same origin', async (t) => {
  for (const at of ['directory', 'new-nonce', 'new-account', 'new-order', 'order', 'certificate'] as const) {
    const { ca, issuer, clock } = await sqliteWorld(t);
    const { origin, calls } = await victim(t);
    for (const status of [301, 302, 303, 307, 308]) {
      const answer = { status, headers: { location: `${origin}/stolen` }, body: '' };
      ca.script.rules.push({ at, trouble: { kind: 'answer', answer } });
    }
    await drive(issuer, await askFor(['a.test']), clock);
    assert.deepEqual(calls, [], at);
  }
});

test('another origin is followed where it is allowed', async (t) => {
  const { ca, again, clock, parts } = await sqliteWorld(t);
  const other = 'http://127.0.0.1:1';
  const issuer = again({ settings: { ...parts.settings, allowedOrigins: [other] } });
  ca.script.rules.push({
    at: 'directory',
    trouble: {
      kind: 'edit',
      edit: (answer) => ({ ...answer, body: { ...(answer.body as object), revokeCert: `${other}/revoke` } }),
    },
  });
  certificateIn((await drive(issuer, await askFor(['a.test']), clock)).result);
});

test('renewal information elsewhere is not asked for', async (t) => {
  const { ca, issuer, clock } = await sqliteWorld(t);
  const { origin, calls } = await victim(t);
  const certificate = certificateIn((await drive(issuer, await askFor(['a.test']), clock)).result);
  clock.at += 2 * 3_600_000;
  ca.script.rules.push({
    at: 'directory',
    trouble: { kind: 'edit', edit: (answer) => directory('renewalInfo')(answer, origin) },
  });
  await assert.rejects(async () => issuer.renewalHint?.(certificate), /Renewal information/);
  assert.deepEqual(calls, []);
});

test('which URLs pass', () => {
  const rule = createUrlRule('https://ca.test/directory', ['https://acme.ca.test']);
  for (const url of ['https://ca.test/x', 'https://CA.test/x', 'https://ca.test:443/x?y=1', 'https://acme.ca.test/z']) {
    assert.equal(rule.check(url, 'order'), new URL(url).href);
  }
  for (const url of [
    'http://ca.test/x',
    'https://ca.test:8443/x',
    'https://ca.test.evil.test/x',
    'https://evil.test/https://ca.test/',
    'https://ca.test@evil.test/x',
    'https://user:pass@ca.test/x',
    'https://user@ca.test/x',
    'https://127.0.0.1/x',
    'https://xn--c-1fa.test/x',
    'ftp://ca.test/x',
    'file:///etc/passwd',
    'javascript:alert(1)',
    '//ca.test/x',
    '/x',
    '',
    `https://ca.test/${'x'.repeat(2_100)}`,
    null,
    undefined,
    7,
    ['https://ca.test/x'],
  ]) {
    assert.throws(() => rule.check(url, 'order'), { name: 'AcmeError' }, String(url));
  }
  for (const directory of [
    'http://ca.test/directory',
    'http://127.evil.test/',
    'http://localhost/',
    'ftp://127.0.0.1/',
    'x',
  ]) {
    assert.throws(() => createUrlRule(directory), { name: 'AcmeError' }, directory);
  }
  for (const directory of ['http://127.0.0.1:4000/dir', 'http://[::1]:4000/dir']) createUrlRule(directory);
});

test('Link headers are read as RFC 8288 writes them', () => {
  const base = 'https://ca.test/cert/1';
  const header =
    '<https://ca.test/dir>;rel="index", <https://ca.test/cert/1/1>; title="a, b"; rel="alternate", </cert/1/2>;rel=alternate,<3>; REL="up alternate"';
  assert.deepEqual(linksOf(header, 'alternate', base), [
    'https://ca.test/cert/1/1',
    'https://ca.test/cert/1/2',
    'https://ca.test/cert/3',
  ]);
  assert.deepEqual(linksOf(undefined, 'alternate', base), []);
  assert.deepEqual(linksOf('nonsense; rel="alternate"', 'alternate', base), []);
});

test('TLS is checked: a CA whose server is not trusted is not asked', async (t) => {
  const { ca, again, clock } = await sqliteWorld(t, { server: { tls: true } });
  const guard = createAddressGuard({ allow: ['127.0.0.0/8', '::1/128'] });
  const untrusting = createGuardedFetch({ guard });
  const refused = await drive(again({ fetch: untrusting }), await askFor(['a.test']), clock);
  assert.equal(refused.result.kind, 'unavailable');
  assert.deepEqual(ca.seen, []);
  const trusting = createGuardedFetch({ guard, trustedCa: ca.tlsRoot as string });
  certificateIn((await drive(again({ fetch: trusting }), await askFor(['a.test']), clock)).result);
  const inside = createGuardedFetch({ guard: createAddressGuard(), trustedCa: ca.tlsRoot as string });
  const before = ca.seen.length;
  const guarded = await drive(again({ fetch: inside }), await askFor(['b.test']), clock);
  assert.equal(guarded.result.kind, 'unavailable');
  assert.equal(ca.seen.length, before);
});
