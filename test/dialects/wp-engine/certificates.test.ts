import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import type { Actor } from '../../../src/core/desk.ts';
import { DAY, SECOND } from '../../../src/core/time.ts';
import { RESERVED_SUFFIXES } from '../../../src/sandbox/reserved-names.ts';
import { createNamePolicy } from '../../../src/pki/names.ts';
import { mayAnswerFor } from '../../../src/core/hosting/trust.ts';
import { forEachStore } from '../../support/stores.ts';
import { type Client, contextOf, HOLDER, type Json, newDomain, openClient, openPlace, stranger } from './client.ts';

const names = createNamePolicy({ profile: 'public', allowReserved: RESERVED_SUFFIXES });

async function shown(client: Client, path: string): Promise<Json> {
  const reply = await client.get(`${path}/ssl_certificate`);
  assert.equal(reply.status, 200, reply.text);
  return reply.json;
}

const order = (client: Client, path: string) => client.post(`${path}/ssl_certificate`, HOLDER);

forEachStore((open) => {
  test('an order is issued at once where the name leads here, with its key, for exactly the names served', async () => {
    const client = await openClient(await open());
    const name = newDomain();
    const { path, install } = await openPlace(client, [name, `www.${name}`, `blog.${name}`]);
    const none = await client.get(`/installs/${install.uid}/ssl_certificates`);
    assert.deepEqual(
      [none.status, none.json],
      [404, { message: `No SSL certs found for environment '${install.name}'` }],
    );
    assert.equal((await client.get(`${path}/ssl_certificate`)).status, 404);
    const reply = await order(client, path);
    assert.deepEqual([reply.status, reply.text, reply.headers['content-length']], [202, '', '0']);
    const { cert_name: certName, cert_info: info, certificate } = await shown(client, path);
    assert.equal(certName, name);
    const leaf = new X509Certificate(info.cert);
    assert.ok(leaf.checkPrivateKey(createPrivateKey(info.key)));
    assert.equal(leaf.subjectAltName, `DNS:${name}, DNS:www.${name}`);
    assert.equal((info.cert.match(/BEGIN CERTIFICATE/g) ?? []).length, 2);
    assert.equal(leaf.serialNumber, certificate.serial_number);
    assert.deepEqual(
      { ...certificate, id: 0, serial_number: '' },
      {
        id: 0,
        account: 'acme',
        auto_renew: true,
        approver_email: HOLDER.email_address,
        common_name: name,
        cert_source: 'LETS_ENCRYPT',
        ordered_time: '2026-11-22T12:00:00.000Z',
        wildcard: false,
        domains: [name, `www.${name}`],
        status: 'ENABLED',
        approved_time: '2026-11-22T12:00:00.000Z',
        expires_time: new Date(Date.parse(leaf.validTo)).toISOString(),
        serial_number: '',
      },
    );
    const list = await client.get(`/installs/${install.uid}/ssl_certificates`);
    assert.deepEqual(list.json, { certificates: [certificate] });
    // The free product charges nothing, and no file is answered any longer.
    assert.deepEqual(await client.desk.store.find('charges', {}), []);
    assert.deepEqual(await client.desk.store.find('challengeAnswers', {}), []);
  });

  test('every showing of a key is on the audit trail, and only who may order is shown it', async () => {
    const client = await openClient(await open());
    const { store, actor } = client.desk;
    const { path } = await openPlace(client);
    await order(client, path);
    const showings = () => store.find('auditEvents', { action: 'subscriber-key.shown' });
    assert.equal((await showings()).length, 0);
    await shown(client, path);
    await shown(client, path);
    const [event] = await showings();
    assert.deepEqual([(await showings()).length, event?.actor, event?.accountId], [2, 'acme/ada', actor.accountId]);
    const viewer = client.as((await client.desk.addKey('acme', 'view')).secret);
    assert.equal((await viewer.get(`${path}/ssl_certificate`)).status, 403);
    assert.equal((await viewer.get(path)).status, 200);
    assert.equal((await order(viewer, path)).status, 403);
    assert.equal((await showings()).length, 2);
  });

  test('a name that does not lead here yet waits, is ordered once, and is issued when it does', async () => {
    const client = await openClient(await open());
    const { path, domains, install } = await openPlace(client);
    const name = domains[0]?.name as string;
    client.pointed.delete(name);
    assert.equal((await order(client, path)).status, 202);
    assert.equal((await order(client, path)).status, 202);
    const waiting = await shown(client, path);
    assert.equal(waiting.cert_info, undefined);
    assert.equal(waiting.certificate.status, 'SUBMITTED');
    assert.match(waiting.certificate.auth_file, /^\/\.well-known\/pki-validation\/[0-9a-f]{24}\.txt$/);
    assert.equal((await client.desk.store.find('orders', {})).length, 1);
    assert.equal((await client.get(path)).json.network_details.network_info.ssl.status, 'pending');
    client.pointed.add(name);
    client.desk.clock.forward(16 * SECOND);
    await client.desk.runJobs();
    const issued = await shown(client, path);
    assert.equal(issued.certificate.status, 'ENABLED');
    assert.equal(issued.certificate.id, waiting.certificate.id);
    assert.equal((await client.get(path)).json.network_details.network_info.ssl.status, 'active');
    const [answer] = (await client.get(`/installs/${install.uid}/ssl_certificates`)).json.certificates;
    assert.equal(answer.status, 'ENABLED');
  });

  test('it goes on by itself, under the same key: reissued within the order, renewed at its end, put in place', async () => {
    const client = await openClient(await open());
    const { clock, office } = client.desk;
    const { path } = await openPlace(client);
    await order(client, path);
    const first = await shown(client, path);
    clock.set(Date.parse(first.certificate.expires_time) - 29 * DAY);
    assert.equal(await office.runAutoOrders(), 1);
    const second = await shown(client, path);
    assert.notEqual(second.certificate.serial_number, first.certificate.serial_number);
    assert.equal(second.cert_info.key, first.cert_info.key);
    assert.ok(Date.parse(second.certificate.expires_time) > Date.parse(first.certificate.expires_time));
    // Near the end of the term of a year a new order follows.
    clock.set(Date.parse('2027-10-30T00:00:00Z'));
    await office.runAutoOrders();
    const third = await shown(client, path);
    assert.notEqual(third.certificate.serial_number, second.certificate.serial_number);
    assert.deepEqual([third.certificate.auto_renew, third.certificate.status], [true, 'ENABLED']);
    assert.ok(Date.parse(third.certificate.expires_time) > clock.now());
    // And so on: the new order is the one that renews.
    clock.set(Date.parse(third.certificate.expires_time) - 20 * DAY);
    await office.runAutoOrders();
    const fourth = await shown(client, path);
    assert.notEqual(fourth.certificate.serial_number, third.certificate.serial_number);
  });

  test('a second order replaces the first, with a key of its own, and the first renews itself no longer', async () => {
    const client = await openClient(await open());
    const { clock, office, store } = client.desk;
    const { path } = await openPlace(client);
    await order(client, path);
    const first = await shown(client, path);
    await order(client, path);
    const second = await shown(client, path);
    assert.notEqual(second.cert_info.key, first.cert_info.key);
    assert.deepEqual(
      (await store.find('orderDetails', {})).map(({ autoRenew, autoReissue }) => [autoRenew, autoReissue]),
      [
        [false, false],
        [true, true],
      ],
    );
    clock.set(Date.parse(second.certificate.expires_time) - DAY);
    assert.equal(await office.runAutoOrders(), 1);
    assert.notEqual((await shown(client, path)).certificate.serial_number, second.certificate.serial_number);
  });

  test('attack: a name that another account claims is not issued, also by claiming first and waiting', async () => {
    const client = await openClient(await open());
    const { clock, store, runJobs } = client.desk;
    const mallory = await stranger(client);
    const name = newDomain();
    // Mallory claims the name first, and orders while it does not lead here.
    const theirs = await openPlace(mallory, [name]);
    client.pointed.delete(name);
    assert.equal((await order(mallory, theirs.path)).status, 202);
    const waiting = (await shown(mallory, theirs.path)).certificate;
    assert.ok(waiting.auth_file);
    // The owner comes, claims it as well, and lets it lead here: the desk would answer for both.
    const mine = await openPlace(client, [name]);
    clock.forward(16 * SECOND);
    await runJobs();
    assert.equal((await shown(mallory, theirs.path)).certificate.status, 'SUBMITTED');
    const refused = await store.find('attempts', { outcome: 'refused' });
    assert.ok(refused.length > 0 && refused.every(({ name: asked }) => asked === name));
    for (let day = 0; day < 31; day += 1) {
      clock.forward(DAY);
      await runJobs();
    }
    const gone = (await shown(mallory, theirs.path)).certificate;
    assert.deepEqual([gone.status, gone.serial_number], ['REJECTED', undefined]);
    // A new order of theirs, and the owner's, both ask for the TXT record now.
    for (const [who, place] of [
      [mallory, theirs],
      [client, mine],
    ] as const) {
      assert.equal((await order(who, place.path)).status, 202);
      const { certificate } = await shown(who, place.path);
      assert.deepEqual([certificate.status, certificate.auth_file], ['SUBMITTED', undefined]);
    }
    assert.deepEqual(await store.find('certificates', {}), []);
    // The owner publishes it.
    const { txt_verification_key: key, txt_verification_value: value } = (await client.get(mine.path)).json;
    client.desk.domains.publishRecord('TXT', `${key}.${name}`, value);
    const verified = await client.post(`${mine.path}/verification`);
    assert.equal(verified.status, 200, verified.text);
    assert.equal((await shown(client, mine.path)).certificate.status, 'ENABLED');
    clock.forward(DAY);
    await runJobs();
    assert.equal((await shown(mallory, theirs.path)).certificate.status, 'SUBMITTED');
    assert.equal((await store.find('certificates', {})).length, 1);
  });

  test('attack: what was proved by a file of the desk is not used again once somebody else has proved the name', async () => {
    const client = await openClient(await open());
    const mallory = await stranger(client);
    const name = newDomain();
    const theirs = await openPlace(mallory, [name]);
    await order(mallory, theirs.path);
    const first = (await shown(mallory, theirs.path)).certificate;
    assert.equal(first.status, 'ENABLED');
    // The name changes hands. Who held it goes on being believed until the new owner proves it, who must.
    client.desk.clock.forward(SECOND);
    const mine = await openPlace(client, [name]);
    const isBelieved = (actor: Actor) => mayAnswerFor({ ...client.desk, names }, actor.accountId, name);
    assert.equal(await isBelieved(mallory.desk.actor), true);
    assert.equal(await isBelieved(client.desk.actor), false);
    const { hosting } = contextOf(client);
    const [domain] = mine.domains;
    assert.ok(domain);
    client.desk.domains.publishRecord('TXT', `_wpe_verification.${name}`, domain.verificationToken ?? '');
    await hosting.verifyHostname(client.desk.actor, domain.id);
    assert.equal(await isBelieved(mallory.desk.actor), false);
    await order(mallory, theirs.path);
    client.desk.clock.set(Date.parse(first.expires_time) - DAY);
    await client.desk.office.runAutoOrders();
    await client.desk.runJobs();
    assert.equal((await client.desk.store.find('certificates', {})).length, 1);
    await order(client, mine.path);
    assert.equal((await shown(client, mine.path)).certificate.status, 'ENABLED');
  });

  test('a wildcard is never issued by a file, but by its TXT record, with the name below it where that is served', async () => {
    const client = await openClient(await open());
    const name = newDomain();
    const { path } = await openPlace(client, [`*.${name}`, name]);
    client.pointed.add(`*.${name}`);
    assert.equal((await order(client, path)).status, 202);
    assert.equal((await shown(client, path)).certificate.status, 'SUBMITTED');
    const { txt_verification_key: key, txt_verification_value: value } = (await client.get(path)).json;
    client.desk.domains.publishRecord('TXT', `${key}.${name}`, value);
    assert.equal((await client.post(`${path}/verification`)).status, 200);
    const { certificate, cert_name: certName } = await shown(client, path);
    assert.deepEqual(
      [certificate.status, certificate.wildcard, certificate.domains, certName],
      ['ENABLED', true, [`*.${name}`, name], name],
    );
    assert.deepEqual((await client.get(path)).json.ownership_status, 'TXT_VERIFIED');
  });

  test('what belongs to another account is not found, whatever the call', async () => {
    const client = await openClient(await open());
    const { path, install } = await openPlace(client);
    await order(client, path);
    const mallory = await stranger(client);
    const theirs = await openPlace(mallory);
    const domain = path.split('/').at(-1);
    const before = await client.desk.store.find('auditEvents', {});
    for (const url of [path, `/installs/${theirs.install.uid}/domains/${domain}`]) {
      assert.equal((await mallory.get(url)).status, 404);
      assert.equal((await mallory.get(`${url}/ssl_certificate`)).status, 404);
      assert.equal((await order(mallory, url)).status, 404);
      assert.equal((await mallory.patch(url, { primary: true })).status, 404);
      assert.equal((await mallory.post(`${url}/verification`)).status, 404);
      assert.equal((await mallory.post(`${url}/check_status`)).status, 404);
      assert.equal((await mallory.delete(url)).status, 404);
    }
    assert.equal((await mallory.get(`/installs/${install.uid}/ssl_certificates`)).status, 404);
    const import_ = { certificate: 'eA==', private_key: 'eA==' };
    assert.equal((await mallory.post(`/installs/${install.uid}/ssl_certificates/third_party`, import_)).status, 404);
    assert.equal((await mallory.delete(`/installs/${install.uid}`)).status, 404);
    assert.deepEqual(await client.desk.store.find('auditEvents', {}), before);
  });

  test('a domain that goes ends what renewed itself for it, and its sibling gets a certificate without it', async () => {
    const client = await openClient(await open());
    const name = newDomain();
    const { path, install, domains } = await openPlace(client, [name, `www.${name}`]);
    await order(client, path);
    const www = `/installs/${install.uid}/domains/${domains[1]?.uid}`;
    assert.deepEqual((await shown(client, www)).certificate.domains, [name, `www.${name}`]);
    assert.equal((await client.delete(www)).status, 204);
    assert.deepEqual((await shown(client, path)).certificate.domains, [name]);
    const running = async () =>
      (await client.desk.store.find('orderDetails', {})).filter(({ autoRenew }) => autoRenew).length;
    assert.equal(await running(), 1);
    assert.equal((await client.delete(`/installs/${install.uid}`)).status, 204);
    assert.equal(await running(), 0);
    assert.equal((await client.get(path)).status, 404);
  });

  test('BR 6.1.1.3: where the own CA alone would sign for a key made here, the operator is at fault: 503', async () => {
    const client = await openClient(await open());
    client.desk.engine.keptKeysOutside = true;
    const { path } = await openPlace(client);
    const refused = await order(client, path);
    assert.deepEqual([refused.status, refused.json], [503, { message: 'Service unavailable' }]);
    assert.deepEqual(await client.desk.store.find('subscriberKeys', {}), []);
    assert.equal((await client.get(`${path}/ssl_certificate`)).status, 404);
    client.desk.engine.keptKeysOutside = false;
    assert.equal((await order(client, path)).status, 202);
  });

  test('an order that waits is called off with its domain', async () => {
    const client = await openClient(await open());
    const { path, domains, install } = await openPlace(client);
    client.pointed.delete(domains[0]?.name ?? '');
    await order(client, path);
    const groups = await client.desk.store.find('websiteGroups', { id: install.groupId ?? 0 });
    assert.equal((await client.delete(`/sites/${groups[0]?.uid}`)).status, 204);
    const [request] = await client.desk.store.find('requests', {});
    assert.equal(request?.state, 'cancelled');
    assert.deepEqual(await client.desk.store.find('hostnames', {}), []);
    client.desk.clock.forward(DAY);
    await client.desk.runJobs();
    assert.deepEqual(await client.desk.store.find('certificates', {}), []);
  });

  test('a revoked certificate shows as cancelled, one whose time is over as expired', async () => {
    const client = await openClient(await open());
    const { desk, office, actor, clock } = client.desk && { ...client.desk, desk: client.desk.office.desk };
    const { path } = await openPlace(client);
    await order(client, path);
    const { id } = (await shown(client, path)).certificate;
    await desk.revoke(actor, id, 'superseded', 'wp-engine', {});
    const revoked = (await shown(client, path)).certificate;
    assert.deepEqual([revoked.status, revoked.cancel_time], ['CANCELED', new Date(clock.now()).toISOString()]);
    const other = await openPlace(client);
    await order(client, other.path);
    clock.set(Date.parse((await shown(client, other.path)).certificate.expires_time) + SECOND);
    await office.expireCertificates();
    assert.equal((await shown(client, other.path)).certificate.status, 'EXPIRED');
  });

  test('two orders at once for one domain leave one that renews itself', async () => {
    const client = await openClient(await open());
    const { path } = await openPlace(client);
    const replies = await Promise.all([1, 2, 3].map(() => order(client, path)));
    assert.ok(replies.every(({ status }) => status === 202));
    await shown(client, path);
    const running = (await client.desk.store.find('orderDetails', {})).filter(({ autoRenew }) => autoRenew);
    assert.equal(running.length, 1);
  });
});
