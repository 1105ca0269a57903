import { passwordQueueLimits } from './auth/password.ts';
import type { Config } from './config.ts';
import type { OperationId } from './http/operation.ts';
import { RequestQueue } from './server/request-queue.ts';

/** A bounded queue for each kind of work. */
export interface RequestQueues {
  /** For hashing a password. Handlers enter it, once they know that there is one to hash. */
  passwords: RequestQueue;
  /** For all else, and for all of a request that is not its hash. */
  others: RequestQueue;
}

export function createRequestQueues(
  { maxRequests, workers }: Config,
  onReject?: () => void,
): RequestQueues {
  const maxConcurrent = Math.floor(maxRequests / 8);
  const limits = { maxConcurrent, maxQueued: maxRequests - maxConcurrent };
  return {
    passwords: new RequestQueue(passwordQueueLimits(workers), onReject),
    others: new RequestQueue(limits, onReject),
  };
}

/** What says how the service is, and costs next to nothing. */
const EXEMPT: ReadonlySet<string> = new Set([
  'getHealth',
  'getReadiness',
  'getJwks',
  '/metrics',
] satisfies (OperationId | '/metrics')[]);

/** @returns the queue that admits an operation or a page; `undefined` for what is never rejected */
export function findQueue(
  { others }: RequestQueues,
  target: OperationId | `/${string}`,
): RequestQueue | undefined {
  if (EXEMPT.has(target)) return undefined;
  return others;
}
