// Two nodes on one database are restarted one after the other, under load, behind something that
// balances it as a load balancer does: it asks /readyz, and repeats nothing.
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { freshDatabase } from './support/database.ts';
import { refresh } from './support/http.ts';
import { JWT_SECRET } from './support/service.ts';
import { type ServiceProcess, startProcess } from './support/service-process.ts';
import { PASSWORD, signIn, signUp } from './support/users.ts';

type Node = ServiceProcess;

/** Sends every request to one of the nodes that were ready a moment ago. */
async function startBalancer(nodes: Node[]) {
  const agent = new Agent({ keepAlive: false });
  const ready = new Set<Node>();
  let turn = 0;
  const check = async (node: Node) => {
    const answer = await fetch(`${node.url}/readyz`).catch(() => undefined);
    if (answer?.ok) ready.add(node);
    else ready.delete(node);
  };
  let isOver = false;
  /** One check of a place after the other: none that is late speaks of what was before. */
  const watch = async (index: number) => {
    for (; !isOver; await sleep(20)) {
      const node = nodes[index];
      if (node) await check(node);
    }
  };
  const watching = Promise.all([...nodes.keys()].map(watch));
  const server = createServer((incoming, outgoing) => {
    const pick = [...ready][turn++ % ready.size];
    const { method, url, headers } = incoming;
    const onward = request(`${pick?.url}${url}`, { method, headers, agent });
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.writeHead(502).end());
    incoming.pipe(onward);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on a port
    isReady: (node: Node) => ready.has(node),
    async [Symbol.asyncDispose]() {
      isOver = true;
      await watching;
      server.closeAllConnections();
      server.close();
    },
  };
}

test('a rolling restart of two nodes under load: every request succeeds', async () => {
  await using database = await freshDatabase();
  const variables = {
    DATABASE_URL: database.url,
    DRAIN_SECONDS: '5', // many times what the balancer takes to notice
    JWT_SECRET,
  };
  await using processes = new AsyncDisposableStack();
  const start = async () => processes.use(await startProcess(variables));
  const nodes = [await start(), await start()];
  await using balancer = await startBalancer(nodes);
  const isServing = (node: Node) => expect.poll(() => balancer.isReady(node)).toBe(true);
  for (const node of nodes) await isServing(node);

  await signUp(balancer, 'ada');
  const statuses = new Map<number, number>();
  let isOver = false;
  /** Signs in, then goes on from token to token. */
  const client = async () => {
    let { refresh_token } = await signIn(balancer, { username: 'ada', password: PASSWORD });
    while (!isOver) {
      const answer = await refresh(balancer.url, refresh_token);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      ({ refresh_token } = JSON.parse(answer.text));
      await sleep(5);
    }
  };
  const load = Promise.all([1, 2, 3].map(client));
  const answered = () => [...statuses.values()].reduce((sum, count) => sum + count, 0);
  const goesOn = () => expect.poll(answered).toBeGreaterThan(answered() + 10);
  for (const [index, node] of nodes.entries()) {
    await goesOn();
    node.child.kill('SIGTERM');
    expect(await node.exited()).toBe(0);
    const next = await start();
    nodes[index] = next;
    await isServing(next);
  }
  await goesOn();
  isOver = true;
  await load;
  expect([...statuses.keys()]).toEqual([200]);
}, 300_000);
