import { CONTENDERS, type ContenderName, type Scenario } from './contenders.ts';
import { median } from './measure.ts';
import { REQUEST_NAMES, REQUEST_TITLES } from './requests.ts';
import type { Costs, CostsByRequest } from './rounds.ts';
import type { StartCosts, StartCostsByName } from './start-section.ts';

/** One line per request: the cost of every contender, then the service's ratios. */
export function formatComparison(
  { engine, logLevel }: Scenario,
  costsByRequest: CostsByRequest,
  contenders: readonly ContenderName[],
): string {
  const compared = contenders.filter(
    (name) => contenders.includes('service') && name !== 'service',
  );
  const head = [
    'µs per request',
    ...contenders.map((name) => CONTENDERS[name].title),
    ...compared.map((name) => `× ${CONTENDERS[name].title}`),
  ];
  const lines = formatLines(costsByRequest, (costs) => [
    ...contenders.map((name) => formatMicros(costs[name])),
    ...compared.map((name) => medianRatio(costs[name], costs['service']).toFixed(2)),
  ]);
  return formatSection(`${engine}, LOG_LEVEL=${logLevel}`, [head, ...lines]);
}

/** One line per request: the cost of each server, then the ratios of the others to the first. */
export function formatGrowth(
  title: string,
  costsByRequest: CostsByRequest,
  [first, ...others]: readonly [string, ...string[]],
): string {
  const lines = formatLines(costsByRequest, (costs) => [
    ...[first, ...others].map((name) => formatMicros(costs[name])),
    ...others.map((name) => medianRatio(costs[name], costs[first]).toFixed(2)),
  ]);
  const ratios = others.map((name) => `${name} / ${first}`);
  return formatSection(title, [['µs per request', first, ...others, ...ratios], ...lines]);
}

export function formatStarts(costs: StartCostsByName): string {
  const [service, peer] = [costs['service'], costs['fastify-plugins']];
  const line = (title: string, measure: keyof StartCosts) => [
    title,
    median(service?.[measure] ?? []).toFixed(0),
    median(peer?.[measure] ?? []).toFixed(0),
    medianRatio(service?.[measure], peer?.[measure]).toFixed(2),
  ];
  return formatSection('Start and memory', [
    ['', CONTENDERS.service.title, CONTENDERS['fastify-plugins'].title, 'ratio'],
    line('CPU to the first answer, ms', 'cpuMillis'),
    line('memory at rest, MiB', 'residentMegabytes'),
  ]);
}

function formatLines(
  costsByRequest: CostsByRequest,
  formatCells: (costs: Costs) => string[],
): string[][] {
  return REQUEST_NAMES.flatMap((name) => {
    const costs = costsByRequest[name];
    return costs ? [[REQUEST_TITLES[name], ...formatCells(costs)]] : [];
  });
}

function formatMicros(costs: number[] | undefined): string {
  return median(costs ?? []).toFixed(0);
}

/** Divides the values of the same round, because only these were measured at the same time. */
function medianRatio(dividends: number[] = [], divisors: number[] = []): number {
  return median(dividends.map((value, round) => value / (divisors[round] ?? Number.NaN)));
}

/** Aligns the first column to the left and the others to the right. */
function formatSection(title: string, rows: readonly string[][]): string {
  const columns = rows[0] ?? [];
  const widths = columns.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
  return `${title}\n${rows.map((row) => `  ${row.map(pad).join('  ')}`).join('\n')}\n`;
}
