import type { Kind, Records } from '../core/records.ts';
import type { TableReader } from './reader.ts';

type AnyRecord = Records[Kind];
type Where = Readonly<Record<string, unknown>>;

interface Waiting {
  readonly value: number | string;
  resolve(records: AnyRecord[]): void;
  reject(error: unknown): void;
}

interface Together {
  readonly kind: Kind;
  readonly field: string;
  readonly rest: Where;
  readonly waiting: Waiting[];
}

/**
 * Lookups that differ in one value alone and are asked for at the same time become one statement. Units of a group
 * read the same things in the same order, so that a group costs as many statements as one unit: with 32 units a third
 * of the processor time. Nothing waits for others to come.
 */
export function readTogether(reader: TableReader): TableReader {
  const open = new Map<string, Together>();

  function ask(kind: Kind, field: string, value: number | string, rest: Where): Promise<AnyRecord[]> {
    const key = `${kind} ${field} ${JSON.stringify(rest)}`;
    let together = open.get(key);
    if (together === undefined) {
      const started: Together = { kind, field, rest, waiting: [] };
      together = started;
      open.set(key, together);
      // When all that runs now has asked.
      queueMicrotask(() =>
        process.nextTick(() => {
          open.delete(key);
          void answer(started);
        }),
      );
    }
    const { waiting } = together;
    return new Promise((resolve, reject) => waiting.push({ value, resolve, reject }));
  }

  async function answer({ kind, field, rest, waiting }: Together): Promise<void> {
    const values = [...new Set(waiting.map(({ value }) => value))];
    try {
      const records = await reader.find(kind, { ...rest, [field]: values.length === 1 ? values[0] : values } as never);
      const byValue = Map.groupBy(records as AnyRecord[], (record) => (record as unknown as Where)[field]);
      // Each has its own copy: who changes a record must not change another's.
      waiting.forEach(({ value, resolve }, i) => {
        const own = byValue.get(value) ?? [];
        const isFirst = waiting.findIndex((one) => one.value === value) === i;
        resolve(isFirst ? own : structuredClone(own));
      });
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  return {
    ...reader,
    async get(kind, id) {
      const [record] = await ask(kind, 'id', id, {});
      return (record ?? null) as never;
    },
    async find(kind, where, options) {
      const split = options === undefined ? splitWhere(where as Where) : null;
      if (split === null) return reader.find(kind, where, options);
      return (await ask(kind, split.field, split.value, split.rest)) as never;
    },
  };
}

/** One field with a single value, and the rest, which must be the same for those that go together. */
function splitWhere(where: Where): { field: string; value: number | string; rest: Where } | null {
  const entries = Object.entries(where).filter(([, value]) => value !== undefined);
  const found = entries.find(([, value]) => typeof value === 'number' || typeof value === 'string');
  if (found === undefined) return null;
  const rest = entries.filter((entry) => entry !== found);
  const plain = rest.every(([, value]) => value === null || typeof value !== 'object' || isStates(value));
  return plain ? { field: found[0], value: found[1] as number | string, rest: Object.fromEntries(rest) } : null;
}

function isStates(value: unknown): boolean {
  return Array.isArray(value) && value.length <= 8 && value.every((one) => typeof one === 'string');
}
