import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  decrementCounter,
  deleteCounter,
  findCounters,
  incrementCounter,
} from '../../src/database/counters.ts';
import { migrate } from '../../src/database/migrate.ts';
import { freshDatabase } from '../support/database.ts';
import { hookedDb } from '../support/database-faults.ts';

const NOW = 1_000_000;
const counter = { key: 'x', durationMs: 60_000 };
const statements = new Set<string>();
const database = await freshDatabase();
const db = hookedDb(database.url, { before: (sql) => void statements.add(sql) });

beforeAll(() => migrate(db));
beforeEach(() => db.deleteFrom('rate_limits').execute());
afterAll(async () => {
  await db.destroy();
  await database[Symbol.asyncDispose]();
});

test('rate limit counters: parallel increments are all counted', async () => {
  const increments = Array.from({ length: 5 }, () => incrementCounter(db, counter, NOW));
  const points = (await Promise.all(increments)).map((row) => row.points);
  expect(points.sort()).toEqual([1, 2, 3, 4, 5]);
});

test('rate limit counters: a counter expires its duration after the first point, then starts again', async () => {
  await incrementCounter(db, counter, NOW);
  expect(await incrementCounter(db, counter, NOW + 59_999)).toEqual({
    points: 2,
    expire: NOW + 60_000,
  });
  expect(await findCounters(db, ['x', 'y'], NOW + 59_999)).toHaveLength(1);
  expect(await findCounters(db, ['x', 'y'], NOW + 60_000)).toEqual([]);
  expect(await incrementCounter(db, counter, NOW + 60_000)).toEqual({
    points: 1,
    expire: NOW + 120_000,
  });
});

test('rate limit counters: after the clock is set back, a counter expires no later than a new one', async () => {
  await incrementCounter(db, counter, NOW + 5_000);
  expect(await incrementCounter(db, counter, NOW)).toEqual({ points: 2, expire: NOW + 60_000 });
});

test('rate limit counters: a point is refunded to its key only, and never below 0', async () => {
  await incrementCounter(db, counter, NOW);
  await incrementCounter(db, { ...counter, key: 'y' }, NOW);
  for (let n = 0; n < 2; n += 1) await decrementCounter(db, 'x');
  const rows = await findCounters(db, ['x', 'y'], NOW);
  expect(Object.fromEntries(rows.map(({ key, points }) => [key, points]))).toEqual({ x: 0, y: 1 });
  await deleteCounter(db, 'x');
  expect((await findCounters(db, ['x', 'y'], NOW)).map(({ key }) => key)).toEqual(['y']);
});

// A prepared statement is found again by its text.
test('rate limit counters: the SQL of an increment is the same at any time and for any key', async () => {
  statements.clear();
  for (const key of ['x', 'y', 'z']) await incrementCounter(db, { key, durationMs: 9 }, NOW + 7);
  expect(statements.size).toBe(1);
});
