// Refreshes by CPU time, next to the bare database transaction that each of them has to make, on
// the same kind of file.
//
//   npm run bench:refresh
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { cpu, median, repeat, send, serve, signIn } from './load.ts';

const ROUNDS = 7;
const REFRESHES = 500;
const AT_ONCE = 8;

const folder = mkdtempSync(join(tmpdir(), 'todos-bench-'));
using service = await serve('scripts/start.mjs', {
  DATABASE_URL: `sqlite:${join(folder, 'service.sqlite')}`,
});
const chains: string[] = [];
while (chains.length < AT_ONCE) chains.push((await signIn(service.url)).refresh_token);

async function refreshes() {
  const [before, start] = [await cpu(service.url), performance.now()];
  await Promise.all(
    chains.map((_, chain) =>
      repeat(REFRESHES / AT_ONCE, 1, async () => {
        const body = { refresh_token: chains[chain] };
        const answer = await send(`${service.url}/auth/refresh`, { method: 'POST', body });
        if (answer.status !== 200) throw new Error(`answered with ${answer.status}`);
        chains[chain] = JSON.parse(answer.body).refresh_token;
      }),
    ),
  );
  return rates(before, await cpu(service.url), start);
}

const sqlite = new BetterSqlite3(join(folder, 'bare.sqlite'));
sqlite.pragma('journal_mode = WAL');
sqlite.pragma('synchronous = FULL');
sqlite.exec(`
  create table sessions (id integer primary key, token text unique, spent text unique, at integer);
  create table spent (token text primary key, session integer);
  create table events (id text primary key, at integer, event text);
  insert into sessions values (1, 'token-0', null, 0);`);
const update = sqlite.prepare(
  'update sessions set token = ?, spent = token, at = ? where token = ? and at >= 0 returning id',
);
const spend = sqlite.prepare('insert into spent values (?, ?)');
const tell = sqlite.prepare('insert into events values (?, ?, ?)');
let generation = 0;
const transaction = sqlite.transaction(() => {
  const [old, next] = [`token-${generation}`, `token-${generation + 1}`];
  generation += 1;
  update.get(next, Date.now(), old);
  spend.run(old, 1);
  tell.run(next, Date.now(), 'refreshed');
});

function transactions() {
  const own = process.cpuUsage();
  const start = performance.now();
  for (let n = 0; n < REFRESHES; n += 1) transaction();
  const { user, system } = process.cpuUsage(own);
  return rates(0, (user + system) / 1e6, start);
}

function rates(before: number, after: number, start: number) {
  return {
    core: REFRESHES / (after - before),
    wall: REFRESHES / ((performance.now() - start) / 1000),
  };
}

await refreshes();
const rounds: { ours: ReturnType<typeof rates>; bare: ReturnType<typeof rates> }[] = [];
for (let n = 0; n < ROUNDS; n += 1) rounds.push({ ours: await refreshes(), bare: transactions() });
const figure = (pick: (round: (typeof rounds)[number]) => number) =>
  median(rounds.map(pick)).toFixed(0);
console.log(`Refreshes, ${AT_ONCE} clients, median of ${ROUNDS} rounds of ${REFRESHES}`);
console.log(
  `  service           ${figure((r) => r.ours.core)} a core second, ${figure((r) => r.ours.wall)} a second`,
);
console.log(
  `  bare transaction  ${figure((r) => r.bare.core)} a core second, ${figure((r) => r.bare.wall)} a second`,
);
