import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Db } from '../../src/database/connect.ts';
import { type CopyProgress, copyDatabase } from '../../src/database/copy.ts';
import { migrate } from '../../src/database/migrate.ts';
import { TABLE_NAMES } from '../../src/database/schema.ts';
import { findOrCreateSecret } from '../../src/database/shared-secret.ts';
import { runScript, runTodos, TODOS } from '../support/cli.ts';
import {
  ENGINE,
  freshDatabase,
  freshFile,
  insertRows,
  type TestDatabase,
} from '../support/database.ts';
import { hookedDb, migratedDatabase } from '../support/database-faults.ts';
import { call, refresh } from '../support/http.ts';
import { startService } from '../support/service.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  PASSWORD,
  type Pair,
  pairOf,
  type SeededUser,
  seedSession,
  seedUser,
  signUp,
} from '../support/users.ts';

// From SQLite to the engine of this run, and back.

/** All rows of all tables, in an order that is not the engine's. */
async function contents(db: Db) {
  const tables = await Promise.all(
    TABLE_NAMES.map(async (table) => {
      const rows = await db.selectFrom(table).selectAll().execute();
      return [table, rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort()];
    }),
  );
  return Object.fromEntries(tables);
}

/** Two databases, closed and gone at the end of the `await using` block. */
async function twoDatabases() {
  await using stack = new AsyncDisposableStack();
  const open = (database: TestDatabase) => {
    const { url, connect } = stack.use(database);
    return { url, connect, db: stack.use(connect()) };
  };
  const source = open(freshFile());
  const target = open(await freshDatabase());
  const opened = stack.move();
  return { source, target, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** A service's database with a user, sessions that have been used, and so many todos. */
async function seed(db: Db, count = 3, description = '') {
  await migrate(db);
  await findOrCreateSecret(db, 'cursor');
  const user = await seedUser(db);
  for (let n = 0; n < 3; n += 1) {
    const session = await seedSession({ db, clock: systemClock }, user);
    const spent = { session_id: session.id, token_hash: `hash-${session.id}` };
    await db.insertInto('spent_refresh_tokens').values(spent).execute();
  }
  await insertTodos(db, user, count, description);
  return user;
}

function insertTodos(db: Db, { userId }: SeededUser, count: number, description = '') {
  return insertRows(db, 'todos', count, (n) => ({
    id: uuid(),
    user_id: userId,
    title: `${n} “’\\%_ \u2028😀`,
    description,
    done: n % 2,
    search_text: '',
    version: 1,
    created_at: n - (n % 500),
    updated_at: n,
  }));
}

const quietly = () => undefined;

test('todos copy copies every table', async () => {
  await using database = await migratedDatabase();
  const tables = await database.db.introspection.getTables();
  expect(TABLE_NAMES.toSorted()).toEqual(tables.map(({ name }) => name).sort());
});

test('a copy to the other engine, and back again, has the same rows', async () => {
  await using databases = await twoDatabases();
  const { source, target } = databases;
  const { userId } = await seed(source.db, 1200);
  const key = { user_id: userId, request_hash: 'r', response: '{}' };
  await insertRows(source.db, 'idempotency_keys', 1200, (n) => ({
    ...key,
    key_hash: `${n}`,
    created_at: n,
  }));
  const counter = { key: 'login:Ünï', points: 3, expire: null };
  await source.db.insertInto('rate_limits').values(counter).execute();
  const event = { id: uuid(), at: 2 ** 45, event: 'signed_in', reason: null, user_id: null };
  const unknown = { ...event, session_id: null, address: '::1', request_id: '' };
  await source.db.insertInto('audit_events').values(unknown).execute();

  const before = await contents(source.db);
  expect(await copyDatabase(source.db, target.db, quietly)).toBe(2410);
  expect(await contents(target.db)).toEqual(before);
  await using back = freshFile();
  await using db = back.connect();
  expect(await copyDatabase(target.db, db, quietly)).toBe(2410);
  expect(await contents(db)).toEqual(before);
});

test('after a copy, access tokens, refresh tokens, cursors and delays work on', async () => {
  await using databases = await twoDatabases();
  const { source, target } = databases;
  const variables = { LOGIN_FREE_FAILURES: '2', REFRESH_GRACE_SECONDS: '0' };
  await using old = await startService({ ...variables, DATABASE_URL: source.url }); // and makes a secret
  const { access_token: access, refresh_token: ofAda } = await signUp(old, 'ada');
  const grace = await signUp(old, 'grace');
  const barbara = await signUp(old, 'barbara');
  const edsger = await signUp(old, 'edsger');

  const milk = { access, body: { title: 'Milk' }, headers: { 'Idempotency-Key': 'a-key-of-hers' } };
  const created = await call(old.url, 'POST /todos', milk);
  await call(old.url, 'POST /todos', { access, body: { title: 'Bread' } });
  const page = await call(old.url, 'GET /todos?limit=1', { access });
  const next = /<(.*)>/.exec(page.headers.get('Link') ?? '')?.[1];

  const { refresh_token: current } = pairOf(await refresh(old.url, grace.refresh_token));
  const lost = pairOf(await refresh(old.url, barbara.refresh_token, 'a-retry'));
  await call(old.url, 'POST /auth/logout', { access: edsger.access_token });
  for (let failure = 0; failure < 10; failure += 1) {
    old.clock.advance(130); // longer than any delay up to now; the next one is 128 seconds
    await old.client().login('ada', 'a wrong password');
  }
  await old.close();

  const moved = await runTodos(['copy', '--from', source.url], { DATABASE_URL: target.url });
  expect(moved).toMatchObject({ code: 0, output: expect.stringContaining('Complete: ') });
  const path = `${source.url.slice('sqlite:'.length)}.secret`;
  expect(moved.output).toContain(`set JWT_SECRET to the content of ${path}.`);
  const JWT_SECRET = await readFile(path, 'utf8');
  expect(moved.output).not.toContain(JWT_SECRET);

  await using copied = await startService({ ...variables, DATABASE_URL: target.url, JWT_SECRET });
  const { url } = copied;
  const todos = await call(url, 'GET /todos', { access });
  expect(JSON.parse(todos.text)).toMatchObject([{ title: 'Milk' }, { title: 'Bread' }]);
  const rest = await call(url, `GET ${next}`, { access });
  expect(JSON.parse(rest.text)).toMatchObject([{ title: 'Bread' }]);
  expect((await call(url, 'POST /todos', milk)).text).toBe(created.text);

  const { refresh_token } = pairOf(await refresh(url, ofAda));
  pairOf(await refresh(url, refresh_token));
  const retry = pairOf(await refresh(url, barbara.refresh_token, 'a-retry'));
  expect(retry.refresh_token).toBe(lost.refresh_token);
  const me = (pair: Pair) => call(url, 'GET /auth/me', { access: pair.access_token });
  expect((await me(grace)).status).toBe(200);
  expect((await refresh(url, grace.refresh_token)).status).toBe(401); // and her session is over
  expect((await me(grace)).status).toBe(401);
  expect((await refresh(url, current)).status).toBe(401);
  expect(JSON.parse((await me(edsger)).text)).toMatchObject({ code: 'session_ended' });
  expect((await copied.client().login('ada', PASSWORD)).response.status).toBe(429);
  expect((await copied.client().login('barbara', PASSWORD)).response.status).toBe(200);
});

test('a copy that is killed in the middle has copied nothing, and can be run again', async () => {
  await using databases = await twoDatabases();
  const { source, target } = databases;
  await seed(source.db, 10_000);
  const args = ['copy', '--from', source.url, '--to', target.url];
  const child = spawn(process.execPath, [TODOS, ...args], { env: {} });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for await (const chunk of child.stderr) {
    output += chunk;
    if (output.includes('copying todos')) break;
  }
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(await target.db.introspection.getTables()).toEqual([]);
  expect(await runTodos(args)).toMatchObject({ code: 0 });
  expect(await contents(target.db)).toEqual(await contents(source.db));
});

test('a copy whose source changes meanwhile is rejected, and nothing is copied', async () => {
  await using databases = await twoDatabases();
  const { source, target } = databases;
  await seed(source.db, 600);
  await using writer = source.connect();
  let writing: Promise<unknown> | undefined;
  const meanwhile = ({ table }: CopyProgress) => {
    if (table === 'users')
      writing ??= seedUser(writer).then((user) => insertTodos(writer, user, 1));
  };
  // The totals of the source are read again when its snapshot has ended, and the change is made.
  await using patient = hookedDb(target.url, { before: async () => void (await writing) });
  await expect(copyDatabase(source.db, patient, meanwhile)).rejects.toThrow(
    /^The source has changed while it was copied:\n {2}users: 1 rows .* 2 now\n {2}todos: 600 rows .* 601 now\nNothing/,
  );
  expect(await target.db.introspection.getTables()).toEqual([]);
});

test.each([
  ['a text', "title = title || 'x'"],
  ['a number', 'version = version + 1'],
])('a copy after which %s differs in the target is rejected', async (_what, change) => {
  await using databases = await twoDatabases();
  const { source } = databases;
  await seed(source.db, 3);
  await using file = freshFile(); // with a trigger of SQLite
  await using target = file.connect();
  await migrate(target);
  const trigger = `create trigger fault after insert on todos
    begin update todos set ${change} where id = new.id; end`;
  await sql.raw(trigger).execute(target);
  await expect(copyDatabase(source.db, target, quietly)).rejects.toThrow(
    /^The target does not have what was written to it:\n {2}todos: 3 rows .* 3 now\nNothing/,
  );
  expect(await target.selectFrom('users').selectAll().execute()).toEqual([]);
});

test('a copy to a target that is not empty is rejected, with what the target is', async () => {
  await using databases = await twoDatabases();
  const { source, target } = databases;
  await seed(source.db, 3);
  const ofSource = 'is the source, or a copy of it: it has 11 rows, 1 of them users.';
  await expect(copyDatabase(source.db, source.connect(), quietly)).rejects.toThrow(ofSource);
  await copyDatabase(source.db, target.db, quietly);
  await expect(copyDatabase(source.db, target.db, quietly)).rejects.toThrow(ofSource);
  await using third = freshFile();
  await using other = third.connect();
  await seed(other, 600);
  const before = await contents(target.db);
  await expect(copyDatabase(other, target.db, quietly)).rejects.toThrow(
    'The target belongs to another service: it has 11 rows, 1 of them users.',
  );
  expect(await contents(target.db)).toEqual(before);
});

test('a copy from a source of another version is rejected', async () => {
  await using databases = await twoDatabases();
  const { source, target } = databases;
  const refusal = 'The source has the tables of another version';
  await expect(copyDatabase(source.db, target.db, quietly)).rejects.toThrow(refusal);
  await seed(source.db);
  const later = { name: '9999_later', timestamp: '2026-11-24' };
  await sql`insert into kysely_migration values (${later.name}, ${later.timestamp})`.execute(
    source.db,
  );
  await expect(copyDatabase(source.db, target.db, quietly)).rejects.toThrow(refusal);
});

test('a copy of 24 MB needs no more memory than a few batches', async () => {
  await using databases = await twoDatabases();
  const { source, target } = databases;
  await seed(source.db, 12_000, 'x'.repeat(2000)); // 24 MB
  const args = ['copy', '--from', source.url, '--to', target.url];
  const copied = await runScript([TODOS, ...args], { NODE_OPTIONS: '--max-old-space-size=32' });
  expect(copied).toMatchObject({ code: 0 });
});

const PASSWORDS = 'postgres://me:s3cret@127.0.0.1:1/x';
const X_TO_Y = ['--from', 'sqlite:x', '--to', 'sqlite:y'];
const ODD = 'postgres://me:1/s3cret@x'; // in whose place a slash has to be %2F

test.each([
  ['without a source', 2, ['--to', 'sqlite:x'], /^--from is missing\.\n/],
  ['without a target', 2, ['--from', 'sqlite:x'], /^--to is missing\.\n/],
  ['with a URL alone', 2, [...X_TO_Y, PASSWORDS], /^too many arguments for 'copy'/],
  ['from a file that is not there', 1, X_TO_Y, /at x\.\n$/],
  ['from no URL', 2, ['--from', 's3cret', '--to', 'sqlite:y'], /^--from must be sqlite:PATH/],
  ['to no URL', 2, ['--from', 'sqlite:x', '--to', 'mysql://s3cret'], /^--to must be sqlite/],
  ['to a URL of a file', 2, ['--from', 'sqlite:x', '--to', 'sqlite://y'], /write sqlite:y for/],
  [
    'into memory',
    2,
    ['--from', 'sqlite:/dev/null', '--to', 'sqlite::memory:'],
    /^--to must be a f/,
  ],
  ['from nowhere', 1, ['--from', PASSWORDS, '--to', 'sqlite:y'], /ECONNREFUSED 127.0.0.1:1\n$/],
  ['with a bad password', 1, ['--from', ODD, '--to', 'sqlite:y'], /^From postgres:\/\/me:…@x\n/],
  ['from a URL for a file', 1, ['--from', `sqlite:${PASSWORDS}`, '--to', 'sqlite:y'], /me:…@127/],
  ['with a mistyped option', 2, [`--form=${PASSWORDS}`, '--to', 'sqlite:y'], /^unknown option/],
])(
  'a copy %s: exit code %i, and a message without the password',
  async (_, exit, args, message) => {
    using folder = temporaryFolder();
    const inFolder = args.map((arg) => (arg === 'sqlite:y' ? `sqlite:${folder.path}/y` : arg));
    const { code, output } = await runTodos(['copy', ...inFolder]);
    expect(code).toBe(exit);
    expect(output).toMatch(message);
    expect(output).not.toContain('    at ');
    expect(output).not.toContain('s3cret');
  },
);

test('a copy of a row that the target rejects names its table', async () => {
  await using databases = await twoDatabases();
  const { source, target } = databases;
  const { userId } = await seed(source.db, 700);
  const id = uuid();
  // Nothing that a service writes. PostgreSQL takes no such text; SQLite needs a reason.
  const row = { id, user_id: userId, title: '\0', description: '', done: 0, search_text: '' };
  const times = { version: 1, created_at: 0, updated_at: 0 };
  await source.db
    .insertInto('todos')
    .values({ ...row, ...times })
    .execute();
  if (ENGINE === 'sqlite') {
    await migrate(target.db);
    await sql`create trigger picky before insert on todos when new.title = char(0)
      begin select raise(abort, 'not that'); end`.execute(target.db);
  }
  const message = 'The target does not accept a row of todos: ';
  await expect(copyDatabase(source.db, target.db, quietly)).rejects.toThrow(message);
});
