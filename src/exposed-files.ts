import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from './config.ts';

/**
 * Finds files with data or keys that other users of the machine can read. The service creates its
 * files readable by their owner only, but they may have been copied or changed.
 */
export function findExposedFiles({ database, keys }: Pick<Config, 'database' | 'keys'>): string[] {
  const isFile = database.engine === 'sqlite' && database.path !== ':memory:';
  const ofDatabase = isFile ? [database.path, `${database.path}-wal`] : [];
  const ofKeys = keys && 'file' in keys ? [keys.file] : [];
  return [...ofDatabase, ...ofKeys].filter(isExposed);
}

/** Windows has no such file modes. */
function isExposed(path: string): boolean {
  if (process.platform === 'win32') return false;
  const [file, folder] = [path, dirname(path)].map((name) =>
    statSync(name, { throwIfNoEntry: false }),
  );
  return Boolean(file && folder && file.mode & 0o044 && folder.mode & 0o011);
}
