import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createAddressGuard } from '../../src/validation/address-guard.ts';
import { DeskError } from '../../src/core/errors.ts';

const refused = (error: unknown) => error instanceof DeskError && error.kind === 'not-allowed';

const SPECIAL: Record<string, string[]> = {
  'this network': ['0.0.0.0', '0.1.2.3'],
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd12:3456::1'],
  'link-local': ['169.254.1.1', 'fe80::1', 'febf::1', 'fec0::1'],
  metadata: ['169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '192.0.0.192', '168.63.129.16'],
  carrier: ['100.64.0.1', '100.127.255.255'],
  multicast: ['224.0.0.1', '239.255.255.250', 'ff02::1', 'ff0e::1'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1', '3fff:fff::1'],
  benchmark: ['198.18.0.1', '198.19.255.255', '2001:2::1'],
  reserved: [
    '240.0.0.1',
    '255.255.255.255',
    '192.0.0.8',
    '192.88.99.1',
    '192.31.196.1',
    '192.52.193.1',
    '192.175.48.1',
  ],
  'not unicast of the world': [
    '::',
    '100::1',
    '100:0:0:1::1',
    '5f00::1',
    '4000::1',
    '1::1',
    '2001:10::1',
    '2001:20::1',
    '2001:30::1',
    '2620:4f:8000::1',
  ],
  mapped: ['::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:a9fe:a9fe', '::ffff:8.8.8.8'],
  compatible: ['::127.0.0.1', '::8.8.8.8'],
  translated: ['::ffff:0:127.0.0.1'],
  NAT64: ['64:ff9b::7f00:1', '64:ff9b::10.0.0.1', '64:ff9b:1::1'],
  '6to4': ['2002:7f00:1::1', '2002:a9fe:a9fe::1'],
  Teredo: ['2001::1', '2001:0:7f00:1::'],
};

for (const [what, addresses] of Object.entries(SPECIAL)) {
  test(`refuses ${what} addresses`, () => {
    const guard = createAddressGuard();
    for (const address of addresses) assert.throws(() => guard.check(address), refused, address);
  });
}

test('lets public addresses through, up to the edges of the refused ranges', () => {
  const guard = createAddressGuard();
  const open = [
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.0',
    '192.167.255.255',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2606:4700::1111',
    '2a00:1450::1',
    '2001:200::1',
    '2003::1',
    '3ffe::1',
  ];
  for (const address of open) assert.doesNotThrow(() => guard.check(address), address);
});

test('attack: other spellings of addresses are not addresses', () => {
  const guard = createAddressGuard({ allow: ['0.0.0.0/0', '::/0'] });
  for (const text of [
    '127.1',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '2130706433',
    '127.0.0.1 ',
    '[::1]',
    'fe80::1%eth0',
    'localhost',
    '',
    '1.1.1.1\n',
  ]) {
    assert.throws(() => guard.check(text), refused, JSON.stringify(text));
  }
});

test('the configuration opens ranges, each family for itself', () => {
  const guard = createAddressGuard({ allow: ['127.0.0.0/8', 'fd12::/16', '10.1.2.3'] });
  for (const address of ['127.0.0.1', 'fd12::5', '10.1.2.3']) assert.doesNotThrow(() => guard.check(address), address);
  for (const address of ['10.1.2.4', 'fd13::5', '::ffff:127.0.0.1', '::1'])
    assert.throws(() => guard.check(address), refused, address);
});

test('a range that cannot be read is told at once', () => {
  for (const text of ['nonsense', '10.0.0.0/33', '10/8', '10.0.0.0/', '::/129', '10.0.0.0/-1']) {
    assert.throws(
      () => createAddressGuard({ allow: [text] }),
      (error) => error instanceof DeskError && error.kind === 'invalid-value',
      text,
    );
  }
});

test('no IPv4 address gets through in IPv6 clothes', () => {
  const guard = createAddressGuard();
  const hex = (a: number, b: number) => ((a << 8) | b).toString(16);
  fc.assert(
    fc.property(fc.ipV4(), (v4) => {
      const [a, b, c, d] = v4.split('.').map(Number) as [number, number, number, number];
      for (const prefix of ['::ffff:', '::', '64:ff9b::', '::ffff:0:'])
        assert.throws(() => guard.check(`${prefix}${v4}`), refused);
      assert.throws(() => guard.check(`2002:${hex(a, b)}:${hex(c, d)}::1`), refused);
    }),
  );
});
