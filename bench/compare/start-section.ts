import { setTimeout as sleep } from 'node:timers/promises';
import { type ContenderName, createCommand } from './contenders.ts';
import type { Databases, Template } from './databases.ts';
import { sendRequests } from './measure.ts';
import { createWorkload } from './requests.ts';
import { rotate } from './rounds.ts';
import { createSeed, type Seed } from './rows.ts';
import { startServer } from './server-process.ts';

const CONTENDERS: ContenderName[] = ['service', 'fastify-plugins'];
const REST_REQUESTS = 20;
const REST_MS = 500;

/** One value per start. */
export interface StartCosts {
  /** From the start of the process to its first answer to `GET /todos`. */
  cpuMillis: number[];
  /** After some more answers and a short pause. */
  residentMegabytes: number[];
}

export type StartCostsByName = Partial<Record<string, StartCosts>>;

/** Starts the service and Fastify with plugins in turn. */
export async function compareStarts(
  databases: Databases,
  { rounds, report }: { rounds: number; report: (progress: string) => void },
): Promise<StartCostsByName> {
  const seed = await createSeed();
  const template = await databases.createTemplate(seed.rows);
  const costs: StartCostsByName = {};
  report('start and memory');
  for (const name of CONTENDERS) await start(name, template, seed); // fills caches of files and code
  for (let round = 0; round < rounds; round += 1) {
    for (const name of rotate(CONTENDERS, round)) {
      const { cpuMillis, residentMegabytes } = await start(name, template, seed);
      costs[name] ??= { cpuMillis: [], residentMegabytes: [] };
      costs[name].cpuMillis.push(cpuMillis);
      costs[name].residentMegabytes.push(residentMegabytes);
    }
  }
  return costs;
}

async function start(name: ContenderName, template: Template, seed: Seed) {
  await using server = await startServer(createCommand(name, await template.copy(), 'error'));
  const nextRequest = createWorkload(seed)['todos-list'];
  await sendRequests(server.port, 1, nextRequest);
  const { cpuMicros } = await server.readUsage();
  await sendRequests(server.port, REST_REQUESTS, nextRequest);
  await sleep(REST_MS);
  const { residentBytes } = await server.readUsage();
  return { cpuMillis: cpuMicros / 1000, residentMegabytes: residentBytes / 2 ** 20 };
}
