import type { Command } from 'commander';
import { listNewestEvents } from '../auth/audit-repository.ts';
import { formatTimestamp } from '../timestamp.ts';
import { findUser, withDatabase } from './database.ts';
import { readCount } from './errors.ts';
import { instant, printing, type Terminal, table } from './terminal.ts';

export function addAudit(program: Command, terminal: Terminal): void {
  program
    .command('audit')
    .description('list the newest events of an account, the newest last')
    .argument('<user>')
    .option('--limit <count>', 'how many events at most', readCount, 100)
    .action(
      printing(terminal, (name: string, { limit }: { limit: number }) =>
        withDatabase(terminal, async (db) => {
          const { id } = await findUser(db, name);
          const events = (await listNewestEvents(db, id, limit)).reverse();
          const text = table(events, {
            when: ({ at }) => instant(at),
            event: ({ event }) => event,
            reason: ({ reason }) => reason ?? '',
            session: ({ session_id }) => session_id ?? '',
            address: ({ address }) => address,
            request: ({ request_id }) => request_id,
          });
          return {
            text,
            data: events.map((event) => ({ ...event, at: formatTimestamp(event.at) })),
          };
        }),
      ),
    );
}
