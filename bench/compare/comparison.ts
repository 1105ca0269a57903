// Runs the contenders of one scenario in turns, so that a noisy machine is noisy for all of them.
import { type ContenderName, commandOf, type Scenario } from './contenders.ts';
import type { Template } from './databases.ts';
import { measureCpu, sendRequests } from './measure.ts';
import { createWorkload, type RequestName, type Workload } from './requests.ts';
import type { Seed } from './rows.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** So many requests until V8 has optimized what they run. */
const WARM_UP_REQUESTS = 2000;
const WARM_UP_REQUESTS_LATER = 500;

export interface Runner {
  name: string;
  server: ServerProcess;
  workload: Workload;
}

export interface RoundOptions {
  requests: readonly RequestName[];
  rounds: number;
  requestsPerRound: number;
  report: (progress: string) => void;
}

export interface ComparisonOptions extends RoundOptions {
  contenders: readonly ContenderName[];
}

/** CPU time per request in microseconds, one value per round. */
export type Costs = Partial<Record<string, number[]>>;
export type CostsByRequest = Partial<Record<RequestName, Costs>>;

export async function compareContenders(
  { engine, logLevel }: Scenario,
  template: Template,
  seed: Seed,
  options: ComparisonOptions,
): Promise<CostsByRequest> {
  await using servers = new AsyncDisposableStack();
  const runners: Runner[] = [];
  for (const name of options.contenders) {
    const command = commandOf(name, await template.copy(), logLevel);
    const server = servers.use(await startServer(command));
    runners.push({ name, server, workload: createWorkload(seed) });
  }
  return await runRounds(runners, {
    ...options,
    report: (progress) => options.report(`${engine}, ${logLevel}: ${progress}`),
  });
}

/** For each request: warms every server up, then measures one after the other in every round. */
export async function runRounds(runners: Runner[], options: RoundOptions): Promise<CostsByRequest> {
  const { requests, rounds, requestsPerRound, report } = options;
  const costs: CostsByRequest = {};
  let warmUp = WARM_UP_REQUESTS;
  for (const request of requests) {
    report(request);
    for (const { server, workload } of runners) {
      await sendRequests(server.port, warmUp, workload[request]);
    }
    warmUp = WARM_UP_REQUESTS_LATER;
    const byName: Record<string, number[]> = Object.fromEntries(
      runners.map(({ name }) => [name, []]),
    );
    for (let round = 0; round < rounds; round += 1) {
      for (const { name, server, workload } of rotated(runners, round)) {
        byName[name]?.push(await measureCpu(server, requestsPerRound, workload[request]));
      }
    }
    costs[request] = byName;
  }
  return costs;
}

/** Nobody comes first in every round. */
function rotated<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
