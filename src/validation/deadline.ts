import type { Timers } from '../core/time.ts';

/**
 * Runs `work` with a signal that aborts after `milliseconds`, and settles no later than that, whether or not the work
 * listens.
 * @throws Error with `message` when the time is over; whatever `work` throws before.
 */
export async function withDeadline<Result>(
  timers: Timers,
  milliseconds: number,
  message: string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const over = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
  });
  const cancel = timers.after(milliseconds, () => controller.abort(new Error(message)));
  try {
    return await Promise.race([work(controller.signal), over]);
  } finally {
    cancel();
  }
}
