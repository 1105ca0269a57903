import type { Command } from 'commander';
import { listNewestEvents } from '../auth/audit-repository.ts';
import type { Db } from '../database/connect.ts';
import { formatTimestamp } from '../timestamp.ts';
import { databaseAction, requireUser } from './database.ts';
import { parseCount } from './errors.ts';
import { formatInstant, formatTable, type Result, type Terminal } from './terminal.ts';

export function addAuditCommand(program: Command, terminal: Terminal): void {
  program
    .command('audit')
    .description('list the latest events of a user, newest last')
    .argument('<user>')
    .option('--limit <count>', 'maximum number of events', parseCount, 100)
    .action(databaseAction(terminal, listEvents));
}

async function listEvents(db: Db, name: string, { limit }: { limit: number }): Promise<Result> {
  const { id } = await requireUser(db, name);
  const events = (await listNewestEvents(db, id, limit)).reverse();
  const text = formatTable(events, {
    when: ({ at }) => formatInstant(at),
    event: ({ event }) => event,
    reason: ({ reason }) => reason ?? '',
    session: ({ session_id }) => session_id ?? '',
    address: ({ address }) => address,
    request: ({ request_id }) => request_id,
  });
  return { text, data: events.map((event) => ({ ...event, at: formatTimestamp(event.at) })) };
}
