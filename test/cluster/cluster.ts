import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../support/free-ports.ts';
import { createDatabaseNode, type DatabaseNode } from './database-node.ts';
import { haproxyConfiguration } from './haproxy.ts';
import { allocateMachine } from './machine.ts';
import type { Programs } from './programs.ts';
import type { Sandbox } from './sandbox.ts';

/** Three database nodes, and HAProxy, which connects to the leader. */
export interface Cluster {
  /** `DATABASE_URL` of the service. */
  url: string;
  /** Waits until one node leads, both others replicate from it, and one of them synchronously. */
  waitUntilHealthy(): Promise<DatabaseNode>;
}

/** Starts all programs and waits until the cluster is healthy. */
export async function startCluster(sandbox: Sandbox, programs: Programs): Promise<Cluster> {
  const password = () => randomBytes(16).toString('hex');
  const passwords = { superuser: password(), replication: password(), service: password() };
  const machines = await Promise.all([1, 2, 3].map(allocateMachine));
  const nodes = machines.map((machine) =>
    createDatabaseNode(sandbox, programs, { machine, machines, passwords }),
  );
  for (const node of nodes) node.start();

  const [port = 0] = await freePorts(1);
  const folder = sandbox.makeFolder('haproxy');
  sandbox.writeFile(folder, 'haproxy.cfg', haproxyConfiguration(port, machines));
  sandbox.start(folder, 'haproxy', programs.haproxy, ['-f', 'haproxy.cfg']);

  const cluster: Cluster = {
    url: `postgres://todos:${passwords.service}@127.0.0.1:${port}/todos`,
    waitUntilHealthy: () => waitUntilHealthy(nodes),
  };
  const leader = await cluster.waitUntilHealthy();
  createDatabase(programs, leader, passwords.superuser);
  return cluster;
}

function createDatabase(programs: Programs, { machine }: DatabaseNode, password: string): void {
  const server = [`--host=${machine.address}`, `--port=${machine.postgres}`, '--username=postgres'];
  const env = { PATH: process.env['PATH'], PGPASSWORD: password };
  const createdb = join(programs.postgres, 'createdb');
  execFileSync(createdb, [...server, '--owner=todos', 'todos'], { env, stdio: 'pipe' });
}

/** How long the cluster may take to become healthy. */
const HEALTHY_TIMEOUT_MS = 120_000;

async function waitUntilHealthy(nodes: DatabaseNode[]): Promise<DatabaseNode> {
  const end = performance.now() + HEALTHY_TIMEOUT_MS;
  for (;;) {
    const leader = await findLeader(nodes);
    if (leader && (await isFollowed(leader, nodes.length - 1))) return leader;
    if (performance.now() > end) {
      throw new Error(`the cluster is not healthy after ${HEALTHY_TIMEOUT_MS / 1000} seconds`);
    }
    await sleep(250);
  }
}

/** @returns undefined if no node or more than one says that it leads */
async function findLeader(nodes: DatabaseNode[]): Promise<DatabaseNode | undefined> {
  const answers = await Promise.all(nodes.map((node) => node.status()));
  const roles = ['primary', 'master']; // the second up to Patroni 3
  const leading = nodes.filter((_, index) => roles.includes(answers[index]?.role ?? ''));
  return leading.length === 1 ? leading[0] : undefined;
}

async function isFollowed(leader: DatabaseNode, followers: number): Promise<boolean> {
  const [status, members = []] = await Promise.all([leader.status(), leader.members()]);
  const streaming = status?.replication?.filter(({ state }) => state === 'streaming') ?? [];
  // The synchronous standby may take over: it has every confirmed write.
  return streaming.length === followers && members.some(({ role }) => role === 'sync_standby');
}
