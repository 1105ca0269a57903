import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/**
 * The secret of a service that somebody is trying out: made once and kept beside the database
 * file, readable only by its owner. A database in memory has one for as long as it lives.
 */
export function trialSecret(databasePath: string): string {
  const secret = randomBytes(32).toString('base64url');
  if (databasePath === ':memory:') return secret;
  const path = `${databasePath}.secret`;
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, secret, { mode: 0o600 });
  try {
    linkSync(draft, path); // whole, or not at all: whoever comes second takes the first one's
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(path, 'utf8');
}
