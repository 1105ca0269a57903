import type { Command } from 'commander';
import { listLiveSessions } from '../auth/session-repository.ts';
import type { Db } from '../database/connect.ts';
import { transact } from '../database/transaction.ts';
import { OperatorError } from '../operator-error.ts';
import { formatTimestamp } from '../timestamp.ts';
import { databaseAction, requireUser, revokeSessionsAsOperator } from './database.ts';
import { formatCount, formatInstant, formatTable, type Result, type Terminal } from './terminal.ts';

export function addSessionsCommands(program: Command, terminal: Terminal): void {
  const sessions = program.command('sessions').description('list or revoke the sessions of a user');
  sessions
    .command('list')
    .description('list the live sessions of a user')
    .argument('<user>')
    .action(databaseAction(terminal, listSessions));
  sessions
    .command('revoke')
    .description('revoke all sessions of a user, or only one')
    .argument('<user>')
    .argument('[session]', 'the id of the session')
    .action(databaseAction(terminal, revokeUserSessions));
}

async function listSessions(db: Db, name: string): Promise<Result> {
  const { id } = await requireUser(db, name);
  const live = await listLiveSessions(db, id, Date.now());
  const data = live.map((session) => ({
    ...session,
    created_at: formatTimestamp(session.created_at),
    last_used_at: formatTimestamp(session.last_used_at),
  }));
  const text = formatTable(live, {
    session: ({ id }) => id,
    since: ({ created_at }) => formatInstant(created_at),
    'last used': ({ last_used_at }) => formatInstant(last_used_at),
    address: ({ address }) => address,
    'user agent': ({ user_agent }) => user_agent,
  });
  return { text, data };
}

async function revokeUserSessions(db: Db, name: string, session?: string): Promise<Result> {
  const { id: userId, username } = await requireUser(db, name);
  const only = session === undefined ? {} : { only: [session] };
  const revoked = await transact(db, (trx) => revokeSessionsAsOperator(trx, { userId, ...only }));
  if (session !== undefined && revoked.length === 0) {
    throw new OperatorError(`${username} has no live session ${session}.`);
  }
  return {
    text: `${formatCount(revoked.length, 'session')} of ${username} revoked.`,
    data: { revoked },
  };
}
