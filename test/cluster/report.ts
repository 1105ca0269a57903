import type { Failover } from './failover.ts';
import type { Journal } from './journal.ts';
import type { Verdict } from './promises.ts';

/** One line of progress. */
export function say(text: string): void {
  console.log(`${seconds(performance.now()).padStart(8)}  ${text}`);
}

/** What each failover was like, and all of them together. */
export function figures(failovers: Failover[], journal: Journal): string {
  const rows = failovers.map((failover) => ({
    'what happened': failover.disaster,
    leader: `${failover.from} → ${failover.to}`,
    'without writes': seconds(failover.withoutWrites),
    'all in step after': seconds(failover.untilWhole),
    'slowest answer': seconds(failover.slowestAnswer),
    'sent again': String(failover.retries),
  }));
  return [
    '',
    table(rows),
    '',
    `${journal.writes.length} writes were answered, of ${journal.requests} requests; sent again after a 503: ` +
      `${journal.unavailable}, after no answer: ${journal.unreachable}.`,
  ].join('\n');
}

/** Each promise, and up to five of the cases where it was broken. */
export function verdicts(judged: Verdict[]): string {
  return judged
    .flatMap(({ promise, checked, faults }) => [
      `${faults.length === 0 ? '✓' : '✗'} ${promise} (${checked})`,
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
