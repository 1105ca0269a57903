// Promise: an operator sees and ends a person's sessions.
import { audit } from '../src/auth/audit.ts';
import { listLiveSessions, revokeSessions } from '../src/auth/session-repository.ts';
import type { Db } from '../src/database/connect.ts';
import { transact } from '../src/database/transaction.ts';
import {
  command,
  countOf,
  Fault,
  instant,
  operatorEvent,
  table,
  UsageError,
  type User,
} from './operator.ts';

const HELP = `npm run sessions -- --user NAME [--revoke [--session ID]]

Lists a person's live sessions (UTC); with --revoke, ends all of them, or the one named.`;

const options = { revoke: { type: 'boolean' }, session: { type: 'string' } } as const;

await command(HELP, options, async (db, user, { revoke, session }) => {
  if (session !== undefined && !revoke) throw new UsageError('--session needs --revoke');
  if (revoke) return revokeAndReport(db, user, session === undefined ? undefined : `${session}`);
  const sessions = await listLiveSessions(db, user.id, Date.now());
  const rows = sessions.map((live) => [
    live.id,
    instant(live.created_at),
    instant(live.last_used_at),
    live.address,
    live.user_agent,
  ]);
  console.log(table(['session', 'since', 'last used', 'address', 'user agent'], rows));
});

async function revokeAndReport(db: Db, user: User, session: string | undefined): Promise<void> {
  const ids = await transact(db, (trx) => revoke(trx, user.id, session));
  if (session !== undefined && ids.length === 0) {
    throw new Fault(`there is no live session ${session} of ${user.username}`);
  }
  console.log(`${countOf(ids.length, 'session')} of ${user.username} revoked.`);
}

async function revoke(trx: Db, userId: string, session: string | undefined): Promise<string[]> {
  const now = Date.now();
  const only = session === undefined ? {} : { only: [session] };
  const ids = await revokeSessions(trx, { userId, ...only }, 'admin', now);
  const event = operatorEvent('session_revoked', userId);
  for (const sessionId of ids) await audit(trx, { ...event, sessionId });
  return ids;
}
