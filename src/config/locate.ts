/**
 * The line (from 1) of a TOML text on which the value at a path stands, or the nearest thing above it that is there;
 * null for an empty text. Reads only the shape of lines, so a key inside a multi-line string can mislead it.
 */
export function locate(source: string, path: readonly PropertyKey[]): number | null {
  const wanted = path.map(String);
  let best: { line: number; depth: number } | null = null;
  for (const { line, keys } of entries(source)) {
    const depth = common(keys, wanted);
    if (depth === keys.length && depth > 0 && (best === null || depth > best.depth)) best = { line, depth };
  }
  return best?.line ?? null;
}

function* entries(source: string): Generator<{ line: number; keys: string[] }> {
  let table: string[] = [];
  const counts = new Map<string, number>();
  for (const [index, text] of source.split('\n').entries()) {
    const header = /^\s*(\[\[?)\s*([^\]]+?)\s*\]/.exec(text);
    const key = /^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=/.exec(text);
    if (header !== null) {
      table = split(header[2] ?? '');
      if (header[1] === '[[') {
        const count = counts.get(table.join('.')) ?? 0;
        counts.set(table.join('.'), count + 1);
        table = [...table, String(count)];
      }
      yield { line: index + 1, keys: table };
    } else if (key !== null) {
      yield { line: index + 1, keys: [...table, ...split(key[1] ?? '')] };
    }
  }
}

function split(dotted: string): string[] {
  return [...dotted.matchAll(/[\w-]+|"([^"]*)"|'([^']*)'/g)].map((match) => match[1] ?? match[2] ?? match[0]);
}

function common(keys: readonly string[], wanted: readonly string[]): number {
  const different = keys.findIndex((key, index) => key !== wanted[index]);
  return different === -1 ? keys.length : different;
}
