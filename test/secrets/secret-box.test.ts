import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { DeskError } from '../../src/core/errors.ts';
import { createSecretBox } from '../../src/secrets/secret-box.ts';

const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
const newBox = () => createSecretBox({ bytes: random.bytes(32), source: 'key file /data/master.key' }, random);
const box = newBox();
const refused = (error: DeskError) => error.kind === 'internal' && error.message.includes('key file /data/master.key');

describe('secret box', () => {
  it('opens what it sealed, of any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.string(), (plain, context) => {
        assert.deepEqual(box.open(box.seal(plain, context), context), plain);
      }),
    );
  });

  it('never seals the same twice, and shows nothing of it', () => {
    const plain = Buffer.from('webhook-signing-key');
    const [first, second] = [box.seal(plain, 'a'), box.seal(plain, 'a')];
    assert.notDeepEqual(first, second);
    assert.ok(!Buffer.from(first).includes('webhook'));
  });

  it('opens nothing of which a single bit was changed, the version and nonce included', () => {
    const sealed = box.seal(Buffer.from('secret'), 'webhook:7');
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Uint8Array.from(sealed);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      assert.throws(() => box.open(changed, 'webhook:7'), refused, `bit ${bit}`);
    }
  });

  it('opens nothing cut short or lengthened', () => {
    const sealed = box.seal(Buffer.from('secret'), 'webhook:7');
    for (let length = 0; length < sealed.length; length++) {
      assert.throws(() => box.open(sealed.subarray(0, length), 'webhook:7'), refused, `length ${length}`);
    }
    assert.throws(() => box.open(Buffer.concat([sealed, Uint8Array.of(0)]), 'webhook:7'), refused);
  });

  it('opens nothing under another context: a secret cannot be moved to another record', () => {
    const sealed = box.seal(Buffer.from('secret'), 'webhook:7');
    for (const context of ['webhook:8', 'webhook:77', '', 'webhook:7 '])
      assert.throws(() => box.open(sealed, context), refused);
  });

  it('opens nothing with another key, and says which one to look at', () => {
    assert.throws(() => newBox().open(box.seal(Buffer.from('secret'), 'a'), 'a'), refused);
  });
});
