import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { audit } from '../../src/auth/audit.ts';
import { refreshSession } from '../../src/auth/refresh.ts';
import type { Clock } from '../../src/clock.ts';
import type { Db } from '../../src/database/connect.ts';
import { migrate } from '../../src/database/migrate.ts';
import { freshDatabase } from '../engine.ts';
import {
  type AuthApp,
  hookedDb,
  LIFETIMES,
  manualClock,
  pairOf,
  refresh,
  seedSession,
  seedUser,
  startAuth,
} from './setup.ts';
import { openWire, refreshRequest } from './wire.ts';

// What counts as having arrived before an answer was out, and what does not.

let app: AuthApp;
let ada: { userId: string; username: string };
let session: Awaited<ReturnType<typeof seedSession>>;
beforeAll(async () => {
  app = await startAuth();
  ada = { userId: await seedUser(app.db, 'ada'), username: 'ada' };
});
afterAll(() => app.close());
beforeEach(async () => {
  session = await seedSession(app.db, app.clock, ada);
});

async function expectOut(successor: string) {
  const row = await app.db
    .selectFrom('sessions')
    .select('revoke_reason')
    .where('id', '=', session.id)
    .executeTakeFirst();
  expect(row).toEqual({ revoke_reason: 'reuse' });
  expect((await refresh(app.url, successor)).status).toBe(401);
}

test('a request whose body trickles in has arrived with its last byte', async () => {
  const thief = await openWire(app.url);
  const text = refreshRequest(session.refresh);
  thief.socket.write(text.slice(0, -1));
  const { refresh_token } = pairOf(await refresh(app.url, session.refresh));
  const answer = thief.answer();
  thief.socket.write(text.slice(-1));
  expect((await answer).status).toBe(401);
  await expectOut(refresh_token);
  thief.socket.destroy();
});

test('also with the token in a header that came long before', async () => {
  const thief = await openWire(app.url);
  const text = refreshRequest(session.refresh, { inHeader: true });
  thief.socket.write(text.slice(0, -1));
  const { refresh_token } = pairOf(await refresh(app.url, session.refresh));
  const answer = thief.answer();
  thief.socket.write(text.slice(-1));
  expect((await answer).status).toBeGreaterThanOrEqual(400);
  pairOf(await refresh(app.url, refresh_token)); // an empty body is refused by its schema
  thief.socket.destroy();
});

test('two requests in one packet on one connection arrive together', async () => {
  const wire = await openWire(app.url);
  app.clock.hold();
  const answers = [wire.answer(), wire.answer()];
  wire.socket.write(refreshRequest(session.refresh) + refreshRequest(session.refresh));
  await app.clock.held(2);
  app.clock.release();
  const [one, two] = (await Promise.all(answers)).map(pairOf);
  expect(two?.refresh_token).toBe(one?.refresh_token);
  pairOf(await refresh(app.url, one?.refresh_token ?? ''));
  wire.socket.destroy();
});

test('a pipelined request that follows the answer is a replay', async () => {
  const wire = await openWire(app.url);
  const first = wire.answer();
  wire.socket.write(refreshRequest(session.refresh));
  const { refresh_token } = pairOf(await first);
  const second = wire.answer();
  wire.socket.write(refreshRequest(session.refresh));
  expect((await second).status).toBe(401);
  await expectOut(refresh_token);
  wire.socket.destroy();
});

test('a retry that comes after the connection died', async () => {
  const wire = await openWire(app.url);
  app.clock.hold();
  wire.socket.write(refreshRequest(session.refresh, { key: 'key' }));
  await app.clock.held(1); // the refresh is committed, its answer held back
  wire.socket.destroy();
  app.clock.release();
  const { refresh_token } = pairOf(await refresh(app.url, session.refresh, 'key'));
  expect(pairOf(await refresh(app.url, session.refresh, 'key')).refresh_token).toBe(refresh_token);
  pairOf(await refresh(app.url, refresh_token));
});

test.each([
  ['ten seconds ahead', 10],
  ['an hour ahead', 3600],
])('a stamp of a clock %s excuses no replay', async (_what, seconds) => {
  const { refresh_token } = pairOf(await refresh(app.url, session.refresh));
  await app.db
    .updateTable('sessions')
    .set({ spent_stamp: app.clock.stamp() + seconds * 1_000_000 })
    .where('id', '=', session.id)
    .execute();
  expect((await refresh(app.url, session.refresh)).status).toBe(401);
  await expectOut(refresh_token);
});

/** What comes of a refresh that arrives now, at a process whose database that is. */
function presented(db: Db, clock: Clock, token: string) {
  return refreshSession(
    { db, clock, lifetimes: LIFETIMES, audit },
    {
      token,
      idempotencyKey: undefined,
      context: { requestId: '', address: '', userAgent: '', arrivedAt: clock.stamp() },
    },
  );
}

test('who finds the token current while another process commits slowly is no replay', async () => {
  await using database = await freshDatabase();
  const clock = manualClock();
  const commits = { reached: Promise.withResolvers<void>(), go: Promise.withResolvers<void>() };
  const begins = { reached: Promise.withResolvers<void>(), go: Promise.withResolvers<void>() };
  const plain = hookedDb(database.url, {});
  await migrate(plain);
  const slow = hookedDb(database.url, {
    async before(sql) {
      if (sql !== 'commit') return;
      commits.reached.resolve();
      await commits.go.promise;
    },
  });
  const other = hookedDb(database.url, {
    async before(sql) {
      if (sql !== 'begin') return;
      begins.reached.resolve();
      await begins.go.promise;
    },
  });
  const user = { userId: await seedUser(plain, 'ada'), username: 'ada' };
  const { refresh: token } = await seedSession(plain, clock, user);
  const present = (db: Db) => presented(db, clock, token);

  const first = present(slow);
  await commits.reached.promise;
  clock.tick(60_000);
  const second = present(other);
  await begins.reached.promise;
  commits.go.resolve();
  const one = await first;
  begins.go.resolve();
  expect((await second)?.grant.refreshToken).toBe(one?.grant.refreshToken);

  await Promise.all([plain.destroy(), slow.destroy(), other.destroy()]);
});

test('who arrives while the commit blocks the process is no replay', async () => {
  await using database = await freshDatabase();
  const clock = manualClock();
  const second = Promise.withResolvers<ReturnType<typeof refreshSession>>();
  let blocks = 0;
  const db = hookedDb(database.url, {
    async before(sql) {
      if (sql !== 'commit' || blocks === 0) return;
      blocks -= 1;
      clock.tick(60_000);
      // What arrived meanwhile is read in the next turn, after the commit.
      if (blocks === 1) setImmediate(() => second.resolve(present()));
    },
  });
  await migrate(db);
  const user = { userId: await seedUser(db, 'ada'), username: 'ada' };
  const { refresh: token } = await seedSession(db, clock, user);
  const present = () => presented(db, clock, token);

  blocks = 2; // the commit of the rotation, and that of its postponement if that has one
  const one = await present();
  const two = await await second.promise;
  expect(two?.grant.refreshToken).toBe(one?.grant.refreshToken);
  await db.destroy();
});

test('who arrives before a late answer of another process has said that it is late is no replay', async () => {
  await using database = await freshDatabase();
  const clock = manualClock();
  const postponing = { reached: Promise.withResolvers<void>(), go: Promise.withResolvers<void>() };
  const slow = hookedDb(database.url, {
    async before(sql) {
      if (sql === 'commit') clock.tick(60_000);
      if (!sql.startsWith('update "sessions" set "spent_stamp"')) return;
      postponing.reached.resolve();
      await postponing.go.promise;
    },
  });
  const other = hookedDb(database.url, {});
  await migrate(other);
  const user = { userId: await seedUser(other, 'ada'), username: 'ada' };
  const { refresh: token } = await seedSession(other, clock, user);
  const present = (db: Db) => presented(db, clock, token);

  const first = present(slow);
  await postponing.reached.promise;
  clock.hold();
  const second = present(other);
  await clock.held(1); // it waits for the first one to say how late it is
  postponing.go.resolve();
  await clock.held(2);
  clock.release();
  expect((await second)?.grant.refreshToken).toBe((await first)?.grant.refreshToken);
  await Promise.all([slow.destroy(), other.destroy()]);
});
