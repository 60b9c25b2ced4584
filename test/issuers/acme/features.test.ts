import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { DAY, HOUR, MINUTE } from '../../../src/core/time.ts';
import { certIdOf } from '../../../src/issuers/acme/renewal-info.ts';
import { identifierOf } from '../../../src/issuers/acme/identifiers.ts';
import { openAcme } from '../../../src/issuers/acme/issuer.ts';
import { accountOf } from '../../../src/issuers/acme/step.ts';
import type { Delivery } from '../../support/acme-server/script.ts';
import { readCertificate } from '../../../src/pki/certificate-reader.ts';
import { SAMPLES } from '../../store/samples.ts';
import { forEachStore } from '../../support/stores.ts';
import { acmeWorld, askFor, certificateIn, drive } from './acme-world.ts';

const orderBody = (origin: string) => ({
  identifiers: [{ type: 'dns', value: 'a.test' }],
  authorizations: [],
  finalize: `${origin}/finalize/1`,
});

const payloads = (world: Awaited<ReturnType<typeof acmeWorld>>) =>
  world.ca.seen
    .filter(({ endpoint }) => endpoint === 'new-order')
    .map(({ payload }) => payload as Record<string, unknown>);

forEachStore((open) => {
  test('the chain that ends at the preferred issuer is kept; the first one where none does', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    world.ca.script.alternateChains = 2;
    for (const [wanted, root] of [
      ['Scripted Root 1', 0],
      ['Scripted Root 2', 1],
      ['Scripted Root 3', 2],
      ['Nobody', 0],
      [null, 0],
    ] as const) {
      const issuer = world.again({ settings: { ...world.parts.settings, preferredChain: wanted } });
      const certificate = certificateIn((await drive(issuer, await askFor([`c${root}.test`]), world.clock)).result);
      const [issuing] = await issuer.chain(certificate);
      const rootKey = new X509Certificate(world.ca.roots[root] as string).publicKey;
      assert.ok(new X509Certificate(issuing as Uint8Array).verify(rootKey), String(wanted));
    }
    assert.deepEqual(await world.issuer.chain(Buffer.from('of nobody')), []);
  });

  test('a certificate that is not what was ordered is not taken', async (t) => {
    const store = await open();
    const expected: Record<Exclude<Delivery, 'right' | 'other-key'>, RegExp> = {
      'more-names': /other names/,
      'fewer-names': /other names/,
      'no-chain': /without the certificate of its issuer/,
      'other-chain': /does not certify it/,
      expired: /not valid now/,
      'no-certificate': /cannot be read/,
    };
    for (const [delivery, message] of Object.entries(expected)) {
      const world = await acmeWorld(store);
      t.after(() => world.ca.close());
      world.ca.script.deliveries = [delivery as Delivery];
      const { result } = await drive(world.issuer, await askFor(['a.test', 'b.test']), world.clock);
      assert.equal(result.kind, 'refused', delivery);
      assert.match(result.kind === 'refused' ? result.message : '', message);
      assert.equal(world.ca.certificatesIssued(), 1);
      assert.equal((await store.find('outsideChains', {})).length, 0);
      assert.ok(world.complaints.length > 0);
    }
  });

  test('a certificate for another key: the order was of somebody else, and is made again once', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    world.ca.script.deliveries = ['other-key'];
    const { result } = await drive(world.issuer, await askFor(['a.test']), world.clock);
    certificateIn(result);
    world.ca.script.deliveries = ['other-key', 'other-key'];
    const again = await drive(world.issuer, await askFor(['b.test']), world.clock);
    assert.equal(again.result.kind, 'refused');
  });

  test('an order that the CA gives to two asks is finished by one of them, and made again for the other', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    const first = await askFor(['a.test']);
    const made = certificateIn((await drive(world.issuer, first, world.clock)).result);
    // The newest order again, in place of a new one: other asks for the same names, with another key and with the same.
    const [order] = world.ca.orders;
    const reuse = () => {
      const answer = {
        status: 201,
        headers: { location: order?.url ?? '' },
        body: { ...orderBody(world.ca.origin), status: 'valid' },
      };
      world.ca.script.rules.push({ at: 'new-order', trouble: { kind: 'answer', answer } });
    };
    reuse();
    const second = certificateIn((await drive(world.issuer, await askFor(['a.test']), world.clock)).result);
    assert.notDeepEqual(second, made);
    await store.transact(async (unit) => {
      const { serial } = readCertificate(made);
      const sample = SAMPLES.certificates(unit.newId('certificates'));
      unit.insert('certificates', { ...sample, requestId: first.requestId, serial, issuer: 'letsencrypt' });
    });
    reuse();
    const third = certificateIn((await drive(world.issuer, { ...first, requestId: 777_777 }, world.clock)).result);
    assert.notDeepEqual(third, made);
    // The same request is given its own again.
    reuse();
    assert.deepEqual(certificateIn((await drive(world.issuer, first, world.clock)).result), made);
    assert.equal(world.ca.certificatesIssued(), 3);
  });

  test('a renewal names what it replaces; where the CA does not want to hear it, it is ordered without', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    const first = certificateIn((await drive(world.issuer, await askFor(['a.test']), world.clock)).result);
    const second = await drive(world.issuer, await askFor(['a.test'], { replaces: first }), world.clock);
    certificateIn(second.result);
    assert.equal(payloads(world).at(-1)?.['replaces'], certIdOf(first));
    // alreadyReplaced: the same one again.
    certificateIn((await drive(world.issuer, await askFor(['a.test'], { replaces: first }), world.clock)).result);
    assert.equal(payloads(world).at(-2)?.['replaces'], certIdOf(first));
    assert.equal(payloads(world).at(-1)?.['replaces'], undefined);
    // Of another account, and unknown.
    const other = world.again({ settings: { ...world.parts.settings, name: 'other' } });
    certificateIn((await drive(other, await askFor(['a.test'], { replaces: first }), world.clock)).result);
    const elsewhere = await acmeWorld(await open());
    t.after(() => elsewhere.ca.close());
    certificateIn((await drive(elsewhere.issuer, await askFor(['a.test'], { replaces: first }), world.clock)).result);
    assert.equal(elsewhere.ca.certificatesIssued(), 1);
    assert.equal(world.ca.certificatesIssued(), 4);
  });

  test('renewal information is asked for, its Retry-After kept within reason', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    const certificate = certificateIn((await drive(world.issuer, await askFor(['a.test']), world.clock)).result);
    const start = world.clock.at + 30 * DAY;
    const explanationUrl = 'https://ca.test/why';
    world.ca.script.renewalWindow = () => ({ start, end: start + DAY, explanationUrl });
    const wait = async () => {
      const hint = await world.issuer.renewalHint?.(certificate);
      assert.deepEqual([hint?.start, hint?.end, hint?.explanationUrl], [start, start + DAY, explanationUrl]);
      return (hint?.checkAgainAt ?? 0) - world.clock.at;
    };
    assert.equal(await wait(), 6 * HOUR);
    world.ca.script.renewalRetryAfter = 1;
    assert.equal(await wait(), 5 * MINUTE);
    world.ca.script.renewalRetryAfter = 10_000_000;
    assert.equal(await wait(), DAY);
    world.ca.script.renewalWindow = () => ({ start, end: start });
    await assert.rejects(async () => world.issuer.renewalHint?.(certificate), { kind: 'issuer-unavailable' });
    world.ca.script.renewalWindow = () => ({ start, end: start + DAY, explanationUrl: 'javascript:alert(1)' });
    assert.equal((await world.issuer.renewalHint?.(certificate))?.explanationUrl, null);
  });

  test('a CA without renewal information gives no hint, and is not told what is replaced', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    const { renewalInfo: _, ...rest } = { renewalInfo: 1 };
    assert.deepEqual(rest, {});
    const edit = (answer: { body: unknown }) => {
      const body = { ...(answer.body as Record<string, unknown>) };
      delete body['renewalInfo'];
      return { ...answer, body } as never;
    };
    world.ca.script.rules.push({ at: 'directory', trouble: { kind: 'edit', edit }, times: 1_000 });
    const certificate = certificateIn((await drive(world.issuer, await askFor(['a.test']), world.clock)).result);
    assert.equal(await world.issuer.renewalHint?.(certificate), null);
    certificateIn((await drive(world.issuer, await askFor(['a.test'], { replaces: certificate }), world.clock)).result);
    assert.ok(payloads(world).every((payload) => payload['replaces'] === undefined));
  });

  test('profiles: asked for where the directory lists them, otherwise the operator is told', async (t) => {
    const store = await open();
    const server = { meta: { profiles: { shortlived: { description: '6 days', days: 6 } } } };
    const world = await acmeWorld(store, { server });
    t.after(() => world.ca.close());
    const short = world.again({ settings: { ...world.parts.settings, profile: 'shortlived' } });
    const certificate = certificateIn((await drive(short, await askFor(['a.test']), world.clock)).result);
    const leaf = new X509Certificate(certificate);
    assert.ok(Date.parse(leaf.validTo) - Date.parse(leaf.validFrom) < 7 * DAY);
    const none = world.again({ settings: { ...world.parts.settings, profile: 'tlsclient' } });
    assert.equal((await drive(none, await askFor(['b.test']), world.clock)).result.kind, 'unavailable');
    assert.match(
      world.complaints.map(({ message }) => message).join(),
      /does not offer the profile tlsclient; it has shortlived/,
    );
    assert.equal(world.ca.orders.length, 1);
  });

  test('revocation with its reason; done before counts as done; a reason that is not taken is left out', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    const make = async (name: string) =>
      certificateIn((await drive(world.issuer, await askFor([name]), world.clock)).result);
    const codes = {
      keyCompromise: 1,
      affiliationChanged: 3,
      superseded: 4,
      cessationOfOperation: 5,
      privilegeWithdrawn: 9,
    };
    for (const [reason, code] of Object.entries(codes)) {
      await world.issuer.revoke?.(await make(`${reason.toLowerCase()}.test`), reason as keyof typeof codes);
      assert.equal(world.ca.certificates.at(-1)?.revoked?.reason, code);
    }
    const certificate = await make('a.test');
    await world.issuer.revoke?.(certificate, null);
    await world.issuer.revoke?.(certificate, 'superseded');
    assert.equal(world.ca.certificates.at(-1)?.revoked?.reason, 0);
    const problem = { type: 'badRevocationReason', detail: 'only 0, 1, 4, 5' } as const;
    world.ca.script.rules.push({ at: 'revoke-cert', trouble: { kind: 'problem', problem } });
    const other = await make('b.test');
    await world.issuer.revoke?.(other, 'affiliationChanged');
    assert.equal(world.ca.certificates.at(-1)?.revoked?.reason, 0);
    world.ca.script.rules.push({
      at: 'revoke-cert',
      trouble: { kind: 'problem', problem: { type: 'serverInternal', detail: 'busy' }, retryAfter: 90 },
    });
    const third = await make('c.test');
    await assert.rejects(async () => world.issuer.revoke?.(third, null), {
      kind: 'issuer-unavailable',
      retryAfter: 90,
    });
    world.ca.script.rules.push({ at: 'revoke-cert', trouble: { kind: 'reset-after' } });
    await assert.rejects(async () => world.issuer.revoke?.(third, null), { kind: 'issuer-unavailable' });
    await world.issuer.revoke?.(third, null);
  });

  test('challenges are chosen by configured order and by what can be answered', async (t) => {
    const store = await open();
    for (const [challenges, ways, offered, names, expected] of [
      [['http-01', 'dns-01'], ['http-01', 'dns-01'], ['dns-01', 'http-01'], ['a.test', '*.a.test'], 'dns-01 http-01'],
      [['dns-01', 'http-01'], ['http-01', 'dns-01'], ['http-01', 'dns-01'], ['a.test'], 'dns-01'],
      [['tls-alpn-01', 'http-01'], ['http-01'], ['tls-alpn-01', 'http-01'], ['a.test'], 'http-01'],
      [['http-01', 'tls-alpn-01'], ['http-01', 'tls-alpn-01'], ['tls-alpn-01'], ['a.test'], 'tls-alpn-01'],
      [['http-01'], ['http-01', 'dns-01'], ['dns-01'], ['a.test'], 'refused: a.test cannot be proved'],
      [['http-01'], ['dns-01'], ['http-01', 'dns-01'], ['a.test'], 'refused: Nothing here can answer'],
      [['http-01', 'dns-01'], ['http-01'], ['http-01', 'dns-01'], ['*.a.test'], 'refused: Nothing here can answer'],
    ] as const) {
      const world = await acmeWorld(store, { settings: { challenges }, ways });
      t.after(() => world.ca.close());
      world.ca.script.challengeTypes = () => offered;
      const used: string[] = [];
      const { publish } = world.board;
      world.board.publish = async (ask) => {
        used.push(ask.type);
        await publish(ask);
      };
      const { result } = await drive(world.issuer, await askFor(names), world.clock);
      if (expected.startsWith('refused')) {
        assert.equal(result.kind, 'refused');
        assert.ok(
          `refused: ${result.kind === 'refused' ? result.message : ''}`.startsWith(expected),
          JSON.stringify(result),
        );
      } else {
        certificateIn(result);
        assert.equal(used.toSorted().join(' '), expected);
      }
    }
  });

  test('names that are proved already are not proved again', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    world.ca.script.reuseAuthorizations = true;
    certificateIn((await drive(world.issuer, await askFor(['a.test']), world.clock)).result);
    certificateIn((await drive(world.issuer, await askFor(['a.test', 'b.test']), world.clock)).result);
    certificateIn((await drive(world.issuer, await askFor(['b.test', 'a.test']), world.clock)).result);
    assert.equal(world.board.publications, 2);
  });

  test('an account is told of changed contacts, and is closed', async (t) => {
    const store = await open();
    const world = await acmeWorld(store);
    t.after(() => world.ca.close());
    await drive(world.issuer, await askFor(['a.test']), world.clock);
    const acme = openAcme(world.parts);
    const account = await accountOf(acme);
    const view = await acme.client.updateContacts(account, ['mailto:new@desk.test']);
    assert.deepEqual(view.contacts, ['mailto:new@desk.test']);
    assert.equal((await acme.client.deactivate(account)).status, 'deactivated');
    const { result } = await drive(world.issuer, await askFor(['b.test']), world.clock);
    assert.equal(result.kind, 'unavailable');
    assert.equal(
      await acme.client
        .findAccount(account.key)
        .then((found) => found?.status)
        .catch(() => 'refused'),
      'refused',
    );
  });

  test('what an ACME CA would never sign is said at once', async (t) => {
    const store = await open();
    const world = await acmeWorld(store, { settings: { challenges: ['http-01'], maxNames: 3 } });
    t.after(() => world.ca.close());
    const { issuer } = world;
    const good = await askFor(['a.test', 'www.a.test']);
    assert.equal(issuer.objection?.(good), null);
    assert.equal(issuer.objection?.({ ...good, names: ['www.a.test', 'a.test'] }), null);
    for (const [changes, reason] of [
      [{ level: 'OV' }, /validates domains alone/],
      [{ level: 'EV' }, /validates domains alone/],
      [{ names: ['a.test'] }, /names exactly what is ordered/],
      [{ names: ['a.test', 'www.a.test', 'b.test'] }, /names exactly what is ordered/],
      [{ names: ['a.test', '*.a.test'] }, /dns-01/],
      [{ names: ['a.test', 'b.test', 'c.test', 'd.test'] }, /at most 3 names/],
      [{ csr: new Uint8Array() }, /there is none/],
      [{ csr: Buffer.from('no CSR') }, /there is none/],
    ] as const) {
      assert.match(issuer.objection?.({ ...good, ...changes }) ?? 'none', reason);
    }
  });
});

test('addresses are ordered as such (RFC 8738)', () => {
  assert.deepEqual(['a.test', '192.0.2.1', '2001:db8::1', '1.2.3.test'].map(identifierOf), [
    { type: 'dns', value: 'a.test' },
    { type: 'ip', value: '192.0.2.1' },
    { type: 'ip', value: '2001:db8::1' },
    { type: 'dns', value: '1.2.3.test' },
  ]);
});
