import type { OperationId } from '../document.ts';
import type { Fault } from './proxy.ts';

/** The checks of any operation may notice the faults under this key. */
export const ANY_CHECK = 'every operation';

/**
 * Faults by the operation whose checks have to notice them, each under its description. They apply to
 * the requests of that operation, or with `onAllRequests` to all requests.
 */
export type Mutants = Partial<
  Record<
    OperationId | typeof ANY_CHECK | 'what the contract does not have',
    Record<string, Fault | { onAllRequests: Fault }>
  >
>;
