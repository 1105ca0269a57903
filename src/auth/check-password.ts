import type { Db } from '../database/connect.ts';
import { transact } from '../database/transaction.ts';
import type { Attempts } from './attempts.ts';
import { verifyPassword } from './password.ts';
import { hasSessionFrom } from './session-repository.ts';

/** A password as it was presented for a name, with the user of that name if there is one. */
export interface PasswordClaim {
  username: string;
  user: { id: string; passwordHash: string } | undefined;
  password: string;
  address: string;
}

/** What comes of it; `giveBack` makes the attempt as if it had not been, once all has gone well. */
export type PasswordVerdict =
  | { outcome: 'wait'; seconds: number }
  | { outcome: 'wrong' }
  | { outcome: 'right'; giveBack: (db: Db) => Promise<void> };

/**
 * Counts the attempt, then checks the password; the same work for names that nobody has. Of those
 * who wait for their turn in the lane (see `createLanes`) none has been counted yet.
 */
export async function checkPassword(
  db: Db,
  attempts: Attempts,
  { username, user, password, address }: PasswordClaim,
): Promise<PasswordVerdict> {
  const isKnown = await hasSessionFrom(db, user?.id, address);
  const seconds = await transact(db, (trx) => attempts.beginLogin(trx, username, address, isKnown));
  if (seconds !== undefined) return { outcome: 'wait', seconds };
  const giveBack = (handle: Db) => attempts.giveBackLogin(handle, username, address, isKnown);
  const isRight = await verifyPassword(password, user?.passwordHash);
  return isRight ? { outcome: 'right', giveBack } : { outcome: 'wrong' };
}
