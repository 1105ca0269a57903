// Runs checks one after the other: many depend on the state that the one before has left.
import { type Check, CheckContext, type Group, Skip } from './checks.ts';
import { NoAnswer } from './difference.ts';

export type Result =
  | { check: Check; outcome: 'passed'; milliseconds: number }
  | { check: Check; outcome: 'failed'; milliseconds: number; error: unknown }
  | { check: Check; outcome: 'skipped'; milliseconds: number; reason: string };

/** The run ends after so many requests in a row without an answer. */
const MOST_SILENCES = 3;

export interface RunOptions {
  /** Whether the first failure ends the run. */
  bail?: boolean;
  /** Ends the run; its reason is a sentence. */
  signal?: AbortSignal;
  onGroup?(group: Group): void;
  onResult?(result: Result): void;
}

export interface Run {
  results: Result[];
  /** Why it ended before its last check, if it did. */
  endedBy: string | undefined;
}

export async function runGroups(groups: Group[], options: RunOptions = {}): Promise<Run> {
  const results: Result[] = [];
  let silences = 0;
  const reasonToEnd = () => {
    if (options.signal?.aborted) return String(options.signal.reason);
    if (silences >= MOST_SILENCES) return `${silences} requests in a row had no answer`;
    const isOver = options.bail && results.at(-1)?.outcome === 'failed';
    return isOver ? 'the first failure ends it (--bail)' : undefined;
  };
  for (const group of groups) {
    options.onGroup?.(group);
    const { hookError } = await attempt(group.before);
    for (const check of hookError ? [] : group.checks) {
      const result = await resultOf(check);
      if (options.signal?.aborted) break; // it has failed because it was interrupted
      const isSilent = result.outcome === 'failed' && result.error instanceof NoAnswer;
      silences = isSilent ? silences + 1 : 0;
      results.push(result);
      options.onResult?.(result);
      if (reasonToEnd()) break;
    }
    await attempt(group.after);
    if (hookError) throw hookError;
    const endedBy = reasonToEnd();
    if (endedBy) return { results, endedBy };
  }
  return { results, endedBy: undefined };
}

/** How many checks have each outcome. */
export function count(results: Result[]): Record<Result['outcome'], number> {
  const of = (outcome: Result['outcome']) =>
    results.filter((result) => result.outcome === outcome).length;
  return { passed: of('passed'), failed: of('failed'), skipped: of('skipped') };
}

async function resultOf(check: Check): Promise<Result> {
  const started = performance.now();
  const time = () => ({ check, milliseconds: performance.now() - started });
  try {
    await check.run(new CheckContext());
    return { ...time(), outcome: 'passed' };
  } catch (error) {
    if (!(error instanceof Skip)) return { ...time(), outcome: 'failed', error };
    return { check, outcome: 'skipped', milliseconds: 0, reason: error.message };
  }
}

async function attempt(hooks: Group['before']): Promise<{ hookError?: unknown }> {
  try {
    for (const hook of hooks) await hook();
    return {};
  } catch (hookError) {
    return { hookError };
  }
}
