import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { v7 as uuid } from 'uuid';
import { MAX_EVENTS_PER_USER_AND_KIND, purgeSurplusEvents } from './audit-retention.ts';
import { deleteInBatches, deleteRows, deleteSpentTokens } from './batches.ts';
import type { Db } from './connect.ts';
import { transact } from './transaction.ts';

const DAY_MS = 86_400_000;

/** How long rows are kept. */
export const RETENTION_MS = {
  /** From the moment when the session is idle for too long. */
  session: 30 * DAY_MS,
  idempotencyKey: DAY_MS,
  auditEvent: 90 * DAY_MS,
};

/** How many rows one statement deletes, so that no request waits long for it. */
const BATCH_ROWS = 500;

/** How many refreshes a session has before it is revoked: one every 2.6 minutes for 90 days. */
const MAX_SPENT_TOKENS_PER_SESSION = 50_000;

/**
 * Deletes expired rows and surplus audit events, in batches. A session that was revoked, or has
 * reached its absolute end, becomes idle like any other.
 * @returns how many rows have been deleted
 */
export async function purgeExpired(db: Db, now: number, isStopped = () => false): Promise<number> {
  const sessionsBefore = now - RETENTION_MS.session;
  const keysBefore = now - RETENTION_MS.idempotencyKey;
  const eventsBefore = now - RETENTION_MS.auditEvent;
  const purges: (() => Promise<number>)[] = [
    () =>
      deleteSpentTokens(db, BATCH_ROWS, (where) => where('idle_expires_at', '<=', sessionsBefore)),
    () =>
      deleteRows(db, 'sessions', BATCH_ROWS, (where) =>
        where('idle_expires_at', '<=', sessionsBefore),
      ),
    () =>
      deleteRows(db, 'idempotency_keys', BATCH_ROWS, (where) =>
        where('created_at', '<', keysBefore),
      ),
    () => deleteRows(db, 'rate_limits', BATCH_ROWS, (where) => where('expire', '<', now)),
    () => deleteRows(db, 'audit_events', BATCH_ROWS, (where) => where('at', '<', eventsBefore)),
  ];
  let rows = 0;
  for (const purge of purges) rows += await deleteInBatches(purge, isStopped);
  // Before the surplus events are deleted: they show which users refresh often.
  await revokeOverusedSessions(db, now, isStopped);
  return rows + (await purgeSurplusEvents(db, BATCH_ROWS, isStopped));
}

/**
 * Revokes sessions with more spent tokens than any client needs, because they would grow without
 * bound. Deleting the tokens instead would hide their reuse.
 */
async function revokeOverusedSessions(
  db: Db,
  now: number,
  isStopped: () => boolean,
): Promise<void> {
  for (const { userId } of await findFrequentUsers(db)) {
    for (const session of await findUnrevokedSessions(db, userId)) {
      if (isStopped()) return;
      if (await hasTooManySpentTokens(db, session.id)) {
        await revokeSession(db, { ...session, userId }, now);
      }
      await yieldToEventLoop();
    }
  }
}

/** Each refresh is an event, so a user with an overused session has too many of them. */
function findFrequentUsers(db: Db) {
  return db
    .selectFrom('audit_events')
    .select('user_id as userId')
    .where('user_id', 'is not', null)
    .where('event', '=', 'refreshed')
    .groupBy('user_id')
    .having(({ fn }) => fn.countAll(), '>', MAX_EVENTS_PER_USER_AND_KIND)
    .$narrowType<{ userId: string }>()
    .execute();
}

function findUnrevokedSessions(db: Db, userId: string) {
  return db
    .selectFrom('sessions')
    .select(['id', 'address'])
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .execute();
}

async function hasTooManySpentTokens(db: Db, sessionId: string): Promise<boolean> {
  const surplus = await db
    .selectFrom('spent_refresh_tokens')
    .select('session_id')
    .where('session_id', '=', sessionId)
    .limit(1)
    .offset(MAX_SPENT_TOKENS_PER_SESSION)
    .executeTakeFirst();
  return surplus !== undefined;
}

function revokeSession(
  db: Db,
  { id, userId, address }: { id: string; userId: string; address: string },
  now: number,
): Promise<void> {
  const event = { event: 'session_revoked', user_id: userId, session_id: id, request_id: '' };
  return transact(db, async (trx) => {
    await trx
      .updateTable('sessions')
      .set({ revoked_at: now, revoke_reason: 'limit', successor_nonce: null })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .execute();
    await trx
      .insertInto('audit_events')
      .values({ id: uuid(), at: now, reason: 'limit', ...event, address })
      .execute();
  });
}
