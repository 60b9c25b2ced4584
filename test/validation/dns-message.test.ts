import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, type Answer } from 'dns-packet';
import fc from 'fast-check';
import {
  readData,
  readMessage,
  readName,
  type RecordType,
  saneTtl,
  TYPE_CODES,
} from '../../src/validation/dns-message.ts';

function message(answers: Answer[]): Buffer {
  return encode({
    type: 'response',
    id: 7,
    flags: 0,
    questions: [{ type: 'TXT', name: 'a.test', class: 'IN' }],
    answers,
  });
}

function readAll(bytes: Buffer): unknown[] {
  const read = readMessage(bytes);
  return read.answers.map((record) => {
    const type = (Object.keys(TYPE_CODES) as RecordType[]).find((name) => TYPE_CODES[name] === record.type);
    return type === undefined ? null : readData(read, record, type);
  });
}

const label = fc.stringMatching(/^[a-z0-9_-]{1,20}$/);
const name = fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => labels.join('.'));
const answer: fc.Arbitrary<Answer> = fc.oneof(
  fc.record({ type: fc.constant('A' as const), name, ttl: fc.nat(), data: fc.ipV4() }),
  fc.record({ type: fc.constant('CNAME' as const), name, ttl: fc.nat(), data: name }),
  fc.record({ type: fc.constant('TXT' as const), name, ttl: fc.nat(), data: fc.stringMatching(/^[ -~]{0,200}$/) }),
  fc.record({
    type: fc.constant('CAA' as const),
    name,
    ttl: fc.nat(),
    data: fc.record({
      flags: fc.integer({ min: 0, max: 255 }),
      tag: fc.constantFrom('issue' as const, 'iodef' as const),
      value: fc.stringMatching(/^[!-~]{0,80}$/),
    }),
  }),
);

test('reads what dns-packet writes', () => {
  fc.assert(
    fc.property(fc.array(answer, { maxLength: 8 }), (answers) => {
      const expected = answers.map((entry) => ('data' in entry ? structuredClone(entry.data) : null));
      assert.deepEqual(readAll(message(answers)), expected);
    }),
  );
});

test('attack: whatever bytes come, reading ends in a value or a RangeError', () => {
  const mutation = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(answer, { maxLength: 4 }), mutation, fc.nat(), (answers, changes, cut) => {
      const bytes = message(answers);
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      const shortened = cut % 3 === 0 ? bytes.subarray(0, cut % bytes.length) : bytes;
      try {
        readAll(shortened);
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});

test('attack: a name that points at itself, forward, or on without end is refused', () => {
  assert.throws(() => readName(Buffer.from([0xc0, 0]), 0), RangeError);
  assert.throws(() => readName(Buffer.from([0xc0, 2, 0]), 0), RangeError);
  assert.throws(() => readName(Buffer.from([1, 97, 0xc0, 0]), 0), RangeError);
  const endless = Buffer.concat([
    ...Array.from({ length: 5 }, () => Buffer.from([63, ...Buffer.alloc(63, 97)])),
    Buffer.from([0]),
  ]);
  assert.throws(() => readName(endless, 0), /too long/);
  assert.throws(() => readName(Buffer.from([0x41, 97, 0]), 0), /unknown kind/);
});

test('bytes that could pass for something else are spelt out', () => {
  assert.deepEqual(readName(Buffer.from([3, 0x61, 0x2e, 0x62, 2, 0, 0xff, 0]), 0), ['a\\046b.\\000\\255', 8]);
});

test('a CAA record whose tag is empty or runs over its end is broken', () => {
  const bytes = message([{ type: 'CAA', name: 'a.test', ttl: 1, data: { flags: 0, tag: 'issue', value: 'x' } }]);
  const tagLength = bytes.length - 'issuex'.length - 1;
  for (const length of [0, 7, 255]) {
    const broken = Buffer.from(bytes);
    broken[tagLength] = length;
    assert.throws(() => readAll(broken), /broken tag/, String(length));
  }
});

test('a TTL with the top bit set, and an extended response code', () => {
  assert.equal(saneTtl(0x80000000), 0);
  assert.equal(saneTtl(0x7fffffff), 0x7fffffff);
  const opt = {
    type: 'OPT' as const,
    name: '.',
    udpPayloadSize: 1232,
    extendedRcode: 1,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
  assert.equal(readMessage(encode({ type: 'response', id: 1, flags: 0, questions: [], additionals: [opt] })).rcode, 16);
});
