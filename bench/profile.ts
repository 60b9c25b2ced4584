import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * `node bench/profile.ts DIRECTORY`: where the time of the `.cpuprofile` files of a directory went, by function and by
 * file. Made by a server started with `--cpu-prof --cpu-prof-dir=DIRECTORY`, see `bench/orders.ts --profile`.
 */
interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number }; children?: number[] }[];
  samples: number[];
  timeDeltas: number[];
}

for (const file of readdirSync(process.argv[2] ?? '.').filter((name) => name.endsWith('.cpuprofile'))) {
  report(JSON.parse(readFileSync(join(process.argv[2] ?? '.', file), 'utf8')) as CpuProfile, file);
}

function report({ nodes, samples, timeDeltas }: CpuProfile, file: string): void {
  const self = new Map<number, number>();
  samples.forEach((id, at) => self.set(id, (self.get(id) ?? 0) + (timeDeltas[at] ?? 0)));
  const byFunction = new Map<string, number>();
  const byFile = new Map<string, number>();
  let busy = 0;
  for (const { id, callFrame } of nodes) {
    const time = self.get(id) ?? 0;
    if (callFrame.functionName === '(idle)' || time === 0) continue;
    busy += time;
    const where = callFrame.url.replace(/^.*\/(src|node_modules)\//, '$1/');
    add(byFunction, `${callFrame.functionName || '(anonymous)'} ${where}:${callFrame.lineNumber + 1}`, time);
    add(byFile, where || callFrame.functionName, time);
  }
  const inclusive = inclusiveTimes(nodes, self);
  console.log(`\n== ${file}: busy ${(busy / 1e6).toFixed(2)} s`);
  print('self, by function', byFunction, busy, 45);
  print('self, by file', byFile, busy, 25);
  print('with everything called', inclusive, busy, 60);
}

/** Time of each function with what it calls; recursion counts once. */
function inclusiveTimes(nodes: CpuProfile['nodes'], self: ReadonlyMap<number, number>): Map<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const times = new Map<string, number>();
  const walk = (id: number, above: ReadonlySet<string>): number => {
    const node = byId.get(id);
    if (node === undefined) return 0;
    const { functionName, url, lineNumber } = node.callFrame;
    const name = `${functionName || '(anonymous)'} ${url.replace(/^.*\/(src|node_modules)\//, '$1/')}:${lineNumber + 1}`;
    const inside = new Set(above).add(name);
    let time = self.get(id) ?? 0;
    for (const child of node.children ?? []) time += walk(child, inside);
    if (!above.has(name)) add(times, name, time);
    return time;
  };
  const root = nodes[0];
  if (root !== undefined) walk(root.id, new Set());
  return times;
}

function add(times: Map<string, number>, name: string, time: number): void {
  times.set(name, (times.get(name) ?? 0) + time);
}

function print(title: string, times: ReadonlyMap<string, number>, busy: number, most: number): void {
  console.log(`-- ${title}`);
  const sorted = [...times].sort((left, right) => right[1] - left[1]).slice(0, most);
  for (const [name, time] of sorted) console.log(`${((time / busy) * 100).toFixed(1).padStart(5)} %  ${name}`);
}
