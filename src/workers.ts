// Several processes behind one port (node:cluster). The primary starts the workers and answers no requests.
import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { serveAggregatedMetrics } from './observability/worker-metrics.ts';

/** What a service says of itself when it listens. */
export interface StartReport {
  url: string;
  hasDemo: boolean;
}

/** A message of the primary to a worker. */
export type WorkerCommand = 'stop' | 'reload keys';

/** Workers that die at once would be restarted in a busy loop. */
const RESTART_DELAY_MS = 1000;

/**
 * Starts `count` workers, each of which runs this program again. The first one starts alone: it
 * migrates the database, and shows whether the service can start. A worker that dies is replaced.
 * @returns the report of the first worker (all have the same URL), and functions that send a command to
 *   all workers, and that stop them and wait until the last one has ended
 * @throws WorkerStartError when one cannot start; it has printed the reason
 */
export async function startWorkers(count: number, logger: Logger) {
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

function waitForReport(worker: Worker): Promise<StartReport> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: Partial<StartReport>) => {
      if (message.url !== undefined) resolve(message as StartReport); // others have no `url`
    });
    worker.once('exit', () => reject(new WorkerStartError('a worker could not start')));
  });
}

function sendToAll(command: WorkerCommand): void {
  for (const worker of Object.values(cluster.workers ?? {})) worker?.send(command);
}
