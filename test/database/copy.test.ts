import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Db } from '../../src/database/connect.ts';
import { copyDatabase, type Progress } from '../../src/database/copy.ts';
import { migrate } from '../../src/database/migrate.ts';
import { TABLES } from '../../src/database/rows.ts';
import { sharedSecret } from '../../src/database/secret.ts';
import { hookedDb, seedSession, seedUser } from '../auth/setup.ts';
import { scriptPath, useCommands } from '../command.ts';
import { ENGINE, freshDatabase, freshFile, type TestDatabase } from '../engine.ts';
import { startApp, type TestApp } from '../harness.ts';

// From SQLite to the engine of this run, and back.

const { run } = useCommands();
const SECRET = { JWT_SECRET: 'a secret of the tests, long enough' };
const PASSWORD = 'a long enough password';

/** All rows of all tables, in an order that is not the engine's. */
async function contents(db: Db) {
  const tables = await Promise.all(
    TABLES.map(async (table) => {
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
    return { url, connect, db: stack.adopt(connect(), (handle) => handle.destroy()) };
  };
  const source = open(freshFile());
  const target = open(await freshDatabase());
  const opened = stack.move();
  const disposal = { [Symbol.asyncDispose]: () => opened.disposeAsync() };
  return { source, target, ...disposal };
}

/** A service's database with a user, sessions that have been used, and so many todos. */
async function seed(db: Db, count = 3, description = '') {
  await migrate(db);
  await sharedSecret(db, 'cursor');
  const userId = await seedUser(db, 'ada');
  for (let n = 0; n < 3; n += 1) {
    const session = await seedSession(db, systemClock, { userId, username: 'ada' });
    const spent = { session_id: session.id, token_hash: `hash-${session.id}` };
    await db.insertInto('spent_refresh_tokens').values(spent).execute();
  }
  await insertTodos(db, userId, count, description);
  return userId;
}

async function insertTodos(db: Db, user_id: string, count: number, description = '') {
  for (let n = 0; n < count; n += 500) {
    const rows = Array.from({ length: Math.min(500, count - n) }, (_, i) => ({
      id: uuid(),
      user_id,
      title: `${n + i} “’\\%_ \u2028😀`,
      description,
      done: i % 2,
      search_text: '',
      version: 1,
      created_at: n,
      updated_at: n + i,
    }));
    await db.insertInto('todos').values(rows).execute();
  }
}

const quietly = { replace: false, onProgress: () => undefined };

/** Does something when a step has come to a table: to its first batch. */
function atFirst(step: Progress['step'], table: string, work: () => void) {
  let isDone = false;
  const onProgress = (progress: Progress) => {
    if (isDone || progress.step !== step || progress.table !== table) return;
    isDone = true;
    work();
  };
  return { replace: false, onProgress };
}

function cutOff(): never {
  throw new Error('cut off');
}

test('every table is copied', async () => {
  await using database = await freshDatabase();
  await using stack = new AsyncDisposableStack();
  const db = stack.adopt(database.connect(), (handle) => handle.destroy());
  await migrate(db);
  const tables = await db.introspection.getTables();
  expect(TABLES.toSorted()).toEqual(tables.map(({ name }) => name).sort());
});

test('row by row it is the same there, and back again', async () => {
  await using databases = await twoDatabases();
  const { source, target } = databases;
  const userId = await seed(source.db, 1200);
  await source.db
    .insertInto('idempotency_keys')
    .values(
      Array.from({ length: 1200 }, (_, n) => ({
        user_id: userId,
        key_hash: `${n}`,
        request_hash: 'r',
        response: '{}',
        created_at: n,
      })),
    )
    .execute();
  const counter = { key: 'login:Ünï', points: 3, expire: null };
  await source.db.insertInto('rate_limits').values(counter).execute();
  const event = { id: uuid(), at: 2 ** 45, event: 'signed_in', reason: null, user_id: null };
  const unknown = { ...event, session_id: null, address: '::1', request_id: '' };
  await source.db.insertInto('audit_events').values(unknown).execute();

  const before = await contents(source.db);
  expect(await copyDatabase(source.db, target.db, quietly)).toBe(2410);
  expect(await contents(target.db)).toEqual(before);
  await using back = freshFile();
  const db = back.connect();
  expect(await copyDatabase(target.db, db, quietly)).toBe(2410);
  expect(await contents(db)).toEqual(before);
  await db.destroy();
});

/** A client with an account of its own. */
async function register(app: TestApp, username: string) {
  const client = app.client();
  await client.POST('/auth/register', { body: { username, password: PASSWORD } });
  const { data } = await client.login(username, PASSWORD);
  if (!data) throw new Error('the login failed');
  return { client, ...data };
}

/** Sends the refresh token, and nothing else. */
async function refreshed(app: TestApp, refresh_token: string, key?: string) {
  const params = key === undefined ? {} : { header: { 'Idempotency-Key': key } };
  const { data, response } = await app
    .client()
    .POST('/auth/refresh', { params, body: { refresh_token } });
  return { status: response.status, token: data?.refresh_token ?? '' };
}

test('a service moves to another database: sessions, keys, cursors and delays go on', async () => {
  await using databases = await twoDatabases();
  const { source, target } = databases;
  const variables = { LOGIN_FREE_FAILURES: '2', REFRESH_GRACE_SECONDS: '0' };
  await using old = await startApp({ ...variables, DATABASE_URL: source.url }); // and makes a secret
  const ada = await register(old, 'ada');
  const grace = await register(old, 'grace');
  const barbara = await register(old, 'barbara');

  const key = { header: { 'Idempotency-Key': 'a-key-of-hers' } };
  const milk = await ada.client.POST('/todos', { params: key, body: { title: 'Milk' } });
  await ada.client.POST('/todos', { body: { title: 'Bread' } });
  const headers = { Authorization: `Bearer ${ada.access_token}` };
  const page = await fetch(`${old.url}/todos?limit=1`, { headers });
  const next = /<(.*)>/.exec(page.headers.get('Link') ?? '')?.[1];

  const spent = grace.refresh_token;
  const { token: current } = await refreshed(old, spent);
  const lost = await refreshed(old, barbara.refresh_token, 'a-retry');
  const out = await register(old, 'edsger');
  await out.client.logout();
  for (let failure = 0; failure < 10; failure += 1) {
    old.clock.advance(130); // longer than any delay up to now; the next one is 128 seconds
    await old.client().login('ada', 'a wrong password');
  }
  await old.close();

  const moved = await run('copy', ['--from', source.url], { DATABASE_URL: target.url });
  expect(moved).toMatchObject({ code: 0, output: expect.stringContaining('Complete: ') });
  const path = `${source.url.slice('sqlite:'.length)}.secret`;
  expect(moved.output).toContain(`JWT_SECRET is what stands in ${path}.`);
  const JWT_SECRET = await readFile(path, 'utf8');
  expect(moved.output).not.toContain(JWT_SECRET);

  await using app = await startApp({ ...variables, DATABASE_URL: target.url, JWT_SECRET });
  const todos = await fetch(`${app.url}/todos`, { headers });
  expect(await todos.json()).toMatchObject([{ title: 'Milk' }, { title: 'Bread' }]);
  const rest = await fetch(`${app.url}${next}`, { headers });
  expect(await rest.json()).toMatchObject([{ title: 'Bread' }]);
  const again = await fetch(`${app.url}/todos`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json', 'Idempotency-Key': 'a-key-of-hers' },
    body: '{"title":"Milk"}',
  });
  expect(await again.json()).toEqual(milk.data);

  const { status, token } = await refreshed(app, ada.refresh_token);
  expect(status).toBe(200);
  expect((await refreshed(app, token)).status).toBe(200);
  expect(await refreshed(app, barbara.refresh_token, 'a-retry')).toEqual(lost);
  const bearer = (access: string) => ({ headers: { Authorization: `Bearer ${access}` } });
  const me = async (access: string) => fetch(`${app.url}/auth/me`, bearer(access));
  expect((await me(grace.access_token)).status).toBe(200);
  expect((await refreshed(app, spent)).status).toBe(401); // and her session is over
  expect((await me(grace.access_token)).status).toBe(401);
  expect((await refreshed(app, current)).status).toBe(401);
  const ended = await me(out.access_token);
  expect(await ended.json()).toMatchObject({ code: 'session_ended' });
  expect((await app.client().login('ada', PASSWORD)).response.status).toBe(429);
  expect((await app.client().login('barbara', PASSWORD)).response.status).toBe(200);
});

test('killed in the middle, no service starts on it, and the same command completes it', async () => {
  await using databases = await twoDatabases();
  const { source, target } = databases;
  await seed(source.db, 10_000);
  const args = ['--from', source.url, '--to', target.url];
  const child = spawn(process.execPath, [scriptPath('copy'), ...args], { env: {} });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    if (output.includes('copying todos')) break;
  }
  // Whoever holds the copy's lock stops it between two batches: not even a fast one gets to its end.
  const trx = await target.db.startTransaction().execute();
  await sql`update kysely_migration_lock set is_locked = 1 where id like 'copy %'`.execute(trx);
  const half = await trx.selectFrom('todos').select('id').execute();
  expect(half.length).toBeGreaterThan(0);
  expect(half.length).toBeLessThan(10_000);
  child.kill('SIGKILL');
  await once(child, 'close');
  await trx.rollback().execute();

  const variables = { DATABASE_URL: target.url, ...SECRET };
  await expect(startApp(variables)).rejects.toThrow('begun and not finished');
  expect(await run('migrate', ['up'], variables)).toMatchObject({
    code: 1,
    output: expect.stringMatching(/^A copy into this database .* \(npm run copy\)\.\n$/),
  });
  await using third = freshFile();
  const onwards = await run('copy', ['--from', target.url, '--to', third.url]);
  expect(onwards.output).toContain('The source is an unfinished copy itself');

  const again = await run('copy', args);
  expect(again.code).toBe(0);
  expect(again.output).toMatch(/copying todos: 10,000 rows of 10,000, [\d,]+ rows there already/);
  expect(await contents(target.db)).toEqual(await contents(source.db));
  await using _app = await startApp(variables);
});

test('what the source has changed since a copy was cut off is changed there as well', async () => {
  await using databases = await twoDatabases();
  const { source, target } = databases;
  const ada = await seed(source.db, 1500);
  const grace = await seedUser(source.db, 'grace');
  await seedSession(source.db, systemClock, { userId: grace, username: 'grace' });
  await insertTodos(source.db, grace, 600);
  const first = atFirst('copying', 'todos', cutOff);
  await expect(copyDatabase(source.db, target.db, first)).rejects.toThrow('cut off');
  expect((await contents(target.db))['todos']).toHaveLength(500);

  // One is gone, and her name is another's; a session has moved on; todos are new, others, gone.
  await source.db.deleteFrom('users').where('id', '=', grace).execute();
  await insertTodos(source.db, await seedUser(source.db, 'GRACE'), 10);
  const rotation = sql`spent_hash = token_hash, token_hash = 'another ' || token_hash`;
  await sql`update sessions set ${rotation}`.execute(source.db);
  await source.db.deleteFrom('todos').where('updated_at', '<', 100).execute();
  await source.db.updateTable('todos').set({ version: 2 }).where('updated_at', '<', 200).execute();
  await insertTodos(source.db, ada, 10);
  await copyDatabase(source.db, target.db, quietly);
  expect(await contents(target.db)).toEqual(await contents(source.db));
});

test.each(['source', 'target'] as const)(
  'a %s that changes meanwhile is noticed',
  async (which) => {
    await using databases = await twoDatabases();
    const { source, target } = databases;
    await seed(source.db, 600);
    const { db } = databases[which];
    // The source's one connection is held by the copy: the change comes when that lets it go.
    let changing: Promise<unknown> = Promise.resolve();
    const patient = hookedDb(target.url, {
      before: async () => void (which === 'target' && (await changing)),
    });
    const change = db.updateTable('todos').set({ title: 'Another' });
    const one = change.where('id', 'in', (ids) => ids.selectFrom('todos').select('id').limit(1));
    // The first rows of the todos are copied by then, and the change to them is in neither batch.
    const meanwhile = atFirst('copying', 'todos', () => {
      changing = one.execute();
    });
    const copying = copyDatabase(source.db, patient, meanwhile);
    const what =
      which === 'source' ? 'The source has changed' : 'The target does not have what was';
    await expect(copying).rejects.toThrow(new RegExp(`^${what}.*:\n {2}todos: 600 rows when .*\n`));
    await changing;
    await patient.destroy();
    await expect(migrate(target.db)).rejects.toThrow('begun and not finished');
    await copyDatabase(source.db, target.db, quietly);
    expect(await contents(target.db)).toEqual(await contents(source.db));
    await migrate(target.db);
  },
);

test('what a service writes while it is copied is in the copy wholly or not at all', async () => {
  await using databases = await twoDatabases();
  const { source, target } = databases;
  await seed(source.db, 600);
  // A session of another user: nothing that the copy reads later may refer to what it has not read.
  let writing: Promise<unknown> = Promise.resolve();
  const meanwhile = atFirst('copying', 'users', () => {
    writing = seedUser(source.db, 'grace').then((userId) => insertTodos(source.db, userId, 1));
  });
  await expect(copyDatabase(source.db, target.db, meanwhile)).rejects.toThrow(
    /^The source has changed while it was copied:\n {2}users: 1 rows .* 2 now.*\n {2}todos: 600 rows .* 601 now/,
  );
  await writing;
  expect((await contents(target.db))['todos']).toHaveLength(600);
});

test('of two copies into one database the later one goes on, and the other one ends', async () => {
  await using databases = await twoDatabases();
  const { source, target } = databases;
  await seed(source.db, 1200);
  let later: Promise<unknown> | undefined;
  const begun = Promise.withResolvers<void>();
  await using other = new AsyncDisposableStack();
  // The earlier one does nothing more before the later one has begun.
  const earlier = other.adopt(
    hookedDb(target.url, { before: async () => void (later && (await begun.promise)) }),
    (db) => db.destroy(),
  );
  const meanwhile = atFirst('copying', 'sessions', () => {
    const handles = [source.connect(), target.connect()];
    const [from, to] = handles.map((handle) => other.adopt(handle, (db) => db.destroy()));
    if (!from || !to) return;
    later = copyDatabase(from, to, atFirst('copying', 'secrets', begun.resolve));
  });
  await expect(copyDatabase(source.db, earlier, meanwhile)).rejects.toThrow(
    'Another copy into the target has been started',
  );
  await later;
  expect(await contents(target.db)).toEqual(await contents(source.db));
});

test('a database that is somebody’s is given up only when that is asked for', async () => {
  await using databases = await twoDatabases();
  const { source, target } = databases;
  await seed(source.db, 3);
  await using third = freshFile();
  const other = third.connect();
  await seed(other, 600);
  await copyDatabase(other, target.db, quietly);
  const whole = await contents(target.db);
  await expect(copyDatabase(other, target.db, quietly)).rejects.toThrow(
    'is a complete copy of this service, and what has happened there since would be undone',
  );
  await expect(copyDatabase(source.db, target.db, quietly)).rejects.toThrow(
    'belongs to another service: it has 608 rows, 1 of them users.',
  );
  expect(await contents(target.db)).toEqual(whole);
  await migrate(target.db); // it has not been claimed either

  const replace = { ...quietly, replace: true };
  await copyDatabase(source.db, target.db, replace);
  expect(await contents(target.db)).toEqual(await contents(source.db));

  const first = { ...atFirst('copying', 'todos', cutOff), replace: true };
  await expect(copyDatabase(other, target.db, first)).rejects.toThrow('cut off');
  await expect(copyDatabase(source.db, target.db, quietly)).rejects.toThrow('another service');
  await copyDatabase(other, target.db, quietly);
  expect(await contents(target.db)).toEqual(whole);
  await other.destroy();
});

test('a target that was started once has a secret of its own, and is refused', async () => {
  await using databases = await twoDatabases();
  const { source, target } = databases;
  await seed(source.db);
  await migrate(target.db);
  await sharedSecret(target.db, 'cursor');
  await expect(copyDatabase(source.db, target.db, quietly)).rejects.toThrow('another service');
});

test('a source of another version is not copied', async () => {
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

test('it needs no more memory than a few batches', async () => {
  await using databases = await twoDatabases();
  const { source, target } = databases;
  await seed(source.db, 12_000, 'x'.repeat(2000)); // 24 MB
  const args = ['--from', source.url, '--to', target.url];
  const copied = await run('copy', args, { NODE_OPTIONS: '--max-old-space-size=32' });
  expect(copied).toMatchObject({ code: 0 });
});

const PASSWORDS = 'postgres://me:s3cret@127.0.0.1:1/x';
const ODD = 'postgres://me:1/s3cret@x'; // in whose place a slash has to be %2F

test.each([
  ['without a source', ['--to', 'sqlite:x'], /^npm run copy -- --from/],
  ['without a target', ['--from', 'sqlite:x'], /^npm run copy -- --from/],
  ['with a URL alone', ['--from', 'sqlite:x', '--to', 'sqlite:y', PASSWORDS], /^npm run copy/],
  ['from a file that is not there', ['--from', 'sqlite:x', '--to', 'sqlite:y'], /at x\n$/],
  ['from what is no URL', ['--from', 's3cret', '--to', 'sqlite:y'], /^--from must be sqlite:PATH/],
  ['to what is no URL', ['--from', 'sqlite:x', '--to', 'mysql://s3cret'], /^--to must be sqlite/],
  ['from nowhere', ['--from', PASSWORDS, '--to', 'sqlite:y'], /ECONNREFUSED 127.0.0.1:1\n$/],
  [
    'with a password that is spelt wrong',
    ['--from', ODD, '--to', 'sqlite:y'],
    /^From postgres:\/\/me:…@x\n/,
  ],
  ['from a URL for a file', ['--from', `sqlite:${PASSWORDS}`, '--to', 'sqlite:y'], /me:…@127/],
  ['with a mistyped option', [`--form=${PASSWORDS}`, '--to', 'sqlite:y'], /^Unknown option/],
])('a copy %s says so, and no password', async (_what, args, message) => {
  const { code, output } = await run('copy', args);
  expect(code).toBe(1);
  expect(output).toMatch(message);
  expect(output).not.toContain('    at ');
  expect(output).not.toContain('s3cret');
});

test('a copy into memory is none', async () => {
  await using database = freshFile();
  const db = database.connect();
  await seed(db);
  await db.destroy();
  const { code, output } = await run('copy', ['--from', database.url, '--to', 'sqlite::memory:']);
  expect({ code, output }).toEqual({ code: 1, output: '--to has to be a file\n' });
});

test('a row that the target does not take is named', async () => {
  await using databases = await twoDatabases();
  const { source, target } = databases;
  const userId = await seed(source.db, 700);
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
  const message = `The target does not take todos ["${id}"]: `;
  await expect(copyDatabase(source.db, target.db, quietly)).rejects.toThrow(message);
});
