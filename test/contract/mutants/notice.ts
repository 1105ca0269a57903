// Which check notices a broken service. Each gets a server of its own in front of the real service, in
// this process, so that the modules that read the contract are loaded once.
import { registeredGroups } from '../checks.ts';
import { isOfOperation } from '../run.ts';
import { runGroups } from '../runner.ts';
import { aimAt } from '../target.ts';
import type { Mutant } from './all.ts';
import { ANY_CHECK } from './mutants.ts';
import { startProxy } from './proxy.ts';

/** The result of the suite for a broken service. */
export interface Outcome {
  /** The check that failed; undefined if none did. */
  check: string | undefined;
  /** How many checks passed before. */
  passed: number;
}

/**
 * Runs the checks of the operation where the fault shows, or all, until one fails. The server stays open:
 * users are remembered by its address, which must not be used twice.
 */
export async function outcomeOf({ where, what, fault }: Mutant, url: string): Promise<Outcome> {
  const proxy = await startProxy(url, fault);
  aimAt({ baseUrl: proxy.url, origin: 'http://localhost:3000' });
  const chosen = registeredGroups().filter(({ name }) => isOfOperation(name, where));
  const groups = where === ANY_CHECK ? registeredGroups() : chosen;
  const { results } = await runGroups(groups, { bail: true });
  if (proxy.accidents.length > 0) throw new AggregateError(proxy.accidents, `${where} ${what}`);
  const last = results.at(-1);
  const hasFailed = last?.outcome === 'failed';
  return {
    check: hasFailed ? `${last.check.group}: ${last.check.title}` : undefined,
    passed: results.length - Number(hasFailed),
  };
}
