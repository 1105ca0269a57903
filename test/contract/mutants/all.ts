import { type OperationId, operationOf, operations } from '../document.ts';
import { account } from './account.ts';
import { derived } from './derived.ts';
import { http } from './http.ts';
import type { Mutants } from './mutants.ts';
import type { Fault, Sent } from './proxy.ts';
import { sessions } from './sessions.ts';
import { todo } from './todo.ts';
import { todos } from './todos.ts';
import { when } from './words.ts';

/** A service with one fault. */
export interface Mutant {
  /** The operation whose checks have to notice the fault. */
  where: string;
  what: string;
  fault: Fault;
}

export const mutants: Mutant[] = [derived, account, sessions, todos, todo, http].flatMap(mutantsOf);

/** @param table as in Mutants; its operations may be those of another contract */
export function mutantsOf(table: Record<string, Mutants[keyof Mutants]>): Mutant[] {
  return Object.entries(table).flatMap(([where, faults]) =>
    Object.entries(faults ?? {}).map(([what, fault]) => {
      if ('onAllRequests' in fault) return { where, what, fault: fault.onAllRequests };
      return { where, what, fault: isOperation(where) ? when(isOf(where), fault) : fault };
    }),
  );
}

function isOperation(where: string): where is OperationId {
  return operations.some(({ operationId }) => operationId === where);
}

/** Whether a request is one of this operation. */
function isOf(id: OperationId): (sent: Sent) => boolean {
  const { method, path } = operationOf(id);
  const pattern = new RegExp(
    `^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}(\\?|$)`,
  );
  return (sent) => pattern.test(sent.path) && (sent.method === method || sent.method === 'HEAD');
}
