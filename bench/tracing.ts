// Measures the cost of traces: the CPU time of GET /todos with 20 items, for a service that sends no
// traces, all of them, or a tenth. The rounds alternate, so that other load on the machine affects all.
//
//   npm run bench -- tracing
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpu, median, repeat, send, serve, signIn } from './load.ts';

const ROUNDS = 9;
const REQUESTS = 2000;

/** Accepts every request and discards it. */
const collector = createServer((request, response) => {
  request.resume().on('end', () => response.end());
});
await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
const { port } = collector.address() as AddressInfo; // it listens on a port
const OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${port}`;

async function start(variables: Record<string, string>) {
  const service = await serve('src/cli/todos.mjs start', {
    DATABASE_URL: 'sqlite::memory:',
    ...variables,
  });
  const { headers } = await signIn(service.url);
  await send(`${service.url}/todos`, { method: 'DELETE', headers });
  for (let n = 0; n < 20; n += 1) {
    await send(`${service.url}/todos`, { method: 'POST', headers, body: { title: `Todo ${n}` } });
  }
  const cost = async () => {
    const before = await cpu(service.url);
    await repeat(REQUESTS, 8, async () => {
      const { status } = await send(`${service.url}/todos`, { headers });
      if (status !== 200) throw new Error(`answered with ${status}`);
    });
    return ((await cpu(service.url)) - before) / REQUESTS;
  };
  await cost(); // warm
  return { cost, [Symbol.dispose]: service[Symbol.dispose] };
}

using none = await start({});
using all = await start({ OTEL_EXPORTER_OTLP_ENDPOINT });
using tenth = await start({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER_ARG: '0.1' });
const rounds: { none: number; all: number; tenth: number }[] = [];
for (let n = 0; n < ROUNDS; n += 1) {
  rounds.push({ none: await none.cost(), all: await all.cost(), tenth: await tenth.cost() });
}
collector.closeAllConnections();
collector.close();
console.log(`GET /todos, 20 items, CPU time per request, median of ${ROUNDS}`);
for (const name of ['none', 'tenth', 'all'] as const) {
  const micro = median(rounds.map((round) => round[name])) * 1e6;
  const ratio = median(rounds.map((round) => round[name] / round.none));
  console.log(`  ${name.padEnd(6)} ${micro.toFixed(0)} µs, ${ratio.toFixed(2)} of none`);
}
