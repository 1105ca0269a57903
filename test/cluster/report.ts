import { formatTable } from '../../src/cli/terminal.ts';
import type { Failover } from './failover.ts';
import type { Result } from './guarantees.ts';
import type { Journal } from './journal.ts';

/** Prints a line of progress. */
export function say(text: string): void {
  console.log(`${seconds(performance.now()).padStart(8)}  ${text}`);
}

/** A table with the measurements of the failovers, and a summary. */
export function formatFailovers(failovers: Failover[], journal: Journal): string {
  const table = formatTable(failovers, {
    fault: ({ fault }) => fault,
    leader: ({ from, to }) => `${from} → ${to}`,
    'without writes': ({ withoutWrites }) => seconds(withoutWrites),
    'healthy after': ({ untilHealthy }) => seconds(untilHealthy),
    'slowest answer': ({ slowestAnswer }) => seconds(slowestAnswer),
    retries: ({ retries }) => String(retries),
  });
  const requests = `${journal.requests} requests, ${journal.writes.length} answered writes`;
  const retries = `after 503: ${journal.unavailable}, without an answer: ${journal.unreachable}`;
  return `\n${table}\n\n${requests}; retries ${retries}.`;
}

/** A line for each guarantee, with up to five violations. */
export function formatResults(results: Result[]): string {
  return results
    .flatMap(({ guarantee, checked, faults }) => [
      `${faults.length === 0 ? '✓' : '✗'} ${guarantee} (${checked})`,
      ...faults.slice(0, 5).map((fault) => `    ${fault}`),
      ...(faults.length > 5 ? [`    and ${faults.length - 5} more`] : []),
    ])
    .join('\n');
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
