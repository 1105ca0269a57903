// The CPU time of GET /todos with 20 items, next to a bare server that answers the same bytes; in
// turns, so that a noisy machine is noisy for both.
//
//   npm run bench:todos
import { cpu, median, repeat, send, serve, signIn } from './load.ts';

const ROUNDS = 9;
const REQUESTS = 2000;

using service = await serve('scripts/start.mjs', { DATABASE_URL: 'sqlite::memory:' });
const { headers } = await signIn(service.url);
await send(`${service.url}/todos`, { method: 'DELETE', headers });
for (let n = 0; n < 20; n += 1) {
  await send(`${service.url}/todos`, { method: 'POST', headers, body: { title: `Todo ${n}` } });
}
const { body } = await send(`${service.url}/todos`, { headers });
using bare = await serve('bench/bare.ts', { BODY: body });

async function cost(url: string): Promise<number> {
  const before = await cpu(url);
  await repeat(REQUESTS, 8, async () => {
    const { status } = await send(url === service.url ? `${url}/todos` : url, { headers });
    if (status !== 200) throw new Error(`answered with ${status}`);
  });
  return ((await cpu(url)) - before) / REQUESTS;
}

await cost(service.url);
await cost(bare.url); // both warm
const rounds: { ours: number; theirs: number }[] = [];
for (let n = 0; n < ROUNDS; n += 1) {
  rounds.push({ ours: await cost(service.url), theirs: await cost(bare.url) });
}
const micro = (seconds: number) => `${(seconds * 1e6).toFixed(0)} µs`;
console.log(`GET /todos, 20 items, ${body.length} bytes, CPU time a request, median of ${ROUNDS}`);
console.log(`  service       ${micro(median(rounds.map(({ ours }) => ours)))}`);
console.log(`  bare node:http ${micro(median(rounds.map(({ theirs }) => theirs)))}`);
console.log(`  ratio          ${median(rounds.map((r) => r.ours / r.theirs)).toFixed(1)}`);
