import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forEachStore } from '../../support/stores.ts';
import type { Arguments, Client } from './client.ts';
import { EC, keyEvents, makeCertificate, openShop, otherAccount, OTHER_RSA, RSA, SUBJECT } from './ssl-world.ts';

const ca = { key: OTHER_RSA, subject: 'CN=Test CA' };
const leaf = await makeCertificate({ key: RSA, names: ['shop.test'], ca });

/** A part of the key that stands in no other text. */
const SECRET = RSA.split('\n').slice(4, 8).join('\n');

async function victim(client: Client) {
  const [key] = await client.data('SSL::upload_key', { key: RSA, friendly_name: 'Shop key' });
  const [cert] = await client.data('SSL::upload_cert', { crt: leaf, friendly_name: 'Shop' });
  const csr = await client.data('SSL::generate_csr', { ...SUBJECT, key_id: key.id, domains: 'shop.test' });
  await client.data('SSL::install_ssl', { domain: 'shop.test', cert: leaf, key: RSA });
  return { key: key.id as string, cert: cert.id as string, csr: csr.id as string };
}

forEachStore((open) => {
  test('nothing of another account is found by id, name, domain or certificate', async () => {
    const client = await openShop(await open());
    const ids = await victim(client);
    const thief = await otherAccount(client);
    const before = await keyEvents(client);
    const attempts: [`${string}::${string}`, Arguments][] = [
      ['SSL::show_key', { id: ids.key }],
      ['SSL::show_key', { friendly_name: 'Shop key' }],
      ['SSL::delete_key', { id: ids.key }],
      ['SSL::set_key_friendly_name', { id: ids.key, new_friendly_name: 'mine' }],
      ['SSL::find_certificates_for_key', { id: ids.key }],
      ['SSL::find_csrs_for_key', { friendly_name: 'Shop key' }],
      ['SSL::generate_csr', { ...SUBJECT, key_id: ids.key, domains: 'globex.test' }],
      ['SSL::generate_cert', { ...SUBJECT, key_id: ids.key, domains: 'globex.test' }],
      ['SSL::show_cert', { id: ids.cert }],
      ['SSL::show_cert', { friendly_name: 'Shop' }],
      ['SSL::delete_cert', { id: ids.cert }],
      ['SSL::set_cert_friendly_name', { friendly_name: 'Shop', new_friendly_name: 'mine' }],
      ['SSL::fetch_cert_info', { id: ids.cert }],
      ['SSL::show_csr', { id: ids.csr }],
      ['SSL::delete_csr', { id: ids.csr }],
      ['SSL::set_csr_friendly_name', { id: ids.csr, new_friendly_name: 'mine' }],
      ['SSL::fetch_key_and_cabundle_for_certificate', { certificate: leaf }],
      ['SSL::installed_host', { domain: 'shop.test' }],
      ['SSL::installed_host', {}],
      ['SSL::delete_ssl', { domain: 'shop.test' }],
      ['SSL::install_ssl', { domain: 'shop.test', cert: leaf, key: RSA }],
      ['SSL::set_primary_ssl', { servername: 'shop.test' }],
      ['SSL::mail_sni_status', { domain: 'shop.test' }],
      ['SSL::toggle_ssl_redirect_for_domains', { domains: 'shop.test', state: 1 }],
      ['SSL::get_autossl_renewal_status', { domain: 'shop.test' }],
    ];
    for (const [name, args] of attempts) {
      const text = JSON.stringify(await thief.errors(name, args));
      assert.ok(!text.includes(SECRET) && !text.includes('BEGIN'), `${name} ${text}`);
    }
    for (const name of ['list_keys', 'list_csrs', 'list_certs', 'list_ssl_items', 'installed_hosts'] as const) {
      assert.deepEqual(await thief.data(`SSL::${name}`), [], name);
    }
    assert.equal((await thief.data('SSL::fetch_best_for_domain', { domain: 'shop.test' })).status, 0);
    assert.deepEqual(await thief.data('SSL::fetch_certificates_for_fqdns', { domains: 'shop.test' }), []);
    const cn = await thief.data('SSL::get_cn_name', { domain: 'shop.test', service: 'imap' });
    assert.equal(cn.cert_match_method, 'none');
    // Of all of it the owner's trail tells nothing, as nothing of the owner's was touched.
    assert.deepEqual(await keyEvents(client), before);
    assert.equal((await client.data('SSL::list_keys'))[0].friendly_name, 'Shop key');
  });

  test('who knows another account’s certificate gains nothing by it, nor by its key', async () => {
    const client = await openShop(await open());
    const ids = await victim(client);
    const thief = await otherAccount(client);
    await thief.data('SSL::upload_cert', { crt: leaf, friendly_name: 'Copy' });
    assert.equal((await thief.data('SSL::fetch_cert_info', { friendly_name: 'Copy' })).key, null);
    assert.match(
      (await thief.errors('SSL::fetch_key_and_cabundle_for_certificate', { certificate: leaf }))[0] as string,
      /no private key/,
    );
    // A key that somebody else has as well is kept as the thief's own, under the same id.
    const [key] = await thief.data('SSL::upload_key', { key: RSA });
    assert.equal(key.id, ids.key);
    const found = await thief.data('SSL::find_certificates_for_key', { id: key.id });
    assert.deepEqual(
      found.map(({ friendly_name }: { friendly_name: string }) => friendly_name),
      ['Copy'],
    );
    await thief.data('SSL::delete_key', { id: key.id });
    assert.equal((await client.data('SSL::list_keys')).length, 1);
    assert.equal((await client.data('SSL::installed_hosts')).length, 1);
  });

  test('ids and names are no paths, no patterns and no SQL', async () => {
    const client = await openShop(await open());
    const ids = await victim(client);
    const hash = ids.key.slice(-32);
    const wrong = [
      '../../etc/passwd',
      `../${ids.key}`,
      `${ids.key}/`,
      `${ids.key}%`,
      `%_%_${hash}`,
      '%',
      '_',
      '*',
      `' or 1=1 --`,
      hash,
      hash.slice(0, 8),
      `aaaaa_bbbbb_${hash}`,
      `${ids.key.toUpperCase()}`,
      `${ids.key}\n`,
      'x'.repeat(5_000),
      '{"$gt":""}',
    ];
    for (const id of wrong) {
      for (const name of ['SSL::show_key', 'SSL::show_cert', 'SSL::show_csr'] as const) {
        const result = await client.call(name, { id });
        assert.equal(result.status, 0, `${name} ${id}`);
        assert.equal((await client.call(name, { friendly_name: id })).status, 0, `${name} ${id}`);
      }
    }
    assert.equal((await client.raw({ url: `/execute/SSL/show_key?id[]=${ids.key}` })).json.status, 0);
    const named = await client.data('SSL::upload_key', { key: EC, friendly_name: `'; drop table x; -- % _ ../` });
    assert.equal(
      (await client.data('SSL::show_key', { friendly_name: named[0].friendly_name })).details.id,
      named[0].id,
    );
  });

  test('a name that would break a screen or a mail is not kept', async () => {
    const client = await openShop(await open());
    for (const friendly_name of ['a\nb', 'a\u001b[31mb', 'x'.repeat(256), '   ']) {
      const result = await client.call('SSL::upload_key', { key: EC, friendly_name });
      assert.equal(result.status, 0, JSON.stringify(friendly_name));
    }
    assert.equal((await client.raw({ url: '/execute/SSL/upload_key?key=x&friendly_name=a%00b' })).status, 400);
    assert.deepEqual(await client.data('SSL::list_keys'), []);
  });

  test('no error tells of a private key, whatever it was sent as', async () => {
    const client = await openShop(await open());
    const places: [`${string}::${string}`, Record<string, string>][] = [
      ['SSL::upload_cert', { crt: RSA }],
      ['SSL::get_cabundle', { cert: RSA }],
      ['SSL::fetch_key_and_cabundle_for_certificate', { certificate: RSA }],
      ['SSL::install_ssl', { domain: 'shop.test', cert: RSA, key: RSA }],
      ['SSL::install_ssl', { domain: 'shop.test', cert: leaf, key: `${RSA}${RSA}` }],
      ['SSL::install_ssl', { domain: 'shop.test', cert: leaf, key: RSA.replace('RSA PRIVATE', 'DSA PRIVATE') }],
      ['SSL::install_ssl', { domain: RSA, cert: leaf, key: RSA }],
      ['SSL::upload_key', { key: RSA.replace(/-----END[^]*$/, '') }],
      ['SSL::upload_key', { key: RSA.replace('MII', 'MIJ') }],
      ['SSL::show_key', { id: RSA }],
      ['SSL::generate_csr', { ...SUBJECT, domains: RSA, key_id: 'x' }],
      ['SSL::add_autossl_excluded_domains', { domains: RSA }],
      ['DCV::check_domains_via_http', { domain: RSA }],
    ];
    const line = RSA.split('\n')[5] as string;
    for (const [name, args] of places) {
      const result = await client.call(name, args);
      assert.equal(result.status, 0, name);
      // What was sent as an id comes back as an id; nothing else does.
      if (args.id === undefined) assert.ok(!JSON.stringify(result).includes(line), `${name} ${JSON.stringify(result)}`);
    }
    const trail = JSON.stringify(await client.desk.store.find('auditEvents', {}));
    assert.ok(!trail.includes(line));
  });

  test('huge input is refused before it costs anything', async () => {
    const client = await openShop(await open());
    const post = async (name: string, args: Record<string, string>) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const url = `/execute/${name.replace('::', '/')}`;
      return client.raw({ method: 'POST', url, headers, payload: new URLSearchParams(args).toString() });
    };
    const long = 'A'.repeat(900_000);
    const begun = performance.now();
    for (const [name, args] of [
      ['SSL::upload_key', { key: `-----BEGIN PRIVATE KEY-----\n${long}\n-----END PRIVATE KEY-----` }],
      ['SSL::upload_key', { key: '-----BEGIN PRIVATE KEY-----'.repeat(30_000) }],
      ['SSL::upload_cert', { crt: '-----BEGIN CERTIFICATE-----'.repeat(30_000) }],
      ['SSL::upload_cert', { crt: `-----BEGIN CERTIFICATE-----\n${long}\n-----END CERTIFICATE-----` }],
      ['SSL::install_ssl', { domain: 'shop.test', cert: leaf.repeat(400), key: RSA }],
      ['SSL::generate_csr', { ...SUBJECT, domains: 'a,'.repeat(400_000), key_id: 'x' }],
      ['SSL::list_ssl_items', { item: 'key,'.repeat(200_000) + 'x' }],
      ['SSL::show_key', { id: long }],
      ['Batch::strict', { command: '['.repeat(400_000) }],
    ] as const) {
      const { json } = await post(name, args);
      assert.equal(json.status, 0, name);
    }
    assert.ok(performance.now() - begun < 20_000);
    assert.equal((await post('SSL::upload_key', { key: 'A'.repeat(1_100_000) })).status, 413);
    assert.deepEqual(await client.desk.store.find('subscriberKeys', {}), []);
  });
});
