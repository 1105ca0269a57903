// Promise: an operator sees and ends a person's sessions.
import { audit } from '../src/auth/audit.ts';
import { listLiveSessions, revokeSessions } from '../src/auth/session-repository.ts';
import { transact } from '../src/database/transaction.ts';
import { command, instant, operatorEvent, table } from './operator.ts';

const HELP = `npm run sessions -- --user NAME [--revoke [--session ID]]

Lists a person's live sessions (UTC); with --revoke, ends all of them, or the one named.`;

const options = { revoke: { type: 'boolean' }, session: { type: 'string' } } as const;

await command(HELP, options, async (db, user, { revoke, session }) => {
  const now = Date.now();
  if (revoke) {
    const only = typeof session === 'string' ? { only: [session] } : {};
    const event = operatorEvent('session_revoked', user.id);
    const ended = await transact(db, async (trx) => {
      const ids = await revokeSessions(trx, { userId: user.id, ...only }, 'admin', now);
      for (const sessionId of ids) await audit(trx, { ...event, sessionId });
      return ids;
    });
    console.log(`${ended.length} sessions of ${user.username} have ended.`);
    return;
  }
  const sessions = await listLiveSessions(db, user.id, now);
  const rows = sessions.map((live) => [
    live.id,
    instant(live.created_at),
    instant(live.last_used_at),
    live.address,
    live.user_agent,
  ]);
  console.log(table(['session', 'since', 'last used', 'address', 'user agent'], rows));
});
