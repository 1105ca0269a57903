// Measures overload on both engines, at the service's capacity and at ten times that: successful answers
// per second, the share of rejected requests, the times of both, memory, and the time to recover.
//
//   npm run bench -- overload
import { setTimeout as sleep } from 'node:timers/promises';
import { createCommand } from './compare/contenders.ts';
import { ENGINES, type Engine, openDatabases } from './compare/databases.ts';
import { Connection } from './compare/http-client.ts';
import { quantile } from './compare/measure.ts';
import { createWorkload } from './compare/requests.ts';
import { createSeed } from './compare/rows.ts';
import { startServer } from './compare/server-process.ts';

const SECONDS = 8;
const WARM_UP_SECONDS = 2;
/** The clients that find out the capacity. */
const CLIENTS = 16;
/** More than the service admits at the same time. */
const CONNECTIONS = 800;

/** The times of the answers to some requests, in milliseconds. */
class Tally {
  readonly succeeded: number[] = [];
  readonly rejected: number[] = [];
  other = 0;
  sent = 0;

  /** Sends a request. @throws Error if the server closes the connection */
  async ask(connection: Connection, bytes: string): Promise<void> {
    const start = performance.now();
    this.sent += 1;
    const { status } = await connection.send(bytes);
    const time = performance.now() - start;
    if (status === 200) this.succeeded.push(time);
    else if (status === 503) this.rejected.push(time);
    else this.other += 1;
  }
}

/** Sends requests at a fixed rate and does not wait for answers. Without a free connection it sends none. */
async function load(port: number, bytes: string, perSecond: number) {
  const tally = new Tally();
  const all: Connection[] = [];
  while (all.length < CONNECTIONS) all.push(await Connection.open(port)); // all at once take seconds
  const free = [...all];
  let missed = 0;
  const start = performance.now();
  let due = 0;
  for (let now = 0; now < SECONDS * 1000; now = performance.now() - start) {
    for (; due < (now / 1000) * perSecond; due += 1) {
      let connection = free.pop();
      while (connection && !connection.isOpen) connection = free.pop();
      if (!connection) missed += 1;
      else
        tally.ask(connection, bytes).then(
          () => free.push(connection),
          () => undefined,
        );
    }
    await sleep(1);
  }
  for (const connection of all) connection.close();
  return { tally, missed };
}

/** The maximum rate of answers: each client sends its next request after the last answer. */
async function capacity(port: number, bytes: string): Promise<number> {
  let tally = new Tally();
  let isRunning = true;
  const work = async () => {
    const connection = await Connection.open(port);
    while (isRunning) await tally.ask(connection, bytes);
    connection.close();
  };
  const clients = Array.from({ length: CLIENTS }, work);
  await sleep(WARM_UP_SECONDS * 1000);
  tally = new Tally();
  await sleep(SECONDS * 1000);
  isRunning = false;
  await Promise.all(clients);
  return tally.succeeded.length / SECONDS;
}

/** The median and the 99th percentile. */
function formatTimes(values: number[]): string {
  const [p50, p99] = [0.5, 0.99].map((q) => `${quantile(values, q).toFixed(1)} ms`);
  return `median ${p50}, p99 ${p99}`;
}

async function measure(engine: Engine): Promise<void> {
  await using databases = await openDatabases(engine);
  const seed = await createSeed();
  const template = await databases.createTemplate(seed.rows);
  await using server = await startServer(createCommand('service', await template.copy(), 'error'));
  const { port } = server;
  const { bytes } = createWorkload(seed)['todos-list']();
  const memory = async () => ((await server.readUsage()).residentBytes / 2 ** 20).toFixed(0);
  const atRest = await memory();
  const most = await capacity(port, bytes);
  console.log(`${engine}: GET /todos, ${most.toFixed(0)} per second for ${CLIENTS} clients`);
  console.log(`  memory     ${atRest} MiB before, ${await memory()} MiB after`);
  for (const times of [1, 10]) {
    const resident: string[] = [];
    const health: number[] = [];
    const watch = setInterval(async () => {
      const start = performance.now();
      const { ok } = await fetch(`http://127.0.0.1:${port}/healthz`);
      if (ok) health.push(performance.now() - start);
      resident.push(await memory());
    }, 500);
    const { tally, missed } = await load(port, bytes, times * most);
    const { succeeded, rejected, other, sent } = tally;
    clearInterval(watch);
    const recovery = await measureRecovery(port, bytes);
    const rate = (succeeded.length / SECONDS).toFixed(0);
    const open = sent - succeeded.length - rejected.length - other;
    const percent = ((100 * rejected.length) / sent).toFixed(0);
    const rejections = rejected.length > 0 ? `; ${formatTimes(rejected)}` : '';
    console.log(`  ${times} × that, ${sent} sent in ${SECONDS} s (${missed} had no free connection)
    200        ${rate} per second; ${formatTimes(succeeded)}
    503        ${percent} %${rejections}
    other      ${other}
    open       ${open} when the load ended, on ${CONNECTIONS} connections
    memory     ${resident.join(' ')} MiB
    /healthz   ${health.length} answers; ${formatTimes(health)}
    recovered  ${recovery.toFixed(0)} ms after the last request`);
  }
}

/** @returns the time until an answer is fast again, in milliseconds */
async function measureRecovery(port: number, bytes: string): Promise<number> {
  const start = performance.now();
  for (let tries = 0; tries < 1000; tries += 1) {
    const connection = await Connection.open(port);
    const tally = new Tally();
    await tally.ask(connection, bytes);
    connection.close();
    const [time = Number.NaN] = tally.succeeded;
    if (time < 50) return performance.now() - start;
  }
  return Number.NaN;
}

for (const engine of ENGINES) await measure(engine);
process.exit(0);
