// Several processes behind one port, as `WORKERS=2 npm start` runs them.
import { rename, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { freshDatabase } from './support/database.ts';
import { beginLogin, openSocket } from './support/raw-connection.ts';
import { JWT_SECRET } from './support/service.ts';
import { closed, runToExit, type ServiceProcess, startProcess } from './support/service-process.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

/** Starts two workers on a new database. */
async function start(variables: Record<string, string> = { JWT_SECRET }) {
  await using stack = new AsyncDisposableStack();
  const { url } = stack.use(await freshDatabase());
  const common = { WORKERS: '2', LOG_LEVEL: 'info', DATABASE_URL: url };
  const server = stack.use(await startProcess({ ...common, ...variables }, { detached: true }));
  const resources = stack.move();
  return { ...server, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** The answer to one request on a connection of its own: the workers get them in turns. */
function ask({ url }: ServiceProcess, path: string, headers: Record<string, string> = {}) {
  return fetch(url + path, { headers: { Connection: 'close', ...headers } });
}

/** The processes that have answered requests. */
function workersOf({ output }: ServiceProcess): number[] {
  const lines = output.text.split('\n').filter((line) => line.includes('"request"'));
  return [...new Set(lines.map((line): number => JSON.parse(line).pid))];
}

async function bothAnswered(server: ServiceProcess, first: number[] = []) {
  const others = () => workersOf(server).filter((pid) => !first.includes(pid));
  await expect
    .poll(async () => {
      await ask(server, '/healthz').catch(() => undefined);
      return others().length;
    })
    .toBe(2 - Math.min(first.length, 1));
  return others();
}

async function signUp({ client }: ServiceProcess, username: string) {
  const password = 'a password of some length';
  await client.POST('/auth/register', { body: { username, password } });
  const { data } = await client.login(username, password);
  return { access: data?.access_token ?? '', password };
}

test('WORKERS=2: one banner, both workers answer, and a session that one has ended is rejected by both', async () => {
  await using server = await start();
  expect(server.output.text.match(/OpenAPI Todos/g)).toHaveLength(1);
  await bothAnswered(server);
  for (let round = 0; round < 10; round += 1) {
    const { access } = await signUp(server, `user-${round}`);
    const headers = { Authorization: `Bearer ${access}` };
    const statuses = async () =>
      Promise.all([1, 2, 3, 4].map(async () => (await ask(server, '/auth/me', headers)).status));
    expect(await statuses()).toEqual([200, 200, 200, 200]);
    await server.client.logout();
    expect(await statuses()).toEqual([401, 401, 401, 401]);
  }
  server.child.kill('SIGTERM');
  expect(await server.exited()).toBe(0);
  expect(server.output.text.match(/"stopped"/g)).toHaveLength(1);
});

test('a worker that is killed is replaced, and the other one answers meanwhile', async () => {
  await using server = await start();
  const [victim = 0, survivor = 0] = await bothAnswered(server);
  process.kill(victim, 'SIGKILL');
  await server.written('a worker has died');
  expect((await ask(server, '/healthz')).status).toBe(200);
  const [replacement] = await bothAnswered(server, [victim, survivor]);
  expect(replacement).not.toBe(victim);
  server.child.kill('SIGINT');
  expect(await server.exited()).toBe(0);
});

test('/metrics of any worker has the metrics of all, also after one was replaced', async () => {
  await using server = await start();
  const [victim = 0, survivor = 0] = await bothAnswered(server);
  const scrape = async () => {
    const answer = await ask(server, '/metrics');
    expect(answer.status).toBe(200);
    const health =
      /^http_request_duration_seconds_count\{operation="getHealth",.*worker="(\d+)"\}/gm;
    const text = await answer.text();
    return {
      workers: [...text.matchAll(health)].map(([, worker]) => worker).toSorted(),
      processes: text.match(/^process_cpu_seconds_total\{/gm)?.length,
    };
  };
  const both = { workers: ['1', '2'], processes: 2 };
  expect(await Promise.all([1, 2, 3, 4].map(scrape))).toEqual([both, both, both, both]);
  process.kill(victim, 'SIGKILL');
  await server.written('a worker has died');
  await bothAnswered(server, [victim, survivor]);
  const { workers } = await scrape();
  expect(workers).toHaveLength(2);
  expect(workers).toContain('3');
});

test('Ctrl-C in a terminal, which signals the whole group, drains the workers', async () => {
  await using server = await start();
  const { password } = await signUp(server, 'interrupted');
  const { finish } = await beginLogin(server.url, { username: 'interrupted', password });
  process.kill(-(server.child.pid ?? Number.NaN), 'SIGINT');
  await closed(server.url);
  expect(await finish()).toMatch(/^HTTP\/1\.1 200 /);
  expect(await server.exited()).toBe(0);
  expect(server.output.text).not.toContain('a worker has died');
});

test('many requests for /metrics at once are answered from one collection', async () => {
  await using server = await start();
  const answers = await Promise.all(Array.from({ length: 40 }, () => ask(server, '/metrics')));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  expect(server.output.text).not.toContain('MaxListenersExceededWarning');
});

test('/metrics omits a worker that does not respond, and worker_up says so', async () => {
  await using server = await start();
  const [victim = 0] = await bothAnswered(server);
  const scrape = async () => (await ask(server, '/metrics')).text();
  const up = (text: string) =>
    [...text.matchAll(/^worker_up\{worker="(\d+)"\} (\d)/gm)].map(([, id, is]) => ({ id, is }));
  expect(up(await scrape()).map(({ is }) => is)).toEqual(['1', '1']);
  process.kill(victim, 'SIGSTOP');
  // One of two connections at most is given to the worker that stands still.
  const scrapes = [scrape(), scrape()];
  const text = await Promise.any(scrapes);
  process.kill(victim, 'SIGCONT');
  const states = up(text).toSorted((a, b) => Number(a.is) - Number(b.is));
  expect(states.map(({ is }) => is)).toEqual(['0', '1']);
  const down = `worker="${states[0]?.id}"`;
  const lines = text.split('\n').filter((line) => line.includes(down));
  expect(lines).toEqual([`worker_up{${down}} 0`]);
  expect(text).toContain('process_cpu_seconds_total{');
  await Promise.all(scrapes);
});

test('after kill -9 of the primary no worker accepts connections', async () => {
  await using server = await start();
  server.child.kill('SIGKILL');
  await closed(server.url);
});

test('SIGHUP to the primary: every worker reads the rotated keys', async () => {
  using folder = temporaryFolder();
  const file = folder.file('keys.json');
  const put = async (...names: string[]) => {
    const keys = names.map((kid) => ({
      kid,
      kty: 'oct',
      k: Buffer.alloc(32, kid).toString('hex'),
    }));
    await writeFile(`${file}.draft`, JSON.stringify({ keys }));
    await rename(`${file}.draft`, file);
  };
  await put('old');
  await using server = await start({ JWT_KEYS: file });
  await put('new', 'old');
  server.child.kill('SIGHUP');
  const taken = () => server.output.text.match(/"signs":"new"/g)?.length;
  await expect.poll(taken).toBe(2);
});

test('a start that fails with WORKERS=3 prints its message once', async () => {
  const variables = { WORKERS: '3', HOST: '192.0.2.1', JWT_SECRET };
  const { code, output } = await runToExit(variables);
  expect(code).toBe(1);
  expect(output.match(/Set HOST to an address of this machine/g)).toHaveLength(1);
  expect(output).not.toContain('has died');
});

test('connections far above MAX_CONNECTIONS are dropped, not passed to other workers', async () => {
  await using server = await start({ JWT_SECRET, MAX_CONNECTIONS: '2' });
  const sockets = Array.from({ length: 60 }, () => openSocket(server.url).resume());
  for (const socket of sockets) socket.write('GET /auth/me HTTP/1.1\r\n');
  const dropped = () =>
    sockets.filter(({ closed: gone, bytesRead }) => gone && bytesRead === 0).length;
  await expect.poll(dropped, { interval: 5 }).toBeGreaterThanOrEqual(60 - 26); // 2 × 1.25 + 10 in each
});
