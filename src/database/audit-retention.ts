import type { Expression } from 'kysely';
import { deleteInBatches } from './batches.ts';
import type { Db } from './connect.ts';

/** How many events of one kind the audit log keeps for each user. */
export const MAX_EVENTS_PER_USER_AND_KIND = 1000;

/** How many events without a user the audit log keeps: of unknown names and tokens. */
const MAX_ANONYMOUS_EVENTS = 50_000;

const MAX_EVENTS = 200_000;

/** A user keeps all of these, so that a thief cannot push out the record of the first one. */
const REUSE_DETECTED = 'refresh_token_reused';

/**
 * Deletes the events over the limits of the audit log. Users and kinds have separate limits, so that
 * one user cannot push out another user's events, and many refreshes cannot push out a sign-in.
 * @returns how many events have been deleted
 */
export async function purgeSurplusEvents(
  db: Db,
  batchRows: number,
  isStopped: () => boolean,
): Promise<number> {
  const purge = (deleteBatch: (db: Db, limit: number) => Promise<number>) =>
    deleteInBatches(() => deleteBatch(db, batchRows), isStopped);
  return (
    (await purge(deleteEventsOverUserLimit)) +
    (await purge(deleteAnonymousEventsOverLimit)) +
    (await purge(deleteEventsOverTotalLimit))
  );
}

/** Keeps the newest events of each user and kind. */
function deleteEventsOverUserLimit(db: Db, limit: number): Promise<number> {
  const overLimit = db
    .selectFrom('audit_events as one')
    .select((one) => [
      'one.user_id',
      'one.event',
      one
        .selectFrom('audit_events as its')
        .select('its.at')
        .whereRef('its.user_id', '=', 'one.user_id')
        .whereRef('its.event', '=', 'one.event')
        .orderBy('its.at', 'desc')
        .offset(MAX_EVENTS_PER_USER_AND_KIND - 1)
        .limit(1)
        .as('oldest'),
    ])
    .where('one.user_id', 'is not', null)
    .where('one.event', '!=', REUSE_DETECTED)
    .groupBy(['one.user_id', 'one.event'])
    .having(({ fn }) => fn.countAll(), '>', MAX_EVENTS_PER_USER_AND_KIND);
  const ids = db
    .selectFrom(overLimit.as('over_limit'))
    .innerJoin('audit_events', (join) =>
      join
        .onRef('audit_events.user_id', '=', 'over_limit.user_id')
        .onRef('audit_events.event', '=', 'over_limit.event'),
    )
    .select('audit_events.id')
    .whereRef('audit_events.at', '<', 'over_limit.oldest');
  return deleteEvents(db, ids.limit(limit).$asScalar());
}

/** Keeps the newest events without a user. */
function deleteAnonymousEventsOverLimit(db: Db, limit: number): Promise<number> {
  const ids = selectEventIds(db)
    .where('user_id', 'is', null)
    .orderBy('at', 'desc')
    .offset(MAX_ANONYMOUS_EVENTS);
  return deleteEvents(db, ids.limit(limit).$asScalar());
}

/** Deletes up to half of the largest group of one user and one kind. */
async function deleteEventsOverTotalLimit(db: Db, limit: number): Promise<number> {
  const counted = db
    .selectFrom('audit_events')
    .select(({ fn }) => fn.countAll<number>().as('count'));
  const surplus = (await counted.executeTakeFirstOrThrow()).count - MAX_EVENTS;
  if (surplus <= 0) return 0;
  const { user_id, event, count } = await counted
    .select(['user_id', 'event'])
    .groupBy(['user_id', 'event'])
    .orderBy('count', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  const ids = selectEventIds(db)
    .where('user_id', user_id === null ? 'is' : '=', user_id)
    .where('event', '=', event)
    .orderBy('at', event === REUSE_DETECTED ? 'desc' : 'asc');
  return deleteEvents(db, ids.limit(Math.min(surplus, Math.ceil(count / 2), limit)).$asScalar());
}

function selectEventIds(db: Db) {
  return db.selectFrom('audit_events').select('audit_events.id');
}

async function deleteEvents(db: Db, ids: Expression<string>): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('audit_events')
    .where('id', 'in', ids)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
