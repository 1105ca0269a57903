// With several workers any of them may be asked for the metrics, and renders those of all: it asks
// the primary, which asks each worker.
import cluster, { type Worker } from 'node:cluster';
import {
  AggregatorRegistry,
  Gauge,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client';

/** How long the primary waits for a worker, in milliseconds. */
const ANSWER_TIMEOUT_MS = 1_000;

type WorkerMetrics = MetricObjectWithValues<MetricValue<string>>[];

/** Between the primary and a worker; a worker asks for the metrics of all, the primary for its own. */
type Message =
  | { metrics: 'of all'; id: number }
  | { metrics: 'text'; id: number; text: string }
  | { metrics: 'of one'; id: number }
  | { metrics: 'series'; id: number; series: WorkerMetrics };

/** From now on the primary answers workers that ask for the metrics of all. */
export function serveAggregatedMetrics(): void {
  let collecting: Promise<string> | undefined; // one collection for all who ask meanwhile
  cluster.on('message', async (worker, message: Partial<Message>) => {
    if (message.metrics !== 'of all' || message.id === undefined) return;
    collecting ??= collectMetrics().finally(() => {
      collecting = undefined;
    });
    const text = await collecting;
    send(worker, { metrics: 'text', id: message.id, text });
  });
}

/** The series of all workers that answer; `worker_up` is 0 for each that does not. */
async function collectMetrics(): Promise<string> {
  const registry = new Registry();
  const help = 'Whether the metrics of the worker are here: 0 if it has not answered in time';
  const up = new Gauge({ name: 'worker_up', help, labelNames: ['worker'], registers: [registry] });
  const ask = async (worker: Worker) => {
    const series = await askWorker(worker);
    up.set({ worker: String(worker.id) }, series ? 1 : 0);
    return series ?? [];
  };
  const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
  const answers = await Promise.all(workers.map(ask));
  const all = [...answers, await registry.getMetricsAsJSON()];
  return AggregatorRegistry.aggregate(all).metrics();
}

let lastId = 0;

/** @returns undefined if the worker is starting, ends, or is busy for too long */
function askWorker(worker: Worker): Promise<WorkerMetrics | undefined> {
  const id = ++lastId;
  const { promise, resolve } = Promise.withResolvers<WorkerMetrics | undefined>();
  const take = (message: Partial<Message>) => {
    if (message.metrics === 'series' && message.id === id) resolve(message.series);
  };
  const giveUp = () => resolve(undefined);
  const timer = setTimeout(giveUp, ANSWER_TIMEOUT_MS);
  worker.on('message', take).once('exit', giveUp);
  send(worker, { metrics: 'of one', id });
  return promise.finally(() => {
    clearTimeout(timer);
    worker.off('message', take).off('exit', giveUp);
  });
}

function send(worker: Worker, message: Message): void {
  if (worker.isConnected()) worker.send(message, () => undefined); // it may end meanwhile
}

/**
 * Answers the primary with this worker's metrics.
 * @returns what renders the metrics of all: the series of each have its number as the label
 *   `worker`, so that one that starts anew at 0 makes no sum fall
 */
export function createWorkerMetrics(registry: Registry): () => Promise<string> {
  registry.setDefaultLabels({ worker: String(cluster.worker?.id) });
  const asked = new Map<number, (text: string) => void>();
  process.on('message', async (message: Partial<Message>) => {
    if (message.id === undefined) return;
    if (message.metrics === 'text') asked.get(message.id)?.(message.text ?? '');
    if (message.metrics !== 'of one') return;
    const series = await registry.getMetricsAsJSON();
    process.send?.({ metrics: 'series', id: message.id, series } satisfies Message);
  });
  return async () => {
    const id = ++lastId;
    const { promise, resolve } = Promise.withResolvers<string>();
    asked.set(id, resolve);
    process.send?.({ metrics: 'of all', id } satisfies Message);
    const text = await promise;
    asked.delete(id);
    return text;
  };
}
