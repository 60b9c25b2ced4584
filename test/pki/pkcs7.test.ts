import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { toPem } from '../../src/pki/pem.ts';
import { certificatesAsPkcs7 } from '../../src/pki/pkcs7.ts';
import { askFor, embeddedCa, issueOne, START } from '../issuers/embedded-ca.ts';
import { openssl, withFiles } from '../support/openssl.ts';
import { createWorld } from '../support/stores.ts';

describe('PKCS #7 of certificates', () => {
  const world = createWorld('sqlite');
  after(() => world.end());

  it('gives OpenSSL all certificates, in their order', async () => {
    const { issuer } = await embeddedCa(await world.open());
    const { der } = await issueOne(issuer, askFor(), START);
    const chain = [der, ...(await issuer.chain(der))];
    const printed = openssl(['pkcs7', '-print_certs'], toPem('PKCS7', certificatesAsPkcs7(chain)));
    const blocks = printed.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? [];
    assert.deepEqual(
      blocks.map((pem) => new X509Certificate(pem).fingerprint256),
      chain.map((one) => new X509Certificate(one).fingerprint256),
    );
  });

  it('is what OpenSSL itself would write', async () => {
    const { ca } = await embeddedCa(await world.open());
    const theirs = await withFiles({ 'root.pem': toPem('CERTIFICATE', ca.root.certificate) }, (file) =>
      openssl(['crl2pkcs7', '-nocrl', '-certfile', file('root.pem')]),
    );
    // OpenSSL adds an empty set of CRLs ([1]), which RFC 5652 §5.1 leaves optional, so the four lengths are two less.
    const withoutCrls = (line: string) => !/cont \[ 1 \]/.test(line);
    const shape = (pem: string) =>
      openssl(['asn1parse'], pem)
        .split('\n')
        .filter(withoutCrls)
        .map((line) => line.replace(/^ *\d+:|l= *\d+/g, ''));
    assert.deepEqual(shape(toPem('PKCS7', certificatesAsPkcs7([ca.root.certificate]))), shape(theirs));
  });
});
