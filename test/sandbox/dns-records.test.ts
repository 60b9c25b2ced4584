import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeskError } from '../../src/core/errors.ts';
import { readRecord } from '../../src/sandbox/dns-records.ts';
import { createZone } from '../../src/sandbox/dns-zone.ts';
import { isReserved } from '../../src/sandbox/reserved-names.ts';

const brokenField = (field: string) => (error: unknown) =>
  error instanceof DeskError && error.kind === 'invalid-value' && error.field === field;

test('reserved names are known in any spelling, and nothing that only looks like them', () => {
  for (const name of ['test', 'a.test', 'A.B.Example.COM.', 'x.localhost', 'x.invalid', 'example.net']) {
    assert.equal(isReserved(name), true, name);
  }
  for (const name of ['', 'atest', 'com', 'example.com.de', 'notexample.com', 'example.co', 'test.dev']) {
    assert.equal(isReserved(name), false, name);
  }
});

test('values are checked by their type', () => {
  const refused: [string, string][] = [
    ['A', '::1'],
    ['A', '1.2.3'],
    ['A', '1.2.3.4 '],
    ['AAAA', '1.2.3.4'],
    ['AAAA', 'fe80::1%eth0'],
    ['CNAME', 'two words'],
    ['CNAME', ''],
    ['CNAME', `${'a'.repeat(64)}.example`],
    ['MX', 'mail.example'],
    ['MX', '70000 mail.example'],
    ['CAA', 'issue "ca.example"'],
    ['CAA', '256 issue "ca.example"'],
    ['CAA', '0 is_sue "ca.example"'],
    ['CAA', '0 issue "ca"example"'],
    ['TXT', ''],
    ['TXT', 'x'.repeat(2_049)],
  ];
  for (const [type, value] of refused) {
    assert.throws(() => readRecord({ name: 'a.example', type, value }), brokenField('value'), `${type} ${value}`);
  }
  assert.throws(() => readRecord({ name: 'a.example', type: 'SRV', value: 'x' }), brokenField('type'));
  for (const name of ['a.dev', 'a b.example', '*.example', 'a..example', '.example', 'büro.example']) {
    assert.throws(() => readRecord({ name, type: 'TXT', value: 'x' }), brokenField('name'), name);
  }
});

test('two spellings of a record are one', () => {
  const one = readRecord({ name: 'A.Example.', type: 'cname', value: 'Target.Example.' });
  assert.deepEqual(one, { name: 'a.example', type: 'CNAME', value: 'target.example' });
  const caa = readRecord({ name: 'a.example', type: 'CAA', value: '000  issue   ca.example' });
  assert.equal(caa.value, '0 issue "ca.example"');
});

test('a CNAME stands alone', () => {
  const zone = createZone('127.0.0.1');
  zone.add({ name: 'a.test', type: 'CNAME', value: 'b.test' });
  zone.add({ name: 'a.test', type: 'CNAME', value: 'b.test' });
  assert.throws(() => zone.add({ name: 'a.test', type: 'TXT', value: 'x' }), brokenField('type'));
  assert.throws(() => zone.add({ name: 'a.test', type: 'CNAME', value: 'c.test' }), brokenField('type'));
  zone.add({ name: 'c.test', type: 'TXT', value: 'x' });
  assert.throws(() => zone.add({ name: 'c.test', type: 'CNAME', value: 'd.test' }), brokenField('type'));
  assert.equal(zone.records().length, 2);
});

test('the zone is bounded, per name and in all, and room comes back', () => {
  const full = (error: unknown) => error instanceof DeskError && error.kind === 'conflict';
  const zone = createZone('127.0.0.1');
  for (let n = 0; n < 20; n += 1) zone.add({ name: 'a.test', type: 'TXT', value: `${n}` });
  assert.throws(() => zone.add({ name: 'a.test', type: 'TXT', value: 'more' }), full);
  for (let n = 20; n < 10_000; n += 1) zone.add({ name: `a${n}.test`, type: 'TXT', value: 'x' });
  assert.throws(() => zone.add({ name: 'b.test', type: 'TXT', value: 'x' }), full);
  zone.remove({ name: 'a20.test', type: 'TXT', value: 'x' });
  zone.add({ name: 'b.test', type: 'TXT', value: 'x' });
  assert.equal(zone.records().length, 10_000);
});
