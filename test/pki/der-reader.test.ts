import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkStructure, DerCursor, DerError, inside, readElement, readWhole, TAG } from '../../src/pki/der-reader.ts';
import * as values from '../../src/pki/der-values.ts';
import { der, hex, primitive } from './make-der.ts';

const fails = (work: () => unknown, message: RegExp): void =>
  assert.throws(work, (error) => error instanceof DerError && message.test(error.message));
const element = (bytes: Uint8Array) => readElement(bytes, 0, bytes.length);
const read = <T>(reader: (e: ReturnType<typeof element>) => T, text: string): T => reader(element(hex(text)));

test('an element names offsets and copies nothing', () => {
  const bytes = hex('ff 04 03 010203 ff');
  const found = readElement(bytes, 1, 6);
  assert.deepEqual([found.tag, found.start, found.body, found.end], [4, 1, 3, 6]);
  assert.equal(found.bytes, bytes);
});

test('lengths of every size are read', () => {
  for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
    const bytes = der(4, Buffer.alloc(length));
    assert.equal(element(bytes).end - element(bytes).body, length);
    assert.equal(element(bytes).end, bytes.length);
  }
});

const BAD_HEADERS: [string, string, RegExp][] = [
  ['nothing', '', /ends inside/],
  ['a tag without length', '30', /ends inside/],
  ['an indefinite length', '30 80 0000', /indefinite/],
  ['a long form below 128', '04 81 01 00', /not minimal/],
  ['a leading zero in the length', `04 82 0080 ${'00'.repeat(128)}`, /not minimal/],
  ['a length of five octets', '04 85 0000000001 00', /too large/],
  ['a reserved length octet', '04 ff', /too large/],
  ['a length cut off', '04 82 01', /ends inside a length/],
  ['content cut off', '04 05 00', /beyond the data/],
  ['4 GB promised', '04 84 ffffffff 00', /beyond the data/],
  ['a high tag number', '1f 81 01 00', /above 30/],
  ['tag zero', '00 00', /reserved/],
];
for (const [what, bytes, message] of BAD_HEADERS) {
  test(`a header is refused: ${what}`, () => fails(() => read((found) => found, bytes), message));
}

test('a cursor demands types, order and an end', () => {
  const cursor = new DerCursor(hex('0101ff 0500'), 0, 5);
  assert.equal(cursor.optional(TAG.integer), null);
  assert.equal(values.readBoolean(cursor.next(TAG.boolean, 'x')), true);
  fails(() => cursor.next(TAG.integer, 'the number'), /the number has an unexpected type/);
  fails(() => cursor.done('the list'), /the list holds more/);
  cursor.any();
  fails(() => cursor.next(TAG.integer, 'the number'), /the number is missing/);
  cursor.done('the list');
});

test('an element inside another may not reach beyond it', () => {
  const outer = element(hex('30 03 04 05 00 000000'));
  fails(() => inside(outer).any(), /beyond/);
});

test('bytes after the end are refused', () => fails(() => readWhole(hex('0500 00'), TAG.null, 'it'), /after the end/));

test('structure is checked within depth and number', () => {
  const limits = { depth: 4, elements: 10 };
  const nested = (depth: number): Buffer => (depth === 0 ? hex('0500') : der(0x30, nested(depth - 1)));
  checkStructure(nested(4), limits);
  fails(() => checkStructure(nested(5), limits), /more than 4 deep/);
  checkStructure(der(0x30, ...Array(9).fill(hex('0500'))), limits);
  fails(() => checkStructure(der(0x30, ...Array(10).fill(hex('0500'))), limits), /more than 10 elements/);
  fails(() => checkStructure(der(0x30, der(0x31, hex('0480'))), limits), /indefinite/);
  checkStructure(der(0x30, der(0x30), der(0x30)), limits);
});

test('booleans', () => {
  assert.equal(read(values.readBoolean, '0101ff'), true);
  assert.equal(read(values.readBoolean, '010100'), false);
  for (const bad of ['010101', '0100', '0102ffff']) fails(() => read(values.readBoolean, bad), /boolean/);
});

test('integers', () => {
  assert.equal(read(values.readSmallInteger, '020100'), 0);
  assert.equal(read(values.readSmallInteger, '02047fffffff'), 0x7fffffff);
  assert.deepEqual([...read(values.readUnsigned, '02020080')], [0x80]);
  assert.deepEqual([...read(values.readUnsigned, '020100')], []);
  assert.deepEqual([...read(values.readInteger, '0201ff')], [0xff]);
  fails(() => read(values.readSmallInteger, '0205 0080000000'), /too large/);
  fails(() => read(values.readInteger, '0200'), /empty/);
  fails(() => read(values.readInteger, '0202 0001'), /not minimal/);
  fails(() => read(values.readInteger, '0202 ff80'), /not minimal/);
  fails(() => read(values.readUnsigned, '0201 80'), /negative/);
});

test('bit strings', () => {
  assert.deepEqual([...read(values.readOctetBits, '0303 00 0102')], [1, 2]);
  fails(() => read(values.readOctetBits, '0302 01 02'), /whole octets/);
  fails(() => read(values.readOctetBits, '0300'), /whole octets/);
  assert.deepEqual(read(values.readNamedBits, '0302 05 a0'), [0, 2]);
  assert.deepEqual(read(values.readNamedBits, '0303 07 0080'), [8]);
  assert.deepEqual(read(values.readNamedBits, '0301 00'), []);
  for (const bad of ['0302 04 a0', '0302 05 a8', '0302 08 80', '0301 01', '0300', '0302 00 00']) {
    fails(() => read(values.readNamedBits, bad), /bit string/);
  }
});

test('object identifiers', () => {
  const cases: [string, string][] = [
    ['0603 550403', '2.5.4.3'],
    ['0606 2a864886f70d', '1.2.840.113549'],
    ['0601 00', '0.0'],
    ['0601 27', '0.39'],
    ['0601 28', '1.0'],
    ['0602 8837', '2.999'],
  ];
  for (const [bytes, dotted] of cases) assert.equal(read(values.readOid, bytes), dotted);
  // A UUID of 128 bits under 2.25 (X.667).
  assert.equal(read(values.readOid, `0614 69 83${'ff'.repeat(17)}7f`), `2.25.${2n ** 128n - 1n}`);
  assert.equal(read(values.readOid, '0608 ffffffffffffff7f'), `2.${2n ** 56n - 81n}`);
  fails(() => read(values.readOid, '0600'), /empty/);
  fails(() => read(values.readOid, '0602 5580'), /cut off/);
  fails(() => read(values.readOid, '0603 558001'), /not minimal/);
  fails(() => read(values.readOid, `0641 ${'01'.repeat(65)}`), /too long/);
  fails(() => read(values.readOid, `0616 69 ${'ff'.repeat(20)}7f`), /too long/);
});

test('strings of every type', () => {
  const text = (tag: number, content: string): string => values.readString(element(primitive(tag, content)));
  assert.equal(text(TAG.utf8String, Buffer.from('Zürich 東京 🏰').toString('hex')), 'Zürich 東京 🏰');
  assert.equal(text(TAG.printableString, Buffer.from('*.a.test').toString('hex')), '*.a.test');
  assert.equal(text(TAG.t61String, '5afc'), 'Zü');
  assert.equal(text(TAG.bmpString, '005a00fc'), 'Zü');
  assert.equal(text(TAG.universalString, '0000005a0001f3f0'), 'Z🏰');
  assert.equal(text(TAG.ia5String, '61'), 'a');
  const bad: [number, string][] = [
    [TAG.utf8String, 'c080'],
    [TAG.utf8String, 'ff'],
    [TAG.utf8String, 'eda080'],
    [TAG.utf8String, '6100'],
    [TAG.utf8String, '610a'],
    [TAG.utf8String, 'c285'],
    [TAG.printableString, '80'],
    [TAG.ia5String, 'e4'],
    [TAG.t61String, '85'],
    [TAG.bmpString, '00'],
    [TAG.bmpString, 'd800'],
    [TAG.bmpString, '0000'],
    [TAG.universalString, '00110000'],
    [TAG.universalString, '0000d800'],
    [TAG.universalString, '000061'],
    [TAG.octetString, '61'],
  ];
  for (const [tag, content] of bad) fails(() => text(tag, content), /not allowed/);
});

test('times', () => {
  const time = (tag: number, text: string): number => values.readTime(element(der(tag, Buffer.from(text))));
  assert.equal(time(TAG.utcTime, '261122005900Z'), Date.UTC(2026, 10, 22, 0, 59));
  assert.equal(time(TAG.utcTime, '500101000000Z'), Date.UTC(1950, 0, 1));
  assert.equal(time(TAG.generalizedTime, '20500101000000Z'), Date.UTC(2050, 0, 1));
  assert.equal(time(TAG.generalizedTime, '99991231235959Z'), 253_402_300_799_000);
  assert.equal(time(TAG.utcTime, '280229000000Z'), Date.UTC(2028, 1, 29));
  const bad: [number, string][] = [
    [TAG.utcTime, '2611220059Z'],
    [TAG.utcTime, '261122005900+0100'],
    [TAG.utcTime, '270229000000Z'],
    [TAG.utcTime, '261322000000Z'],
    [TAG.utcTime, '261122240000Z'],
    [TAG.utcTime, '261122006000Z'],
    [TAG.generalizedTime, '20260101000000.5Z'],
    [TAG.generalizedTime, '261122005900Z'],
    [TAG.ia5String, '20260101000000Z'],
  ];
  for (const [tag, text] of bad) fails(() => time(tag, text), /time/);
});
