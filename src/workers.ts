// Several processes behind one port: the first one leads, listens for none, and serves nobody.
import cluster, { type Worker } from 'node:cluster';
import type { Logger } from 'pino';
import { answerForAll } from './observability/worker-metrics.ts';

/** What a worker says when it listens. */
export interface Listening {
  url: string;
  hasDemo: boolean;
}

/** What the leading process may ask of a worker. */
export type Order = 'stop' | 'reload keys';

export interface Workers {
  /** Where all of them answer. */
  listening: Listening;
  tell(order: Order): void;
  /** Resolves when the last one has ended. */
  stop(): Promise<void>;
}

/** How long it takes until another worker takes the place of one that died, in milliseconds. */
const PAUSE = 1000;

/**
 * Starts `count` workers, each of which is this program again: one, which finds out whether the
 * service can start at all and brings the tables up to date, then the others. Whoever dies is
 * replaced.
 * @throws WorkerDied when one cannot start; it has said why
 */
export async function startWorkers(count: number, logger: Logger): Promise<Workers> {
  let isStopping = false;
  answerForAll();
  try {
    const listening = await firstWord(cluster.fork());
    await Promise.all(Array.from({ length: count - 1 }, () => firstWord(cluster.fork())));
    cluster.on('exit', replace);
    return { listening, tell, stop };
  } catch (error) {
    await stop();
    throw error;
  }

  function replace({ process: { pid } }: Worker, code: number, signal: string | null) {
    if (isStopping) return;
    logger.error({ pid, reason: signal ?? code }, 'a worker has died: another takes its place');
    setTimeout(() => isStopping || cluster.fork(), PAUSE);
  }

  async function stop() {
    isStopping = true;
    tell('stop');
    const living = Object.values(cluster.workers ?? {});
    await Promise.all(living.map((worker) => new Promise((end) => worker?.once('exit', end))));
  }
}

/** A worker ended before it listened. */
export class WorkerDied extends Error {
  override name = 'WorkerDied';
}

function firstWord(worker: Worker): Promise<Listening> {
  return new Promise((resolve, reject) => {
    worker.on('message', (word: Partial<Listening>) => {
      if (word.url !== undefined) resolve(word as Listening); // it says all of it at once
    });
    worker.once('exit', () => reject(new WorkerDied('a worker could not start')));
  });
}

function tell(order: Order): void {
  for (const worker of Object.values(cluster.workers ?? {})) worker?.send(order);
}
