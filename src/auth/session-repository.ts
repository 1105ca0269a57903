import { type Expression, expressionBuilder } from 'kysely';
import { v7 as uuid } from 'uuid';
import { compiledQuery } from '../database/compiled-query.ts';
import type { Db } from '../database/connect.ts';
import type { Database, RevokeReason } from '../database/schema.ts';
import type { RequestMetadata } from '../http/operation.ts';
import { toNetwork } from './client-network.ts';
import { createRefreshToken, hashToken } from './refresh-token.ts';

export interface SessionLifetimes {
  idleMs: number;
  absoluteMs: number;
  /** How long the successor of the last spent token can be reissued; 0 is never. */
  reuseLeewayMs: number;
}

/** The parts of a session that an access token needs. */
export interface LiveSession {
  id: string;
  userId: string;
  /** Milliseconds since 1970; no access token outlives it. */
  absoluteExpiresAt: number;
}

/** A session and the refresh token for the client. */
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

/** The maximum number of a user's live sessions. */
export const MAX_LIVE_SESSIONS = 100;

export async function startSession(
  db: Db,
  session: {
    userId: string;
    client: Pick<RequestMetadata, 'address' | 'userAgent'>;
    now: number;
    lifetimes: SessionLifetimes;
  },
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

/** Finds a live session: the check of every protected request. */
export async function findLiveSession(db: Db, id: string, now: number) {
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

/** Finds the session, live or not, of a current or spent refresh token. */
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

/** Whether the user has, or had recently, a session on the network of an address. */
export async function hasSessionFromNetwork(db: Db, userId: string | undefined, address: string) {
  const session = await db
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', userId ?? '') // an unknown name causes the same work
    .where('network', '=', toNetwork(address))
    .limit(1)
    .executeTakeFirst();
  return session !== undefined;
}

/** Lists the user's live sessions, most recently used first: at most MAX_LIVE_SESSIONS from `offset` on. */
export async function listLiveSessions(db: Db, userId: string, now: number, offset = 0) {
  return db
    .selectFrom('sessions')
    .select(['id', 'created_at', 'last_used_at', 'address', 'user_agent'])
    .where('user_id', '=', userId)
    .where(isLive(now))
    .orderBy('last_used_at', 'desc')
    .orderBy('id', 'desc')
    .limit(MAX_LIVE_SESSIONS)
    .offset(offset)
    .execute();
}

/** Which sessions of a user to revoke: all of them without `only` and `except`. */
export interface SessionSelection {
  userId: string;
  only?: readonly string[];
  except?: string;
}

/**
 * Revokes live sessions of one user.
 * @returns their ids
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
