import type { OperationId } from '../document.ts';
import type { Fault } from './proxy.ts';

/** The checks of any operation may notice the faults under this key. */
export const EVERYWHERE = 'every operation';

/**
 * Faults by the operation whose checks have to notice them, each under its description. They apply to
 * the requests of that operation, or with `everywhere` to all requests.
 */
export type Mutants = Partial<
  Record<
    OperationId | typeof EVERYWHERE | 'what the contract does not have',
    Record<string, Fault | { everywhere: Fault }>
  >
>;
