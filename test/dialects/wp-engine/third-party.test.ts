import assert from 'node:assert/strict';
import { randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { DAY } from '../../../src/core/time.ts';
import { START } from '../../support/core-world.ts';
import { forEachStore } from '../../support/stores.ts';
import { HOLDER, newDomain, openClient, openPlace, stranger } from './client.ts';

// As in test/pki/second-opinion.ts: what tsyringe wants at load.
const nothing = (): undefined => undefined;
Object.assign(Reflect, { getMetadata: nothing, getOwnMetadata: nothing, defineMetadata: nothing });
const x509 = await import('@peculiar/x509');

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const rsa = (modulusLength: number) => {
  const publicExponent = new Uint8Array([1, 0, 1]);
  return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength, publicExponent };
};
const KEYS = {
  rsa: rsa(2048),
  weak: rsa(1024),
  ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
} as const;

/** A certificate that names these, and its key, as somebody brings them; valid around the tests' clock. */
async function bring(
  names: readonly string[],
  { key = 'rsa', to = START + 90 * DAY }: { key?: keyof typeof KEYS; to?: number } = {},
) {
  const keys = (await webcrypto.subtle.generateKey(KEYS[key], true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: `1${randomBytes(15).toString('hex')}`,
    name: `CN=${names[0]}`,
    notBefore: new Date(START - 30 * DAY),
    notAfter: new Date(to),
    keys,
    signingAlgorithm: KEYS[key],
    extensions: [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })))],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const pem = `${certificate.toString('pem')}\n`;
  const keyPem = `-----BEGIN PRIVATE KEY-----\n${pkcs8.replaceAll(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
  return { pem, body: { certificate: base64(pem), private_key: base64(keyPem) } };
}

forEachStore((open) => {
  test('a certificate from elsewhere is put in place on every domain that it names, its key kept encrypted', async () => {
    const client = await openClient(await open());
    const { store } = client.desk;
    const name = newDomain();
    const { install, domains } = await openPlace(client, [name, `shop.${name}`, `a.b.${name}`]);
    const path = `/installs/${install.uid}`;
    for (const key of ['rsa', 'ec'] as const) {
      const { pem, body } = await bring([name, `*.${name}`], { key });
      const reply = await client.post(`${path}/ssl_certificates/third_party`, body);
      assert.deepEqual([reply.status, reply.json], [200, body]);
      for (const domain of domains.slice(0, 2)) {
        const shown = (await client.get(`${path}/domains/${domain.uid}/ssl_certificate`)).json;
        assert.ok(new X509Certificate(shown.cert_info.cert).raw.equals(new X509Certificate(pem).raw));
        assert.match(shown.cert_info.key, /^-----BEGIN PRIVATE KEY-----/);
        const { cert_source: source, auto_renew: renews, status, wildcard } = shown.certificate;
        assert.deepEqual([source, renews, status, wildcard], ['THIRD_PARTY', false, 'ENABLED', true]);
      }
      assert.equal((await client.get(`${path}/domains/${domains[2]?.uid}/ssl_certificate`)).status, 404);
      assert.equal((await client.get(`${path}/ssl_certificates`)).json.certificates.length, 1);
      // Twice is once.
      assert.equal((await client.post(`${path}/ssl_certificates/third_party`, body)).status, 200);
    }
    assert.equal((await store.find('certificates', {})).length, 2);
    const keys = await store.find('subscriberKeys', {});
    assert.equal(keys.length, 2);
    const all = JSON.stringify([keys, await store.find('auditEvents', {}), await store.find('requests', {})]);
    assert.ok(!all.includes('PRIVATE KEY'));
  });

  test('it ends what renewed itself; an order afterwards takes its place again', async () => {
    const client = await openClient(await open());
    const name = newDomain();
    const { install, path } = await openPlace(client, [name]);
    await client.post(`${path}/ssl_certificate`, HOLDER);
    await client.post(`/installs/${install.uid}/ssl_certificates/third_party`, (await bring([name])).body);
    const details = await client.desk.store.find('orderDetails', {});
    assert.deepEqual([details[0]?.autoRenew, details[0]?.autoReissue], [false, false]);
    assert.equal((await client.get(`${path}/ssl_certificate`)).json.certificate.cert_source, 'THIRD_PARTY');
    await client.post(`${path}/ssl_certificate`, HOLDER);
    assert.equal((await client.get(`${path}/ssl_certificate`)).json.certificate.cert_source, 'LETS_ENCRYPT');
  });

  test('a renewal that was under way does not push out what was brought in meanwhile', async () => {
    const client = await openClient(await open());
    const { clock, office } = client.desk;
    const name = newDomain();
    const { install, path } = await openPlace(client, [name]);
    await client.post(`${path}/ssl_certificate`, HOLDER);
    const first = (await client.get(`${path}/ssl_certificate`)).json.certificate;
    clock.set(Date.parse(first.expires_time) - 20 * DAY);
    client.pointed.delete(name);
    assert.equal(await office.runAutoOrders(), 1);
    const { body } = await bring([name], { to: clock.now() + 90 * DAY });
    assert.equal((await client.post(`/installs/${install.uid}/ssl_certificates/third_party`, body)).status, 200);
    client.pointed.add(name);
    clock.forward(DAY);
    await client.desk.runJobs();
    assert.equal((await client.get(`${path}/ssl_certificate`)).json.certificate.cert_source, 'THIRD_PARTY');
  });

  test('what does not fit is refused with its field, and nothing of it is kept', async () => {
    const client = await openClient(await open());
    const { store } = client.desk;
    const name = newDomain();
    const { install } = await openPlace(client, [name]);
    const good = (await bring([name])).body;
    const other = (await bring([name])).body;
    const expired = await bring([name], { to: START - 1 });
    const weak = await bring([name], { key: 'weak' });
    const long = base64(`${(await bring([name])).pem.repeat(11)}`);
    for (const [body, field] of [
      [{}, 'certificate'],
      [{ ...good, private_key: undefined }, 'private_key'],
      [{ ...good, certificate: '' }, 'certificate'],
      [{ ...good, certificate: '%%%' }, 'certificate'],
      [{ ...good, certificate: base64('nothing') }, 'certificate'],
      [{ ...good, certificate: base64('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----') }, 'certificate'],
      [{ ...good, certificate: long }, 'certificate'],
      [{ ...good, certificate: 'x'.repeat(200_001) }, 'certificate'],
      [{ ...good, private_key: other.private_key }, 'private_key'],
      [{ ...good, private_key: base64('nothing') }, 'private_key'],
      [{ ...good, private_key: good.certificate }, 'private_key'],
      [{ ...good, private_key: 5 }, 'private_key'],
      [expired.body, 'certificate'],
      [weak.body, 'private_key'],
      [(await bring(['elsewhere.test'])).body, 'certificate'],
      [(await bring([`a.${name}`, `*.b.${name}`])).body, 'certificate'],
    ] as const) {
      const reply = await client.post(`/installs/${install.uid}/ssl_certificates/third_party`, body);
      assert.equal(reply.status, 400, JSON.stringify(body).slice(0, 200));
      assert.equal(reply.json.errors[0].field, field, reply.text);
      assert.ok(!reply.text.includes('PRIVATE KEY'));
    }
    assert.deepEqual(await store.find('subscriberKeys', {}), []);
    assert.deepEqual(await store.find('certificates', {}), []);
  });

  test('attack: a key that another account brought is not shown to who brings the same', async () => {
    const client = await openClient(await open());
    const name = newDomain();
    const { install } = await openPlace(client, [name]);
    const { body } = await bring([name]);
    await client.post(`/installs/${install.uid}/ssl_certificates/third_party`, body);
    const mallory = await stranger(client);
    const theirs = await openPlace(mallory, [name]);
    // Without the key there is nothing to be had of it.
    const mine = (await bring([name])).body;
    const reply = await mallory.post(`/installs/${theirs.install.uid}/ssl_certificates/third_party`, {
      certificate: body.certificate,
      private_key: mine.private_key,
    });
    assert.equal(reply.status, 400);
    assert.equal((await mallory.get(`${theirs.path}/ssl_certificate`)).status, 404);
  });
});
