import type { Kind } from '../core/records.ts';
import type { Value } from './rows.ts';
import { fieldOf, TABLES } from './tables.ts';
import { ARRAYS, ON_SAME_CAA_NAME, onSameJob } from './statements.ts';

/** A write that waits to be sent, with what the caller is told where it hits no row. */
export type Write =
  | { type: 'insert'; kind: Kind; id: number; values: Value[] }
  | {
      type: 'update';
      kind: Kind;
      id: number;
      changed: readonly string[];
      expected: readonly string[];
      /** The id, the changed values, the expected values. */
      values: Value[];
      miss: () => Error;
    }
  | { type: 'delete'; kind: Kind; id: number }
  | { type: 'money'; accountId: number; cents: number; how: 'reserve' | 'capture' | 'release'; miss: () => Error }
  | { type: 'enqueue'; key: string; values: Value[] }
  | { type: 'done'; key: string }
  | { type: 'caa'; name: string; values: Value[] };

/** One statement for many writes. */
export interface Batch {
  readonly text: string;
  readonly parameters: unknown[][];
  /** Ids of the rows that must come back because they were changed, and what to say of each that does not. */
  readonly mustChange: readonly { readonly id: number; readonly miss: () => Error }[];
}

/** Order within a wave: what frees a unique value runs before what takes it. */
const ORDER = ['done', 'delete', 'update', 'insert', 'money', 'caa', 'enqueue'];

/**
 * Puts writes together, each kind and shape into one statement. Writes to the same row stay in their order: the later
 * one is in a later wave.
 */
export function buildBatches(writes: readonly Write[]): Batch[] {
  const waveOf = new Map<string, number>();
  const groups = new Map<string, { wave: number; rank: number; shape: string; writes: Write[] }>();
  let floor = 0;
  let highest = 0;
  for (const write of writes) {
    const row = rowKey(write);
    let wave = Math.max(floor, (waveOf.get(row) ?? -1) + 1);
    if (write.type === 'money') wave = Math.max(floor, waveOf.get(row) ?? 0);
    if (isBarrier(write)) {
      wave = highest + 1;
      floor = wave + 1;
    }
    waveOf.set(row, wave);
    highest = Math.max(highest, wave);
    const shape = shapeOf(write);
    const key = `${wave} ${shape}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { wave, rank: ORDER.indexOf(write.type), shape, writes: [write] });
    else group.writes.push(write);
  }
  return [...groups.values()]
    .sort((one, other) => one.wave - other.wave || one.rank - other.rank || (one.shape < other.shape ? -1 : 1))
    .map((group) => buildBatch(group.writes));
}

function rowKey(write: Write): string {
  if (write.type === 'money') return `accounts ${write.accountId}`;
  if (write.type === 'enqueue' || write.type === 'done') return `jobs ${write.key}`;
  if (write.type === 'caa') return `caa ${write.name}`;
  return `${write.kind} ${write.id}`;
}

/** Jobs and CAA answers are mostly told apart by key and name; a write by id stands alone. */
function isBarrier(write: Write): boolean {
  return 'kind' in write && (write.kind === 'jobs' || write.kind === 'caaAnswers' || write.kind === 'accounts');
}

function shapeOf(write: Write): string {
  if (write.type === 'update') return `update ${write.kind} ${write.changed.join()} ${write.expected.join()}`;
  if ('kind' in write) return `${write.type} ${write.kind}`;
  return write.type;
}

function buildBatch(writes: readonly Write[]): Batch {
  const first = writes[0] as Write;
  if (first.type === 'money') return moneyBatch(writes as never);
  if (first.type === 'done') {
    const keys = writes.map((write) => (write as { key: string }).key);
    return { text: 'delete from jobs where key = any($1::text[])', parameters: [keys], mustChange: [] };
  }
  if (first.type === 'delete') {
    const ids = writes.map((write) => (write as { id: number }).id);
    const text = `delete from ${TABLES[first.kind].name} where id = any($1::bigint[])`;
    return { text, parameters: [ids], mustChange: [] };
  }
  const rows = writes as Extract<Write, { values: Value[] }>[];
  const parameters = columnsOf(rows.map((row) => row.values));
  if (first.type === 'update') {
    const mustChange = rows as Extract<Write, { type: 'update' }>[];
    return { text: updateText(first.kind, first.changed, first.expected), parameters, mustChange };
  }
  const text =
    first.type === 'insert'
      ? insertText(first.kind)
      : first.type === 'caa'
        ? `${insertText('caaAnswers')} ${ON_SAME_CAA_NAME}`
        : `${insertText('jobs')} ${onSameJob('least')}`;
  return { text, parameters, mustChange: [] };
}

function columnsOf(rows: readonly Value[][]): unknown[][] {
  const columns: unknown[][] = (rows[0] as Value[]).map(() => []);
  for (const row of rows) {
    for (let i = 0; i < row.length; i += 1) (columns[i] as unknown[]).push(row[i]);
  }
  return columns;
}

function insertText(kind: Kind): string {
  const { name, fields } = TABLES[kind];
  const columns = fields.map((field) => field.column).join(', ');
  const arrays = fields.map((field, i) => `$${i + 1}::${ARRAYS[field.type]}`).join(', ');
  return `insert into ${name} (${columns}) select * from unnest(${arrays})`;
}

function updateText(kind: Kind, changed: readonly string[], expected: readonly string[]): string {
  const table = TABLES[kind];
  const fields = ['id', ...changed, ...expected].map((name) => fieldOf(table, name));
  const arrays = fields.map((field, i) => `$${i + 1}::${ARRAYS[field.type]}`).join(', ');
  const names = fields.map((_, i) => `v${i}`).join(', ');
  const set = changed.map((name, i) => `${fieldOf(table, name).column} = new.v${i + 1}`).join(', ');
  const guards = expected.map(
    (name, i) => ` and old.${fieldOf(table, name).column} is not distinct from new.v${changed.length + 1 + i}`,
  );
  return `update ${table.name} as old set ${set} from unnest(${arrays}) as new(${names})
    where old.id = new.v0${guards.join('')} returning old.id`;
}

const MONEY = `update accounts as old set balance = old.balance + new.balance, reserved = old.reserved + new.reserved
  from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
    as new(id, balance, reserved, available, held)
  where old.id = new.id and old.balance - old.reserved >= new.available and old.reserved >= new.held
  returning old.id`;

/**
 * All reservations and settlements of one account as one change, which holds exactly where they would hold one after
 * the other: `available` is the most that is taken at any point, `held` the most that is given up.
 */
function moneyBatch(writes: readonly Extract<Write, { type: 'money' }>[]): Batch {
  const accounts = new Map<
    number,
    { balance: number; reserved: number; taken: number; available: number; held: number }
  >();
  for (const { accountId, cents, how } of writes) {
    const sum = accounts.get(accountId) ?? { balance: 0, reserved: 0, taken: 0, available: 0, held: 0 };
    accounts.set(accountId, sum);
    sum.reserved += how === 'reserve' ? cents : -cents;
    if (how === 'capture') sum.balance -= cents;
    sum.taken = sum.reserved - sum.balance;
    if (how === 'reserve') sum.available = Math.max(sum.available, sum.taken);
    else sum.held = Math.max(sum.held, -sum.reserved);
  }
  const ids = [...accounts.keys()].sort((one, other) => one - other);
  const column = (name: 'balance' | 'reserved' | 'available' | 'held'): number[] =>
    ids.map((id) => accounts.get(id)?.[name] ?? 0);
  return {
    text: MONEY,
    parameters: [ids, column('balance'), column('reserved'), column('available'), column('held')],
    // The first of an account's misses that is about the balance tells most.
    mustChange: ids.map((id) => {
      const own = writes.filter((write) => write.accountId === id);
      const { miss } = own.find((write) => write.how === 'reserve') ?? (own[0] as (typeof own)[0]);
      return { id, miss };
    }),
  };
}
