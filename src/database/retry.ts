import { setTimeout as sleep } from 'node:timers/promises';
import { isContention } from './errors.ts';

/** How often something is tried at most; with the pauses in between some 0.6 s on average. */
const MAX_ATTEMPTS = 6;

/** How often this process has tried something again, and why; only ever grows. */
export const retryCounts = { contention: 0, connection: 0 };

/** For how long something is tried again, in milliseconds: a database that hangs hangs each time. */
const MAX_DURATION_MS = 5_000;

/**
 * Does the work, again as long as its error says that this is safe and may help: bounded, with
 * jitter, so that those who were in each other's way come back at different times.
 * @throws the error that was not to be tried again, or the last one
 */
export async function retry<T>(
  work: () => Promise<T>,
  isRetryable: (error: unknown) => boolean,
): Promise<T> {
  const end = performance.now() + MAX_DURATION_MS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const isOver = attempt === MAX_ATTEMPTS || performance.now() >= end;
      if (isOver || !isRetryable(error)) throw error;
      retryCounts[isContention(error) ? 'contention' : 'connection'] += 1;
      await sleep(Math.random() * 10 * 2 ** attempt);
    }
  }
}
