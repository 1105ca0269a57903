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

test('parallel increments are counted one by one', async () => {
  const increments = Array.from({ length: 5 }, () => incrementCounter(db, counter, NOW));
  const points = (await Promise.all(increments)).map((row) => row.points);
  expect(points.sort()).toEqual([1, 2, 3, 4, 5]);
});

test('a counter ends its duration after its first point, and begins anew', async () => {
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

test('a counter of a clock that was ahead ends no later than one that begins now', async () => {
  await incrementCounter(db, counter, NOW + 5_000);
  expect(await incrementCounter(db, counter, NOW)).toEqual({ points: 2, expire: NOW + 60_000 });
});

test('a point is taken back from the counter of that key only, and never below 0', async () => {
  await incrementCounter(db, counter, NOW);
  await incrementCounter(db, { ...counter, key: 'y' }, NOW);
  for (let n = 0; n < 2; n += 1) await decrementCounter(db, 'x');
  const rows = await findCounters(db, ['x', 'y'], NOW);
  expect(Object.fromEntries(rows.map(({ key, points }) => [key, points]))).toEqual({ x: 0, y: 1 });
  await deleteCounter(db, 'x');
  expect((await findCounters(db, ['x', 'y'], NOW)).map(({ key }) => key)).toEqual(['y']);
});

// A prepared statement is found again by its text.
test('an increment is the same statement at every time and for every key', async () => {
  statements.clear();
  for (const key of ['x', 'y', 'z']) await incrementCounter(db, { key, durationMs: 9 }, NOW + 7);
  expect(statements.size).toBe(1);
});
