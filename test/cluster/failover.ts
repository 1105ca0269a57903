import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import type { DatabaseNode } from './database-node.ts';
import type { Journal } from './journal.ts';
import { say, seconds } from './report.ts';

/** A fault of the leader, and how the node recovers when another one leads. */
interface NodeFault {
  name: string;
  inject(node: DatabaseNode): unknown;
  recover(node: DatabaseNode): unknown;
}

const KILLED: NodeFault = {
  name: 'leader killed (PostgreSQL, Patroni, etcd)',
  inject: (node) => node.kill(),
  recover: (node) => node.start(),
};
const CRASHED: NodeFault = {
  name: 'PostgreSQL of the leader killed',
  inject: (node) => node.killPostgres(),
  recover: () => undefined, // Patroni starts PostgreSQL again
};
const FROZEN: NodeFault = {
  name: 'leader frozen, later thawed',
  inject: (node) => node.freeze(),
  recover: (node) => node.thaw(),
};

export const NODE_FAULTS = [KILLED, KILLED, KILLED, CRASHED, FROZEN];

/** The measurements of a failover; times in milliseconds. */
export interface Failover {
  fault: string;
  from: string;
  to: string;
  /** The longest time from one answered write to the next. */
  withoutWrites: number;
  /** The time until the cluster was healthy again. */
  untilHealthy: number;
  /** How often clients repeated a request. */
  retries: number;
  /** The longest that a request waited for its answer or its 503. */
  slowestAnswer: number;
}

/** The time under load before each fault. */
const PAUSE_BEFORE_FAULT_MS = 4000;

/** How long the cluster may take to answer writes again. */
const WRITE_TIMEOUT_MS = 120_000;

/** Causes a fault of the leader, under load, and waits until the cluster is healthy again. */
export async function failOver(
  fault: NodeFault,
  cluster: Cluster,
  journal: Journal,
): Promise<Failover> {
  const faulty = await cluster.waitUntilHealthy();
  await sleep(PAUSE_BEFORE_FAULT_MS);
  const retries = journal.retries;
  journal.takeSlowest();
  const start = performance.now();
  await fault.inject(faulty);
  say(`  ${faulty.machine.name} is gone`);
  await waitForWrite(journal, start);
  say(`  writes are answered again after ${seconds(journal.longestGap(start))}`);
  await fault.recover(faulty);
  const leader = await cluster.waitUntilHealthy();
  say(`  ${leader.machine.name} leads, all three are healthy`);
  return {
    fault: fault.name,
    from: faulty.machine.name,
    to: leader.machine.name,
    withoutWrites: journal.longestGap(start),
    untilHealthy: performance.now() - start,
    retries: journal.retries - retries,
    slowestAnswer: journal.takeSlowest(),
  };
}

/** Waits for a write that only the next leader can have answered: one that came 1 s after the fault. */
async function waitForWrite(journal: Journal, start: number): Promise<void> {
  for (const end = start + WRITE_TIMEOUT_MS; performance.now() < end; await sleep(100)) {
    if ((journal.writes.at(-1) ?? 0) > start + 1000) return;
  }
  throw new Error(`no write was answered in ${WRITE_TIMEOUT_MS / 1000} seconds`);
}
