import { expect, test } from 'vitest';
import { migrate } from '../../src/database/migrate.ts';
import { DatabaseRateLimiter } from '../../src/database/rate-limiter.ts';
import { hookedDb } from '../auth/setup.ts';
import { freshDatabase } from '../engine.ts';

// What is prepared for a statement is found again by its text.
test('to count is the same statement whatever is counted', async () => {
  await using database = await freshDatabase();
  const statements = new Set<string>();
  const db = hookedDb(database.url, { before: (sql) => void statements.add(sql) });
  await migrate(db);
  statements.clear();
  let now = 1_000_000;
  const limiter = new DatabaseRateLimiter(db, {
    name: 'x',
    points: 9,
    seconds: 60,
    now: () => now,
  });
  for (const points of [1, 2, 3]) {
    await limiter.consume('key', points);
    now += 1000;
  }
  expect((await limiter.get('key'))?.consumedPoints).toBe(6);
  await db.destroy();
  expect([...statements].filter((sql) => sql.startsWith('insert'))).toHaveLength(1);
});
