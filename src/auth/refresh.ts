import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Db } from '../database/connect.ts';
import { transact } from '../database/transaction.ts';
import type { RequestMetadata } from '../http/operation.ts';
import type { Audit, AuditEventName } from './audit.ts';
import {
  findSessionOfToken,
  type Grant,
  postponeAnswer,
  type Rotation,
  rotate,
  type SessionLifetimes,
  type Sighting,
  sight,
} from './sessions.ts';
import { findUser } from './users.ts';

/**
 * How long after the deciding write its answer is held back at least, in microseconds. Whoever
 * arrives before that cannot have seen the answer, though they may find the token spent already.
 */
const HELD_BACK = 10_000;

/** Where it gives up to hold an answer back for a disk that gets slower and slower (2 s). */
const LONGEST = 2_000_000;

/**
 * By then, in microseconds after it was to be out, an answer that is late has said so (a quarter of a
 * second): see `holdBack`.
 */
const SETTLED = 250_000;

const EVENTS = {
  rotated: 'refreshed',
  repeated: 'refresh_repeated',
  reused: 'refresh_token_reused',
  refused: 'refresh_refused',
} satisfies Record<Rotation['outcome'], AuditEventName>;

export interface RefreshDependencies {
  db: Db;
  clock: Clock;
  lifetimes: SessionLifetimes;
  audit: Audit;
}

/**
 * Takes a refresh token to what it comes to (see `rotate`), durably, before anything is answered.
 * @returns undefined when the answer is no
 */
export async function refreshSession(
  { db, clock, lifetimes, audit }: RefreshDependencies,
  request: { token: string; idempotencyKey: string | undefined; context: RequestMetadata },
): Promise<{ grant: Grant; username: string } | undefined> {
  const { context } = request;
  const arrivedAt = clock.stamp();
  const sighting = await sight(db, request.token);
  // One turn takes up the connections that are waiting, the next reads what they have sent: all
  // that lay in the sockets when this request was read has its arrival stamped before the write.
  await turn();
  await turn();
  if (sighting) await settled(clock, sighting, arrivedAt);
  const { rotation, user, answeredAfter } = await transact(db, async (trx) => {
    const now = clock.now();
    const answeredAfter = clock.stamp() + HELD_BACK;
    const rotation = await rotate(trx, {
      token: request.token,
      idempotencyKey: request.idempotencyKey,
      client: context,
      arrivedAt,
      foundCurrent: sighting?.isCurrent ?? false,
      now,
      answeredAfter,
      lifetimes,
    });
    const session = await sessionOf(trx, rotation, request.token);
    const user = session && (await findUser(trx, session.userId));
    await audit(trx, {
      event: EVENTS[rotation.outcome],
      at: now,
      userId: session?.userId,
      sessionId: session?.id,
      address: context.address,
      requestId: context.requestId,
    });
    return { rotation, user, answeredAfter };
  });
  if (!('grant' in rotation) || !user) {
    await clock.passed(answeredAfter);
    return undefined;
  }
  await holdBack(db, clock, rotation, answeredAfter);
  return { grant: rotation.grant, username: user.username };
}

/**
 * Waits before judging whoever seems to have come just after an answer: the process that holds it
 * back may be busy, or its commit slow, and not have come round to saying that it is late.
 */
async function settled(clock: Clock, { isCurrent, answeredAfter }: Sighting, arrivedAt: number) {
  if (isCurrent || answeredAfter === null || answeredAfter >= arrivedAt) return;
  await clock.passed(answeredAfter + SETTLED);
}

/**
 * Waits until nobody who arrives could be told from one who has seen the answer. What arrived while
 * the commit blocked the process is read only after it: if that took longer than the answer was to
 * be held back, it is held back for longer, and the session says so.
 */
async function holdBack(db: Db, clock: Clock, rotation: Granted, answeredAfter: number) {
  // Whoever repeats another one's answer holds it back no shorter than that one does.
  let until = rotation.outcome === 'rotated' ? answeredAfter : clock.stamp() + HELD_BACK;
  for (let time = HELD_BACK; time < LONGEST; time *= 4) {
    await turn();
    await turn();
    if (clock.stamp() <= until) break;
    until = clock.stamp() + time;
    if (rotation.outcome === 'rotated') await postponeAnswer(db, rotation.grant, until);
  }
  await clock.passed(until);
}

type Granted = Extract<Rotation, { grant: Grant }>;

/** Whom the trail is to tell about; also of a refusal, if the token is of a session at all. */
async function sessionOf(db: Db, rotation: Rotation, token: string) {
  if (rotation.outcome === 'refused') return findSessionOfToken(db, token);
  return rotation.outcome === 'reused' ? rotation.session : rotation.grant.session;
}
