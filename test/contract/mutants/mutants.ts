import type { OperationId } from '../document.ts';
import type { Fault } from './proxy.ts';

/**
 * Faults by the operation where they show, each under what a user would say of it. They spoil the
 * requests of that operation only, or those of every one.
 */
export type Mutants = Partial<
  Record<OperationId | 'every operation', Record<string, Fault | { everywhere: Fault }>>
>;
