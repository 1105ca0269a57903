// Refreshes and GET /todos on PostgreSQL, with one worker and with two, next to pgbench running the
// bare statements on the same database; and what a request costs with a thousand and with a million
// todos and sessions in the tables. In turns, so that a noisy machine is noisy for all.
//
//   npm run bench:postgres [-- --rows 1000000]
//
// pgbench comes with PostgreSQL: it must be in PATH or in PGBENCH.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startPostgres } from '../test/postgres/server.ts';
import { cpu, median, repeat, send, serve, signIn } from './load.ts';

const ROUNDS = 5;
const REQUESTS = 1000;
const AT_ONCE = 16;
const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } });

const postgres = await startPostgres({ isDurable: true });
const database = new pg.Client({ connectionString: postgres.url });
await database.connect();
const variables = {
  DATABASE_URL: postgres.url,
  JWT_SECRET: 'a secret of the measurements, long enough',
  LOGIN_FREE_FAILURES: '1000',
};
const USER = { username: 'bench', password: 'a password of some length' };

interface Bench {
  url: string;
  headers: { Authorization: string };
  chains: string[];
}

async function prepare(url: string): Promise<Bench> {
  await send(`${url}/auth/register`, { method: 'POST', body: USER });
  const { headers } = await signIn(url, USER.username, USER.password);
  const chains: string[] = [];
  while (chains.length < AT_ONCE) {
    chains.push((await signIn(url, USER.username, USER.password)).refresh_token);
  }
  for (let n = 0; n < 20; n += 1) {
    await send(`${url}/todos`, { method: 'POST', headers, body: { title: `Todo ${n}` } });
  }
  return { url, headers, chains };
}

/** Requests a second, and CPU seconds of the service for each. */
interface Measured {
  rate: number;
  cost: number;
}

async function measure({ url }: Bench, work: () => Promise<void>): Promise<Measured> {
  const [before, start] = [await cpu(url), performance.now()];
  await repeat(REQUESTS, AT_ONCE, work);
  const seconds = (performance.now() - start) / 1000;
  return { rate: REQUESTS / seconds, cost: ((await cpu(url)) - before) / REQUESTS };
}

function listing(bench: Bench) {
  return measure(bench, async () => {
    const { status } = await send(`${bench.url}/todos`, { headers: bench.headers });
    if (status !== 200) throw new Error(`answered with ${status}`);
  });
}

/** Each chain is refreshed by one client at a time. */
function refreshing(bench: Bench) {
  return measure(bench, async () => {
    const body = { refresh_token: bench.chains.shift() };
    const answer = await send(`${bench.url}/auth/refresh`, { method: 'POST', body });
    if (answer.status !== 200) throw new Error(`answered with ${answer.status}`);
    bench.chains.push(JSON.parse(answer.body).refresh_token);
  });
}

const folder = mkdtempSync(join(tmpdir(), 'todos-bench-'));

function pgbench(name: string, script: string): Measured {
  const file = join(folder, `${name}.sql`);
  writeFileSync(file, script);
  const options = ['-n', '-M', 'extended', '-c', '10', '-j', '1', '-T', '4', '-f', file];
  const { stdout, stderr, error } = spawnSync(
    process.env['PGBENCH'] ?? 'pgbench',
    [...options, postgres.url],
    { encoding: 'utf8' },
  );
  if (error) throw new Error('pgbench is missing: set PGBENCH to where it is', { cause: error });
  const rate = /^tps = (\S+)/m.exec(stdout)?.[1];
  if (!rate) throw new Error(stderr);
  return { rate: Number(rate), cost: Number.NaN };
}

/** What a listing asks of the database: is the session live, and the page. */
const LISTING = `
select u.id, u.username, s.id from sessions s join users u on u.id = s.user_id
  where s.id = (select id from bench_session) and revoked_at is null and idle_expires_at > 0;
select * from todos where user_id = (select user_id from bench_session) order by created_at, id limit 21;`;

/** What a refresh writes, each in a session of its own. */
const REFRESH = `
\\set n random(1, 10000)
begin;
update bench_tokens set token = md5(random()::text || :n), spent = token, at = at + 1 where id = :n returning id;
insert into bench_spent values (md5(random()::text || clock_timestamp()::text), :n);
insert into bench_events values (md5(random()::text || clock_timestamp()::text), 1, 'refreshed');
commit;`;

await throughput();
await growth();
await database.end();
await postgres.stop();

/** Requests a second with one worker and with two, and those of pgbench. */
async function throughput() {
  using one = await serve('scripts/start.mjs', variables);
  using two = await serve('scripts/start.mjs', { ...variables, WORKERS: '2' });
  const benches = { one: await prepare(one.url), two: await prepare(two.url) };
  await database.query(`
    create table bench_session as select id, user_id from sessions limit 1;
    create table bench_tokens as
      select n as id, md5(n::text) as token, '' as spent, 0 as at from generate_series(1, 10000) n;
    create unique index on bench_tokens (id);
    create unique index on bench_tokens (token);
    create table bench_spent (token text primary key, session int);
    create table bench_events (id text primary key, at bigint, event text);`);
  const rounds: Record<string, Measured>[] = [];
  for (let n = 0; n <= ROUNDS; n += 1) {
    rounds.push({
      'GET /todos, 1 worker': await listing(benches.one),
      'GET /todos, 2 workers': await listing(benches.two),
      'GET /todos, pgbench': pgbench('listing', LISTING),
      'refresh, 1 worker': await refreshing(benches.one),
      'refresh, 2 workers': await refreshing(benches.two),
      'refresh, pgbench': pgbench('refresh', REFRESH),
    });
  }
  rounds.shift(); // the warm-up
  console.log(
    `a second, and CPU time of the service: median of ${ROUNDS} rounds, ${AT_ONCE} clients`,
  );
  for (const name of Object.keys(rounds[0] ?? {})) {
    const rate = median(rounds.map((round) => round[name]?.rate ?? Number.NaN));
    const cost = median(rounds.map((round) => round[name]?.cost ?? Number.NaN));
    const time = Number.isNaN(cost) ? '' : `${(cost * 1000).toFixed(2)} ms each`;
    console.log(`  ${name.padEnd(24)} ${rate.toFixed(0).padStart(6)}  ${time}`);
  }
}

/** What a request costs beside a thousand todos and sessions of others, and beside many more. */
async function growth() {
  await using stack = new AsyncDisposableStack();
  const sizes = [1000, Number(values.rows)];
  const places = await Promise.all(sizes.map((size) => place(stack, size)));
  const costs: Record<'listing' | 'refreshing', number>[][] = [[], []];
  for (let n = 0; n < ROUNDS; n += 1) {
    for (const [index, { bench }] of places.entries()) {
      const { cost } = await listing(bench);
      costs[index]?.push({ listing: cost, refreshing: (await refreshing(bench)).cost });
    }
  }
  const ratio = (of: 'listing' | 'refreshing') => {
    const [few, many] = costs.map((rounds) => median(rounds.map((round) => round[of])));
    return ((many ?? Number.NaN) / (few ?? Number.NaN)).toFixed(2);
  };
  console.log(`a request with ${sizes[1]} todos and sessions in the tables, next to ${sizes[0]}`);
  for (const [name, of, work] of [
    ['GET /todos', 'listing', listing],
    ['refresh', 'refreshing', refreshing],
  ] as const) {
    const rows = [];
    for (const { bench, client } of places) {
      const before = await rowsRead(client);
      await work(bench);
      rows.push((((await rowsRead(client)) - before) / REQUESTS).toFixed(1));
    }
    console.log(`  ${name.padEnd(12)} CPU time × ${ratio(of)}, rows read ${rows.join(' and ')}`);
  }
}

/** A database of its own with so many todos and sessions of other people, and a service on it. */
async function place(stack: AsyncDisposableStack, size: number) {
  await database.query(`create database with_${size}`);
  const url = new URL(postgres.url);
  url.pathname = `with_${size}`;
  const client = stack.adopt(new pg.Client({ connectionString: url.href }), (one) => one.end());
  await client.connect();
  const service = await serve('scripts/start.mjs', { ...variables, DATABASE_URL: url.href });
  stack.use(service);
  const bench = await prepare(service.url);
  await fill(client, size);
  return { bench, client };
}

/** As PostgreSQL counts them, once it has: what a connection has read it tells after ten seconds. */
async function rowsRead(client: pg.Client): Promise<number> {
  await sleep(11_000);
  const { rows } = await client.query<{ sum: string }>(
    'select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_user_tables',
  );
  return Number(rows[0]?.sum);
}

async function fill(client: pg.Client, count: number) {
  await client.query(`
    insert into users select 'user-' || n, 'user' || n, 'user' || n, '', 0
      from generate_series(1, ${count} / 100) n;
    insert into todos select 'todo-' || n, 'user-' || (n % (${count} / 100) + 1), 'Todo', '', 0, 'todo', 1, n, n
      from generate_series(1, ${count}) n;
    insert into sessions (id, user_id, created_at, last_used_at, idle_expires_at, absolute_expires_at,
        address, network, user_agent, token_hash)
      select 'session-' || n, 'user-' || (n % (${count} / 100) + 1), 0, 0, 9e15, 9e15, '', '', '', 'hash-' || n
      from generate_series(1, ${count}) n;`);
  await client.query('vacuum analyze');
}
