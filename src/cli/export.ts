import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { readOnlyTransaction } from '../database/read-only-transaction.ts';
import { requireUser, withDatabase } from './database.ts';
import { throwAsOperatorError } from './errors.ts';
import { exportPersonalData } from './personal-data.ts';
import type { Terminal } from './terminal.ts';

const HELP = `
The standard output gets the data unless there is a --file; npm writes there as well unless it is
silent: npm run --silent todos -- export NAME. The data is as it was at one moment, whatever the
service does meanwhile:

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

export function addExportCommand(program: Command, terminal: Terminal): void {
  program
    .command('export')
    .description('write what the service keeps about a user, as JSON')
    .argument('<user>')
    .option('--file <path>', 'where to; only its owner can read it')
    .addHelpText('after', HELP)
    .action((name: string, { file }: { file?: string }) =>
      withDatabase(terminal, async (db) => {
        const { id } = await requireUser(db, name);
        await readOnlyTransaction(db, async (trx) => {
          const data = exportPersonalData(trx, id, Date.now());
          if (file !== undefined) await writeFileAtomically(data, file);
          else await pipeline(data, terminal.output, { end: false }).catch(throwAsOperatorError);
        });
      }),
    );
}

/** The file is there with all that belongs into it, or not at all. */
async function writeFileAtomically(data: AsyncIterable<string>, file: string): Promise<void> {
  const draft = `${file}.${process.pid}`;
  try {
    await pipeline(data, createWriteStream(draft, { mode: 0o600, flags: 'wx' }));
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throwAsOperatorError(error);
  }
}
