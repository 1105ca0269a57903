import { setImmediate as turn } from 'node:timers/promises';
import { v7 as uuid } from 'uuid';
import type { Db } from './connect.ts';
import { transact } from './transaction.ts';

/** For how long what is over is kept, in milliseconds. */
const DAY_MS = 86_400_000;
const RETENTION_MS = {
  /** Sessions from the moment they would have been idle for too long. */
  session: 30 * DAY_MS,
  idempotencyKey: DAY_MS,
  auditEvent: 90 * DAY_MS,
};

/** How many rows one statement deletes at most, so that nobody waits long for it. */
const BATCH_ROWS = 500;

/**
 * How many events the audit log holds: of one user and one kind, of unknown users, in all. Each kind
 * is kept by itself, so that many refreshes push no sign-in out.
 */
const MAX_AUDIT_EVENTS = { perUserAndKind: 1000, ofUnknownUsers: 50_000, all: 200_000 };

/** How many refreshes a session has before it is revoked: one every 2.6 minutes for 90 days. */
const MAX_SPENT_TOKENS_PER_SESSION = 50_000;

/** Kept for its time however many there are: a thief must not push out the record of the first. */
const REUSE_DETECTED = 'refresh_token_reused';

/**
 * Deletes what is over: sessions that ended long ago with the tokens they spent, forgotten keys and
 * counters, old events. A batch at a time, until there is nothing left.
 * @returns how many rows went
 */
export async function purgeExpired(db: Db, now: number, isStopped = () => false): Promise<number> {
  const rows = await deleteInBatches(db, now, EXPIRED_ROWS, isStopped);
  await revokeOverusedSessions(db, now, isStopped); // by events that the next line deletes
  return rows + (await deleteInBatches(db, now, SURPLUS_EVENTS, isStopped));
}

type PurgeBatch = (db: Db, now: number) => Promise<{ numDeletedRows: bigint }>;

/** What is over after some time. */
const EXPIRED_ROWS: PurgeBatch[] = [
  deleteSpentTokens,
  deleteSessions,
  deleteIdempotencyKeys,
  deleteCounters,
  deleteOldEvents,
];

/** What is more than the audit log holds. */
const SURPLUS_EVENTS: PurgeBatch[] = [
  deleteEventsOverUserLimit,
  deleteAnonymousEventsOverLimit,
  deleteEventsOverTotalLimit,
];

async function deleteInBatches(db: Db, now: number, steps: PurgeBatch[], isStopped: () => boolean) {
  let total = 0;
  for (const step of steps) {
    for (let deleted = 1; deleted > 0 && !isStopped(); total += deleted) {
      deleted = Number((await step(db, now)).numDeletedRows);
      await turn(); // an embedded database would let nobody else in between
    }
  }
  return total;
}

/** Before their sessions, which may have thousands of them. */
function deleteSpentTokens(db: Db, now: number) {
  return db
    .deleteFrom('spent_refresh_tokens')
    .where('token_hash', 'in', (spent) =>
      spent
        .selectFrom('sessions')
        .innerJoin('spent_refresh_tokens', 'spent_refresh_tokens.session_id', 'sessions.id')
        .select('spent_refresh_tokens.token_hash')
        .where('sessions.idle_expires_at', '<=', now - RETENTION_MS.session)
        .limit(BATCH_ROWS),
    )
    .executeTakeFirstOrThrow();
}

/** A session that was revoked, or has come to its absolute end, gets idle like any other. */
function deleteSessions(db: Db, now: number) {
  return db
    .deleteFrom('sessions')
    .where('id', 'in', (ended) =>
      ended
        .selectFrom('sessions')
        .select('id')
        .where('idle_expires_at', '<=', now - RETENTION_MS.session)
        .limit(BATCH_ROWS),
    )
    .executeTakeFirstOrThrow();
}

function deleteIdempotencyKeys(db: Db, now: number) {
  return db
    .deleteFrom('idempotency_keys')
    .where(({ refTuple, eb, selectFrom }) =>
      eb(
        refTuple('user_id', 'key_hash'),
        'in',
        selectFrom('idempotency_keys')
          .select(['user_id', 'key_hash'])
          .where('created_at', '<', now - RETENTION_MS.idempotencyKey)
          .limit(BATCH_ROWS)
          .$asTuple('user_id', 'key_hash'),
      ),
    )
    .executeTakeFirstOrThrow();
}

function deleteCounters(db: Db, now: number) {
  return db
    .deleteFrom('rate_limits')
    .where('key', 'in', (counters) =>
      counters.selectFrom('rate_limits').select('key').where('expire', '<', now).limit(BATCH_ROWS),
    )
    .executeTakeFirstOrThrow();
}

function deleteOldEvents(db: Db, now: number) {
  return deleteEvents(db, selectEventIds(db).where('at', '<', now - RETENTION_MS.auditEvent));
}

/**
 * Revokes sessions with more spent tokens than any client needs: they would grow without a bound.
 * Deleting the tokens instead would hide a reuse from a thief's victim.
 */
async function revokeOverusedSessions(
  db: Db,
  now: number,
  isStopped: () => boolean,
): Promise<void> {
  for (const { userId } of await findFrequentUsers(db)) {
    for (const session of await findUnrevokedSessions(db, userId)) {
      if (isStopped()) return;
      if (await hasTooManySpentTokens(db, session.id))
        await revokeSession(db, { ...session, userId }, now);
      await turn();
    }
  }
}

/** Each refresh is an event, and as many events are kept. */
function findFrequentUsers(db: Db) {
  return db
    .selectFrom('audit_events')
    .select('user_id as userId')
    .where('user_id', 'is not', null)
    .where('event', '=', 'refreshed')
    .groupBy('user_id')
    .having(({ fn }) => fn.countAll(), '>', MAX_AUDIT_EVENTS.perUserAndKind)
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
  const event = {
    event: 'session_revoked',
    reason: 'limit',
    user_id: userId,
    session_id: id,
  } as const;
  return transact(db, async (trx) => {
    await trx
      .updateTable('sessions')
      .set({ revoked_at: now, revoke_reason: 'limit', successor_nonce: null })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .execute();
    await trx
      .insertInto('audit_events')
      .values({ id: uuid(), at: now, ...event, address, request_id: '' })
      .execute();
  });
}

/** All but the newest of each user and kind. */
function deleteEventsOverUserLimit(db: Db) {
  const crowded = db
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
        .offset(MAX_AUDIT_EVENTS.perUserAndKind - 1)
        .limit(1)
        .as('oldest'),
    ])
    .where('one.user_id', 'is not', null)
    .where('one.event', '!=', REUSE_DETECTED)
    .groupBy(['one.user_id', 'one.event'])
    .having(({ fn }) => fn.countAll(), '>', MAX_AUDIT_EVENTS.perUserAndKind);
  return db
    .deleteFrom('audit_events')
    .where('id', 'in', (events) =>
      events
        .selectFrom(crowded.as('crowded'))
        .innerJoin('audit_events as event', (join) =>
          join
            .onRef('event.user_id', '=', 'crowded.user_id')
            .onRef('event.event', '=', 'crowded.event'),
        )
        .select('event.id')
        .whereRef('event.at', '<', 'crowded.oldest')
        .limit(BATCH_ROWS),
    )
    .executeTakeFirstOrThrow();
}

/** Of unknown names and tokens: made up in any number, they must not push out those of users. */
function deleteAnonymousEventsOverLimit(db: Db) {
  const unknown = selectEventIds(db).where('user_id', 'is', null).orderBy('at', 'desc');
  return deleteEvents(db, unknown.offset(MAX_AUDIT_EVENTS.ofUnknownUsers));
}

/** Beyond what the audit log holds: up to half of the largest group of one user and one kind. */
async function deleteEventsOverTotalLimit(db: Db) {
  const events = db.selectFrom('audit_events');
  const counted = events.select(({ fn }) => fn.countAll<number>().as('count'));
  const { count: all } = await counted.executeTakeFirstOrThrow();
  const surplus = all - MAX_AUDIT_EVENTS.all;
  if (surplus <= 0) return { numDeletedRows: 0n };
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
  return deleteEvents(db, ids, Math.min(surplus, Math.ceil(count / 2), BATCH_ROWS));
}

function selectEventIds(db: Db) {
  return db.selectFrom('audit_events').select('audit_events.id');
}

/** A batch of the events that the query finds. */
function deleteEvents(db: Db, ids: ReturnType<typeof selectEventIds>, limit = BATCH_ROWS) {
  return db
    .deleteFrom('audit_events')
    .where('id', 'in', ids.limit(limit))
    .executeTakeFirstOrThrow();
}

/** How often, in milliseconds: every minute. */
const PURGE_INTERVAL_MS = 60_000;

/** Who is told what becomes of each sweep. */
export interface RetentionObserver {
  onPurged(rows: number, seconds: number): void;
  /** The next one tries again. */
  onFailed(error: unknown): void;
}

/**
 * Sweeps now and then until it is stopped.
 * @returns what stops it and waits for the batch under way
 */
export function startRetentionJob(
  db: Db,
  now: () => number,
  { onPurged, onFailed }: RetentionObserver,
): () => Promise<void> {
  let isStopped = false;
  let running: Promise<unknown> = Promise.resolve();
  const sweepOnce = async () => {
    const start = performance.now();
    const rows = await purgeExpired(db, now(), () => isStopped);
    onPurged(rows, (performance.now() - start) / 1000);
  };
  const timer = setInterval(() => {
    running = running.then(sweepOnce).catch(onFailed);
  }, PURGE_INTERVAL_MS).unref();
  return async () => {
    isStopped = true;
    clearInterval(timer);
    await running;
  };
}
