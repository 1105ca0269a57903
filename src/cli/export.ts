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
Without --file, the data goes to standard output; npm writes there, too, except with --silent:
npm run --silent todos -- export NAME. The data is that of one moment, while the service runs:

  {
    "exported_at": …,
    "user": { "id", "username", "created_at" },
    "sessions": [{ "id", "created_at", "last_used_at", "idle_expires_at", "absolute_expires_at",
                   "revoked_at", "revoke_reason", "address", "user_agent" }],
    "todos": [{ "id", "title", "description", "done", "created_at", "updated_at" }],
    "audit_events": [{ "id", "at", "event", "reason", "session_id", "address", "request_id" }]
  }

Timestamps are RFC 3339, lists start with the oldest item. The export omits the hashes of the password,
of tokens and of keys, and copies of todos that are kept for a day for repeated requests.`;

export function addExportCommand(program: Command, terminal: Terminal): void {
  program
    .command('export')
    .description('export the data of a user as JSON')
    .argument('<user>')
    .option('--file <path>', 'the new file; only its owner can read it')
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

/** Writes the file completely, or not at all. */
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
