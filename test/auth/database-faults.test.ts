import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import { describe, expect, test, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import type * as passwords from '../../src/auth/password.ts';
import { hashPassword } from '../../src/auth/password.ts';
import { readConfig } from '../../src/config.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { createRequestQueues } from '../../src/request-queues.ts';
import { createHttpServer, listen } from '../../src/server/http-server.ts';
import { databaseError, ENGINE, FAULTS } from '../support/database.ts';
import { migratedDatabase, type Statement } from '../support/database-faults.ts';
import { type Answer, BEHIND_PROXY, call, refresh } from '../support/http.ts';
import { disposeAfterAll, startService, stoppedClock } from '../support/service.ts';
import {
  PASSWORD,
  pairOf,
  type SeededSession,
  seedSession,
  seedUser,
  TOKENS,
} from '../support/users.ts';

// Each statement of each operation fails: before it ran, after it ran, and at the commit also after
// it held. The answer is 503, nothing is half done, and the same request again comes through.

// What a password costs is of no interest here.
vi.mock('../../src/auth/password.ts', async (original) => ({
  ...(await original<typeof passwords>()),
  hashPassword: async (password: string) => `hash of ${password}`,
  verifyPassword: async (password: string, hash: string) => hash === `hash of ${password}`,
  needsRehash: () => false,
}));

type When = 'before' | 'after';

/** The statement that fails, by its position among those that have been seen. */
const fault = {
  at: Number.POSITIVE_INFINITY,
  when: 'before' as When,
  code: '',
  seen: [] as Statement[],
};

function failAtFault(when: When): void {
  if (fault.seen.length - 1 !== fault.at || fault.when !== when) return;
  fault.at = Number.POSITIVE_INFINITY;
  throw databaseError(fault.code, 'of the test');
}

const clock = stoppedClock();
const { db } = disposeAfterAll(
  await migratedDatabase({
    before(statement) {
      fault.seen.push(statement);
      failAtFault('before');
    },
    after: () => failAtFault('after'),
  }),
);
const passwordHash = await hashPassword(PASSWORD);
const ada = await seedUser(db, { username: 'ada', passwordHash });
const { url } = disposeAfterAll(await serveApp());

/** The service without its retention job, whose statements would count. */
async function serveApp() {
  const config = readConfig(BEHIND_PROXY);
  const logger = createLogger('silent');
  const queues = createRequestQueues(config);
  const metrics = createMetrics(() => undefined, { ...queues });
  const isClosing = () => false;
  const { keys } = TOKENS;
  const app = await createApp({ config, db, keys, logger, clock, metrics, queues, isClosing });
  const server = createHttpServer(app, {});
  return listen(server, { host: '127.0.0.1', port: 0, shutdownTimeout: 1_000 });
}

interface Operation {
  name: string;
  /** Brings a new session to where the operation starts. */
  prepare?(session: SeededSession): Promise<unknown>;
  run(session: SeededSession): Promise<Answer>;
  /** What the client hears when it worked. */
  done: number;
  /** What it hears when it asks again after a commit that it never heard of. */
  doneBefore: number;
  /** What must hold in the end, faults or not. */
  verify?(session: SeededSession, answer: Answer): Promise<void>;
}

async function worksOn(_session: SeededSession, answer: Answer) {
  const { access_token: access, refresh_token } = pairOf(answer);
  expect((await call(url, 'GET /auth/me', { access })).status).toBe(200);
  pairOf(await refresh(url, refresh_token));
}

async function isOut({ access, id }: SeededSession) {
  expect((await call(url, 'GET /auth/me', { access })).status).toBe(401);
  const row = db.selectFrom('sessions').select('revoked_at').where('id', '=', id);
  expect(await row.executeTakeFirst()).toEqual({ revoked_at: clock.now() });
}

const refreshFirst = (session: SeededSession) => refresh(url, session.refresh);
const refreshWithKey = ({ id, refresh: token }: SeededSession) => refresh(url, token, `of-${id}`);
const login = { body: { username: 'ada', password: PASSWORD } };
const change = { current_password: PASSWORD, new_password: 'another long sentence' };
const GIVES_TOKENS = { done: 200, doneBefore: 200, verify: worksOn };
const ENDS_SESSION = { doneBefore: 401, verify: isOut };

const operations: Operation[] = [
  { name: 'login', run: () => call(url, 'POST /auth/login', login), ...GIVES_TOKENS },
  { name: 'refresh', run: refreshWithKey, ...GIVES_TOKENS },
  {
    name: 'retry with the Idempotency-Key',
    prepare: refreshWithKey,
    run: refreshWithKey,
    ...GIVES_TOKENS,
  },
  {
    name: 'refresh within the reuse leeway',
    prepare: refreshFirst,
    run: refreshFirst,
    ...GIVES_TOKENS,
  },
  {
    name: 'reuse of a spent token',
    async prepare(session) {
      await refreshFirst(session);
      clock.advance(11);
    },
    run: refreshFirst,
    done: 401,
    ...ENDS_SESSION,
  },
  {
    name: 'logout',
    run: ({ access, refresh: refresh_token }) =>
      call(url, 'POST /auth/logout', { access, body: { refresh_token } }),
    done: 200,
    ...ENDS_SESSION,
  },
  {
    name: 'the end of one',
    run: ({ id, access }) => call(url, `DELETE /auth/sessions/${id}`, { access }),
    done: 204,
    ...ENDS_SESSION,
  },
  {
    name: 'the end of all',
    run: ({ access }) => call(url, 'DELETE /auth/sessions', { access }),
    done: 204,
    ...ENDS_SESSION,
  },
  {
    name: 'a new password',
    run: ({ access }) => call(url, 'PUT /auth/password', { access, body: change }),
    done: 204,
    doneBefore: 403,
  },
];

async function prepare(operation: Operation): Promise<SeededSession> {
  await db.updateTable('users').set({ password_hash: passwordHash }).execute();
  await db.deleteFrom('sessions').execute();
  await db.deleteFrom('rate_limits').execute();
  const session = await seedSession({ db, clock }, ada);
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

/** Runs an operation whose statement number `at` fails, if it has so many. */
async function runWithFault(
  operation: Operation,
  session: SeededSession,
  next: Pick<typeof fault, 'at' | 'when' | 'code'>,
) {
  Object.assign(fault, { ...next, seen: [] });
  const answer = await operation.run(session);
  const hasFailed = fault.at !== next.at;
  fault.at = Number.POSITIVE_INFINITY;
  return { answer, hasFailed, seen: [...fault.seen] };
}

describe.each(operations)('$name', (operation) => {
  test.each(['before', 'after'] as const)(
    'any statement fails %s it ran: 503, nothing is half done, and a retry succeeds',
    async (when) => {
      for (let at = 0; ; at += 1) {
        const session = await prepare(operation);
        const before = await state();
        const next = { at, when, code: FAULTS.outages[0] };
        const { answer, hasFailed, seen } = await runWithFault(operation, session, next);
        if (!hasFailed) {
          expect(answer.status).toBe(operation.done);
          expect(at).toBeGreaterThan(2);
          return;
        }
        // A `begin` that took effect and said that it failed is no fault that an engine has.
        if (seen[at] === 'begin' && when === 'after') {
          await sql`rollback`.execute(db).catch(() => undefined);
          continue;
        }
        const where = `${when} ${at}: ${seen.join(', ')}`;
        expect(answer.status, where).toBe(503);
        expect(answer.headers.get('retry-after'), where).toMatch(/^[1-9]/);
        expect(answer.text, where).not.toContain('of the test');
        const hasHeld = !isDeepStrictEqual(await state(), before);
        const ran = seen.slice(0, when === 'before' ? at : at + 1);
        if (hasHeld) expect(ran, where).toContain('commit');
        const again = await operation.run(session);
        expect(again.status, where).toBe(hasHeld ? operation.doneBefore : operation.done);
        await operation.verify?.(session, again);
      }
    },
  );

  test('a serialization conflict in a transaction: it is run again', async () => {
    for (let at = 0; ; at += 1) {
      const session = await prepare(operation);
      const next = { at, when: 'before', code: FAULTS.contention } as const;
      const { answer, hasFailed, seen } = await runWithFault(operation, session, next);
      const lastBegin = seen.lastIndexOf('begin', at);
      const isInside = lastBegin > seen.slice(0, at).lastIndexOf('commit');
      const isDone = isInside || !hasFailed;
      expect(answer.status, seen.join(', ')).toBe(isDone ? operation.done : 503);
      if (isDone) await operation.verify?.(session, answer);
      if (!hasFailed) return;
    }
  });
});

async function serviceWithSession() {
  const service = await startService(BEHIND_PROXY, { clock: stoppedClock() });
  const session = await seedSession(service, await seedUser(service.db, { username: 'ada' }));
  return { ...service, session };
}

test.runIf(ENGINE === 'sqlite')(
  'a full disk: refresh is answered with 503, and works again when there is room',
  async () => {
    await using service = await serviceWithSession();
    const { db, url, session } = service;
    const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db);
    await sql.raw(`pragma max_page_count = ${(rows[0]?.page_count ?? 0) + 1}`).execute(db);
    let { refresh: token } = session;
    const statuses = new Set<number>();
    for (let used = 0; used < 200 && !statuses.has(503); used += 1) {
      const answer = await refresh(url, token);
      statuses.add(answer.status);
      if (answer.status === 200) token = pairOf(answer).refresh_token;
    }
    expect([...statuses]).toEqual([200, 503]);
    expect((await call(url, 'GET /auth/me', session)).status).toBe(200);
    await sql`pragma max_page_count = 100000`.execute(db);
    pairOf(await refresh(url, token));
  },
);

test('a database that is closed: 503 for every token and password, good or bad', async () => {
  await using service = await serviceWithSession();
  const { db, url, session } = service;
  await db.destroy();
  const answers = [
    await refresh(url, session.refresh),
    await refresh(url, 'junk'),
    await call(url, 'GET /auth/me', session),
    await call(url, 'POST /auth/logout', session),
    await call(url, 'POST /auth/login', login),
  ];
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
});
