import type { Db } from './connect.ts';
import { purgeExpired } from './retention.ts';

const PURGE_INTERVAL_MS = 60_000;

/** Is called after each run of the retention job. */
export interface RetentionObserver {
  onPurged(rows: number, seconds: number): void;
  /** The next run tries again. */
  onFailed(error: unknown): void;
}

/**
 * Purges expired rows every minute.
 * @returns a function that stops the job and waits for the batch in progress
 */
export function startRetentionJob(
  db: Db,
  now: () => number,
  { onPurged, onFailed }: RetentionObserver,
): () => Promise<void> {
  let isStopped = false;
  let running: Promise<unknown> = Promise.resolve();
  const purge = async () => {
    const start = performance.now();
    const rows = await purgeExpired(db, now(), () => isStopped);
    onPurged(rows, (performance.now() - start) / 1000);
  };
  const timer = setInterval(() => {
    running = running.then(purge).catch(onFailed);
  }, PURGE_INTERVAL_MS).unref();
  return async () => {
    isStopped = true;
    clearInterval(timer);
    await running;
  };
}
