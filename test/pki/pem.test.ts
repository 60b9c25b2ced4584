import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { DeskError } from '../../src/core/errors.ts';
import { fromPem, toPem } from '../../src/pki/pem.ts';

describe('PEM', () => {
  it('has lines of 64 columns and ends with a line feed', () => {
    assert.equal(toPem('X', new Uint8Array(48)), `-----BEGIN X-----\n${'A'.repeat(64)}\n-----END X-----\n`);
    assert.equal(toPem('X', new Uint8Array(49)), `-----BEGIN X-----\n${'A'.repeat(64)}\nAA==\n-----END X-----\n`);
  });

  it('reads back what it wrote, also with CRLF, of a view into a larger buffer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 500 }), (octets) => {
        const view = octets.subarray(1);
        const text = toPem('CERTIFICATE', view);
        assert.deepEqual(Uint8Array.from(fromPem(text)), Uint8Array.from(view));
        assert.deepEqual(Uint8Array.from(fromPem(text.replaceAll('\n', '\r\n'), 'CERTIFICATE')), Uint8Array.from(view));
      }),
    );
  });

  it('finds the block of the label asked for', () => {
    const text = `${toPem('PRIVATE KEY', Uint8Array.of(1))}junk\n${toPem('CERTIFICATE', Uint8Array.of(2))}`;
    assert.deepEqual([...fromPem(text, 'CERTIFICATE')], [2]);
    assert.deepEqual([...fromPem(text)], [1]);
  });

  for (const text of [
    '',
    'AQ==',
    '-----BEGIN A-----\nAQ==\n-----END B-----',
    '-----BEGIN A-----\n-----END A-----',
    '-----BEGIN A-----\nA===\n-----END A-----',
    '-----BEGIN A-----\nAQ=\n-----END A-----',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => fromPem(text),
        (error: DeskError) => error.kind === 'invalid-value',
      );
    });
  }
});
