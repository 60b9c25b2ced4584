import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { domainOf } from '../../../src/issuers/acme/counted.ts';
import { wrongWith } from '../../../src/issuers/acme/delivered.ts';
import { readAuthorization } from '../../../src/issuers/acme/objects.ts';
import { createUrlRule } from '../../../src/issuers/acme/urls.ts';
import { createKeyTools } from '../../../src/pki/key-tools.ts';
import type { Answer } from '../../support/acme-server/script.ts';
import { forEachStore } from '../../support/stores.ts';
import { acmeWorld, askFor, certificateIn, drive, sqliteWorld, START } from './acme-world.ts';

/** Certificates for IP addresses (RFC 8738). */

const V4 = '192.0.2.7';
const V6 = '2001:db8::7';

forEachStore((open) => {
  test('addresses are ordered by their type, proved by what can prove them, and delivered', async (t) => {
    const store = await open();
    const limits = {
      certificatesPerDomain: { most: 50, seconds: 3_600 },
      failuresPerName: { most: 5, seconds: 3_600 },
    };
    const world = await acmeWorld(store, { settings: { challenges: ['dns-01', 'tls-alpn-01', 'http-01'], limits } });
    t.after(() => world.ca.close());
    const used: string[] = [];
    const { publish } = world.board;
    world.board.publish = async (ask) => {
      used.push(`${ask.type} ${ask.identifier}`);
      await publish(ask);
    };
    const names = [V4, V6, 'a.test'];
    const certificate = certificateIn((await drive(world.issuer, await askFor(names), world.clock)).result);
    const [ordered] = world.ca.seen.filter(({ endpoint }) => endpoint === 'new-order').map(({ payload }) => payload);
    assert.deepEqual((ordered as { identifiers: unknown }).identifiers, [
      { type: 'ip', value: V4 },
      { type: 'ip', value: V6 },
      { type: 'dns', value: 'a.test' },
    ]);
    assert.deepEqual(used.toSorted(), ['dns-01 a.test', `tls-alpn-01 ${V4}`, `tls-alpn-01 ${V6}`]);
    assert.equal(
      new X509Certificate(certificate).subjectAltName,
      `IP Address:${V4}, IP Address:2001:DB8:0:0:0:0:0:7, DNS:a.test`,
    );
    assert.equal(world.board.published.size, 0);
    // An address counts by itself, or with its network of 64 bits.
    const uses = await store.find('issuerUses', {});
    const ofDomains = uses.map(({ bucket }) => bucket).filter((bucket) => bucket.startsWith('certificatesPerDomain'));
    const counted = [V4, '2001:db8::/64', 'a.test'].map((whose) => `certificatesPerDomain ${whose}`);
    assert.deepEqual(ofDomains.toSorted(), counted.toSorted());
    // The same names again are known as such, and counted for no domain.
    const replaces = { replaces: certificate };
    world.ca.script.rules.push({
      at: 'new-order',
      trouble: { kind: 'problem', problem: { type: 'alreadyReplaced', detail: 'replaced' } },
    });
    certificateIn((await drive(world.issuer, await askFor(names, replaces), world.clock)).result);
    assert.equal((await store.find('issuerUses', {})).length, uses.length);
  });

  test('a failure of an address counts for the address', async (t) => {
    const store = await open();
    const limits = { failuresPerName: { most: 1, seconds: 3_600 } };
    const world = await acmeWorld(store, { settings: { limits } });
    t.after(() => world.ca.close());
    world.ca.script.verdict = () => ({ type: 'connection', detail: 'nobody there' });
    const failed = (await drive(world.issuer, await askFor([V6]), world.clock)).result;
    assert.match('message' in failed ? failed.message : '', /could not validate 2001:db8::7/);
    const uses = await store.find('issuerUses', {});
    assert.deepEqual(
      uses.map(({ bucket }) => bucket),
      [`failuresPerName ${V6}`],
    );
    assert.equal((await drive(world.issuer, await askFor([V6]), world.clock)).result.kind, 'unavailable');
    world.ca.script.verdict = () => 'valid';
    certificateIn((await drive(world.issuer, await askFor(['2001:db8::8']), world.clock)).result);
  });

  test('nothing but what was ordered is proved, whoever asks for it', async (t) => {
    const store = await open();
    const other = { type: 'dns', value: 'victim.test' };
    for (const [names, change] of [
      [['a.test'], { identifier: other }],
      [['a.test'], { wildcard: true }],
      [['*.a.test'], { identifier: other }],
      [['a.test'], { identifier: { type: 'dns', value: 'sub.a.test' } }],
      [['a.test'], { identifier: { type: 'ip', value: V4 } }],
      [[V4], { identifier: { type: 'ip', value: '192.0.2.8' } }],
      [[V4], { identifier: { type: 'dns', value: V4 } }],
      [[V6], { identifier: { type: 'dns', value: 'a.test' } }],
    ] as const) {
      const world = await acmeWorld(store);
      t.after(() => world.ca.close());
      const edit = (answer: Answer): Answer => ({ ...answer, body: { ...(answer.body as object), ...change } });
      world.ca.script.rules.push({ at: 'authorization', trouble: { kind: 'edit', edit }, times: 1_000 });
      const { result } = await drive(world.issuer, await askFor(names), world.clock);
      assert.equal(result.kind, 'unavailable', JSON.stringify([names, change]));
      assert.equal(world.board.publications, 0);
      assert.ok(!world.ca.seen.some(({ endpoint }) => endpoint === 'challenge'));
      assert.ok(world.complaints.some(({ message }) => /not ordered|another type/.test(message)));
    }
  });

  test('an authorization of an ordered wildcard, and addresses written otherwise, are answered', async (t) => {
    const world = await acmeWorld(await open());
    t.after(() => world.ca.close());
    const longer = (value: unknown): unknown => JSON.parse(JSON.stringify(value).replaceAll(V6, '2001:DB8:0:0::0:7'));
    const edit = (answer: Answer): Answer => ({ ...answer, body: longer(answer.body) });
    for (const at of ['new-order', 'order', 'authorization'] as const) {
      world.ca.script.rules.push({ at, trouble: { kind: 'edit', edit }, times: 1_000 });
    }
    certificateIn((await drive(world.issuer, await askFor([V6, '*.a.test']), world.clock)).result);
    assert.equal(world.board.publications, 2);
  });
});

test('an issuer that can prove no address refuses them before anything is ordered', async (t) => {
  const onlyDns = await sqliteWorld(t, { settings: { challenges: ['dns-01'] } });
  assert.match(onlyDns.issuer.objection?.(await askFor(['a.test', V6])) ?? 'none', /An address is proved by http-01/);
  assert.equal(onlyDns.issuer.objection?.(await askFor(['a.test'])) ?? null, null);
  // The board has only a way that no address has.
  const world = await sqliteWorld(t, { ways: ['dns-01'] });
  const { result } = await drive(world.issuer, await askFor([V4]), world.clock);
  assert.match(result.kind === 'refused' ? result.message : '', /Nothing here can answer a challenge for 192\.0\.2\.7/);
  assert.ok(!world.ca.seen.some(({ endpoint }) => endpoint === 'new-order'));
});

const keyTools = createKeyTools();

test('the CSR must hold exactly the addresses that are ordered, as addresses', async (t) => {
  const world = await sqliteWorld(t);
  const { pkcs8 } = await keyTools.makeKey('P-256');
  const objection = async (ordered: readonly string[], commonName: string, names: readonly string[]) => {
    const csr = await keyTools.makeCsr(pkcs8, { commonName, names, subject: {} });
    return world.issuer.objection?.(await askFor(ordered, { csr })) ?? null;
  };
  assert.equal(await objection([V4, V6], V4, [V4, V6]), null);
  assert.equal(await objection([V6], '2001:DB8:0::7', ['2001:DB8:0::7']), null);
  assert.equal(await objection(['a.test', V6], 'a.test', [V6]), null);
  const other = /names exactly what is ordered/;
  assert.match((await objection([V4], V4, [V4, V6])) ?? 'none', other);
  assert.match((await objection([V4, V6], V4, [V4])) ?? 'none', other);
  assert.match((await objection([V4], V4, ['192.0.2.8'])) ?? 'none', other);
  // In the common name alone it is no address.
  assert.match((await objection(['a.test', V4], V4, ['a.test'])) ?? 'none', other);
});

test('a delivered certificate must hold exactly the addresses that were ordered', async () => {
  const { pkcs8, spki } = await keyTools.makeKey('P-256');
  const wrong = async (ordered: readonly string[], commonName: string, names: readonly string[]) => {
    const span = { serial: Buffer.alloc(16, 7), notBefore: START - 1_000, notAfter: START + 1_000_000 };
    const leaf = await keyTools.makeSelfSigned(pkcs8, { commonName, names, subject: {}, ...span });
    return wrongWith({ leaf, above: [] }, { spki, names: ordered }, START);
  };
  // All that can be wrong with these is looked at before the chain.
  const right = 'it came without the certificate of its issuer';
  assert.equal(await wrong([V4, V6, 'a.test'], V4, [V4, V6, 'a.test']), right);
  assert.equal(await wrong([V6], '2001:DB8::0:7', [V6]), right);
  const other = 'it is for other names than ordered';
  assert.equal(await wrong([V4], V4, [V4, V6]), other);
  assert.equal(await wrong([V4, V6], V4, [V4]), other);
  assert.equal(await wrong([V6], V6, ['2001:db8::8']), other);
  assert.equal(await wrong(['a.test'], 'a.test', ['a.test', V4]), other);
});

test('an address counts by itself, or with its network', () => {
  const registrableDomain = (name: string) => name.split('.').slice(-2).join('.');
  assert.equal(domainOf({ registrableDomain }, V4), V4);
  assert.equal(domainOf({ registrableDomain }, V6), '2001:db8::/64');
  assert.equal(domainOf({ registrableDomain }, '*.b.a.test'), 'a.test');
});

test('identifiers of a CA are of the type that their value is', () => {
  const rule = createUrlRule('https://ca.test/directory');
  const read = (type: string, value: string) =>
    readAuthorization({ status: 'valid', identifier: { type, value }, challenges: [] }, 'https://ca.test/1', rule);
  assert.deepEqual(read('ip', '2001:0DB8::0:7').identifier, { type: 'ip', value: V6 });
  assert.deepEqual(read('dns', 'A.test').identifier, { type: 'dns', value: 'a.test' });
  for (const [type, value] of [
    ['dns', V4],
    ['dns', V6],
    ['ip', 'a.test'],
    ['ip', '192.0.2.300'],
    ['ip', 'fe80::1%eth0'],
    ['ip', ''],
  ] as const) {
    assert.throws(() => read(type, value), { name: 'AcmeError' }, `${type} ${value}`);
  }
});
