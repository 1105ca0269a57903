import { Histogram, type Registry } from 'prom-client';
import type { RequestContext } from '../http/context.ts';

/** Makes a function that observes the duration of a finished request. */
export function createHttpMetrics(registry: Registry): (context: RequestContext) => void {
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from request to response, by operation of the contract; status 499: the client has disconnected first',
    labelNames: ['operation', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return ({ operation, status, startedAt }) => {
    const seconds = (performance.now() - startedAt) / 1000;
    duration.observe({ operation: operation?.id ?? 'none', status }, seconds);
  };
}
