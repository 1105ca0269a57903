// With several workers, one of them gets the request for the metrics. It asks the primary, which asks
// every worker and adds up the series.
import cluster, { type Worker } from 'node:cluster';
import { on } from 'node:events';
import {
  AggregatorRegistry,
  Gauge,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client';

/** How long the primary waits for a worker. */
const ANSWER_TIMEOUT_MS = 1_000;

type WorkerMetrics = MetricObjectWithValues<MetricValue<string>>[];

type MetricsMessage =
  | { type: 'get metrics of all workers' }
  | { type: 'metrics of all workers'; text: string }
  | { type: 'get metrics'; id: number }
  | { type: 'metrics'; id: number; series: WorkerMetrics };

/** Lets the primary answer the workers that ask for the metrics of all. */
export function serveAggregatedMetrics(): void {
  let collecting: Promise<string> | undefined; // one collection for all requests that arrive meanwhile
  cluster.on('message', async (worker, { type }: Partial<MetricsMessage>) => {
    if (type !== 'get metrics of all workers') return;
    collecting ??= collectMetrics().finally(() => {
      collecting = undefined;
    });
    sendMessage(worker, { type: 'metrics of all workers', text: await collecting });
  });
}

/** The series of all workers that answer; `worker_up` is 0 for each that does not. */
async function collectMetrics(): Promise<string> {
  const registry = new Registry();
  const help =
    'Whether these metrics include those of the worker: 0 if it has not answered in time';
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
async function askWorker(worker: Worker): Promise<WorkerMetrics | undefined> {
  const id = ++lastId;
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const messages = on(worker, 'message', { signal, close: ['exit'] });
  sendMessage(worker, { type: 'get metrics', id });
  try {
    for await (const [message] of messages as AsyncIterable<Partial<MetricsMessage>[]>) {
      if (message?.type === 'metrics' && message.id === id) return message.series;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return undefined;
}

function sendMessage(worker: Worker, message: MetricsMessage): void {
  if (worker.isConnected()) worker.send(message, () => undefined); // it may end meanwhile
}

/**
 * Answers the primary with the metrics of this worker. The series of each worker have its number as
 * the label `worker`: a worker that replaces another one begins at 0, and no sum falls.
 * @returns a function that renders the metrics of all workers
 */
export function createWorkerMetrics(registry: Registry): () => Promise<string> {
  registry.setDefaultLabels({ worker: String(cluster.worker?.id) });
  const waiting = new Set<(text: string) => void>();
  process.on('message', async (message: Partial<MetricsMessage>) => {
    if (message.type === 'metrics of all workers') {
      for (const resolve of waiting) resolve(message.text ?? '');
      waiting.clear();
    }
    if (message.type !== 'get metrics' || message.id === undefined) return;
    const series = await registry.getMetricsAsJSON();
    process.send?.({ type: 'metrics', id: message.id, series } satisfies MetricsMessage);
  });
  return () =>
    new Promise((resolve) => {
      waiting.add(resolve);
      if (waiting.size > 1) return; // the text is on its way
      process.send?.({ type: 'get metrics of all workers' } satisfies MetricsMessage);
    });
}
