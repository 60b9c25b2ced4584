import { isDeepStrictEqual } from 'node:util';
import { DeskError } from '../../src/core/errors.ts';
import type { Job, Kind, Records } from '../../src/core/records.ts';
import type { Filter, FindOptions, ListQuery, Reader, Store, Unit } from '../../src/core/store.ts';

type EnqueuedJob = Pick<Job, 'kind' | 'key' | 'payload' | 'runAt'>;
type Row = Record<string, unknown> & { id: number };

/** What mails, pages and webhooks need of a store, in memory. A unit that throws leaves no trace. */
export function memoryStore() {
  let tables = new Map<Kind, Row[]>();
  const jobs: EnqueuedJob[] = [];
  let lastId = 0;
  const rows = (kind: Kind): Row[] => tables.get(kind) ?? [];

  const reader: Pick<Reader, 'get' | 'find' | 'list'> = {
    get: async (kind, id) => copy(rows(kind).find((row) => row.id === id)) ?? null,
    find: async (kind, where, options: FindOptions<never> = {}) => {
      const found = rows(kind).filter((row) =>
        Object.entries(where).every(([field, value]) => {
          const wanted = Array.isArray(value) ? value : [value];
          return wanted.some((one) => isDeepStrictEqual(row[field], one));
        }),
      );
      return found.slice(0, options.limit).map((row) => copy(row) as never);
    },
    list: async (kind, query) => {
      const { accountId, filters, order, limit } = query as ListQuery<never>;
      const found = rows(kind)
        .filter((row) => row['accountId'] === accountId && filters.every((filter) => holds(row, filter)))
        .toSorted((one, other) => {
          const differing = order.find(({ field }) => one[field] !== other[field]);
          return differing === undefined ? 0 : (one[differing.field] as number) - (other[differing.field] as number);
        });
      return { records: found.slice(0, limit).map((row) => copy(row) as never) };
    },
  };
  const insert = <K extends Kind>(kind: K, record: Records[K]): void => {
    tables.set(kind, [...rows(kind), structuredClone(record) as unknown as Row]);
  };
  const unit = {
    ...reader,
    newId: () => (lastId += 1),
    insert,
    update: async (kind: Kind, id: number, changes: object) => {
      if (!rows(kind).some((row) => row.id === id)) throw new DeskError('conflict', 'nothing changed');
      tables.set(
        kind,
        rows(kind).map((row) => (row.id === id ? { ...row, ...changes } : row)),
      );
    },
    enqueue: async (job: EnqueuedJob) => void jobs.push(job),
  } as unknown as Unit;
  const transact = async <T>(work: (unit: Unit) => Promise<T>): Promise<T> => {
    const before = new Map(tables);
    try {
      return await work(unit);
    } catch (error) {
      tables = before;
      throw error;
    }
  };
  return {
    store: { ...reader, transact } as unknown as Store,
    insert,
    jobs,
    all: <K extends Kind>(kind: K) => rows(kind) as unknown as Records[K][],
  };
}

function copy(row: Row | undefined): never | undefined {
  return row === undefined ? undefined : (structuredClone(row) as never);
}

function holds(row: Row, { field, op, value }: Filter<never>): boolean {
  switch (op) {
    case 'eq':
      return row[field] === value;
    case 'null':
      return row[field] === null;
    case 'gte':
      return (row[field] as number) >= (value as number);
    default:
      throw new Error(`The memory store knows no ${op}`);
  }
}
