import { type BatchOptions, deleteInBatches, deleteRows } from './batches.ts';
import type { Db } from './connect.ts';

/** How many events of one kind the audit log keeps for each user. */
const MAX_EVENTS_PER_USER_AND_KIND = 1000;

/** How many events without a user the audit log keeps: of unknown names and tokens. */
const MAX_ANONYMOUS_EVENTS = 50_000;

const MAX_EVENTS = 200_000;

/** A user keeps all of these, so that a thief cannot push out the record of the first one. */
const REUSE_DETECTED = 'refresh_token_reused';

/** The events of one user and one kind. */
interface EventGroup {
  userId: string | null;
  event: string;
}

/** Finds the users and the kinds of which there are more events than the audit log keeps. */
export function findSurplusGroups(db: Db) {
  return db
    .selectFrom('audit_events')
    .select(['user_id as userId', 'event'])
    .where('user_id', 'is not', null)
    .where('event', '!=', REUSE_DETECTED)
    .groupBy(['user_id', 'event'])
    .having(({ fn }) => fn.countAll(), '>', MAX_EVENTS_PER_USER_AND_KIND)
    .$narrowType<{ userId: string }>()
    .execute();
}

/**
 * Deletes the events over the limits of the audit log. Users and kinds have separate limits, so that
 * one user cannot push out another user's events, and many refreshes cannot push out a sign-in.
 * @returns how many events have been deleted
 */
export async function purgeSurplusEvents(
  db: Db,
  groups: EventGroup[],
  batches: BatchOptions,
): Promise<number> {
  const keepNewest = (events: ReturnType<typeof selectEventIds>, count: number) => {
    const surplus = events.orderBy('at', 'desc').offset(count).limit(batches.batchRows);
    return deleteRows(db, 'audit_events', (where) => where('id', 'in', surplus), batches);
  };
  let deleted = 0;
  for (const group of groups) {
    deleted += await keepNewest(selectEventsOfGroup(db, group), MAX_EVENTS_PER_USER_AND_KIND);
  }
  const anonymousEvents = selectEventIds(db).where('user_id', 'is', null);
  deleted += await keepNewest(anonymousEvents, MAX_ANONYMOUS_EVENTS);
  const deleteBatch = () => deleteFromLargestGroup(db, batches.batchRows);
  return deleted + (await deleteInBatches(deleteBatch, batches.isStopped));
}

/** Deletes up to half of the largest group if there are too many events in total. */
async function deleteFromLargestGroup(db: Db, limit: number): Promise<number> {
  const counted = db
    .selectFrom('audit_events')
    .select(({ fn }) => fn.countAll<number>().as('count'));
  const surplus = (await counted.executeTakeFirstOrThrow()).count - MAX_EVENTS;
  if (surplus <= 0) return 0;
  const largest = await counted
    .select(['user_id as userId', 'event'])
    .groupBy(['user_id', 'event'])
    .orderBy('count', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  const ids = selectEventsOfGroup(db, largest)
    .orderBy('at', largest.event === REUSE_DETECTED ? 'desc' : 'asc')
    .limit(Math.min(surplus, Math.ceil(largest.count / 2), limit));
  const deletion = db.deleteFrom('audit_events').where('id', 'in', ids);
  return Number((await deletion.executeTakeFirst()).numDeletedRows);
}

function selectEventsOfGroup(db: Db, { userId, event }: EventGroup) {
  return selectEventIds(db)
    .where('user_id', userId === null ? 'is' : '=', userId)
    .where('event', '=', event);
}

function selectEventIds(db: Db) {
  return db.selectFrom('audit_events').select('id');
}
