// Registers checks that come from the document alone.
import { type CheckContext, register } from '../checks.ts';
import type { Operation } from '../document.ts';

/** A check of the operation that is being described. */
export function derive(
  status: number | string,
  what: string,
  run: (context: CheckContext) => Promise<unknown>,
): void {
  register({ title: `${status} ${what}`, isDerived: true, run });
}

/** A check for a status. It is skipped if the operation does not declare the status. */
export function deriveFor(
  operation: Operation,
  candidates: number[],
  what: string,
  run: (statuses: number[], context: CheckContext) => Promise<unknown>,
): void {
  const statuses = declaredAmong(operation, candidates);
  const [first] = statuses;
  derive(first ?? candidates.join(' or '), what, async (context) => {
    if (first === undefined) {
      context.skip(`the operation declares no ${candidates.join(' or ')}`);
    }
    return run(statuses, context);
  });
}

/** Which of these statuses an operation may answer with. */
function declaredAmong({ responses }: Operation, candidates: number[]): number[] {
  const explicit = candidates.filter((status) => responses[status]);
  const isOpen = 'default' in responses || '4XX' in responses;
  return explicit.length === 0 && isOpen ? candidates : explicit;
}
