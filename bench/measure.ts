/** One measure: the median of several runs with the least and the greatest. */
export interface Measure {
  name: string;
  median: number;
  min: number;
  max: number;
  unit: string;
}

/** The measure of what several runs showed. */
export function measure(name: string, unit: string, runs: readonly number[]): Measure {
  const sorted = [...runs].sort((left, right) => left - right);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  return { name, median: at(sorted.length >> 1), min: at(0), max: at(sorted.length - 1), unit };
}

/** The value below which a share of the sorted values lies. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** How often a second synchronous work is done: one run to warm up, then `runs` of `count` each. */
export function perSecond(name: string, count: number, runs: number, work: (at: number) => unknown): Measure {
  const rates: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    const start = process.hrtime.bigint();
    for (let at = 0; at < count; at += 1) work(at);
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    if (run > 0) rates.push(count / seconds);
  }
  return measure(name, 'per second', rates);
}

/** Markdown: three columns of what, median, spread. */
export function table(measures: readonly Measure[]): string {
  const rows = measures.map(
    ({ name, median, min, max, unit }) => `| ${name} | ${shown(median)} ${unit} | ${shown(min)} to ${shown(max)} |`,
  );
  return ['| measure | median | spread |', '|---|--:|--:|', ...rows].join('\n');
}

/** Three significant digits below a thousand, whole numbers above. */
function shown(value: number): string {
  if (!Number.isFinite(value)) return 'none';
  return value >= 1_000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}
