import type { AuditEvent, CaaAnswer, Job, Kind, Records, Validation } from './records.ts';
import type { Instant } from './time.ts';

/** What the heart needs of a database. `src/store` implements it for SQLite and PostgreSQL. */

export type Operator =
  | 'eq'
  | 'ne'
  | 'gt'
  | 'gte'
  | 'lt'
  | 'lte'
  | 'in'
  | 'not-in'
  | 'like'
  | 'not-like'
  | 'null'
  | 'not-null'
  | 'among'
  | 'not-among';

/** One condition of a list. `like` takes `%` for any run of characters and ignores case. */
export interface Filter<R> {
  field: keyof R & string;
  op: Operator;
  /**
   * A list for `in` and `not-in`; `Among` for `among` and `not-among`; absent for `null` and `not-null`. On a list
   * field (`names`) it is matched against each entry.
   */
  value?: unknown;
}

/** The values that a field has in those records of another table, of the same account, for which all filters hold. */
export interface Among<K extends Kind> {
  kind: K;
  field: keyof Records[K] & string;
  filters: readonly Filter<Records[K]>[];
}

/** A field's value is, or is not, among those: such as orders of which a certificate meets its own filters. */
export function among<R, K extends Kind>(field: keyof R & string, values: Among<K>, not = false): Filter<R> {
  return { field, op: not ? 'not-among' : 'among', value: values };
}

export interface ListQuery<R> {
  /** Null only for the operator: every account. */
  accountId: number | null;
  /** All must hold. */
  filters: readonly Filter<R>[];
  /** At least one of a group must hold; the groups are joined by AND. */
  anyOf?: readonly (readonly Filter<R>[])[];
  /** Text searched for in the searchable columns of the table, case ignored. */
  search?: string;
  order: readonly { field: keyof R & string; descending: boolean }[];
  limit: number;
  offset: number;
  /** Whether `total` is wanted. */
  count: boolean;
}

export interface ListResult<R> {
  records: R[];
  /** Exact number of all matches; absent where not asked for. */
  total?: number;
}

export interface FindOptions<R> {
  order?: { field: keyof R & string; descending: boolean };
  limit?: number;
}

export interface Reader {
  get<K extends Kind>(kind: K, id: number): Promise<Records[K] | null>;
  /** Records whose fields equal the given ones (null matches null; an array matches any of its values). Default order: id ascending. */
  find<K extends Kind>(
    kind: K,
    where: { [F in keyof Records[K]]?: Records[K][F] | readonly Records[K][F][] },
    options?: FindOptions<Records[K]>,
  ): Promise<Records[K][]>;
  list<K extends Kind>(kind: K, query: ListQuery<Records[K]>): Promise<ListResult<Records[K]>>;
  /** Own, valid validations of any of the domains, validated at or after `since`, newest first; originals only (`reusedFrom` null). */
  reusableValidations(accountId: number, domains: readonly string[], since: Instant): Promise<Validation[]>;
}

/**
 * One atomic piece of work. It sees its own writes. It may be run again from the start after a conflict with
 * another, so it must not do anything but read and write here.
 */
export interface Unit extends Reader {
  /** A new id of the table: unique for ever, rising within a process, gaps allowed. */
  newId(kind: Kind): number;
  insert<K extends Kind>(kind: K, record: Records[K]): void;
  /**
   * Changes a record. With `expected`, only where these fields still have these values.
   * @throws DeskError `conflict` where no record was changed.
   */
  update<K extends Kind>(
    kind: K,
    id: number,
    changes: Partial<Records[K]>,
    expected?: Partial<Records[K]>,
  ): Promise<void>;
  delete(kind: Kind, id: number): Promise<void>;
  /** Sets aside cents of the balance. @throws DeskError `insufficient-balance` */
  reserve(accountId: number, cents: number): Promise<void>;
  /** Ends a reservation: taken from the balance, or given back. */
  settle(accountId: number, cents: number, how: 'capture' | 'release'): Promise<void>;
  /** Stores the newest CAA answer of a name in place of the one before; its `id` is not looked at. */
  putCaaAnswer(answer: CaaAnswer): void;
  /** Appends to the hash chain when the unit commits. */
  audit(event: Omit<AuditEvent, 'id' | 'hash'>): void;
  /**
   * Adds a job, or gives an open one of the same key the new payload and the new time. With `heldUntil` the caller
   * does the work itself at once: the job is stored as leased until then, and runs only if this process dies.
   */
  enqueue(job: Pick<Job, 'kind' | 'key' | 'payload' | 'runAt'> & { heldUntil?: Instant }): Promise<void>;
  /** Removes the open job of this key, if there is one. */
  done(key: string): Promise<void>;
}

export interface Store extends Reader {
  readonly engine: 'sqlite' | 'postgres';
  /**
   * Runs the work as one transaction and resolves when it is durable. Concurrent calls share a commit; one that
   * throws undoes itself alone.
   */
  transact<T>(work: (unit: Unit) => Promise<T>): Promise<T>;
  /** Jobs due at `now` that nobody holds, leased to `owner` until `until`, oldest first. */
  claimJobs(kinds: readonly string[], owner: string, now: Instant, until: Instant, limit: number): Promise<Job[]>;
  /** When the next open job of these kinds is due, leased ones at their lease's end. */
  nextJobAt(kinds: readonly string[]): Promise<Instant | null>;
  /** At start: on a database of one process (SQLite) every lease is of a dead process and ends; elsewhere nothing. */
  takeOverLeases(): Promise<void>;
  /** Walks all records of a table in id order without holding them in memory. */
  walk<K extends Kind>(kind: K, afterId?: number): AsyncIterable<Records[K]>;
  /** Integrity as the database itself sees it; an empty list is good. */
  integrity(): Promise<string[]>;
  close(): Promise<void>;
}

/** What the runner of jobs needs beside the port. Each claim raises `attempts`, by which a lost lease is told. */
export interface JobLeases extends Pick<Store, 'claimJobs'> {
  /** @returns false where the lease was lost. */
  extendLease(job: Job, until: Instant): Promise<boolean>;
  /**
   * Ends a run: the job is gone, or runs again at `runAgainAt`, or earlier where it was enqueued during the run.
   * Does nothing where the lease was lost.
   */
  finishJob(job: Job, runAgainAt: Instant | null): Promise<void>;
  /** Ends a run that failed: it is tried again at `retryAt`, or earlier where it was enqueued during the run. */
  failJob(job: Job, error: string, retryAt: Instant): Promise<void>;
}
