import { expect, test } from 'vitest';
import {
  decrementCounter,
  deleteCounter,
  findCounters,
  incrementCounter,
} from '../../src/database/counters.ts';
import { migrate } from '../../src/database/migrate.ts';
import { freshDatabase } from '../support/database.ts';
import { migratedDatabase } from '../support/database-faults.ts';
import { disposeAfterAll } from '../support/service.ts';

const NOW = 1_000_000;
const { db } = disposeAfterAll(await migratedDatabase());

const newCounter = () => ({ key: crypto.randomUUID(), durationMs: 60_000 });

test('rate limit counters: parallel increments are all counted', async () => {
  const counter = newCounter();
  const increments = Array.from({ length: 5 }, () => incrementCounter(db, counter, NOW));
  const points = (await Promise.all(increments)).map((row) => row.points);
  expect(points.sort()).toEqual([1, 2, 3, 4, 5]);
});

test('rate limit counters: a counter expires its duration after the first point, then starts again', async () => {
  const counter = newCounter();
  await incrementCounter(db, counter, NOW);
  expect(await incrementCounter(db, counter, NOW + 59_999)).toEqual({
    points: 2,
    expire: NOW + 60_000,
  });
  expect(await findCounters(db, [counter.key], NOW + 59_999)).toHaveLength(1);
  expect(await findCounters(db, [counter.key], NOW + 60_000)).toEqual([]);
  expect(await incrementCounter(db, counter, NOW + 60_000)).toEqual({
    points: 1,
    expire: NOW + 120_000,
  });
});

test('rate limit counters: after the clock is set back, a counter expires no later than a new one', async () => {
  const counter = newCounter();
  await incrementCounter(db, counter, NOW + 5_000);
  expect(await incrementCounter(db, counter, NOW)).toEqual({ points: 2, expire: NOW + 60_000 });
});

test('rate limit counters: a point is refunded to its key only, and never below 0', async () => {
  const [one, other] = [newCounter(), newCounter()];
  await incrementCounter(db, one, NOW);
  await incrementCounter(db, other, NOW);
  for (let n = 0; n < 2; n += 1) await decrementCounter(db, one.key);
  const find = () => findCounters(db, [one.key, other.key], NOW);
  const points = new Map((await find()).map((row) => [row.key, row.points]));
  expect([points.get(one.key), points.get(other.key)]).toEqual([0, 1]);
  await deleteCounter(db, one.key);
  expect((await find()).map(({ key }) => key)).toEqual([other.key]);
});

test('rate limit counters: an increment is one prepared statement, at any time and for any key', async () => {
  const statements = new Set<string>(); // a prepared statement is found again by its text
  await using database = await freshDatabase();
  await using observed = database.connect(({ query }) => statements.add(query.sql));
  await migrate(observed);
  statements.clear();
  for (const key of ['x', 'y', 'z']) {
    await incrementCounter(observed, { key, durationMs: 9 }, NOW + key.charCodeAt(0));
  }
  expect(statements.size).toBe(1);
});
