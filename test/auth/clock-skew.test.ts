import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import type { Db } from '../../src/database/connect.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { type Service, startService } from '../../src/service.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { call, pairOf, refresh, seedSession, seedUser, VARIABLES } from './setup.ts';

// Two processes on one database, the clock of one of them stepped by an hour. The leeway goes by the
// database's clock: nothing honest is rejected, nothing is forgiven for longer than the leeway.

const HOUR_S = 3600;

describe.each([
  ['forward', HOUR_S],
  ['back', -HOUR_S],
])('the clock of one process is stepped %s by an hour', (_direction, step) => {
  let database: TestDatabase;
  let right: Service;
  let stepped: Service;
  let db: Db;
  let ada: { userId: string; username: string };
  beforeAll(async () => {
    database = await freshDatabase();
    const config = readConfig({ ...VARIABLES, DATABASE_URL: database.url });
    const logger = createLogger('silent');
    right = await startService(config, logger);
    stepped = await startService(config, logger, {
      ...systemClock,
      now: () => Date.now() + step * 1000,
    });
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

  test.each([0, 5, 9])('two tabs %i s apart get the same successor', async (seconds) => {
    for (const [first, second] of routes()) {
      const session = await seedSession(db, systemClock, ada);
      const one = pairOf(await refresh(first, session.refresh));
      await age(session.id, seconds);
      const two = pairOf(await refresh(second, session.refresh));
      expect(two.refresh_token).toBe(one.refresh_token);
      pairOf(await refresh(first, two.refresh_token));
    }
  });

  test('two tabs 11 s apart: 401, and the session has ended', async () => {
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

  test('access tokens of the process whose clock is ahead work at the other one', async () => {
    const [ahead, behind] = step > 0 ? [stepped, right] : [right, stepped];
    const session = await seedSession(db, systemClock, ada);
    const { access_token } = pairOf(await refresh(ahead.url, session.refresh));
    expect((await call(behind.url, 'GET /auth/me', { access: access_token })).status).toBe(200);
  });
});
