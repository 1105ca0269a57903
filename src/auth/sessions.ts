import type { ExpressionBuilder } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Db } from '../database/connect.ts';
import type { Database, RevokeReason } from '../database/schema.ts';
import type { Principal } from '../http/operation.ts';
import { networkOf } from './network.ts';
import { hashToken, newNonce, newRefreshToken, successorOf } from './refresh-token.ts';

/** Lifetimes in milliseconds. */
export interface SessionLifetimes {
  idle: number;
  absolute: number;
  /** How long a token that has just been spent gets its successor again without more proof. */
  grace: number;
}

/** Where a session was used from. */
export interface Client {
  address: string;
  userAgent: string;
}

/** What an access token is made from. */
export interface LiveSession {
  id: string;
  userId: string;
  /** Milliseconds since 1970; no access token outlives it. */
  absoluteExpiresAt: number;
}

/** A session with the refresh token that goes to the client now. */
export interface Grant {
  session: LiveSession;
  refreshToken: string;
}

/** A retry with the same Idempotency-Key gets the same successor for so long (24 hours). */
const RETRY_HORIZON = 86_400_000;

/**
 * Longer than a request waits for its turn, in microseconds (5 s). Stamps that lie further apart
 * come from clocks that disagree and prove nothing.
 */
const LONGEST_WAIT = 5_000_000;

const LIVE_SESSION = [
  'id',
  'user_id as userId',
  'absolute_expires_at as absoluteExpiresAt',
] as const;

/** How many live sessions a user may have. */
export const MOST_SESSIONS = 100;

export async function startSession(
  db: Db,
  session: { userId: string; client: Client; now: number; lifetimes: SessionLifetimes },
): Promise<Grant> {
  const { userId, client, now, lifetimes } = session;
  const id = uuid();
  const refreshToken = newRefreshToken();
  const absoluteExpiresAt = now + lifetimes.absolute;
  await db
    .insertInto('sessions')
    .values({
      id,
      user_id: userId,
      created_at: now,
      last_used_at: now,
      idle_expires_at: now + lifetimes.idle,
      absolute_expires_at: absoluteExpiresAt,
      address: client.address,
      network: networkOf(client.address),
      user_agent: client.userAgent,
      token_hash: hashToken(refreshToken),
    })
    .execute();
  return { session: { id, userId, absoluteExpiresAt }, refreshToken };
}

/** A refresh token as it was presented. */
export interface Presentation {
  token: string;
  idempotencyKey: string | undefined;
  client: Client;
  /** When the request had been read whole (see `Clock.stamp`). */
  arrivedAt: number;
  /** What `sight` said after that. */
  foundCurrent: boolean;
  now: number;
  /** Up to when a request that arrives cannot have seen this one's answer. */
  answeredAfter: number;
  lifetimes: SessionLifetimes;
}

/**
 * What a presented refresh token comes to: a new successor, the same one again for a request that
 * was under way or is a retry, a detected reuse (its session has ended), or nothing.
 */
export type Rotation =
  | { outcome: 'rotated' | 'repeated'; grant: Grant }
  | { outcome: 'reused'; session: LiveSession }
  | { outcome: 'refused' };

/**
 * Decides on a presented refresh token; to be run in a transaction. Every step is one conditional
 * statement, the first one a write: nothing is read that could change before it is acted on.
 */
export async function rotate(db: Db, presentation: Presentation): Promise<Rotation> {
  const rotated = await spend(db, presentation);
  if (rotated) return { outcome: 'rotated', grant: rotated };
  const repeated = await repeat(db, presentation);
  if (repeated) return { outcome: 'repeated', grant: repeated };
  const session = await revokeReused(db, presentation);
  return session ? { outcome: 'reused', session } : { outcome: 'refused' };
}

/** What is known of a token that works now, or did until a moment ago. */
export interface Sighting {
  isCurrent: boolean;
  /** Of the token that was spent last: up to when whoever arrived cannot have seen the answer. */
  answeredAfter: number | null;
}

/**
 * Looks a presented token up. Who finds it current has arrived before it is spent, whatever the
 * clocks say and however long another process takes to commit.
 */
export async function sight(db: Db, token: string): Promise<Sighting | undefined> {
  const hash = hashToken(token);
  const found = await db
    .selectFrom('sessions')
    .select(['token_hash', 'spent_stamp'])
    .where((where) => where.or([where('token_hash', '=', hash), where('spent_hash', '=', hash)]))
    .executeTakeFirst();
  return found && { isCurrent: found.token_hash === hash, answeredAfter: found.spent_stamp };
}

/** The deciding write: whoever finds the token current spends it; there is only one. */
async function spend(db: Db, presentation: Presentation): Promise<Grant | undefined> {
  const { token, now, client } = presentation;
  const hash = hashToken(token);
  const nonce = newNonce();
  const successor = successorOf(token, nonce);
  const session = await db
    .updateTable('sessions')
    .set({
      token_hash: hashToken(successor),
      spent_hash: hash,
      spent_at: now,
      spent_stamp: presentation.answeredAfter,
      successor_nonce: nonce,
      idempotency_hash: keyHash(presentation),
      last_used_at: now,
      idle_expires_at: now + presentation.lifetimes.idle,
      address: client.address,
      network: networkOf(client.address),
      user_agent: client.userAgent,
    })
    .where('token_hash', '=', hash)
    .where('revoked_at', 'is', null)
    .where('idle_expires_at', '>', now)
    .where('absolute_expires_at', '>', now)
    .returning(LIVE_SESSION)
    .executeTakeFirst();
  if (!session) return undefined;
  await db
    .insertInto('spent_refresh_tokens')
    .values({ token_hash: hash, session_id: session.id })
    .execute();
  return { session, refreshToken: successor };
}

/** Until then, whoever arrives cannot have seen the answer that holds this grant. */
export async function postponeAnswer(
  db: Db,
  { session, refreshToken }: Grant,
  until: number,
): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ spent_stamp: until })
    .where('id', '=', session.id)
    .where('token_hash', '=', hashToken(refreshToken))
    .execute();
}

/** The same successor again, while it is unused, for those who cannot be replaying it. */
async function repeat(db: Db, presentation: Presentation): Promise<Grant | undefined> {
  const { token, now } = presentation;
  let query = db
    .selectFrom('sessions')
    .select([...LIVE_SESSION, 'successor_nonce as nonce'])
    .where('spent_hash', '=', hashToken(token))
    .where('revoked_at', 'is', null)
    .where('idle_expires_at', '>', now)
    .where('absolute_expires_at', '>', now);
  if (!presentation.foundCurrent) query = query.where((where) => excuses(where, presentation));
  const found = await query.executeTakeFirst();
  if (!found?.nonce) return undefined;
  const { nonce, ...session } = found;
  return { session, refreshToken: successorOf(token, nonce) };
}

/** Arrived before the answer, within the grace, or a retry under the same Idempotency-Key. */
function excuses(where: ExpressionBuilder<Database, 'sessions'>, presentation: Presentation) {
  const { now, arrivedAt, lifetimes } = presentation;
  return where.or([
    where.and([
      where('spent_stamp', '>=', arrivedAt),
      where('spent_stamp', '<', arrivedAt + LONGEST_WAIT),
    ]),
    // Both ways, so that a clock that is behind does not make the grace longer, or one out of none.
    where.and([
      where('spent_at', '>', now - lifetimes.grace),
      where('spent_at', '<', now + lifetimes.grace),
    ]),
    where.and([
      where('idempotency_hash', '=', keyHash(presentation) ?? ''),
      where('spent_at', '>=', now - RETRY_HORIZON),
    ]),
  ]);
}

/** A spent token that comes back otherwise is in two hands: its session ends. */
async function revokeReused(
  db: Db,
  { token, now }: Presentation,
): Promise<LiveSession | undefined> {
  return db
    .updateTable('sessions')
    .set({ revoked_at: now, revoke_reason: 'reuse', successor_nonce: null })
    .where('id', '=', (where) =>
      where
        .selectFrom('spent_refresh_tokens')
        .select('session_id')
        .where('token_hash', '=', hashToken(token)),
    )
    .where('revoked_at', 'is', null)
    .where('idle_expires_at', '>', now)
    .where('absolute_expires_at', '>', now)
    .returning(LIVE_SESSION)
    .executeTakeFirst();
}

function keyHash({ idempotencyKey }: Presentation): string | null {
  return idempotencyKey === undefined ? null : hashToken(idempotencyKey);
}

/** Who the session's user is, if the session lives: the check of every protected request. */
export async function findPrincipal(
  db: Db,
  sessionId: string,
  now: number,
): Promise<Principal | undefined> {
  return db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(['users.id as userId', 'users.username', 'sessions.id as sessionId'])
    .where('sessions.id', '=', sessionId)
    .where('sessions.revoked_at', 'is', null)
    .where('sessions.idle_expires_at', '>', now)
    .where('sessions.absolute_expires_at', '>', now)
    .executeTakeFirst();
}

/** The session, dead or alive, that a refresh token, current or spent, belongs to. */
export async function findSessionOfToken(db: Db, token: string) {
  const hash = hashToken(token);
  return db
    .selectFrom('sessions')
    .select(['id', 'user_id as userId'])
    .where((where) =>
      where.or([
        where('token_hash', '=', hash),
        where('id', '=', (spent) =>
          spent
            .selectFrom('spent_refresh_tokens')
            .select('session_id')
            .where('token_hash', '=', hash),
        ),
      ]),
    )
    .executeTakeFirst();
}

/** Whether the user has, or had lately, a session from that address's network. */
export async function hasSessionFrom(
  db: Db,
  userId: string | undefined,
  address: string,
): Promise<boolean> {
  const session = await db
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', userId ?? '') // the same work for a name that nobody has
    .where('network', '=', networkOf(address))
    .limit(1)
    .executeTakeFirst();
  return session !== undefined;
}

/** The user's live sessions, the most recently used first, 100 at most, from the one at `offset`. */
export async function listLiveSessions(db: Db, userId: string, now: number, offset = 0) {
  return db
    .selectFrom('sessions')
    .select(['id', 'created_at', 'last_used_at', 'address', 'user_agent'])
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .where('idle_expires_at', '>', now)
    .where('absolute_expires_at', '>', now)
    .orderBy('last_used_at', 'desc')
    .orderBy('id', 'desc')
    .limit(100)
    .offset(offset)
    .execute();
}

/** A user's sessions, dead or alive, after the one given, the oldest first: ids are in that order. */
export async function listSessionsFrom(
  db: Db,
  userId: string,
  after: { id: string } | undefined,
  limit: number,
) {
  return db
    .selectFrom('sessions')
    .select(['id', 'created_at', 'last_used_at', 'idle_expires_at', 'absolute_expires_at'])
    .select(['revoked_at', 'revoke_reason', 'address', 'user_agent'])
    .where('user_id', '=', userId)
    .where('id', '>', after?.id ?? '')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Which of a user's sessions to end; all of them where neither is given. */
export interface SessionChoice {
  userId: string;
  only?: readonly string[];
  except?: string;
}

/**
 * Ends live sessions of one user.
 * @returns the ids of those that lived until now
 */
export async function revokeSessions(
  db: Db,
  { userId, only, except }: SessionChoice,
  reason: RevokeReason,
  now: number,
): Promise<string[]> {
  let query = db
    .updateTable('sessions')
    .set({ revoked_at: now, revoke_reason: reason, successor_nonce: null })
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .where('idle_expires_at', '>', now)
    .where('absolute_expires_at', '>', now);
  if (only) query = query.where('id', 'in', only);
  if (except) query = query.where('id', '!=', except);
  const ended = await query.returning('id').execute();
  return ended.map((session) => session.id);
}
