import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isFinal, mayBecome, transition, TRANSITIONS } from '../../src/core/states.ts';
import { isKind } from '../support/core-world.ts';

const things = Object.keys(TRANSITIONS) as (keyof typeof TRANSITIONS)[];

test('every state that a table leads to has its own row', () => {
  for (const thing of things) {
    const rows: Record<string, readonly string[]> = TRANSITIONS[thing];
    for (const targets of Object.values(rows)) for (const to of targets) assert.ok(to in rows, `${thing} ${to}`);
  }
});

test('what a table does not list is an error, what it lists is not', () => {
  for (const thing of things) {
    const rows: Record<string, readonly string[]> = TRANSITIONS[thing];
    for (const from of Object.keys(rows)) {
      for (const to of Object.keys(rows)) {
        const change = () => transition(thing, from as never, to as never);
        if (rows[from]?.includes(to)) assert.equal(change(), to);
        else assert.throws(change, isKind('wrong-state'));
      }
    }
  }
});

test('random walks end in a final state and never leave it', () => {
  fc.assert(
    fc.property(fc.constantFrom(...things), fc.array(fc.nat(20), { maxLength: 30 }), (thing, choices) => {
      const rows: Record<string, readonly string[]> = TRANSITIONS[thing];
      let state = Object.keys(rows)[0] as string;
      for (const choice of choices) {
        const next = rows[state] as readonly string[];
        assert.equal(isFinal(thing, state as never), next.length === 0);
        if (next.length === 0) return;
        const to = next[choice % next.length] as string;
        assert.ok(mayBecome(thing, state as never, to as never));
        state = to;
      }
    }),
  );
});
