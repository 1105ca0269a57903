import type { Command } from 'commander';
import { recordAuditEvent } from '../auth/audit-repository.ts';
import { listLiveSessions, revokeSessions } from '../auth/session-repository.ts';
import type { Db } from '../database/connect.ts';
import { transact } from '../database/transaction.ts';
import { formatTimestamp } from '../timestamp.ts';
import { findUser, operatorEvent, withDatabase } from './database.ts';
import { Fault } from './errors.ts';
import { countOf, instant, printing, type Result, type Terminal, table } from './terminal.ts';

export function addSessions(program: Command, terminal: Terminal): void {
  const sessions = program.command('sessions').description('list or end the sessions of a user');
  sessions
    .command('list')
    .description('list the live sessions of a user')
    .argument('<user>')
    .action(printing(terminal, (name: string) => withDatabase(terminal, (db) => list(db, name))));
  sessions
    .command('revoke')
    .description('end all sessions of a user, or the one that is named')
    .argument('<user>')
    .argument('[session]', 'the id of the session')
    .action(
      printing(terminal, (name: string, session?: string) =>
        withDatabase(terminal, (db) => revoke(db, name, session)),
      ),
    );
}

async function list(db: Db, name: string): Promise<Result> {
  const { id } = await findUser(db, name);
  const live = await listLiveSessions(db, id, Date.now());
  const data = live.map(({ id, created_at, last_used_at, address, user_agent }) => ({
    id,
    created_at: formatTimestamp(created_at),
    last_used_at: formatTimestamp(last_used_at),
    address,
    user_agent,
  }));
  const text = table(live, {
    session: ({ id }) => id,
    since: ({ created_at }) => instant(created_at),
    'last used': ({ last_used_at }) => instant(last_used_at),
    address: ({ address }) => address,
    'user agent': ({ user_agent }) => user_agent,
  });
  return { text, data };
}

async function revoke(db: Db, name: string, session: string | undefined): Promise<Result> {
  const { id: userId, username } = await findUser(db, name);
  const only = session === undefined ? {} : { only: [session] };
  const revoked = await transact(db, async (trx) => {
    const ids = await revokeSessions(trx, { userId, ...only }, 'admin', Date.now());
    const event = operatorEvent('session_revoked', userId);
    for (const sessionId of ids) await recordAuditEvent(trx, { ...event, sessionId });
    return ids;
  });
  if (session !== undefined && revoked.length === 0) {
    throw new Fault(`there is no live session ${session} of ${username}`);
  }
  return {
    text: `${countOf(revoked.length, 'session')} of ${username} revoked.`,
    data: { revoked },
  };
}
