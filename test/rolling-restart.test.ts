// Two nodes on one database are restarted one after the other, under load, behind something that
// balances it as a load balancer does: it asks /readyz, and repeats nothing.
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { freshDatabase } from './support/database.ts';
import { type ServiceProcess, startProcess } from './support/service-process.ts';

type Node = ServiceProcess;

/** Sends every request to one of the nodes that were ready a moment ago. */
async function startBalancer(nodes: (Node | undefined)[]) {
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
    async close() {
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
    JWT_SECRET: 'a secret of the tests that is long enough',
  };
  await using processes = new AsyncDisposableStack();
  const start = async () => processes.use(await startProcess(variables));
  const nodes: (Node | undefined)[] = [await start(), await start()];
  const balancer = await startBalancer(nodes);
  const isServing = (node: Node) => expect.poll(() => balancer.isReady(node)).toBe(true);
  for (const node of nodes) if (node) await isServing(node);

  const body = JSON.stringify({ username: 'ada', password: 'a password of some length' });
  const headers = { 'Content-Type': 'application/json' };
  const post = (path: string, text: string) =>
    fetch(balancer.url + path, { method: 'POST', headers, body: text });
  await post('/auth/register', body);
  const statuses = new Map<number, number>();
  let isOver = false;
  /** Signs in, then goes on from token to token. */
  const client = async () => {
    let { refresh_token } = await (await post('/auth/login', body)).json();
    while (!isOver) {
      const answer = await post('/auth/refresh', JSON.stringify({ refresh_token }));
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      ({ refresh_token } = await answer.json());
      await sleep(5);
    }
  };
  const load = Promise.all([1, 2, 3].map(client));
  const answered = () => [...statuses.values()].reduce((sum, count) => sum + count, 0);
  const goesOn = () => expect.poll(answered).toBeGreaterThan(answered() + 10);
  for (const [index, node] of nodes.entries()) {
    await goesOn();
    node?.child.kill('SIGTERM');
    expect(node && (await node.exited())).toBe(0);
    const next = await start();
    nodes[index] = next;
    await isServing(next);
  }
  await goesOn();
  isOver = true;
  await load;
  expect([...statuses.keys()]).toEqual([200]);
  await balancer.close();
}, 300_000);
