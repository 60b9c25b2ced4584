import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import tls from 'node:tls';
import { makeServerCertificate } from '../../src/issuers/embedded/server-certificate.ts';
import { toPem } from '../../src/pki/pem.ts';
import { createWorld } from '../support/stores.ts';
import { embeddedCa, random } from './embedded-ca.ts';

describe('certificate of the server itself', () => {
  const world = createWorld('sqlite');
  after(() => world.end());

  it('is accepted by a TLS client that trusts the root, for its names and no other', async () => {
    // The real time, since the TLS client knows no other.
    const { ca, store, clock } = await embeddedCa(await world.open(), { at: Date.now() });
    const { key, certificate } = await makeServerCertificate({
      ca,
      store,
      clock,
      random,
      hosts: ['desk.example.test', '10.1.2.3'],
    });
    const server = tls.createServer({ key, cert: certificate }, (socket) => socket.end('hello'));
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const connect = async (servername: string): Promise<string> => {
        const socket = tls.connect({
          port,
          host: '127.0.0.1',
          ca: toPem('CERTIFICATE', ca.root.certificate),
          checkServerIdentity: (_, peer) => tls.checkServerIdentity(servername, peer),
        });
        try {
          const [data] = (await once(socket, 'data')) as [Buffer];
          return data.toString();
        } finally {
          socket.destroy();
        }
      };
      for (const name of ['localhost', 'desk.example.test', '127.0.0.1', '::1', '10.1.2.3']) {
        assert.equal(await connect(name), 'hello', name);
      }
      await assert.rejects(connect('other.example.test'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
      await assert.rejects(connect('10.1.2.4'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    } finally {
      server.close();
    }
    const events = await store.find('auditEvents', { action: 'server-certificate-signed' });
    assert.equal(events.length, 1);
    assert.match(String(events[0]!.details.serial), /^[0-9A-F]{32}$/);
    assert.ok(!JSON.stringify(events).includes('PRIVATE KEY'));
  });
});
