import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import type * as passwords from '../../src/auth/password.ts';
import { hashPassword } from '../../src/auth/password.ts';
import { readConfig } from '../../src/config.ts';
import type { Db } from '../../src/database/connect.ts';
import { migrate } from '../../src/database/migrate.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { createRequestQueues } from '../../src/request-queues.ts';
import { createHttpServer } from '../../src/server/http-server.ts';
import {
  databaseError,
  ENGINE,
  FAULTS,
  freshDatabase,
  type TestDatabase,
} from '../support/database.ts';
import { hookedDb } from '../support/database-faults.ts';
import { type Answer, BEHIND_PROXY, call, refresh } from '../support/http.ts';
import { startService, stoppedClock } from '../support/service.ts';
import { pairOf, seedSession, seedUser, TOKENS } from '../support/users.ts';

// Each statement of each operation fails: before it ran, after it ran, and at the commit also after
// it held. The answer is 503, nothing is half done, and the same request again comes through.

const PASSWORD = 'correct horse battery staple';
const NEW_PASSWORD = 'another long sentence';

// What a password costs is of no interest here.
vi.mock('../../src/auth/password.ts', async (original) => ({
  ...(await original<typeof passwords>()),
  hashPassword: async (password: string) => `hash of ${password}`,
  verifyPassword: async (password: string, hash: string) => hash === `hash of ${password}`,
  needsRehash: () => false,
}));

/** What the next statements meet. */
const fault = {
  at: Number.POSITIVE_INFINITY,
  when: 'before' as 'before' | 'after',
  code: FAULTS.outages[0] as string,
  seen: [] as string[],
};
const strike = (sql: string, when: 'before' | 'after') => {
  if (when === 'before') fault.seen.push(sql);
  if (fault.seen.length - 1 !== fault.at || fault.when !== when) return;
  fault.at = Number.POSITIVE_INFINITY;
  throw databaseError(fault.code, 'of the test');
};

const clock = stoppedClock();
const ada = { userId: '', username: 'ada' };
let passwordHash: string;
let database: TestDatabase;
let db: Db;
let server: Server;
let url: string;
beforeAll(async () => {
  database = await freshDatabase();
  db = hookedDb(database.url, {
    before: (sql) => strike(sql, 'before'),
    after: (sql) => strike(sql, 'after'),
  });
  await migrate(db);
  ada.userId = await seedUser(db, ada.username);
  passwordHash = await hashPassword(PASSWORD);
  const config = readConfig(BEHIND_PROXY);
  const logger = createLogger('silent');
  const queues = createRequestQueues(config);
  const metrics = createMetrics(() => undefined, { ...queues });
  const isClosing = () => false;
  server = createHttpServer(
    await createApp({ config, db, keys: TOKENS.keys, logger, clock, metrics, queues, isClosing }),
    {},
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await db.destroy();
  await database[Symbol.asyncDispose]();
});

type Session = Awaited<ReturnType<typeof seedSession>>;

interface Operation {
  name: string;
  /** Brings a new session to where the operation starts. */
  prepare?(session: Session): Promise<unknown>;
  run(session: Session): Promise<Answer>;
  /** What the client hears when it worked. */
  done: number;
  /** What it hears when it asks again after a commit that it never heard of. */
  doneBefore: number;
  /** What must hold in the end, faults or not. */
  verify?(session: Session, answer: Answer): Promise<void>;
}

async function worksOn(_session: Session, answer: Answer) {
  const { access_token: access, refresh_token } = pairOf(answer);
  expect((await call(url, 'GET /auth/me', { access })).status).toBe(200);
  pairOf(await refresh(url, refresh_token));
}

async function isOut({ access, id }: Session) {
  expect((await call(url, 'GET /auth/me', { access })).status).toBe(401);
  const row = db.selectFrom('sessions').select('revoked_at').where('id', '=', id);
  expect(await row.executeTakeFirst()).toEqual({ revoked_at: clock.now() });
}

const operations: Operation[] = [
  {
    name: 'login',
    run: () => call(url, 'POST /auth/login', { body: { username: 'ada', password: PASSWORD } }),
    done: 200,
    doneBefore: 200,
    verify: worksOn,
  },
  {
    name: 'refresh',
    run: (session) => refresh(url, session.refresh, `key-of-${session.id}`),
    done: 200,
    doneBefore: 200,
    verify: worksOn,
  },
  {
    name: 'retry with the Idempotency-Key',
    prepare: (session) => refresh(url, session.refresh, `key-of-${session.id}`),
    run: (session) => refresh(url, session.refresh, `key-of-${session.id}`),
    done: 200,
    doneBefore: 200,
    verify: worksOn,
  },
  {
    name: 'refresh within the reuse leeway',
    prepare: (session) => refresh(url, session.refresh),
    run: (session) => refresh(url, session.refresh),
    done: 200,
    doneBefore: 200,
    verify: worksOn,
  },
  {
    name: 'reuse of a spent token',
    async prepare(session) {
      await refresh(url, session.refresh);
      clock.advance(11);
    },
    run: (session) => refresh(url, session.refresh),
    done: 401,
    doneBefore: 401,
    verify: isOut,
  },
  {
    name: 'logout',
    run: (session) =>
      call(url, 'POST /auth/logout', {
        access: session.access,
        body: { refresh_token: session.refresh },
      }),
    done: 200,
    doneBefore: 401,
    verify: isOut,
  },
  {
    name: 'the end of one',
    run: ({ id, access }) => call(url, `DELETE /auth/sessions/${id}`, { access }),
    done: 204,
    doneBefore: 401,
    verify: isOut,
  },
  {
    name: 'the end of all',
    run: ({ access }) => call(url, 'DELETE /auth/sessions', { access }),
    done: 204,
    doneBefore: 401,
    verify: isOut,
  },
  {
    name: 'a new password',
    run: ({ access }) =>
      call(url, 'PUT /auth/password', {
        access,
        body: { current_password: PASSWORD, new_password: NEW_PASSWORD },
      }),
    done: 204,
    doneBefore: 403,
  },
];

async function prepared(operation: Operation): Promise<Session> {
  await db.updateTable('users').set({ password_hash: passwordHash }).execute();
  await db.deleteFrom('sessions').execute();
  await db.deleteFrom('rate_limits').execute();
  const session = await seedSession(db, clock, ada);
  await operation.prepare?.(session);
  return session;
}

/** All that an operation may change, except the audit log and the counters. */
async function state() {
  const sessions = await db.selectFrom('sessions').selectAll().orderBy('id').execute();
  const spent = await db.selectFrom('spent_refresh_tokens').selectAll().execute();
  const users = await db.selectFrom('users').selectAll().execute();
  return { sessions, spent, users };
}

async function struck(
  operation: Operation,
  session: Session,
  at: number,
  when: 'before' | 'after',
  code: string,
): Promise<{ answer: Answer; sql: string; hasStruck: boolean }> {
  Object.assign(fault, { seen: [], at, when, code });
  const answer = await operation.run(session);
  const hasStruck = fault.at !== at;
  fault.at = Number.POSITIVE_INFINITY;
  return { answer, sql: fault.seen[at] ?? '', hasStruck };
}

describe.each(operations)('$name', (operation) => {
  test.each(['before', 'after'] as const)(
    'any statement fails %s it ran: 503, nothing is half done, and a retry succeeds',
    async (when) => {
      for (let at = 0; ; at += 1) {
        const session = await prepared(operation);
        const before = await state();
        const { answer, sql, hasStruck } = await struck(
          operation,
          session,
          at,
          when,
          FAULTS.outages[0],
        );
        if (!hasStruck) {
          expect(answer.status).toBe(operation.done);
          expect(at).toBeGreaterThan(2);
          return;
        }
        // A `begin` that took effect and said that it failed is no fault that an engine has.
        if (sql === 'begin' && when === 'after') {
          await sqlRollback();
          continue;
        }
        const where = `${when} ${at}: ${sql}`;
        expect(answer.status, where).toBe(503);
        expect(answer.headers.get('retry-after'), where).toMatch(/^[1-9]/);
        expect(answer.text, where).not.toContain('of the test');
        const now = await state();
        const hasHeld = !isDeepStrictEqual(now, before);
        const ran = fault.seen.slice(0, when === 'before' ? at : at + 1);
        if (hasHeld) expect(ran, where).toContain('commit');
        const again = await operation.run(session);
        expect(again.status, where).toBe(hasHeld ? operation.doneBefore : operation.done);
        await operation.verify?.(session, again);
      }
    },
  );

  test('a serialization conflict in a transaction: it is run again', async () => {
    for (let at = 0; ; at += 1) {
      const session = await prepared(operation);
      const { answer, hasStruck } = await struck(
        operation,
        session,
        at,
        'before',
        FAULTS.contention,
      );
      const before = fault.seen.slice(0, at + 1);
      const isInside = before.lastIndexOf('begin') > before.slice(0, -1).lastIndexOf('commit');
      const isDone = isInside || !hasStruck;
      expect(answer.status, before.join('\n')).toBe(isDone ? operation.done : 503);
      if (isDone) await operation.verify?.(session, answer);
      if (!hasStruck) return;
    }
  });
});

async function sqlRollback() {
  await sql`rollback`.execute(db).catch(() => undefined);
}

test.runIf(ENGINE === 'sqlite')(
  'a full disk: refresh is answered with 503, and works again when there is room',
  async () => {
    const app = await startService(BEHIND_PROXY, { clock: stoppedClock() });
    const user = { userId: await seedUser(app.db, 'ada'), username: 'ada' };
    const session = await seedSession(app.db, app.clock, user);
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(app.db);
    await sql.raw(`pragma max_page_count = ${(rows[0]?.page_count ?? 0) + 1}`).execute(app.db);
    let { refresh: token } = session;
    const statuses = new Set<number>();
    for (let used = 0; used < 200 && !statuses.has(503); used += 1) {
      const answer = await refresh(app.url, token);
      statuses.add(answer.status);
      if (answer.status === 200) token = pairOf(answer).refresh_token;
    }
    expect([...statuses]).toEqual([200, 503]);
    expect((await call(app.url, 'GET /auth/me', session)).status).toBe(200);
    await sql`pragma max_page_count = 100000`.execute(app.db);
    pairOf(await refresh(app.url, token));
    await app.close();
  },
);

test('a database that is closed: 503 for every token and password, good or bad', async () => {
  const app = await startService(BEHIND_PROXY, { clock: stoppedClock() });
  const user = { userId: await seedUser(app.db, 'ada'), username: 'ada' };
  const { access, refresh: token } = await seedSession(app.db, app.clock, user);
  await app.db.destroy();
  const answers = [
    await refresh(app.url, token),
    await refresh(app.url, 'junk'),
    await call(app.url, 'GET /auth/me', { access }),
    await call(app.url, 'POST /auth/logout', { access }),
    await call(app.url, 'POST /auth/login', { body: { username: 'ada', password: PASSWORD } }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
  await app.close();
});
