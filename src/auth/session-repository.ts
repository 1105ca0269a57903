import { type Expression, expressionBuilder } from 'kysely';
import { v7 as uuid } from 'uuid';
import { compiledQuery } from '../database/compiled-query.ts';
import type { Db } from '../database/connect.ts';
import type { Database, RevokeReason } from '../database/schema.ts';
import { toNetwork } from './client-network.ts';
import { createRefreshToken, hashToken } from './refresh-token.ts';

/** Lifetimes in milliseconds. */
export interface SessionLifetimes {
  idleMs: number;
  absoluteMs: number;
  /** How long the token that was spent last is given the same successor again; 0 is never. */
  reuseLeewayMs: number;
}

/** Where a session was used from. */
export interface ClientInfo {
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

/** The columns of a `LiveSession`. */
export const LIVE_SESSION_COLUMNS = [
  'id',
  'user_id as userId',
  'absolute_expires_at as absoluteExpiresAt',
] as const;

/** Whether a session is neither revoked nor expired, as a condition in SQL. */
export function isLive(now: number | Expression<number>) {
  const where = expressionBuilder<Database, 'sessions'>();
  return where.and([
    where('sessions.revoked_at', 'is', null),
    where('sessions.idle_expires_at', '>', now),
    where('sessions.absolute_expires_at', '>', now),
  ]);
}

/** How many live sessions a user may have. */
export const MAX_LIVE_SESSIONS = 100;

export async function startSession(
  db: Db,
  session: { userId: string; client: ClientInfo; now: number; lifetimes: SessionLifetimes },
): Promise<Grant> {
  const { userId, client, now, lifetimes } = session;
  const id = uuid();
  const refreshToken = createRefreshToken();
  const absoluteExpiresAt = now + lifetimes.absoluteMs;
  await db
    .insertInto('sessions')
    .values({
      id,
      user_id: userId,
      created_at: now,
      last_used_at: now,
      idle_expires_at: now + lifetimes.idleMs,
      absolute_expires_at: absoluteExpiresAt,
      address: client.address,
      network: toNetwork(client.address),
      user_agent: client.userAgent,
      token_hash: hashToken(refreshToken),
    })
    .execute();
  return { session: { id, userId, absoluteExpiresAt }, refreshToken };
}

/** The live session of that id: the check of every protected request. */
export async function findLiveSession(
  db: Db,
  id: string,
  now: number,
): Promise<{ userId: string } | undefined> {
  const [session] = await liveSessionQuery(db, { id, now });
  return session;
}

const liveSessionQuery = compiledQuery<{ id: string; now: number }, { userId: string }>(
  (db, parameter) =>
    db
      .selectFrom('sessions')
      .select('user_id as userId')
      .where('id', '=', parameter('id'))
      .where(isLive(parameter('now'))),
);

/** The session, dead or alive, that a refresh token, current or spent, belongs to. */
export async function findSessionByToken(db: Db, token: string) {
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
export async function hasSessionFromNetwork(
  db: Db,
  userId: string | undefined,
  address: string,
): Promise<boolean> {
  const session = await db
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', userId ?? '') // the same work for a name that nobody has
    .where('network', '=', toNetwork(address))
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
    .where(isLive(now))
    .orderBy('last_used_at', 'desc')
    .orderBy('id', 'desc')
    .limit(100)
    .offset(offset)
    .execute();
}

/** A user's sessions, dead or alive, after the one given, the oldest first: ids are in that order. */
export async function listSessionsAfter(
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
export interface SessionSelection {
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
  { userId, only, except }: SessionSelection,
  reason: RevokeReason,
  now: number,
): Promise<string[]> {
  let query = db
    .updateTable('sessions')
    .set({ revoked_at: now, revoke_reason: reason, successor_nonce: null })
    .where('user_id', '=', userId)
    .where(isLive(now));
  if (only) query = query.where('id', 'in', only);
  if (except) query = query.where('id', '!=', except);
  const ended = await query.returning('id').execute();
  return ended.map((session) => session.id);
}
