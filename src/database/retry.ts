import { setTimeout as sleep } from 'node:timers/promises';
import { isContention } from './errors.ts';

/** With the pauses in between, six attempts take some 0.6 s on average. */
const MAX_ATTEMPTS = 6;

/** How often this process has retried, by cause. */
export const retryCounts = { contention: 0, connection: 0 };

/** No retries after this time: if the database hangs, every attempt takes long. */
const MAX_DURATION_MS = 5_000;

/**
 * Retries work whose error is retryable, with exponential backoff and full jitter, so that conflicting
 * transactions come back at different times. (Marc Brooker, "Exponential Backoff And Jitter", AWS
 * Architecture Blog, 2015.)
 * @throws the first error that is not retryable, or the last error
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
      const isLast = attempt === MAX_ATTEMPTS || performance.now() >= end;
      if (isLast || !isRetryable(error)) throw error;
      retryCounts[isContention(error) ? 'contention' : 'connection'] += 1;
      await sleep(Math.random() * 10 * 2 ** attempt);
    }
  }
}
