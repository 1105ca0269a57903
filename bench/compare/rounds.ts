import { measureCpu, sendRequests } from './measure.ts';
import { createWorkload, type RequestName, type Workload } from './requests.ts';
import type { Seed } from './rows.ts';
import { assertSameAnswers } from './same-answers.ts';
import { type ServerCommand, type ServerProcess, startServer } from './server-process.ts';

/** After this many requests V8 has optimized the server's code. */
const FIRST_WARM_UP_REQUESTS = 2000;
const NEXT_WARM_UP_REQUESTS = 300;

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

/** CPU time per request in microseconds, one value per round, by the name of the runner. */
export type Costs = Partial<Record<string, number[]>>;
export type CostsByRequest = Partial<Record<RequestName, Costs>>;

/** Starts the servers, each on its own copy of the rows, and measures them. */
export async function compareServers(
  commands: Record<string, ServerCommand>,
  seed: Seed,
  options: RoundOptions,
): Promise<CostsByRequest> {
  await using servers = new AsyncDisposableStack();
  const runners: Runner[] = [];
  for (const [name, command] of Object.entries(commands)) {
    const server = servers.use(await startServer(command));
    runners.push({ name, server, workload: createWorkload(seed) });
  }
  await assertSameAnswers(runners);
  return await runRounds(runners, options);
}

/**
 * For each request, warms up every server and then measures the servers in turn, so that other load on
 * the machine affects all of them.
 */
async function runRounds(runners: Runner[], options: RoundOptions): Promise<CostsByRequest> {
  const { requests, rounds, requestsPerRound, report } = options;
  const costsByRequest: CostsByRequest = {};
  let warmUpRequests = FIRST_WARM_UP_REQUESTS;
  for (const request of requests) {
    report(request);
    for (const { server, workload } of runners) {
      await sendRequests(server.port, warmUpRequests, workload[request]);
    }
    warmUpRequests = NEXT_WARM_UP_REQUESTS;
    const costs: Record<string, number[]> = {};
    for (let round = 0; round < rounds; round += 1) {
      for (const { name, server, workload } of rotate(runners, round)) {
        costs[name] ??= [];
        costs[name].push(await measureCpu(server, requestsPerRound, workload[request]));
      }
    }
    costsByRequest[request] = costs;
  }
  return costsByRequest;
}

/** Moves the first items to the end, so that every round starts with another one. */
export function rotate<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
