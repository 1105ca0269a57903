import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Db } from '../../src/database/connect.ts';
import { transact } from '../../src/database/transaction.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { BEHIND_PROXY, call, refresh } from '../support/http.ts';
import { startService, stoppedClock } from '../support/service.ts';
import { pairOf, seedSession, seedUser } from '../support/users.ts';
import { startProxy } from './proxy.ts';

// The network between the service and the database breaks, at each kind of statement, before it has
// run or after. What can be retried is; the rest is 503, no session ends, and nothing is
// done twice.

let database: TestDatabase;
let proxy: Awaited<ReturnType<typeof startProxy>>;
let app: Awaited<ReturnType<typeof startService>>;
let ada: { userId: string; username: string };
let session: Awaited<ReturnType<typeof seedSession>>;
beforeAll(async () => {
  database = await freshDatabase();
  proxy = await startProxy(database.url);
  app = await startService({ ...BEHIND_PROXY, DATABASE_URL: proxy.url }, { clock: stoppedClock() });
  ada = { userId: await seedUser(app.db, 'ada'), username: 'ada' };
});
afterAll(async () => {
  await app.close();
  await proxy.close();
  await database[Symbol.asyncDispose]();
});
beforeEach(async () => {
  session = await seedSession(app.db, app.clock, ada);
});
afterEach(() => proxy.break(undefined));

const title = { title: 'kept' };
const post = (key?: string) =>
  call(app.url, 'POST /todos', {
    access: session.access,
    body: title,
    headers: key === undefined ? {} : { 'Idempotency-Key': key },
  });
const todosOf = async ({ access }: { access: string }) =>
  JSON.parse((await call(app.url, 'GET /todos', { access })).text).length;

describe('a statement in a transaction', () => {
  test.each(
    ['begin', 'update "sessions"', 'insert into "spent', 'select', 'insert into "audit'].flatMap(
      (statement) => [[statement, 'before'] as const, [statement, 'after'] as const],
    ),
  )('is run again when the connection breaks at %s, %s it has run', async (statement, when) => {
    proxy.break({ statement: new RegExp(`^${statement}`), when, times: 1 });
    const { refresh_token } = pairOf(await refresh(app.url, session.refresh));
    expect(proxy.hasStruck()).toBe(true);
    pairOf(await refresh(app.url, refresh_token));
  });

  test('is not retried for ever: 503', async () => {
    proxy.break({ statement: /^begin/, when: 'before', times: 100 });
    expect((await refresh(app.url, session.refresh)).status).toBe(503);
    proxy.break(undefined);
    pairOf(await refresh(app.url, session.refresh));
  });
});

describe('a connection that breaks at the commit: 503, and', () => {
  test.each(['before', 'after'] as const)('a refresh can be sent again (%s)', async (when) => {
    proxy.break({ statement: /^commit/, when, times: 1 });
    const lost = await refresh(app.url, session.refresh, 'key');
    expect(lost.status).toBe(503);
    expect(lost.headers.get('retry-after')).toBe('1');
    const { refresh_token } = pairOf(await refresh(app.url, session.refresh, 'key'));
    pairOf(await refresh(app.url, refresh_token));
  });

  test.each(['before', 'after'] as const)(
    'a todo is created once when it is sent again (%s)',
    async (when) => {
      const before = await todosOf(session);
      proxy.break({ statement: /^commit/, when, times: 1 });
      const key = `key-${when}`;
      expect((await post(key)).status).toBe(503);
      expect((await post(key)).status).toBe(201);
      expect(await todosOf(session)).toBe(before + 1);
    },
  );

  test('a logout has taken effect', async () => {
    proxy.break({ statement: /^commit/, when: 'after', times: 1 });
    expect((await call(app.url, 'POST /auth/logout', session)).status).toBe(503);
    expect((await call(app.url, 'GET /auth/me', session)).status).toBe(401);
    expect((await refresh(app.url, session.refresh)).status).toBe(401);
  });
});

describe('a statement outside of a transaction, when the connection breaks', () => {
  test.each(['before', 'after'] as const)('that reads is run again (%s)', async (when) => {
    for (const route of ['GET /todos', 'GET /auth/me', 'GET /auth/sessions', 'GET /readyz']) {
      proxy.break({ statement: /^select/, when, times: 2 });
      expect([route, (await call(app.url, route, session)).status]).toEqual([route, 200]);
      expect(proxy.hasStruck()).toBe(true);
    }
  });

  test.each([
    ['before', 0],
    ['after', 1],
  ] as const)('that writes is not run again (%s): 503', async (when, made) => {
    const before = await todosOf(session);
    proxy.break({ statement: /^insert into "todos"/, when, times: 1 });
    expect((await post()).status).toBe(503);
    expect(await todosOf(session)).toBe(before + made);
  });
});

test('idle connections that broke are replaced without an error', async () => {
  await Promise.all(Array.from({ length: 20 }, () => todosOf(session)));
  proxy.cutAll();
  const answers = Array.from({ length: 20 }, () => call(app.url, 'GET /auth/me', session));
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(20).fill(200));
});

test('without a PostgreSQL server: 503, and requests succeed when it is back', async () => {
  proxy.refuse(true);
  const login = { body: { username: 'ada', password: 'correct horse battery staple' } };
  const answers = [
    await call(app.url, 'GET /todos', session),
    await call(app.url, 'GET /readyz'),
    await refresh(app.url, session.refresh),
    await call(app.url, 'POST /auth/login', login),
    await call(app.url, 'POST /auth/logout', session),
  ];
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
  expect((await call(app.url, 'GET /healthz')).status).toBe(200);
  proxy.refuse(false);
  expect((await call(app.url, 'GET /readyz')).status).toBe(200);
  pairOf(await refresh(app.url, session.refresh));
});

test('a deadlock: the transaction that PostgreSQL aborts is run again', async () => {
  const [one = '', two = ''] = await Promise.all(
    ['one', 'two'].map(async () => JSON.parse((await post()).text).id),
  );
  const touch = (trx: Db, id: string) =>
    trx.updateTable('todos').set({ done: 1 }).where('id', '=', id).execute();
  let attempts = 0;
  const bothHoldOne = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const touchBoth = (order: string[], index: number) =>
    transact(app.db, async (trx) => {
      attempts += 1;
      await touch(trx, order[0] ?? '');
      bothHoldOne[index]?.resolve();
      await Promise.all(bothHoldOne.map(({ promise }) => promise));
      await touch(trx, order[1] ?? '');
    });
  await Promise.all([touchBoth([one, two], 0), touchBoth([two, one], 1)]);
  expect(attempts).toBeGreaterThan(2);
});

test('on a serializable database conflicts are retried, and no client sees them', async () => {
  await using strict = await freshDatabase();
  const name = new URL(strict.url).pathname.slice(1);
  const db = strict.connect();
  await sql
    .raw(`alter database ${name} set default_transaction_isolation = 'serializable'`)
    .execute(db);
  await db.destroy();
  const nodes = await Promise.all([
    startService({ ...BEHIND_PROXY, DATABASE_URL: strict.url }, { clock: stoppedClock() }),
    startService({ ...BEHIND_PROXY, DATABASE_URL: strict.url }, { clock: stoppedClock() }),
  ]);
  const [first] = nodes;
  const { rows } = await sql<{ transaction_isolation: string }>`show transaction_isolation`.execute(
    first.db,
  );
  expect(rows).toEqual([{ transaction_isolation: 'serializable' }]);
  const bob = { userId: await seedUser(first.db, 'bob'), username: 'bob' };
  const { access, refresh: token } = await seedSession(first.db, first.clock, bob);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => [
      refresh(nodes[index % 2]?.url ?? '', token, 'key'),
      call(nodes[index % 2]?.url ?? '', 'POST /todos', {
        access,
        body: title,
        headers: { 'Idempotency-Key': 'key' },
      }),
    ]).flat(),
  );
  const statuses = new Set(answers.map(({ status }) => status));
  expect([...statuses].sort()).toEqual([200, 201]);
  const tokens = answers.filter(({ status }) => status === 200).map(pairOf);
  expect(new Set(tokens.map((pair) => pair.refresh_token)).size).toBe(1);
  const todos = await call(first.url, 'GET /todos', { access });
  expect(JSON.parse(todos.text)).toHaveLength(1);
  await Promise.all(nodes.map((node) => node.close()));
});
