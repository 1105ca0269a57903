import type { Failover } from './failover.ts';
import type { Result } from './guarantees.ts';
import type { Journal } from './journal.ts';

/** Prints a line of progress. */
export function say(text: string): void {
  console.log(`${seconds(performance.now()).padStart(8)}  ${text}`);
}

/** A table with the measurements of the failovers, and a summary. */
export function formatFailovers(failovers: Failover[], journal: Journal): string {
  const rows = failovers.map((failover) => ({
    fault: failover.fault,
    leader: `${failover.from} → ${failover.to}`,
    'without writes': seconds(failover.withoutWrites),
    'healthy after': seconds(failover.untilHealthy),
    'slowest answer': seconds(failover.slowestAnswer),
    retries: String(failover.retries),
  }));
  return [
    '',
    table(rows),
    '',
    `${journal.requests} requests, ${journal.writes.length} answered writes; retries after 503: ` +
      `${journal.unavailable}, without an answer: ${journal.unreachable}.`,
  ].join('\n');
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

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function table(rows: Record<string, string>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = [names, ...rows.map((row) => names.map((name) => row[name] ?? ''))];
  const widths = names.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
