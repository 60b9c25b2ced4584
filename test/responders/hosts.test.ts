import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hostOf, identifierOf, plainHost } from '../../src/responders/hosts.ts';
import { sniFor } from '../support/acme-server/lookups.ts';

test('every address comes back from its reverse-mapping name', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.ipV4(),
        fc.ipV6().filter((text) => !text.includes('.')),
      ),
      (address) => {
        assert.equal(identifierOf(sniFor(address)), plainHost(address));
      },
    ),
  );
});

test('hosts are names or addresses, in one form, or nothing', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 80 }), fc.webAuthority()), (text) => {
      const host = hostOf(text);
      if (host === null) return;
      assert.equal(host, plainHost(host));
      assert.match(host, /^[a-z0-9_.:-]+$/);
    }),
  );
  assert.equal(hostOf('[2001:DB8::0:1]:443'), '2001:db8::1');
  assert.equal(hostOf('[192.0.2.1]'), null);
  assert.equal(hostOf('EXAMPLE.com.:80'), 'example.com');
});

test('server names that are no names stand for nothing', () => {
  for (const name of ['', '.', 'a..b', '-a.test', '1.2.3.in-addr.arpa.', 'x'.repeat(254)]) {
    assert.ok([null, name.replace(/\.$/, '')].includes(identifierOf(name)), name);
  }
  assert.equal(identifierOf('256.2.0.192.in-addr.arpa'), null);
});
