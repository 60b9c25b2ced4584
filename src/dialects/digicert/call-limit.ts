import { MINUTE, SECOND, type Clock, type Instant } from '../../core/time.ts';

/** Calls of one key within any span of this length. */
interface Window {
  readonly calls: number;
  readonly span: number;
}

/** The vendor's rolling windows. */
export const WINDOWS: readonly Window[] = [
  { calls: 100, span: 5 * SECOND },
  { calls: 1_000, span: 3 * MINUTE },
];

/** Keys remembered at most; beyond it the longest unseen are forgotten, in the caller's favour. */
const MOST_KEYS = 10_000;

/** Takes one call of a key's allowance; false where it is used up. A refused call takes nothing. */
export type TakeCall = (key: string) => boolean;

/** Counts exactly: for each key the moments of its last calls are kept, as many as the widest window holds. */
export function createCallLimit(clock: Clock, windows: readonly Window[] = WINDOWS): TakeCall {
  const most = Math.max(...windows.map(({ calls }) => calls));
  const calls = new Map<string, Instant[]>();
  return (key) => {
    const now = clock.now();
    const known = calls.get(key) ?? [];
    const full = windows.some((window) => (known.at(-window.calls) ?? -Infinity) > now - window.span);
    calls.delete(key);
    calls.set(key, known);
    if (calls.size > MOST_KEYS) calls.delete(calls.keys().next().value as string);
    if (full) return false;
    known.push(now);
    if (known.length > 2 * most) known.splice(0, known.length - most);
    return true;
  };
}
