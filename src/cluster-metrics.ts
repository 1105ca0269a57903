// With several workers any of them may be asked for the metrics, and tells those of all: it asks the
// leading process, which asks each.
import cluster from 'node:cluster';
import { AggregatorRegistry, type Registry } from 'prom-client';

/** What a worker asks of the leading process, and what that answers; `undefined` when one was silent. */
interface Question {
  ask: 'metrics';
  id: number;
}
interface Answer {
  answer: number;
  text: string | undefined;
}

/** The leading process answers from now on. */
export function answerForAll(): void {
  const all = new AggregatorRegistry();
  cluster.on('message', async (worker, question: Partial<Question>) => {
    if (question.ask !== 'metrics') return;
    const text = await all.clusterMetrics().catch(() => undefined);
    if (worker.isConnected()) worker.send({ answer: question.id, text });
  });
}

/**
 * Makes a worker's own metrics part of all.
 * @returns what asks for all of them: the series of each have its number as the label `worker`, so
 *   that one that starts anew at 0 makes no sum fall
 */
export function joinTheOthers(registry: Registry): () => Promise<string> {
  registry.setDefaultLabels({ worker: String(cluster.worker?.id) });
  AggregatorRegistry.setRegistries([registry]);
  new AggregatorRegistry(); // answers the leading process
  const asked = new Map<number, (text: string | undefined) => void>();
  let last = 0;
  process.on('message', ({ answer = 0, text }: Partial<Answer>) => asked.get(answer)?.(text));
  return async () => {
    const id = ++last;
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    asked.set(id, resolve);
    process.send?.({ ask: 'metrics', id } satisfies Question);
    const text = await promise;
    asked.delete(id);
    if (text === undefined) throw new Error('a worker does not tell its metrics');
    return text;
  };
}
