import { randomBytes } from 'node:crypto';
import { type Expression, expressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Clock } from '../clock.ts';
import { compiledQuery } from '../database/compiled-query.ts';
import type { Db } from '../database/connect.ts';
import type { Database } from '../database/schema.ts';
import { transact } from '../database/transaction.ts';
import type { RequestMetadata } from '../http/operation.ts';
import type { AuditEventName, RecordAuditEvent } from './audit-repository.ts';
import { toNetwork } from './client-network.ts';
import { deriveSuccessor, hashToken } from './refresh-token.ts';
import {
  findSessionByToken,
  type Grant,
  isLive,
  LIVE_SESSION_COLUMNS,
  type SessionLifetimes,
} from './session-repository.ts';
import { findUser } from './user-repository.ts';

/** How long a retry with the same Idempotency-Key gets the same successor: 24 hours. */
const RETRY_HORIZON_MS = 86_400_000;

const AUDIT_EVENT_OF_OUTCOME = {
  rotated: 'refreshed',
  reissued: 'refresh_repeated',
  reused: 'refresh_token_reused',
} satisfies Record<string, AuditEventName>;

export interface RotationDependencies {
  db: Db;
  clock: Clock;
  lifetimes: SessionLifetimes;
  recordAuditEvent: RecordAuditEvent;
}

/** A refresh token as a client presents it. */
export interface PresentedToken {
  token: string;
  idempotencyKey: string | undefined;
  context: RequestMetadata;
}

/** The result of a presented refresh token. */
export type RotationResult =
  /** The client gets a new successor, or the same one again. */
  | { outcome: 'rotated' | 'reissued'; grant: Grant; username: string }
  /** A spent token was reused; its session is revoked. */
  | { outcome: 'reused' }
  /** Nothing has changed. `session` is the ended session of the token, if it has one. */
  | { outcome: 'rejected'; session: { id: string; userId: string } | undefined };

/**
 * Rotates a refresh token and detects its reuse, as the OAuth 2.0 Security Best Current Practice
 * describes (RFC 9700 §4.14.2). The current token is spent and gets a successor. If a spent token
 * comes again, two parties have it, so its session is revoked. There is one exception: two tabs, or a
 * client that has lost the response, present the last spent token again. They get the same successor
 * within the reuse leeway, and for 24 hours with the same Idempotency-Key. Both end when the successor
 * is used.
 * The result is committed and audited, except `rejected`, which the caller has to audit.
 * @throws the database's error; the client can present the token again
 */
export function rotateRefreshToken(
  dependencies: RotationDependencies,
  presented: PresentedToken,
): Promise<RotationResult> {
  const { db, clock, lifetimes, recordAuditEvent } = dependencies;
  // Return, do not throw: a throw would roll back the revocation.
  return transact(db, async (trx): Promise<RotationResult> => {
    const now = clock.now();
    const attempt = {
      ...presented,
      hash: hashToken(presented.token),
      keyHash: presented.idempotencyKey === undefined ? null : hashToken(presented.idempotencyKey),
      now,
      databaseNow: clock.databaseNow(trx),
      lifetimes,
    };
    const verdict = await applyRotationRules(trx, attempt);
    if (!verdict) {
      return { outcome: 'rejected', session: await findSessionByToken(trx, presented.token) };
    }
    const { outcome, session } = verdict;
    await recordAuditEvent(trx, {
      event: AUDIT_EVENT_OF_OUTCOME[outcome],
      at: now,
      user_id: session.userId,
      session_id: session.id,
      address: presented.context.address,
      request_id: presented.context.requestId,
    });
    if (outcome === 'reused') return { outcome };
    const user = await findUser(trx, session.userId);
    if (!user) throw new Error('a live session has no user');
    return { outcome, grant: verdict, username: user.username };
  });
}

interface RefreshAttempt extends PresentedToken {
  hash: string;
  keyHash: string | null;
  now: number;
  databaseNow: RawBuilder<number>;
  lifetimes: SessionLifetimes;
}

/**
 * Each rule is one statement with its condition in WHERE. The first is a write, which takes the lock:
 * the later ones read no old data.
 */
async function applyRotationRules(trx: Db, attempt: RefreshAttempt) {
  const rotated = await rotateCurrentToken(trx, attempt);
  if (rotated) return { outcome: 'rotated', ...rotated } as const;
  const reissued = await reissueSuccessor(trx, attempt);
  if (reissued) return { outcome: 'reissued', ...reissued } as const;
  const session = await revokeReusedSession(trx, attempt);
  return session && ({ outcome: 'reused', session } as const);
}

/** Marks the current token as spent. Of concurrent requests with the token, only one can do it. */
async function rotateCurrentToken(trx: Db, attempt: RefreshAttempt): Promise<Grant | undefined> {
  const { token, hash, now, context } = attempt;
  const nonce = randomBytes(32).toString('hex');
  const successor = deriveSuccessor(token, nonce);
  const session = await trx
    .updateTable('sessions')
    .set({
      token_hash: hashToken(successor),
      spent_hash: hash,
      spent_at: attempt.databaseNow,
      successor_nonce: nonce,
      idempotency_hash: attempt.keyHash,
      last_used_at: now,
      idle_expires_at: now + attempt.lifetimes.idleMs,
      address: context.address,
      network: toNetwork(context.address),
      user_agent: context.userAgent,
    })
    .where('token_hash', '=', hash)
    .where(isLive(now))
    .returning(LIVE_SESSION_COLUMNS)
    .executeTakeFirst();
  if (!session) return undefined;
  await insertSpentToken(trx, { hash, sessionId: session.id });
  return { session, refreshToken: successor };
}

const insertSpentToken = compiledQuery<{ hash: string; sessionId: string }, unknown>(
  (db, parameter) =>
    db
      .insertInto('spent_refresh_tokens')
      .values({ token_hash: parameter('hash'), session_id: parameter('sessionId') }),
);

/** Derives the same successor again from the last spent token. */
async function reissueSuccessor(trx: Db, attempt: RefreshAttempt): Promise<Grant | undefined> {
  const found = await trx
    .selectFrom('sessions')
    .select([...LIVE_SESSION_COLUMNS, 'successor_nonce as nonce'])
    .where('spent_hash', '=', attempt.hash)
    .where(isLive(attempt.now))
    .where(isReissuable(attempt))
    .executeTakeFirst();
  if (!found?.nonce) return undefined;
  const { nonce, ...session } = found;
  return { session, refreshToken: deriveSuccessor(attempt.token, nonce) };
}

/** Whether it is within the reuse leeway, or a retry with the same Idempotency-Key. */
function isReissuable(attempt: RefreshAttempt): Expression<SqlBool> {
  const where = expressionBuilder<Database, 'sessions'>();
  // An absolute value: a clock that was set back must not extend the leeway, nor create one of 0.
  const age = sql<number>`abs(${attempt.databaseNow} - ${where.ref('spent_at')})`;
  return where.or([
    where(age, '<', attempt.lifetimes.reuseLeewayMs),
    where.and([
      where('idempotency_hash', '=', attempt.keyHash),
      where(age, '<=', RETRY_HORIZON_MS),
    ]),
  ]);
}

/** Revokes the session of a spent token that is presented again. */
function revokeReusedSession(trx: Db, { hash, now }: RefreshAttempt) {
  return trx
    .updateTable('sessions')
    .set({ revoked_at: now, revoke_reason: 'reuse', successor_nonce: null })
    .where('id', '=', (where) =>
      where.selectFrom('spent_refresh_tokens').select('session_id').where('token_hash', '=', hash),
    )
    .where(isLive(now))
    .returning(LIVE_SESSION_COLUMNS)
    .executeTakeFirst();
}
