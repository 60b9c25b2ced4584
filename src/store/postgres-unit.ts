import type { Kind, Records } from '../core/records.ts';
import type { Unit } from '../core/store.ts';
import type { Clock } from '../core/time.ts';
import type { IdSource } from './ids.ts';
import type { Write } from './postgres-batch.ts';
import type { TableReader } from './reader.ts';
import { decodeRow, encodeRecord, encodeValue, type Value } from './rows.ts';
import { fieldOf, TABLES } from './tables.ts';
import {
  checkCents,
  conflict,
  insufficientBalance,
  newJob,
  noReservation,
  unitEnded,
  type AuditAsk,
} from './unit-rules.ts';

/** What a unit needs of the group it runs in. */
export interface GroupTransaction {
  /** Reads within the group's transaction. */
  readonly reader: TableReader;
  /** Sends writes and waits for them. @throws where one fails. */
  flush(writes: readonly Write[]): Promise<void>;
}

export interface PostgresUnit {
  readonly unit: Unit;
  readonly audits: readonly AuditAsk[];
  /** Writes that were not sent yet. */
  readonly writes: readonly Write[];
  /** Whether some of its writes were sent already, so that they cannot be dropped in memory. */
  readonly sent: boolean;
  /** Ends the unit. @throws what made a write fail, also where the work has swallowed it. */
  end(): void;
}

/**
 * A unit that keeps its writes in memory until it reads one of the tables that it has written, or the group ends. A
 * conflict or a value that exists already may therefore show only at the end; it always fails the whole unit.
 */
export function createPostgresUnit(group: GroupTransaction, ids: IdSource, clock: Clock): PostgresUnit {
  const audits: AuditAsk[] = [];
  const writes: Write[] = [];
  const touched = new Set<Kind>();
  const inserts = new Map<string, Extract<Write, { type: 'insert' }>>();
  let sent = false;
  let failure: { readonly error: unknown } | undefined;
  let ended = false;
  const open = (): void => {
    if (ended) throw unitEnded();
  };
  const failed = (error: unknown): unknown => {
    failure ??= { error };
    return error;
  };
  const push = (kind: Kind, write: Write): void => {
    open();
    touched.add(kind);
    writes.push(write);
  };
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw failed(error);
    }
  };
  const newId = (kind: Kind): number => (open(), guarded(() => ids.take(kind)));
  /** Own writes to the table are sent first, so that the read sees them. */
  const beforeRead = async (kind: Kind): Promise<void> => {
    open();
    if (!touched.has(kind)) return;
    touched.clear();
    inserts.clear();
    sent = true;
    try {
      await group.flush(writes.splice(0));
    } catch (error) {
      throw failed(error);
    }
  };
  const money = (accountId: number, cents: number, how: 'reserve' | 'capture' | 'release', miss: () => Error): void => {
    checkCents(cents);
    push('accounts', { type: 'money', accountId, cents, how, miss });
  };

  const unit: Unit = {
    async get<K extends Kind>(kind: K, id: number): Promise<Records[K] | null> {
      open();
      const own = inserts.get(`${kind} ${id}`);
      if (own !== undefined) return decodeRow(TABLES[kind], own.values);
      await beforeRead(kind);
      return group.reader.get(kind, id);
    },
    async find(kind, where, options) {
      await beforeRead(kind);
      return group.reader.find(kind, where, options);
    },
    async list(kind, query) {
      await beforeRead(kind);
      return group.reader.list(kind, query);
    },
    async reusableValidations(accountId, domains, since) {
      await beforeRead('validations');
      return group.reader.reusableValidations(accountId, domains, since);
    },
    newId,
    insert(kind, record) {
      const write = { type: 'insert' as const, kind, id: record.id, values: encodeRecord(TABLES[kind], record) };
      push(kind, write);
      inserts.set(`${kind} ${record.id}`, write);
    },
    async update(kind, id, changes, expected = {}) {
      open();
      const table = TABLES[kind];
      const changed = Object.keys(changes);
      if (changed.length === 0) throw new TypeError('An update must change something');
      const own = inserts.get(`${kind} ${id}`);
      const values = changed.map((name) => encodeValue(fieldOf(table, name), changes[name as never]));
      const guards = Object.keys(expected);
      const expecting = guards.map((name) => encodeValue(fieldOf(table, name), expected[name as never]));
      if (own !== undefined) {
        const position = (name: string): number => table.fields.findIndex((field) => field.name === name);
        const fits = guards.every((name, i) => sameValue(own.values[position(name)], expecting[i]));
        if (!fits) throw failed(conflict(kind, id));
        changed.forEach((name, i) => (own.values[position(name)] = values[i] as Value));
        return;
      }
      const miss = (): Error => conflict(kind, id);
      push(kind, { type: 'update', kind, id, changed, expected: guards, values: [id, ...values, ...expecting], miss });
    },
    async delete(kind, id) {
      push(kind, { type: 'delete', kind, id });
      inserts.delete(`${kind} ${id}`);
    },
    async reserve(accountId, cents) {
      money(accountId, cents, 'reserve', insufficientBalance);
    },
    async settle(accountId, cents, how) {
      money(accountId, cents, how, () => noReservation(accountId, cents));
    },
    putCaaAnswer(answer) {
      const values = encodeRecord(TABLES.caaAnswers, { ...answer, id: newId('caaAnswers') });
      push('caaAnswers', { type: 'caa', name: answer.name, values });
    },
    audit(event) {
      open();
      audits.push(event);
    },
    async enqueue(job) {
      const values = encodeRecord(TABLES.jobs, newJob(newId('jobs'), job, clock.now()));
      push('jobs', { type: 'enqueue', key: job.key, values });
    },
    async done(key) {
      push('jobs', { type: 'done', key });
    },
  };
  return {
    unit,
    audits,
    writes,
    get sent() {
      return sent;
    },
    end() {
      ended = true;
      if (failure !== undefined) throw failure.error;
    },
  };
}

function sameValue(one: Value | undefined, other: Value | undefined): boolean {
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0;
  return one === other;
}
