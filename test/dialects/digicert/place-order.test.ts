import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { forEachStore } from '../../support/stores.ts';
import { openReady, orderFor, PRO } from './client.ts';

forEachStore((open) => {
  test('an order for what was validated is issued in the same call, with its chain', async () => {
    const { client, organization, domain } = await openReady(await open());
    const order = orderFor(domain, organization.id, { certificate: { dns_names: [`www.${domain}`, `*.${domain}`] } });
    const reply = await client.post(PRO, order);
    assert.equal(reply.status, 201, reply.text);
    const { id, certificate_id: certificateId, certificate_chain: chain, ...rest } = reply.json;
    assert.deepEqual(rest, {});
    assert.ok(Number.isInteger(id) && Number.isInteger(certificateId));
    assert.equal(chain.length, 3);
    assert.match(chain[0].pem, /^-----BEGIN CERTIFICATE-----\r\n[^]*-----END CERTIFICATE-----\r\n$/);
    const leaf = new X509Certificate(chain[0].pem);
    assert.equal(chain[0].subject_common_name, domain);
    assert.equal(leaf.subjectAltName, `DNS:${domain}, DNS:www.${domain}, DNS:*.${domain}`);
    assert.match(leaf.subject, /O=Acme Widgets/);
    assert.ok(leaf.checkIssued(new X509Certificate(chain[1].pem)));
    assert.ok(new X509Certificate(chain[1].pem).checkIssued(new X509Certificate(chain[2].pem)));
  });
});
