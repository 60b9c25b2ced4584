export interface SearchKeeper {
  /** To be called after each commit, with the units that were in it. */
  afterCommit(units: number): void;
  stop(): void;
}

/** Under load without an end the index still gets one turn in so many. */
const TURN = 10;

/**
 * Keeps the search index near the records, in small steps while nothing else waits: `busy` tells whether something
 * does. `step` takes some records in, as one unit, and tells whether there may be more. What is not in the index is
 * found all the same, so nothing is lost where a step fails or is never made.
 */
export function createSearchKeeper(step: () => Promise<boolean>, busy: () => boolean, pause: number): SearchKeeper {
  let timer: NodeJS.Timeout | null = null;
  let working = false;
  let again = false;
  let stopped = false;
  let turns = 0;

  function later(): void {
    if (stopped || timer !== null) return;
    timer = setTimeout(() => void work(), pause);
    timer.unref();
  }

  async function work(): Promise<void> {
    working = true;
    again = false;
    turns += 1;
    let more = true;
    try {
      if (!busy() || turns % TURN === 0) more = await step();
      while (more && !stopped && !busy()) more = await step();
    } catch {
      more = false;
    }
    working = false;
    timer = null;
    if (more || again) later();
  }

  return {
    afterCommit(units) {
      // The step's own commit holds one unit.
      if (!working) later();
      else if (units > 1) again = true;
    },
    stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
