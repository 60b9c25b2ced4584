import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Random } from '../core/ports.ts';
import type { Job } from '../core/records.ts';
import type { JobLeases, Store } from '../core/store.ts';
import { type Clock, MINUTE, SECOND, type Timers } from '../core/time.ts';
import { retryAt } from './backoff.ts';

/** Does one job. Without `runAgainAt` the job is over. What it throws is kept, and the job is tried again later. */
export type JobHandler = (job: Job) => Promise<{ runAgainAt?: number }>;

export interface JobLog {
  warn(details: Record<string, unknown>, message: string): void;
}

export interface JobRunnerOptions {
  store: Pick<Store, 'engine' | 'nextJobAt'> & JobLeases;
  clock: Clock;
  handlers: Readonly<Record<string, JobHandler>>;
  log: JobLog;
  /** Jobs that run at the same time in this process. */
  concurrency?: number;
  /** How long a job stays with a process that has died, in milliseconds. Renewed at every third of it. */
  leaseMs?: number;
  timers?: Timers;
  random?: Random;
  /** Told of every run: `done`, `again` or `failed`, and its seconds. */
  onJob?: (kind: string, outcome: string, seconds: number) => void;
}

export interface JobRunner {
  start(): void;
  /** Looks for work now. To be called after something was enqueued. */
  wake(): void;
  /** Claims nothing more and resolves when what runs has ended. */
  stop(): Promise<void>;
  /** Runs everything that is due now, and what that makes due now, and resolves when there is nothing left. */
  runDue(): Promise<number>;
  /** @throws Error where the runner is started but has not been able to look for work for a minute. */
  check(): void;
}

/** Longest time between two looks: other processes enqueue as well, and they cannot wake this one. */
const LOOK_EVERY = { sqlite: 5 * SECOND, postgres: SECOND };
/** Where a job is due but another process is about to take it. */
const SHORTEST_WAIT = 20;
/** Runs of `runDue` after which jobs are held to go round for ever. */
const MOST_RUNS = 100_000;

const systemTimers: Timers = {
  after(milliseconds, work) {
    const timer = setTimeout(work, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Takes jobs from the store, each under a lease that a dead process loses, and hands them to their handlers. */
export function createJobRunner(options: JobRunnerOptions): JobRunner {
  const { store, clock, handlers, log, concurrency = 8, leaseMs = MINUTE, timers = systemTimers } = options;
  const random: Random = options.random ?? { bytes: (length) => new Uint8Array(randomBytes(length)) };
  const kinds = Object.keys(handlers);
  const owner = `${hostname()}:${process.pid}:${Buffer.from(random.bytes(6)).toString('hex')}`;
  const running = new Map<Job, Promise<void>>();
  /** Those of them that are done but for the word in the store, with which their lease ends. */
  const ending = new Set<Job>();
  let started = false;
  let looking = false;
  let lookAgain = false;
  let lookedAt = 0;
  let cancelLook = (): void => undefined;
  let cancelBeat = (): void => undefined;

  async function claim(limit: number): Promise<Job[]> {
    const now = clock.now();
    return store.claimJobs(kinds, owner, now, now + leaseMs, limit);
  }

  async function run(job: Job): Promise<void> {
    const from = clock.now();
    const seconds = (): number => (clock.now() - from) / SECOND;
    try {
      const { runAgainAt = null } = (await handlers[job.kind]?.(job)) ?? {};
      ending.add(job);
      await store.finishJob(job, runAgainAt);
      options.onJob?.(job.kind, runAgainAt === null ? 'done' : 'again', seconds());
    } catch (err) {
      options.onJob?.(job.kind, 'failed', seconds());
      const at = retryAt(clock.now(), job.attempts, random);
      log.warn({ err, job: job.key, attempts: job.attempts, retryAt: new Date(at).toISOString() }, 'a job failed');
      ending.add(job);
      await store.failJob(job, describe(err), at);
    }
  }

  /** Never rejects: where even the end of a job cannot be stored, its lease runs out and it is run again. */
  function launch(job: Job): Promise<void> {
    const ended = run(job)
      .catch((err: unknown) => log.warn({ err, job: job.key }, 'the end of a job could not be stored'))
      .finally(() => {
        running.delete(job);
        ending.delete(job);
      });
    running.set(job, ended);
    return ended;
  }

  /** Milliseconds to sleep where nothing is due now. */
  async function untilNext(): Promise<number> {
    const next = await store.nextJobAt(kinds);
    const longest = LOOK_EVERY[store.engine];
    return next === null ? longest : Math.min(longest, Math.max(next - clock.now(), SHORTEST_WAIT));
  }

  async function look(): Promise<void> {
    if (!started) return;
    if (looking) {
      lookAgain = true;
      return;
    }
    looking = true;
    cancelLook();
    let wait: number = LOOK_EVERY[store.engine];
    try {
      do {
        lookAgain = false;
        const free = concurrency - running.size;
        if (free <= 0) break;
        const jobs = await claim(free);
        lookedAt = clock.now();
        for (const job of jobs) void launch(job).then(look);
        if (jobs.length === free) lookAgain = true;
        else wait = await untilNext();
        // Somebody who called meanwhile may have enqueued what this look has not seen.
      } while (lookAgain && started);
    } catch (err) {
      log.warn({ err }, 'no jobs could be claimed');
      wait = SECOND;
    }
    looking = false;
    if (started) cancelLook = timers.after(wait, () => void look());
  }

  /** Renews the leases of what runs long. */
  function beat(): void {
    cancelBeat = timers.after(leaseMs / 3, () => {
      for (const job of running.keys()) {
        store.extendLease(job, clock.now() + leaseMs).then(
          (kept) => {
            if (!kept && running.has(job) && !ending.has(job))
              log.warn({ job: job.key }, 'the lease of a running job was lost');
          },
          (err: unknown) => log.warn({ err, job: job.key }, 'a lease could not be renewed'),
        );
      }
      if (started || running.size > 0) beat();
    });
  }

  return {
    start() {
      if (started) return;
      started = true;
      lookedAt = clock.now();
      beat();
      void look();
    },
    wake: () => void look(),
    async stop() {
      started = false;
      cancelLook();
      while (looking || running.size > 0) {
        await (running.size > 0 ? Promise.all(running.values()) : new Promise((resolve) => setImmediate(resolve)));
      }
      cancelBeat();
    },
    async runDue() {
      let runs = 0;
      for (;;) {
        const jobs = await claim(concurrency);
        if (jobs.length === 0 && running.size === 0) return runs;
        await Promise.all([...jobs.map(launch), ...running.values()]);
        runs += jobs.length;
        if (runs > MOST_RUNS) throw new Error(`Jobs run again without end; the last was ${jobs[0]?.key}`);
      }
    },
    check() {
      if (started && running.size < concurrency && clock.now() - lookedAt > MINUTE) {
        throw new Error('The runner of jobs has not been able to look for work for a minute');
      }
    },
  };
}

const LONGEST_ERROR = 1_000;

function describe(error: unknown): string {
  return String(error).replaceAll('\0', '').slice(0, LONGEST_ERROR);
}
