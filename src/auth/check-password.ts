import type { Db } from '../database/connect.ts';
import { transact } from '../database/transaction.ts';
import type { HandlerContext } from '../http/operation.ts';
import { tooManyRequests, unavailable } from '../http/problem.ts';
import type { RequestQueue } from '../server/request-queue.ts';
import { toNetwork } from './client-network.ts';
import type { LoginThrottle } from './login-throttle.ts';
import { verifyPassword } from './password.ts';
import { hasSessionFromNetwork } from './session-repository.ts';
import { findUser, findUserByName } from './user-repository.ts';

/** A user name and a password in a request. */
export interface PresentedPassword {
  username: string;
  password: string;
  context: HandlerContext;
}

export interface PasswordDependencies {
  db: Db;
  loginThrottle: LoginThrottle;
  /** Limits how many passwords are hashed at a time. */
  passwordQueue: RequestQueue;
}

/** The response to a password that is not verified. */
export type PasswordRejection = ReturnType<typeof tooManyRequests | typeof unavailable>;

/** A user whose password has been verified against `passwordHash`. */
export type VerifiedUser = NonNullable<Awaited<ReturnType<typeof findUser>>>;

export type PasswordVerdict<T> =
  | { outcome: 'rejected'; response: PasswordRejection }
  | { outcome: 'wrong'; userId: string | undefined }
  | { outcome: 'right'; result: T };

/**
 * Decides whether a password may be hashed. It reads the delay first, so that a client that has to
 * wait (429) does not enter the queue. Then it acquires a slot of the queue for the rest of the
 * request (503 if the queue is full).
 * @param findDelay reads the seconds to wait
 * @returns the response if the password may not be hashed
 */
export async function admitPasswordCheck(
  { passwordQueue }: PasswordDependencies,
  context: HandlerContext,
  findDelay: () => Promise<number | undefined>,
): Promise<PasswordRejection | undefined> {
  const seconds = await findDelay();
  if (seconds !== undefined) return tooManyRequests(seconds);
  const admission = await context.acquireSlot(passwordQueue, toNetwork(context.address));
  return admission === 'started' ? undefined : unavailable();
}

/**
 * Counts the attempt, verifies the password and, if it is right, does the work. An unknown user name
 * takes the same steps, and gets the same responses, as a wrong password: a client cannot find out
 * which names exist. The attempt counts only after it has its slot in the queue.
 * @param prepare gets the user and returns the work, which runs in a transaction. If the work returns
 *   undefined, the password hash was replaced meanwhile, and the password is verified again.
 */
export async function withVerifiedPassword<T>(
  dependencies: PasswordDependencies,
  { username, password, context }: PresentedPassword,
  prepare: (user: VerifiedUser) => Promise<(trx: Db) => Promise<T | undefined>>,
): Promise<PasswordVerdict<T>> {
  const { db, loginThrottle } = dependencies;
  const { address } = context;
  const rejection = await admitPasswordCheck(dependencies, context, () =>
    loginThrottle.findLoginDelay(db, username, address),
  );
  if (rejection) return { outcome: 'rejected', response: rejection };
  let user = await findUserByName(db, username);
  const isKnownNetwork = await hasSessionFromNetwork(db, user?.id, address);
  const attempt = await transact(db, (trx) => loginThrottle.countLogin(trx, username, address));
  if (attempt.outcome === 'wait') return rejectUntil(attempt.seconds);
  for (;;) {
    const isRight = await verifyPassword(password, user?.passwordHash);
    // The limit of the user delays the owner only on networks where they have no session.
    if (attempt.delaySeconds !== undefined && !(isRight && isKnownNetwork)) {
      return rejectUntil(attempt.delaySeconds);
    }
    if (!user || !isRight) return { outcome: 'wrong', userId: user?.id };
    const work = await prepare(user);
    const result = await transact(db, async (trx) => {
      const done = await work(trx);
      if (done !== undefined) await loginThrottle.refundLogin(trx, attempt);
      return done;
    });
    if (result !== undefined) return { outcome: 'right', result };
    user = await findUser(db, user.id);
  }
}

function rejectUntil(seconds: number): { outcome: 'rejected'; response: PasswordRejection } {
  return { outcome: 'rejected', response: tooManyRequests(seconds) };
}
