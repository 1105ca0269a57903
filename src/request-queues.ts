import { passwordQueueLimits } from './auth/password.ts';
import type { Config } from './config.ts';
import type { OperationId } from './http/operation.ts';
import { RequestQueue } from './server/request-queue.ts';

/** A bounded queue for each kind of work. */
export type RequestQueues = ReturnType<typeof createRequestQueues>;

export function createRequestQueues({ maxRequests, workers }: Config, onReject?: () => void) {
  const maxConcurrent = Math.floor(maxRequests / 8);
  const limits = { maxConcurrent, maxQueued: maxRequests - maxConcurrent };
  return {
    /** For hashing a password. A handler enters it when there is a password to hash. */
    passwords: new RequestQueue(passwordQueueLimits(workers), onReject),
    /** For everything else. */
    others: new RequestQueue(limits, onReject),
  };
}

/** They report on the service, also while it is overloaded, and cost next to nothing. */
const EXEMPT_TARGETS: ReadonlySet<string> = new Set([
  'getHealth',
  'getReadiness',
  'getJwks',
  '/metrics',
] satisfies (OperationId | '/metrics')[]);

/**
 * @param target the id of an operation, or the path of a page
 * @returns the queue that admits it; `undefined` for a target that is never rejected
 */
export function findQueue({ others }: RequestQueues, target: string): RequestQueue | undefined {
  return EXEMPT_TARGETS.has(target) ? undefined : others;
}
