import { passwordQueueLimits } from './auth/password.ts';
import type { Config } from './config.ts';
import type { OperationId } from './http/operation.ts';
import { RequestQueue } from './server/request-queue.ts';

/** Where requests wait for their turn. Those that hash a password hold up nobody else. */
export interface Queues {
  passwords: RequestQueue;
  others: RequestQueue;
}

export function createQueues({ maxRequests, workers }: Config, onReject?: () => void): Queues {
  const maxConcurrent = Math.floor(maxRequests / 8);
  const limits = { maxConcurrent, maxQueued: maxRequests - maxConcurrent };
  return {
    passwords: new RequestQueue(passwordQueueLimits(workers), onReject),
    others: new RequestQueue(limits, onReject),
  };
}

const HASHING: ReadonlySet<string> = new Set([
  'register',
  'login',
  'changePassword',
  'deleteCurrentUser',
] satisfies OperationId[]);

/** What says how the service is, and costs next to nothing. */
const EXEMPT: ReadonlySet<string> = new Set([
  'getHealth',
  'getReadiness',
  'getJwks',
  '/metrics',
] satisfies (OperationId | '/metrics')[]);

/** @returns the queue of an operation or of a page; `undefined` for what is never rejected */
export function queueOf(
  { passwords, others }: Queues,
  target: OperationId | `/${string}`,
): RequestQueue | undefined {
  if (EXEMPT.has(target)) return undefined;
  return HASHING.has(target) ? passwords : others;
}
