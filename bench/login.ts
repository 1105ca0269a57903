// Measures logins: their cost compared with the password hash alone; whether the time of an answer shows
// that a name is unknown; and the effect of a login flood on other requests.
//
//   npm run bench -- login
//   npm run bench -- login --only-connections
import { Agent } from 'node:http';
import { parseArgs } from 'node:util';
import { hash } from '@node-rs/argon2';
import { cpu, median, quantile, repeat, send, serve, signIn } from './load.ts';

const unlimited = '1000000';
using service = await serve('src/cli/todos.mjs start', {
  DATABASE_URL: 'sqlite::memory:',
  LOGIN_FREE_FAILURES: unlimited,
  LOGIN_FREE_FAILURES_PER_ADDRESS: unlimited,
});
const { url } = service;
const { headers } = await signIn(url);
const login = (username: string, password: string) =>
  send(`${url}/auth/login`, { method: 'POST', body: { username, password } });

const { values: flags } = parseArgs({ options: { 'only-connections': { type: 'boolean' } } });

// 1. Right passwords over 32 connections. A connection sends its next login after the last answer. The
// turns alternate with a server that only hashes.
using bare = await serve('bench/bare/hash-server.ts');
const CONNECTIONS = 32;
const TURN_MS = 3_000;
const TURNS = 7;

/** Counts the answers of one turn by status. */
async function logInOverConnections(base: string): Promise<Map<number, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const counts = new Map<number, number>();
  const end = performance.now() + TURN_MS;
  const body = { username: 'testuser', password: 'testpass123' };
  const work = async () => {
    while (performance.now() < end) {
      const { status } = await send(`${base}/auth/login`, { method: 'POST', body, agent });
      if (performance.now() < end) counts.set(status, (counts.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  agent.destroy();
  return counts;
}

const list = (counts: Map<number, number>) =>
  [...counts].map(([status, count]) => `${count} × ${status}`).join(', ');
const ratios: number[] = [];
console.log(`Right passwords over ${CONNECTIONS} connections, turns of ${TURN_MS / 1000} s`);
for (let turn = 0; turn < TURNS; turn += 1) {
  const logins = await logInOverConnections(url);
  const hashes = await logInOverConnections(bare.url);
  ratios.push((logins.get(200) ?? 0) / (hashes.get(200) ?? 0));
  console.log(`  service     ${list(logins)}; hash alone ${list(hashes)}`);
}
console.log(`  ratio       ${median(ratios).toFixed(2)} of the hash alone (median)`);
if (flags['only-connections']) end();

// 2. Logins per core second, compared with hashes per core second.
const rounds: { logins: number; hashes: number }[] = [];
for (let n = 0; n < 5; n += 1) {
  const before = await cpu(url);
  await repeat(100, 2, () => login('testuser', 'testpass123'));
  const logins = 100 / ((await cpu(url)) - before);
  const own = process.cpuUsage();
  for (let i = 0; i < 100; i += 1) {
    await hash('testpass123', { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  }
  const { user, system } = process.cpuUsage(own);
  rounds.push({ logins, hashes: 100 / ((user + system) / 1e6) });
}
console.log('Logins, median of 5 rounds of 100');
console.log(`  service     ${median(rounds.map((r) => r.logins)).toFixed(1)} per core second`);
console.log(`  hash alone  ${median(rounds.map((r) => r.hashes)).toFixed(1)} per core second`);

// 3. Mann–Whitney U test: the probability that the answer to an unknown name takes longer than the answer
// to a wrong password. At 0.5 an attacker learns nothing. The requests are sent in pairs, in random order.
const unknown: number[] = [];
const wrong: number[] = [];
for (let n = 0; n < 400; n += 1) {
  const both = [
    async () => unknown.push((await login(`unknown-${n}`, 'wrong password')).time),
    async () => wrong.push((await login('testuser', 'wrong password')).time),
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
async function todos(): Promise<number[]> {
  const times: number[] = [];
  await repeat(300, 1, async () => {
    times.push((await send(`${url}/todos`, { headers })).time);
  });
  return times;
}
const calm = await todos();
const capacity = median(rounds.map((r) => r.logins));
const statuses = new Map<number, number>();
const floodConnections = new Agent({ keepAlive: true });
const guess = { username: 'testuser', password: 'wrong password' };
const flood = setInterval(
  () => {
    const sent = send(`${url}/auth/login`, {
      method: 'POST',
      body: guess,
      agent: floodConnections,
    });
    void sent.then(({ status }) => statuses.set(status, (statuses.get(status) ?? 0) + 1));
  },
  1000 / (10 * capacity),
);
await new Promise((resolve) => setTimeout(resolve, 1000));
const flooded = await todos();
clearInterval(flood);
const p99 = (times: number[]) => `${quantile(times, 0.99).toFixed(1)} ms`;
console.log('GET /todos, 99th percentile of 300');
console.log(`  calm        ${p99(calm)} (median ${median(calm).toFixed(1)} ms)`);
console.log(`  login flood ${p99(flooded)} (median ${median(flooded).toFixed(1)} ms)`);
console.log(`  its logins  ${list(statuses)}`);
end(); // some logins of the flood may still wait for an answer

/** `process.exit` does not dispose of the servers. */
function end(): never {
  service[Symbol.dispose]();
  bare[Symbol.dispose]();
  process.exit(0);
}
