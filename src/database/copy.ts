import type { Db } from './connect.ts';
import { isRefusal } from './errors.ts';
import {
  beginCopy,
  type CopyLock,
  finishCopy,
  holdCopy,
  inLock,
  isUnfinishedCopy,
} from './lock.ts';
import { migrateIn, migrationStates } from './migrate.ts';
import {
  Checksum,
  countRows,
  deleteRows,
  keyOf,
  missingRows,
  type Row,
  readRows,
  TABLES,
  type Table,
  writeRows,
} from './rows.ts';
import { snapshot } from './snapshot.ts';
import { transact } from './transaction.ts';

/** There is no copy, or none that can be used; the message says why, for a person. */
export class CopyError extends Error {
  override name = 'CopyError';
}

/** How far it has got. */
export interface Progress {
  /** Copying, or adding up what the target or the source has then. */
  step: 'copying' | 'target' | 'source';
  table: Table;
  done: number;
  total: number;
  /** Of those done, the ones that had to be written; the others were there from a former run. */
  written: number;
}

export interface CopyOptions {
  /** Whether what the target has may go, whosever it is. */
  replace: boolean;
  onProgress: (progress: Progress) => void;
}

/**
 * Makes the target hold what the source holds, row by row, and sees that it does. A copy that was
 * cut off goes on where it was: what is there already is left as it is, what the source has no
 * more goes. Until it is complete no service starts on the target.
 * @returns how many rows there are
 * @throws CopyError
 */
export async function copyDatabase(source: Db, target: Db, options: CopyOptions): Promise<number> {
  await expectComplete(source);
  const lock = await claim(source, target, options.replace);
  const copied = await snapshot(source, async (from) => {
    // First what is too much, which may have what must be there once only (a user's name).
    for (const table of TABLES.toReversed()) await prune(from, target, table, lock);
    return forEachTable((table) => copyTable(from, target, table, lock, options.onProgress));
  });
  const found = await checksums(target, 'target', options.onProgress);
  const present = await checksums(source, 'source', options.onProgress);
  expectSame(copied, found, present);
  await transact(target, async (trx) => {
    await hold(trx, lock);
    await finishCopy(trx, lock);
  });
  return [...present.values()].reduce((sum, { count }) => sum + count, 0);
}

type Checksums = Map<Table, Checksum>;

async function forEachTable(work: (table: Table) => Promise<Checksum>): Promise<Checksums> {
  const results: Checksums = new Map();
  for (const table of TABLES) results.set(table, await work(table));
  return results;
}

async function expectComplete(source: Db): Promise<void> {
  const states = await migrationStates(source);
  if (states.some(({ appliedAt, isKnown }) => !appliedAt || !isKnown)) {
    throw new CopyError(
      'The source has the tables of another version of the service: npm run migrate -- up brings them to this one, if it is the newer.',
    );
  }
  if (await isUnfinishedCopy(source)) {
    throw new CopyError('The source is an unfinished copy itself: finish that first.');
  }
}

/** Migrates the target and makes it this copy's, if it is nobody else's. */
async function claim(source: Db, target: Db, replace: boolean): Promise<CopyLock> {
  const secrets = await readSecrets(source);
  return inLock(target, async (trx) => {
    await migrateIn(trx, { direction: 'up' });
    if (!replace) await expectFree(trx, secrets);
    return beginCopy(trx);
  });
}

async function readSecrets(db: Db): Promise<Map<string, string>> {
  const secrets = await db.selectFrom('secrets').selectAll().execute();
  return new Map(secrets.map(({ name, value }) => [name, value]));
}

/** It is empty, or has a part of this very service from a copy that was cut off. */
async function expectFree(target: Db, secrets: Map<string, string>): Promise<void> {
  const counts = await Promise.all(TABLES.map((table) => countRows(target, table)));
  if (counts.every((count) => count === 0)) return;
  const own = await readSecrets(target);
  const isSame = [...own].every(([name, value]) => secrets.get(name) === value);
  if (isSame && (await isUnfinishedCopy(target))) return;
  const what = isSame
    ? 'is a complete copy of this service, and what has happened there since would be undone'
    : 'belongs to another service';
  const users = await countRows(target, 'users');
  const rows = counts.reduce((sum, count) => sum + count);
  throw new CopyError(
    `The target ${what}: it has ${rows} rows, ${users} of them users. With --replace they are given up: stop the service there first.`,
  );
}

/** @throws CopyError where a later copy has taken this one's place */
async function hold(trx: Db, lock: CopyLock): Promise<void> {
  if (await holdCopy(trx, lock)) return;
  throw new CopyError('Another copy into the target has been started: this one leaves it to that.');
}

/** Deletes what the source does not have. */
async function prune(source: Db, target: Db, table: Table, lock: CopyLock): Promise<void> {
  for await (const rows of readRows(target, table)) {
    const surplus = await missingRows(source, table, rows);
    if (surplus.length === 0) continue;
    await transact(target, async (trx) => {
      await hold(trx, lock);
      await deleteRows(trx, table, surplus);
    });
  }
}

async function copyTable(
  source: Db,
  target: Db,
  table: Table,
  lock: CopyLock,
  onProgress: CopyOptions['onProgress'],
): Promise<Checksum> {
  const total = await countRows(source, table);
  const checksum = new Checksum();
  let written = 0;
  for await (const rows of readRows(source, table)) {
    written += await writeBatch(target, table, rows, lock);
    checksum.add(rows);
    onProgress({ step: 'copying', table, done: checksum.count, total, written });
  }
  return checksum;
}

/** @throws CopyError naming the row that the target does not take */
async function writeBatch(target: Db, table: Table, rows: Row[], lock: CopyLock): Promise<number> {
  const write = (some: Row[]) =>
    transact(target, async (trx) => {
      await hold(trx, lock);
      return writeRows(trx, table, some);
    });
  try {
    return await write(rows);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    for (const row of rows) {
      await write([row]).catch((reason: Error) => {
        const key = JSON.stringify(keyOf(table, row));
        throw new CopyError(`The target does not take ${table} ${key}: ${reason.message}`);
      });
    }
    throw error;
  }
}

/** Of all tables at one moment. */
async function checksums(
  db: Db,
  step: 'target' | 'source',
  onProgress: CopyOptions['onProgress'],
): Promise<Checksums> {
  return snapshot(db, (trx) =>
    forEachTable(async (table) => {
      const total = await countRows(trx, table);
      const checksum = new Checksum();
      for await (const rows of readRows(trx, table)) {
        checksum.add(rows);
        onProgress({ step, table, done: checksum.count, total, written: 0 });
      }
      return checksum;
    }),
  );
}

/** What was copied is what is there, and what the source still has. */
function expectSame(copied: Checksums, found: Checksums, present: Checksums): void {
  const changed = (now: Checksums) =>
    TABLES.flatMap((table) => {
      const [before, after] = [copied.get(table), now.get(table)];
      if (!before || !after || before.equals(after)) return [];
      return `  ${table}: ${before.count} rows when they were copied, ${after.count} now, not the same ones`;
    });
  const faults = [
    ['The source has changed while it was copied', changed(present)],
    ['The target does not have what was written to it', changed(found)],
  ] as const;
  const messages = faults
    .filter(([, tables]) => tables.length > 0)
    .map(([what, tables]) => `${what}:\n${tables.join('\n')}`);
  if (messages.length === 0) return;
  throw new CopyError(
    `${messages.join('\n')}\nThe copy cannot be used. Stop the services on both and run it again.`,
  );
}
