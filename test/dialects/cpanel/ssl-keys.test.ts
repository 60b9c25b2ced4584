import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { test } from 'node:test';
import { readCsr } from '../../../src/pki/csr.ts';
import { forEachStore } from '../../support/stores.ts';
import { openssl } from '../../support/openssl.ts';
import { openClient } from './client.ts';
import { EC, keyEvents, modulus, OTHER_RSA, RSA, SUBJECT, spkiHash } from './ssl-world.ts';

const KEY_RECORD = [
  'created',
  'ecdsa_curve_name',
  'ecdsa_public',
  'friendly_name',
  'id',
  'key_algorithm',
  'modulus',
  'modulus_length',
];

forEachStore((open) => {
  test('a key is generated in each of the types, and shown once more', async () => {
    const client = await openClient(await open());
    const types: [Record<string, string>, string, number | null, string | null][] = [
      [{}, 'rsaEncryption', 2048, null],
      [{ keysize: '4096' }, 'rsaEncryption', 4096, null],
      [{ keytype: 'system' }, 'rsaEncryption', 2048, null],
      [{ keytype: 'rsa-2048' }, 'rsaEncryption', 2048, null],
      [{ keytype: 'ecdsa-prime256v1' }, 'id-ecPublicKey', null, 'prime256v1'],
      [{ keytype: 'ecdsa-secp384r1' }, 'id-ecPublicKey', null, 'secp384r1'],
    ];
    for (const [args, algorithm, length, curve] of types) {
      const made = await client.data('SSL::generate_key', args);
      assert.deepEqual(Object.keys(made).toSorted(), [...KEY_RECORD, 'text'].toSorted());
      assert.deepEqual([made.key_algorithm, made.modulus_length, made.ecdsa_curve_name], [algorithm, length, curve]);
      assert.match(
        made.text,
        curve === null ? /^-----BEGIN RSA PRIVATE KEY-----\n/ : /^-----BEGIN EC PRIVATE KEY-----\n/,
      );
      const digits = made.modulus ?? made.ecdsa_public;
      const hash = spkiHash(made.text).slice(0, 32);
      assert.equal(made.id, `${digits.slice(0, 5)}_${digits.slice(-5)}_${hash}`);
      if (length !== null) assert.equal(made.modulus, modulus(made.text));
      const { details, text } = await client.data('SSL::show_key', { id: made.id });
      assert.equal(details.key, made.text);
      const { text: _, ...record } = made;
      assert.deepEqual(details, { ...record, key: made.text });
      assert.match(text, /^Private-Key: \(\d+ bit/);
    }
    assert.equal((await client.data('SSL::list_keys')).length, types.length);
  });

  test('the text of a key is what OpenSSL prints', async () => {
    const client = await openClient(await open());
    for (const key of [RSA, EC]) {
      const [{ id }] = await client.data('SSL::upload_key', { key });
      const { text } = await client.data('SSL::show_key', { id });
      assert.equal(text, openssl(['pkey', '-text', '-noout'], key));
    }
  });

  test('the account’s own type of key is made from then on', async () => {
    const client = await openClient(await open());
    await client.data('SSL::set_default_key_type', { type: 'ecdsa-secp384r1' });
    assert.equal((await client.data('SSL::generate_key')).ecdsa_curve_name, 'secp384r1');
    assert.equal((await client.data('SSL::generate_key', { keytype: 'system' })).modulus_length, 2048);
    await client.data('SSL::set_default_key_type', { type: 'system' });
    assert.equal((await client.data('SSL::generate_key')).modulus_length, 2048);
    const wrong = await client.errors('SSL::set_default_key_type', { type: 'rsa-1024' });
    assert.deepEqual(wrong, ['“rsa-1024” is not a valid value for the “type” argument.']);
  });

  const WRONG: [Record<string, string>, string][] = [
    [{ keytype: 'rsa-2048', keysize: '2048' }, 'The “keytype” and “keysize” arguments are mutually exclusive.'],
    [{ keytype: 'dsa-2048' }, '“dsa-2048” is not a valid value for the “keytype” argument.'],
    [{ keytype: 'constructor' }, '“constructor” is not a valid value for the “keytype” argument.'],
    [{ keysize: '1024' }, '“1024” is not a valid value for the “keysize” argument.'],
    [{ keysize: 'big' }, 'The “keysize” parameter must be a whole number.'],
  ];
  for (const [args, error] of WRONG) {
    test(`generate_key refuses ${JSON.stringify(args)}`, async () => {
      const client = await openClient(await open());
      assert.deepEqual(await client.errors('SSL::generate_key', args), [error]);
      assert.deepEqual(await client.desk.store.find('subscriberKeys', {}), []);
    });
  }

  test('a key is uploaded once, by form and by multipart, under either name of the part', async () => {
    const client = await openClient(await open());
    const [first] = await client.data('SSL::upload_key', { key: RSA, friendly_name: 'Shop' });
    assert.deepEqual(Object.keys(first).toSorted(), KEY_RECORD);
    assert.equal(first.modulus, modulus(RSA));
    for (const part of ['key', 'crt']) {
      const form = new FormData();
      form.set(part, new Blob([RSA]), 'shop.key');
      const sent = new Request('http://desk.test', { method: 'POST', body: form });
      const headers = { 'content-type': sent.headers.get('content-type') as string };
      const payload = Buffer.from(await sent.arrayBuffer());
      const { json } = await client.raw({ method: 'POST', url: '/execute/SSL/upload_key', headers, payload });
      assert.deepEqual(json.data, [first]);
    }
    assert.equal((await client.data('SSL::list_keys')).length, 1);
  });

  test('a key is found by id, by name, or by both where they agree', async () => {
    const client = await openClient(await open());
    const [shop] = await client.data('SSL::upload_key', { key: RSA, friendly_name: 'Shop' });
    const [mail] = await client.data('SSL::upload_key', { key: EC, friendly_name: 'Mail' });
    const asks: Record<string, string>[] = [
      { id: shop.id },
      { friendly_name: 'Shop' },
      { id: shop.id, friendly_name: 'Shop' },
    ];
    for (const ask of asks) assert.equal((await client.data('SSL::show_key', ask)).details.id, shop.id);
    const wrong: [Record<string, string>, string][] = [
      [{}, 'You must provide either the “id” or the “friendly_name” argument.'],
      [
        { id: mail.id, friendly_name: 'Shop' },
        'The “id” and “friendly_name” arguments do not refer to the same private key.',
      ],
      [{ friendly_name: 'shop' }, 'There is no private key with the friendly name “shop”.'],
      [{ id: 'nothing' }, 'There is no private key with the ID “nothing”.'],
      [{ id: `x${shop.id}` }, `There is no private key with the ID “x${shop.id}”.`],
      [
        { id: shop.id.replace(/^...../, '00000') },
        `There is no private key with the ID “${shop.id.replace(/^...../, '00000')}”.`,
      ],
      [{ id: '0'.repeat(100_000) }, `There is no private key with the ID “${'0'.repeat(255)}…”.`],
    ];
    for (const [args, error] of wrong) assert.deepEqual(await client.errors('SSL::show_key', args), [error]);
  });

  test('names are free for each kind, and are changed', async () => {
    const client = await openClient(await open());
    const [shop] = await client.data('SSL::upload_key', { key: RSA, friendly_name: 'Shop' });
    const taken = ['The friendly name “Shop” is already in use.'];
    assert.deepEqual(await client.errors('SSL::upload_key', { key: EC, friendly_name: 'Shop' }), taken);
    await client.data('SSL::upload_key', { key: EC, friendly_name: 'Mail' });
    assert.deepEqual(
      await client.errors('SSL::set_key_friendly_name', { friendly_name: 'Mail', new_friendly_name: 'Shop' }),
      taken,
    );
    assert.deepEqual(await client.errors('SSL::set_key_friendly_name', { id: shop.id }), [
      'Provide the ‘new_friendly_name’ argument.',
    ]);
    await client.data('SSL::set_key_friendly_name', { id: shop.id, new_friendly_name: 'Laden' });
    assert.equal((await client.data('SSL::show_key', { friendly_name: 'Laden' })).details.id, shop.id);
    await client.data('SSL::set_key_friendly_name', { id: shop.id, new_friendly_name: 'Laden' });
    // One that gets its name here gets another where it is taken.
    await client.data('SSL::generate_key');
    const names = new Set(
      (await client.data('SSL::list_keys')).map((key: { friendly_name: string }) => key.friendly_name),
    );
    await client.data('SSL::generate_key');
    const again = (await client.data('SSL::list_keys')).map((key: { friendly_name: string }) => key.friendly_name);
    assert.deepEqual([names.size, new Set(again).size], [3, 4]);
  });

  test('a deleted key is gone, and is answered without its id', async () => {
    const client = await openClient(await open());
    const [{ id, ...record }] = await client.data('SSL::upload_key', { key: RSA, friendly_name: 'Shop' });
    assert.deepEqual(await client.data('SSL::delete_key', { id }), [record]);
    assert.deepEqual(await client.data('SSL::list_keys'), []);
    assert.match((await client.errors('SSL::delete_key', { id }))[0] as string, /There is no private key/);
  });

  const BAD_KEYS: [string, string, RegExp][] = [
    ['a short RSA key', openssl(['genrsa', '1024']), /1024 bits; at least 2048/],
    [
      'an encrypted key',
      openssl(['rsa', '-traditional', '-aes128', '-passout', 'pass:x'], RSA),
      /encrypted: send it without/,
    ],
    ['half a key', RSA.slice(0, 300), /-----END RSA PRIVATE KEY----- is missing/],
    ['no key', 'hello', /neither PEM nor base64/],
    ['two keys', RSA + OTHER_RSA, /more than one private key/],
    ['a huge text', 'A'.repeat(600_000), /more than 32768 characters/],
  ];
  for (const [what, key, words] of BAD_KEYS) {
    test(`${what} is not kept, and nothing of it is told`, async () => {
      const client = await openClient(await open());
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const payload = new URLSearchParams({ key }).toString();
      const { text, json } = await client.raw({ method: 'POST', url: '/execute/SSL/upload_key', headers, payload });
      assert.equal(json.status, 0);
      assert.match(json.errors[0], words);
      assert.ok(text.length < 300 && !text.includes(RSA.slice(100, 140)));
      assert.deepEqual(await client.desk.store.find('subscriberKeys', {}), []);
    });
  }

  test('what is missing is named', async () => {
    const client = await openClient(await open());
    const needed: [`${string}::${string}`, string, Record<string, string>?][] = [
      ['SSL::upload_key', 'key'],
      ['SSL::upload_cert', 'crt'],
      ['SSL::set_default_key_type', 'type'],
      ['SSL::generate_csr', 'domains'],
      ['SSL::generate_csr', 'countryName', { domains: 'shop.test' }],
      ['SSL::generate_csr', 'key_id', { domains: 'shop.test', ...SUBJECT }],
      ['SSL::generate_cert', 'stateOrProvinceName', { domains: 'shop.test', countryName: 'US' }],
      ['SSL::install_ssl', 'domain'],
      ['SSL::install_ssl', 'cert', { domain: 'shop.test' }],
      ['SSL::install_ssl', 'key', { domain: 'shop.test', cert: 'x' }],
      ['SSL::delete_ssl', 'domain'],
      ['SSL::get_cabundle', 'cert'],
      ['SSL::get_cn_name', 'domain'],
      ['SSL::get_cn_name', 'service', { domain: 'shop.test' }],
      ['SSL::fetch_best_for_domain', 'domain'],
      ['SSL::fetch_certificates_for_fqdns', 'domains'],
      ['SSL::fetch_key_and_cabundle_for_certificate', 'certificate'],
      ['SSL::add_autossl_excluded_domains', 'domains'],
      ['SSL::remove_autossl_excluded_domains', 'domains'],
      ['SSL::get_autossl_renewal_status', 'domain'],
      ['SSL::toggle_ssl_redirect_for_domains', 'domains'],
      ['SSL::mail_sni_status', 'domain'],
      ['SSL::enable_mail_sni', 'domains'],
      ['SSL::set_primary_ssl', 'servername'],
      ['DCV::check_domains_via_http', 'domain'],
      ['DCV::check_domains_via_dns', 'domain'],
      ['DCV::ensure_domains_can_pass_dcv', 'domain'],
      ['Tokens::create_full_access', 'name'],
      ['Tokens::revoke', 'name'],
      ['Tokens::rename', 'name'],
      ['Tokens::rename', 'new_name', { name: 'x' }],
      ['DNS::parse_zone', 'zone'],
      ['DNS::mass_edit_zone', 'zone'],
      ['DNS::mass_edit_zone', 'serial', { zone: 'shop.test' }],
      ['DNS::has_local_authority', 'domain'],
      ['Features::has_feature', 'name'],
      ['Batch::strict', 'command'],
    ];
    for (const [name, argument, args] of needed) {
      assert.deepEqual(await client.errors(name, args), [`Provide the ‘${argument}’ argument.`], name);
    }
  });

  test('every showing of a key is on the audit trail, and none without one', async () => {
    const client = await openClient(await open());
    const [{ id }] = await client.data('SSL::upload_key', { key: RSA });
    assert.deepEqual(await keyEvents(client), [{ action: 'subscriber-key.kept', actor: 'acme/ada', why: undefined }]);
    await client.data('SSL::show_key', { id });
    await client.data('SSL::list_keys');
    await client.data('SSL::generate_csr', { key_id: id, domains: 'shop.test', ...SUBJECT });
    await client.data('SSL::generate_key', { keytype: 'ecdsa-prime256v1' });
    const told = (await keyEvents(client)).map(({ action, why }) => [action.slice('subscriber-key.'.length), why]);
    assert.deepEqual(told, [
      ['kept', undefined],
      ['shown', 'SSL::show_key'],
      ['signed', undefined],
      ['made', undefined],
      ['shown', 'SSL::generate_key'],
    ]);
  });

  test('a request is generated for a key and found by it', async () => {
    const client = await openClient(await open());
    const [{ id: keyId }] = await client.data('SSL::upload_key', { key: RSA });
    const ask = { ...SUBJECT, key_id: keyId, emailAddress: 'ada@shop.test', organizationalUnitName: 'Shops' };
    const domains = 'shop.test, www.shop.test,*.shop.test';
    const made = await client.data('SSL::generate_csr', { ...ask, domains, friendly_name: 'For the shop' });
    assert.deepEqual(made.domains, ['shop.test', 'www.shop.test', '*.shop.test']);
    assert.equal(made.commonName, 'shop.test');
    const csr = readCsr(made.text);
    assert.deepEqual(csr.dnsNames, made.domains);
    assert.equal(csr.spkiHash, spkiHash(RSA));
    const [first, last] = [modulus(RSA).slice(0, 5), modulus(RSA).slice(-5)];
    assert.equal(made.id, `shop_test_${first}_${last}_${csr.sha256.slice(0, 32)}`);
    const { csr: pem, details, text } = await client.data('SSL::show_csr', { id: made.id });
    assert.equal(pem, made.text);
    const { text: _, ...record } = made;
    const subject = { ...SUBJECT, emailAddress: 'ada@shop.test', organizationalUnitName: 'Shops' };
    assert.deepEqual(details, { ...record, ...subject });
    assert.match(text, /Subject: C = US, ST = TX, L = Houston, O = Müller & Sons, OU = Shops, CN = shop\.test/);
    assert.deepEqual(await client.data('SSL::list_csrs'), [record]);
    assert.deepEqual(await client.data('SSL::find_csrs_for_key', { id: keyId }), [record]);
    await client.data('SSL::set_csr_friendly_name', { id: made.id, new_friendly_name: 'Shop' });
    assert.deepEqual(await client.data('SSL::delete_csr', { friendly_name: 'Shop' }), [
      { ...record, friendly_name: 'Shop' },
    ]);
    assert.deepEqual(await client.data('SSL::list_csrs'), []);
  });

  const BAD_ASKS: [string, Record<string, string>, RegExp][] = [
    ['a country of one letter', { countryName: 'U' }, /two capital letters/],
    ['no domain', { domains: ',' }, /Provide the ‘domains’ argument/],
    ['a name that is none', { domains: 'shop test_x' }, /not fully qualified/],
    ['an organization that is too long', { organizationName: 'x'.repeat(65) }, /longer than 64/],
    [
      'another’s key',
      { key_id: 'a9b72_63971_2cb6d8897b362cfb1548e047d8428b8d' },
      /There is no private key with the ID/,
    ],
  ];
  for (const [what, change, words] of BAD_ASKS) {
    test(`a request with ${what} is refused`, async () => {
      const client = await openClient(await open());
      const [{ id: key_id }] = await client.data('SSL::upload_key', { key: EC });
      const errors = await client.errors('SSL::generate_csr', { ...SUBJECT, key_id, domains: 'shop.test', ...change });
      assert.match(errors[0] as string, words);
      assert.deepEqual(await client.desk.store.find('keptFiles', {}), []);
    });
  }

  test('a key that was shown is the one that was uploaded', async () => {
    const client = await openClient(await open());
    const [{ id }] = await client.data('SSL::upload_key', { key: openssl(['pkcs8', '-topk8', '-nocrypt'], EC) });
    const { details } = await client.data('SSL::show_key', { id });
    assert.ok(createPrivateKey(details.key).equals(createPrivateKey(EC)));
    assert.equal(details.key, EC);
  });
});
