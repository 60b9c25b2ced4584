import type { Kind } from '../core/records.ts';
import { KINDS } from './tables.ts';

/** Ids of one block: `from` up to, not including, `to`. */
export interface Block {
  kind: Kind;
  from: number;
  to: number;
}

/** Thrown inside a unit that asked for more ids than were at hand; the unit is run again with a larger block. */
export class IdsExhausted extends Error {
  readonly kind: Kind;
  constructor(kind: Kind) {
    super(`No more ids of ${kind} at hand`);
    this.kind = kind;
  }
}

/** Ids handed out in memory, from blocks that are reserved in the database beforehand. */
export interface IdSource {
  /** @throws IdsExhausted */
  take(kind: Kind): number;
  /** Blocks to reserve now: for every kind that has used half of its last block. */
  wanted(): { kind: Kind; size: number }[];
  add(block: Block): void;
}

const FIRST_SIZE = 32;
const LARGEST_SIZE = 4_096;
/** For a single unit that needs very many. */
const MOST = 1_048_576;

/** The first block of a kind is small, so that a start burns few ids; each further one is four times as large. */
export function createIdSource(): IdSource {
  const state = new Map(
    KINDS.map((kind) => [kind, { next: 0, end: 0, size: FIRST_SIZE, short: false, reserve: [] as Block[] }]),
  );
  const of = (kind: Kind) => state.get(kind) as NonNullable<ReturnType<typeof state.get>>;
  return {
    take(kind) {
      const ids = of(kind);
      if (ids.next === ids.end) {
        const block = ids.reserve.shift();
        if (block === undefined) {
          // A unit that needs more than a whole block gets there in a few runs; many that meet the end of one block
          // ask for more only once.
          if (!ids.short) ids.size = Math.min(ids.size * 4, MOST);
          ids.short = true;
          throw new IdsExhausted(kind);
        }
        ids.next = block.from;
        ids.end = block.to;
      }
      ids.next += 1;
      return ids.next - 1;
    },
    wanted() {
      const wanted: { kind: Kind; size: number }[] = [];
      for (const [kind, ids] of state) {
        if (ids.reserve.length === 0 && ids.end - ids.next < ids.size / 2) wanted.push({ kind, size: ids.size });
      }
      return wanted;
    },
    add(block) {
      const ids = of(block.kind);
      ids.reserve.push(block);
      ids.short = false;
      if (ids.size < LARGEST_SIZE) ids.size = Math.min(ids.size * 4, LARGEST_SIZE);
    },
  };
}
