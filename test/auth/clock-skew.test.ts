import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Db } from '../../src/database/connect.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { BEHIND_PROXY, call, refresh } from '../support/http.ts';
import {
  runningClock,
  startService,
  type TestClock,
  type TestService,
} from '../support/service.ts';
import { pairOf, seedSession, seedUser } from '../support/users.ts';

// Two processes on one database, the clock of one of them stepped by an hour. The leeway goes by the
// database's clock: nothing honest is rejected, nothing is forgiven for longer than the leeway.

const HOUR_S = 3600;

/** A clock that differs from that of the database, which is right. */
function clockOfProcess(seconds: number): TestClock {
  const clock = runningClock();
  clock.advance(seconds);
  return { ...clock, databaseNow: systemClock.databaseNow };
}

describe.each([
  ['forward', HOUR_S],
  ['back', -HOUR_S],
])('two processes, the clock of one is set %s by an hour', (_direction, step) => {
  let database: TestDatabase;
  let right: TestService;
  let stepped: TestService;
  let db: Db;
  let ada: { userId: string; username: string };
  beforeAll(async () => {
    database = await freshDatabase();
    const variables = { ...BEHIND_PROXY, DATABASE_URL: database.url };
    right = await startService(variables, { clock: clockOfProcess(0) });
    stepped = await startService(variables, { clock: clockOfProcess(step) });
    db = right.db;
    ada = { userId: await seedUser(db, 'ada'), username: 'ada' };
  });
  afterAll(async () => {
    await Promise.all([right.close(), stepped.close()]);
    await database[Symbol.asyncDispose]();
  });

  /** As if the last rotation of the session had been so many seconds earlier. */
  async function age(id: string, seconds: number) {
    await db
      .updateTable('sessions')
      .set({ spent_at: sql`spent_at - ${seconds * 1000}` })
      .where('id', '=', id)
      .execute();
  }

  const routes = () =>
    [
      [stepped.url, right.url],
      [right.url, stepped.url],
      [stepped.url, stepped.url],
    ] as const;

  test.each([0, 5, 9])(
    'two refreshes with one token %i s apart get the same successor',
    async (seconds) => {
      for (const [first, second] of routes()) {
        const session = await seedSession(db, systemClock, ada);
        const one = pairOf(await refresh(first, session.refresh));
        await age(session.id, seconds);
        const two = pairOf(await refresh(second, session.refresh));
        expect(two.refresh_token).toBe(one.refresh_token);
        pairOf(await refresh(first, two.refresh_token));
      }
    },
  );

  test('two refreshes with one token 11 s apart: 401, and the session has ended', async () => {
    for (const [first, second] of routes()) {
      const session = await seedSession(db, systemClock, ada);
      const { refresh_token } = pairOf(await refresh(first, session.refresh));
      await age(session.id, 11);
      expect((await refresh(second, session.refresh)).status).toBe(401);
      expect((await refresh(first, refresh_token)).status).toBe(401);
    }
  });

  test('a retry with its key gets the same successor after 23.5 hours, not after 24.5', async () => {
    for (const [first, second] of routes()) {
      const session = await seedSession(db, systemClock, ada);
      const { refresh_token } = pairOf(await refresh(first, session.refresh, 'key'));
      await age(session.id, 23.5 * HOUR_S);
      const retry = pairOf(await refresh(second, session.refresh, 'key'));
      expect(retry.refresh_token).toBe(refresh_token);
      await age(session.id, HOUR_S);
      expect((await refresh(second, session.refresh, 'key')).status).toBe(401);
    }
  });

  test('access tokens of the process with the later clock work at the other process', async () => {
    const [ahead, behind] = step > 0 ? [stepped, right] : [right, stepped];
    const session = await seedSession(db, systemClock, ada);
    const { access_token } = pairOf(await refresh(ahead.url, session.refresh));
    expect((await call(behind.url, 'GET /auth/me', { access: access_token })).status).toBe(200);
  });
});
