import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createDatabaseCheck } from '../../src/database/check.ts';
import { createCheckOfDatabase } from '../../src/database/connect.ts';
import { DatabaseFileMoved, isOutage } from '../../src/database/errors.ts';
import { migrate } from '../../src/database/migrate.ts';
import { databaseError, ENGINE, freshFile } from '../support/database.ts';
import { migratedDatabase, type Statement } from '../support/database-faults.ts';
import { startService } from '../support/service.ts';

const DISK_FULL = ENGINE === 'sqlite' ? 'SQLITE_FULL' : '53100';

/** The readiness check of a database whose statements are recorded, and whose writes can fail. */
async function recordedCheck() {
  const recorded = { statements: [] as Statement[], isDiskFull: false, now: 0 };
  const { db, [Symbol.asyncDispose]: dispose } = await migratedDatabase({
    before(statement) {
      recorded.statements.push(statement);
      if (statement === 'InsertQueryNode' && recorded.isDiskFull) {
        throw databaseError(DISK_FULL, 'no space left');
      }
    },
  });
  recorded.statements.length = 0;
  const check = createDatabaseCheck(db, [], () => recorded.now);
  return { recorded, check, [Symbol.asyncDispose]: dispose };
}

test('the readiness check fails when the database can be read but not written (full disk)', async () => {
  await using database = await recordedCheck();
  const { check, recorded } = database;
  recorded.isDiskFull = true;
  for (let ask = 0; ask < 2; ask += 1) {
    await expect(check()).rejects.toSatisfy(isOutage);
  }
  recorded.isDiskFull = false;
  await check();
});

test('parallel readiness checks share one, which writes at most once a second', async () => {
  await using database = await recordedCheck();
  const { check, recorded } = database;
  const [read, write] = ['SelectQueryNode', 'InsertQueryNode'];
  await Promise.all(Array.from({ length: 50 }, check));
  expect(recorded.statements).toEqual([read, write]);
  await check();
  recorded.now = 999;
  await check();
  expect(recorded.statements).toEqual([read, write, read, read]);
  recorded.now = 1000;
  await check();
  expect(recorded.statements.slice(4)).toEqual([read, write]);
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
    await using db = database.connect();
    await migrate(db);
    const check = createCheckOfDatabase(db, () => 0);
    await check();
    change(database.url.slice('sqlite:'.length));
    const failure: unknown = await check().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DatabaseFileMoved);
    expect(isOutage(failure)).toBe(true);
    expect(String(failure)).toContain(message);
  },
);

test('the database file is moved while the service runs: /readyz is 503 until it is back', async () => {
  await using database = freshFile();
  await using service = await startService({ DATABASE_URL: database.url });
  const path = database.url.slice('sqlite:'.length);
  const readiness = async () => (await fetch(`${service.url}/readyz`)).status;
  expect(await readiness()).toBe(200);
  renameSync(path, `${path}.moved`);
  expect(await readiness()).toBe(503);
  expect(service.log.join('')).toContain(`${path} is gone: stop the service`);
  renameSync(`${path}.moved`, path);
  expect(existsSync(path)).toBe(true);
  expect(await readiness()).toBe(200);
});
