import { readdir, readFile, stat } from 'node:fs/promises';
import { v7 as uuid } from 'uuid';
import { expect, test } from 'vitest';
import { exportPersonalData, readUserRows } from '../../src/cli/personal-data.ts';
import type { Db } from '../../src/database/connect.ts';
import { migrate } from '../../src/database/migrate.ts';
import { readOnlyTransaction } from '../../src/database/read-only-transaction.ts';
import { runScript, runTodos, TODOS } from '../support/cli.ts';
import { freshDatabase, insertRows } from '../support/database.ts';
import { startService } from '../support/service.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { DEMO, seedUser } from '../support/users.ts';

const SECRET = { JWT_SECRET: 'a secret of the tests, long enough' };
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A database with a user's todos, each as large as may be where that is asked for. */
async function withTodos(db: Db, count: number, description = '') {
  await migrate(db);
  const { userId } = await seedUser(db, { username: 'ada' });
  const common = { user_id: userId, description, done: 0, search_text: '', version: 1 };
  await insertRows(db, 'todos', count, (n) => {
    const at = n - (n % 3); // some of one moment
    return { id: uuid(), ...common, title: `${n}`, created_at: at, updated_at: at };
  });
  return userId;
}

test('todos export writes all data of the user and none of other users', async () => {
  using folder = temporaryFolder();
  await using database = await freshDatabase();
  const variables = { DATABASE_URL: database.url, ...SECRET };
  await using service = await startService(variables);
  const client = service.client();
  const credentials = { username: 'Ada', password: 'a long enough password' };
  const { data: user } = await client.POST('/auth/register', { body: credentials });
  const login = await client.login(credentials.username, credentials.password);
  const params = { header: { 'Idempotency-Key': 'a-key-of-hers' } };
  const { data: first } = await client.POST('/todos', {
    params,
    body: { title: 'Ada’s — “…” \u2028 😀' },
  });
  const { data: second } = await client.POST('/todos', { body: { title: 'Two', done: true } });
  const other = service.client();
  await other.POST('/auth/register', { body: { ...credentials, username: 'grace' } });
  await other.login('grace', credentials.password);
  await other.POST('/todos', { body: { title: 'of grace' } });
  await client.logout();

  const file = folder.file('ada.json');
  const { code, output } = await runTodos(['export', 'ada', '--file', file], variables);
  expect({ code, output }).toEqual({ code: 0, output: '' });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const text = await readFile(file, 'utf8');
  const data = JSON.parse(text);
  const { exported_at, user: owner, sessions, todos, audit_events, ...others } = data;
  expect(Object.values(others).flat()).toEqual([]); // the lists of other resources
  expect({ exported_at, user: owner, sessions, todos, audit_events }).toEqual({
    exported_at: expect.stringMatching(RFC3339),
    user,
    sessions: [
      {
        id: expect.any(String),
        created_at: expect.stringMatching(RFC3339),
        last_used_at: expect.stringMatching(RFC3339),
        idle_expires_at: expect.stringMatching(RFC3339),
        absolute_expires_at: expect.stringMatching(RFC3339),
        revoked_at: expect.stringMatching(RFC3339),
        revoke_reason: 'logout',
        address: '127.0.0.1',
        user_agent: expect.any(String),
      },
    ],
    todos: [first, second],
    audit_events: ['registered', 'signed_in', 'session_revoked'].map((event) => ({
      id: expect.any(String),
      at: expect.stringMatching(RFC3339),
      event,
      reason: event === 'session_revoked' ? 'logout' : null,
      session_id: event === 'registered' ? null : data.sessions[0]?.id,
      address: '127.0.0.1',
      request_id: expect.any(String),
    })),
  });

  // No column that holds a hash or a secret has been let out under another name.
  for (const table of ['users', 'sessions', 'secrets', 'idempotency_keys'] as const) {
    for (const row of await service.db.selectFrom(table).selectAll().execute()) {
      for (const [column, value] of Object.entries(row)) {
        if (/hash|nonce|^value$/.test(column) && value) expect(text).not.toContain(value);
      }
    }
  }
  expect(text).not.toContain(login.data?.refresh_token);
  const timeless = (export_: string) => export_.replace(/"exported_at":"[^"]*"/, '');
  const printed = await runTodos(['export', 'ADA'], variables);
  expect(timeless(printed.output)).toBe(timeless(text));
});

test('an export has every todo once, also those of the same millisecond', async () => {
  await using database = await freshDatabase();
  await using db = database.connect();
  const userId = await withTodos(db, 1200);
  let text = '';
  for await (const part of exportPersonalData(db, userId, 0)) text += part;
  const { todos, ...rest }: { todos: { title: string }[] } = JSON.parse(text);
  expect(todos.map(({ title }) => Number(title)).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 1200 }, (_, n) => n),
  );
  expect(rest).toMatchObject({ exported_at: '1970-01-01T00:00:00.000Z', sessions: [] });
});

test('an export has the columns of a table without its own format, except the user id', async () => {
  await using database = await freshDatabase();
  await using db = database.connect();
  const userId = await withTodos(db, 501);
  const pages = await Array.fromAsync(readUserRows(db, userId, 'todos'));
  expect(pages.map((page) => page.length)).toEqual([500, 1]);
  expect(pages[0]?.[0]).toEqual({
    id: expect.any(String),
    title: '0',
    description: '',
    done: false,
    search_text: '',
    version: 1,
    created_at: '1970-01-01T00:00:00.000Z',
    updated_at: '1970-01-01T00:00:00.000Z',
  });
  expect(await Array.fromAsync(readUserRows(db, uuid(), 'todos'))).toEqual([]);
});

test('an export shows the data of one moment, whatever is written meanwhile', async () => {
  await using database = await freshDatabase();
  await using db = database.connect();
  await using other = database.connect();
  const userId = await withTodos(db, 1200);
  let text = '';
  await readOnlyTransaction(db, async (trx) => {
    for await (const part of exportPersonalData(trx, userId, 0)) {
      text += part;
      await other.deleteFrom('todos').execute();
    }
  });
  expect(JSON.parse(text).todos).toHaveLength(1200);
});

test('an export of 40 MB needs no more memory than one page of it', async () => {
  using folder = temporaryFolder();
  await using database = await freshDatabase();
  await using db = database.connect();
  await withTodos(db, 30_000, 'x'.repeat(2000)); // 60 MB
  const variables = { DATABASE_URL: database.url, NODE_OPTIONS: '--max-old-space-size=48' };
  const file = folder.file('large.json');
  const args = ['export', 'ada', '--file', file];
  expect(await runScript([TODOS, ...args], variables)).toEqual({ code: 0, output: '' });
  expect((await stat(file)).size).toBeGreaterThan(60_000_000);
});

test.each([
  ['with an unknown user', ['unknown', '--file', 'x.json'], /^There is no user unknown\.\n$/],
  ['to where no file can be', [DEMO.username, '--file', 'no/x.json'], /^ENOENT: .*\n$/],
])('an export %s says so, and leaves no file', async (_what, args, message) => {
  using folder = temporaryFolder();
  const variables = { DATABASE_URL: `sqlite:${folder.path}/faults/todos.sqlite` };
  await using _service = await startService(variables);
  const inFolder = args.map((arg) => (arg.endsWith('.json') ? folder.file(arg) : arg));
  const before = await readdir(folder.path);
  const { code, output } = await runTodos(['export', ...inFolder], variables);
  expect(code).toBe(1);
  expect(output).toMatch(message);
  expect(output).not.toContain('    at ');
  expect(await readdir(folder.path)).toEqual(before);
});
