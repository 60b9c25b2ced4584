import type { Job } from '../core/records.ts';
import type { JobLeases, Store } from '../core/store.ts';
import { decodeRow, type Row, type Value } from './rows.ts';
import { TABLES } from './tables.ts';
import { type Engine, numbered } from './sql.ts';

/** Runs one writing statement by itself, or several as one transaction, and returns the last one's rows when durable. */
export type Execute = (
  statements: readonly { text: string; parameters: readonly Value[] }[],
) => Promise<readonly Row[][]>;

const columns = TABLES.jobs.fields.map((field) => field.column).join(', ');

/** The statements on leases over either engine. */
export function createJobLeases(engine: Engine, execute: Execute): JobLeases & Pick<Store, 'takeOverLeases'> {
  const sqlite = engine === 'sqlite';
  const least = sqlite ? 'min' : 'least';
  const kindIn = sqlite ? 'kind in (select value from json_each(?))' : 'kind = any(?::text[])';
  const lock = sqlite ? '' : 'for update skip locked';
  const claim = (due: string): string =>
    numbered(
      engine,
      `update jobs set lease_owner = ?, lease_until = ?, attempts = attempts + 1,
        again_at = case when again_at > ? then again_at end
        where id in (select id from jobs where ${kindIn} and ${due} <= ? order by run_at, id limit cast(? as integer) ${lock})
        returning ${columns}`,
    );
  const claimLost = claim('lease_until');
  const claimFree = claim('lease_until is null and run_at');
  const held = 'where id = ? and attempts = ? and lease_owner = ?';
  const extend = numbered(engine, `update jobs set lease_until = ? ${held} returning id`);
  const remove = numbered(engine, `delete from jobs ${held} and again_at is null`);
  const again = numbered(
    engine,
    `update jobs set run_at = ${least}(coalesce(again_at, ?), coalesce(?, again_at)), again_at = null, attempts = 0,
      lease_owner = null, lease_until = null, last_error = null ${held}`,
  );
  const fail = numbered(
    engine,
    `update jobs set run_at = ${least}(coalesce(again_at, ?), ?), again_at = null, last_error = ?,
      lease_owner = null, lease_until = null ${held}`,
  );
  const guard = (job: Job): Value[] => [job.id, job.attempts, job.leaseOwner];
  const read = (rows: readonly Row[]): Job[] => {
    const jobs = rows.map((row): Job => decodeRow(TABLES.jobs, row));
    return jobs.sort((one, other) => one.runAt - other.runAt || one.id - other.id);
  };
  return {
    async claimJobs(kinds, owner, now, until, limit) {
      const kindList = sqlite ? JSON.stringify(kinds) : (kinds as never);
      const parameters = (count: number): Value[] => [owner, until, now, kindList, now, count];
      const [lost = []] = await execute([{ text: claimLost, parameters: parameters(limit) }]);
      const jobs = read(lost);
      if (jobs.length >= limit) return jobs;
      const [free = []] = await execute([{ text: claimFree, parameters: parameters(limit - jobs.length) }]);
      return [...jobs, ...read(free)];
    },
    async extendLease(job, until) {
      const [rows = []] = await execute([{ text: extend, parameters: [until, ...guard(job)] }]);
      return rows.length > 0;
    },
    async finishJob(job, runAgainAt) {
      const repeat = { text: again, parameters: [runAgainAt, runAgainAt, ...guard(job)] };
      if (runAgainAt !== null) await execute([repeat]);
      else await execute([{ text: remove, parameters: guard(job) }, repeat]);
    },
    async failJob(job, error, retryAt) {
      await execute([{ text: fail, parameters: [retryAt, retryAt, error, ...guard(job)] }]);
    },
    async takeOverLeases() {
      if (!sqlite) return;
      await execute([
        {
          text: 'update jobs set lease_owner = null, lease_until = null where lease_until is not null',
          parameters: [],
        },
      ]);
    },
  };
}

/** Two statements: the earliest free job, and the earliest end of a lease; parameter: the kinds. */
export function nextJobStatements(engine: Engine): [free: string, leased: string] {
  const sqlite = engine === 'sqlite';
  const kinds = sqlite ? '(select value from json_each(?)) as wanted' : 'unnest(?::text[]) as wanted(value)';
  const kindIn = sqlite ? 'kind in (select value from json_each(?))' : 'kind = any(?::text[])';
  // One look into the index per kind.
  const free = `select min((select min(run_at) from jobs where kind = wanted.value and lease_until is null)) from ${kinds}`;
  return [
    numbered(engine, free),
    numbered(engine, `select min(lease_until) from jobs where lease_until is not null and ${kindIn}`),
  ];
}
