// Measures logins: their cost compared with the password hash alone; whether the time of an answer shows
// that a name is unknown; and the effect of a login flood on other requests.
//
//   npm run bench -- login
//   npm run bench -- login --only-connections
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { hash } from '@node-rs/argon2';
import { ROOT } from '../scripts/tools.ts';
import { createClient } from '../src/client/index.ts';
import { DEMO_CREDENTIALS } from '../src/demo-user.ts';
import { createCommand } from './compare/contenders.ts';
import { median, quantile } from './compare/measure.ts';
import { type ServerProcess, startServer } from './compare/server-process.ts';

const UNLIMITED = '1000000';
const command = createCommand('service', 'sqlite::memory:', 'error');
const service = await startServer({
  ...command,
  env: {
    ...command.env,
    LOGIN_FREE_FAILURES: UNLIMITED,
    LOGIN_FREE_FAILURES_PER_ADDRESS: UNLIMITED,
  },
});
const { values: flags } = parseArgs({ options: { 'only-connections': { type: 'boolean' } } });

type Credentials = typeof DEMO_CREDENTIALS;

/** @returns the status, and the time in milliseconds */
async function logIn({ port }: ServerProcess, credentials: Credentials) {
  const start = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}/auth/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(credentials),
  });
  await response.arrayBuffer();
  return { status: response.status, time: performance.now() - start };
}

/** The number of answers by status. */
class Statuses extends Map<number, number> {
  count(status: number): void {
    this.set(status, (this.get(status) ?? 0) + 1);
  }

  override toString(): string {
    return [...this].map(([status, count]) => `${count} × ${status}`).join(', ');
  }
}

// 1. Right passwords over 32 connections. A connection sends its next login after the last answer. The
// turns alternate with a server that only hashes.
const bare = await startServer({
  script: join(ROOT, 'bench/bare/hash-server.ts'),
  args: [],
  env: {},
});
const CONNECTIONS = 32;
const TURN_MS = 3_000;
const TURNS = 7;

async function logInOverConnections(server: ServerProcess): Promise<Statuses> {
  const statuses = new Statuses();
  const end = performance.now() + TURN_MS;
  const work = async () => {
    while (performance.now() < end) {
      const { status } = await logIn(server, DEMO_CREDENTIALS);
      if (performance.now() < end) statuses.count(status);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  return statuses;
}

const ratios: number[] = [];
console.log(`Right passwords over ${CONNECTIONS} connections, turns of ${TURN_MS / 1000} s`);
for (let turn = 0; turn < TURNS; turn += 1) {
  const logins = await logInOverConnections(service);
  const hashes = await logInOverConnections(bare);
  ratios.push((logins.get(200) ?? 0) / (hashes.get(200) ?? 0));
  console.log(`  service     ${logins}; hash alone ${hashes}`);
}
console.log(`  ratio       ${median(ratios).toFixed(2)} of the hash alone (median)`);
if (flags['only-connections']) process.exit();

// 2. Logins per core second, compared with hashes per core second.
const rounds: { logins: number; hashes: number }[] = [];
for (let n = 0; n < 5; n += 1) {
  const before = await service.readUsage();
  for (let i = 0; i < 50; i += 1) {
    await Promise.all([logIn(service, DEMO_CREDENTIALS), logIn(service, DEMO_CREDENTIALS)]);
  }
  const logins = 100e6 / ((await service.readUsage()).cpuMicros - before.cpuMicros);
  const own = process.cpuUsage();
  for (let i = 0; i < 100; i += 1) {
    await hash('testpass123', { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  }
  const { user, system } = process.cpuUsage(own);
  rounds.push({ logins, hashes: 100e6 / (user + system) });
}
const loginsPerSecond = median(rounds.map(({ logins }) => logins));
console.log('Logins, median of 5 rounds of 100');
console.log(`  service     ${loginsPerSecond.toFixed(1)} per core second`);
console.log(`  hash alone  ${median(rounds.map((r) => r.hashes)).toFixed(1)} per core second`);

// 3. Mann–Whitney U test: the probability that the answer to an unknown name takes longer than the answer
// to a wrong password. At 0.5 an attacker learns nothing. The requests are sent in pairs, in random order.
const guess = { ...DEMO_CREDENTIALS, password: 'wrong password' };
const unknown: number[] = [];
const wrong: number[] = [];
for (let n = 0; n < 400; n += 1) {
  const both = [
    async () => unknown.push((await logIn(service, { ...guess, username: `unknown-${n}` })).time),
    async () => wrong.push((await logIn(service, guess)).time),
  ];
  if (Math.random() < 0.5) both.reverse();
  for (const one of both) await one();
}
let greater = 0;
for (const a of unknown) for (const b of wrong) greater += a > b ? 1 : a === b ? 0.5 : 0;
const samples = unknown.length;
const chance = greater / samples ** 2;
const z = (chance - 0.5) / Math.sqrt((2 * samples + 1) / (12 * samples ** 2));
console.log(`Unknown name or wrong password, ${samples} pairs`);
console.log(`  median      ${median(unknown).toFixed(2)} ms and ${median(wrong).toFixed(2)} ms`);
console.log(`  rank test   P(unknown slower) = ${chance.toFixed(3)}, z = ${z.toFixed(2)}`);

// 4. GET /todos while ten times the maximum rate of logins arrives.
const client = createClient({ baseUrl: `http://127.0.0.1:${service.port}` });
await client.login(DEMO_CREDENTIALS.username, DEMO_CREDENTIALS.password);
async function listTodos(): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < 300; n += 1) {
    const start = performance.now();
    await client.GET('/todos');
    times.push(performance.now() - start);
  }
  return times;
}
const calm = await listTodos();
const statuses = new Statuses();
const flood = setInterval(
  () => void logIn(service, guess).then(({ status }) => statuses.count(status)),
  1000 / (10 * loginsPerSecond),
);
await sleep(1000);
const flooded = await listTodos();
clearInterval(flood);
const p99 = (times: number[]) => `${quantile(times, 0.99).toFixed(1)} ms`;
console.log('GET /todos, 99th percentile of 300');
console.log(`  calm        ${p99(calm)} (median ${median(calm).toFixed(1)} ms)`);
console.log(`  login flood ${p99(flooded)} (median ${median(flooded).toFixed(1)} ms)`);
console.log(`  its logins  ${statuses}`);
process.exit(); // some logins of the flood may still wait for an answer; both servers end too
