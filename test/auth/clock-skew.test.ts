import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { freshDatabase } from '../support/database.ts';
import { BEHIND_PROXY, call, refresh } from '../support/http.ts';
import {
  disposeAfterAll,
  runningClock,
  startSharedService,
  type TestClock,
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
])('two processes, the clock of one is set %s by an hour', async (_direction, step) => {
  const database = disposeAfterAll(await freshDatabase());
  const variables = { ...BEHIND_PROXY, DATABASE_URL: database.url };
  const right = await startSharedService(variables, { clock: clockOfProcess(0) });
  const stepped = await startSharedService(variables, { clock: clockOfProcess(step) });
  const { db } = right;
  const ada = await seedUser(db);
  const routes = [
    [stepped.url, right.url],
    [right.url, stepped.url],
    [stepped.url, stepped.url],
  ] as const;
  const seed = () => seedSession({ db, clock: systemClock }, ada);

  /** As if the last rotation of the session had been so many seconds earlier. */
  async function age(id: string, seconds: number) {
    await db
      .updateTable('sessions')
      .set({ spent_at: sql`spent_at - ${seconds * 1000}` })
      .where('id', '=', id)
      .execute();
  }

  test.each([0, 5, 9])(
    'two refreshes with one token %i s apart get the same successor',
    async (seconds) => {
      for (const [first, second] of routes) {
        const session = await seed();
        const one = pairOf(await refresh(first, session.refresh));
        await age(session.id, seconds);
        const two = pairOf(await refresh(second, session.refresh));
        expect(two.refresh_token).toBe(one.refresh_token);
        pairOf(await refresh(first, two.refresh_token));
      }
    },
  );

  test('two refreshes with one token 11 s apart: 401, and the session has ended', async () => {
    for (const [first, second] of routes) {
      const session = await seed();
      const { refresh_token } = pairOf(await refresh(first, session.refresh));
      await age(session.id, 11);
      expect((await refresh(second, session.refresh)).status).toBe(401);
      expect((await refresh(first, refresh_token)).status).toBe(401);
    }
  });

  test('a retry with its key gets the same successor after 23.5 hours, not after 24.5', async () => {
    for (const [first, second] of routes) {
      const session = await seed();
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
    const session = await seed();
    const { access_token } = pairOf(await refresh(ahead.url, session.refresh));
    expect((await call(behind.url, 'GET /auth/me', { access: access_token })).status).toBe(200);
  });
});
