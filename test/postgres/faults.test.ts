import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { Db } from '../../src/database/connect.ts';
import { transact } from '../../src/database/transaction.ts';
import { freshDatabase } from '../support/database.ts';
import { type Answer, BEHIND_PROXY, call, refresh } from '../support/http.ts';
import { startService, stoppedClock } from '../support/service.ts';
import { PASSWORD, pairOf, type SeededSession, seedSession, seedUser } from '../support/users.ts';
import { startProxy } from './proxy.ts';

// The network between the service and the database breaks, at each statement, before it has run or
// after. What can be retried is; the rest is 503, no session ends, and nothing is done twice.

function startOn(databaseUrl: string) {
  return startService({ ...BEHIND_PROXY, DATABASE_URL: databaseUrl }, { clock: stoppedClock() });
}

/** A service behind a network that a test can break. */
async function setUp() {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await freshDatabase());
  const proxy = stack.use(await startProxy(database.url));
  const service = stack.use(await startOn(proxy.url));
  /** A new user with a session. */
  const seed = async () => seedSession(service, await seedUser(service.db));
  const opened = stack.move();
  return { ...service, proxy, seed, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

const post = (url: string, access: string, key?: string) =>
  call(url, 'POST /todos', {
    access,
    body: { title: 'kept' },
    headers: key === undefined ? {} : { 'Idempotency-Key': key },
  });

async function countTodos(url: string, session: SeededSession): Promise<number> {
  return JSON.parse((await call(url, 'GET /todos', session)).text).length;
}

interface Operation {
  name: string;
  run(url: string, session: SeededSession): Promise<Answer>;
  /** What must hold when it was run, and once more after a 503. */
  verify?(url: string, session: SeededSession, answer: Answer): Promise<void>;
}

const reads = ['GET /todos', 'GET /auth/me', 'GET /auth/sessions'].map((route): Operation => {
  return { name: route, run: (url, session) => call(url, route, session) };
});

const writes: Operation[] = [
  {
    name: 'a refresh',
    run: (url, session) => refresh(url, session.refresh, 'key'),
    async verify(url, _session, answer) {
      pairOf(await refresh(url, pairOf(answer).refresh_token));
    },
  },
  {
    name: 'a logout',
    run: (url, session) => call(url, 'POST /auth/logout', session),
    async verify(url, session) {
      expect((await call(url, 'GET /auth/me', session)).status).toBe(401);
      expect((await refresh(url, session.refresh)).status).toBe(401);
    },
  },
  {
    name: 'POST /todos with an Idempotency-Key',
    run: (url, session) => post(url, session.access, 'key'),
    async verify(url, session, { status }) {
      expect(status).toBe(201);
      expect(await countTodos(url, session)).toBe(1);
    },
  },
];

describe.each(['before', 'after'] as const)('a connection that breaks %s a statement', (when) => {
  /**
   * Runs the operation again and again. The connection breaks at its first statement, then at its
   * second, and so on.
   * @returns how many statements it has, and at which of them the answer was 503
   */
  async function breakAtEach({ run, verify }: Operation) {
    await using service = await setUp();
    const { url, proxy, seed } = service;
    const failed: number[] = [];
    for (let at = 0; ; at += 1) {
      const session = await seed();
      proxy.breakAt(at, when);
      const answer = await run(url, session);
      if (!proxy.hasBroken()) return { statements: at, failed };
      if (answer.status === 503) {
        failed.push(at);
        expect(answer.headers.get('retry-after')).toBe('1');
      }
      await verify?.(url, session, answer.status === 503 ? await run(url, session) : answer);
    }
  }

  test.each(reads)('$name: each statement is run again', async (operation) => {
    const { statements, failed } = await breakAtEach(operation);
    expect(statements).toBeGreaterThan(1);
    expect(failed).toEqual([]);
  });

  test.each(writes)(
    '$name: each statement is run again, except the commit; then 503, and it can be sent again',
    async (operation) => {
      const { statements, failed } = await breakAtEach(operation);
      expect(statements).toBeGreaterThan(4);
      expect(failed).toEqual([statements - 1]);
    },
  );

  test('an insert outside of a transaction is not run again: 503', async () => {
    await using service = await setUp();
    const { url, proxy, seed } = service;
    const session = await seed();
    proxy.breakAt(1, when); // after the statement that authenticates
    expect((await post(url, session.access)).status).toBe(503);
    expect(await countTodos(url, session)).toBe(when === 'before' ? 0 : 1);
  });
});

test('idle connections that broke are replaced without an error', async () => {
  await using service = await setUp();
  const session = await service.seed();
  const askAll = () =>
    Promise.all(Array.from({ length: 20 }, () => call(service.url, 'GET /auth/me', session)));
  await askAll();
  service.proxy.cutAll();
  expect((await askAll()).map(({ status }) => status)).toEqual(Array(20).fill(200));
});

test('without a PostgreSQL server: 503, and requests succeed when it is back', async () => {
  await using service = await setUp();
  const { url, proxy, seed } = service;
  const session = await seed();
  proxy.refuse(true);
  const answers = [
    await call(url, 'GET /todos', session),
    await call(url, 'GET /readyz'),
    await refresh(url, session.refresh),
    await call(url, 'POST /auth/login', { body: { username: 'ada', password: PASSWORD } }),
    await call(url, 'POST /auth/logout', session),
  ];
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
  expect((await call(url, 'GET /healthz')).status).toBe(200);
  proxy.refuse(false);
  expect((await call(url, 'GET /readyz')).status).toBe(200);
  pairOf(await refresh(url, session.refresh));
});

test('a deadlock: the transaction that PostgreSQL aborts is run again', async () => {
  await using database = await freshDatabase();
  await using service = await startOn(database.url);
  const { db, url } = service;
  const { access } = await seedSession(service, await seedUser(db));
  const create = async () => JSON.parse((await post(url, access)).text).id;
  const [one, two] = [await create(), await create()];
  const touch = (trx: Db, id: string) =>
    trx.updateTable('todos').set({ done: 1 }).where('id', '=', id).execute();
  let attempts = 0;
  const bothHoldOne = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const touchBoth = (order: string[], index: number) =>
    transact(db, async (trx) => {
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
  await using database = await freshDatabase();
  await using admin = database.connect();
  const name = sql.id(new URL(database.url).pathname.slice(1));
  await sql`alter database ${name} set default_transaction_isolation = 'serializable'`.execute(
    admin,
  );
  await using first = await startOn(database.url);
  await using second = await startOn(database.url);
  const { rows } = await sql`show transaction_isolation`.execute(first.db);
  expect(rows).toEqual([{ transaction_isolation: 'serializable' }]);
  const session = await seedSession(first, await seedUser(first.db));
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => {
      const { url } = index % 2 === 0 ? first : second;
      return [refresh(url, session.refresh, 'key'), post(url, session.access, 'key')];
    }).flat(),
  );
  const statuses = new Set(answers.map(({ status }) => status));
  expect([...statuses].sort()).toEqual([200, 201]);
  const tokens = answers.filter(({ status }) => status === 200).map(pairOf);
  expect(new Set(tokens.map((pair) => pair.refresh_token)).size).toBe(1);
  expect(await countTodos(first.url, session)).toBe(1);
});
