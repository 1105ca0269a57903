// Several processes behind one port: the first one leads, listens for none, and serves nobody.
import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { serveAggregatedMetrics } from './observability/worker-metrics.ts';

/** What a worker says when it listens. */
export interface WorkerReport {
  url: string;
  hasDemo: boolean;
}

/** What the leading process may ask of a worker. */
export type WorkerCommand = 'stop' | 'reload keys';

export interface Workers {
  /** Where all of them answer. */
  report: WorkerReport;
  sendToAll(command: WorkerCommand): void;
  /** Resolves when the last one has ended. */
  stop(): Promise<void>;
}

/** How long it takes until another worker takes the place of one that died, in milliseconds. */
const RESTART_DELAY_MS = 1000;

/**
 * Starts `count` workers, each of which is this program again: one, which finds out whether the
 * service can start at all and brings the tables up to date, then the others. Whoever dies is
 * replaced.
 * @throws WorkerStartError when one cannot start; it has said why
 */
export async function startWorkers(count: number, logger: Logger): Promise<Workers> {
  let isStopping = false;
  serveAggregatedMetrics();
  try {
    const report = await waitForReport(cluster.fork());
    await Promise.all(Array.from({ length: count - 1 }, () => waitForReport(cluster.fork())));
    cluster.on('exit', replaceWorker);
    return { report, sendToAll, stop };
  } catch (error) {
    await stop();
    throw error;
  }

  function replaceWorker({ process: { pid } }: Worker, code: number, signal: string | null) {
    if (isStopping) return;
    logger.error({ pid, reason: signal ?? code }, 'a worker has died: another takes its place');
    setTimeout(() => isStopping || cluster.fork(), RESTART_DELAY_MS);
  }

  async function stop() {
    isStopping = true;
    sendToAll('stop');
    const living = Object.values(cluster.workers ?? {});
    await Promise.all(living.map((worker) => new Promise((end) => worker?.once('exit', end))));
  }
}

/** A worker ended before it listened. */
export class WorkerStartError extends Error {
  override name = 'WorkerStartError';
}

function waitForReport(worker: Worker): Promise<WorkerReport> {
  return new Promise((resolve, reject) => {
    worker.on('message', (word: Partial<WorkerReport>) => {
      if (word.url !== undefined) resolve(word as WorkerReport); // it says all of it at once
    });
    worker.once('exit', () => reject(new WorkerStartError('a worker could not start')));
  });
}

function sendToAll(command: WorkerCommand): void {
  for (const worker of Object.values(cluster.workers ?? {})) worker?.send(command);
}
