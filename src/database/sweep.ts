import { setImmediate as turn } from 'node:timers/promises';
import type { Db } from './connect.ts';

/** For how long what is over is kept, in milliseconds. */
const DAY = 86_400_000;
const KEEP = {
  /** Sessions from the moment they would have been idle for too long. */
  session: 30 * DAY,
  idempotencyKey: DAY,
  auditEvent: 90 * DAY,
};

/** How many rows one statement deletes at most, so that nobody waits long for it. */
const BATCH = 500;

/** How many events the trail holds at most, so that nobody's are pushed out by somebody else's. */
const AUDIT_EVENTS = { ofOneUser: 1000, ofNobody: 50_000, all: 200_000 };

/**
 * Deletes what is over: sessions that ended long ago with the tokens they spent, forgotten keys and
 * counters, old events. A batch at a time, until there is nothing left.
 * @returns how many rows went
 */
export async function sweep(db: Db, now: number, isStopped = () => false): Promise<number> {
  let total = 0;
  for (const step of [
    spentTokens,
    sessions,
    idempotencyKeys,
    rateLimits,
    oldEvents,
    crowdedEvents,
    nobodysEvents,
    tooManyEvents,
  ]) {
    for (let deleted = BATCH; deleted >= BATCH && !isStopped(); total += deleted) {
      deleted = Number((await step(db, now)).numDeletedRows);
      await turn(); // an embedded database would let nobody else in between
    }
  }
  return total;
}

/** Before their sessions, which may have thousands of them. */
function spentTokens(db: Db, now: number) {
  return db
    .deleteFrom('spent_refresh_tokens')
    .where('token_hash', 'in', (spent) =>
      spent
        .selectFrom('sessions')
        .innerJoin('spent_refresh_tokens', 'spent_refresh_tokens.session_id', 'sessions.id')
        .select('spent_refresh_tokens.token_hash')
        .where('sessions.idle_expires_at', '<=', now - KEEP.session)
        .limit(BATCH),
    )
    .executeTakeFirstOrThrow();
}

/** A session that was revoked, or has come to its absolute end, gets idle like any other. */
function sessions(db: Db, now: number) {
  return db
    .deleteFrom('sessions')
    .where('id', 'in', (ended) =>
      ended
        .selectFrom('sessions')
        .select('id')
        .where('idle_expires_at', '<=', now - KEEP.session)
        .limit(BATCH),
    )
    .executeTakeFirstOrThrow();
}

function idempotencyKeys(db: Db, now: number) {
  return db
    .deleteFrom('idempotency_keys')
    .where(({ refTuple, eb, selectFrom }) =>
      eb(
        refTuple('user_id', 'key_hash'),
        'in',
        selectFrom('idempotency_keys')
          .select(['user_id', 'key_hash'])
          .where('created_at', '<', now - KEEP.idempotencyKey)
          .limit(BATCH)
          .$asTuple('user_id', 'key_hash'),
      ),
    )
    .executeTakeFirstOrThrow();
}

function rateLimits(db: Db, now: number) {
  return db
    .deleteFrom('rate_limits')
    .where('key', 'in', (counters) =>
      counters.selectFrom('rate_limits').select('key').where('expire', '<', now).limit(BATCH),
    )
    .executeTakeFirstOrThrow();
}

function oldEvents(db: Db, now: number) {
  return deleteEvents(db, eventIds(db).where('at', '<', now - KEEP.auditEvent));
}

/** Those before the newest of each user who has more than may be. */
function crowdedEvents(db: Db) {
  const crowded = db
    .selectFrom('audit_events as one')
    .select((one) => [
      'one.user_id',
      one
        .selectFrom('audit_events as its')
        .select('its.at')
        .whereRef('its.user_id', '=', 'one.user_id')
        .orderBy('its.at', 'desc')
        .offset(AUDIT_EVENTS.ofOneUser - 1)
        .limit(1)
        .as('oldest'),
    ])
    .where('one.user_id', 'is not', null)
    .groupBy('one.user_id')
    .having(({ fn }) => fn.countAll(), '>', AUDIT_EVENTS.ofOneUser);
  return db
    .deleteFrom('audit_events')
    .where('id', 'in', (events) =>
      events
        .selectFrom(crowded.as('crowded'))
        .innerJoin('audit_events as event', 'event.user_id', 'crowded.user_id')
        .select('event.id')
        .whereRef('event.at', '<', 'crowded.oldest')
        .limit(BATCH),
    )
    .executeTakeFirstOrThrow();
}

/** Unknown names and tokens: whoever makes them up must not push out the trail of users. */
function nobodysEvents(db: Db) {
  const nobodys = eventIds(db).where('user_id', 'is', null).orderBy('at', 'desc');
  return deleteEvents(db, nobodys.offset(AUDIT_EVENTS.ofNobody));
}

/** The oldest beyond what the trail holds. */
function tooManyEvents(db: Db) {
  return deleteEvents(db, eventIds(db).orderBy('id', 'desc').offset(AUDIT_EVENTS.all));
}

function eventIds(db: Db) {
  return db.selectFrom('audit_events').select('audit_events.id');
}

/** A batch of those that the query finds. */
function deleteEvents(db: Db, ids: ReturnType<typeof eventIds>) {
  return db
    .deleteFrom('audit_events')
    .where('id', 'in', ids.limit(BATCH))
    .executeTakeFirstOrThrow();
}

/** How often, in milliseconds: every minute. */
const INTERVAL = 60_000;

/** Who is told what becomes of each sweep. */
export interface SweepReport {
  swept(rows: number, seconds: number): void;
  /** The next one tries again. */
  failed(error: unknown): void;
}

/**
 * Sweeps now and then until it is stopped.
 * @returns what stops it and waits for the batch under way
 */
export function sweepRegularly(
  db: Db,
  now: () => number,
  { swept, failed }: SweepReport,
): () => Promise<void> {
  let isStopped = false;
  let running: Promise<unknown> = Promise.resolve();
  const sweepOnce = async () => {
    const start = performance.now();
    const rows = await sweep(db, now(), () => isStopped);
    swept(rows, (performance.now() - start) / 1000);
  };
  const timer = setInterval(() => {
    running = running.then(sweepOnce).catch(failed);
  }, INTERVAL).unref();
  return async () => {
    isStopped = true;
    clearInterval(timer);
    await running;
  };
}
