// Promise: an operator reads what has happened to a person's account.
import { listEvents } from '../src/auth/audit.ts';
import { command, instant, readCount, table } from './operator.ts';

const HELP = `npm run audit -- --user NAME [--limit 100]

Prints the newest events of a person's account, the newest last (UTC).`;

await command(HELP, { limit: { type: 'string' } }, async (db, user, { limit }) => {
  const events = await listEvents(db, user.id, readCount('limit', limit, 100));
  const rows = events
    .reverse()
    .map((event) => [
      instant(event.at),
      event.event,
      event.reason ?? '',
      event.session_id ?? '',
      event.address,
      event.request_id,
    ]);
  console.log(table(['when', 'event', 'reason', 'session', 'address', 'request'], rows));
});
