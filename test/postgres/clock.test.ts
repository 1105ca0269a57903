import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { sharedClock } from '../../src/database/clock.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { startService } from '../../src/service.ts';
import { pairOf, refresh, seedSession, seedUser, VARIABLES } from '../auth/setup.ts';
import { freshDatabase } from '../engine.ts';

// Nodes whose clocks disagree: who came first goes by the database's.

/** The system's clock, some seconds off. */
function wrongClock(seconds: number): Clock {
  const off = seconds * 1_000_000;
  return {
    now: () => systemClock.now() + seconds * 1000,
    stamp: () => systemClock.stamp() + off,
    passed: (stamp) => systemClock.passed(stamp - off),
  };
}

test('stamps of nodes that are minutes apart are not', async () => {
  await using database = await freshDatabase();
  const db = database.connect();
  const fail = (error: unknown) => expect.unreachable(String(error));
  using ahead = await sharedClock(db, wrongClock(120), fail);
  using behind = await sharedClock(db, wrongClock(-120), fail);
  expect(Math.abs(ahead.stamp() - behind.stamp())).toBeLessThan(5_000_000);
  const until = ahead.stamp() + 1000;
  await ahead.passed(until);
  expect(ahead.stamp()).toBeGreaterThan(until);
  await db.destroy();
});

test.each([3, -3])('a replay on a node that is %i seconds ahead is one', async (seconds) => {
  await using database = await freshDatabase();
  const config = readConfig({ ...VARIABLES, DATABASE_URL: database.url });
  const start = (off: number) => startService(config, createLogger('silent'), wrongClock(off));
  await (await start(0)).close(); // makes the tables, which is not to be timed
  const begin = performance.now();
  const nodes = [await start(0), await start(seconds)] as const;
  // Each has compared its clock with the database's, and is wrong by less than that took.
  const comparison = performance.now() - begin;
  const [{ db }] = nodes;
  const ada = { userId: await seedUser(db, 'ada'), username: 'ada' };
  for (const [first, second] of [nodes, nodes.toReversed()]) {
    const { refresh: token } = await seedSession(db, systemClock, ada);
    const { refresh_token } = pairOf(await refresh(first?.url ?? '', token));
    await sleep(comparison);
    expect((await refresh(second?.url ?? '', token)).status).toBe(401);
    expect((await refresh(first?.url ?? '', refresh_token)).status).toBe(401);
  }
  await Promise.all(nodes.map((node) => node.close()));
});
