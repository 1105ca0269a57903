import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { OperatorError } from '../operator-error.ts';

/**
 * Loads the secret of a service in development mode. It is made once and kept beside the database
 * file, readable only by its owner. With a database in memory, it is kept in memory.
 * @throws OperatorError if another user could have written or read the file
 */
export function loadDevelopmentSecret(databasePath: string): string {
  const secret = randomBytes(32).toString('base64url');
  if (databasePath === ':memory:') return secret;
  const path = `${databasePath}.secret`;
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  writeFileSync(draft, secret, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, path); // atomic; if two processes start at once, both use the first secret
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(draft);
  }
  return readSecretFile(path);
}

function readSecretFile(path: string): string {
  const file = openWithoutFollowingLinks(path);
  try {
    const fault = findFault(fstatSync(file));
    if (fault) throw createFileError(path, fault);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Windows has no flag against following links. */
function openWithoutFollowingLinks(path: string): number {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  try {
    return openSync(path, flags);
  } catch (error) {
    throw hasCode(error, 'ELOOP') ? createFileError(path, 'is a symbolic link') : error;
  }
}

/** @returns why the file may be damaged, planted or known to others; Windows has no owner or mode */
function findFault(stats: Stats): string | undefined {
  if (!stats.isFile()) return 'is not a regular file';
  if (stats.size < 32) return 'has fewer than 32 bytes';
  const user = process.getuid?.();
  if (user === undefined) return undefined;
  if (stats.uid !== user) return `belongs to another user (${stats.uid})`;
  const mode = (stats.mode & 0o777).toString(8);
  return stats.mode & 0o077 ? `can be read or written by others (mode ${mode})` : undefined;
}

function createFileError(path: string, fault: string): OperatorError {
  return new OperatorError(
    `${path} ${fault}: the service does not use it. Delete it: the service makes a new one, and all users log in again.`,
  );
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
