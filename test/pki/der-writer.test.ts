import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readElement, readWhole, TAG } from '../../src/pki/der-reader.ts';
import { readInteger, readNamedBits, readOid, readTime, readUnsigned } from '../../src/pki/der-values.ts';
import * as der from '../../src/pki/der-writer.ts';
import { openssl } from '../support/openssl.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const element = (bytes: Uint8Array) => readElement(bytes, 0, bytes.length);

describe('DER writer', () => {
  it('writes lengths in the shortest form (X.690 §10.1)', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536, 70_000]) {
      const written = der.octetString(new Uint8Array(length));
      const read = readWhole(written, TAG.octetString, 'it');
      assert.equal(read.end - read.body, length);
    }
    assert.equal(hex(der.octetString(new Uint8Array(128))).slice(0, 6), '048180');
    assert.equal(hex(der.octetString(new Uint8Array(65_536))).slice(0, 10), '0483010000');
    assert.equal(hex(der.octetString(new Uint8Array(0x1000000))).slice(0, 12), '048401000000');
  });

  it('takes many parts at once, as long CRLs have them', () => {
    const part = der.integer(7);
    assert.equal(der.sequence(Array.from({ length: 300_000 }, () => part)).length, 900_000 + 5);
  });

  it('writes unsigned integers in the shortest two’s complement form', () => {
    for (const [value, expected] of [
      [0, '020100'],
      [1, '020101'],
      [127, '02017f'],
      [128, '02020080'],
      [255, '020200ff'],
      [256, '02020100'],
      [2 ** 31, '02050080000000'],
      [Number.MAX_SAFE_INTEGER, '02071fffffffffffff'],
    ] as const) {
      assert.equal(hex(der.integer(value)), expected);
    }
    assert.equal(hex(der.integer(Uint8Array.of())), '020100');
    assert.equal(hex(der.integer(Uint8Array.of(0, 0, 0))), '020100');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
        const read = element(der.integer(octets));
        readInteger(read);
        assert.equal(BigInt(`0x0${hex(readUnsigned(read))}`), BigInt(`0x0${hex(octets)}`));
      }),
    );
  });

  it('writes object identifiers that read back', () => {
    assert.equal(hex(der.oid('1.2.840.113549.1.1.11')), '06092a864886f70d01010b');
    assert.equal(hex(der.oid('2.23.140.1.2.1')), '060667810c010201');
    assert.equal(hex(der.oid('2.999')), '06028837');
    const arcs = fc.array(fc.nat(2 ** 31 - 1), { maxLength: 8 });
    fc.assert(
      fc.property(fc.nat(2), fc.nat(39), arcs, (first, second, rest) => {
        const dotted = [first, second, ...rest].join('.');
        assert.equal(readOid(element(der.oid(dotted))), dotted);
      }),
    );
  });

  it('writes times that read back, with the form by year (RFC 5280 §4.1.2.5)', () => {
    assert.equal(Buffer.from(der.time(Date.UTC(2049, 11, 31, 23, 59, 59))).toString('latin1', 2), '491231235959Z');
    assert.equal(Buffer.from(der.time(Date.UTC(2050, 0, 1))).toString('latin1', 2), '20500101000000Z');
    const moments = fc.integer({ min: Date.UTC(1970, 0) / 1000, max: Date.UTC(2400, 0) / 1000 });
    fc.assert(
      fc.property(moments, (seconds) => {
        const written = element(der.time(seconds * 1000 + 999));
        assert.equal(readTime(written), seconds * 1000);
        assert.equal(written.tag === TAG.utcTime, seconds < Date.UTC(2050, 0) / 1000);
      }),
    );
  });

  it('writes named bits without trailing zeros (X.690 §11.2.2)', () => {
    assert.equal(hex(der.namedBits([0])), '03020780');
    assert.equal(hex(der.namedBits([0, 2])), '030205a0');
    assert.equal(hex(der.namedBits([5, 6])), '03020106');
    assert.equal(hex(der.namedBits([8])), '0303070080');
    const bits = fc.uniqueArray(fc.nat(40), { minLength: 1 }).map((list) => list.sort((a, b) => a - b));
    fc.assert(fc.property(bits, (list) => assert.deepEqual(readNamedBits(element(der.namedBits(list))), list)));
  });

  it('is read by OpenSSL', () => {
    const all = der.sequence([
      der.booleanTrue(),
      der.integer(1234567890),
      der.bitString(Uint8Array.of(1, 2)),
      der.octetString(Uint8Array.of(3)),
      der.nullValue(),
      der.oid('2.5.4.3'),
      der.enumerated(9),
      der.utf8String('Zoë'),
      der.printableString('DE'),
      der.ia5String('http://a'),
      der.time(0),
      der.set([der.explicit(0, [der.integer(1)]), der.implicit(1, Uint8Array.of(5))]),
    ]);
    const shown = openssl(['asn1parse', '-inform', 'DER'], all);
    for (const word of [
      'BOOLEAN',
      ':499602D2',
      'BIT STRING',
      'NULL',
      ':commonName',
      'ENUMERATED',
      'Zo',
      ':DE',
      ':http://a',
      ':700101000000Z',
      'cont [ 0 ]',
      'cont [ 1 ]',
    ]) {
      assert.ok(shown.includes(word), `${word} is not in\n${shown}`);
    }
  });
});
