import type { RequestHandler } from 'express';
import { Histogram, Registry } from 'prom-client';
import { operationOf } from './contract.ts';
import { statusOf } from './outcome.ts';

/** The step that measures requests. */
export function measure(registry: Registry): RequestHandler {
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from request to answer, by operation of the contract; status 499: the client was gone first',
    labelNames: ['operation', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return (request, response, next) => {
    const stop = duration.startTimer();
    response.once('close', () => {
      stop({ operation: operationOf(request)?.id ?? 'none', status: statusOf(response) });
    });
    next();
  };
}

/** `GET /metrics`. */
export function expose(tell: () => Promise<string>): RequestHandler {
  return async (_request, response) => {
    response.type(Registry.PROMETHEUS_CONTENT_TYPE).send(await tell());
  };
}
