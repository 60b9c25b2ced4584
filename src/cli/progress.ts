import { progress as clackProgress, spinner } from '@clack/prompts';

export interface Progress {
  /** So many more steps are done. */
  advance(steps: number): void;
  end(message: string): void;
}

/** Lines are written at every tenth part where standard error is not a terminal. */
const PARTS = 10;

/**
 * Shows how far long work has come, on standard error: a bar on a terminal, else a plain line now and then. Quiet
 * where `quiet`.
 */
export function startProgress(title: string, total: number, quiet = false): Progress {
  if (quiet) return { advance: () => undefined, end: () => undefined };
  return process.stderr.isTTY ? bar(title, total) : lines(title, total);
}

/** As `startProgress`, where nobody knows how much there is: counts on a terminal, else tells the end alone. */
export function startCounter(title: string, quiet = false): Progress {
  if (quiet) return { advance: () => undefined, end: () => undefined };
  if (!process.stderr.isTTY) return lines(title, Number.POSITIVE_INFINITY);
  const shown = spinner({ output: process.stderr });
  shown.start(title);
  let done = 0;
  return {
    advance: (steps) => shown.message(`${title}: ${(done += steps)}`),
    end: (message) => shown.stop(`${title}: ${message}`),
  };
}

function bar(title: string, total: number): Progress {
  const shown = clackProgress({ max: Math.max(total, 1), output: process.stderr });
  shown.start(title);
  return { advance: (steps) => shown.advance(steps), end: (message) => shown.stop(`${title}: ${message}`) };
}

function lines(title: string, total: number): Progress {
  let done = 0;
  let told = 0;
  return {
    advance: (steps) => {
      done += steps;
      const part = Math.floor((done / Math.max(total, 1)) * PARTS);
      if (part <= told || part >= PARTS) return;
      told = part;
      process.stderr.write(`${title}: ${part * PARTS} %\n`);
    },
    end: (message) => void process.stderr.write(`${title}: ${message}\n`),
  };
}
