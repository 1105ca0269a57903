import type { Costs, CostsByRequest } from './comparison.ts';
import { CONTENDER_TITLES, type ContenderName, type Scenario } from './contenders.ts';
import { median } from './measure.ts';
import type { Options } from './options.ts';
import { REQUEST_TITLES } from './requests.ts';

/** The peers whose cost the service's cost is compared with, and the ratio's heading. */
const RATIOS: Partial<Record<ContenderName, string>> = {
  fastify: '× Fastify',
  'fastify-plugins': '× Fastify+plugins',
  bare: 'of the limit',
};

/** One line per request: the cost of every contender, then how the service compares. */
export function formatComparison(
  { engine, logLevel }: Scenario,
  costsByRequest: CostsByRequest,
  { contenders, requests, rounds, requestsPerRound }: Options,
): string {
  const compared = contenders.filter((name) => name in RATIOS && contenders.includes('service'));
  const head = [
    'µs',
    ...contenders.map((name) => CONTENDER_TITLES[name]),
    ...compared.map((name) => RATIOS[name] ?? ''),
  ];
  const lines = requests.map((request) => {
    const costs = costsByRequest[request] ?? {};
    return [
      REQUEST_TITLES[request],
      ...contenders.map((name) => median(costs[name] ?? []).toFixed(0)),
      ...compared.map((name) => median(ratiosTo(name, costs)).toFixed(2)),
    ];
  });
  const measured = `CPU time per request, median of ${rounds} rounds of ${requestsPerRound}`;
  return `${engine}, LOG_LEVEL=${logLevel}: ${measured}\n${formatTable([head, ...lines])}\n`;
}

/** @returns for each round, how many times the cost of the service the cost of a peer is */
export function ratiosTo(peer: string, costs: Costs): number[] {
  const peerCosts = costs[peer] ?? [];
  return (costs['service'] ?? []).map((cost, round) => (peerCosts[round] ?? Number.NaN) / cost);
}

/** Lines up the cells: the first column to the left, the others to the right. */
function formatTable(rows: readonly (readonly string[])[]): string {
  const columns = rows[0] ?? [];
  const widths = columns.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => `  ${row.map(pad).join('  ')}`).join('\n');
}
