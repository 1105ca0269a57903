import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { OperatorError } from '../operator-error.ts';

/** Is called with how many bytes have been copied, and how many there are. */
type ProgressListener = (done: number, total: number) => void;

/**
 * Copies an SQLite database into a new file, as it is at one moment, while the service uses it. The
 * new file appears only when it is complete and has been checked.
 * @returns its size in bytes
 * @throws OperatorError if the file cannot be made, or the database is damaged
 */
export async function backUpSqlite(
  path: string,
  file: string,
  onProgress: ProgressListener,
): Promise<number> {
  if (existsSync(file)) throw new OperatorError(`${file} exists already: choose another name.`);
  if (!existsSync(dirname(file))) throw new OperatorError(`There is no folder ${dirname(file)}.`);
  const draft = `${file}.${randomBytes(8).toString('hex')}`;
  try {
    const size = await copyPages(path, draft, onProgress);
    assertIntact(draft);
    renameSync(draft, file);
    return size;
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(draft + suffix, { force: true });
  }
}

async function copyPages(path: string, draft: string, onProgress: ProgressListener) {
  const source = new BetterSqlite3(path, { fileMustExist: true });
  try {
    const pageSize = Number(source.pragma('page_size', { simple: true }));
    // Without a transaction, SQLite starts the copy again whenever another process has written.
    source.exec('begin');
    source.prepare('select count(*) from sqlite_schema').get(); // fixes the moment that is copied
    const { totalPages } = await source.backup(draft, {
      progress({ totalPages: all, remainingPages }) {
        onProgress((all - remainingPages) * pageSize, all * pageSize);
        return PAGES_PER_STEP;
      },
    });
    return totalPages * pageSize;
  } finally {
    source.close();
  }
}

/** 4 MB with SQLite's usual page size. */
const PAGES_PER_STEP = 1000;

/** @throws OperatorError if the copy is damaged: then the database is, too */
function assertIntact(draft: string): void {
  const copy = new BetterSqlite3(draft);
  try {
    const result = copy.pragma('quick_check(1)', { simple: true });
    if (result !== 'ok') throw new OperatorError(`The database is damaged: ${result}`);
  } finally {
    copy.close();
  }
}
