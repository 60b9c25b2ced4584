import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { START } from '../../support/core-world.ts';
import { newCsr } from '../../support/desk.ts';
import { openssl } from '../../support/openssl.ts';
import { forEachStore } from '../../support/stores.ts';
import { EC, keyEvents, makeCertificate, modulus, openShop, OTHER_RSA, RSA, SUBJECT } from './ssl-world.ts';

const CA = { key: OTHER_RSA, subject: 'C=US, O=Desk, CN=Test CA' };
const caCert = await makeCertificate({ key: CA.key, names: [], subject: CA.subject, isCa: true });
const leaf = await makeCertificate({
  key: RSA,
  names: ['shop.test', 'www.shop.test'],
  ca: CA,
  policy: '2.23.140.1.2.1',
});
const seconds = (at: number): number => at / 1_000;

forEachStore((open) => {
  test('a certificate is uploaded and shown, member by member', async () => {
    const client = await openShop(await open());
    const [record] = await client.data('SSL::upload_cert', { crt: leaf, friendly_name: 'Shop' });
    const numbers = modulus(RSA);
    const end = seconds(START - 86_400_000) + 365 * 86_400;
    const hash = new X509Certificate(leaf).fingerprint256.replaceAll(':', '').slice(0, 32).toLowerCase();
    const expected = {
      created: seconds(START),
      friendly_name: 'Shop',
      id: `shop_test_${numbers.slice(0, 5)}_${numbers.slice(-5)}_${end}_${hash}`,
      key_algorithm: 'rsaEncryption',
      modulus: numbers,
      modulus_length: 2048,
      ecdsa_curve_name: null,
      ecdsa_public: null,
      domains: ['shop.test', 'www.shop.test'],
      is_self_signed: 0,
      'issuer.commonName': 'Test CA',
      'issuer.countryName': 'US',
      'issuer.organizationName': 'Desk',
      not_after: end,
      not_before: seconds(START - 86_400_000),
      signature_algorithm: 'sha256WithRSAEncryption',
      'subject.commonName': 'shop.test',
      validation_type: 'dv',
    };
    assert.deepEqual(record, expected);
    const serial = new X509Certificate(leaf).serialNumber.toLowerCase();
    const issuer_text = 'countryName\nUS\norganizationName\nDesk\ncommonName\nTest CA';
    const listed = { ...expected, serial, issuer_text, subject_text: 'commonName\nshop.test', domain_is_configured: 1 };
    assert.deepEqual(await client.data('SSL::list_certs'), [listed]);
    const { cert, details, text } = await client.data('SSL::show_cert', { friendly_name: 'Shop' });
    assert.equal(new X509Certificate(cert).fingerprint, new X509Certificate(leaf).fingerprint);
    assert.deepEqual(details, expected);
    const printed = openssl(['x509', '-text', '-noout', '-nameopt', 'utf8,sep_comma_plus_space'], leaf);
    for (const line of [
      'Not Before: ',
      'Not After : ',
      'Public-Key: (',
      'DNS:shop.test',
      'Exponent: 65537',
      'Policy: ',
    ]) {
      const wanted = printed.split('\n').find((one) => one.includes(line));
      assert.ok(text.split('\n').includes(wanted), `${wanted}\n${text}`);
    }
    const { domain_is_configured: _, ...whole } = listed;
    assert.deepEqual(await client.data('SSL::delete_cert', { id: record.id }), [whole]);
    assert.deepEqual(await client.data('SSL::list_certs'), []);
  });

  test('what a certificate is worth is read from its policies', async () => {
    const client = await openShop(await open());
    const policies: [string | undefined, string | null][] = [
      ['2.23.140.1.2.2', 'ov'],
      ['2.23.140.1.1', 'ev'],
      ['1.2.3.4', null],
      [undefined, null],
    ];
    for (const [policy, type] of policies) {
      const ask = { key: EC, names: ['shop.test'], ca: CA, ...(policy === undefined ? {} : { policy }) };
      const [record] = await client.data('SSL::upload_cert', { crt: await makeCertificate(ask) });
      assert.equal(record.validation_type, type);
      assert.equal(record.key_algorithm, 'id-ecPublicKey');
    }
    const names = (await client.data('SSL::list_certs')).map((one: { friendly_name: string }) => one.friendly_name);
    assert.deepEqual(names, ['shop.test', 'shop.test (2)', 'shop.test (3)', 'shop.test (4)']);
  });

  test('a certificate that signs itself is generated', async () => {
    const client = await openShop(await open());
    const [{ id: key_id }] = await client.data('SSL::upload_key', { key: RSA });
    const made = await client.data('SSL::generate_cert', { ...SUBJECT, key_id, domains: 'shop.test,www.shop.test' });
    assert.equal(made.is_self_signed, 1);
    assert.equal(made.not_after - made.not_before, 365 * 86_400);
    const read = new X509Certificate(made.text);
    assert.equal(read.subjectAltName, 'DNS:shop.test, DNS:www.shop.test');
    assert.ok(read.verify(read.publicKey));
    const found = await client.data('SSL::find_certificates_for_key', { id: key_id });
    assert.deepEqual(
      found.map(({ id }: { id: string }) => id),
      [made.id],
    );
    assert.ok(!('serial' in found[0]));
  });

  test('the chain that comes with an upload is kept, one of another CA refused', async () => {
    const client = await openShop(await open());
    await client.data('SSL::upload_cert', { crt: leaf + caCert });
    const middle = { key: EC, subject: 'CN=Middle CA' };
    const middleCert = await makeCertificate({ key: EC, names: [], subject: middle.subject, isCa: true, ca: CA });
    const below = await makeCertificate({ key: RSA, names: ['shop.test'], ca: middle });
    await client.data('SSL::upload_cert', { crt: below + caCert + middleCert, friendly_name: 'Below' });
    const { cabundle } = await client.data('SSL::fetch_cert_info', { friendly_name: 'Below' });
    assert.equal(cabundle.replace(/\s/g, ''), middleCert.replace(/\s/g, ''));
    const cab = await client.data('SSL::get_cabundle', { cert: below });
    assert.deepEqual([cab.bundle, cab.domain, cab.cab], ['Middle CA', 'shop.test', cabundle]);
    const foreign = await makeCertificate({ key: EC, names: ['shop.test'], ca: CA });
    const wrong = ['The certificate authority bundle does not match the certificate.'];
    assert.deepEqual(await client.errors('SSL::upload_cert', { crt: foreign + below }), wrong);
    assert.deepEqual(await client.errors('SSL::get_cabundle', { cert: foreign }), [
      'There is no certificate authority bundle for “shop.test”.',
    ]);
  });

  test('items are listed by domain and type', async () => {
    const client = await openShop(await open());
    const [key] = await client.data('SSL::upload_key', { key: RSA });
    const csr = await client.data('SSL::generate_csr', { ...SUBJECT, key_id: key.id, domains: 'api.shop.test' });
    const [cert] = await client.data('SSL::upload_cert', { crt: leaf });
    const keys = ['api.shop.test', 'shop.test', 'www.shop.test'].map((host) => ({ host, id: key.id, type: 'key' }));
    assert.deepEqual(await client.data('SSL::list_ssl_items'), keys);
    assert.deepEqual(await client.data('SSL::list_ssl_items', { item: 'csr,crt' }), [
      { host: 'api.shop.test', id: csr.id, type: 'csr' },
      { host: 'shop.test', id: cert.id, type: 'crt' },
      { host: 'www.shop.test', id: cert.id, type: 'crt' },
    ]);
    const some = await client.data('SSL::list_ssl_items', { 'item-1': 'key', 'item-2': 'crt', domains: 'shop.test' });
    assert.deepEqual(
      some.map(({ type }: { type: string }) => type),
      ['key', 'crt'],
    );
    assert.deepEqual(await client.errors('SSL::list_ssl_items', { item: 'pem' }), [
      '“pem” is not a valid value for the “item” argument.',
    ]);
  });

  test('a certificate is fetched with its key, each time on the audit trail', async () => {
    const client = await openShop(await open());
    const [cert] = await client.data('SSL::upload_cert', { crt: leaf + caCert });
    const without = await client.data('SSL::fetch_cert_info', { id: cert.id });
    assert.equal(without.key, null);
    await client.data('SSL::upload_key', { key: RSA });
    const info = await client.data('SSL::fetch_cert_info', { id: cert.id });
    assert.deepEqual(Object.keys(info), ['cabundle', 'certificate', 'is_self_signed', 'key', 'subject.commonName_ip']);
    assert.deepEqual([info.key, info['subject.commonName_ip'], info.cabundle], [RSA, '192.0.2.10', null]);
    const best = await client.data('SSL::fetch_best_for_domain', { domain: 'www.shop.test' });
    assert.deepEqual([best.key, best.status, best.statusmsg, best.searched_users], [RSA, 1, 'ok', ['acme']]);
    const whole = await client.data('SSL::fetch_key_and_cabundle_for_certificate', { certificate: leaf });
    assert.deepEqual([whole.key, whole.domain, whole.user], [RSA, 'shop.test', 'acme']);
    const [listed] = await client.data('SSL::fetch_certificates_for_fqdns', { domains: 'www.shop.test,other.test' });
    assert.deepEqual([listed.key, listed.domain_is_configured, listed.id], [RSA, 1, cert.id]);
    assert.equal(listed.verify_error, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
    const shown = (await keyEvents(client)).filter(({ action }) => action === 'subscriber-key.shown');
    assert.deepEqual(
      shown.map(({ why }) => why),
      [
        'SSL::fetch_cert_info',
        'SSL::fetch_best_for_domain',
        'SSL::fetch_key_and_cabundle_for_certificate',
        'SSL::fetch_certificates_for_fqdns',
      ],
    );
  });

  test('the best certificate is valid now, of a CA, and ends last', async () => {
    const client = await openShop(await open());
    await client.data('SSL::upload_key', { key: RSA });
    const none = await client.data('SSL::fetch_best_for_domain', { domain: 'shop.test' });
    assert.deepEqual([none.status, none.crt, none.key], [0, null, null]);
    const offers: [string, Parameters<typeof makeCertificate>[0]][] = [
      ['own', { key: RSA, names: ['shop.test'], days: 900 }],
      ['ended', { key: RSA, names: ['shop.test'], days: 0.5, ca: CA }],
      ['keyless', { key: EC, names: ['shop.test'], days: 800, ca: CA }],
      ['elsewhere', { key: RSA, names: ['other.test'], days: 800, ca: CA }],
      ['short', { key: RSA, names: ['*.shop.test', 'shop.test'], days: 30, ca: CA }],
      ['long', { key: RSA, names: ['shop.test'], days: 90, ca: CA }],
    ];
    const made = new Map<string, string>();
    for (const [name, ask] of offers) {
      made.set(name, await makeCertificate(ask));
      await client.data('SSL::upload_cert', { crt: made.get(name) as string, friendly_name: name });
    }
    const plain = (pem: string | undefined): string => new X509Certificate(pem as string).fingerprint;
    const best = async (domain: string): Promise<string> =>
      plain((await client.data('SSL::fetch_best_for_domain', { domain })).crt);
    assert.equal(await best('shop.test'), plain(made.get('long')));
    assert.equal(await best('a.shop.test'), plain(made.get('short')));
    await client.data('SSL::delete_cert', { friendly_name: 'long' });
    await client.data('SSL::delete_cert', { friendly_name: 'short' });
    assert.equal(await best('shop.test'), plain(made.get('own')));
    assert.equal((await client.data('SSL::fetch_best_for_domain', { domain: 'a.b.shop.test' })).status, 0);
  });

  const BAD: [string, string, RegExp][] = [
    ['a key', RSA, /holds a private key; keep it secret/],
    ['a request', newCsr('a.test'), /holds a CERTIFICATE REQUEST/],
    ['no certificate', 'hello', /neither PEM nor base64/],
    ['a damaged one', leaf.replace(/[A-P]/, 'Z'), /cannot be read/],
    ['thirty of them', leaf.repeat(30), /more than 20 certificates/],
  ];
  for (const [what, crt, words] of BAD) {
    test(`${what} is not kept as a certificate`, async () => {
      const client = await openShop(await open());
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const payload = new URLSearchParams({ crt }).toString();
      const { json, text } = await client.raw({ method: 'POST', url: '/execute/SSL/upload_cert', headers, payload });
      assert.match(json.errors[0], words);
      assert.ok(!text.includes(RSA.slice(100, 140)));
      assert.deepEqual(await client.desk.store.find('keptFiles', {}), []);
    });
  }
});
