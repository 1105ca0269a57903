// Promise: a person gets what the service keeps about them, as JSON.
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { snapshot } from '../src/database/snapshot.ts';
import { exportUser } from '../src/export.ts';
import { command, Fault } from './operator.ts';

const HELP = `npm run --silent export -- --user NAME [--file FILE]

Writes what the service keeps about a person as JSON, to the file (readable only by its owner) or
to the standard output, which npm writes to as well unless it is silent. It is as it was at one
moment, whatever the service does meanwhile:

  {
    "exported_at": …,
    "user": { "id", "username", "created_at" },
    "sessions": [{ "id", "created_at", "last_used_at", "idle_expires_at", "absolute_expires_at",
                   "revoked_at", "revoke_reason", "address", "user_agent" }],
    "todos": [{ "id", "title", "description", "done", "created_at", "updated_at" }],
    "audit_events": [{ "id", "at", "event", "reason", "session_id", "address", "request_id" }]
  }

Instants are RFC 3339, lists are ordered from the oldest on. Not in it: hashes of the password, of
tokens and of keys, and copies of todos that are kept for a day for requests that are repeated.`;

await command(HELP, { file: { type: 'string' } }, async (db, user, { file }) => {
  await snapshot(db, async (trx) => {
    const data = exportUser(trx, user.id, Date.now());
    if (typeof file === 'string') await writeWhole(data, file);
    else await pipeline(data, process.stdout, { end: false }).catch(explain);
  });
});

/** The file is there with all that belongs into it, or not at all. */
async function writeWhole(data: AsyncIterable<string>, file: string): Promise<void> {
  const draft = `${file}.${process.pid}`;
  try {
    await pipeline(data, createWriteStream(draft, { mode: 0o600, flags: 'wx' }));
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw explain(error);
  }
}

/** What is wrong with the file is the operator's business, what is wrong otherwise is ours. */
function explain(error: unknown): never {
  const isSystem = error instanceof Error && 'syscall' in error;
  throw isSystem ? new Fault(error.message) : error;
}
