import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { START } from '../../support/core-world.ts';
import { forEachStore } from '../../support/stores.ts';
import { EC, addWebsite, makeCertificate, openShop, OTHER_RSA, RSA } from './ssl-world.ts';

const CA = { key: OTHER_RSA, subject: 'CN=Test CA' };
const caCert = await makeCertificate({ key: CA.key, names: [], subject: CA.subject, isCa: true });
const middle = { key: EC, subject: 'CN=Middle CA' };
const middleCert = await makeCertificate({ key: EC, names: [], subject: middle.subject, isCa: true, ca: CA });
const leaf = await makeCertificate({
  key: RSA,
  names: ['shop.test', 'pay.test'],
  ca: middle,
  policy: '2.23.140.1.2.1',
});
const fingerprint = (pem: string): string => new X509Certificate(pem).fingerprint;

forEachStore((open) => {
  test('a certificate is installed, listed, replaced and removed', async () => {
    const client = await openShop(await open());
    assert.deepEqual(await client.data('SSL::installed_hosts'), []);
    const sent = { domain: 'shop.test', cert: leaf, key: RSA, cabundle: caCert + middleCert };
    const first = await client.data('SSL::install_ssl', sent);
    const message =
      'The SSL certificate is now installed onto the domain “shop.test” using the IP address “192.0.2.10”.\n' +
      'A new virtual host was created with the certificate.';
    const [cert] = await client.data('SSL::list_certs');
    const [key] = await client.data('SSL::list_keys');
    assert.deepEqual(first, {
      action: 'add',
      cert_id: cert.id,
      domain: 'shop.test',
      extra_certificate_domains: ['pay.test'],
      html: message.replace('\n', '<br />\n'),
      ip: '192.0.2.10',
      key_id: key.id,
      message,
      servername: 'shop.test',
      statusmsg: message,
      user: 'acme',
      warning_domains: ['www.shop.test'],
      working_domains: ['shop.test'],
    });
    assert.equal((await client.data('SSL::install_ssl', sent)).action, 'update');
    const [host, ...more] = await client.data('SSL::installed_hosts');
    assert.deepEqual(more, []);
    const names = ['shop.test', 'www.shop.test'];
    assert.deepEqual(
      [host.servername, host.domains, host.fqdns, host.docroot],
      ['shop.test', names, names, '/home/acme/public_html'],
    );
    assert.deepEqual([host.is_primary_on_ip, host.needs_sni, host.mail_sni_status], [1, 0, 1]);
    assert.equal(fingerprint(host.certificate_text), fingerprint(leaf));
    // Leaf and issuing CA, without the root.
    assert.equal(host.certificate_text.match(/BEGIN CERTIFICATE/g)?.length, 2);
    assert.deepEqual(
      [host.certificate.id, host.certificate.is_autossl, host.certificate.validation_type],
      [cert.id, 0, 'dv'],
    );
    const one = await client.data('SSL::installed_host', { domain: 'www.shop.test', verify_certificate: 1 });
    assert.deepEqual([one.host, one.certificate.verify_error, one.certificate.id], ['shop.test', '', cert.id]);
    assert.equal((await client.data('SSL::installed_host')).certificate.id, cert.id);
    const [vhost] = await client.data('WebVhosts::list_domains');
    assert.equal(vhost.vhost_is_ssl, 1);
    await client.data('SSL::delete_ssl', { domain: 'www.shop.test' });
    assert.deepEqual(await client.data('SSL::installed_hosts'), []);
    assert.equal((await client.data('SSL::list_certs')).length, 1);
    assert.deepEqual(await client.errors('SSL::delete_ssl', { domain: 'shop.test' }), [
      'The domain “shop.test” does not have SSL installed.',
    ]);
  });

  test('the key of an installed certificate is not deleted, the certificate in the store is', async () => {
    const client = await openShop(await open());
    const { cert_id, key_id } = await client.data('SSL::install_ssl', {
      domain: 'shop.test',
      cert: leaf + middleCert,
      key: RSA,
    });
    assert.match((await client.errors('SSL::delete_key', { id: key_id }))[0] as string, /shop\.test uses this key/);
    await client.data('SSL::delete_cert', { id: cert_id });
    assert.equal((await client.data('SSL::installed_hosts')).length, 1);
  });

  const offers: [string, Record<string, string>, RegExp, boolean][] = [
    ['another key', { key: OTHER_RSA }, /certificate and the private key do not match/, false],
    ['a chain of another CA', { cabundle: leaf }, /bundle does not match the certificate/, false],
    ['a domain of nobody', { domain: 'nobody.test' }, /user “acme” does not own the domain “nobody\.test”/, false],
    ['a name that is none', { domain: 'a b' }, /not fully qualified|not a domain name/, false],
    ['a certificate in place of the key', { key: leaf }, /no PEM block of a private key/, false],
    ['a key in place of the certificate', { cert: RSA }, /holds a private key/, false],
    ['a name that is not served', { cert: 'elsewhere' }, /does not match any of the website’s domains/, true],
    ['an ended certificate', { cert: 'ended' }, /expired on 2026-11-2/, true],
  ];
  for (const [what, change, words, kept] of offers) {
    test(`${what} is not installed`, async () => {
      const client = await openShop(await open());
      const made: Record<string, string> = {
        elsewhere: await makeCertificate({ key: RSA, names: ['other.test'], ca: CA }),
        ended: await makeCertificate({ key: RSA, names: ['shop.test'], ca: CA, days: 0.5 }),
      };
      const sent = { domain: 'shop.test', cert: leaf, key: RSA, ...change };
      const result = await client.call('SSL::install_ssl', { ...sent, cert: made[sent.cert] ?? sent.cert });
      assert.equal(result.status, 0);
      assert.match(result.errors[0], words);
      assert.ok(!JSON.stringify(result).includes(RSA.slice(100, 140)));
      // What was kept before it failed is named, as clients expect.
      assert.deepEqual(Object.keys(result.data ?? {}), kept ? ['cert_id', 'key_id'] : []);
      assert.deepEqual(await client.data('SSL::installed_hosts'), []);
      assert.equal((await client.data('SSL::list_keys')).length, kept ? 1 : 0);
    });
  }

  test('what speaks against an installed certificate is told by OpenSSL’s names', async () => {
    const client = await openShop(await open());
    const own = await makeCertificate({ key: EC, names: ['shop.test'] });
    const verify = async (): Promise<string> =>
      (await client.data('SSL::installed_host', { domain: 'shop.test', verify_certificate: 1 })).certificate
        .verify_error;
    await client.data('SSL::install_ssl', { domain: 'shop.test', cert: own, key: EC });
    assert.equal(await verify(), 'DEPTH_ZERO_SELF_SIGNED_CERT');
    await client.data('SSL::install_ssl', { domain: 'shop.test', cert: leaf, key: RSA });
    assert.equal(await verify(), 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
    client.desk.clock.set(START + 400 * 86_400_000);
    assert.equal(await verify(), 'CERT_HAS_EXPIRED');
    const plain = await client.data('SSL::installed_host', { domain: 'shop.test' });
    assert.ok(!('verify_error' in plain.certificate));
  });

  test('the primary website is the one that was chosen', async () => {
    const client = await openShop(await open());
    await addWebsite(client, 'pay.test', ['pay.test']);
    await client.data('SSL::install_ssl', { domain: 'shop.test', cert: leaf, key: RSA });
    assert.match(
      (await client.errors('SSL::set_primary_ssl', { servername: 'pay.test' }))[0] as string,
      /not have SSL/,
    );
    await client.data('SSL::install_ssl', { domain: 'pay.test', cert: leaf, key: RSA });
    const primary = async () =>
      (await client.data('SSL::installed_hosts')).map((one: Record<string, unknown>) => [
        one.servername,
        one.is_primary_on_ip,
      ]);
    assert.deepEqual(await primary(), [
      ['shop.test', 1],
      ['pay.test', 0],
    ]);
    await client.data('SSL::set_primary_ssl', { servername: 'pay.test' });
    assert.deepEqual(await primary(), [
      ['shop.test', 0],
      ['pay.test', 1],
    ]);
  });

  test('a mail client is told the name that a certificate stands for', async () => {
    const client = await openShop(await open());
    const name = async (domain: string, more: Record<string, string> = {}) => {
      const found = await client.data('SSL::get_cn_name', { domain, service: 'imap', ...more });
      return [found.cert_match_method, found.ssldomain, found.is_wild_card, found.is_currently_valid];
    };
    assert.deepEqual(await name('shop.test'), ['none', 'shop.test', 0, 0]);
    await client.data('SSL::install_ssl', { domain: 'shop.test', cert: leaf, key: RSA });
    assert.deepEqual(await name('ada@shop.test'), ['exact', 'shop.test', 0, 1]);
    assert.deepEqual(await name('acme'), ['exact', 'shop.test', 0, 1]);
    assert.deepEqual(await name('shop.test', { add_mail_subdomain: '1' }), ['none', 'mail.shop.test', 0, 0]);
    const wild = await makeCertificate({ key: RSA, names: ['*.shop.test'], ca: CA });
    await client.data('SSL::install_ssl', { domain: 'www.shop.test', cert: wild, key: RSA });
    assert.deepEqual(await name('shop.test'), ['mail-wildcard', 'mail.shop.test', 1, 1]);
    assert.deepEqual(await name('a.shop.test'), ['exact-wildcard', 'a.shop.test', 1, 1]);
    assert.deepEqual(await client.errors('SSL::get_cn_name', { domain: 'shop.test', service: 'ftp' }), [
      '“ftp” is not a valid value for the “service” argument.',
    ]);
  });

  test('redirects to HTTPS are kept for domains that have a certificate', async () => {
    const client = await openShop(await open());
    assert.equal(await client.data('SSL::can_ssl_redirect'), 0);
    const toggle = (domains: string, state: number) => ({ domains, state });
    const name = 'SSL::toggle_ssl_redirect_for_domains';
    assert.deepEqual(await client.errors(name, toggle('shop.test,nobody.test', 1)), [
      'The domain “shop.test” does not have a valid SSL certificate.',
      'The user “acme” does not own the domain “nobody.test”.',
    ]);
    await client.data('SSL::install_ssl', { domain: 'shop.test', cert: leaf, key: RSA });
    assert.deepEqual(await client.data(name, toggle('shop.test', 1)), ['shop.test']);
    assert.equal(await client.data('SSL::can_ssl_redirect'), 0);
    const both = await makeCertificate({ key: RSA, names: ['shop.test', 'www.shop.test'], ca: CA });
    await client.data('SSL::install_ssl', { domain: 'shop.test', cert: both, key: RSA });
    assert.equal(await client.data('SSL::can_ssl_redirect'), 1);
    const redirecting = async () => (await client.data('DomainInfo::domains_data')).main_domain.is_https_redirecting;
    assert.equal(await redirecting(), 1);
    assert.deepEqual(await client.data(name, toggle('shop.test', 0)), ['shop.test']);
    assert.equal(await redirecting(), 0);
    assert.match((await client.errors(name, { domains: 'shop.test', state: 2 }))[0] as string, /must be 1 or 0/);
  });

  test('mail SNI is always on', async () => {
    const client = await openShop(await open());
    assert.deepEqual(await client.data('SSL::mail_sni_status', { domain: 'shop.test' }), { enabled: 1 });
    const on = await client.call('SSL::enable_mail_sni', { domains: 'shop.test|www.shop.test' });
    assert.deepEqual(on.data, { failed_domains: {}, updated_domains: { 'shop.test': 1, 'www.shop.test': 1 } });
    assert.deepEqual(on.warnings, ['Mail SNI is always enabled.']);
    const off = await client.call('SSL::disable_mail_sni', { domains: 'shop.test' });
    assert.deepEqual([off.status, off.errors, off.data.updated_domains], [0, ['Mail SNI is always enabled.'], {}]);
    assert.deepEqual(await client.data('SSL::rebuild_mail_sni_config'), { success: 1 });
    for (const [name, value] of [
      ['SSL::is_sni_supported', 1],
      ['SSL::is_mail_sni_supported', 1],
      ['SSL::check_shared_cert', 0],
      ['SSL::rebuildssldb', null],
    ] as const) {
      assert.equal(await client.data(name), value);
    }
  });

  test('installssl of API 2 does the same in its own words', async () => {
    const client = await openShop(await open());
    const query = 'cpanel_jsonapi_apiversion=2&cpanel_jsonapi_module=SSL&cpanel_jsonapi_func=installssl';
    const install = async (sent: Record<string, string>) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const payload = `${query}&${new URLSearchParams(sent).toString()}`;
      return (await client.raw({ method: 'POST', url: '/json-api/cpanel', headers, payload })).json.cpanelresult;
    };
    const good = await install({ domain: 'shop.test', crt: leaf, key: RSA, cabundle: middleCert });
    assert.deepEqual([good.event, good.data[0].result], [{ result: 1 }, 1]);
    assert.match(good.data[0].output, /now installed onto the domain/);
    const bad = await install({ domain: 'shop.test', crt: leaf, key: EC });
    assert.deepEqual(bad.data[0].result, 0);
    assert.match(bad.data[0].output, /do not match/);
  });
});
