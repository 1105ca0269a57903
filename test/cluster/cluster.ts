import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseNode, type Member } from './database-node.ts';
import { haproxyConfiguration } from './haproxy.ts';
import { findPlace, freePorts } from './place.ts';
import type { Programs } from './programs.ts';
import type { Workplace } from './workplace.ts';

/** Three database nodes, and HAProxy in front of whichever leads. */
export interface Cluster {
  /** `DATABASE_URL` of the service. */
  url: string;
  nodes: DatabaseNode[];
  /** The node that leads, by what the others say, too. */
  leader(): Promise<DatabaseNode | undefined>;
  /** Waits until one node leads, the others follow it and one of them does so synchronously. */
  whole(): Promise<DatabaseNode>;
}

/** Starts everything and waits until it is whole. */
export async function startCluster(workplace: Workplace, programs: Programs): Promise<Cluster> {
  const password = () => randomBytes(16).toString('hex');
  const passwords = { superuser: password(), replication: password(), service: password() };
  const places = await Promise.all([1, 2, 3].map(findPlace));
  const nodes = places.map(
    (place) => new DatabaseNode(workplace, programs, { place, places, passwords }),
  );
  await Promise.all(nodes.map((node) => node.start()));

  const [port = 0] = await freePorts('127.0.0.1', 1);
  const folder = workplace.makeFolder('haproxy');
  workplace.writeFile(folder, 'haproxy.cfg', haproxyConfiguration(port, places));
  workplace.start(folder, 'haproxy', programs.haproxy, ['-f', 'haproxy.cfg']);

  const cluster: Cluster = {
    url: `postgres://todos:${passwords.service}@127.0.0.1:${port}/todos`,
    nodes,
    leader: () => leaderOf(nodes),
    whole: () => whole(nodes),
  };
  const leader = await cluster.whole();
  createDatabase(programs, leader, passwords.superuser);
  return cluster;
}

function createDatabase(programs: Programs, { place }: DatabaseNode, password: string): void {
  const server = [`--host=${place.address}`, `--port=${place.postgres}`, '--username=postgres'];
  const args = [...server, '--owner=todos', 'todos'];
  const { status, stderr } = spawnSync(join(programs.postgres, 'createdb'), args, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], PGPASSWORD: password },
  });
  if (status !== 0) throw new Error(`createdb failed: ${stderr}`);
}

/** For so long the cluster may take to become whole, in milliseconds. */
const PATIENCE = 120_000;

async function whole(nodes: DatabaseNode[]): Promise<DatabaseNode> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const leader = await leaderOf(nodes);
    if (leader && (await isFollowed(leader, nodes.length - 1))) return leader;
    if (performance.now() > end) {
      throw new Error(`the cluster is not whole after ${PATIENCE / 1000} seconds`);
    }
    await sleep(250);
  }
}

async function leaderOf(nodes: DatabaseNode[]): Promise<DatabaseNode | undefined> {
  const answers = await Promise.all(nodes.map((node) => node.status()));
  const leading = nodes.filter((_, index) => isPrimary(answers[index]?.role));
  return leading.length === 1 ? leading[0] : undefined;
}

/** `master` up to Patroni 3. */
function isPrimary(role: string | undefined): boolean {
  return role === 'primary' || role === 'master';
}

async function isFollowed(leader: DatabaseNode, followers: number): Promise<boolean> {
  const [status, members = []] = await Promise.all([leader.status(), leader.members()]);
  const streaming = status?.replication?.filter(({ state }) => state === 'streaming') ?? [];
  return streaming.length === followers && members.some(isSynchronous);
}

/** The one that may take over: etcd says that it has every answered write. */
function isSynchronous({ role }: Member): boolean {
  return role === 'sync_standby';
}
