// The process as `npm start` runs it: a child of its own, killed for real.
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { expect, test } from 'vitest';
import { DEMO, startApp } from './support/service.ts';
import { closed, exit, useProcesses } from './support/service-process.ts';

const { folder, run, start } = useProcesses();

/** A login of which the service has read so much of the body; it has asked for the rest. */
async function beginLogin(url: string, body: string, length: number) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8');
  socket.on('error', () => {});
  socket.write(
    'POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
      `Expect: 100-continue\r\nContent-Length: ${length}\r\n\r\n${body}`,
  );
  expect(await once(socket, 'data')).toEqual(['HTTP/1.1 100 Continue\r\n\r\n']);
  return socket;
}

test('the banner says where to go next, and its curl line signs in', async () => {
  const { output, url } = await start({ DATABASE_URL: 'sqlite:banner/todos.sqlite' });
  expect(output.text).toContain(`${url}/docs`);
  expect(output.text).toContain('testuser / testpass123');
  const [, address = '', body = ''] = /curl (\S+) --json '(.*)'/.exec(output.text) ?? [];
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(address, { method: 'POST', headers, body });
  expect(response.status).toBe(200);
  for (const file of ['todos.sqlite', 'todos.sqlite-wal', 'todos.sqlite.secret']) {
    const { mode } = await stat(join(folder(), 'banner', file));
    expect(mode & 0o077).toBe(0); // for its owner only
  }
});

test('what has been answered is there after kill -9, tokens included', async () => {
  const variables = { DATABASE_URL: 'sqlite:killed/todos.sqlite' };
  const first = await start(variables);
  const { data: tokens } = await first.client.login(DEMO.username, DEMO.password);
  const answered: string[] = [];
  const writing = (async () => {
    for (let n = 0; ; n += 1) {
      const { data } = await first.client.POST('/todos', { body: { title: `${n}` } });
      if (data) answered.push(data.id);
      if (answered.length === 30) first.child.kill('SIGKILL');
    }
  })();
  await expect(writing).rejects.toThrow();

  const second = await start(variables);
  const headers = { Authorization: `Bearer ${tokens?.access_token}` };
  for (const id of answered) {
    const { status } = await fetch(`${second.url}/todos/${id}`, { headers });
    expect(status).toBe(200);
  }
});

test('the demo user is made once, and only for a new database behind a loopback address', async () => {
  const variables = { DATABASE_URL: 'sqlite:demo/todos.sqlite', JWT_SECRET: 's'.repeat(32) };
  const first = await start(variables);
  await first.client.login(DEMO.username, DEMO.password);
  const body = { current_password: DEMO.password, new_password: 'another long password' };
  await first.client.PUT('/auth/password', { body });
  first.child.kill('SIGTERM');
  await exit(first.child);
  const second = await start(variables);
  expect(second.output.text).not.toContain('testpass123');
  const { error } = await second.client.login(DEMO.username, DEMO.password);
  expect(error).toMatchObject({ code: 'invalid_credentials' });

  const open = await start({
    HOST: '0.0.0.0',
    DATABASE_URL: 'sqlite:open/todos.sqlite',
    JWT_SECRET: 's'.repeat(32),
  });
  expect(open.output.text).not.toContain('testpass123');
  const refused = await open.client.login(DEMO.username, DEMO.password);
  expect(refused.error).toMatchObject({ code: 'invalid_credentials' });
});

test('SIGTERM finishes the request under way, then the process ends with 0', async () => {
  const { child, url } = await start({ DATABASE_URL: 'sqlite::memory:' });
  const body = JSON.stringify(DEMO);
  const socket = await beginLogin(url, body.slice(0, 5), body.length);
  let answer = '';
  socket.on('data', (text: string) => {
    answer += text;
  });
  child.kill('SIGTERM');
  await closed(url);
  socket.write(body.slice(5));
  await once(socket, 'close');
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(await exit(child)).toBe(0);
});

test('a later second signal ends the process at once with 1', async () => {
  const { child, url } = await start({ DATABASE_URL: 'sqlite::memory:' });
  await beginLogin(url, '{', 100);
  child.kill('SIGTERM');
  await closed(url);
  expect(child.exitCode).toBeNull();
  const signalAgain = () => {
    child.kill('SIGINT');
    return child.exitCode;
  };
  await expect.poll(signalAgain).toBe(1);
});

test('the same SIGINT from the terminal and from npm is one signal: the service drains', async () => {
  const { child, url } = await start({ DATABASE_URL: 'sqlite::memory:' });
  const body = JSON.stringify(DEMO);
  const socket = await beginLogin(url, body.slice(0, 5), body.length);
  let answer = '';
  socket.on('data', (text: string) => {
    answer += text;
  });
  process.kill(child.pid ?? 0, 'SIGINT');
  process.kill(child.pid ?? 0, 'SIGTERM'); // two of one kind could arrive as one
  await closed(url);
  if (!socket.destroyed) socket.write(body.slice(5));
  await expect.poll(() => socket.destroyed).toBe(true);
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(await exit(child)).toBe(0);
});

test('a request that never ends does not keep the service from ending', async () => {
  const app = await startApp({}, { shutdownTimeout: 50 });
  const socket = await beginLogin(app.url, '{', 100);
  await Promise.all([once(socket, 'close'), app.close()]);
});

const FILES: Record<string, (path: string) => void> = {
  'text.sqlite': (path) => writeFileSync(path, 'This is a text, and no database at all.\n'),
  'damaged.sqlite': (path) => {
    const database = new BetterSqlite3(path);
    database.exec(`create table damaged (x); insert into damaged values ('${'x'.repeat(9000)}')`);
    database.close();
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xff, 100, 4096)); // behind the header, which is right
  },
  'truncated.sqlite': (path) => {
    FILES['damaged.sqlite']?.(path);
    writeFileSync(path, readFileSync(path).subarray(0, 5000));
  },
  'other.sqlite': (path) => new BetterSqlite3(path).exec('create table users (x)').close(),
};

test.each([
  ['DATABASE_URL', 'sqlite:.', 'Set DATABASE_URL to a file that can be written'],
  ['DATABASE_URL', 'sqlite:/dev/null/x', 'Set DATABASE_URL to a file that can be made'],
  ['DATABASE_URL', 'sqlite:text.sqlite', 'names a file that is no SQLite database'],
  ['DATABASE_URL', 'sqlite:damaged.sqlite', 'The database file is damaged. Restore a backup'],
  ['DATABASE_URL', 'sqlite:truncated.sqlite', 'The database file is damaged. Restore a backup'],
  ['DATABASE_URL', 'sqlite:other.sqlite', 'Set DATABASE_URL to a database of this service'],
  ['HOST', '192.0.2.1', 'Set HOST to an address of this machine'],
])('%s=%s cannot be used: one sentence and what to do', async (name, value, message) => {
  const file = value.slice('sqlite:'.length);
  FILES[file]?.(join(folder(), file));
  const { child, output } = run({ JWT_SECRET: 's'.repeat(32), [name]: value });
  expect(await exit(child)).toBe(1);
  expect(output.text).toContain(message);
  expect(output.text).not.toContain('    at ');
});

test.each([
  ['--prot=80', "unknown option '--prot=80'"],
  ['8000', "too many arguments for 'start'"],
])('npm start -- %s: says what is wrong, and exit code 2', async (argument, message) => {
  const { child, output } = run({}, argument);
  expect(await exit(child)).toBe(2);
  expect(output.text).toContain(message);
  expect(output.text).toContain('--help lists what the command takes.');
  expect(output.text).not.toContain('    at ');
});

test.skipIf(process.platform === 'win32').each<[string, string, (path: string) => void]>([
  [
    'readable by others',
    'can be read or written by others (mode 644)',
    (path) => chmodSync(path, 0o644),
  ],
  ['short', 'has fewer than 32 bytes', (path) => writeFileSync(path, 'short')],
  [
    'a symbolic link',
    'is a symbolic link',
    (path) => {
      renameSync(path, `${path}.elsewhere`);
      symlinkSync(`${path}.elsewhere`, path);
    },
  ],
  [
    'a folder',
    'is not a regular file',
    (path) => {
      rmSync(path);
      mkdirSync(path);
    },
  ],
])('a secret file that is %s: the start is refused, and says why', async (what, message, plant) => {
  const file = `secrets/${what.replaceAll(' ', '-')}.sqlite`;
  const path = `${join(folder(), file)}.secret`;
  mkdirSync(join(folder(), 'secrets'), { recursive: true });
  writeFileSync(path, 's'.repeat(43), { mode: 0o600 });
  plant(path);
  const { child, output } = run({ DATABASE_URL: `sqlite:${file}` });
  expect(await exit(child)).toBe(1);
  expect(output.text).toBe(
    `${file}.secret ${message}: the service does not use it. Delete it, and the service makes a new one; everybody then logs in again.\n`,
  );
});

test.skipIf(process.getuid?.() !== 0)('a secret file of another user is refused', async () => {
  const path = join(folder(), 'planted.sqlite.secret');
  writeFileSync(path, 's'.repeat(43), { mode: 0o600 });
  chownSync(path, 12_345, 12_345);
  const { child, output } = run({ DATABASE_URL: 'sqlite:planted.sqlite' });
  expect(await exit(child)).toBe(1);
  expect(output.text).toContain('planted.sqlite.secret belongs to another user (12345)');
});

test.skipIf(process.platform === 'win32')(
  'existing files of the database and keys that others can read are named in the log',
  async () => {
    const shared = join(folder(), 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o755);
    const database = join(shared, 'todos.sqlite');
    const keys = join(shared, 'keys.json');
    const set = { keys: [{ kty: 'oct', k: Buffer.alloc(32, 'k').toString('base64url') }] };
    writeFileSync(database, '');
    writeFileSync(keys, JSON.stringify(set));
    for (const path of [database, keys]) chmodSync(path, 0o644);
    const open = await start({ DATABASE_URL: `sqlite:${database}`, JWT_KEYS: keys });
    const named = () => [...open.output.text.matchAll(/"file":"([^"]*)","msg":"other users/g)];
    expect(named().map(([, file]) => file)).toEqual([database, keys]);
    open.child.kill('SIGTERM');
    await exit(open.child);
    chmodSync(shared, 0o700);
    const closed = await start({ DATABASE_URL: `sqlite:${database}`, JWT_KEYS: keys });
    expect(closed.output.text).not.toContain('other users');
  },
);

test('--help lists every variable, and nothing is started', async () => {
  const { child, output } = run({}, '--help');
  expect(await exit(child)).toBe(0);
  for (const name of ['PORT', 'HOST', 'DATABASE_URL', 'JWT_SECRET', 'LOG_LEVEL']) {
    expect(output.text).toContain(name);
  }
});

test('a wrong variable stops the start by its name', async () => {
  const { child, output } = run({ PORT: 'eighty' });
  expect(await exit(child)).toBe(1);
  expect(output.text).toContain(
    'PORT must be a port, a whole number from 0 to 65535, not "eighty"',
  );
  expect(output.text).not.toContain('    at ');
});

test('a port that is taken is said to be', async () => {
  const first = await start({ DATABASE_URL: 'sqlite::memory:' });
  const { port } = new URL(first.url);
  const { child, output } = run({ DATABASE_URL: 'sqlite::memory:', PORT: port });
  expect(await exit(child)).toBe(1);
  expect(output.text).toContain('Set PORT, or METRICS_PORT, to another one.');
  expect(output.text).not.toContain('    at ');
});
