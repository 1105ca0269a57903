// Promise: an operator reads what has happened to a person's account.
import { listEvents } from '../src/auth/audit.ts';
import { command, Fault, instant, table } from './operator.ts';

const HELP = `npm run audit -- --user NAME [--limit 100]

Prints the newest events of a person's account, the newest last (UTC).`;

await command(HELP, { limit: { type: 'string' } }, async (db, user, { limit }) => {
  if (!/^[1-9]\d{0,6}$/.test(String(limit ?? 100)))
    throw new Fault('--limit must be a number from 1');
  const events = await listEvents(db, user.id, Number(limit ?? 100));
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
