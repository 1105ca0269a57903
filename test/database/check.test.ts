import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createDatabaseCheck } from '../../src/database/check.ts';
import { createCheckOfDatabase } from '../../src/database/connect.ts';
import { DatabaseFileMoved, isOutage } from '../../src/database/errors.ts';
import { migrate } from '../../src/database/migrate.ts';
import { databaseError, ENGINE, freshDatabase, freshFile } from '../support/database.ts';
import { hookedDb } from '../support/database-faults.ts';
import { startService } from '../support/service.ts';

const DISK_FULL = ENGINE === 'sqlite' ? 'SQLITE_FULL' : '53100';

/** A migrated database whose statements are recorded, and fail where that is asked for. */
async function recordedDatabase() {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await freshDatabase());
  const recorded = { statements: [] as string[], failing: undefined as RegExp | undefined, now: 0 };
  const before = (statement: string) => {
    recorded.statements.push(statement.split(' ', 1)[0] ?? '');
    if (!recorded.failing?.test(statement)) return;
    throw databaseError(DISK_FULL, 'no space left');
  };
  const db = stack.adopt(hookedDb(database.url, { before: async (sql) => before(sql) }), (handle) =>
    handle.destroy(),
  );
  await migrate(db);
  recorded.statements.length = 0;
  const opened = stack.move();
  const check = createDatabaseCheck(db, [], () => recorded.now);
  return { recorded, check, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test('the readiness check fails when the database can be read but not written (full disk)', async () => {
  await using database = await recordedDatabase();
  const { check, recorded } = database;
  recorded.failing = /^insert/;
  for (let ask = 0; ask < 2; ask += 1) {
    await expect(check()).rejects.toSatisfy(isOutage);
  }
  recorded.failing = undefined;
  await check();
});

test('parallel readiness checks share one, which writes at most once a second', async () => {
  await using database = await recordedDatabase();
  const { check, recorded } = database;
  await Promise.all(Array.from({ length: 50 }, check));
  expect(recorded.statements).toEqual(['select', 'insert']);
  await check();
  recorded.now = 999;
  await check();
  expect(recorded.statements).toEqual(['select', 'insert', 'select', 'select']);
  recorded.now = 1000;
  await check();
  expect(recorded.statements.slice(4)).toEqual(['select', 'insert']);
});

test.each([
  ['moved away', (path: string) => renameSync(path, `${path}.moved`), 'is gone'],
  ['deleted', (path: string) => rmSync(path), 'is gone'],
  [
    'replaced by a backup',
    (path: string) => {
      renameSync(path, `${path}.moved`);
      writeFileSync(path, '');
    },
    'is another file than the one that was opened',
  ],
  ['without its -wal file', (path: string) => rmSync(`${path}-wal`), 'is gone'],
])(
  'the readiness check fails when the SQLite file is %s while it is open',
  async (_what, change, message) => {
    await using database = freshFile();
    const db = database.connect();
    await migrate(db);
    const check = createCheckOfDatabase(db, () => 0);
    await check();
    change(database.url.slice('sqlite:'.length));
    const failure: unknown = await check().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DatabaseFileMoved);
    expect(isOutage(failure)).toBe(true);
    expect(String(failure)).toContain(message);
    await db.destroy();
  },
);

test('the database file is moved while the service runs: /readyz is 503 until it is back', async () => {
  await using database = freshFile();
  await using app = await startService({ DATABASE_URL: database.url });
  const path = database.url.slice('sqlite:'.length);
  const readiness = async () => (await fetch(`${app.url}/readyz`)).status;
  expect(await readiness()).toBe(200);
  renameSync(path, `${path}.moved`);
  expect(await readiness()).toBe(503);
  expect(app.log.join('')).toContain(`${path} is gone: stop the service`);
  renameSync(`${path}.moved`, path);
  expect(existsSync(path)).toBe(true);
  expect(await readiness()).toBe(200);
});
