import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import type { DatabaseNode } from './database-node.ts';
import type { Journal } from './journal.ts';

/** What happens to the node that leads, and what makes it come back when another one leads. */
interface Disaster {
  name: string;
  strike(node: DatabaseNode): Promise<void>;
  mend(node: DatabaseNode): Promise<void>;
}

const KILLED: Disaster = {
  name: 'leader killed (PostgreSQL, Patroni, etcd)',
  strike: (node) => node.kill(),
  mend: (node) => node.start(),
};
const CRASHED: Disaster = {
  name: 'PostgreSQL of the leader killed',
  strike: (node) => node.killPostgres(),
  mend: async () => {}, // which is Patroni's business
};
const FROZEN: Disaster = {
  name: 'leader frozen, later thawed',
  strike: (node) => node.freeze(),
  mend: (node) => node.thaw(),
};

export const DISASTERS = [KILLED, KILLED, KILLED, CRASHED, FROZEN];

/** What a failover was like; times in milliseconds. */
export interface Failover {
  disaster: string;
  from: string;
  to: string;
  /** The longest time from one answered write to the next. */
  withoutWrites: number;
  /** Until all three nodes were in step again. */
  untilWhole: number;
  /** How often clients had to ask again. */
  retries: number;
  /** The longest that a request waited for its answer or its 503. */
  slowestAnswer: number;
}

/** For so long the load goes on before each disaster, undisturbed. */
const CALM = 4000;

/** For so long writes may take to be answered again. */
const PATIENCE = 120_000;

/** Lets a disaster happen to the node that leads, under load, and waits until all is well again. */
export async function failOver(
  disaster: Disaster,
  cluster: Cluster,
  journal: Journal,
  say: (text: string) => void,
): Promise<Failover> {
  const struck = await cluster.whole();
  await sleep(CALM);
  const retries = journal.retries;
  journal.takeSlowest();
  const start = performance.now();
  await disaster.strike(struck);
  say(`${struck.place.name} is gone`);
  await writesAnswered(journal, start);
  say(`writes are answered again after ${(journal.longestGap(start) / 1000).toFixed(1)} s`);
  await disaster.mend(struck);
  const leader = await cluster.whole();
  say(`${leader.place.name} leads, all three are in step`);
  return {
    disaster: disaster.name,
    from: struck.place.name,
    to: leader.place.name,
    withoutWrites: journal.longestGap(start),
    untilWhole: performance.now() - start,
    retries: journal.retries - retries,
    slowestAnswer: journal.takeSlowest(),
  };
}

/** Waits for a write that only the next leader can have taken: those under way are over by then. */
async function writesAnswered(journal: Journal, start: number): Promise<void> {
  for (const end = start + PATIENCE; performance.now() < end; await sleep(100)) {
    if ((journal.writes.at(-1) ?? 0) > start + 1000) return;
  }
  throw new Error(`no write was answered in ${PATIENCE / 1000} seconds`);
}
