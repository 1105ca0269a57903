// Measures overload on both engines, at the service's capacity and at ten times that: successful answers
// per second, the share of rejected requests, the times of both, memory, and the time to recover.
//
//   npm run bench -- overload
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { startPostgres } from '../test/postgres/server.ts';
import { quantile, send, serve, signIn } from './load.ts';

const SECONDS = 8;
/** More than the service admits at the same time. */
const CONNECTIONS = 800;

interface Tally {
  succeeded: number[];
  rejected: number[];
  other: number;
  sent: number;
}

/** A connection with one request at a time. Its code is minimal, because it shares the machine's CPU. */
class Connection {
  #socket: Socket;
  #started = 0;
  #tally: Tally | undefined;
  #received = '';
  #free: (connection: Connection) => void;

  constructor(url: string, free: (connection: Connection) => void) {
    this.#free = free;
    this.#socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', noDelay: true });
    this.#socket.setEncoding('latin1').on('data', (text: string) => this.#read(text));
    this.#socket.on('error', () => undefined).on('close', () => this.#socket.destroy());
  }

  /** Resolves once it is accepted. Opening all connections at once would take seconds. */
  async opened(): Promise<void> {
    if (this.#socket.connecting) await once(this.#socket, 'connect');
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  ask(bytes: string, tally: Tally): void {
    this.#tally = tally;
    this.#started = performance.now();
    tally.sent += 1;
    this.#socket.write(bytes);
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(text: string): void {
    this.#received += text;
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(this.#received.slice(0, end))?.[1] ?? 0);
    if (this.#received.length < end + 4 + length) return;
    const status = this.#received.slice(9, 12);
    this.#received = '';
    const time = performance.now() - this.#started;
    if (status === '200') this.#tally?.succeeded.push(time);
    else if (status === '503') this.#tally?.rejected.push(time);
    else if (this.#tally) this.#tally.other += 1;
    this.#free(this);
  }
}

/** Sends requests at a fixed rate and does not wait for answers. Without a free connection it sends none. */
async function load(url: string, bytes: string, perSecond: number, seconds: number) {
  const tally: Tally = { succeeded: [], rejected: [], other: 0, sent: 0 };
  const free: Connection[] = [];
  const all: Connection[] = [];
  while (all.length < CONNECTIONS) {
    const connection = new Connection(url, (one) => free.push(one));
    await connection.opened();
    all.push(connection);
    free.push(connection);
  }
  let missed = 0;
  const start = performance.now();
  let due = 0;
  while (performance.now() - start < seconds * 1000) {
    const now = performance.now() - start;
    for (; due < (now / 1000) * perSecond; due += 1) {
      let connection = free.pop();
      while (connection && !connection.isOpen) connection = free.pop();
      if (connection) connection.ask(bytes, tally);
      else missed += 1;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  for (const connection of all) connection.close();
  return { ...tally, missed };
}

/** The maximum rate of answers: each client sends its next request after the last answer. */
async function capacity(url: string, bytes: string, clients = 16): Promise<number> {
  const tally: Tally = { succeeded: [], rejected: [], other: 0, sent: 0 };
  const all = Array.from(
    { length: clients },
    () => new Connection(url, (one) => one.ask(bytes, tally)),
  );
  for (const connection of all) connection.ask(bytes, tally);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  tally.succeeded.length = 0;
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  for (const connection of all) connection.close();
  return tally.succeeded.length / SECONDS;
}

function memory(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

/** The median and the 99th percentile. */
function formatTimes(values: number[]): string {
  const [p50, p99] = [0.5, 0.99].map((q) => `${quantile(values, q).toFixed(1)} ms`);
  return `median ${p50}, p99 ${p99}`;
}

async function measure(engine: string, variables: Record<string, string>): Promise<void> {
  using service = await serve('src/cli/todos.mjs start', variables);
  const { url, pid } = service;
  const username = 'overload';
  const password = 'correct horse battery staple';
  await send(`${url}/auth/register`, { method: 'POST', body: { username, password } });
  const { headers } = await signIn(url, username, password);
  for (let n = 0; n < 20; n += 1) {
    await send(`${url}/todos`, { method: 'POST', headers, body: { title: `Todo ${n}` } });
  }
  const authorization = `Authorization: ${headers.Authorization}`;
  const bytes = `GET /todos HTTP/1.1\r\nHost: localhost\r\n${authorization}\r\n\r\n`;
  const atRest = memory(pid);
  const most = await capacity(url, bytes);
  console.log(`${engine}: GET /todos, ${most.toFixed(0)} per second for 16 clients`);
  console.log(`  memory     ${atRest.toFixed(0)} MB before, ${memory(pid).toFixed(0)} MB after`);
  for (const times of [1, 10]) {
    const resident: number[] = [];
    const health: number[] = [];
    const watch = setInterval(async () => {
      resident.push(memory(pid));
      const start = performance.now();
      const { status } = await send(`${url}/healthz`);
      if (status === 200) health.push(performance.now() - start);
    }, 500);
    const { succeeded, rejected, other, sent, missed } = await load(
      url,
      bytes,
      times * most,
      SECONDS,
    );
    clearInterval(watch);
    const ended = performance.now();
    let recovery = Number.NaN;
    for (let tries = 0; tries < 1000 && Number.isNaN(recovery); tries += 1) {
      const { status, time } = await send(`${url}/todos`, { headers });
      if (status === 200 && time < 50) recovery = performance.now() - ended;
    }
    const rate = (succeeded.length / SECONDS).toFixed(0);
    const open = sent - succeeded.length - rejected.length - other;
    const percent = ((100 * rejected.length) / sent).toFixed(0);
    console.log(
      `  ${times} × that, ${sent} sent in ${SECONDS} s (${missed} had no free connection)`,
    );
    console.log(`    200        ${rate} per second; ${formatTimes(succeeded)}`);
    console.log(
      `    503        ${percent} %${rejected.length > 0 ? `; ${formatTimes(rejected)}` : ''}`,
    );
    console.log(`    other      ${other}`);
    console.log(`    open       ${open} when the load ended, on ${CONNECTIONS} connections`);
    console.log(`    memory     ${resident.map((size) => size.toFixed(0)).join(' ')} MB`);
    console.log(`    /healthz   ${health.length} answers; ${formatTimes(health)}`);
    console.log(`    recovered  ${recovery.toFixed(0)} ms after the last request`);
  }
}

await measure('SQLite', { DATABASE_URL: 'sqlite::memory:' });
const postgres = await startPostgres();
try {
  const variables = { DATABASE_URL: postgres.url, JWT_SECRET: 'a secret of the measurements only' };
  await measure('PostgreSQL', variables);
} finally {
  await postgres.stop();
}
process.exit(0);
