import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { strFromU8, unzipSync } from 'fflate';
import { forEachStore } from '../../support/stores.ts';
import { issued, openReady, provedDomain } from './client.ts';

/** What published clients rely on, beyond what the vendor documents: each was found by running one of them. */

forEachStore((open) => {
  test('of a ZIP of PEM files, the first by name that speaks of no intermediate and no root is the certificate', async () => {
    const { client, organization } = await openReady(await open());
    const domain = await provedDomain(client, 'root-and-chain.test');
    const { certificateId } = await issued(client, domain, organization.id);
    const path = `/services/v2/certificate/${certificateId}/download/format/pem_all`;
    const reply = await client.raw({ method: 'GET', url: path, headers: { accept: 'application/zip' } });
    const files = unzipSync(new Uint8Array(reply.bytes));
    const own = Object.keys(files)
      .toSorted()
      .find((name) => !/intermediate|chain|root|ca-bundle/i.test(name));
    const certificate = new X509Certificate(strFromU8(files[own ?? ''] ?? new Uint8Array()));
    assert.equal(certificate.subjectAltName, `DNS:${domain}`);
  });
});
