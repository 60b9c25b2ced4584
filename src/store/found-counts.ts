/** The last answers to how many records hold a text. */
export interface FoundCounts {
  get(key: string, epoch: number): { upTo: number; count: number } | null;
  put(key: string, epoch: number, upTo: number, count: number): void;
}

const MOST = 1_000;

/**
 * Keeps counts of what the search index holds up to an id. They stay right while the index only grows beyond that id;
 * where it changes otherwise, the epoch in the database rises and they are forgotten.
 */
export function createFoundCounts(): FoundCounts {
  const counts = new Map<string, { epoch: number; upTo: number; count: number }>();
  return {
    get(key, epoch) {
      const found = counts.get(key);
      return found?.epoch === epoch ? found : null;
    },
    put(key, epoch, upTo, count) {
      counts.delete(key);
      counts.set(key, { epoch, upTo, count });
      if (counts.size > MOST) counts.delete(counts.keys().next().value as string);
    },
  };
}
