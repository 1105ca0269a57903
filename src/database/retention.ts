import { setImmediate as turn } from 'node:timers/promises';
import { v7 as uuid } from 'uuid';
import type { Db } from './connect.ts';
import { transact } from './transaction.ts';

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

/**
 * How many events the audit log holds: of one user and one kind, of unknown users, in all. Each kind
 * is kept by itself, so that many refreshes push no sign-in out.
 */
const AUDIT_EVENTS = { perUserAndKind: 1000, ofUnknownUsers: 50_000, all: 200_000 };

/** How many refreshes a session has before it is revoked: one every 2.6 minutes for 90 days. */
const MAX_SPENT_TOKENS = 50_000;

/** Kept for its time however many there are: a thief must not push out the record of the first. */
const DETECTION = 'refresh_token_reused';

/**
 * Deletes what is over: sessions that ended long ago with the tokens they spent, forgotten keys and
 * counters, old events. A batch at a time, until there is nothing left.
 * @returns how many rows went
 */
export async function sweep(db: Db, now: number, isStopped = () => false): Promise<number> {
  const rows = await deleteInBatches(db, now, EXPIRED, isStopped);
  await revokeOverusedSessions(db, now, isStopped); // by events that the next line deletes
  return rows + (await deleteInBatches(db, now, SURPLUS, isStopped));
}

type Step = (db: Db, now: number) => Promise<{ numDeletedRows: bigint }>;

/** What is over after some time. */
const EXPIRED: Step[] = [spentTokens, sessions, idempotencyKeys, rateLimits, oldEvents];

/** What is more than the audit log holds. */
const SURPLUS: Step[] = [eventsPerUserAndKind, eventsOfUnknownUsers, surplusEvents];

async function deleteInBatches(db: Db, now: number, steps: Step[], isStopped: () => boolean) {
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
      if (await isOverused(db, session.id)) await revokeSession(db, { ...session, userId }, now);
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
    .having(({ fn }) => fn.countAll(), '>', AUDIT_EVENTS.perUserAndKind)
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

async function isOverused(db: Db, sessionId: string): Promise<boolean> {
  const surplus = await db
    .selectFrom('spent_refresh_tokens')
    .select('session_id')
    .where('session_id', '=', sessionId)
    .limit(1)
    .offset(MAX_SPENT_TOKENS)
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
function eventsPerUserAndKind(db: Db) {
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
        .offset(AUDIT_EVENTS.perUserAndKind - 1)
        .limit(1)
        .as('oldest'),
    ])
    .where('one.user_id', 'is not', null)
    .where('one.event', '!=', DETECTION)
    .groupBy(['one.user_id', 'one.event'])
    .having(({ fn }) => fn.countAll(), '>', AUDIT_EVENTS.perUserAndKind);
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
        .limit(BATCH),
    )
    .executeTakeFirstOrThrow();
}

/** Of unknown names and tokens: made up in any number, they must not push out those of users. */
function eventsOfUnknownUsers(db: Db) {
  const unknown = eventIds(db).where('user_id', 'is', null).orderBy('at', 'desc');
  return deleteEvents(db, unknown.offset(AUDIT_EVENTS.ofUnknownUsers));
}

/** Beyond what the audit log holds: up to half of the largest group of one user and one kind. */
async function surplusEvents(db: Db) {
  const events = db.selectFrom('audit_events');
  const counted = events.select(({ fn }) => fn.countAll<number>().as('count'));
  const { count: all } = await counted.executeTakeFirstOrThrow();
  const surplus = all - AUDIT_EVENTS.all;
  if (surplus <= 0) return { numDeletedRows: 0n };
  const { user_id, event, count } = await counted
    .select(['user_id', 'event'])
    .groupBy(['user_id', 'event'])
    .orderBy('count', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  const ids = eventIds(db)
    .where('user_id', user_id === null ? 'is' : '=', user_id)
    .where('event', '=', event)
    .orderBy('at', event === DETECTION ? 'desc' : 'asc');
  return deleteEvents(db, ids, Math.min(surplus, Math.ceil(count / 2), BATCH));
}

function eventIds(db: Db) {
  return db.selectFrom('audit_events').select('audit_events.id');
}

/** A batch of the events that the query finds. */
function deleteEvents(db: Db, ids: ReturnType<typeof eventIds>, limit = BATCH) {
  return db
    .deleteFrom('audit_events')
    .where('id', 'in', ids.limit(limit))
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
