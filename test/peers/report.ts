/** What became of the runs against others' programs: a line each, and how many. */
export interface Report {
  ok(what: string): void;
  notOk(what: string): void;
  skip(what: string, why: string): void;
  counts: { readonly passed: number; readonly failed: number; readonly skipped: number };
}

export function createReport(): Report {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const say = (line: string): void => console.log(line);
  return {
    counts,
    ok: (what) => {
      counts.passed += 1;
      say(`ok ${what}`);
    },
    notOk: (what) => {
      counts.failed += 1;
      say(`not ok ${what}`);
    },
    skip: (what, why) => {
      counts.skipped += 1;
      say(`skipped ${what}: ${why}`);
    },
  };
}
