import type { Db } from '../database/connect.ts';
import { transact } from '../database/transaction.ts';
import type { Attempts } from './attempts.ts';
import { verifyPassword } from './password.ts';
import { hasSessionFrom } from './session-repository.ts';
import { findUser, findUserByName } from './users.ts';

/** A password as it is presented for a name, from an address. */
export interface PasswordClaim {
  username: string;
  password: string;
  address: string;
}

/** A user whose password has just been verified against this hash. */
export type VerifiedUser = NonNullable<Awaited<ReturnType<typeof findUser>>>;

export type PasswordVerdict<T> =
  | { outcome: 'wait'; seconds: number }
  | { outcome: 'wrong'; userId: string | undefined }
  | { outcome: 'right'; result: T };

/**
 * Counts the attempt, verifies the password and, if it is right, does the work. An unknown name takes
 * the same steps, and gets the same answers, as a known one with a wrong password.
 * @param prepare is given the user, and returns the work, to be run in a transaction. The work
 * returns undefined when the hash was replaced meanwhile: then the password is verified again.
 */
export async function withPassword<T>(
  db: Db,
  attempts: Attempts,
  { username, password, address }: PasswordClaim,
  prepare: (user: VerifiedUser) => Promise<(trx: Db) => Promise<T | undefined>>,
): Promise<PasswordVerdict<T>> {
  let user = await findUserByName(db, username);
  const isKnownNetwork = await hasSessionFrom(db, user?.id, address);
  const attempt = await transact(db, (trx) => attempts.beginLogin(trx, username, address));
  if (attempt.outcome === 'wait') return attempt;
  for (;;) {
    const isRight = await verifyPassword(password, user?.passwordHash);
    // Attempts from everywhere delay the owner only where they have no session.
    if (attempt.wait !== undefined && !(isRight && isKnownNetwork)) {
      return { outcome: 'wait', seconds: attempt.wait };
    }
    if (!user || !isRight) return { outcome: 'wrong', userId: user?.id };
    const work = await prepare(user);
    const result = await transact(db, async (trx) => {
      const done = await work(trx);
      if (done !== undefined) await attempts.giveBack(trx, attempt);
      return done;
    });
    if (result !== undefined) return { outcome: 'right', result };
    user = await findUser(db, user.id);
  }
}
