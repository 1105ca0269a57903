// The checks of a run: those that the files of the suite register, and those from the document.
import type { OperationId } from './document.ts';

export interface Check {
  /** The name of an operation, or of another subject. */
  group: string;
  title: string;
  /** Whether it comes from the document alone. */
  isDerived: boolean;
  run(context: CheckContext): Promise<unknown>;
}

type Hook = () => unknown;

export interface Group {
  name: string;
  before: Hook[];
  after: Hook[];
  checks: Check[];
}

/** Ends a check that is not possible here. */
export class Skip extends Error {}

export class CheckContext {
  skip(reason: string): never {
    throw new Skip(reason);
  }
}

const groups = new Map<string, Group>();
let current: Group | undefined;

/** The groups so far, in the order of their registration. */
export function registeredGroups(): Group[] {
  return [...groups.values()];
}

/** Checks that belong together. */
export function describe(name: string, register: () => void): void {
  const outer = current;
  current = groups.get(name) ?? { name, before: [], after: [], checks: [] };
  groups.set(name, current);
  register();
  current = outer;
}

/** The checks of an operation that no schema can state. Others come from the document. */
export function operation(id: OperationId, register: () => void): void {
  describe(id, register);
}

/** A check of the group that is being described. */
export function check(
  status: number | string,
  what: string,
  run: (context: CheckContext) => Promise<unknown>,
): void {
  register({ title: `${status} ${what}`, isDerived: false, run });
}

export function register(one: Omit<Check, 'group'>): void {
  open().checks.push({ ...one, group: open().name });
}

/** Runs before the first check of the group that is being described. */
export function before(hook: Hook): void {
  open().before.push(hook);
}

/** Runs after the last check of the group that is being described. */
export function after(hook: Hook): void {
  open().after.push(hook);
}

function open(): Group {
  if (!current) throw new Error('check() was called outside of describe()');
  return current;
}
