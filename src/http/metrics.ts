import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { operationOf } from './contract.ts';
import { statusOf } from './outcome.ts';

/** What `GET /metrics` tells (Prometheus text format), and the step that measures requests. */
export interface Metrics {
  measure: RequestHandler;
  expose: RequestHandler;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from request to answer, by operation of the contract',
    labelNames: ['operation', 'status'] as const,
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  });
  return {
    measure(request, response, next) {
      const stop = duration.startTimer();
      response.once('close', () => {
        stop({ operation: operationOf(request)?.id ?? 'none', status: statusOf(response) });
      });
      next();
    },
    async expose(_request, response) {
      response.type(registry.contentType).send(await registry.metrics());
    },
  };
}
