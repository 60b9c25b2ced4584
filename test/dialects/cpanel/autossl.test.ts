import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { DeskError } from '../../../src/core/errors.ts';
import { Catalogue } from '../../../src/core/products.ts';
import { buildCatalogue } from '../../../src/config/catalogue.ts';
import { writeAccount } from '../../../src/dialects/cpanel/account-settings.ts';
import { START } from '../../support/core-world.ts';
import { forEachStore } from '../../support/stores.ts';
import type { Client } from './client.ts';
import { addWebsite, keyEvents, makeCertificate, openShop, otherAccount, OTHER_RSA, RSA } from './ssl-world.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Everything that waits is done, as the job runner would do it. */
async function finish({ desk }: Client): Promise<void> {
  for (let round = 0; round < 5; round++) await desk.runJobs();
}

const inProgress = (client: Client): Promise<number> => client.data('SSL::is_autossl_check_in_progress');

forEachStore((open) => {
  test('names that lack a certificate get one, for nothing, and once', async () => {
    const client = await openShop(await open());
    await addWebsite(client, 'pay.test', ['pay.test', '*.pay.test']);
    const before = await client.desk.store.get('accounts', client.desk.actor.accountId);
    assert.equal(await inProgress(client), 0);
    assert.equal(await client.data('SSL::start_autossl_check'), null);
    await finish(client);
    assert.equal(await inProgress(client), 0);
    assert.deepEqual(await client.data('SSL::get_autossl_problems'), []);
    const hosts = await client.data('SSL::installed_hosts');
    assert.deepEqual(
      hosts.map(({ servername, certificate }: Record<string, Record<string, unknown>>) => [
        servername,
        certificate?.domains,
        certificate?.is_autossl,
        certificate?.validation_type,
        certificate?.is_self_signed,
      ]),
      [
        ['shop.test', ['shop.test', 'www.shop.test'], 1, 'dv', 0],
        // No file stands for a wildcard.
        ['pay.test', ['pay.test'], 1, 'dv', 0],
      ],
    );
    const after = await client.desk.store.get('accounts', client.desk.actor.accountId);
    assert.deepEqual([after?.balance, after?.reserved], [before?.balance, 0]);
    const leaf = new X509Certificate(hosts[0].certificate_text);
    const { key } = await client.data('SSL::fetch_key_and_cabundle_for_certificate', { certificate: leaf.toString() });
    assert.match(key, /^-----BEGIN RSA PRIVATE KEY-----/);
    await client.data('SSL::start_autossl_check');
    await finish(client);
    assert.equal((await client.desk.store.find('orders', {})).length, 2);
    assert.deepEqual(await client.desk.store.find('challengeAnswers', {}), []);
  });

  test('what was ordered is kept with its key and chain, and stays away once it is deleted', async () => {
    const client = await openShop(await open());
    await client.data('SSL::start_autossl_check');
    await finish(client);
    const [cert, ...more] = await client.data('SSL::list_certs');
    assert.deepEqual([cert.friendly_name, more.length, cert.domain_is_configured], ['shop.test', 0, 1]);
    const [host] = await client.data('SSL::installed_hosts');
    assert.equal(host.certificate.id, cert.id);
    const best = await client.data('SSL::fetch_best_for_domain', { domain: 'www.shop.test' });
    assert.match(best.cab, /^-----BEGIN CERTIFICATE-----/);
    assert.match(best.key, /PRIVATE KEY/);
    assert.equal(best.cab, (await client.data('SSL::get_cabundle', { cert: best.crt })).cab);
    await client.data('SSL::delete_cert', { id: cert.id });
    assert.deepEqual(await client.data('SSL::list_certs'), []);
    assert.equal((await client.data('SSL::installed_hosts')).length, 1);
  });

  test('while it is under way nothing is ordered twice', async () => {
    const client = await openShop(await open());
    client.desk.domains.check = async () => ({ outcome: 'unreachable', message: 'No route to host', evidence: {} });
    await Promise.all([1, 2].map(() => client.data('SSL::start_autossl_check')));
    await client.data('SSL::start_autossl_check');
    await finish(client);
    assert.equal(await inProgress(client), 1);
    assert.equal((await client.desk.store.find('orders', {})).length, 1);
    assert.equal((await client.data('SSL::list_keys')).length, 1);
    const problems = await client.data('SSL::get_autossl_problems');
    assert.deepEqual(
      new Set(problems.map(({ domain }: { domain: string }) => domain)),
      new Set(['shop.test', 'www.shop.test']),
    );
    assert.equal(problems[0].problem, 'No route to host');
    assert.match(problems[0].time, /^2026-11-22T12:/);
    const status = await client.data('SSL::get_autossl_renewal_status', { domain: 'shop.test' });
    assert.deepEqual(status, { has_problems: 1, is_active: 0, is_excluded: 0, will_renew: 0 });
  });

  test('what breaks after the order is on record is taken up by its job, with the key that was made', async () => {
    const client = await openShop(await open());
    const { domains, clock, store } = client.desk;
    const { check } = domains;
    domains.check = () => Promise.reject(new Error('the machine is on fire'));
    await client.call('SSL::start_autossl_check');
    domains.check = check;
    clock.forward(MINUTE);
    await finish(client);
    const [host] = await client.data('SSL::installed_hosts');
    assert.deepEqual([host.certificate.is_autossl, host.certificate.is_self_signed], [1, 0]);
    assert.equal((await client.data('SSL::list_keys')).length, 1);
    assert.equal((await store.find('orders', {})).length, 1);
  });

  test('an order that is refused leaves no key', async () => {
    const client = await openShop(await open());
    const refused = new DeskError('product-not-available', 'Not today');
    client.desk.office.desk.placeOrder = () => Promise.reject(refused);
    await client.data('SSL::start_autossl_check');
    assert.equal((await client.data('SSL::get_autossl_problems'))[0].problem, 'Not today');
    client.desk.platform.subscriberKeys.makeCsr = () => Promise.reject(refused);
    await client.data('SSL::start_autossl_check');
    assert.deepEqual(await client.data('SSL::list_keys'), []);
  });

  test('attack: an account with very many websites orders no more a day than it may, and reads why', async () => {
    const client = await openShop(await open(), { freeOrdersPerDay: 1 });
    await addWebsite(client, 'pay.test', ['pay.test']);
    await client.data('SSL::start_autossl_check');
    await finish(client);
    const problems = await client.data('SSL::get_autossl_problems');
    assert.deepEqual(
      problems.map(({ domain }: { domain: string }) => domain),
      ['pay.test'],
    );
    assert.match(problems[0].problem, /1 free certificates within 24 hours.*accounts\.freeOrdersPerDay/);
    assert.equal((await client.desk.store.find('orders', {})).length, 1);
    assert.equal((await client.data('SSL::list_keys')).length, 1);
    client.desk.clock.forward(DAY);
    await client.data('SSL::start_autossl_check');
    await finish(client);
    assert.deepEqual(await client.data('SSL::get_autossl_problems'), []);
    assert.equal((await client.data('SSL::installed_hosts')).length, 2);
  });

  test('attack: beyond the cap no key is made for each website, and its names read why', async () => {
    const client = await openShop(await open(), { freeOrdersPerDay: 1 });
    for (const name of ['b.test', 'c.test', 'd.test', 'e.test']) await addWebsite(client, name, [name, `www.${name}`]);
    await client.data('SSL::start_autossl_check');
    await finish(client);
    const problems = await client.data('SSL::get_autossl_problems');
    assert.deepEqual(
      problems.map(({ domain }: { domain: string }) => domain),
      ['b.test', 'c.test', 'd.test', 'e.test'].flatMap((name) => [name, `www.${name}`]),
    );
    for (const { problem } of problems) assert.match(problem, /accounts\.freeOrdersPerDay$/);
    // The first website's key stays; that of the order which was refused goes; there is no other.
    assert.deepEqual(
      (await keyEvents(client)).map(({ action }) => action.replace('subscriber-key.', '')),
      ['made', 'signed', 'made', 'signed', 'removed'],
    );
  });

  test('a refusal that is not the cap leaves the next websites their turn', async () => {
    const client = await openShop(await open());
    await addWebsite(client, 'pay.test', ['pay.test']);
    const { desk } = client.desk.office;
    const { placeOrder } = desk;
    desk.placeOrder = () => {
      desk.placeOrder = placeOrder;
      return Promise.reject(new DeskError('too-many-requests', 'Too many keys', { retryAfter: 1 }));
    };
    await client.data('SSL::start_autossl_check');
    await finish(client);
    assert.deepEqual(
      (await client.data('SSL::get_autossl_problems')).map(({ problem }: { problem: string }) => problem),
      ['Too many keys', 'Too many keys'],
    );
    const hosts = await client.data('SSL::installed_hosts');
    assert.deepEqual(
      hosts.map(({ servername }: { servername: string }) => servername),
      ['pay.test'],
    );
  });

  test('what somebody has installed is left alone until it ends', async () => {
    const client = await openShop(await open());
    const ca = { key: OTHER_RSA, subject: 'CN=Test CA' };
    const bought = await makeCertificate({ key: RSA, names: ['shop.test'], ca, days: 30 });
    await client.data('SSL::install_ssl', { domain: 'shop.test', cert: bought, key: RSA });
    await client.data('SSL::start_autossl_check');
    await finish(client);
    assert.deepEqual(await client.desk.store.find('orders', {}), []);
    client.desk.clock.set(START + 40 * DAY);
    await client.data('SSL::start_autossl_check');
    await finish(client);
    const [host] = await client.data('SSL::installed_hosts');
    assert.equal(host.certificate.is_autossl, 1);
  });

  test('a certificate that signs itself is replaced', async () => {
    const client = await openShop(await open());
    const own = await makeCertificate({ key: RSA, names: ['shop.test'] });
    await client.data('SSL::install_ssl', { domain: 'shop.test', cert: own, key: RSA });
    await client.data('SSL::start_autossl_check');
    await finish(client);
    assert.equal((await client.data('SSL::installed_hosts'))[0].certificate.is_autossl, 1);
  });

  test('domains are left out, and come back', async () => {
    const client = await openShop(await open());
    const excluded = async (): Promise<string[]> =>
      (await client.data('SSL::get_autossl_excluded_domains')).map(
        (one: Record<string, string>) => one.excluded_domain,
      );
    await client.data('SSL::add_autossl_excluded_domains', { domains: 'www.shop.test' });
    await client.data('SSL::add_autossl_excluded_domains', { domains: 'www.shop.test' });
    assert.deepEqual(await excluded(), ['www.shop.test']);
    assert.deepEqual(await client.errors('SSL::add_autossl_excluded_domains', { domains: 'a.test,shop.test,b.test' }), [
      'The user “acme” does not own the domain “a.test”.',
      'The user “acme” does not own the domain “b.test”.',
    ]);
    await client.data('SSL::start_autossl_check');
    await finish(client);
    assert.deepEqual((await client.data('SSL::installed_hosts'))[0].certificate.domains, ['shop.test']);
    const status = await client.data('SSL::get_autossl_renewal_status', { domain: 'www.shop.test' });
    assert.deepEqual(status, { has_problems: 0, is_active: 1, is_excluded: 1, will_renew: 0 });
    await client.data('SSL::set_autossl_excluded_domains', { domains: 'shop.test' });
    assert.deepEqual(await excluded(), ['shop.test']);
    // What has the name does not go on by itself.
    const [details] = await client.desk.store.find('orderDetails', {});
    assert.deepEqual([details?.autoReissue, details?.autoRenew], [false, false]);
    await client.data('SSL::remove_autossl_excluded_domains', { domains: 'shop.test' });
    await client.data('SSL::set_autossl_excluded_domains', { domains: 'shop.test,www.shop.test' });
    await client.data('SSL::set_autossl_excluded_domains');
    assert.deepEqual(await excluded(), []);
    await client.data('SSL::start_autossl_check');
    await finish(client);
    const [host] = await client.data('SSL::installed_hosts');
    assert.deepEqual(host.certificate.domains, ['shop.test', 'www.shop.test']);
  });

  test('it goes on by itself, with new files each time, and takes the place of the one before', async () => {
    const client = await openShop(await open());
    await client.data('SSL::start_autossl_check');
    await finish(client);
    const [first] = await client.data('SSL::installed_hosts');
    const status = await client.data('SSL::get_autossl_renewal_status', { domain: 'shop.test' });
    assert.deepEqual(status, { has_problems: 0, is_active: 1, is_excluded: 0, will_renew: 1 });
    client.desk.clock.set((first.certificate.not_after - 20 * 86_400) * 1_000);
    assert.equal(await client.desk.office.runAutoOrders(), 1);
    await finish(client);
    const [second] = await client.data('SSL::installed_hosts');
    assert.ok(second.certificate.not_after > first.certificate.not_after);
    assert.equal(second.certificate.is_autossl, 1);
    assert.notEqual(second.certificate.id, first.certificate.id);
    const validations = await client.desk.store.find('validations', { domain: 'shop.test' });
    const paths = validations.flatMap(({ challenges }) =>
      challenges.map((one) => (one.method === 'http' ? one.path : '')),
    );
    assert.equal(new Set(paths).size, paths.length);
  });

  test('a name that another account claims is not answered for before it is proved', async () => {
    const client = await openShop(await open());
    const other = await otherAccount(client);
    const [account] = await client.desk.store.find('accounts', { handle: other.user });
    await addWebsite(other, 'stolen', ['www.shop.test'], account?.id);
    await other.data('SSL::start_autossl_check');
    await client.data('SSL::start_autossl_check');
    await finish(client);
    const problems = await other.data('SSL::get_autossl_problems');
    assert.deepEqual(
      problems.map(({ domain }: { domain: string }) => domain),
      ['www.shop.test'],
    );
    assert.match(
      problems[0].problem,
      /Another account claims .* Publish a TXT record at _?cpanel-domain-verification\.www\.shop\.test/,
    );
    const names = await client.desk.store.find('certificates', {});
    assert.ok(names.every(({ accountId, names: of }) => accountId !== account?.id || !of.includes('www.shop.test')));
    // Nothing of one account shows in the other's state.
    assert.ok(!JSON.stringify(await other.data('SSL::get_autossl_problems')).includes('“shop.test”'));
  });

  test('without a free product there is no such provider', async () => {
    const catalogue = new Catalogue(
      buildCatalogue()
        .all()
        .filter(({ id }) => id !== 'dv-hosted'),
    );
    const client = await openShop(await open(), { catalogue });
    assert.deepEqual(await client.errors('SSL::start_autossl_check'), ['The system has no AutoSSL provider.']);
  });

  test('where it cannot be ordered no key is left behind, and it is told', async () => {
    const all = buildCatalogue()
      .all()
      .map((product) => ({ ...product, periods: [] }));
    const client = await openShop(await open(), { catalogue: new Catalogue(all) });
    await client.data('SSL::start_autossl_check');
    assert.deepEqual(await client.desk.store.find('orders', {}), []);
    assert.deepEqual(await client.data('SSL::list_keys'), []);
    assert.equal((await client.data('SSL::get_autossl_problems')).length, 2);
    assert.equal(await inProgress(client), 0);
  });

  test('an order that failed is a problem until the next one', async () => {
    const all = buildCatalogue()
      .all()
      .map((product) => ({ ...product, issuers: ['nobody'] }));
    const client = await openShop(await open(), { catalogue: new Catalogue(all) });
    await client.data('SSL::start_autossl_check');
    await finish(client);
    const problems = await client.data('SSL::get_autossl_problems');
    assert.deepEqual(
      problems.map(({ domain }: { domain: string }) => domain),
      ['shop.test', 'www.shop.test'],
    );
    assert.ok(problems.every(({ problem }: { problem: string }) => problem.length > 0));
  });

  test('a check whose process died does not stand in the way for ever', async () => {
    const client = await openShop(await open());
    const { actor, store, clock } = client.desk;
    await writeAccount({ store }, actor, (settings) => ({ ...settings, checkingSince: clock.now() }));
    assert.equal(await inProgress(client), 1);
    await client.data('SSL::start_autossl_check');
    assert.deepEqual(await store.find('orders', {}), []);
    clock.forward(11 * 60_000);
    assert.equal(await inProgress(client), 0);
    await client.data('SSL::start_autossl_check');
    assert.equal((await store.find('orders', {})).length, 1);
  });
});
