// The process as `npm start` runs it.
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
import BetterSqlite3 from 'better-sqlite3';
import { expect, test } from 'vitest';
import { beginLogin } from './support/raw-connection.ts';
import { startService } from './support/service.ts';
import { closed, runToExit, startProcess } from './support/service-process.ts';
import { temporaryFolder } from './support/temporary-folder.ts';
import { DEMO } from './support/users.ts';

test('npm start: the banner has the addresses, and its curl line signs in', async () => {
  using folder = temporaryFolder();
  await using started = await startProcess(
    { DATABASE_URL: 'sqlite:banner/todos.sqlite' },
    { folder },
  );
  const { output, url } = started;
  expect(output.text).toContain(`${url}/docs`);
  expect(output.text).toContain('testuser / testpass123');
  const [, address = '', body = ''] = /curl (\S+) --json '(.*)'/.exec(output.text) ?? [];
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(address, { method: 'POST', headers, body });
  expect(response.status).toBe(200);
  for (const file of ['todos.sqlite', 'todos.sqlite-wal', 'todos.sqlite.secret']) {
    const { mode } = await stat(folder.file(`banner/${file}`));
    expect(mode & 0o077).toBe(0); // for its owner only
  }
});

test('the demo user is created once, for a new database on a loopback address only', async () => {
  using folder = temporaryFolder();
  const variables = { DATABASE_URL: 'sqlite:demo/todos.sqlite', JWT_SECRET: 's'.repeat(32) };
  await using first = await startProcess(variables, { folder });
  await first.client.login(DEMO.username, DEMO.password);
  const body = { current_password: DEMO.password, new_password: 'another long password' };
  await first.client.PUT('/auth/password', { body });
  first.child.kill('SIGTERM');
  await first.exited();
  await using second = await startProcess(variables, { folder });
  expect(second.output.text).not.toContain('testpass123');
  const { error } = await second.client.login(DEMO.username, DEMO.password);
  expect(error).toMatchObject({ code: 'invalid_credentials' });

  await using open = await startProcess(
    {
      HOST: '0.0.0.0',
      DATABASE_URL: 'sqlite:open/todos.sqlite',
      JWT_SECRET: 's'.repeat(32),
    },
    { folder },
  );
  expect(open.output.text).not.toContain('testpass123');
  const refused = await open.client.login(DEMO.username, DEMO.password);
  expect(refused.error).toMatchObject({ code: 'invalid_credentials' });
});

test.each<[string, NodeJS.Signals[]]>([
  ['SIGTERM', ['SIGTERM']],
  ['the same SIGINT from the terminal and from npm', ['SIGINT', 'SIGTERM']], // two of one kind could arrive as one
])('%s: the request under way is finished, then the process exits with 0', async (_, signals) => {
  await using started = await startProcess({ DATABASE_URL: 'sqlite::memory:' });
  const { child, url, exited } = started;
  const { finish } = await beginLogin(url, DEMO);
  for (const signal of signals) child.kill(signal);
  await closed(url);
  expect(await finish()).toMatch(/^HTTP\/1\.1 200 /);
  expect(await exited()).toBe(0);
});

test('a second signal later: the process exits at once with 1', async () => {
  await using started = await startProcess({ DATABASE_URL: 'sqlite::memory:' });
  const { child, url } = started;
  await beginLogin(url, DEMO);
  child.kill('SIGTERM');
  await closed(url);
  expect(child.exitCode).toBeNull();
  const signalAgain = () => {
    child.kill('SIGINT');
    return child.exitCode;
  };
  await expect.poll(signalAgain).toBe(1);
});

test('a request that never ends does not keep the service from closing', async () => {
  const service = await startService({}, { limits: { shutdownTimeout: 50 } });
  const { socket } = await beginLogin(service.url, DEMO);
  await Promise.all([once(socket, 'close'), service.close()]);
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
  ['DATABASE_URL', 'sqlite:text.sqlite', 'names a file that is not an SQLite database'],
  ['DATABASE_URL', 'sqlite:damaged.sqlite', 'The database file is damaged. Restore a backup'],
  ['DATABASE_URL', 'sqlite:truncated.sqlite', 'The database file is damaged. Restore a backup'],
  ['DATABASE_URL', 'sqlite:other.sqlite', 'Set DATABASE_URL to a database of this service'],
  ['PORT', 'eighty', 'PORT must be a port, a whole number from 0 to 65535, not "eighty"'],
  ['HOST', '192.0.2.1', 'Set HOST to an address of this machine'],
])(
  '%s=%s cannot be used: the start prints one sentence and what to do',
  async (name, value, message) => {
    using folder = temporaryFolder();
    const file = value.slice('sqlite:'.length);
    FILES[file]?.(folder.file(file));
    const { code, output } = await runToExit(
      { JWT_SECRET: 's'.repeat(32), [name]: value },
      { folder },
    );
    expect(code).toBe(1);
    expect(output).toContain(message);
    expect(output).not.toContain('    at ');
  },
);

test.each([
  ['--prot=80', "unknown option '--prot=80'"],
  ['8000', "too many arguments for 'start'"],
])('npm start -- %s: says what is wrong, and exit code 2', async (argument, message) => {
  const { code, output } = await runToExit({}, { args: [argument] });
  expect(code).toBe(2);
  expect(output).toContain(message);
  expect(output).toContain('--help lists the arguments and options.');
  expect(output).not.toContain('    at ');
});

const SECRET_FILES: [string, string, (path: string) => void][] = [
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
  [
    'of another user',
    'belongs to another user (12345)',
    (path) => chownSync(path, 12_345, 12_345), // as root only
  ],
];

test
  .skipIf(process.platform === 'win32')
  .each(SECRET_FILES.filter(([what]) => what !== 'of another user' || process.getuid?.() === 0))(
  'a secret file that is %s: the service does not start, and says why',
  async (_, message, plant) => {
    using folder = temporaryFolder();
    mkdirSync(folder.file('data'));
    const path = folder.file('data/todos.sqlite.secret');
    writeFileSync(path, 's'.repeat(43), { mode: 0o600 });
    plant(path);
    const variables = { DATABASE_URL: 'sqlite:data/todos.sqlite' };
    const { code, output } = await runToExit(variables, { folder });
    expect(code).toBe(1);
    expect(output).toBe(
      `data/todos.sqlite.secret ${message}: the service does not use it. Delete it: the service makes a new one, and all users log in again.\n`,
    );
  },
);

test.skipIf(process.platform === 'win32')(
  'existing files of the database and keys that others can read are named in the log',
  async () => {
    using folder = temporaryFolder();
    const database = folder.file('todos.sqlite');
    const keys = folder.file('keys.json');
    const set = { keys: [{ kty: 'oct', k: Buffer.alloc(32, 'k').toString('base64url') }] };
    writeFileSync(database, '');
    writeFileSync(keys, JSON.stringify(set));
    for (const path of [database, keys]) chmodSync(path, 0o644);
    const variables = { DATABASE_URL: `sqlite:${database}`, JWT_KEYS: keys };
    chmodSync(folder.path, 0o755);
    await using open = await startProcess(variables, { folder });
    const named = () => [...open.output.text.matchAll(/"file":"([^"]*)","msg":"other users/g)];
    expect(named().map(([, file]) => file)).toEqual([database, keys]);
    open.child.kill('SIGTERM');
    await open.exited();
    chmodSync(folder.path, 0o700);
    await using closed = await startProcess(variables, { folder });
    expect(closed.output.text).not.toContain('other users');
  },
);

test('npm start -- --help lists every variable and starts nothing', async () => {
  const { code, output } = await runToExit({}, { args: ['--help'] });
  expect(code).toBe(0);
  for (const name of ['PORT', 'HOST', 'DATABASE_URL', 'JWT_SECRET', 'LOG_LEVEL']) {
    expect(output).toContain(name);
  }
});

test('a PORT that is in use: the service does not start, and says so', async () => {
  await using first = await startProcess({ DATABASE_URL: 'sqlite::memory:' });
  const { port } = new URL(first.url);
  const { code, output } = await runToExit({ DATABASE_URL: 'sqlite::memory:', PORT: port });
  expect(code).toBe(1);
  expect(output).toContain('Set PORT, or METRICS_PORT, to another one.');
  expect(output).not.toContain('    at ');
});
