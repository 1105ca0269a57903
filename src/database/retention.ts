import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { v7 as uuid } from 'uuid';
import { findSurplusGroups, purgeSurplusEvents } from './audit-retention.ts';
import { type Condition, deleteRows } from './batches.ts';
import type { Db } from './connect.ts';
import type { Table } from './schema.ts';
import { transact } from './transaction.ts';

const DAY_MS = 86_400_000;

/** How long rows are kept. */
export const RETENTION_MS = {
  /** Counted from `idle_expires_at`. */
  session: 30 * DAY_MS,
  idempotencyKey: DAY_MS,
  auditEvent: 90 * DAY_MS,
};

const PURGE_INTERVAL_MS = 60_000;

/** How many refreshes a session has before it is revoked: enough for one every 2.6 minutes in 90 days. */
const MAX_SPENT_TOKENS_PER_SESSION = 50_000;

/** Is called after each run of the retention job. */
export interface RetentionObserver {
  onPurged(rows: number, seconds: number): void;
  /** The next run tries again. */
  onFailed(error: unknown): void;
}

/**
 * Purges expired rows every minute.
 * @returns a function that stops the job and waits for the batch in progress
 */
export function startRetentionJob(
  db: Db,
  now: () => number,
  { onPurged, onFailed }: RetentionObserver,
): () => Promise<void> {
  let isStopped = false;
  let running: Promise<unknown> = Promise.resolve();
  const purge = async () => {
    const start = performance.now();
    const rows = await purgeExpired(db, now(), () => isStopped);
    onPurged(rows, (performance.now() - start) / 1000);
  };
  const timer = setInterval(() => {
    running = running.then(purge).catch(onFailed);
  }, PURGE_INTERVAL_MS).unref();
  return async () => {
    isStopped = true;
    clearInterval(timer);
    await running;
  };
}

/**
 * Deletes expired rows and surplus audit events, in batches, and revokes overused sessions. A session
 * that was revoked, or has reached its absolute end, is also deleted 30 days after `idle_expires_at`.
 * @returns how many rows have been deleted
 */
export async function purgeExpired(db: Db, now: number, isStopped = () => false): Promise<number> {
  const batches = { batchRows: 500, isStopped };
  const purge = <Name extends Table>(table: Name, condition: Condition<Name>) =>
    deleteRows(db, table, condition, batches);
  const sessionsBefore = now - RETENTION_MS.session;
  const keysBefore = now - RETENTION_MS.idempotencyKey;
  const eventsBefore = now - RETENTION_MS.auditEvent;
  const sessions = db
    .selectFrom('sessions')
    .select('id')
    .where('idle_expires_at', '<=', sessionsBefore);
  // A session may have thousands of spent tokens, so they are deleted before it.
  const expired = [
    await purge('spent_refresh_tokens', (where) => where('session_id', 'in', sessions)),
    await purge('sessions', (where) => where('idle_expires_at', '<=', sessionsBefore)),
    await purge('idempotency_keys', (where) => where('created_at', '<', keysBefore)),
    await purge('rate_limits', (where) => where('expire', '<', now)),
    await purge('audit_events', (where) => where('at', '<', eventsBefore)),
  ];
  const groups = await findSurplusGroups(db);
  // Each refresh is an event: only users with too many of them can have an overused session.
  for (const { userId } of groups.filter(({ event }) => event === 'refreshed')) {
    await revokeOverusedSessions(db, userId, now, isStopped);
  }
  const surplus = await purgeSurplusEvents(db, groups, batches);
  return expired.reduce((sum, rows) => sum + rows, surplus);
}

/**
 * Revokes sessions with more spent tokens than any client needs. Spent tokens are kept to detect their
 * reuse, so a session may have only so many.
 */
async function revokeOverusedSessions(
  db: Db,
  userId: string,
  now: number,
  isStopped: () => boolean,
): Promise<void> {
  const sessions = await db
    .selectFrom('sessions')
    .select(['id', 'user_id', 'address'])
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .execute();
  for (const session of sessions) {
    if (isStopped()) return;
    await transact(db, (trx) => revokeIfOverused(trx, session, now));
    await yieldToEventLoop();
  }
}

async function revokeIfOverused(
  trx: Db,
  { id, user_id, address }: { id: string; user_id: string; address: string },
  now: number,
): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable('sessions')
    .set({ revoked_at: now, revoke_reason: 'limit', successor_nonce: null })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('spent_refresh_tokens')
          .select('session_id')
          .where('session_id', '=', id)
          .limit(1)
          .offset(MAX_SPENT_TOKENS_PER_SESSION),
      ),
    )
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return;
  const event = { event: 'session_revoked', reason: 'limit', session_id: id } as const;
  await trx
    .insertInto('audit_events')
    .values({ id: uuid(), at: now, ...event, user_id, address, request_id: '' })
    .execute();
}
