import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/**
 * The secret of a service that somebody is trying out: made once and kept beside the database
 * file, readable only by its owner. A database in memory has one for as long as it lives.
 */
export function trialSecret(databasePath: string): string {
  const secret = randomBytes(32).toString('base64url');
  if (databasePath === ':memory:') return secret;
  const path = `${databasePath}.secret`;
  try {
    writeFileSync(path, secret, { flag: 'wx', mode: 0o600 });
    return secret;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      return readFileSync(path, 'utf8');
    }
    throw error;
  }
}
