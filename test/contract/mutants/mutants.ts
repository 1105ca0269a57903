import type { OperationId } from '../document.ts';
import type { Fault } from './proxy.ts';

/** Faults under this key show in many operations. */
export const EVERYWHERE = 'every operation';

/**
 * Faults by the operation where they show, each under what a user would say of it. They spoil the
 * requests of that operation only, or those of every one.
 */
export type Mutants = Partial<
  Record<
    OperationId | typeof EVERYWHERE | 'what the contract does not have',
    Record<string, Fault | { everywhere: Fault }>
  >
>;
