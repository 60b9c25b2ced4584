import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeskError } from '../../src/core/errors.ts';
import { createNamePolicy } from '../../src/pki/names.ts';

interface Vector {
  name: string;
  profile?: 'public' | 'private';
  allow?: string[];
}
interface Vectors {
  accepted: (Vector & { result: string; registrable: string | null })[];
  refused: (Vector & { error: string })[];
}

const vectors = JSON.parse(readFileSync(new URL('../vectors/names.json', import.meta.url), 'utf8')) as Vectors;
const policyOf = ({ profile = 'public', allow = [] }: Vector) => createNamePolicy({ profile, allowReserved: allow });
const title = (vector: Vector): string =>
  `${JSON.stringify(vector.name)} ${vector.profile ?? ''} ${vector.allow?.join() ?? ''}`;

for (const vector of vectors.accepted) {
  test(`accepted: ${title(vector)}`, () => {
    const policy = policyOf(vector);
    assert.equal(policy.normalise(vector.name, 'domainName'), vector.result);
    assert.equal(policy.normalise(vector.result, 'domainName'), vector.result);
    assert.equal(policy.registrableDomain(vector.result), vector.registrable);
  });
}

for (const vector of vectors.refused) {
  test(`refused: ${title(vector)}`, () => {
    assert.throws(
      () => policyOf(vector).normalise(vector.name, 'san[3]'),
      (error) => {
        assert.ok(error instanceof DeskError);
        assert.equal(error.kind, 'invalid-value');
        assert.equal(error.field, 'san[3]');
        assert.equal(error.value, vector.name);
        assert.ok(error.message.includes(vector.error), error.message);
        return true;
      },
    );
  });
}

test('lengths: 253 characters fit, *. counted', () => {
  const policy = createNamePolicy({ profile: 'public', allowReserved: [] });
  const ofLength = (length: number): string => `${length % 2 ? 'a' : ''}${'a.'.repeat((length - 2) >> 1)}nl`;
  assert.equal(ofLength(253).length, 253);
  assert.equal(policy.normalise(ofLength(253), 'x').length, 253);
  assert.equal(policy.normalise(`*.${ofLength(251)}`, 'x').length, 253);
  for (const long of [ofLength(254), `*.${ofLength(252)}`, 'a'.repeat(1_000_000), `${'ü'.repeat(990)}.nl`]) {
    assert.throws(() => policy.normalise(long, 'x'), { kind: 'invalid-value', message: /more than (253|63)/ });
  }
});

test('whatever comes in, what comes out is a name of letters, digits and hyphens that stays as it is', () => {
  const policy = createNamePolicy({ profile: 'public', allowReserved: ['test'] });
  const label = fc.oneof(fc.domain(), fc.string({ unit: 'grapheme', maxLength: 12 }), fc.string({ unit: 'binary' }));
  const name = fc
    .tuple(fc.constantFrom('', '*.', 'xn--'), label, fc.constantFrom('', '.test', '.nl', '。de'))
    .map((parts) => parts.join(''));
  let accepted = 0;
  fc.assert(
    fc.property(name, (input) => {
      let result: string;
      try {
        result = policy.normalise(input, 'x');
      } catch (error) {
        assert.ok(error instanceof DeskError, String(error));
        return;
      }
      accepted += 1;
      assert.match(result, /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])$/);
      assert.ok(result.length <= 253);
      assert.equal(policy.normalise(result, 'x'), result);
      assert.notEqual(policy.registrableDomain(result), null);
    }),
    { numRuns: 2000 },
  );
  assert.ok(accepted > 200, `${accepted} of 2000 were accepted`);
});
