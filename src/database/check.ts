import { type BigIntStats, statSync } from 'node:fs';
import { sql } from 'kysely';
import type { Db } from './connect.ts';
import { DatabaseFileMoved } from './errors.ts';

/** A file as it was when the database was opened. */
export interface OpenedFile {
  path: string;
  stats: BigIntStats;
}

/** A check writes at most once in this time. */
const WRITE_INTERVAL_MS = 1_000;

/**
 * Makes a check of the database: its file is still at its path, a read works, and a write works.
 * Concurrent callers share one check, so that many clients cause no load.
 * @param now monotonic milliseconds
 * @returns a function that throws the reason if the database cannot serve
 */
export function createDatabaseCheck(
  db: Db,
  openedFiles: readonly OpenedFile[],
  now: () => number,
): () => Promise<void> {
  let running: Promise<void> | undefined;
  let writtenAt = Number.NEGATIVE_INFINITY;
  const check = async () => {
    for (const file of openedFiles) assertFileInPlace(file);
    // Read a table: an embedded database returns a constant without reading its file.
    await db.selectFrom('secrets').select('name').limit(1).execute();
    if (now() - writtenAt < WRITE_INTERVAL_MS) return;
    writtenAt = Number.NEGATIVE_INFINITY; // if the write fails, the next check writes again
    await writeProbeRow(db);
    writtenAt = now();
  };
  return () => {
    running ??= check().finally(() => {
      running = undefined;
    });
    return running;
  };
}

/** @throws DatabaseFileMoved if SQLite would write into a file that has left its path */
function assertFileInPlace({ path, stats }: OpenedFile): void {
  const present = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (present?.ino === stats.ino && present.dev === stats.dev) return;
  const what = present ? 'is another file than the one that was opened' : 'is gone';
  throw new DatabaseFileMoved(`${path} ${what}: stop the service, and put the file back`);
}

/** Changes a value: a write of the same value might not detect a full disk. */
async function writeProbeRow(db: Db): Promise<void> {
  await db
    .insertInto('rate_limits')
    .values({ key: 'readiness', points: 1, expire: null })
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet({ points: sql`1 - ${sql.ref('rate_limits.points')}` }),
    )
    .execute();
}
